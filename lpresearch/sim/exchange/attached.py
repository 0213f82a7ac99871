"""Orders attached to another: a profit taker, a stop loss, or both as a bracket. Reads them; the exchange runs them.

They sleep until their main order is over, then stand for what it filled, as orders of the other side that wait for
their trigger. They hold nothing before they are touched. One that fills cancels the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from lpresearch.base.markets import OrderType
from lpresearch.base.model import Side, TimeInForce
from lpresearch.sim.exchange.order_rules import bad, decimal, needed, text, word
from lpresearch.sim.exchange.orders import OrderRequest, Terms

PROFIT_TAKER, STOP_LOSS = "PROFIT_TAKER", "STOP_LOSS"
_LEGS = {PROFIT_TAKER: (PROFIT_TAKER,), STOP_LOSS: (STOP_LOSS,), "BRACKET": (PROFIT_TAKER, STOP_LOSS)}


@dataclass(frozen=True)
class Leg:
    """One attached order as asked for."""

    kind: str  # PROFIT_TAKER or STOP_LOSS
    trigger_price: Decimal
    submit_price: Decimal | None  # of a LIT; None makes a MIT
    time_in_force: TimeInForce

    def request(self, main: OrderRequest, terms: Terms) -> OrderRequest:
        """The order that takes the main one back."""
        return OrderRequest(
            symbol=main.symbol,
            side=Side.SELL if main.side is Side.BUY else Side.BUY,
            order_type=OrderType.MIT if self.submit_price is None else OrderType.LIT,
            terms=Terms(terms.quantity, price=self.submit_price, trigger_price=self.trigger_price),
            time_in_force=self.time_in_force,
            outside_rth=main.outside_rth,
        )


@dataclass(frozen=True)
class Attachment:
    """What a submit or a replace says of attached orders."""

    legs: tuple[Leg, ...] = ()
    cancel_all: bool = False


NOTHING_ATTACHED = Attachment()


def read_attachment(body: Mapping[str, object]) -> Attachment:
    """The attached orders in the body of a submit or a replace; none where it names none."""
    params = body.get("attached_params")
    if params is None:
        return NOTHING_ATTACHED
    if not isinstance(params, Mapping):
        raise bad("attached_params is not an object")
    if params.get("cancel_all_attached") is True:
        return Attachment(cancel_all=True)
    kinds = _LEGS.get(needed(params, "attached_order_type"))
    if kinds is None:
        raise bad("attached_order_type not support")
    return Attachment(tuple(_leg(kind, params) for kind in kinds))


def _leg(kind: str, params: Mapping[str, object]) -> Leg:
    name = kind.lower()
    trigger = decimal(params, f"{name}_price")
    if trigger is None or trigger <= 0:
        raise bad(f"{name}_price is required")
    life = text(params, "time_in_force")
    activated = word(OrderType, text(params, "activate_order_type") or OrderType.MIT, "activate_order_type")
    submit_price = decimal(params, f"{name}_submit_price")
    if activated not in (OrderType.MIT, OrderType.LIT):
        raise bad("activate_order_type must be MIT or LIT")
    if activated is OrderType.LIT and submit_price is None:
        raise bad(f"{name}_submit_price is required for activate_order_type LIT")
    in_force = word(TimeInForce, life, "time in force") if life else TimeInForce.GTC
    return Leg(kind, trigger, submit_price if activated is OrderType.LIT else None, in_force)
