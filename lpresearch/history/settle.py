"""What a reply proves: which of its bars are final, and over which span they are all there is. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from lpresearch.base.model import DatePage, Interval, SeriesKey
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.history.bars import TIMESTAMP, Bars
from lpresearch.history.plan import ReadLatest, Step

BEGINNING = 0  # the store's "since ever": no market here has bars before 1970
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Absorbed:
    """The parts of a reply: bars to store, the span they complete (it may be empty), bars still forming."""

    final: Bars
    covered: Interval
    forming: Bars


def absorb(step: Step, bars: Bars, *, key: SeriesKey, calendar: MarketCalendar, now: float, page_bars: int) -> Absorbed:
    """Split a reply into what may be stored for good and what may not.

    Parameters
    ----------
    bars : the reply, ascending.
    now : the moment before the request left, the one its plan was made for: what was final then is final in the reply.
    page_bars : the most bars of a reply by date; one that is full may have left older bars out.
    """
    boundary = calendar.final_before(key.period, key.sessions, now)
    split = int(bars[TIMESTAMP].searchsorted(boundary))
    start, end = _proven(step, bars, calendar, page_bars)
    end = boundary if end is None else min(end, boundary)
    return Absorbed(bars[:, :split], Interval(start, max(start, end)), bars[:, split:])


def _proven(step: Step, bars: Bars, calendar: MarketCalendar, page_bars: int) -> tuple[int, int | None]:
    """The span that a reply is complete for; None as its end means up to now."""
    count = bars.shape[1]
    first, last = (int(bars[TIMESTAMP, 0]), int(bars[TIMESTAMP, -1])) if count else (BEGINNING, BEGINNING)
    if isinstance(step, ReadLatest):
        if count >= step.count:
            return first, None
        # Fewer than asked are all there are; but none at all may be a server not ready, and proves only what was asked.
        return (BEGINNING if count else step.expected.start), None
    page = step.page
    if isinstance(page, DatePage):
        midnight = calendar.midnight
        # A full page holds the bars nearest to its end (5.1).
        return (first if count >= page_bars else midnight(page.start)), midnight(page.end + _ONE_DAY)
    # Forward from an anchor just before the span; a page that is not full reached the newest bar.
    return step.expected.start, (last + 1 if count >= page.count else None)
