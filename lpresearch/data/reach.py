"""How far a request reaches: a span of time, the newest bars, or a number of bars after a start or before an end. Pure.

A number of bars is turned into a span by the calendar. A symbol may have fewer bars than its market has sessions, so
the span is widened until it holds enough, or there is nothing left to widen into.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from lpresearch.base.errors import DateRangeError
from lpresearch.base.model import Interval
from lpresearch.data.moments import Wanted
from lpresearch.history.bars import TIMESTAMP, Bars
from lpresearch.history.grid import Grid
from lpresearch.history.intervals import Intervals
from lpresearch.history.plan import Newest, Span

#: Says since when the store holds a number of bars up to the end of what it covers; None where it holds too few.
KnownSince = Callable[[int], int | None]
WIDER = 2  # a span that holds too few bars is made to hold so many times more


class Reach(Protocol):
    """What a request wants of one series."""

    def request(self, coverage: Intervals, known_since: KnownSince) -> Span | Newest:
        """What to plan for."""
        ...

    def saw_newest(self, bars: Bars) -> None:
        """Told what the server says the newest bars are."""
        ...

    def span(self) -> Interval:
        """The span of the answer."""
        ...

    def enough(self, count: int) -> bool:
        """Whether the span holds enough bars; where not, it is wider afterwards."""
        ...

    def cut(self, bars: Bars) -> Bars:
        """The bars of the answer, of those in the span."""
        ...


def reach_of(wanted: Wanted, grid: Grid, *, now: float, floor: int) -> Reach:
    """The reach of what a user wrote; ``floor`` is the first moment at which the broker has bars."""
    end = grid.calendar.present(grid.key.period, now)
    if wanted.start is not None and wanted.start > now:
        raise DateRangeError(
            "start",
            str(grid.calendar.day_of(wanted.start)),
            "the range lies in the future",
            hint="Give an earlier start.",
        )
    if wanted.count is None:
        assert wanted.start is not None
        return WithinSpan(Interval(wanted.start, end if wanted.end is None else min(wanted.end, end)))
    if wanted.start is not None:
        return CountedFrom(wanted.start, wanted.count, grid, limit=end)
    if wanted.end is not None:
        if wanted.end <= floor:
            raise DateRangeError(
                "end",
                str(grid.calendar.day_of(wanted.end - 1)),
                f"the broker has no bars before {grid.calendar.day_of(floor)}",
                hint="Give a later end.",
            )
        return CountedUpTo(min(wanted.end, end), wanted.count, grid, limit=floor)
    return NewestBars(wanted.count, grid, end=end, floor=floor)


class WithinSpan:
    """All bars that start within a span."""

    def __init__(self, span: Interval) -> None:
        self._span = span

    def request(self, coverage: Intervals, known_since: KnownSince) -> Span | Newest:
        """What to plan for."""
        return Span(self._span.start, self._span.end)

    def saw_newest(self, bars: Bars) -> None:
        """Nothing to learn."""

    def span(self) -> Interval:
        """The span of the answer."""
        return self._span

    def enough(self, count: int) -> bool:
        """However many there are."""
        return True

    def cut(self, bars: Bars) -> Bars:
        """All of them."""
        return bars


class NewestBars(WithinSpan):
    """The newest bars. Since when, the store knows if what it covers holds all but the very newest; else the server."""

    def __init__(self, count: int, grid: Grid, *, end: int, floor: int) -> None:
        super().__init__(Interval(end, end))
        self._count = count
        self._grid = grid
        self._floor = floor
        self._begun = False
        self._told_by_server = False
        self._seen: Bars | None = None  # what the server last said the newest bars are
        self._guessed_by: Bars | Literal[False] | None = False

    def request(self, coverage: Intervals, known_since: KnownSince) -> Span | Newest:
        """The newest bars, as a span where the store or the server has said since when."""
        if not self._begun and not self._told_by_server:
            since = self._guess(coverage, known_since)
            if since is None:
                return Newest(self._count)
            self._begin(since)
        return super().request(coverage, known_since)

    def saw_newest(self, bars: Bars) -> None:
        """Where the store could not say, the answer begins where the server's newest bars do."""
        self._seen = bars
        if bars.shape[1]:
            self._span = Interval(self._span.start, max(self._span.end, int(bars[TIMESTAMP, -1]) + 1))
        if not self._begun:
            self._told_by_server = True
            if bars.shape[1]:
                self._begin(int(bars[TIMESTAMP, 0]))

    def enough(self, count: int) -> bool:
        """Whether there are as many as asked, or the server has no more; where not, it is asked since when."""
        if count >= self._count or self._told_by_server or self._span.start <= self._floor:
            return True
        self._begun = False
        return False

    def cut(self, bars: Bars) -> Bars:
        """The newest of them."""
        return bars[:, -self._count :]

    def _guess(self, coverage: Intervals, known_since: KnownSince) -> int | None:
        """Since when, given the bars after what is stored: those that can have come, later those that came."""
        if self._guessed_by is self._seen or not coverage:
            return None
        self._guessed_by = self._seen
        stored_end = coverage[-1].end
        if self._seen is None:
            newer = self._grid.count(Interval(stored_end, self._span.end))
        else:
            newer = int((self._seen[TIMESTAMP] >= stored_end).sum())
        return known_since(self._count - newer) if newer < self._count else None

    def _begin(self, since: int) -> None:
        self._begun = True
        self._span = Interval(max(since, self._floor), self._span.end)


class CountedFrom(WithinSpan):
    """The first bars from a start on."""

    def __init__(self, start: int, count: int, grid: Grid, *, limit: int) -> None:
        super().__init__(grid.span_from(start, count, limit=limit))
        self._count = self._held = count
        self._grid = grid
        self._limit = limit

    def enough(self, count: int) -> bool:
        """Whether there are as many as asked, or no more can come."""
        if count >= self._count or self._span.end >= self._limit:
            return True
        self._held *= WIDER
        self._span = self._grid.span_from(self._span.start, self._held, limit=self._limit)
        return False

    def cut(self, bars: Bars) -> Bars:
        """The first of them."""
        return bars[:, : self._count]


class CountedUpTo(WithinSpan):
    """The last bars before an end."""

    def __init__(self, end: int, count: int, grid: Grid, *, limit: int) -> None:
        super().__init__(grid.span_up_to(end, count, limit=limit))
        self._count = self._held = count
        self._grid = grid
        self._limit = limit

    def enough(self, count: int) -> bool:
        """Whether there are as many as asked, or no more can be had."""
        if count >= self._count or self._span.start <= self._limit:
            return True
        self._held *= WIDER
        self._span = self._grid.span_up_to(self._span.end, self._held, limit=self._limit)
        return False

    def cut(self, bars: Bars) -> Bars:
        """The last of them."""
        return bars[:, -self._count :]
