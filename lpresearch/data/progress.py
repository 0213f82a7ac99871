"""A progress bar for what takes longer than a moment, in the notebook and in the terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from lpresearch.base.source import Caps

if TYPE_CHECKING:
    from types import TracebackType

SHOWN_AFTER_S = 1.5
_FORMAT = "{desc} {percentage:3.0f}% |{bar}| {n_fmt} of {total_fmt} calls, {elapsed} passed{postfix}"


class Progress:
    """Counts requests; shows itself when they take longer than a moment, with the time that is left.

    Parameters
    ----------
    what : the words before the bar.
    stays : whether the bar is still to be seen when all is done.
    """

    def __init__(self, what: str, *, stays: bool = False) -> None:
        self._what = what
        self._stays = stays
        self._started = time.monotonic()
        self._bar: Any = None  # tqdm has no types of its own for its automatic choice

    @property
    def elapsed_s(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._started

    def update(self, done: int, total: int, left_s: float) -> None:
        """So many requests of so many are answered, and the others take about so long."""
        if self._bar is None:
            if self.elapsed_s < SHOWN_AFTER_S or done >= total:
                return
            self._bar = self._shown(total)
        self._bar.total = max(total, done)
        self._bar.set_postfix_str(f"{self._bar.format_interval(left_s)} left", refresh=False)
        self._bar.n = done
        self._bar.refresh()

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _shown(self, total: int) -> Any:
        from tqdm.auto import tqdm  # costs more than most calls take

        bar = tqdm(total=total, desc=self._what, leave=self._stays, bar_format=_FORMAT)
        bar.start_t -= self.elapsed_s
        return bar


def seconds_at_pace(caps: Caps, *, history: int, latest: int) -> float:
    """How long so many calls take from a standing start: history comes in windows, everything else call by call."""
    fast, slow = caps.quote_pace, caps.history_pace
    windows, rest = divmod(max(history - 1, 0), slow.calls)
    call_s = fast.per_s / fast.calls
    return max((history + latest) * call_s, windows * slow.per_s + rest * call_s)
