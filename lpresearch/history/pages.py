"""Missing spans cut into pages that one history reply can hold (longport.md 5.1). Pure.

By date where whole days fit into a page. Where one day alone holds more bars than a reply (1440 minutes of a US day),
by pages that run forward from an anchor, which is the bar before the first one wanted: so nothing is lost whether or
not the broker counts the anchor itself in.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from lpresearch.base.model import AnchorPage, DatePage, Interval
from lpresearch.calendars.zones import DAY_S, minute_of_day
from lpresearch.history.grid import Grid
from lpresearch.history.intervals import Intervals, difference

_ONE_DAY = timedelta(days=1)
_FEW_BARS = 20  # stored bars between two missing spans that cost less to ask again than a call of its own
_ANCHOR_WINDOW_S = 4 * DAY_S  # a page of minutes reaches over a weekend at most


def history_pages(grid: Grid, missing: Intervals, page_bars: int) -> Iterator[tuple[DatePage | AnchorPage, Interval]]:
    """The pages that make up the missing spans, each with the span it is asked for; spans that fit share a page."""
    if not missing:
        return
    day_of = grid.calendar.day_of
    origin = day_of(missing[0].start)
    by_day = grid.bars_by_day(origin, day_of(missing[-1].end - 1))
    before_day = np.concatenate(([0], np.cumsum(by_day)))  # bars that start before each day
    while missing:
        start = missing[0].start
        first = (day_of(start) - origin).days
        page: DatePage | AnchorPage
        if by_day[first] > page_bars:
            page, end = _anchor_page(grid, missing[0], page_bars)
        else:
            fitting = int(np.searchsorted(before_day, before_day[first] + page_bars, side="right")) - 1
            page, end = _date_page(grid, missing, origin + fitting * _ONE_DAY)
        yield page, Interval(start, end)
        missing = grid.with_bars(difference(missing, [Interval(start, end)]))


def _date_page(grid: Grid, missing: Intervals, full_at: date) -> tuple[DatePage, int]:
    """Whole days of the first missing span, and of the next ones where hardly a stored bar lies between."""
    capacity = grid.calendar.midnight(full_at)
    end = min(missing[0].end, capacity)
    for span in missing[1:]:
        if span.start >= capacity or grid.count(Interval(end, span.start)) > _FEW_BARS:
            break
        end = min(span.end, capacity)
    return DatePage(grid.calendar.day_of(missing[0].start), grid.calendar.day_of(end - 1)), end


def _anchor_page(grid: Grid, span: Interval, page_bars: int) -> tuple[AnchorPage, int]:
    """One page of minutes forward from the bar before the span."""
    anchor = grid.previous_start(span.start)
    window_end = min(span.end, span.start + _ANCHOR_WINDOW_S)
    starts = grid.starts(Interval(span.start, window_end))
    room = page_bars - 1  # the anchor may take one place
    end = int(starts[room]) if starts.size > room else window_end
    market = grid.calendar.market
    minute = minute_of_day(market, anchor)
    clock = f"{minute // 60:02}{minute % 60:02}"
    return AnchorPage(grid.calendar.day_of(anchor), clock, forward=True, count=page_bars), end
