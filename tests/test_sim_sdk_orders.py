"""Both official SDKs submit every type of order, and what hangs on orders, and read the account afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from lpresearch.sim import serve
from lpresearch.sim.server.limits import Limits

pytestmark = pytest.mark.slow

ORDER_TYPES = ["LO", "ELO", "MO", "AO", "ALO", "ODD", "LIT", "MIT", "TSLPAMT", "TSLPPCT", "TSMAMT", "TSMPCT", "SLO"]
PROGRAM = """
import datetime, importlib, json, os, sys
from decimal import Decimal as D
api = importlib.import_module(sys.argv[1] + ".openapi")
new = sys.argv[1] == "longbridge"
trade = api.TradeContext(api.Config.from_apikey_env() if new else api.Config.from_env())
buy, day = api.OrderSide.Buy, api.TimeInForceType.Day
numbers = {"trigger_price": D(450), "trailing_amount": D(10), "trailing_percent": D(2), "limit_offset": D(1)}
found = {"accepted": []}
for name in sys.argv[2:]:
    terms = {} if name in ("MO", "AO") else numbers | {"submitted_price": D(500)}
    trade.submit_order("700.HK", getattr(api.OrderType, name), buy, D(50 if name == "ODD" else 100), day, **terms)
    found["accepted"].append(name)
if new:
    legs = {"profit_taker_price": D(900), "stop_loss_price": D(100)}
    bracket = api.SubmitAttachedParams(api.AttachedOrderType.Bracket, **legs)
    limit = ("700.HK", api.OrderType.LO, buy, D(100), day)
    main = trade.submit_order(*limit, submitted_price=D(300), attached_params=bracket).order_id
    kinds = trade.order_detail(main).attached_orders
    child = kinds[0].order_id
    found["attached"] = [str(one.attached_type_display).rpartition(".")[2] for one in kinds]
    found["child"] = trade.order_detail(child, is_attached=True).order_id == child
    trade.cancel_order(child, is_attached=True)
    everything = api.ReplaceAttachedParams(api.AttachedOrderType.Bracket, cancel_all_attached=True)
    trade.replace_order(main, D(100), D(300), attached_params=everything)
    kinds = trade.today_orders(order_id=main)[0].attached_orders
    found["cancelled"] = [str(one.status).rpartition(".")[2] for one in kinds]
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)
    delayed = trade.submit_order(*limit, submitted_price=D(300), delayed_until=later).order_id
    found["delayed"] = str(trade.today_orders(order_id=delayed)[0].status).rpartition(".")[2]
    trade.replace_order(delayed, D(100), D(300), clear_delayed_until=True)
now = datetime.datetime.now()
span = (now - datetime.timedelta(days=30), now + datetime.timedelta(days=1))
found["flows"] = sorted({flow.transaction_flow_name for flow in trade.cash_flow(*span)})
found["funds"] = len(trade.fund_positions().channels)
found["history"] = [len(trade.history_orders()), len(trade.history_executions())]
found["margin"] = str(trade.margin_ratio("700.HK").im_factor)
most = trade.estimate_max_purchase_quantity("700.HK", api.OrderType.LO, buy, price=D(500))
found["most"] = most.margin_max_qty > most.cash_max_qty > 0
print(json.dumps(found), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("brand", ["longport", "longbridge"])
def test_an_official_sdk_submits_every_order_type_and_reads_the_account(brand: str) -> None:
    with serve(seed=7, limits=Limits.unpaced()) as running:
        quiet = {f"{prefix}PRINT_QUOTE_PACKAGES": "false" for prefix in ("LONGPORT_", "LONGBRIDGE_")}
        process = subprocess.run(
            [sys.executable, "-c", PROGRAM, brand, *ORDER_TYPES],
            env={**os.environ, **running.environment(), **quiet},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout)
    assert found["accepted"] == ORDER_TYPES
    assert {"Buy Contract-Stocks", "Platform Fee", "Stamp Duty"} <= set(found["flows"])
    assert (found["funds"], found["history"], found["margin"], found["most"]) == (1, [0, 0], "0.3", True)
    if brand == "longbridge":
        assert (found["attached"], found["child"]) == (["ProfitTaker", "StopLoss"], True)
        assert (found["cancelled"], found["delayed"]) == (["Canceled", "Canceled"], "DelayedNotReported")
