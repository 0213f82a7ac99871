"""Keeps one official SDK connected and listening, and tells what it hears after each time its links were broken.

``python -m tests.conformance.reconnect_calls longport|longbridge PARAMETERS``: it speaks as ``sdk_calls`` does. Its
parent breaks the links before it lets it go on.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any

from tests.conformance.sdk_calls import outcome, wait_for

SYMBOLS = ["700.HK", "AAPL.US"]
BREAKS = ("first connection", "cut", "expired session", "restarted server")
KINDS = ("quote", "depth", "brokers", "trades", "candlestick")


class Listener:
    """Both contexts of an SDK, and how often each kind of push came."""

    def __init__(self, brand: str, price: str) -> None:
        self.sdk = import_module(f"{brand}.openapi")
        self.price = Decimal(price)
        config = self.sdk.Config
        self.config = config.from_env() if brand == "longport" else config.from_apikey_env()
        self.heard: dict[tuple[str, str], int] = {}
        self.states: dict[str, list[str]] = {}

    def all(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Name and work of each step."""
        yield "connect", self.connect
        for broken in BREAKS:
            before = dict(self.heard)
            yield f"pushes after: {broken}", partial(self.pushes, before)
            yield f"order pushes after: {broken}", self.order
        yield "subscriptions", self.subscriptions

    def connect(self) -> None:
        sdk = self.sdk
        self.quote, self.trade = sdk.QuoteContext(self.config), sdk.TradeContext(self.config)
        for kind in KINDS:
            getattr(self.quote, f"set_on_{kind}")(lambda symbol, event, kind=kind: self.hear(kind, symbol))
        self.trade.set_on_order_changed(self.hear_order)
        kinds = [sdk.SubType.Quote, sdk.SubType.Depth, sdk.SubType.Brokers, sdk.SubType.Trade]
        self.quote.subscribe(SYMBOLS, kinds)
        self.quote.subscribe_candlesticks(SYMBOLS[0], sdk.Period.Min_1)
        self.trade.subscribe([sdk.TopicType.Private])

    def hear(self, kind: str, symbol: str) -> None:
        self.heard[kind, symbol] = self.heard.get((kind, symbol), 0) + 1

    def hear_order(self, event: Any) -> None:
        self.states.setdefault(event.order_id, []).append(str(event.status).rpartition(".")[2])

    def pushes(self, before: dict[tuple[str, str], int]) -> list[str]:
        """The kinds that were pushed of the share since then, once all of them were, and those of the other symbol."""

        def more() -> list[str]:
            found = [
                kind for kind in KINDS if self.heard.get((kind, SYMBOLS[0]), 0) > before.get((kind, SYMBOLS[0]), 0)
            ]
            other = ("quote", SYMBOLS[1])
            return found if found == list(KINDS) and self.heard.get(other, 0) > before.get(other, 0) else []

        found: list[str] = wait_for(more)
        return found

    def order(self) -> list[str]:
        """The states of a new order, as they were pushed."""
        sdk = self.sdk
        lot, day = Decimal(100), sdk.TimeInForceType.Day
        reply = self.trade.submit_order(SYMBOLS[0], sdk.OrderType.LO, sdk.OrderSide.Buy, lot, day, self.price)
        wait_for(lambda: "New" in self.states.get(reply.order_id, ()))
        return self.states[reply.order_id]

    def subscriptions(self) -> list[str]:
        return sorted(row.symbol for row in self.quote.subscriptions())


def main() -> None:
    listener = Listener(sys.argv[1], json.loads(sys.argv[2])["resting_price"])
    for name, work in listener.all():
        print(json.dumps([name, outcome(work, Exception)]), flush=True)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
