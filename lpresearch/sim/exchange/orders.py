"""An order of the simulated broker: what was asked, what became of it. Values and states, no rules and no matching."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from lpresearch.base.markets import Market, OrderType
from lpresearch.base.model import FINAL_STATUSES, OutsideRth, Side, TimeInForce

LIMIT_TYPES = frozenset({OrderType.LO, OrderType.ELO, OrderType.ALO, OrderType.ODD, OrderType.SLO, OrderType.LIT})
TOUCH_TYPES = frozenset({OrderType.LIT, OrderType.MIT})
TRAIL_AMOUNT_TYPES = frozenset({OrderType.TSLPAMT, OrderType.TSMAMT})
TRAIL_PERCENT_TYPES = frozenset({OrderType.TSLPPCT, OrderType.TSMPCT})
TRAIL_TYPES = TRAIL_AMOUNT_TYPES | TRAIL_PERCENT_TYPES
TRAIL_LIMIT_TYPES = frozenset({OrderType.TSLPAMT, OrderType.TSLPPCT})
CONDITIONAL_TYPES = TOUCH_TYPES | TRAIL_TYPES

_MEAN_STEP = Decimal("0.0001")


@dataclass(frozen=True)
class Terms:
    """What a replace may change of an order."""

    quantity: Decimal
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    limit_offset: Decimal | None = None
    trailing_amount: Decimal | None = None
    trailing_percent: Decimal | None = None
    limit_depth_level: int = 0
    trigger_count: int = 0
    monitor_price: Decimal | None = None
    delayed_until: int = 0  # epoch seconds; 0 at once
    remark: str = ""


@dataclass(frozen=True)
class OrderRequest:
    """An order as the client asked for it."""

    symbol: str
    side: Side
    order_type: OrderType
    terms: Terms
    time_in_force: TimeInForce = TimeInForce.DAY
    expire_date: date | None = None
    outside_rth: OutsideRth | None = None


@dataclass(frozen=True)
class Fill:
    """One trade of an order."""

    trade_id: str
    quantity: Decimal
    price: Decimal
    time: float
    day: date  # the market's trading day


@dataclass(frozen=True)
class Change:
    """One step in the life of an order, as the order detail lists it."""

    status: str
    price: Decimal | None
    quantity: Decimal
    message: str
    time: float


@dataclass
class Order:
    """An order at the broker. Only the exchange changes it."""

    order_id: str
    request: OrderRequest
    terms: Terms
    name: str
    market: Market
    currency: str
    submitted_at: float
    day: date  # the trading day that a day order stands for
    priority: int  # earlier is served first at one price; a replace goes to the back
    status: str = "NotReported"
    message: str = ""
    updated_at: float = 0.0
    trigger_status: str = "NOT_USED"
    trigger_at: float = 0.0
    trigger_rising: bool = True  # whether the last price must rise to the trigger
    touched_at: list[float] = field(default_factory=list)  # when, within the last minute
    trail_from: Decimal | None = None  # the best last price that a trailing stop has seen
    limit: Decimal | None = None  # the worst price it fills at now; None at any
    charged: dict[str, Decimal] = field(default_factory=dict)  # fee code -> amount so far
    main_id: str = ""  # the order that this one is attached to
    attached_kind: str = ""  # PROFIT_TAKER or STOP_LOSS
    key: str = ""  # the client's own id of the request
    fills: list[Fill] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)

    @property
    def fee(self) -> Decimal:
        """All fees so far."""
        return sum(self.charged.values(), Decimal(0))

    @property
    def symbol(self) -> str:
        """The security."""
        return self.request.symbol

    @property
    def side(self) -> Side:
        """Buy or sell."""
        return self.request.side

    @property
    def order_type(self) -> OrderType:
        """The type it was submitted with."""
        return self.request.order_type

    @property
    def executed_quantity(self) -> Decimal:
        """The shares filled so far."""
        return sum((fill.quantity for fill in self.fills), Decimal(0))

    @property
    def executed_price(self) -> Decimal:
        """The mean price of the fills, to a hundredth of a cent; zero without any."""
        value = sum((fill.quantity * fill.price for fill in self.fills), Decimal(0))
        quantity = self.executed_quantity
        return (value / quantity).quantize(_MEAN_STEP, ROUND_HALF_UP) if quantity else Decimal(0)

    @property
    def remaining(self) -> Decimal:
        """The shares still wanted."""
        return self.terms.quantity - self.executed_quantity

    @property
    def is_open(self) -> bool:
        """Whether anything can still happen to it."""
        return self.status not in FINAL_STATUSES

    @property
    def is_asleep(self) -> bool:
        """Whether it is attached to an order that is not over."""
        return bool(self.main_id) and self.trigger_status == "DEACTIVE"

    @property
    def is_carried(self) -> bool:
        """Whether the account holds what it needs; for an attached order only once it was touched."""
        return self.is_open and (not self.main_id or self.trigger_status == "RELEASED")

    @property
    def is_delayed(self) -> bool:
        """Whether it waits for its time."""
        return self.status == "DelayedNotReported"

    @property
    def waits_for_trigger(self) -> bool:
        """Whether it is a conditional order that was not touched yet."""
        return self.trigger_status == "ACTIVE"

    def change(self, status: str, time: float, *, message: str = "", fill: Fill | None = None) -> None:
        """Enter a state and note it in the order's history; a fill is noted with its own price and quantity."""
        self.status, self.message, self.updated_at = status, message, time
        price, quantity = (fill.price, fill.quantity) if fill else (self.terms.price, self.terms.quantity)
        self.changes.append(Change(status, price, quantity, message, time))


def price_then_time(order: Order) -> tuple[bool, Decimal, int]:
    """The key that sorts orders as they are served: market orders, then the better price, then the earlier order."""
    if order.limit is None:
        return (False, Decimal(0), order.priority)
    return (True, -order.limit if order.side is Side.BUY else order.limit, order.priority)
