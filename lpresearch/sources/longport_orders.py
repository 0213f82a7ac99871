"""LongPort's REST objects: the body of an order, and lists of orders, fills and holdings as columns of text.

Pure functions. Names and order are the wire's; decimals and times stay the texts that the server sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from decimal import Decimal

from lpresearch.base.errors import WireError
from lpresearch.base.model import OrderPush, Ticket

Json = Mapping[str, object]
Lists = dict[str, list[object]]

# longport.md 7.2; whole numbers on the wire are named apart.
_ORDER_KEYS = (
    "order_id", "status", "stock_name", "quantity", "executed_quantity", "price", "executed_price", "submitted_at",
    "side", "symbol", "order_type", "last_done", "trigger_price", "msg", "tag", "time_in_force", "expire_date",
    "updated_at", "trigger_at", "trailing_amount", "trailing_percent", "limit_offset", "trigger_status", "currency",
    "outside_rth", "limit_depth_level", "trigger_count", "monitor_price", "remark",
)  # fmt: skip
_WHOLE = frozenset({"limit_depth_level", "trigger_count"})
_EXECUTION_KEYS = ("order_id", "trade_id", "symbol", "trade_done_at", "quantity", "price", "side")
_BALANCE_KEYS = (
    "total_cash", "max_finance_amount", "remaining_finance_amount", "risk_level", "margin_call", "currency",
    "net_assets", "init_margin", "maintenance_margin", "buy_power",
)  # fmt: skip
_BALANCE_LISTS = ("cash_infos", "frozen_transaction_fees")
_POSITION_KEYS = (
    "symbol", "symbol_name", "quantity", "available_quantity", "currency", "cost_price", "market", "init_quantity",
)  # fmt: skip
_ORDER_EVENT = "order_changed_lb"
_PUSH_KEYS = (
    "order_id", "symbol", "side", "status", "submitted_quantity", "submitted_price", "executed_quantity",
    "executed_price", "updated_at",
)  # fmt: skip


def plain(number: Decimal) -> str:
    """A decimal without exponent and without zeros at its end, as the official SDK writes it."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def submit_body(ticket: Ticket, key: str) -> dict[str, object]:
    """The JSON of a new order, keys in the official SDK's order, what is not given left out."""
    body: dict[str, object] = {
        "symbol": ticket.symbol,
        "order_type": ticket.order_type,
        "side": ticket.side,
        "submitted_quantity": plain(ticket.quantity),
        "time_in_force": ticket.time_in_force,
    }
    decimals = {
        "submitted_price": ticket.price,
        "trigger_price": ticket.trigger_price,
        "limit_offset": ticket.limit_offset,
        "trailing_amount": ticket.trailing_amount,
        "trailing_percent": ticket.trailing_percent,
    }
    body |= {name: plain(value) for name, value in decimals.items() if value is not None}
    if ticket.expire_date is not None:
        body["expire_date"] = ticket.expire_date.isoformat()
    if ticket.outside_rth is not None:
        body["outside_rth"] = ticket.outside_rth
    if ticket.remark:
        body["remark"] = ticket.remark
    return body | {"client_request_id": key}


def replace_body(order_id: str, quantity: Decimal, price: Decimal | None) -> dict[str, object]:
    """The JSON that changes an order."""
    body: dict[str, object] = {"order_id": order_id, "quantity": plain(quantity)}
    return body if price is None else body | {"price": plain(price)}


def order_columns(data: object) -> Lists:
    """``data`` of today's orders."""
    columns = _columns(_objects(data, "orders"), _ORDER_KEYS)
    columns["tag"] = ["GTC" if tag == "Gtc" else tag for tag in columns["tag"]]  # both spellings are seen
    return columns


def execution_columns(data: object) -> Lists:
    """``data`` of today's fills."""
    return _columns(_objects(data, "trades"), _EXECUTION_KEYS)


def balance_columns(data: object) -> Lists:
    """``data`` of the account: one row for each currency; the two lists in it stay lists of objects."""
    rows = _objects(data, "list")
    columns = _columns(rows, _BALANCE_KEYS)
    return columns | {name: [_objects(row, name) for row in rows] for name in _BALANCE_LISTS}


def position_columns(data: object) -> Lists:
    """``data`` of the holdings: one row for each security and account channel."""
    rows: list[Json] = [
        {**stock, "account_channel": channel.get("account_channel")}
        for channel in _objects(data, "list")
        for stock in _objects(channel, "stock_info")
    ]
    return _columns(rows, (*_POSITION_KEYS, "account_channel"))


def order_push(content: bytes) -> OrderPush | None:
    """The change of an order that a notification tells; None for events of other kinds.

    Raises
    ------
    WireError : not the JSON that is documented.
    """
    try:
        message = json.loads(content, parse_float=str)
    except (ValueError, RecursionError) as exc:
        raise WireError(f"An order push is not JSON: {exc}.") from exc
    if not isinstance(message, dict) or message.get("event") != _ORDER_EVENT:
        return None
    data = message.get("data")
    missing = [key for key in _PUSH_KEYS if key not in data] if isinstance(data, dict) else ["data"]
    if missing or not isinstance(data, dict):
        raise WireError(f"An order push lacks {', '.join(missing)}.")
    fields = {str(key): _text(value) for key, value in data.items()}
    return OrderPush(**{key: fields[key] for key in _PUSH_KEYS}, fields=fields)


def _objects(data: object, name: str) -> list[Json]:
    """The list of objects under a name; empty where there is none."""
    values = data.get(name) if isinstance(data, Mapping) else None
    return [value for value in values if isinstance(value, Mapping)] if isinstance(values, list) else []


def _columns(rows: Iterable[Json], keys: Iterable[str]) -> Lists:
    rows = list(rows)
    return {key: [_whole(row.get(key)) if key in _WHOLE else _text(row.get(key)) for row in rows] for key in keys}


def _text(value: object) -> str:
    """A text, or a number in its place; "" where there is nothing."""
    return "" if value is None else str(value)


def _whole(value: object) -> int:
    try:
        return int(value) if isinstance(value, int | str) and value != "" else 0
    except ValueError:
        raise WireError(f"{str(value)[:20]!r} stands where a whole number belongs.") from None
