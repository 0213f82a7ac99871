"""Exchange-local days and minutes to epoch seconds and back, daylight saving included; never the machine's zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from lpresearch.base.markets import MARKETS, Market

Days = NDArray[np.datetime64]  # datetime64[D]
Ints = NDArray[np.int64]
NEXT_DAY = np.timedelta64(1, "D")
DAY_S = 86_400
DAY_MINUTES = 1440
_CLOCKS_TURN_S = 2 * 3600  # where clocks change at all (New York), they change two hours after midnight
_SLACK_DAYS = 2  # a UTC day and the local days that touch it


def zone(market: Market) -> ZoneInfo:
    """The exchange's zone."""
    return ZoneInfo(MARKETS[market].zone)


@cache
def _offsets_of_year(market: Market, year: int) -> Ints:
    """Seconds east of Greenwich at each local midnight of a year."""
    tz, first = zone(market), date(year, 1, 1)
    moments = (datetime(year, 1, 1, tzinfo=tz) + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
    offsets = [moment.utcoffset() or timedelta() for moment in moments]
    return np.array([int(offset.total_seconds()) for offset in offsets], dtype=np.int64)


def days_between(first: date, last: date) -> Days:
    """Every calendar day between two days, both included."""
    return np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + NEXT_DAY)


def midnights(market: Market, days: Days) -> Ints:
    """The epoch second at which each exchange-local day begins."""
    days = np.asarray(days, dtype="datetime64[D]")
    years = days.astype("datetime64[Y]")
    day_of_year = (days - years.astype("datetime64[D]")).astype(np.int64)
    result = days.astype(np.int64) * DAY_S
    for year in np.unique(years):
        at = years == year
        result[at] -= _offsets_of_year(market, int(year.astype(np.int64)) + 1970)[day_of_year[at]]
    return result


def midnight(market: Market, day: date) -> int:
    """The epoch second at which one exchange-local day begins."""
    offset = _offsets_of_year(market, day.year)[day.timetuple().tm_yday - 1]
    return (day - date(1970, 1, 1)).days * DAY_S - int(offset)


def day_of(market: Market, epoch: float) -> date:
    """The exchange-local day that a moment falls on."""
    return datetime.fromtimestamp(epoch, zone(market)).date()


def days_of(market: Market, epochs: Ints) -> Days:
    """The exchange-local day that each moment falls on."""
    epochs = np.asarray(epochs, dtype=np.int64)
    if epochs.size == 0:
        return np.empty(0, dtype="datetime64[D]")
    first, last = int(epochs.min()) // DAY_S - _SLACK_DAYS, int(epochs.max()) // DAY_S + _SLACK_DAYS
    days = np.arange(first, last + 1).astype("datetime64[D]")
    return days[np.searchsorted(midnights(market, days), epochs, side="right") - 1]


def epochs_of_minutes(market: Market, day: date, minutes: Ints | Sequence[int]) -> Ints:
    """The epoch seconds of wall-clock minutes of one day, ascending; minutes that a clock change skips are left out."""
    wall = np.asarray(minutes, dtype=np.int64) * 60
    start, end = midnight(market, day), midnight(market, day + timedelta(days=1))
    if end - start == DAY_S:
        return start + wall
    return np.unique(np.where(wall < _CLOCKS_TURN_S, start + wall, end - DAY_S + wall))


def minute_of_day(market: Market, epoch: float) -> int:
    """The wall-clock minute of the exchange-local day, 0 to 1439."""
    moment = datetime.fromtimestamp(epoch, zone(market))
    return moment.hour * 60 + moment.minute
