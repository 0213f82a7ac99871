"""One look at the market at one moment: what many orders want to know is asked once. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from lpresearch.base.markets import Market
from lpresearch.base.model import Session, SessionSpan
from lpresearch.calendars.zones import day_of, minute_of_day
from lpresearch.sim.exchange.market_view import LevelView, MarketView

_LONGEST_CLOSURE = timedelta(days=21)
_SETTLEMENT_DAYS = {Market.HK: 2, Market.US: 1}


class Glimpse:
    """Depth, last prices and trading hours as they are at ``now`` (epoch seconds UTC)."""

    def __init__(self, market: MarketView, now: float) -> None:
        self.now = now
        self._market = market
        self._depths: dict[str, tuple[Sequence[LevelView], Sequence[LevelView]]] = {}
        self._lasts: dict[str, Decimal] = {}
        self._settles: dict[Market, date] = {}
        self._hours: dict[Market, tuple[bool, date]] = {}

    def depth(self, symbol: str) -> tuple[Sequence[LevelView], Sequence[LevelView]]:
        """Asks and bids, best first."""
        if symbol not in self._depths:
            self._depths[symbol] = self._market.depth(symbol)
        return self._depths[symbol]

    def last_price(self, symbol: str) -> Decimal:
        """The price of the last trade."""
        if symbol not in self._lasts:
            self._lasts[symbol] = self._market.last_price(symbol)
        return self._lasts[symbol]

    def tick(self, symbol: str, price: Decimal) -> Decimal:
        """The price step at a price."""
        return self._market.tick(symbol, price)

    def is_open(self, region: Market) -> bool:
        """Whether orders fill. Those for extended hours wait for the regular session too."""
        return self._hours_of(region)[0]

    def order_day(self, region: Market) -> date:
        """The trading day of an order given now: today until its last regular session ends, else the next."""
        return self._hours_of(region)[1]

    def settlement_day(self, region: Market) -> date:
        """The trading day on which a trade of now is paid: two later in Hong Kong, one later in the US."""
        if region not in self._settles:
            first = self.order_day(region) + timedelta(days=1)
            full, half = self._market.trading_days(region, first, first + _LONGEST_CLOSURE)
            self._settles[region] = sorted([*full, *half])[_SETTLEMENT_DAYS[region] - 1]
        return self._settles[region]

    @cached_property
    def _sessions(self) -> dict[Market, Sequence[SessionSpan]]:
        return dict(self._market.sessions_today())

    def _hours_of(self, region: Market) -> tuple[bool, date]:
        if region not in self._hours:
            self._hours[region] = self._look_up_hours(region)
        return self._hours[region]

    def _look_up_hours(self, region: Market) -> tuple[bool, date]:
        today, minute = day_of(region, self.now), minute_of_day(region, self.now)
        spans = [span for span in self._sessions[region] if span.session is Session.REGULAR]
        if self._market.trading_date(region) == today and minute < max(span.end for span in spans):
            return any(span.start <= minute < span.end for span in spans), today
        tomorrow = today + timedelta(days=1)
        full, half = self._market.trading_days(region, tomorrow, tomorrow + _LONGEST_CLOSURE)
        return False, min([*full, *half], default=tomorrow)
