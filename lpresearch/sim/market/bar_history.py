"""The bars of a simulated security between two moments, at most so many, the newest or the oldest.

Makes no more days than the limit needs. Holds no prices.
"""

from __future__ import annotations

import math
from datetime import date

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.model import Adjust, Period, Sessions
from lpresearch.calendars.buckets import first_day, next_first_day
from lpresearch.calendars.zones import day_of
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.draws import Floats
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.paths import FIRST_DAY
from lpresearch.sim.market.schedule import Schedule, day_date, day_number
from lpresearch.sim.market.series import Series, listed

# Calendar days that hold a bar on average, at most: two weeks of a year hold none in CN.
_CALENDAR_DAYS = {Period.DAY: 1.6, Period.WEEK: 7.5, Period.MONTH: 31, Period.QUARTER: 92, Period.YEAR: 366}
_SLACK_DAYS = 20  # the longest holidays, and the bar that is cut off
_CHUNK_DAYS = 40  # trading days of minutes made at once
_FIRST_EPOCH, _LAST_EPOCH = 0.0, 2.2e9  # any moment beyond is outside every path


class BarHistory:
    """Cuts spans of time out of a series.

    Parameters
    ----------
    series, schedule, clock : of the market; nothing after the clock's now is shown.
    """

    def __init__(self, series: Series, schedule: Schedule, clock: Clock) -> None:
        self._series = series
        self._schedule = schedule
        self._clock = clock

    def bars(
        self,
        listing: Listing,
        period: Period,
        sessions: Sessions,
        start: float,
        end: float,
        *,
        adjust: Adjust,
        limit: int | None,
        newest: bool,
    ) -> Floats:
        """As ``Market.bars``."""
        end = min(end, math.nextafter(self._clock.now(), math.inf))
        if start >= end:
            return np.empty((8, 0))
        if period.minutes is None:
            return self._long_bars(listing, period, start, end, adjust=adjust, limit=limit, newest=newest)
        sessions = sessions if listing.extended_hours else Sessions.REGULAR
        return self._minute_bars(listing, period, sessions, start, end, adjust=adjust, limit=limit, newest=newest)

    def _long_bars(
        self,
        listing: Listing,
        period: Period,
        start: float,
        end: float,
        *,
        adjust: Adjust,
        limit: int | None,
        newest: bool,
    ) -> Floats:
        today = self._schedule.today(listing.market)
        horizon = day_date(FIRST_DAY + 1)
        first = first_day(max(_day(listing.market, start), horizon), period)
        last = min(day_number(next_first_day(_day(listing.market, math.ceil(end) - 1), period)) - 1, today)
        begin, last = listed(listing, day_number(first), last)
        if limit is not None:
            reach = int(limit * _CALENDAR_DAYS[period]) + _SLACK_DAYS
            if newest:
                near = max(begin, last - reach)
                begin = max(begin, day_number(first_day(day_date(near), period)))
            else:
                last = min(last, day_number(next_first_day(day_date(begin + reach), period)) - 1)
        found = self._series.long_bars(listing, period, begin, last, self._clock.now(), adjust=adjust)
        return limited(_between(found, start, end), limit, newest=newest)

    def _minute_bars(
        self,
        listing: Listing,
        period: Period,
        sessions: Sessions,
        start: float,
        end: float,
        *,
        adjust: Adjust,
        limit: int | None,
        newest: bool,
    ) -> Floats:
        now = self._clock.now()
        first = max(day_number(_day(listing.market, start)), FIRST_DAY + 1)
        last = day_number(_day(listing.market, math.ceil(end) - 1))
        last += sessions is Sessions.ALL  # the evening before a trading day belongs to it
        first, last = listed(listing, first, last)
        days = self._schedule.days(listing.market, first, last)
        parts: list[Floats] = []
        count = 0
        chunk = _chunk(limit, period)
        while len(days) and (limit is None or count < limit):
            some, days = (days[-chunk:], days[:-chunk]) if newest else (days[:chunk], days[chunk:])
            found = self._series.minute_bars(listing, period, sessions, some, now, adjust=adjust)
            found = _between(found, start, end)
            parts.insert(0, found) if newest else parts.append(found)
            count += found.shape[1]
        return limited(np.concatenate(parts, axis=1) if parts else np.empty((8, 0)), limit, newest=newest)


def limited(bars: Floats, limit: int | None, *, newest: bool) -> Floats:
    """At most so many of some bars."""
    if limit is None or bars.shape[1] <= limit:
        return bars
    return bars[:, bars.shape[1] - limit :] if newest else bars[:, :limit]


def _day(market: Market, epoch: float) -> date:
    """The local day of a moment, kept within what dates can say."""
    return day_of(market, min(max(epoch, _FIRST_EPOCH), _LAST_EPOCH))


def _between(bars: Floats, start: float, end: float) -> Floats:
    times = bars[0]
    return bars[:, np.searchsorted(times, start) : np.searchsorted(times, end)]


def _chunk(limit: int | None, period: Period) -> int:
    """Trading days to make at once for so many bars."""
    if limit is None:
        return _CHUNK_DAYS
    shortest_day = 150 // (period.minutes or 1) + 1  # bars of a half day
    return min(limit // shortest_day + 1, _CHUNK_DAYS)
