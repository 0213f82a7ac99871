"""The HTTP side with both official SDKs, unchanged: watchlist, reference, tokens, and 5.x without any link.

They hold the GIL in their calls, so each runs in a process of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from tests.test_sim_rest import NOW

pytestmark = pytest.mark.slow

START = """
import datetime, importlib, json, os, sys
brand = sys.argv[1]
api = importlib.import_module(brand + ".openapi")

def configure():
    return api.Config.from_env() if brand == "longport" else api.Config.from_apikey_env()

def refused(call):
    try:
        call()
    except api.OpenApiException as error:
        return [error.code, error.message]

def told(value):
    return str(value).rpartition(".")[2]

found = {}
config = configure()
quotes = api.QuoteContext(config)
"""
END = """
print(json.dumps(found), flush=True)
os._exit(0)
"""
BOTH = """
mine = quotes.create_watchlist_group("mine", ["700.HK", "AAPL.US"])
quotes.update_watchlist_group(mine, "ours", ["TSLA.US"], api.SecuritiesUpdateMode.Add)
if brand == "longbridge":
    quotes.update_pinned(api.PinnedMode.Add, ["TSLA.US"])
found["groups"] = [[group.name, [one.symbol for one in group.securities]] for group in quotes.watchlist()]
watched = quotes.watchlist()[1].securities[0]
found["watched"] = [watched.name, told(watched.market), watched.watched_price > 0, watched.watched_at.year]
quotes.delete_watchlist_group(mine, True)
found["left"] = [[group.name, len(group.securities)] for group in quotes.watchlist()]
found["no group"] = refused(lambda: quotes.delete_watchlist_group(5, False))
overnight = quotes.security_list(api.Market.US, api.SecurityListCategory.Overnight)
found["overnight"] = "Apple Inc." in [one.name_en for one in overnight]
now = quotes.market_temperature(api.Market.HK)
first, last = datetime.date(2026, 11, 1), datetime.date(2026, 11, 30)
history = quotes.history_market_temperature(api.Market.HK, first, last)
found["temperature"] = [now.temperature, now.valuation, now.sentiment, told(history.granularity)]
found["history"] = [[one.temperature, one.valuation, one.sentiment] for one in history.records][-1]
old = datetime.date(2015, 1, 1)
found["too old"] = refused(lambda: quotes.history_market_temperature(api.Market.HK, old, last))[0]
os.environ[brand.upper() + "_ACCESS_TOKEN"] = config.refresh_access_token(datetime.datetime(2099, 12, 30))
found["old token"] = refused(quotes.watchlist)
found["new token"] = len(api.TradeContext(configure()).account_balance())
found["default life"] = configure().refresh_access_token()[:4]
"""
NEWER = """
found["filings"] = [quotes.filings("AAPL.US")[0].title, len(quotes.filings(".IXIC.US"))]
found["positions"] = [[len(one.data), one.data[-1].rate] for one in map(quotes.short_positions, ("AAPL.US", "700.HK"))]
found["trades"] = [[len(one.data), one.data[-1].rate] for one in map(quotes.short_trades, ("AAPL.US", "700.HK"))]
volume = quotes.option_volume("KO.US")
days = quotes.option_volume_daily("KO.US", 0, 3).stats
found["options"] = [len(days), days[-1].call_volume == volume.call_volume, days[-1].put_volume == volume.put_volume]
found["ratio"] = [days[-1].pc_vol, days[-1].put_volume / days[-1].call_volume]
assets = api.AssetContext(config)
kinds = api.StatementType.Daily, api.StatementType.Monthly
found["statements"] = [len(assets.statements(kind).list) for kind in kinds]
found["no statement"] = refused(lambda: assets.statement_download_url("/statement_data/daily/20200101.json"))[0]
day, plain = api.Period.Day, api.AdjustType.NoAdjust
found["quotes"] = [[one.symbol, told(one.trade_status)] for one in quotes.quote(["700.HK", "AAPL.US"])]
found["static"] = [[one.symbol, one.lot_size, told(one.board)] for one in quotes.static_info(["700.HK", "600519.SH"])]
found["depth"] = [len(quotes.depth("700.HK").asks), len(quotes.brokers("700.HK").bid_brokers)]
found["participants"] = len(quotes.participants()) > 20
found["ticks"] = [len(quotes.trades("700.HK", 5)), len(quotes.intraday("700.HK")) > 10]
found["bars"] = len(quotes.candlesticks("700.HK", day, 7, plain))
monday, friday = datetime.date(2026, 11, 2), datetime.date(2026, 11, 6)
by_date = quotes.history_candlesticks_by_date("700.HK", day, plain, monday, friday)
found["history bars"] = len(by_date)
found["flow"] = [len(quotes.capital_flow("700.HK")) > 10, quotes.capital_distribution("700.HK").capital_in.small > 0]
found["sessions"] = sorted(told(one.market) for one in quotes.trading_session())
calendar = quotes.trading_days(api.Market.US, datetime.date(2026, 11, 20), datetime.date(2026, 11, 30))
found["half days"] = [str(one) for one in calendar.half_trading_days]
found["unknown"] = refused(lambda: quotes.depth("NOPE.US"))
found["too many"] = refused(lambda: quotes.trades("700.HK", 1001))
found["quota"] = refused(lambda: quotes.history_candlesticks_by_date("5.HK", day, plain, None, None))[0]
"""


def run_sdk(brand: str, running: Running, work: str, **environment: str) -> dict[str, Any]:
    """What a program of one SDK finds."""
    quiet = {f"{prefix}PRINT_QUOTE_PACKAGES": "false" for prefix in ("LONGPORT_", "LONGBRIDGE_")}
    process = subprocess.run(
        [sys.executable, "-c", START + work + END, brand],
        env={**os.environ, **running.environment(), **quiet, **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    found: dict[str, Any] = json.loads(process.stdout)
    return found


@pytest.mark.parametrize("brand", ["longport", "longbridge"])
def test_both_sdks_keep_a_watchlist_read_temperatures_and_refresh_their_token(brand: str) -> None:
    with serve(seed=5, clock=ManualClock(NOW), limits=Limits.unpaced()) as running:
        found = run_sdk(brand, running, BOTH)
    order = ["700.HK", "AAPL.US", "TSLA.US"] if brand == "longport" else ["TSLA.US", "700.HK", "AAPL.US"]
    assert found["groups"] == [["all", order], ["ours", order]]
    assert found["watched"][1:] == ["HK" if brand == "longport" else "US", True, 2026]
    assert found["left"] == [["all", 0]]
    assert found["no group"] == [400000, "bad parameter: no watchlist group has the id 5"]
    assert found["overnight"]
    assert found["temperature"][3] == "Daily"
    assert found["history"] == found["temperature"][:3]
    assert found["too old"] == 400000
    assert found["old token"] == [401003, "access token expired"]
    assert found["new token"] == 1
    assert found["default life"] == "sim_"


def test_the_newer_sdk_pulls_everything_over_http_and_opens_no_link() -> None:
    clock = ManualClock(NOW)
    with serve(seed=5, clock=clock, limits=Limits.unpaced(), history_quota=1) as running:
        found = run_sdk("longbridge", running, NEWER, LONGBRIDGE_QUOTE_TRANSPORT="http")
        recorded = running.recorded
    assert {request.kind for request in recorded} == {"http"}
    assert not [request for request in recorded if "socket/token" in request.path]
    assert found["filings"] == ["Apple Inc.: 10-Q", 0]
    assert [rows for rows, _ in found["positions"] + found["trades"]] == [20] * 4
    assert all(0 < float(rate) < 1 for _, rate in found["positions"] + found["trades"])
    assert found["options"] == [3, True, True]
    assert found["ratio"][0] == pytest.approx(found["ratio"][1], abs=1e-4)
    assert (found["statements"], found["no statement"]) == ([0, 0], 400000)
    assert found["quotes"] == [["700.HK", "Normal"], ["AAPL.US", "Normal"]]
    assert found["static"] == [["700.HK", 100, "HKEquity"], ["600519.SH", 100, "SHMainConnect"]]
    assert found["depth"] == [10, 10]
    assert (found["participants"], found["ticks"], found["bars"]) == (True, [5, True], 7)
    assert found["history bars"] == 5
    assert (found["flow"], found["sessions"]) == ([True, True], ["CN", "HK", "SG", "US"])
    assert found["half days"] == ["2026-11-27"]
    assert found["unknown"] == [301600, "symbol not found: 'NOPE.US'"]
    assert found["too many"] == [301607, "too many trades, requested:1001/limit:1000"]
    assert found["quota"] == 301607
