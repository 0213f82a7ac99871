"""Which symbols a request or a push is about. Reads the wire as loosely as it can: what it cannot read names none."""

from __future__ import annotations

import json
from collections.abc import Iterable
from urllib.parse import parse_qsl

from lpresearch.base.errors import SymbolError, WireError
from lpresearch.base.symbols import Symbol
from lpresearch.wire.messages import parse
from lpresearch.wire.proto import quote_pb2, trade_pb2

NOTIFY = 18


def symbols_in_body(body: bytes) -> frozenset[str]:
    """Of a packet of the quote link: all requests and pushes about symbols have them in field 1."""
    try:
        return _known(parse(quote_pb2.MultiSecurityRequest, body).symbol)
    except WireError:
        return frozenset()


def order_in_push(command: int, body: bytes) -> tuple[str, str, frozenset[str]]:
    """Of a push of the trade link: the order, its state, and its symbol."""
    if command != NOTIFY:
        return "", "", frozenset()
    data = json.loads(parse(trade_pb2.Notification, body).data)["data"]
    return data["order_id"], data["status"], _known([data["symbol"]])


def symbols_in_request(query: str, body: bytes) -> frozenset[str]:
    """Of an HTTP request: the values of ``symbol`` and ``symbols`` in query and JSON body."""
    found = [value for key, value in parse_qsl(query) if key in ("symbol", "symbols")]
    try:
        told = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        told = {}
    for key in ("symbol", "symbols"):
        value = told.get(key) if isinstance(told, dict) else None
        found += [text for text in (value if isinstance(value, list) else [value]) if isinstance(text, str)]
    return _known(found)


def _known(texts: Iterable[str]) -> frozenset[str]:
    symbols = set()
    for text in texts:
        try:
            symbols.add(str(Symbol(text)))
        except SymbolError:
            continue
    return frozenset(symbols)
