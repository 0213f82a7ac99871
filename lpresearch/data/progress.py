"""A progress bar for what takes longer than a moment, in the notebook and in the terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

SHOWN_AFTER_S = 1.5


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

    def update(self, done: int, total: int, note: str = "") -> None:
        """So many requests of so many are answered."""
        if self._bar is None:
            if time.monotonic() - self._started < SHOWN_AFTER_S or done >= total:
                return
            self._bar = self._shown(total)
        self._bar.total = max(total, done)
        if note:
            self._bar.set_postfix_str(note, refresh=False)
        self._bar.update(done - self._bar.n)

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

        bar = tqdm(total=total, desc=self._what, unit="call", leave=self._stays)
        bar.start_t -= time.monotonic() - self._started
        return bar
