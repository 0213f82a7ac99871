"""Keeps one official SDK connected, and tells what it makes of faults: calls that are struck, and pushes after a break.

``python -m tests.conformance.fault_calls longport|longbridge STEPS``: it speaks as ``sdk_calls`` does. ``STEPS`` is a
list of names in JSON: of a call, or ``pushes`` for the next push. What follows a colon is for the reader. Its parent
sets the faults before it lets it go on.
"""

from __future__ import annotations

import json
import sys
from decimal import Decimal
from importlib import import_module
from typing import Any

from tests.conformance.sdk_calls import outcome, wait_for

SYMBOL = "700.HK"


class Caller:
    """Both contexts of an SDK, and what they heard."""

    def __init__(self, brand: str) -> None:
        self.sdk = sdk = import_module(f"{brand}.openapi")
        self.heard = 0
        self.states: dict[str, list[str]] = {}
        config = sdk.Config.from_env() if brand == "longport" else sdk.Config.from_apikey_env()
        self.quote, self.trade = sdk.QuoteContext(config), sdk.TradeContext(config)

    def connect(self) -> None:
        self.quote.set_on_quote(self.hear)
        self.trade.set_on_order_changed(self.hear_order)
        self.quote.subscribe([SYMBOL], [self.sdk.SubType.Quote])
        self.trade.subscribe([self.sdk.TopicType.Private])
        self.pushes()

    def hear(self, symbol: str, event: Any) -> None:
        self.heard += 1

    def hear_order(self, event: Any) -> None:
        self.states.setdefault(event.order_id, []).append(str(event.status).rpartition(".")[2])

    def pushes(self) -> bool:
        """Whether a further push came."""
        before = self.heard
        wait_for(lambda: self.heard > before)
        return True

    def depth(self) -> int:
        """How many levels a book has."""
        return len(self.quote.depth(SYMBOL).asks)

    def orders(self) -> int:
        """How many orders stand in today's list."""
        return len(self.trade.today_orders())

    def submit(self) -> str:
        """Send a market order."""
        sdk = self.sdk
        order = (SYMBOL, sdk.OrderType.MO, sdk.OrderSide.Buy, Decimal(100), sdk.TimeInForceType.Day)
        order_id: str = self.trade.submit_order(*order).order_id
        return order_id

    def life(self) -> list[str]:
        """The states of a market order, as they were pushed."""
        order_id = self.submit()
        wait_for(lambda: {"New", "Filled"} <= set(self.states.get(order_id, ())))
        return self.states[order_id]


def main() -> None:
    caller = Caller(sys.argv[1])
    for step in json.loads(sys.argv[2]):
        work = getattr(caller, step.partition(":")[0])
        print(json.dumps([step, outcome(work, Exception)]), flush=True)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
