"""Times an official SDK: a program of its own, as it holds the GIL in calls. Knows nothing of lpresearch.

``python sdk_history.py longport|longbridge ROUNDS`` prints one JSON object: milliseconds of each round of one reply of
1000 bars to a DataFrame, and of each round of 100 such calls, 5 in flight. The server is named by the environment.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

import pandas as pd

CALLS, IN_FLIGHT = 100, 5
END = datetime(2024, 12, 31)


def milliseconds(call: Callable[[], object], rounds: int) -> list[float]:
    """Of each round, after a warm one."""
    call()
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1e3)
    return times


def main() -> None:
    """Print the times."""
    brand, rounds = sys.argv[1], int(sys.argv[2])
    sdk: Any = import_module(f"{brand}.openapi")
    config = sdk.Config.from_env() if brand == "longport" else sdk.Config.from_apikey_env()
    quote = sdk.QuoteContext(config)

    def frame(_: object = None) -> pd.DataFrame:
        bars = quote.history_candlesticks_by_offset(
            "700.HK", sdk.Period.Day, sdk.AdjustType.NoAdjust, False, 1000, END, sdk.TradeSessions.Intraday
        )
        columns = {
            name: [float(getattr(bar, name)) for bar in bars] for name in ("open", "high", "low", "close", "turnover")
        }
        columns["volume"] = [bar.volume for bar in bars]
        stamps = pd.DatetimeIndex([bar.timestamp.astimezone(UTC) for bar in bars])  # they come naive, in local time
        return pd.DataFrame(columns, index=stamps.tz_convert("Asia/Hong_Kong"))

    assert len(frame()) == 1000
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        many = milliseconds(lambda: list(pool.map(frame, range(CALLS))), max(rounds // 5, 3))
    print(json.dumps({"one": milliseconds(frame, rounds), "many": many}))


if __name__ == "__main__":
    main()
