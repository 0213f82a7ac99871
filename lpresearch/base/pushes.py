"""What is pushed of a security, as values: quotes, levels, queues and trades. No wire types, no frames."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What can be watched of a security; the position in the class, from 1, is LongPort's sub type."""

    QUOTE = "quote"
    DEPTH = "depth"
    BROKERS = "brokers"
    TRADE = "trade"


class QuotePush(NamedTuple):
    """One quote push. Only changed fields are filled: NaN and 0 mean "as before" (longport.md 5, command 101)."""

    symbol: str
    sequence: int
    last_done: float
    open: float
    high: float
    low: float
    timestamp: int  # epoch seconds UTC
    volume: int
    turnover: float
    trade_status: int
    session: int
    revised: bool  # data revised after the close


class Level(NamedTuple):
    """One price of a book."""

    position: int
    price: float
    volume: int
    orders: int


class DepthPush(NamedTuple):
    """Levels of a book that changed; a position that is not named stands as before."""

    symbol: str
    sequence: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Queue(NamedTuple):
    """Who stands at one price of a book, first come first."""

    position: int
    broker_ids: tuple[int, ...]


class BrokersPush(NamedTuple):
    """Queues that changed; a position that is not named stands as before."""

    symbol: str
    sequence: int
    bids: tuple[Queue, ...]
    asks: tuple[Queue, ...]


class Trade(NamedTuple):
    """One trade of the tape."""

    timestamp: int  # epoch seconds UTC
    price: float
    volume: int
    trade_type: str
    direction: int
    session: int


class TradesPush(NamedTuple):
    """Trades in the order of time. ``sequence`` is 0 where they were missed and asked for afterwards."""

    symbol: str
    sequence: int
    trades: tuple[Trade, ...]


Push = QuotePush | DepthPush | BrokersPush | TradesPush
