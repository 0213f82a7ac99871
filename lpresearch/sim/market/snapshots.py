"""What the market shows at a moment: quote, quotes outside regular hours, levels of the book. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class SubQuote:
    """US trading before, after or between regular sessions."""

    last_done: Decimal
    timestamp: int
    volume: int
    turnover: Decimal
    high: Decimal
    low: Decimal
    prev_close: Decimal


@dataclass(frozen=True, slots=True)
class QuoteSnapshot:
    """The quote of a security. ``timestamp`` is the epoch second of its last trade, ``session`` the wire's number."""

    last_done: Decimal
    prev_close: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    timestamp: int
    volume: int
    turnover: Decimal | None  # None where the user's own bars say none
    trade_status: int = 0
    session: int = 0
    pre: SubQuote | None = None
    post: SubQuote | None = None
    overnight: SubQuote | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One price level of the book; position 1 is the best."""

    position: int
    price: Decimal
    volume: int
    orders: int
