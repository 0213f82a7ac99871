"""Times an official SDK: a program of its own, as it holds the GIL in calls. Knows nothing of lpresearch.

``python -m tests.bench.sdk_quotes longport|longbridge ROUNDS SYMBOLS`` prints one JSON object: for each list of symbols
(JSON, by its name) the milliseconds of each round of its quotes to a DataFrame. The server is named by the environment.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC
from functools import partial
from importlib import import_module
from typing import Any

import pandas as pd

from tests.bench.sdk_history import milliseconds

PRICES = ("last_done", "prev_close", "open", "high", "low", "turnover")
PARTS = {"pre": "pre_market_quote", "post": "post_market_quote", "overnight": "overnight_quote"}
PRICES_OF_A_PART = ("last_done", "turnover", "high", "low", "prev_close")


def frame_of(rows: list[Any], *, parts: bool) -> pd.DataFrame:
    """The obvious conversion to the columns of our frame."""
    columns: dict[str, Any] = {name: [float(getattr(row, name)) for row in rows] for name in PRICES}
    columns["volume"] = [row.volume for row in rows]
    columns["trade_status"] = [str(row.trade_status) for row in rows]
    columns["timestamp"] = pd.DatetimeIndex([row.timestamp.astimezone(UTC) for row in rows])  # they come naive
    for prefix, attribute in PARTS.items() if parts else ():
        found = [getattr(row, attribute) for row in rows]
        for name in PRICES_OF_A_PART:
            columns[f"{prefix}_{name}"] = [None if part is None else float(getattr(part, name)) for part in found]
        columns[f"{prefix}_volume"] = [None if part is None else part.volume for part in found]
        columns[f"{prefix}_timestamp"] = pd.DatetimeIndex(
            [pd.NaT if part is None else part.timestamp.astimezone(UTC) for part in found]
        )
    frame = pd.DataFrame(columns, index=[row.symbol for row in rows])
    frame["change"] = frame["last_done"] - frame["prev_close"]
    frame["change_rate"] = 100 * frame["change"] / frame["prev_close"]
    return frame


def main() -> None:
    """Print the times."""
    brand, rounds, lists = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
    sdk: Any = import_module(f"{brand}.openapi")
    config = sdk.Config.from_env() if brand == "longport" else sdk.Config.from_apikey_env()
    quote = sdk.QuoteContext(config)

    def frame(symbols: list[str]) -> pd.DataFrame:
        return frame_of(quote.quote(symbols), parts=symbols[0].endswith(".US"))

    for symbols in lists.values():
        assert len(frame(symbols)) == len(symbols)
    print(json.dumps({name: milliseconds(partial(frame, symbols), rounds) for name, symbols in lists.items()}))


if __name__ == "__main__":
    main()
