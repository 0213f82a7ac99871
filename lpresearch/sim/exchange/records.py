"""What to keep of an account so that it outlives its process: records written at each change and read back once.

A record is a key and a JSON-able value; the last value of a key is the one that counts, so a table of two columns keeps
them. Writes no files itself.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Union, cast

from lpresearch.sim.exchange.account import Account, Flow, Pending, Position
from lpresearch.sim.exchange.exchange import Exchange
from lpresearch.sim.exchange.orders import Fill, Order

Record = tuple[str, object]
Writer = Callable[[list[Record]], None]


class Journal:
    """Tells a writer what changed: all records of one change together, so that money and orders never part.

    Parameters
    ----------
    write : called with the records of one change, to be kept all or not at all.

    Examples
    --------
    >>> from lpresearch.sim.market.clock import Clock
    >>> from lpresearch.sim.market.market import Market
    >>> clock = Clock()
    >>> market = Market(7, clock)
    >>> account = Account(market)
    >>> kept: dict[str, object] = {}
    >>> journal = Journal(Exchange(market, clock, account), account, kept.update)
    >>> sorted(kept)
    ['cash', 'position/700.HK', 'position/AAPL.US']
    """

    def __init__(self, exchange: Exchange, account: Account, write: Writer) -> None:
        self._account = account
        self._write = write
        self._positions: dict[str, object] = {}
        self._flows = len(account.flows)
        exchange.on_change(self._order_changed)
        write(self._account_records())

    def _order_changed(self, order: Order, fill: Fill | None) -> None:
        account = self._account_records() if fill is not None else []
        self._write([*account, (f"order/{order.order_id}", to_json(order))])

    def _account_records(self) -> list[Record]:
        account = self._account
        positions = {symbol: to_json(position) for symbol, position in account.positions.items()}
        gone = {symbol: None for symbol in self._positions if symbol not in positions}
        changed = {symbol: row for symbol, row in positions.items() if self._positions.get(symbol) != row} | gone
        flows, self._positions = account.flows[self._flows :], positions
        records: list[Record] = [("cash", to_json(_cash_of(account)))]
        records += [(f"position/{symbol}", row) for symbol, row in changed.items()]
        records += [(f"flow/{self._flows + number:09d}", to_json(flow)) for number, flow in enumerate(flows)]
        self._flows += len(flows)
        return records


def restore(records: Iterable[Record], exchange: Exchange, account: Account) -> None:
    """Bring a fresh exchange and its account to where kept records left them; nothing where there are none.

    Call it before anything listens to the exchange: what is restored is not told again.
    """
    kept = dict(records)
    if "cash" not in kept:
        return
    cash = cast("Mapping[str, object]", kept["cash"])
    account.cash = cast("dict[str, Decimal]", from_json(dict[str, Decimal], cash["cash"]))
    account.fees = cast("dict[str, Decimal]", from_json(dict[str, Decimal], cash["fees"]))
    account.pending = cast("list[Pending]", from_json(list[Pending], cash["pending"]))
    positions = (cast("Position", from_json(Position, raw)) for raw in _under("position/", kept) if raw is not None)
    account.positions = {position.symbol: position for position in positions}
    account.flows = [cast("Flow", from_json(Flow, raw)) for raw in _under("flow/", kept)]
    exchange.restore(cast("Order", from_json(Order, raw)) for raw in _under("order/", kept))


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


def _cash_of(account: Account) -> dict[str, object]:
    return {"cash": account.cash, "fees": account.fees, "pending": account.pending}


def _under(prefix: str, kept: Mapping[str, object]) -> list[object]:
    """The values of the keys that begin so, in the order of the keys."""
    return [kept[key] for key in sorted(kept) if key.startswith(prefix)]


@cache
def _hints(kind: type) -> dict[str, object]:
    names = {field.name for field in fields(kind)}
    return {name: hint for name, hint in typing.get_type_hints(kind).items() if name in names}
