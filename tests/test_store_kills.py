"""kill -9 at any point of a write or of a call: no corrupt file, no false coverage, no unit of quota uncounted."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TypedDict

import numpy as np
import pytest

import lpresearch as lp
from lpresearch.base.model import Period, SeriesKey
from lpresearch.base.symbols import Symbol
from lpresearch.history.bar_file import open_bars
from lpresearch.history.bars import between, inside
from lpresearch.history.layout import series_name
from lpresearch.history.store import Store
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.threaded import Running, serve
from lpresearch.wire.proto import quote_pb2

HERE = Path(__file__).parent
HISTORY = 27
DAY_S = 86_400.0
SYMBOLS = ("700.HK", "9988.HK", "5.HK", "AAPL.US", "TSLA.US", "600519.SH", "D05.SG")
PERIODS = ("1d", "60m", "1m")
KERNEL_WAIT_S = 60.0
NEW_MONTH = 0.1  # how often a month passes between two kills, so that all units are to be paid again

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork and no kill -9")


def killed_writers(*arguments: object) -> list[str]:
    """What was wrong after writers were killed."""
    command = [sys.executable, str(HERE / "killed_writer.py"), *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, cwd=HERE.parent)
    wrong: list[str] = json.loads(run.stdout)
    return wrong


@pytest.mark.parametrize("kills", [40, *(pytest.param(kills, marks=pytest.mark.soak) for kills in (400, 1000))])
def test_writers_killed_anywhere_leave_the_old_bars_or_the_new(tmp_path: Path, kills: int) -> None:
    assert killed_writers("any", tmp_path, kills, kills) == []


@pytest.mark.slow
def test_a_writer_killed_before_each_of_its_calls_leaves_the_old_bars_or_the_new(tmp_path: Path) -> None:
    assert killed_writers("every", tmp_path) == []


@pytest.fixture
def large_broker(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A broker with quota for all."""
    with serve(seed=7, clock=clock, limits=Limits.unpaced(), history_quota=1000) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running
        lp.disconnect()


@pytest.fixture
def kernels(large_broker: Running) -> Iterator[subprocess.Popen[str]]:
    """Makes kernels and kills them, as told line by line."""
    environment = os.environ | large_broker.environment()
    with subprocess.Popen(
        [sys.executable, HERE / "killed_kernel.py"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


class Call(TypedDict):
    """A request, as a user writes it."""

    symbols: list[str]
    period: str
    start: str
    end: str


def any_call(dice: random.Random) -> Call:
    """A request for a few symbols that needs history, mostly several pages of it."""
    symbols, period = dice.sample(SYMBOLS, 3), dice.choice(PERIODS)
    if period == "1d":
        year = dice.randrange(2011, 2018)
        return Call(symbols=symbols, period=period, start=f"{year}-01-01", end=f"{year + dice.randrange(1, 6)}-12-31")
    day = dice.randrange(5, 20)
    return Call(symbols=symbols, period=period, start=f"2023-12-{day:02}", end=f"2024-01-{day + 3:02}")


def history_symbols(broker: Running, since: int) -> set[str]:
    """Every symbol whose history was asked, after so many requests."""
    asked = (request for request in broker.recorded[since:] if request.kind == "ws" and request.command == HISTORY)
    return {quote_pb2.SecurityHistoryCandlestickRequest.FromString(request.body).symbol for request in asked}


def wrong_bars(broker: Running, store: Store, key: SeriesKey) -> str:
    """What of a series is corrupt or not what the market says; empty where all is well."""
    for path in store.paths(series_name(key)):
        open_bars(str(path))
    spans = store.coverage(key)
    stored = inside(store.read(key, -(2**62), 2**62, relied_on=spans), spans)
    for span in spans:
        truth = broker.market.bars(key.symbol, key.period, key.sessions, span.start, span.end)
        if not np.array_equal(between(stored, span.start, span.end), truth):
            return f"{key} has not what the market says in {span}"
    return ""


def kill_kernels(broker: Running, clock: ManualClock, kernels: subprocess.Popen[str], kills: int) -> None:
    """Kill so many kernels amid ``candles`` and ``backfill``; look at store and ledger after each."""
    dice, done, usual_s, month_began = random.Random(kills), 0, 0.5, 0
    assert kernels.stdin is not None
    assert kernels.stdout is not None
    while done < kills:
        name, call = dice.choice(("candles", "backfill")), any_call(dice)
        kernels.stdin.write(json.dumps([name, call, dice.uniform(0, usual_s)]) + "\n")
        kernels.stdin.flush()
        took_s = json.loads(kernels.stdout.readline())
        done += took_s is None
        usual_s = usual_s if took_s is None else (usual_s + took_s) / 2
        told = f"kill {done}: {name} {call}"
        assert history_symbols(broker, month_began) <= set(lp.quota().symbols), told
        store = Store(lp.session().cache_path)
        for symbol in map(Symbol, call["symbols"]):
            key = SeriesKey(lp.session().source.name, symbol, Period(call["period"]))
            assert wrong_bars(broker, store, key) == "", told
        assert list(store.cache.rglob("*.corrupt-*")) == []
        store.close()
        if dice.random() < NEW_MONTH:
            clock.advance(31 * DAY_S)
            month_began = len(broker.recorded)
            lp.disconnect()


@pytest.mark.parametrize(
    "kills",
    [3, pytest.param(40, marks=pytest.mark.slow), pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(0)])],
)
def test_kernels_killed_amid_candles_and_backfill_leave_a_right_store_and_no_unit_uncounted(
    large_broker: Running, clock: ManualClock, kernels: subprocess.Popen[str], kills: int
) -> None:
    kill_kernels(large_broker, clock, kernels, kills)
