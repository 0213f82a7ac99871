"""The calendar seen by one series: how many bars a span may hold, and where its bars may start. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.calendars.zones import DAY_S, Ints
from lpresearch.history.intervals import Intervals, normalised

EARLIEST = 631_152_000  # 1990-01-01 UTC, before every broker's history
_BAR_DAYS = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31, Period.QUARTER: 92, Period.YEAR: 366}
_IDLE_FACTOR = 12  # markets are open for a sixth of the week at least; twice that, to be sure
_IDLE_S = 30 * DAY_S


@dataclass(frozen=True)
class Grid:
    """One series on its market's calendar."""

    key: SeriesKey
    calendar: MarketCalendar

    def count(self, span: Interval) -> int:
        """The most bars that can start in a span."""
        return self.calendar.expected_bars(self.key.period, self.key.sessions, span.start, span.end)

    def bars_by_day(self, first: date, last: date) -> Ints:
        """The most bars that can start on each calendar day between two dates, both included."""
        return self.calendar.bars_by_day(self.key.period, self.key.sessions, first, last)

    def starts(self, span: Interval) -> Ints:
        """The epoch seconds of a span at which bars may start."""
        return self.calendar.starts(self.key.period, self.key.sessions, span.start, span.end)

    def with_bars(self, spans: Iterable[Interval]) -> Intervals:
        """The spans in which any bar can start."""
        return tuple(span for span in normalised(spans) if span.start <= self.next_start(span.start) < span.end)

    def previous_start(self, epoch: int) -> int:
        """The last bar start before a moment."""
        return self.calendar.previous_start(self.key.period, self.key.sessions, epoch)

    def next_start(self, epoch: int) -> int:
        """The first bar start at a moment or after it."""
        return self.calendar.next_start(self.key.period, self.key.sessions, epoch)

    def reach_of_newest(self, count: int, end: int, *, not_before: int) -> int:
        """The earliest moment, not much before ``not_before``, with at most ``count`` bars up to ``end``."""
        return self.calendar.reach_of_newest(self.key.period, self.key.sessions, count, end, not_before=not_before)

    def surely_before(self, count: int, end: int) -> int:
        """A moment with more than ``count`` bar starts up to ``end``, cheaply."""
        return max(EARLIEST, end - self._surely_holds(count))

    def span_from(self, start: int, count: int, *, limit: int) -> Interval:
        """The span from ``start`` on in which ``count`` bars can start, not beyond ``limit``."""
        starts = self.starts(Interval(start, min(limit, start + self._surely_holds(count))))
        return Interval(start, int(starts[count]) if starts.size > count else max(start, limit))

    def span_up_to(self, end: int, count: int, *, limit: int) -> Interval:
        """The span up to ``end`` in which ``count`` bars can start, not before ``limit``."""
        starts = self.starts(Interval(max(limit, end - self._surely_holds(count)), end))
        return Interval(int(starts[-count]) if starts.size >= count else min(limit, end), end)

    def _surely_holds(self, count: int) -> int:
        """Seconds within which more than ``count`` bars start."""
        minutes = self.key.period.minutes
        bar_s = _BAR_DAYS[self.key.period] * DAY_S if minutes is None else minutes * 60
        return count * bar_s * _IDLE_FACTOR + _IDLE_S
