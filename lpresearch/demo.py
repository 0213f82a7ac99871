"""``lpresearch demo``: the main job on the embedded simulator, in plain words that teach the API."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pandas as pd

from lpresearch.client.connection import connect, disconnect
from lpresearch.data.candles import candles
from lpresearch.data.quotes import quote
from lpresearch.data.usage import quota
from lpresearch.trading.orders import submit
from lpresearch.trading.portfolio import positions
from lpresearch.trading.today import executions, order
from lpresearch.ui.charts import plot_candles

T = TypeVar("T")
FILL_TIMEOUT_S = 10.0
SYMBOL = "700.HK"


def run(chart: str) -> int:
    """Walk through the main job; the chart goes to the file ``chart``. Returns the exit code."""
    started = time.monotonic()
    try:
        _walk(Path(chart))
    finally:
        disconnect()
    print(
        f"\nDone in {time.monotonic() - started:.1f} s. Next: open notebooks/quickstart.ipynb, or `lpresearch doctor`."
    )
    return 0


def _walk(chart: Path) -> None:
    _say("Wherever no credentials are found, a simulated LongPort server starts on this machine. Nothing is real:")
    print(_code("lp.connect(simulator=True)"), connect(simulator=True), sep="\n")

    _say("Quotes come as a DataFrame, one row per symbol:")
    quotes = _show("lp.quote(['700.HK', 'AAPL.US', '600519.SH'])", lambda: quote([SYMBOL, "AAPL.US", "600519.SH"]))
    print(quotes[["last_done", "prev_close", "change_rate", "volume", "timestamp"]].to_string())

    _say("History costs quota: every new symbol takes one unit of this month's. Before:")
    print(_code("lp.quota()"), quota(), sep="\n")
    call = "lp.candles('700.HK', start='2015-01-01', end='2020-12-31')"
    first = _show(call, lambda: candles(SYMBOL, start="2015-01-01", end="2020-12-31"))
    print(_story(first))
    _say("The same again comes from the disk, without a request and without quota:")
    print(_story(_show(call, lambda: candles(SYMBOL, start="2015-01-01", end="2020-12-31"))))
    _say("The newest 1000 bars never cost quota. After:")
    recent = _show("lp.candles('700.HK', count=120)", lambda: candles(SYMBOL, count=120))
    print(_story(recent))
    print(_code("lp.quota()"), quota(), sep="\n")

    _say("A chart, without gaps for closed hours:")
    figure = _show(f"lp.plot_candles(bars).savefig('{chart.name}')", lambda: plot_candles(recent))
    figure.savefig(chart, dpi=150)
    print(f"written to {chart}")

    _say("An order: checked for lot and tick here, sent once, and followed to its fill:")
    _trade()


def _trade() -> None:
    before = _held()
    receipt = _show("lp.submit('700.HK', 'Buy', 100)", lambda: submit(SYMBOL, "Buy", 100))
    print(receipt)
    deadline = time.monotonic() + FILL_TIMEOUT_S
    while (state := order(receipt).loc[str(receipt.order_id)])["status"] != "FilledStatus":
        if time.monotonic() > deadline:
            raise SystemExit(f"the order is still {state['status']}")
        time.sleep(0.1)
    print(_code("lp.order(receipt)"), state[["status", "executed_quantity", "executed_price"]].to_string(), sep="\n")
    print(_code("lp.executions()"), executions().to_string(), sep="\n")
    print(_code("lp.positions()"), positions().to_string(), sep="\n")
    print(f"{SYMBOL} held: {before:.0f} before, {_held():.0f} after.")


def _held() -> float:
    held = positions()
    return float(held["quantity"].get(SYMBOL, 0.0))


def _story(bars: pd.DataFrame) -> str:
    """Where the bars came from, in one line."""
    facts = bars.attrs["lpresearch"]
    return (
        f"{len(bars)} bars: {facts['from_cache']} from the cache, {facts['from_broker']} from the broker, "
        f"{facts['calls']} request(s), {facts['quota_spent']} unit(s) of quota"
    )


def _say(words: str) -> None:
    print(f"\n{_paint(words, '1')}")


def _code(call: str) -> str:
    return _paint(f">>> {call}", "36")


def _paint(text: str, style: str) -> str:
    return f"\033[{style}m{text}\033[0m" if sys.stdout.isatty() else text


def _show(call: str, work: Callable[[], T]) -> T:
    print(_code(call), end="", flush=True)
    started = time.monotonic()
    result = work()
    print(f"   # {1000 * (time.monotonic() - started):.0f} ms")
    return result
