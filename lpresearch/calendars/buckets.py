"""Which bar a moment belongs to (longport.md 10.3): minute grids of a session day, first days of longer periods.

Minutes here are wall-clock minutes since exchange-local midnight.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.model import Period, Session, Sessions, SessionSpan
from lpresearch.calendars.sessions import CLOSING_TAIL, spans
from lpresearch.calendars.zones import Days, Ints, day_of, epochs_of_minutes, midnight, minute_of_day

_MONDAY_SHIFT = 3  # 1970-01-01 was a Thursday
_UNITS = {Period.MONTH: "datetime64[M]", Period.YEAR: "datetime64[Y]"}


def bucket_starts(day_spans: Sequence[SessionSpan], period: Period, *, tail: int = 0) -> Ints:
    """The minutes at which the bars of one session day start, ascending, as a read-only array.

    Parameters
    ----------
    day_spans : the sessions of the day; the grid begins anew in each.
    period : a minute period.
    tail : minutes of closing tail (``CLOSING_TAIL``); where there is one, its print belongs to the close.
    """
    return _grid(tuple(day_spans), _step(period), tail)


@cache
def _grid(day_spans: tuple[SessionSpan, ...], step: int, tail: int) -> Ints:
    """The grid of one kind of day, made once and read only."""
    starts = [np.arange(span.start, span.end, step) for span in day_spans]
    last = _last_regular(day_spans)
    if tail and last is not None:
        starts.append(np.array([_aligned(last.end, last, step)]))
    grid = np.unique(np.concatenate(starts)).astype(np.int64) if starts else np.empty(0, dtype=np.int64)
    grid.flags.writeable = False
    return grid


def bucket_minute(minute: int, day_spans: Sequence[SessionSpan], period: Period, *, tail: int = 0) -> int | None:
    """The minute at which the bar that holds ``minute`` starts; None where nothing trades."""
    step = _step(period)
    for span in day_spans:
        if span.start <= minute < span.end:
            return _aligned(minute, span, step)
    last = _last_regular(day_spans)
    if last is not None and last.end <= minute < last.end + tail:
        return _aligned(last.end, last, step)
    return None


def bucket_of(
    market: Market, period: Period, epoch: float, *, half: bool = False, sessions: Sessions = Sessions.REGULAR
) -> int | None:
    """The epoch second at which the bar that holds a moment of a trading day starts; None where nothing trades.

    Bars of a day and longer hold regular trading only, whatever ``sessions`` says.
    """
    day, minute = day_of(market, epoch), minute_of_day(market, epoch)
    grid = Period.MIN_1 if period.minutes is None else period
    wanted = Sessions.REGULAR if period.minutes is None else sessions
    start = bucket_minute(minute, spans(market, half=half, sessions=wanted), grid, tail=CLOSING_TAIL[market])
    if start is None:
        return None
    if period.minutes is None:
        return midnight(market, first_day(day, period))
    return int(epochs_of_minutes(market, day, [start])[0])


def first_days(days: Days, period: Period) -> Days:
    """The day that stamps the bar of each day: itself, its Monday, the first of its month, quarter or year."""
    days = np.asarray(days, dtype="datetime64[D]")
    if period is Period.WEEK:
        since_monday = (days.astype(np.int64) + _MONDAY_SHIFT) % 7
        mondays: Days = days - since_monday.astype("timedelta64[D]")
        return mondays
    if period is Period.QUARTER:
        months = days.astype("datetime64[M]")
        into_quarter = (months.astype(np.int64) % 3).astype("timedelta64[M]")
        quarters: Days = (months - into_quarter).astype("datetime64[D]")
        return quarters
    return days.astype(_UNITS[period]).astype("datetime64[D]") if period in _UNITS else days


def first_day(day: date, period: Period) -> date:
    """The day that stamps the bar of one day."""
    stamp: date = first_days(np.array([day], dtype="datetime64[D]"), period)[0].item()
    return stamp


def next_first_day(day: date, period: Period) -> date:
    """The stamp of the bar after the one that holds ``day``."""
    later = {Period.DAY: 1, Period.WEEK: 7, Period.MONTH: 31, Period.QUARTER: 92, Period.YEAR: 366}[period]
    return first_day(first_day(day, period) + timedelta(days=later), period)


def _step(period: Period) -> int:
    if period.minutes is None:
        raise ValueError(f"{period} has no minute grid")
    return period.minutes


def _aligned(minute: int, span: SessionSpan, step: int) -> int:
    return span.start + (minute - span.start) // step * step


def _last_regular(day_spans: Sequence[SessionSpan]) -> SessionSpan | None:
    regular = [span for span in day_spans if span.session is Session.REGULAR]
    return regular[-1] if regular else None
