"""What the market shows at a moment: quotes, levels of the book and who waits there, trades, money. Values only."""

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


@dataclass(frozen=True, slots=True)
class Trade:
    """One trade. ``trade_type`` and ``direction`` as on the wire; ``session`` is the wire's number."""

    price: Decimal
    volume: int
    timestamp: int
    trade_type: str
    direction: int
    session: int


@dataclass(frozen=True, slots=True)
class Line:
    """A minute of the day's line. Volume and turnover are the minute's, the average price is the day's up to it."""

    price: Decimal
    timestamp: int
    volume: int
    turnover: Decimal
    average_price: Decimal


@dataclass(frozen=True, slots=True)
class CapitalFlow:
    """What came in less what went out, from the day's start to the end of a minute."""

    inflow: Decimal
    timestamp: int


@dataclass(frozen=True, slots=True)
class Capital:
    """Money by the size of the trades that moved it."""

    large: Decimal
    medium: Decimal
    small: Decimal


@dataclass(frozen=True, slots=True)
class Queue:
    """The brokers that wait at one price level of the book; position 1 is the best."""

    position: int
    broker_ids: tuple[int, ...]
