"""When conditional orders wake up, and at which price they then stand. Pure functions over an order and the look."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from lpresearch.base.markets import OrderType
from lpresearch.base.model import Side
from lpresearch.sim.exchange.glimpse import Glimpse
from lpresearch.sim.exchange.orders import TRAIL_LIMIT_TYPES, TRAIL_TYPES, Order

_HUNDRED = Decimal(100)


def arm(order: Order, last: Decimal) -> None:
    """Make an order wait for its trigger, seen from the last price."""
    order.trigger_status = "ACTIVE"
    if order.order_type in TRAIL_TYPES:
        order.trigger_rising = order.side is Side.BUY
        order.trail_from = last if order.trail_from is None else order.trail_from
    else:
        order.trigger_rising = order.terms.trigger_price is not None and order.terms.trigger_price > last


def is_touched(order: Order, last: Decimal) -> bool:
    """Whether the last price reaches the trigger; a trailing order first follows the price."""
    if order.trail_from is not None:
        better = min if order.side is Side.BUY else max
        order.trail_from = better(order.trail_from, last)
    trigger = trigger_price(order)
    if trigger is None:
        return False
    return last >= trigger if order.trigger_rising else last <= trigger


def trigger_price(order: Order) -> Decimal | None:
    """The price that wakes an order now."""
    terms = order.terms
    if order.trail_from is None:
        return terms.trigger_price
    distance = terms.trailing_amount
    if distance is None:
        distance = order.trail_from * (terms.trailing_percent or Decimal(0)) / _HUNDRED
    return order.trail_from + distance if order.side is Side.BUY else order.trail_from - distance


def limit_after(order: Order, look: Glimpse) -> Decimal | None:
    """The worst price at which an order fills once it is awake; None at any."""
    if order.order_type is OrderType.LIT:
        return order.terms.price
    if order.order_type not in TRAIL_LIMIT_TYPES:
        return None
    base = _depth_price(order, look)
    if base is None:
        offset = order.terms.limit_offset or Decimal(0)
        last = look.last_price(order.symbol)
        base = last + offset if order.side is Side.BUY else last - offset
    tick = look.tick(order.symbol, base)
    rounding = ROUND_CEILING if order.side is Side.BUY else ROUND_FLOOR
    return max((base / tick).to_integral_value(rounding) * tick, tick)


def _depth_price(order: Order, look: Glimpse) -> Decimal | None:
    """The price of the depth level that the order names (negative a bid, positive an ask), None if it names none."""
    level = order.terms.limit_depth_level
    if level == 0:
        return None
    asks, bids = look.depth(order.symbol)
    side = asks if level > 0 else bids
    return side[min(abs(level), len(side)) - 1].price if side else None
