"""The temperature of a market: how dear and how hopeful it is, from 0 to 100, read off the bars of its leading index.

Valuation is where the index stands among its closes of the last three years. Sentiment is its move over a month,
measured by its usual moves. The temperature is their mean. Today's reading is the last one of the history.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from lpresearch.base.markets import Market as Region
from lpresearch.base.model import Period, Sessions
from lpresearch.calendars.buckets import first_day
from lpresearch.calendars.zones import day_of, midnight
from lpresearch.sim.market.draws import Floats
from lpresearch.sim.market.market import Market

INDEXES = {Region.HK: "HSI.HK", Region.US: ".SPX.US", Region.CN: "000001.SH", Region.SG: "STI.SG"}
YEARS_BEHIND = 3  # that a close is compared with
MONTH_BARS, YEAR_BARS = 20, 250
MIDDLE = 50
_STAMP, _CLOSE = 0, 4
_WORDS = ("Cold", "Cool", "Mild", "Warm", "Hot")
_STEADY = 3  # a change over five days below this is none
# longport.md 9 has the three names; which span of time gets which is not documented.
_DAILY_SPAN, _WEEKLY_SPAN = timedelta(days=92), timedelta(days=365)
_PERIODS = {"daily": Period.DAY, "weekly": Period.WEEK, "monthly": Period.MONTH}


@dataclass(frozen=True)
class Reading:
    """The temperature of one day, or of the last day of a longer period, which begins at ``timestamp``."""

    timestamp: int
    temperature: int
    valuation: int
    sentiment: int


async def temperature_now(market: Market, region: Region) -> tuple[Reading, str]:
    """The reading of now, and a description in words."""
    today = market.trading_date(region)
    readings = await _readings(market, region, today - timedelta(days=30), today)
    now, before = readings[-1], readings[-min(6, len(readings))]
    change = now.temperature - before.temperature
    trend = "steady" if abs(change) < _STEADY else "rising" if change > 0 else "falling"
    return now, f"{_WORDS[min(now.temperature // 20, 4)]}, {trend}"


async def temperature_history(market: Market, region: Region, first: date, last: date) -> tuple[str, list[Reading]]:
    """How far apart the readings between two dates are, and the readings, ascending.

    A span of up to three months is told day by day, one of up to a year week by week, a longer one month by month.
    """
    span = last - first
    name = "daily" if span <= _DAILY_SPAN else "weekly" if span <= _WEEKLY_SPAN else "monthly"
    by_period: dict[date, Reading] = {}
    for reading in await _readings(market, region, first, last):
        begun = first_day(day_of(region, reading.timestamp), _PERIODS[name])
        by_period[begun] = replace(reading, timestamp=midnight(region, begun))
    return name, list(by_period.values())


async def _readings(market: Market, region: Region, first: date, last: date) -> list[Reading]:
    """The readings of each trading day between two dates."""
    enough = first.replace(day=1, year=first.year - YEARS_BEHIND - 1)  # so that every reading has all its closes
    bars = await _bars(market, region, enough, last)
    stamps, closes = bars[_STAMP], bars[_CLOSE]
    begin = int(np.searchsorted(stamps, midnight(region, first)))
    return [_reading(int(stamps[place]), closes[: place + 1]) for place in range(begin, len(stamps))]


def _reading(timestamp: int, closes: Floats) -> Reading:
    """The reading of the last of some closes."""
    past = closes[-YEARS_BEHIND * YEAR_BARS :]
    valuation = round(100 * float((past < closes[-1]).mean()))
    sentiment = MIDDLE
    if len(closes) > MONTH_BARS + 1:
        moves = np.diff(np.log(closes[-YEAR_BARS - 1 :]))
        usual = float(moves.std()) * MONTH_BARS**0.5
        hope = float(moves[-MONTH_BARS:].sum()) / usual if usual else 0.0
        sentiment = round(MIDDLE * (1 + float(np.tanh(0.8 * hope))))
    return Reading(timestamp, round((valuation + sentiment) / 2), valuation, sentiment)


async def _bars(market: Market, region: Region, first: date, last: date) -> Floats:
    """The daily bars of the index; years that nobody asked for yet are made in turns, so that nobody waits for all."""
    parts = []
    for year in range(first.year, last.year + 1):
        begin, end = max(first, date(year, 1, 1)), min(last, date(year, 12, 31))
        start, stop = midnight(region, begin), midnight(region, end + timedelta(days=1))
        parts.append(market.bars(INDEXES[region], Period.DAY, Sessions.REGULAR, start, stop))
        await asyncio.sleep(0)
    return np.concatenate(parts, axis=1)
