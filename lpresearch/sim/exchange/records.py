"""What to keep of an account so that it outlives its process: records of what changed, and the way back from them.

A record is a key and a JSON-able value, None for what is gone; the last value of a key is the one that counts, so a
table of two columns keeps them. Writes no files itself.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import TypeVar, Union, cast

from lpresearch.base.errors import ConfigError
from lpresearch.base.model import Side
from lpresearch.sim.exchange.account import Account, Flow, Hold, Pending, Position
from lpresearch.sim.exchange.exchange import Exchange
from lpresearch.sim.exchange.market_view import ListingView, MarketView
from lpresearch.sim.exchange.orders import Fill, Order

Record = tuple[str, object]
T = TypeVar("T")
_CASH, _POSITION, _HOLD, _FLOW, _ORDER = "cash", "position/", "hold/", "flow/", "order/"


@dataclass(frozen=True)
class KeptCash:
    """The money of an account."""

    cash: dict[str, Decimal]
    fees: dict[str, Decimal]
    pending: list[Pending]


@dataclass(frozen=True)
class KeptHold:
    """What an open order holds, with the security by its symbol."""

    symbol: str
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal


class Journal:
    """Tells what changed in an account since it was last asked: money, positions, orders, all of it together.

    Examples
    --------
    >>> from lpresearch.sim.market.clock import Clock
    >>> from lpresearch.sim.market.market import Market
    >>> clock = Clock()
    >>> market = Market(7, clock)
    >>> account = Account(market)
    >>> journal = Journal(Exchange(market, clock, account), account)
    >>> [key for key, _ in journal.changes()], journal.changes()
    (['cash', 'position/700.HK', 'position/AAPL.US'], [])
    """

    def __init__(self, exchange: Exchange, account: Account) -> None:
        self._exchange = exchange
        self._account = account
        self._told: dict[str, object] = {}  # cash, positions and holds, as they were when last asked
        self._flows = 0  # of them, those that were told
        self._changed: dict[str, Order] = {}
        self._waiting: dict[str, object] = {}  # what moves silently in the orders that wait for a trigger
        exchange.on_change(self._order_changed)

    def changes(self) -> list[Record]:
        """The records of what is new, other or gone since the last call; all there is at the first."""
        values = self._values()
        changed = {key: _to_kept(value) for key, value in values.items() if self._told.get(key) != value}
        gone = dict.fromkeys(key for key in self._told if key not in values)
        flows, first = self._account.flows[self._flows :], self._flows
        self._told, self._flows = values, len(self._account.flows)
        return [
            *(changed | gone).items(),
            *((f"{_FLOW}{number:09d}", to_json(flow)) for number, flow in enumerate(flows, first)),
            *((_ORDER + order.order_id, to_json(order)) for order in self._changed_orders()),
        ]

    def restore(self, records: Iterable[Record], market: MarketView) -> None:
        """Bring a fresh exchange and its account to where kept records left them; nothing where there are none.

        Raises
        ------
        ConfigError : something held or ordered is not listed on this market.
        """
        kept = {key: value for key, value in records if value is not None}
        if _CASH not in kept:
            return
        account, money = self._account, _from(KeptCash, kept[_CASH])
        positions = {name: _from(Position, raw) for name, raw in _under(_POSITION, kept)}
        orders = [_from(Order, raw) for _, raw in _under(_ORDER, kept)]
        held = {name: _from(KeptHold, raw) for name, raw in _under(_HOLD, kept)}
        listings = _listings({*positions, *(order.symbol for order in orders if order.is_open)}, market)
        account.cash, account.fees, account.pending = money.cash, money.fees, money.pending
        account.positions = positions
        account.flows = [_from(Flow, raw) for _, raw in _under(_FLOW, kept)]
        account.holds = {
            name: Hold(listings[hold.symbol], hold.side, hold.quantity, hold.price, hold.fee)
            for name, hold in held.items()
        }
        self._exchange.restore(orders, listings)
        self._told, self._flows = self._values(), len(account.flows)
        self._waiting = {order.order_id: _silent(order) for order in orders if order.waits_for_trigger}

    def _order_changed(self, order: Order, fill: Fill | None) -> None:
        self._changed[order.order_id] = order
        if order.waits_for_trigger:
            self._waiting[order.order_id] = _silent(order)
        else:
            self._waiting.pop(order.order_id, None)

    def _changed_orders(self) -> list[Order]:
        """Orders that told of a change, and those that follow the price towards their trigger without a word."""
        for order_id, before in self._waiting.items():
            order = self._exchange.orders[order_id]
            if (now := _silent(order)) != before:
                self._waiting[order_id] = now
                self._changed[order_id] = order
        changed, self._changed = self._changed, {}
        return list(changed.values())

    def _values(self) -> dict[str, object]:
        account = self._account
        money = KeptCash(dict(account.cash), dict(account.fees), list(account.pending))
        positions = {_POSITION + symbol: replace(position) for symbol, position in account.positions.items()}
        return {_CASH: money, **positions, **{_HOLD + order_id: hold for order_id, hold in account.holds.items()}}


def _listings(symbols: Iterable[str], market: MarketView) -> dict[str, ListingView]:
    found = {symbol: market.listing(symbol) for symbol in symbols}
    missing = sorted(symbol for symbol, listing in found.items() if listing is None)
    if missing:
        raise ConfigError(
            f"the state holds {', '.join(missing)}, which this market does not list.",
            hint="Give the folder of bars and the universe that it was made with.",
        )
    return {symbol: listing for symbol, listing in found.items() if listing is not None}


def to_json(value: object) -> object:
    """A value of dataclasses, decimals, dates and words as JSON has them."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (Decimal, str)):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def from_json(kind: object, raw: object) -> object:
    """The value of a type that :func:`to_json` wrote."""
    if raw is None:
        return None
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return from_json(next(one for one in inner if one is not type(None)), raw)
    if origin is list:
        return [from_json(inner[0], item) for item in cast("list[object]", raw)]
    if origin is dict:
        return {key: from_json(inner[1], item) for key, item in cast("dict[str, object]", raw).items()}
    if kind is date:
        return date.fromisoformat(cast("str", raw))
    if isinstance(kind, type) and issubclass(kind, (Decimal, StrEnum)):
        return kind(cast("str", raw))
    if isinstance(kind, type) and is_dataclass(kind):
        values = cast("Mapping[str, object]", raw)
        return kind(**{name: from_json(hint, values[name]) for name, hint in _hints(kind).items() if name in values})
    return raw


def _from(kind: type[T], raw: object) -> T:
    return cast("T", from_json(kind, raw))


def _to_kept(value: object) -> object:
    if isinstance(value, Hold):
        value = KeptHold(value.listing.symbol, value.side, value.quantity, value.price, value.fee)
    return to_json(value)


def _silent(order: Order) -> object:
    """What changes in an order that waits for its trigger without anybody being told."""
    return order.trail_from, order.trigger_rising, tuple(order.touched_at)


def _under(prefix: str, kept: Mapping[str, object]) -> list[Record]:
    """The records whose keys begin so, in their order, named by the rest of the key."""
    return [(key.removeprefix(prefix), value) for key, value in kept.items() if key.startswith(prefix)]


@cache
def _hints(kind: type) -> dict[str, object]:
    names = {field.name for field in fields(kind)}
    return {name: hint for name, hint in typing.get_type_hints(kind).items() if name in names}
