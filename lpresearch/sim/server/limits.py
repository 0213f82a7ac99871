"""How fast and how much a client may ask (longport.md 6, 11), and the meters that hold it. Reads no clock itself."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from lpresearch.sim.server.refusal import Refusal

# A client that keeps the documented rate exactly must never be refused because packets arrive unevenly.
TOLERANCE = 1.1  # on the rate at which the bucket of all pulls fills
# Both official SDKs refill theirs once a second, so a second's worth can come just before that and the next just after.
BUNCHES = 2
JITTER = 1.02  # on the window of history calls


@dataclass(frozen=True)
class Limits:
    """The broker's limits. None switches one off.

    Parameters
    ----------
    pulls_per_s : quote pulls of the account in a second.
    pulls_at_once : quote pulls of the account without an answer yet.
    history_calls : calls of command 27 within ``history_window_s`` seconds.
    subscriptions : symbols that may be watched at once.
    symbols_per_request : symbols in one request.
    connections : links of one kind that may be open at once.
    otp_life_s, session_life_s : how long a socket token and a session can be used.
    answer_delay_s : how long a quote pull takes, as over a real network.
    push_every_s : how often what changed is pushed.
    pushes_per_s : push so many a second in all instead, whether anything changed or not: for load tests.
    partial_pushes : whether a push of a quote fills only what changed, as the broker does.
    """

    pulls_per_s: float | None = 10
    pulls_at_once: int | None = 5
    history_calls: int | None = 60
    history_window_s: float = 30.0
    subscriptions: int = 500
    symbols_per_request: int = 500
    connections: int = 10
    otp_life_s: float = 60.0
    session_life_s: float = 86_400.0
    answer_delay_s: float = 0.0
    push_every_s: float = 0.3
    pushes_per_s: float | None = None
    partial_pushes: bool = True

    @classmethod
    def unpaced(cls) -> Limits:
        """Every limit of size, none of pace."""
        return cls(pulls_per_s=None, pulls_at_once=None, history_calls=None)


class PullMeter:
    """Counts the quote pulls of one account and refuses those that come too fast.

    All pulls share a token bucket; history calls are also counted in a sliding window.
    """

    def __init__(self, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._per_s = (limits.pulls_per_s or 0.0) * TOLERANCE
        self._capacity = (limits.pulls_per_s or 0.0) * (BUNCHES - 1) + self._per_s
        self._tokens = self._capacity
        self._filled_at = monotonic()
        self._history: deque[float] = deque()
        self._at_once = 0

    def begin(self, *, history: bool) -> None:
        """Count a pull that has arrived, or raise Refusal. ``end`` must follow a pull that was counted."""
        limits, now = self._limits, self._monotonic()
        if limits.pulls_at_once is not None and self._at_once >= limits.pulls_at_once:
            raise _too_fast(f"more than {limits.pulls_at_once} requests at once")
        if limits.pulls_per_s is not None:
            self._take_token(now, limits.pulls_per_s)
        if history and limits.history_calls is not None:
            self._count_history(now, limits.history_calls)
        self._at_once += 1

    def end(self) -> None:
        """The pull was answered."""
        self._at_once -= 1

    def _take_token(self, now: float, per_s: float) -> None:
        gained = (now - self._filled_at) * self._per_s
        self._tokens, self._filled_at = min(self._capacity, self._tokens + gained), now
        if self._tokens < 1.0:
            raise _too_fast(f"more than {per_s:g} requests in a second")
        self._tokens -= 1.0

    def _count_history(self, now: float, allowed: int) -> None:
        window_s = self._limits.history_window_s
        while self._history and now - self._history[0] >= window_s / JITTER:
            self._history.popleft()
        if len(self._history) >= allowed:
            raise _too_fast(f"more than {allowed} history requests in {window_s:g} s")
        self._history.append(now)


def _too_fast(detail: str) -> Refusal:
    return Refusal(3, 301606, f"request rate limit: {detail}")
