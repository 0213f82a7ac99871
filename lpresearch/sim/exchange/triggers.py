"""When conditional orders wake up, and at which price they then stand. Pure functions over an order and the look."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from lpresearch.base.markets import OrderType
from lpresearch.base.model import Side
from lpresearch.sim.exchange.glimpse import Glimpse
from lpresearch.sim.exchange.orders import TRAIL_LIMIT_TYPES, TRAIL_TYPES, Order

TOUCH_SPAN_S = 60.0  # longport.md 7.2: trigger_count counts within one minute
_HUNDRED = Decimal(100)


def arm(order: Order, last: Decimal) -> None:
    """Make an order wait for its trigger, seen from the last price."""
    order.trigger_status = "ACTIVE"
    order.touched_at.clear()
    if order.order_type in TRAIL_TYPES:
        monitor = order.terms.monitor_price
        order.trigger_rising = order.side is Side.BUY if monitor is None else monitor > last
        if monitor is None and order.trail_from is None:
            order.trail_from = last
    else:
        order.trigger_rising = order.terms.trigger_price is not None and order.terms.trigger_price > last


def is_touched(order: Order, last: Decimal, now: float) -> bool:
    """Whether the last price has reached the trigger, as often within one minute as the order asks for.

    A trailing order first follows the price; one with a monitor price starts to do so when the price gets there.
    """
    if order.order_type in TRAIL_TYPES and not _follows(order, last):
        return False
    trigger = trigger_price(order)
    if trigger is None or not _reached(last, trigger, rising=order.trigger_rising):
        return False
    order.touched_at = [*(time for time in order.touched_at if time > now - TOUCH_SPAN_S), now]
    return len(order.touched_at) >= order.terms.trigger_count


def _follows(order: Order, last: Decimal) -> bool:
    """Let a trailing order follow the last price; False while that has not come to the monitor price."""
    monitor = order.terms.monitor_price
    if order.trail_from is not None:
        better = min if order.side is Side.BUY else max
        order.trail_from = better(order.trail_from, last)
    elif monitor is not None and _reached(last, monitor, rising=order.trigger_rising):
        order.trail_from, order.trigger_rising = last, order.side is Side.BUY
    return order.trail_from is not None


def _reached(last: Decimal, price: Decimal, *, rising: bool) -> bool:
    return last >= price if rising else last <= price


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
