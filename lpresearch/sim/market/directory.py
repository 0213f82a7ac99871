"""Who is listed: the well-known names, their warrants, US options on demand, a made-up universe. As of today.

A contract that has expired or was called is still found, with its state and the day from which it trades no more.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np

from lpresearch.base.errors import SymbolError
from lpresearch.base.markets import Market
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.contracts import Terms
from lpresearch.sim.market.draws import Ints
from lpresearch.sim.market.feed import Feed
from lpresearch.sim.market.instruments import LISTINGS, Kind, Listing, TradeStatus
from lpresearch.sim.market.minutes import HIGH, LOW
from lpresearch.sim.market.option_chains import OptionChains
from lpresearch.sim.market.schedule import Schedule, day_date, day_number
from lpresearch.sim.market.series import Recent, Series
from lpresearch.sim.market.ticks import UNITS
from lpresearch.sim.market.universe import Universe
from lpresearch.sim.market.warrants import warrants

_KEPT = 8192
# Trading days before its expiry on which a contract trades for the last time (HKEX).
_ENDS_BEFORE = {Kind.WARRANT: 4, Kind.INLINE: 4, Kind.CBBC: 1}
_LONGEST_CLOSURE = 21


class Directory:
    """Finds listings.

    Parameters
    ----------
    feed, series, schedule, clock : of the market; calls are read from the bars of the underlying.
    size : how many made-up shares are listed at most, see ``Universe``.
    without : underlyings whose contracts are not listed: their bars are not the simulator's own.
    """

    def __init__(
        self, feed: Feed, series: Series, schedule: Schedule, clock: Clock, *, size: int, without: Container[str]
    ) -> None:
        self._feed = feed
        self._series = series
        self._schedule = schedule
        self._clock = clock
        self._universe = Universe(size)
        self._without = without
        self._chains = OptionChains(feed.seed, schedule, feed.set_prices)
        self._options: Recent[Listing] = Recent(_KEPT)
        self._calls: Recent[int] = Recent(_KEPT)

    def find(self, symbol: str) -> Listing | None:
        """A listing as it is now; None where there is none."""
        listing = LISTINGS.get(symbol)
        if listing is None:
            return self._universe.find(symbol) or self._option(symbol)
        terms = self._feed.terms(listing)
        if terms is None:
            return listing
        return None if terms.contract.underlying in self._without else self._dated(terms)

    def option_expiries(self, symbol: str) -> list[date]:
        """The expiry dates of the options on a security, ascending."""
        listing = self._underlying(symbol)
        return self._chains.expiries(listing, self._schedule.today(Market.US)) if listing else []

    def option_strikes(self, symbol: str, expiry: date) -> list[Decimal]:
        """The strikes of one expiry date that still trades, ascending."""
        listing, today = self._underlying(symbol), self._schedule.today(Market.US)
        if listing is None or day_number(expiry) < today:
            return []
        return self._chains.strikes(listing, expiry, today)

    def warrants(self, underlying: str) -> list[Listing]:
        """The warrants, CBBCs and inline warrants on a security that have not expired."""
        symbols = (warrant.symbol for warrant in warrants() if warrant.underlying == underlying)
        found = (self.find(symbol) for symbol in symbols)
        return [listing for listing in found if listing is not None and listing.trade_status != TradeStatus.EXPIRED]

    def last_day(self, listing: Listing) -> date:
        """The day on which a contract trades for the last time, if it is not called before."""
        assert listing.contract is not None
        expiry = day_number(listing.contract.expiry)
        days = self._schedule.recorded(listing.market, expiry - _LONGEST_CLOSURE, expiry)
        days = days[days < expiry] if listing.kind in _ENDS_BEFORE else days
        return day_date(int(days[-_ENDS_BEFORE.get(listing.kind, 1)]))

    def _underlying(self, symbol: str) -> Listing | None:
        return None if symbol in self._without else LISTINGS.get(symbol)

    def _option(self, symbol: str) -> Listing | None:
        today = self._schedule.today(Market.US)
        kept = self._options.use((symbol, today))
        if kept is not None:
            return kept
        try:
            option = Symbol(symbol).option
        except SymbolError:
            return None
        if option is None or option.symbol != symbol or f"{option.root}.US" in self._without:
            return None
        found = self._chains.listing(option, today)
        return self._options.keep((symbol, today), found) if found is not None else None

    def _dated(self, terms: Terms) -> Listing:
        """A warrant or CBBC with its state of today."""
        listing = terms.listing
        today = self._schedule.today(listing.market)
        called = self._called(terms, today) if terms.contract.call_price else None
        last = called if called is not None else day_number(self.last_day(listing))
        halted, status = day_date(last + 1), TradeStatus.NORMAL
        if listing.halted_from is not None and listing.halted_from < halted:  # suspended by its issuer
            halted = listing.halted_from
            status = listing.trade_status if halted <= day_date(today) else status
        if today > last or called is not None:
            status = TradeStatus.EXPIRED
        elif listing.listing_date is not None and day_number(listing.listing_date) > today:
            status = TradeStatus.TO_BE_LISTED
        return replace(listing, halted_from=halted, trade_status=status)

    def _called(self, terms: Terms, today: int) -> int | None:
        """The day on which a CBBC was called; None where it was not."""
        listing, now = terms.listing, self._clock.now()
        key = (listing.symbol, today)
        past = self._calls.use(key)
        if past is None:
            past = self._calls.keep(key, self._called_before(terms, today))
        if past:
            return past
        if not len(self._schedule.days(listing.market, today, today)):
            return None
        seen = self._series.so_far(terms.underlying, self._schedule.kind(listing.market, today), today, now)
        if seen is None or _first_call(terms, np.array([today]), seen[0][:, None]) is None:
            return None
        return today

    def _called_before(self, terms: Terms, today: int) -> int:
        """The first day before today on which it was called; 0 where there is none."""
        listed = terms.listing.listing_date
        if listed is None or day_number(listed) >= today:
            return 0
        days, bars = self._series.daily(terms.underlying, day_number(listed), today - 1, self._clock.now())
        place = _first_call(terms, days, bars)
        return int(days[place]) if place is not None else 0


def _first_call(terms: Terms, days: Ints, bars: Ints) -> int | None:
    """The position of the first daily bar that calls a CBBC."""
    share = terms.per_share(days) / UNITS
    places = np.flatnonzero(terms.called(bars[HIGH] * share, bars[LOW] * share))
    return int(places[0]) if len(places) else None
