"""Prints each candlestick of a minute once it is complete, until there was one."""

import threading
from typing import Any

from tests.conformance.programs.sdk import api, config

done = threading.Event()


def on_candlestick(symbol: str, event: Any) -> None:
    print("push", symbol, event.candlestick.timestamp, flush=True)
    done.set()


quotes = api.QuoteContext(config())
quotes.set_on_candlestick(on_candlestick)
quotes.subscribe_candlesticks("700.HK", api.Period.Min_1)
if not done.wait(30):
    raise SystemExit("no candlestick within half a minute")
