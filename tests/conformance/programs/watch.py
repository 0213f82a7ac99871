"""Prints quotes as they come, until each of four was seen twice."""

import threading
from collections import Counter
from typing import Any

from tests.conformance.programs.sdk import api, config

SYMBOLS = ["700.HK", "AAPL.US", "TSLA.US", "NFLX.US"]
seen: Counter[str] = Counter()
enough = threading.Event()


def on_quote(symbol: str, event: Any) -> None:
    print("push", symbol, event.last_done, flush=True)
    seen[symbol] += 1
    if min(seen[name] for name in SYMBOLS) > 1:
        enough.set()


quotes = api.QuoteContext(config())
quotes.set_on_quote(on_quote)
quotes.subscribe(SYMBOLS, [api.SubType.Quote])
if not enough.wait(30):
    raise SystemExit(f"no more than {dict(seen)} within half a minute")
