"""The simulated market: listings, bars, quotes and books at the clock's now. A pure function of seed and time.

Never opens a socket and holds no account. Everything shown agrees: minutes make the days, days the longer bars, and the
quote is the last of them.
"""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np

from lpresearch.base.markets import Market as Region
from lpresearch.base.markets import tick_at
from lpresearch.base.model import Period, Sessions, SessionSpan
from lpresearch.calendars.buckets import first_day, next_first_day
from lpresearch.calendars.zones import day_of
from lpresearch.sim.market.bars_dir import BarsDir
from lpresearch.sim.market.book_levels import levels_around
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.dealing import Dealing
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.extended_hours import ExtendedHours
from lpresearch.sim.market.feed import Feed
from lpresearch.sim.market.instruments import LISTINGS, Kind, Listing, TradeStatus
from lpresearch.sim.market.minutes import CLOSE, OPEN
from lpresearch.sim.market.paths import FIRST_DAY
from lpresearch.sim.market.queues import queues_of
from lpresearch.sim.market.schedule import Schedule, day_date, day_number
from lpresearch.sim.market.series import Series, listed
from lpresearch.sim.market.snapshots import Capital, CapitalFlow, Level, Line, Queue, QuoteSnapshot, SubQuote, Trade
from lpresearch.sim.market.ticks import UNITS, decimal_of

NOTHING = Capital(Decimal(0), Decimal(0), Decimal(0))

__all__ = ["Level", "Market", "QuoteSnapshot", "SubQuote"]

# Calendar days that hold a bar on average, at most: two weeks of a year hold none in CN.
_CALENDAR_DAYS = {Period.DAY: 1.6, Period.WEEK: 7.5, Period.MONTH: 31, Period.QUARTER: 92, Period.YEAR: 366}
_SLACK_DAYS = 20  # the longest holidays, and the bar that is cut off
_CHUNK_DAYS = 40  # trading days of minutes made at once
_LEVELS = {Region.HK: 10, Region.US: 1, Region.CN: 5, Region.SG: 5}
_FIRST_EPOCH, _LAST_EPOCH = 0.0, 2.2e9  # any moment beyond is outside every path
_DEPTH_SHARE = 1 / 1500  # volume shown at a level, of a usual day's


class Market:
    """Market data by seed and clock.

    Parameters
    ----------
    seed : the same seed gives the same prices, whatever is asked in which order.
    clock : what time it is, and whether today is one open session.
    bars_dir : a folder of the user's own bars, see ``bars_dir.BarsDir``.

    Raises
    ------
    ConfigError : a file of ``bars_dir`` that breaks the rules.
    """

    def __init__(self, seed: int, clock: Clock, *, bars_dir: Path | None = None) -> None:
        self.seed = seed
        self._clock = clock
        self._schedule = Schedule(clock)
        self._feed = Feed(seed, LISTINGS)
        self._series = Series(self._feed, self._schedule)
        self._dealing = Dealing(self._series, self._schedule)
        self._extended = ExtendedHours(self._series, self._schedule)
        self._own = BarsDir(bars_dir, clock) if bars_dir is not None else None

    @property
    def mark(self) -> str:
        """What tells clients that this is a simulation, and which."""
        return f"seed-{self.seed}" + (f"-bars-{self._own.digest}" if self._own else "")

    def listing(self, symbol: str) -> Listing | None:
        """The facts of a security; None where it is not listed here."""
        own = self._own.listing(symbol) if self._own else None
        return LISTINGS.get(symbol) or own

    def reach_is_documented(self, symbol: str) -> bool:
        """Whether the broker's documented reach applies: not to the user's own bars."""
        return not (self._own and symbol in self._own)

    def bars(
        self,
        symbol: str,
        period: Period,
        sessions: Sessions,
        start: float,
        end: float,
        *,
        limit: int | None = None,
        newest: bool = True,
    ) -> Floats:
        """The bar matrix (8, n) of bars that start in [start, end), ascending, the forming one as far as it has come.

        Parameters
        ----------
        start, end : epoch seconds UTC.
        limit : at most so many bars; None means all.
        newest : whether the limit keeps the newest or the oldest.
        """
        if self._own and symbol in self._own:
            found = self._own.bars(symbol, period, sessions, start, end)
            return _limited(found, limit, newest=newest)
        listing = LISTINGS[symbol]
        now = self._clock.now()
        end = min(end, math.nextafter(now, math.inf))
        if start >= end:
            return np.empty((8, 0))
        if period.minutes is None:
            return self._long_bars(listing, period, start, end, limit, newest=newest)
        return self._minute_bars(listing, period, sessions, start, end, limit, newest=newest)

    def quote(self, symbol: str) -> QuoteSnapshot:
        """The quote as it is now, or as it was when the security last traded."""
        if self._own and symbol in self._own:
            return self._own.quote(symbol)
        listing = LISTINGS[symbol]
        day, bar, moment = self._latest(listing)
        opened, high, low, last, volume, turnover = bar.tolist()
        halted = listing.halted_from is not None and day < self._schedule.today(listing.market)
        pre, post, overnight = self._extended.quotes(listing, self._clock.now())
        return QuoteSnapshot(
            last_done=decimal_of(last),
            prev_close=decimal_of(self._close_before(listing, day)),
            open=decimal_of(opened),
            high=decimal_of(high),
            low=decimal_of(low),
            timestamp=moment,
            volume=volume,
            turnover=decimal_of(turnover),
            trade_status=listing.trade_status if halted else TradeStatus.NORMAL,
            pre=pre,
            post=post,
            overnight=overnight,
        )

    def depth(self, symbol: str) -> tuple[list[Level], list[Level]]:
        """Asks and bids, best first: ten levels in HK, five in CN and SG, one in the US; none for an index."""
        listing = self.listing(symbol)
        if listing is None or listing.kind is Kind.INDEX:
            return [], []
        usual = max(listing.daily_volume * _DEPTH_SHARE / listing.lot_size, 2.0)
        return levels_around(
            int(self.last_price(symbol) * UNITS),
            listing,
            count=_LEVELS[listing.market],
            key=self._feed.level_key(listing),
            now=self._clock.now(),
            usual_lots=usual,
        )

    def brokers(self, symbol: str) -> tuple[list[Queue], list[Queue]]:
        """Who waits at each ask and at each bid, in the order of time: HK only."""
        listing = self.listing(symbol)
        if listing is None or listing.market is not Region.HK:
            return [], []
        asks, bids = self.depth(symbol)
        key = self._feed.level_key(listing)
        return queues_of(asks, key), queues_of(bids, key ^ 1)

    def now(self) -> float:
        """The moment that everything is shown at, in epoch seconds."""
        return self._clock.now()

    def trades(self, symbol: str, *, after: float = -math.inf, until: float | None = None, limit: int) -> list[Trade]:
        """The newest trades later than ``after`` and not later than ``until`` (None: now), ascending.

        An index has none, and neither do the user's own bars.
        """
        if self._own and symbol in self._own:
            return []
        until = self._clock.now() if until is None else until
        return self._dealing.trades(LISTINGS[symbol], until, after=after, limit=limit)

    def intraday(self, symbol: str, sessions: Sessions) -> list[Line]:
        """The line of the latest trading day, minute by minute."""
        if self._own and symbol in self._own:
            return []
        return self._dealing.line(LISTINGS[symbol], sessions, self._clock.now())

    def reckon_capital(self, symbol: str, *, minutes: int) -> bool:
        """Reckon so many more minutes of the money of the day; whether all that are over are now reckoned."""
        if self._own and symbol in self._own:
            return True
        return self._dealing.reckon(LISTINGS[symbol], self._clock.now(), minutes)

    def capital_flow(self, symbol: str) -> list[CapitalFlow]:
        """Net inflow from the latest trading day's start up to each of its minutes."""
        if self._own and symbol in self._own:
            return []
        return self._dealing.capital_flow(LISTINGS[symbol], self._clock.now())

    def capital_distribution(self, symbol: str) -> tuple[Capital, Capital]:
        """What came in and what went out on the latest trading day, by the size of the trades."""
        if self._own and symbol in self._own:
            return NOTHING, NOTHING
        return self._dealing.capital(LISTINGS[symbol], self._clock.now())

    def last_price(self, symbol: str) -> Decimal:
        """The price of the last trade."""
        if self._own and symbol in self._own:
            return self._own.quote(symbol).last_done
        listing = LISTINGS[symbol]
        return decimal_of(int(self._latest(listing)[1][CLOSE]))

    def tick(self, symbol: str, price: Decimal) -> Decimal:
        """The price step of a security at a price."""
        listing = self.listing(symbol)
        if listing is None:
            raise KeyError(symbol)
        return tick_at(listing.ticks, price)

    def trading_days(self, market: Region, start: date, end: date) -> tuple[list[date], list[date]]:
        """Full days and half days between two dates, both included; an open today is a full day."""
        days = self._schedule.days(market, day_number(start), day_number(end))
        today = self._schedule.today(market)
        halves = self._schedule.halves(market, days) & ~((days == today) & self._schedule.is_open_day(market, today))
        return [day_date(day) for day in days[~halves].tolist()], [day_date(day) for day in days[halves].tolist()]

    def sessions_today(self) -> dict[Region, list[SessionSpan]]:
        """Today's sessions of each market."""
        return {market: self._schedule.spans_today(market) for market in Region}

    def trading_date(self, market: Region) -> date:
        """The market's current trading day, or its latest where today is none."""
        return day_date(self._schedule.latest(market, self._schedule.today(market)))

    def _long_bars(
        self, listing: Listing, period: Period, start: float, end: float, limit: int | None, *, newest: bool
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
        found = self._series.long_bars(listing, period, begin, last, self._clock.now())
        return _limited(_between(found, start, end), limit, newest=newest)

    def _minute_bars(
        self,
        listing: Listing,
        period: Period,
        sessions: Sessions,
        start: float,
        end: float,
        limit: int | None,
        *,
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
            found = self._series.minute_bars(listing, period, sessions, some, now)
            found = _between(found, start, end)
            parts.insert(0, found) if newest else parts.append(found)
            count += found.shape[1]
        return _limited(np.concatenate(parts, axis=1) if parts else np.empty((8, 0)), limit, newest=newest)

    def _latest(self, listing: Listing) -> tuple[int, Ints, int]:
        """The day of the last trade, that day's bar up to now, and the epoch second of the trade."""
        now = self._clock.now()
        _, day = listed(listing, 0, self._schedule.today(listing.market))
        while True:
            day = self._schedule.latest(listing.market, day)
            seen = self._series.so_far(listing, self._schedule.kind(listing.market, day), day, now)
            if seen is not None:
                return day, seen[0], seen[1]
            day -= 1

    def _close_before(self, listing: Listing, day: int) -> int:
        """The close of the trading day before a day, in units; a listing's first day has its own open."""
        previous = self._schedule.latest(listing.market, day - 1)
        if previous < listed(listing, 0, day)[0]:
            return int(self._series.live(listing, self._schedule.kind(listing.market, day), day).bars[OPEN, 0])
        return self._series.close(listing, previous)


def _day(market: Region, epoch: float) -> date:
    """The local day of a moment, kept within what dates can say."""
    return day_of(market, min(max(epoch, _FIRST_EPOCH), _LAST_EPOCH))


def _between(bars: Floats, start: float, end: float) -> Floats:
    times = bars[0]
    return bars[:, np.searchsorted(times, start) : np.searchsorted(times, end)]


def _limited(bars: Floats, limit: int | None, *, newest: bool) -> Floats:
    if limit is None or bars.shape[1] <= limit:
        return bars
    return bars[:, bars.shape[1] - limit :] if newest else bars[:, :limit]


def _chunk(limit: int | None, period: Period) -> int:
    """Trading days to make at once for so many bars."""
    if limit is None:
        return _CHUNK_DAYS
    shortest_day = 150 // (period.minutes or 1) + 1  # bars of a half day
    return min(limit // shortest_day + 1, _CHUNK_DAYS)
