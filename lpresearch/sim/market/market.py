"""The simulated market: listings, bars, quotes and books at the clock's now. A pure function of seed and time.

Never opens a socket and holds no account. Everything shown agrees: minutes make the days, days the longer bars, and the
quote is the last of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from lpresearch.base.markets import Market as Region
from lpresearch.base.markets import tick_at
from lpresearch.base.model import Adjust, Period, Sessions, SessionSpan
from lpresearch.sim.market.bar_history import BarHistory, limited
from lpresearch.sim.market.bars_dir import BarsDir
from lpresearch.sim.market.book_levels import levels_around
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.contract_values import Moment
from lpresearch.sim.market.corporate_actions import Action
from lpresearch.sim.market.dealing import Dealing
from lpresearch.sim.market.directory import Directory
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.extended_hours import ExtendedHours
from lpresearch.sim.market.feed import Feed
from lpresearch.sim.market.instruments import LISTINGS, Kind, Listing, TradeStatus
from lpresearch.sim.market.minutes import CLOSE, OPEN
from lpresearch.sim.market.option_volumes import OptionVolumes
from lpresearch.sim.market.queues import queues_of
from lpresearch.sim.market.schedule import Schedule, day_date, day_number, stamp
from lpresearch.sim.market.series import Series, listed
from lpresearch.sim.market.snapshots import Capital, CapitalFlow, Level, Line, Queue, QuoteSnapshot, SubQuote, Trade
from lpresearch.sim.market.steering import Steering
from lpresearch.sim.market.ticks import UNITS, decimal_of

NOTHING = Capital(Decimal(0), Decimal(0), Decimal(0))

__all__ = ["Level", "Market", "QuoteSnapshot", "SubQuote"]

_LEVELS = {Region.HK: 10, Region.US: 1, Region.CN: 5, Region.SG: 5}
_PAYOUT_DIGITS = 4
_DEPTH_SHARE = 1 / 1500  # volume shown at a level, of a usual day's


class Market:
    """Market data by seed and clock.

    Parameters
    ----------
    seed : the same seed gives the same prices, whatever is asked in which order.
    clock : what time it is, and whether today is one open session.
    bars_dir : a folder of the user's own bars, see ``bars_dir.BarsDir``.
    universe : how many made-up shares are listed besides at most: any well-formed symbols, the first asked for.

    Raises
    ------
    ConfigError : a file of ``bars_dir`` that breaks the rules.
    """

    def __init__(self, seed: int, clock: Clock, *, bars_dir: Path | None = None, universe: int = 0) -> None:
        self.seed = seed
        self._clock = clock
        self._schedule = Schedule(clock)
        self._feed = Feed(seed, LISTINGS)
        self._series = Series(self._feed, self._schedule)
        self._dealing = Dealing(self._series, self._schedule)
        self._steering = Steering(self._series, self._schedule, self._dealing)
        self._history = BarHistory(self._series, self._schedule, clock)
        self._extended = ExtendedHours(self._series, self._schedule)
        self._own = BarsDir(bars_dir, clock) if bars_dir is not None else None
        self._directory = Directory(
            self._feed, self._series, self._schedule, clock, size=universe, without=self._own or frozenset()
        )
        self.option_volumes = OptionVolumes(self._feed, self._schedule, clock)

    @property
    def mark(self) -> str:
        """What tells clients that this is a simulation, and which."""
        return f"seed-{self.seed}" + (f"-bars-{self._own.digest}" if self._own else "")

    def listing(self, symbol: str) -> Listing | None:
        """The facts of a security; None where it is not listed here."""
        own = self._own.listing(symbol) if self._own else None
        return self._directory.find(symbol) or own

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
        adjust: Adjust = Adjust.NONE,
    ) -> Floats:
        """The bar matrix (8, n) of bars that start in [start, end), ascending, the forming one as far as it has come.

        Parameters
        ----------
        start, end : epoch seconds UTC.
        limit : at most so many bars; None means all.
        newest : whether the limit keeps the newest or the oldest.
        adjust : whether earlier prices are those of a share of today; the user's own bars are as given.
        """
        if self._own and symbol in self._own:
            found = self._own.bars(symbol, period, sessions, start, end)
            return limited(found, limit, newest=newest)
        return self._history.bars(
            self._simulated(symbol), period, sessions, start, end, adjust=adjust, limit=limit, newest=newest
        )

    def quote(self, symbol: str) -> QuoteSnapshot:
        """The quote as it is now, or as it was when the security last traded."""
        if self._own and symbol in self._own:
            return self._own.quote(symbol)
        listing = self._simulated(symbol)
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
            trade_status=listing.trade_status if halted or listing.contract else TradeStatus.NORMAL,
            pre=pre,
            post=post,
            overnight=overnight,
        )

    def depth(self, symbol: str) -> tuple[list[Level], list[Level]]:
        """Asks and bids, best first: ten levels in HK, five in CN and SG, one in the US; none for an index."""
        listing = self.listing(symbol)
        if listing is None or listing.kind is Kind.INDEX:
            return [], []
        usual = max(listing.usual_volume * _DEPTH_SHARE / listing.volume_step, 2.0)
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
        return self._dealing.trades(self._simulated(symbol), until, after=after, limit=limit)

    def intraday(self, symbol: str, sessions: Sessions) -> list[Line]:
        """The line of the latest trading day, minute by minute."""
        if self._own and symbol in self._own:
            return []
        return self._dealing.line(self._simulated(symbol), sessions, self._clock.now())

    def reckon_capital(self, symbol: str, *, minutes: int) -> bool:
        """Reckon so many more minutes of the money of the day; whether all that are over are now reckoned."""
        if self._own and symbol in self._own:
            return True
        return self._dealing.reckon(self._simulated(symbol), self._clock.now(), minutes)

    def capital_flow(self, symbol: str) -> list[CapitalFlow]:
        """Net inflow from the latest trading day's start up to each of its minutes."""
        if self._own and symbol in self._own:
            return []
        return self._dealing.capital_flow(self._simulated(symbol), self._clock.now())

    def capital_distribution(self, symbol: str) -> tuple[Capital, Capital]:
        """What came in and what went out on the latest trading day, by the size of the trades."""
        if self._own and symbol in self._own:
            return NOTHING, NOTHING
        return self._dealing.capital(self._simulated(symbol), self._clock.now())

    def last_price(self, symbol: str) -> Decimal:
        """The price of the last trade."""
        if self._own and symbol in self._own:
            return self._own.quote(symbol).last_done
        listing = self._simulated(symbol)
        return decimal_of(int(self._latest(listing)[1][CLOSE]))

    def tick(self, symbol: str, price: Decimal) -> Decimal:
        """The price step of a security at a price."""
        listing = self.listing(symbol)
        if listing is None:
            raise KeyError(symbol)
        return tick_at(listing.ticks, price)

    def moment(self, symbol: str) -> Moment | None:
        """A contract as of its last trade, with what it is reckoned by; None for what is no contract."""
        listing = self._directory.find(symbol)
        terms = self._feed.terms(listing) if listing is not None else None
        if terms is None:
            return None
        day, bar, stamp_s = self._latest(terms.listing)
        share = float(terms.per_share(self._schedule.ex_day(terms.underlying.market)))
        spot = self.last_price(terms.underlying.symbol)
        spot = spot if share == 1.0 else Decimal(str(round(float(spot) * share, 4)))
        return Moment(terms, day, (stamp_s - stamp(terms.listing.market, day)) // 60, decimal_of(int(bar[CLOSE])), spot)

    def option_expiries(self, symbol: str) -> list[date]:
        """The expiry dates of the US options on a security; none where there are none."""
        return self._directory.option_expiries(symbol)

    def option_strikes(self, symbol: str, expiry: date) -> list[Decimal]:
        """The strikes of one expiry date; none where that is none."""
        return self._directory.option_strikes(symbol, expiry)

    def warrants(self, symbol: str) -> list[Listing]:
        """The warrants, CBBCs and inline warrants on a security that have not expired; none where there are none."""
        return self._directory.warrants(symbol)

    def last_trading_day(self, listing: Listing) -> date:
        """The day on which a warrant or option trades for the last time by its terms."""
        return self._directory.last_day(listing)

    def payout(self, symbol: str) -> Decimal | None:
        """What one unit of a contract that has ended pays, from the day after; None where it has not, or is none."""
        listing = self._directory.find(symbol)
        terms = self._feed.terms(listing) if listing is not None else None
        if listing is None or terms is None or listing.halted_from is None:
            return None
        expiry, today = day_number(terms.contract.expiry), self._schedule.today(listing.market)
        if today > expiry:
            day = self._schedule.latest(listing.market, expiry)
            spot = self._series.close(terms.underlying, day, until=day) / UNITS * float(terms.per_share(day))
            return Decimal(str(round(terms.payout(spot), _PAYOUT_DIGITS)))
        was_called = listing.kind is Kind.CBBC and listing.trade_status == TradeStatus.EXPIRED
        return self.last_price(symbol) if was_called and day_number(listing.halted_from) <= today else None

    def ex_date(self, market: Region) -> date:
        """The day whose dividends and splits are in force: today, and in a US evening the day that it belongs to."""
        return day_date(self._schedule.ex_day(market))

    def actions(self, symbol: str, *, after: date, until: date) -> Sequence[Action]:
        """Dividends and splits with an ex-date after one day and not after another; the user's own bars have none."""
        listing = None if self._own and symbol in self._own else self._directory.find(symbol)
        return self._feed.actions_between(listing, day_number(after), day_number(until)) if listing else ()

    def set_price(self, symbol: str, price: Decimal | float | str) -> None:
        """Let a security trade at a price from now on, see ``Steering.set_price``."""
        own = self._own is not None and symbol in self._own
        listing = None if own else self._directory.find(symbol)
        self._steering.set_price(symbol, listing, price, self._clock.now(), own=own)

    def turning_points(
        self, symbol: str, *, after: float, until: float, below: float = math.inf, above: float = math.inf
    ) -> list[float]:
        """The moments after one and until another at which a minute's trades reach its highest and its lowest price.

        Only those of the minutes that come down to ``below`` or up to ``above``; each bar of the user's own has one.
        """
        if self._own and symbol in self._own:
            return self._own.stamps(symbol, after=after, until=until)
        return self._dealing.turning_points(self._simulated(symbol), after=after, until=until, below=below, above=above)

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

    def _simulated(self, symbol: str) -> Listing:
        """The listing of a symbol whose bars are the simulator's."""
        listing = self._directory.find(symbol)
        if listing is None:
            raise KeyError(symbol)
        return listing

    def _latest(self, listing: Listing) -> tuple[int, Ints, int]:
        """The day of the last trade, that day's bar up to now, and the epoch second of the trade."""
        now = self._clock.now()
        _, day = listed(listing, 0, self._schedule.today(listing.market))
        while True:
            day = self._schedule.latest(listing.market, day)
            seen = self._series.so_far(listing, self._schedule.kind(listing.market, day), day, now)
            if seen is not None:
                return day, self._series.restated(listing, day, seen[0]), seen[1]
            day -= 1

    def _close_before(self, listing: Listing, day: int) -> int:
        """The close of the trading day before a day, restated as the broker does, in units; at first its own open."""
        previous = self._schedule.latest(listing.market, day - 1)
        if previous < listed(listing, 0, day)[0]:
            return int(self._series.live(listing, self._schedule.kind(listing.market, day), day).bars[OPEN, 0])
        return self._series.close(listing, previous, until=max(day, self._schedule.ex_day(listing.market)))
