"""The neutral values that floors hand to each other: enumerations and frozen records. No wire types, no frames."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from lpresearch.base.errors import InputError
from lpresearch.base.levels import QuoteLevel
from lpresearch.base.markets import Market, OrderType
from lpresearch.base.symbols import Symbol


class Period(StrEnum):
    """How much time one bar covers."""

    MIN_1 = "1m"
    MIN_2 = "2m"
    MIN_3 = "3m"
    MIN_5 = "5m"
    MIN_10 = "10m"
    MIN_15 = "15m"
    MIN_20 = "20m"
    MIN_30 = "30m"
    MIN_45 = "45m"
    MIN_60 = "60m"
    MIN_120 = "120m"
    MIN_180 = "180m"
    MIN_240 = "240m"
    DAY = "1d"
    WEEK = "1w"
    MONTH = "1M"
    QUARTER = "1Q"
    YEAR = "1Y"

    @property
    def minutes(self) -> int | None:
        """Minutes in a bar; None for a day and longer."""
        return int(self[:-1]) if self.endswith("m") else None

    @classmethod
    def parse(cls, text: str) -> Period:
        """The period a user wrote; ``1h`` to ``4h`` mean 60 to 240 minutes. Case tells minutes (m) from months (M)."""
        known = {"1h": "60m", "2h": "120m", "3h": "180m", "4h": "240m", "1D": "1d", "1W": "1w", "1q": "1Q", "1y": "1Y"}
        try:
            return cls(known.get(text, text))
        except (ValueError, TypeError):  # also of what cannot be looked up
            raise InputError(
                "period", text, f"a period is one of {' '.join(cls)}", hint="1M is a month, 1m a minute."
            ) from None


class Adjust(StrEnum):
    """Whether prices are restated for splits and dividends."""

    NONE = "none"
    FORWARD = "forward"


class Sessions(StrEnum):
    """Which parts of the day bars are made from."""

    REGULAR = "regular"
    ALL = "all"


class Session(StrEnum):
    """A part of the trading day; the position in the class is the wire's number."""

    REGULAR = "regular"
    PRE = "pre"
    POST = "post"
    OVERNIGHT = "overnight"


class Side(StrEnum):
    """Which way an order goes, by the wire's names."""

    BUY = "Buy"
    SELL = "Sell"


class TimeInForce(StrEnum):
    """How long an order stands, by the wire's names."""

    DAY = "Day"
    GTC = "GTC"
    GTD = "GTD"


class OutsideRth(StrEnum):
    """Whether a US order may fill outside regular hours, by the wire's names."""

    RTH_ONLY = "RTH_ONLY"
    ANY_TIME = "ANY_TIME"
    OVERNIGHT = "OVERNIGHT"
    OPTION_PRE_MARKET = "OPTION_PRE_MARKET"


#: Order states from which nothing more can happen (longport.md 7.1).
FINAL_STATUSES = frozenset({"FilledStatus", "RejectedStatus", "CanceledStatus", "ExpiredStatus", "PartialWithdrawal"})


@dataclass(frozen=True)
class SeriesKey:
    """The name of one series of bars. ``source`` is broker and host, or the simulator's mark."""

    source: str
    symbol: Symbol
    period: Period
    adjust: Adjust = Adjust.NONE
    sessions: Sessions = Sessions.REGULAR


@dataclass(frozen=True, order=True)
class Interval:
    """Half-open time span in epoch seconds UTC: ``start`` is in, ``end`` is not."""

    start: int
    end: int


@dataclass(frozen=True)
class DatePage:
    """A page of history by exchange-local dates, both included."""

    start: date
    end: date


@dataclass(frozen=True)
class AnchorPage:
    """A page of history counted from an anchor in exchange-local time; whether the anchor itself is in may vary."""

    anchor: date
    minute: str  # HHMM, "" for daily and longer
    forward: bool
    count: int


@dataclass(frozen=True)
class SessionSpan:
    """One trading session of a market in minutes since local midnight; ``end`` not included."""

    session: Session
    start: int
    end: int


@dataclass(frozen=True)
class CommandRate:
    """What the server allows for one of its commands."""

    calls_per_s: int
    burst: int


@dataclass(frozen=True)
class Profile:
    """What the server says of the account at connect. Zero limits mean: not said."""

    member_id: str
    quote_level: str = ""
    subscribe_limit: int = 0
    history_limit: int = 0
    rates: dict[int, CommandRate] = field(default_factory=dict)
    simulated: str = ""  # the simulator's mark; empty at a real broker
    levels: tuple[QuoteLevel, ...] = ()  # what the account may see, by market


@dataclass(frozen=True)
class Ticket:
    """An order as the user means it, before anything is sent. Prices and quantities are exact."""

    symbol: Symbol
    side: Side
    quantity: Decimal
    order_type: OrderType
    price: Decimal | None = None
    time_in_force: TimeInForce = TimeInForce.DAY
    expire_date: date | None = None
    trigger_price: Decimal | None = None
    trailing_amount: Decimal | None = None
    trailing_percent: Decimal | None = None
    limit_offset: Decimal | None = None
    outside_rth: OutsideRth | None = None
    remark: str = ""

    def __str__(self) -> str:
        at = f" @ {self.price}" if self.price is not None else ""
        return f"{self.side} {self.quantity} {self.symbol} {self.order_type}{at} {self.time_in_force}"


@dataclass(frozen=True)
class Instrument:
    """What the ticket checks and boards need to know of a security."""

    symbol: Symbol
    name: str
    market: Market
    currency: str
    lot_size: int
    board: str
    fund: bool  # trades by the fund tick table


@dataclass(frozen=True)
class OrderPush:
    """One change of an order, with the wire's names and texts (longport.md 8)."""

    order_id: str
    symbol: str
    side: str
    status: str
    submitted_quantity: str
    submitted_price: str
    executed_quantity: str
    executed_price: str
    updated_at: str
    fields: dict[str, str] = field(default_factory=dict)  # every key of the message
