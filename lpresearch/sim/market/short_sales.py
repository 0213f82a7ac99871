"""Short positions and short trades of a share, as the exchanges report them: functions of seed, date and the bars.

US positions are told for the middle and the end of each month, those of Hong Kong for each week; trades day by day.
A report comes out some days after the day that it tells of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from lpresearch.base.markets import Market as Region
from lpresearch.base.model import Period, Sessions
from lpresearch.calendars.zones import day_of, midnight
from lpresearch.sim.market import draws
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.instruments import Kind, Listing
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.paths import EPOCH, slow_noise

_USUAL_BARS = 15  # over which the average volume is taken
_POSITION_DELAY, _TRADE_DELAY = timedelta(days=9), timedelta(days=1)
_POSITION_SHARE, _TRADE_SHARE = 0.02, 0.18  # of all shares, and of a day's volume
_STAMP, _CLOSE, _VOLUME, _TURNOVER = 0, 4, 5, 6


@dataclass(frozen=True)
class ShortPosition:
    """Shares sold short and not bought back, at the close of a day."""

    timestamp: int
    rate: float  # of all shares
    close: float
    shares: int
    usual_volume: int

    @property
    def days_to_cover(self) -> float:
        """How many usual days of trading it takes to buy them back."""
        return self.shares / self.usual_volume if self.usual_volume else 0.0

    @property
    def amount(self) -> float:
        """What they are worth."""
        return self.shares * self.close


@dataclass(frozen=True)
class ShortTrade:
    """Shares sold short on one day."""

    timestamp: int
    rate: float  # of the day's volume
    close: float
    shares: int
    amount: float


def short_positions(market: Market, listing: Listing, until: float, count: int) -> list[ShortPosition]:
    """The newest reports on positions out by ``until``, ascending; none for what cannot be sold short."""
    day = day_of(listing.market, until) - _POSITION_DELAY
    told = _half_month if listing.market is Region.US else _friday
    days: list[date] = []
    while len(days) < count:
        day = told(day)
        days.append(day)
        day -= timedelta(days=1)
    bars = _bars(market, listing, days[-1] - timedelta(days=40), days[0])
    total = listing.circulating_shares or listing.total_shares
    rates = _rates(market, listing, "short positions", _POSITION_SHARE, bars)
    found = []
    for one in reversed(days):
        place = int(np.searchsorted(bars[_STAMP], midnight(listing.market, one), side="right")) - 1
        if place < 0 or not total:
            continue
        usual = int(bars[_VOLUME, max(0, place - _USUAL_BARS + 1) : place + 1].mean())
        rate, close = float(rates[place]), float(bars[_CLOSE, place])
        found.append(ShortPosition(midnight(listing.market, one), rate, close, int(total * rate), usual))
    return found


def short_trades(market: Market, listing: Listing, until: float, count: int) -> list[ShortTrade]:
    """The newest days of short trades out by ``until``, ascending; none for what cannot be sold short."""
    last = day_of(listing.market, until) - _TRADE_DELAY
    bars = _bars(market, listing, last - timedelta(days=2 * count + 20), last)[:, -count:]
    rates = _rates(market, listing, "short trades", _TRADE_SHARE, bars)
    return [
        ShortTrade(int(bar[_STAMP]), rate, float(bar[_CLOSE]), int(bar[_VOLUME] * rate), float(bar[_TURNOVER]) * rate)
        for bar, rate in zip(bars.T, rates.tolist(), strict=True)
    ]


def _bars(market: Market, listing: Listing, first: date, last: date) -> Floats:
    if listing.kind not in (Kind.STOCK, Kind.FUND) or listing.market not in (Region.US, Region.HK):
        return np.empty((8, 0))
    start, end = midnight(listing.market, first), midnight(listing.market, last + timedelta(days=1))
    return market.bars(listing.symbol, Period.DAY, Sessions.REGULAR, start, end)


def _rates(market: Market, listing: Listing, what: str, usual: float, bars: Floats) -> Floats:
    """The share that is sold short at each bar: a level of the security's own that changes slowly."""
    if not bars.shape[1]:
        return np.empty(0)
    key = draws.stream_key(market.seed, listing.symbol, what)
    days: Ints = np.array([(day_of(listing.market, stamp) - EPOCH).days for stamp in bars[_STAMP].tolist()])
    every = np.arange(days[0], days[-1] + 1)
    own = float(draws.normal_table()[key % (1 << draws.NORMAL_BITS)])
    drift = slow_noise(key, every, 30)[days - days[0]]
    rates: Floats = np.minimum(usual * np.exp(0.6 * own + 0.3 * drift), 0.5)
    return rates


def _half_month(day: date) -> date:
    """The last 15th or end of a month, up to a day."""
    after = day + timedelta(days=1)
    if after.day > 15:
        return day.replace(day=15)
    return day if after.day == 1 else day.replace(day=1) - timedelta(days=1)


def _friday(day: date) -> date:
    return day - timedelta(days=(day.weekday() - 4) % 7)
