"""Kernels of their own over one account: the last unit is spent once, and a killed one leaves nothing wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.model import Period, Sessions
from lpresearch.sim.threaded import Running
from lpresearch.wire.proto import quote_pb2

HISTORY = 27
HISTORY_PATH = "/quote/history-candlesticks"
WAIT_S = 60
START, END = "2012-01-01", "2016-12-31"
KERNEL = f"""
import sys
import lpresearch as lp
lp.connect()
print("ready", flush=True)
sys.stdin.readline()
for symbol in sys.argv[1:]:
    try:
        print(len(lp.candles(symbol, start={START!r}, end={END!r})), flush=True)
    except lp.QuotaExhausted:
        print("refused", flush=True)
"""


def _kernel(broker: Running, *symbols: str) -> subprocess.Popen[str]:
    """A process that waits for a line, then asks for each symbol."""
    kernel = subprocess.Popen(
        [sys.executable, "-c", KERNEL, *symbols],
        env=os.environ | broker.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert kernel.stdout is not None
    while kernel.stdout.readline() != "ready\n":  # the line that says SIMULATED comes first
        assert kernel.poll() is None
    return kernel


def _history_symbols(broker: Running) -> list[str]:
    """Of every request, whichever way it came: one kernel of an account has the link, the others ask over HTTP."""
    packets = [request.body for request in broker.recorded if request.kind == "ws" and request.command == HISTORY]
    posts = [request.body for request in broker.recorded if request.path == HISTORY_PATH]
    over_the_link = [quote_pb2.SecurityHistoryCandlestickRequest.FromString(body).symbol for body in packets]
    return over_the_link + [json.loads(body)["symbol"] for body in posts]


def test_of_two_kernels_racing_for_the_last_unit_one_asks_and_the_other_is_refused(broker: Running) -> None:
    for symbol in ("700.HK", "5.HK"):  # two of three units
        lp.candles(symbol, start=START, end=END)
    kernels = [_kernel(broker, symbol) for symbol in ("AAPL.US", "9988.HK")]
    for kernel in kernels:
        assert kernel.stdin is not None
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    said = [kernel.communicate(timeout=WAIT_S)[0].split() for kernel in kernels]
    assert sorted(words == ["refused"] for words in said) == [False, True]
    assert len(set(_history_symbols(broker)) - {"700.HK", "5.HK"}) == 1
    assert lp.quota().used == 3


@pytest.mark.slow
def test_a_kernel_killed_amid_candles_leaves_a_right_store_and_no_unit_uncounted(broker: Running) -> None:
    kernel = _kernel(broker, "700.HK", "5.HK", "AAPL.US")
    assert kernel.stdin is not None
    assert kernel.stdout is not None
    kernel.stdin.write("go\n")
    kernel.stdin.flush()
    kernel.stdout.readline()  # the first symbol is done, the second under way
    kernel.kill()
    kernel.communicate(timeout=WAIT_S)
    assert set(_history_symbols(broker)) <= set(lp.quota().symbols)
    for symbol in ("700.HK", "5.HK", "AAPL.US"):
        bars = lp.candles(symbol, start=START, end=END)
        zone = bars.index.tz  # type: ignore[attr-defined]
        first, end = (pd.Timestamp(day, tz=zone).timestamp() for day in ("2012-01-01", "2017-01-01"))
        truth = broker.market.bars(symbol, Period.DAY, Sessions.REGULAR, first, end)
        np.testing.assert_array_equal(bars.iloc[:, :6].to_numpy(np.float64), truth[1:7].T)
    assert lp.quota().used == 3
