"""Reads a symbol's whole daily history with an official SDK, page by page: a program of its own, as it holds the GIL.

``python real_bars_sdk.py longport|longbridge FIRST_DATE SYMBOL ...`` prints one JSON object: symbol -> rows of epoch
seconds and texts (open, high, low, close), volume and turnover. Knows nothing of lpresearch.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib import import_module
from typing import Any

PAGE_BARS = 1000


def history(sdk: Any, quote: Any, symbol: str, first: date) -> Iterator[list[object]]:
    """All daily bars from a date on: a page begins at its start date, and a short one is the last."""
    while True:
        page = quote.history_candlesticks_by_date(
            symbol, sdk.Period.Day, sdk.AdjustType.NoAdjust, first, None, sdk.TradeSessions.Intraday
        )
        for bar in page:
            stamp = bar.timestamp.astimezone(UTC)
            texts = [str(price) for price in (bar.open, bar.high, bar.low, bar.close)]
            yield [int(stamp.timestamp()), *texts, bar.volume, str(bar.turnover)]
        if len(page) < PAGE_BARS:
            return
        first = datetime.date(page[-1].timestamp) + timedelta(days=1)


def main() -> None:
    brand, first, *symbols = sys.argv[1:]
    sdk = import_module(f"{brand}.openapi")
    config = sdk.Config.from_env() if brand == "longport" else sdk.Config.from_apikey_env()
    quote = sdk.QuoteContext(config)
    start = date.fromisoformat(first)
    print(json.dumps({symbol: list(history(sdk, quote, symbol, start)) for symbol in symbols}))


if __name__ == "__main__":
    main()
