"""What orders and accounts need to see of a market and a clock, as protocols. Holds no prices itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Protocol

from lpresearch.base.markets import Market
from lpresearch.base.model import SessionSpan


class ClockView(Protocol):
    """The time of the simulation."""

    def now(self) -> float:
        """Epoch seconds UTC."""
        ...


class ListingView(Protocol):
    """The facts of one security that matter to an order."""

    @property
    def symbol(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def lot_size(self) -> int: ...
    @property
    def reference_price(self) -> Decimal: ...
    @property
    def annual_volatility(self) -> float: ...
    @property
    def trade_status(self) -> int: ...


class LevelView(Protocol):
    """One price level of the shown depth."""

    @property
    def price(self) -> Decimal: ...
    @property
    def volume(self) -> int: ...


class SubQuoteView(Protocol):
    """The quote of one session outside regular hours."""

    @property
    def last_done(self) -> Decimal: ...


class QuoteView(Protocol):
    """The parts of a quote outside regular hours."""

    @property
    def pre(self) -> SubQuoteView | None: ...
    @property
    def post(self) -> SubQuoteView | None: ...
    @property
    def overnight(self) -> SubQuoteView | None: ...


class MarketView(Protocol):
    """The simulated market as orders see it: who is listed, at which prices, on which day."""

    def listing(self, symbol: str, /) -> ListingView | None: ...

    def last_price(self, symbol: str, /) -> Decimal: ...

    def depth(self, symbol: str, /) -> tuple[Sequence[LevelView], Sequence[LevelView]]:
        """Asks and bids, best first."""
        ...

    def quote(self, symbol: str, /) -> QuoteView:
        """The quote, with those of the sessions outside regular hours."""
        ...

    def tick(self, symbol: str, price: Decimal, /) -> Decimal:
        """The price step at a price."""
        ...

    def trading_date(self, market: Market, /) -> date:
        """The market's current or latest trading day."""
        ...

    def trading_days(self, market: Market, start: date, end: date, /) -> tuple[Sequence[date], Sequence[date]]:
        """Full days and half days between two dates, both included."""
        ...

    def sessions_today(self) -> Mapping[Market, Sequence[SessionSpan]]:
        """Today's sessions of each market, in minutes of the local day."""
        ...
