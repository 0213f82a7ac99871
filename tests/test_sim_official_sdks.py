"""Both official SDKs, unchanged, against the simulated broker: connect, pull, subscribe, trade.

They hold the GIL in their calls, so each runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TypedDict

import pytest

from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.server.limits import Limits

pytestmark = pytest.mark.slow

PROGRAM = """
import datetime, decimal, importlib, json, os, sys, time
api = importlib.import_module(sys.argv[1] + ".openapi")
config = api.Config.from_env() if sys.argv[1] == "longport" else api.Config.from_apikey_env()
pushes, depths, orders = [], [], []
quotes = api.QuoteContext(config)
quotes.set_on_quote(lambda symbol, event: pushes.append(symbol))
quotes.set_on_depth(lambda symbol, event: depths.append(symbol))
trade = api.TradeContext(config)
trade.set_on_order_changed(lambda event: orders.append(str(event.status).rpartition(".")[2]))

def until(done):
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline, (pushes, depths, orders)
        time.sleep(0.05)

def refused(call):
    try:
        call()
    except api.OpenApiException as error:
        return [error.code, error.message]

day, minute, plain = api.Period.Day, api.Period.Min_1, api.AdjustType.NoAdjust
by_date, by_offset = quotes.history_candlesticks_by_date, quotes.history_candlesticks_by_offset
found = {}
found["level"] = quotes.quote_level()
found["quotes"] = [quote.symbol for quote in quotes.quote(["700.HK", "AAPL.US"])]
found["static"] = [[info.symbol, info.lot_size] for info in quotes.static_info(["700.HK", "600519.SH"])]
found["depth"] = [len(quotes.depth("700.HK").asks), len(quotes.depth("AAPL.US").bids)]
found["latest"] = len(quotes.candlesticks("700.HK", day, 1000, plain))
found["by_date"] = len(by_date("700.HK", day, plain, datetime.date(2026, 11, 2), datetime.date(2026, 11, 13)))
anchor = datetime.datetime(2026, 11, 2, 10, 30)
found["forward"] = len(by_offset("700.HK", day, plain, True, 5, anchor))
found["backward"] = [bar.timestamp.timestamp() for bar in by_offset("700.HK", minute, plain, False, 2, anchor)]
found["sessions"] = sorted(str(one.market).rpartition(".")[2] for one in quotes.trading_session())
calendar = quotes.trading_days(api.Market.US, datetime.date(2026, 11, 20), datetime.date(2026, 11, 30))
found["half_days"] = [str(one) for one in calendar.half_trading_days]
found["unknown"] = refused(lambda: quotes.depth("NOPE.US"))
quotes.subscribe(["700.HK", "AAPL.US"], [api.SubType.Quote, api.SubType.Depth])
until(lambda: pushes and depths)
trade.subscribe([api.TopicType.Private])
found["cash"] = [balance.currency for balance in trade.account_balance()]
found["positions"] = len(trade.stock_positions().channels)
lot, side, today = decimal.Decimal(100), api.OrderSide.Buy, api.TimeInForceType.Day
price = decimal.Decimal(int(quotes.quote(["700.HK"])[0].last_done * decimal.Decimal("0.9")))
order_id = trade.submit_order("700.HK", api.OrderType.LO, side, lot, today, submitted_price=price).order_id
trade.cancel_order(order_id)
until(lambda: "Canceled" in orders)
trade.submit_order("700.HK", api.OrderType.MO, side, lot, today)
until(lambda: "Filled" in orders)
found["orders"] = orders[:5]
found["today"] = len(trade.today_orders())
found["executed"] = sum(int(one.quantity) for one in trade.today_executions())
print(json.dumps(found), flush=True)
os._exit(0)
"""


class WednesdayNoon(Clock):
    """A clock that runs from 2026-11-18 12:00 in Hong Kong, so that the calendar is known."""

    def __init__(self) -> None:
        super().__init__("open")
        self._ahead = datetime(2026, 11, 18, 4, tzinfo=UTC).timestamp() - time.time()

    def now(self) -> float:
        return time.time() + self._ahead


class Found(TypedDict):
    """What the program of an SDK tells."""

    level: str
    quotes: list[str]
    static: list[list[object]]
    depth: list[int]
    latest: int
    by_date: int
    forward: int
    backward: list[float]
    sessions: list[str]
    half_days: list[str]
    unknown: list[object]
    cash: list[str]
    positions: int
    orders: list[str]
    today: int
    executed: int


def run_sdk(brand: str, running: Running) -> Found:
    """What the program finds with one SDK."""
    quiet = {f"{prefix}PRINT_QUOTE_PACKAGES": "false" for prefix in ("LONGPORT_", "LONGBRIDGE_")}
    process = subprocess.run(
        [sys.executable, "-c", PROGRAM, brand],
        env={**os.environ, **running.environment(), **quiet},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found: Found = json.loads(process.stdout)
    return found


@pytest.mark.parametrize("brand", ["longport", "longbridge"])
def test_an_official_sdk_connects_pulls_subscribes_and_trades(brand: str) -> None:
    with serve(seed=7, clock=WednesdayNoon(), limits=Limits.unpaced()) as running:
        found = run_sdk(brand, running)
    assert found["level"] == "SIMULATED seed-7"
    assert found["quotes"] == ["700.HK", "AAPL.US"]
    assert found["static"] == [["700.HK", 100], ["600519.SH", 100]]
    assert found["depth"] == [10, 1]
    assert (found["latest"], found["by_date"], found["forward"]) == (1000, 10, 5)
    assert found["backward"] == [1793586540, 1793586600]  # 2026-11-02, 10:29 and 10:30 in Hong Kong
    assert found["sessions"] == ["CN", "HK", "SG", "US"]
    assert found["half_days"] == ["2026-11-27"]
    assert found["unknown"] == [301600, "symbol not found: 'NOPE.US'"]
    assert len(found["cash"]) == 1
    assert found["positions"] == 1
    assert found["orders"] == ["WaitToNew", "New", "WaitToCancel", "PendingCancel", "Canceled"]
    assert (found["today"], found["executed"]) == (2, 100)
