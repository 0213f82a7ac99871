"""The simulator's clock: what time it is there, and what kind of day today is. Never sleeps, never moves a market."""

from __future__ import annotations

import time
from enum import StrEnum


class ClockKind(StrEnum):
    """What *today* is.

    ``open``: every market's today, weekends and holidays too, is one 24-hour session; earlier days follow the calendar.
    ``real``: today follows the calendar and the sessions as any other day.
    """

    OPEN = "open"
    REAL = "real"


class Clock:
    """The wall clock."""

    def __init__(self, kind: ClockKind | str = ClockKind.OPEN) -> None:
        self.kind = ClockKind(kind)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind.value!r}, now={self.now():.3f})"

    def now(self) -> float:
        """Epoch seconds UTC."""
        return time.time()


class ManualClock(Clock):
    """A clock that stands still until it is told to move.

    Parameters
    ----------
    start : epoch seconds UTC.
    kind : what today is.

    Examples
    --------
    >>> clock = ManualClock(1_700_000_000)
    >>> clock.advance(90)
    >>> clock.now()
    1700000090.0
    """

    def __init__(self, start: float, kind: ClockKind | str = ClockKind.OPEN) -> None:
        super().__init__(kind)
        self._now = float(start)

    def now(self) -> float:
        """Epoch seconds UTC, as last set."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move forward (or, with a negative number, back)."""
        self._now += seconds
