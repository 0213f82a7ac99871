"""The checks a broker makes before an order stands: words into values, then values against the market's rules.

Every broken rule is a :class:`Refusal`. Never looks at money or positions: that is the account's part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from lpresearch.base.errors import SymbolError
from lpresearch.base.markets import MARKETS, Market, OrderType
from lpresearch.base.model import OutsideRth, Side, TimeInForce
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange.market_view import ListingView, MarketView
from lpresearch.sim.exchange.orders import (
    LIMIT_TYPES,
    TOUCH_TYPES,
    TRAIL_AMOUNT_TYPES,
    TRAIL_LIMIT_TYPES,
    TRAIL_PERCENT_TYPES,
    TRAIL_TYPES,
    OrderRequest,
    Terms,
)
from lpresearch.sim.server.refusal import Refusal

BAD_PARAMETER = 602001  # longport.md 2.4: trade parameter check failed
NOT_TRADABLE = 602010  # the broker publishes no list of trade codes; this one is ours
REMARK_LENGTH = 255
MAX_QUANTITY = Decimal(10) ** 9
MAX_NUMBER = Decimal(10) ** 12
MAX_DECIMALS = 9
MAX_DEPTH_LEVEL = 5
MAX_TRIGGER_COUNT = 3
SDK_ONLY_TYPES = frozenset({OrderType.TSMAMT, OrderType.TSMPCT})  # in no table of the broker, but in both SDKs
CLEAR_DELAY = 1  # the SDK sends this to lift the delay
MAX_DELAY_S = 90 * 86400

Words = Mapping[str, object]
Word = TypeVar("Word", bound=StrEnum)


def bad(message: str) -> Refusal:
    """The refusal of a parameter."""
    return Refusal(400, BAD_PARAMETER, message)


def read_request(body: Words) -> OrderRequest:
    """The order in the body of a submit; null and empty fields count as absent."""
    life = word(TimeInForce, needed(body, "time_in_force"), "time in force")
    expire = text(body, "expire_date")
    outside = text(body, "outside_rth")
    return OrderRequest(
        symbol=needed(body, "symbol"),
        side=word(Side, needed(body, "side"), "side"),
        order_type=word(OrderType, needed(body, "order_type"), "order type"),
        terms=_read_terms(body, needed_decimal(body, "submitted_quantity"), price="submitted_price"),
        time_in_force=life,
        expire_date=_date(expire) if expire and life is TimeInForce.GTD else None,
        outside_rth=word(OutsideRth, outside, "outside rth") if outside else None,
    )


def read_terms(body: Words, before: Terms) -> Terms:
    """The terms after the body of a replace; what it does not name stays."""
    asked = _read_terms(body, needed_decimal(body, "quantity"), price="price")
    given = {name: value for name, value in vars(asked).items() if value not in (None, "", 0)}
    return replace(before, **given)


def check(request: OrderRequest, market: MarketView) -> ListingView:
    """The listing of an order that the market would take.

    Raises
    ------
    Refusal : the first rule that it breaks.
    """
    listing = tradable(request.symbol, market)
    region = Symbol(listing.symbol).market
    if request.order_type not in MARKETS[region].order_types | SDK_ONLY_TYPES:
        raise bad(f"order type {request.order_type} not support in {region}")
    _check_life(request, market.trading_date(region))
    check_terms(request.order_type, request.terms, listing, market)
    return listing


def check_terms(order_type: OrderType, terms: Terms, listing: ListingView, market: MarketView) -> None:
    """Refuse terms that do not make an order of this type."""
    _check_quantity(order_type, terms.quantity, listing)
    required = {
        "submitted_price": (order_type in LIMIT_TYPES, terms.price),
        "trigger_price": (order_type in TOUCH_TYPES, terms.trigger_price),
        "trailing_amount": (order_type in TRAIL_AMOUNT_TYPES, terms.trailing_amount),
        "trailing_percent": (order_type in TRAIL_PERCENT_TYPES, terms.trailing_percent),
    }
    for name, (is_required, value) in required.items():
        if is_required and value is None:
            raise bad(f"{name} is required for order type {order_type}")
        if is_required and value is not None and value <= 0:
            raise bad(f"{name} must be greater than 0")
    for name in ("submitted_price", "trigger_price"):
        is_required, price = required[name]
        if is_required and price is not None:
            _check_tick(name, price, market.tick(listing.symbol, price))
    if order_type in TRAIL_TYPES:
        _check_trail(order_type, terms)
    if not 0 <= terms.trigger_count <= MAX_TRIGGER_COUNT:
        raise bad(f"trigger_count must be 0 to {MAX_TRIGGER_COUNT}")
    if len(terms.remark) > REMARK_LENGTH:
        raise bad(f"remark is longer than {REMARK_LENGTH} characters")


def check_delay(order_type: OrderType, terms: Terms, now: float) -> None:
    """Refuse a time to wait for that the broker would not keep."""
    if terms.delayed_until in (0, CLEAR_DELAY):
        return
    if order_type not in (OrderType.LO, OrderType.MO):
        raise bad(f"delayed_until not support for order type {order_type}")
    if not now < terms.delayed_until <= now + MAX_DELAY_S:
        raise bad("delayed_until must be later than now and at most 90 days ahead")


def tradable(symbol: str, market: MarketView) -> ListingView:
    """The listing of a security that the platform trades."""
    try:
        listing = market.listing(Symbol(symbol))
    except SymbolError as exc:
        raise Refusal(400, NOT_TRADABLE, f"symbol {symbol} not found") from exc
    if listing is None:
        raise Refusal(400, NOT_TRADABLE, f"symbol {symbol} not found")
    rules = MARKETS[Symbol(listing.symbol).market]
    if not rules.tradable or listing.kind == "index" or listing.currency != rules.currency:
        raise Refusal(400, NOT_TRADABLE, f"{listing.symbol} is not tradable")
    if listing.trade_status:
        raise Refusal(400, NOT_TRADABLE, f"{listing.symbol} is suspended")
    return listing


def _check_life(request: OrderRequest, today: date) -> None:
    gtd = request.time_in_force is TimeInForce.GTD
    if gtd and request.expire_date is None:
        raise bad("expire_date is required for time in force GTD")
    if gtd and request.expire_date is not None and request.expire_date < today:
        raise bad(f"expire_date {request.expire_date} is in the past")


def _check_quantity(order_type: OrderType, quantity: Decimal, listing: ListingView) -> None:
    if quantity <= 0:
        raise bad("quantity must be greater than 0")
    if quantity != quantity.to_integral_value():
        raise bad("quantity must be a whole number")
    if quantity > MAX_QUANTITY:
        raise bad(f"quantity must not exceed {MAX_QUANTITY}")
    if order_type is OrderType.ODD:
        if quantity >= listing.lot_size:
            raise bad(f"an odd lot is smaller than the lot size {listing.lot_size}")
    elif quantity % listing.lot_size:
        raise bad(f"quantity must be a multiple of the lot size {listing.lot_size}")


def _check_tick(name: str, price: Decimal, tick: Decimal) -> None:
    if price % tick:
        raise bad(f"{name} {price} is not a multiple of the price step {tick}")


def _check_trail(order_type: OrderType, terms: Terms) -> None:
    if abs(terms.limit_depth_level) > MAX_DEPTH_LEVEL:
        raise bad(f"limit_depth_level must be -{MAX_DEPTH_LEVEL} to {MAX_DEPTH_LEVEL}")
    if order_type in TRAIL_LIMIT_TYPES and terms.limit_depth_level == 0 and terms.limit_offset is None:
        raise bad(f"limit_offset is required for order type {order_type}")
    if terms.limit_offset is not None and terms.limit_offset < 0:
        raise bad("limit_offset must not be negative")
    if terms.trailing_percent is not None and terms.trailing_percent >= 100:
        raise bad("trailing_percent must be less than 100")


def _read_terms(body: Words, quantity: Decimal, *, price: str) -> Terms:
    return Terms(
        quantity=quantity,
        price=decimal(body, price),
        trigger_price=decimal(body, "trigger_price"),
        limit_offset=decimal(body, "limit_offset"),
        trailing_amount=decimal(body, "trailing_amount"),
        trailing_percent=decimal(body, "trailing_percent"),
        limit_depth_level=_whole(body, "limit_depth_level"),
        trigger_count=_whole(body, "trigger_count"),
        monitor_price=decimal(body, "monitor_price"),
        delayed_until=_whole(body, "delayed_until"),
        remark=text(body, "remark"),
    )


def text(body: Words, name: str) -> str:
    """A field as text; "" for an absent or null one."""
    value = body.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise bad(f"{name} is not a text")
    return str(value).strip()


def needed(body: Words, name: str) -> str:
    """A field that must not be absent."""
    value = text(body, name)
    if not value:
        raise bad(f"{name} is required")
    return value


def decimal(body: Words, name: str) -> Decimal | None:
    """A field as an exact number, None for an absent one."""
    value = text(body, name)
    if not value:
        return None
    try:
        number = Decimal(value)
    except InvalidOperation as exc:
        raise bad(f"{name} {value!r} is not a number") from exc
    if not number.is_finite():
        raise bad(f"{name} {value!r} is not a number")
    if abs(number) > MAX_NUMBER or number != round(number, MAX_DECIMALS):
        raise bad(f"{name} {value!r} is out of range")
    return number


def needed_decimal(body: Words, name: str) -> Decimal:
    """A number that must not be absent."""
    value = decimal(body, name)
    if value is None:
        raise bad(f"{name} is required")
    return value


def word(kind: type[Word], value: str, name: str) -> Word:
    """One of the words of an enumeration."""
    try:
        return kind(value)
    except ValueError as exc:
        raise bad(f"{name} not support") from exc


def market_of(value: str) -> Market:
    """The market named by a filter."""
    return word(Market, value, "market")


def _whole(body: Words, name: str) -> int:
    value = decimal(body, name)
    if value is not None and value != value.to_integral_value():
        raise bad(f"{name} {value} is not a whole number")
    return int(value or 0)


def _date(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError as exc:
        raise bad(f"expire_date {value!r} is not a date YYYY-MM-DD") from exc
