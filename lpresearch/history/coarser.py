"""Coarser bars from finer ones, by the bucket rules of the market's calendar (longport.md 10.3). Pure."""

from __future__ import annotations

import numpy as np

from lpresearch.base.model import Interval, Period, Session, Sessions
from lpresearch.calendars.buckets import first_days
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.calendars.zones import Ints, days_of, midnights
from lpresearch.history.bars import FIELDS, TIMESTAMP, Bars, Floats, no_bars

_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _TURNOVER, _SESSION = range(1, len(FIELDS))
_REGULAR = list(Session).index(Session.REGULAR)
_MILLS = 1000  # the broker writes money with three digits
_EXACT = 2.0**53  # whole numbers up to here are exact in float64
# What bars of a day and longer are made of; weeks fit into nothing.
_PARTS = {
    Period.DAY: (),
    Period.WEEK: (Period.DAY,),
    Period.MONTH: (Period.DAY,),
    Period.QUARTER: (Period.MONTH, Period.DAY),
    Period.YEAR: (Period.QUARTER, Period.MONTH, Period.DAY),
}


def finer_periods(period: Period) -> tuple[Period, ...]:
    """The periods whose bars each lie in one bar of ``period``, the coarsest first: the cheapest to read."""
    minutes = period.minutes
    fine = [finer for finer in reversed(Period) if finer.minutes is not None]
    if minutes is None:
        return (*_PARTS[period], *fine)
    return tuple(finer for finer in fine if finer is not period and minutes % (finer.minutes or minutes + 1) == 0)


def span_needed(wanted: Interval, period: Period, calendar: MarketCalendar, sessions: Sessions) -> Interval:
    """The span of finer bars of which all bars that start in ``wanted`` are made, and no part of another."""
    first, following = (calendar.next_start(period, sessions, moment) for moment in (wanted.start, wanted.end))
    return Interval(first, max(first, following))


def coarser(
    bars: Bars, from_period: Period, to_period: Period, calendar: MarketCalendar, sessions: Sessions = Sessions.REGULAR
) -> Bars:
    """The bars of a longer period that the given ones make up.

    Parameters
    ----------
    bars : ascending; those of the first and of the last bar must all be there (:func:`span_needed`).
    from_period, to_period : the latter longer, and one of those that ``from_period`` fits into (:func:`finer_periods`).
    calendar : the market's; it says where bars of the longer period start.
    sessions : the parts of the day that ``bars`` has; bars of a day and longer are made of the regular ones only.

    Raises
    ------
    ValueError : periods that do not fit into each other, or bars where the calendar has no trading: the calendar does
        not know that day as it was, so the broker's own bars are the right ones.
    """
    if from_period not in finer_periods(to_period):
        raise ValueError(f"bars of {from_period} do not make up bars of {to_period}")
    if to_period.minutes is None and from_period.minutes is not None:
        bars = bars[:, bars[_SESSION] == _REGULAR]
        sessions = Sessions.REGULAR
    if bars.shape[1] == 0:
        return no_bars()
    stamps = bars[TIMESTAMP].astype(np.int64)
    buckets = _buckets(stamps, from_period, to_period, calendar, sessions)
    firsts = np.flatnonzero(np.diff(buckets, prepend=buckets[0] - 1))
    return _joined(bars, firsts, buckets[firsts])


def _buckets(
    stamps: Ints, from_period: Period, to_period: Period, calendar: MarketCalendar, sessions: Sessions
) -> Ints:
    """The start of the longer bar that each bar belongs to."""
    first, end = int(stamps[0]), int(stamps[-1]) + 1
    if (
        from_period.minutes is not None
        and not np.isin(stamps, calendar.starts(from_period, sessions, first, end)).all()
    ):
        raise ValueError(f"there are bars of {from_period} where the calendar has no trading")
    if to_period.minutes is None:
        return midnights(calendar.market, first_days(days_of(calendar.market, stamps), to_period))
    # Each session begins a new grid, so the last start at or before a bar is that of its own bucket.
    midnight = calendar.midnight(calendar.day_of(first))
    starts = calendar.starts(to_period, sessions, midnight, end)
    buckets: Ints = starts[np.searchsorted(starts, stamps, side="right") - 1]
    return buckets


def _joined(bars: Bars, firsts: Ints, stamps: Ints) -> Bars:
    """One bar of each run of bars that begins at one of ``firsts``."""
    lasts = np.append(firsts[1:], bars.shape[1]) - 1
    result = np.empty((len(FIELDS), firsts.size))
    result[TIMESTAMP] = stamps
    result[_OPEN], result[_CLOSE] = bars[_OPEN, firsts], bars[_CLOSE, lasts]
    result[_HIGH] = np.maximum.reduceat(bars[_HIGH], firsts)
    result[_LOW] = np.minimum.reduceat(bars[_LOW], firsts)
    result[_VOLUME] = np.add.reduceat(bars[_VOLUME], firsts)
    result[_TURNOVER] = _sums_of_money(bars[_TURNOVER], firsts)
    result[_SESSION] = bars[_SESSION, firsts]
    return result


def _sums_of_money(amounts: Floats, firsts: Ints) -> Floats:
    """Sums as the broker's own decimals would have: without the rounding of binary fractions, where that can be."""
    mills = np.rint(amounts * _MILLS)
    if np.array_equal(mills / _MILLS, amounts) and float(np.abs(mills).max(initial=0)) < _EXACT:
        exact: Floats = np.add.reduceat(mills.astype(np.int64), firsts) / _MILLS
        return exact
    sums: Floats = np.add.reduceat(amounts, firsts)
    return sums
