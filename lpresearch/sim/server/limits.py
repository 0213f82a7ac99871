"""How fast and how much a client may ask (longport.md 6, 11), and the meters that hold it. Reads no clock itself."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import cast

from lpresearch.base.errors import InputError
from lpresearch.sim.server.refusal import Refusal

# A client that keeps the documented rate exactly must never be refused because packets arrive unevenly.
TOLERANCE = 1.1  # on the rate at which the bucket of all pulls fills
# Both official SDKs refill theirs once a second, so a second's worth can come just before that and the next just after.
BUNCHES = 2
JITTER = 1.02  # on windows of half a minute
NO_LIMIT = str(None)
_MAY_BE_ZERO = frozenset({"trade_gap_s", "otp_life_s", "session_life_s", "token_life_s", "answer_delay_s"})
UNEVEN_S = 0.5  # requests that left in this time may come at once


@dataclass(frozen=True)
class Limits:
    """The broker's limits. None switches one off.

    Parameters
    ----------
    pulls_per_s : quote pulls of the account in a second.
    pulls_at_once : quote pulls of the account without an answer yet.
    history_calls : calls of command 27 within ``history_window_s`` seconds.
    trade_calls : trade, asset and risk requests over HTTP within ``trade_window_s`` seconds.
    trade_gap_s : the least time between two of them.
    address_calls_per_s : HTTP requests of one address in a second; the broker has such a limit, but tells no number.
    refuse_duplicates : whether a request that is signed as an earlier one is refused. The official SDKs sign by the
        second, so that two equal calls within one are duplicates: only for clients that are to prove better.
    subscriptions : symbols that may be watched at once.
    symbols_per_request : symbols in one request.
    connections : links of one kind that may be open at once.
    otp_life_s, session_life_s, token_life_s : how long a socket token, a session and an access token can be used.
    answer_delay_s : how long a quote pull takes, as over a real network.
    push_every_s : how often what changed is pushed.
    pushes_per_s : push so many a second in all instead, whether anything changed or not: for load tests.
    partial_pushes : whether a push of a quote fills only what changed, as the broker does.
    ping_every_s : how often each link is pinged; both official SDKs leave one that was not for 120 s.

    Raises
    ------
    InputError : a value that is no limit.
    """

    pulls_per_s: float | None = 10
    pulls_at_once: int | None = 5
    history_calls: int | None = 60
    history_window_s: float = 30.0
    trade_calls: int | None = 30
    trade_window_s: float = 30.0
    trade_gap_s: float | None = 0.02
    address_calls_per_s: float | None = None
    refuse_duplicates: bool = False
    subscriptions: int = 500
    symbols_per_request: int = 500
    connections: int = 10
    otp_life_s: float = 60.0
    session_life_s: float = 86_400.0
    token_life_s: float = 90 * 86_400.0
    answer_delay_s: float = 0.0
    push_every_s: float = 0.3
    pushes_per_s: float | None = None
    partial_pushes: bool = True
    ping_every_s: float = 25.0

    def __post_init__(self) -> None:
        for one in fields(self):
            _check(one.name, str(one.type), getattr(self, one.name))

    @classmethod
    def unpaced(cls) -> Limits:
        """Every limit of size, none of pace."""
        return cls(pulls_per_s=None, pulls_at_once=None, history_calls=None, trade_calls=None, trade_gap_s=None)


def _check(name: str, kind: str, value: object) -> None:
    """Hold a value against the type of its field, and against zero."""
    if kind == "bool":
        good, rule = isinstance(value, bool), "it is True or False"
    else:
        whole, least = kind.startswith("int"), "of at least 0" if name in _MAY_BE_ZERO else "above 0"
        good = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if good:
            number = cast("float", value)
            good = math.isfinite(number) and (number > 0 or (number == 0 and name in _MAY_BE_ZERO))
        rule = f"it is a {'whole ' if whole else ''}number {least}"
        if "None" in kind:
            good, rule = good or value is None, f"{rule}, or {NO_LIMIT} for no limit"
    if not good:
        usual = getattr(Limits, name)
        raise InputError(name, value, rule, hint=f"Left out, it is {NO_LIMIT if usual is None else usual}.")


class PullMeter:
    """Counts the quote pulls of one account and refuses those that come too fast.

    All pulls share a token bucket; history calls are also counted in a sliding window.
    """

    def __init__(self, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        per_s = limits.pulls_per_s or 0.0
        self._bucket = _Bucket(per_s * TOLERANCE, per_s * (BUNCHES - 1 + TOLERANCE), monotonic)
        self._history = _Window(limits.history_calls or 0, limits.history_window_s, monotonic)
        self._at_once = 0

    def begin(self, *, history: bool) -> None:
        """Count a pull that has arrived, or raise Refusal. ``end`` must follow a pull that was counted."""
        limits = self._limits
        if limits.pulls_at_once is not None and self._at_once >= limits.pulls_at_once:
            raise _too_fast(f"more than {limits.pulls_at_once} requests at once")
        if limits.pulls_per_s is not None and not self._bucket.take():
            raise _too_fast(f"more than {limits.pulls_per_s:g} requests in a second")
        if history and limits.history_calls is not None and not self._history.take():
            raise _too_fast(f"more than {limits.history_calls} history requests in {limits.history_window_s:g} s")
        self._at_once += 1

    def end(self) -> None:
        """The pull was answered."""
        self._at_once -= 1


class TradeMeter:
    """Counts the trade requests of one account and refuses those that come too fast or too close."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        per_s = 1 / limits.trade_gap_s if limits.trade_gap_s else 0.0
        self._gap = _Bucket(per_s, per_s * UNEVEN_S + 1.0, monotonic)
        self._window = _Window(limits.trade_calls or 0, limits.trade_window_s, monotonic)

    def count(self) -> None:
        """Count a request, or raise Refusal."""
        limits = self._limits
        if limits.trade_gap_s and not self._gap.take():
            raise _too_fast_here(f"requests less than {limits.trade_gap_s:g} s apart")
        if limits.trade_calls is not None and not self._window.take():
            raise _too_fast_here(f"more than {limits.trade_calls} requests in {limits.trade_window_s:g} s")


class AddressMeter:
    """Counts the HTTP requests of each address and refuses those that come too fast."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._per_s = limits.address_calls_per_s
        self._monotonic = monotonic
        self._buckets: dict[str, _Bucket] = {}

    def count(self, address: str) -> None:
        """Count a request of an address, or raise Refusal."""
        per_s = self._per_s
        if per_s is None:
            return
        bucket = self._buckets.setdefault(address, _Bucket(per_s, max(per_s, 1.0), self._monotonic))
        if not bucket.take():
            raise Refusal(429, 429001, f"too many requests of one address: more than {per_s:g} in a second")


class _Bucket:
    """Tokens that drip in at a rate, up to a capacity; full at first."""

    def __init__(self, per_s: float, capacity: float, monotonic: Callable[[], float]) -> None:
        self._per_s = per_s
        self._capacity = capacity
        self._monotonic = monotonic
        self._tokens = capacity
        self._filled_at = monotonic()

    def take(self) -> bool:
        """Whether there was a token; it is gone now."""
        now = self._monotonic()
        self._tokens = min(self._capacity, self._tokens + (now - self._filled_at) * self._per_s)
        self._filled_at = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class _Window:
    """At most so many within any span of so many seconds."""

    def __init__(self, most: int, span_s: float, monotonic: Callable[[], float]) -> None:
        self._most = most
        self._span_s = span_s / JITTER
        self._monotonic = monotonic
        self._past: deque[float] = deque()

    def take(self) -> bool:
        """Whether there was room for one more; it is counted."""
        now = self._monotonic()
        while self._past and now - self._past[0] >= self._span_s:
            self._past.popleft()
        if len(self._past) >= self._most:
            return False
        self._past.append(now)
        return True


def _too_fast(detail: str) -> Refusal:
    return Refusal(3, 301606, f"request rate limit: {detail}")


def _too_fast_here(detail: str) -> Refusal:
    return Refusal(429, 429002, f"too many requests: {detail}")
