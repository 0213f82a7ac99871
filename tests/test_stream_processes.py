"""Streams and the process they live in: busy cells, Ctrl-C, forks and the end of the interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from lpresearch.sim import Limits, serve
from lpresearch.sim.market.snapshots import Trade
from lpresearch.sim.threaded import Running

END_S = 60.0
SHORT_S, BUSY_S = 3.0, 60.0
PUSHES_PER_S = 100.0
MOST_TRADES = 100_000

#: A cell that keeps the kernel's thread for some seconds, computing or asleep, without letting go of its loop.
BUSY = """
import asyncio, json, sys, time
import lpresearch as lp

way, seconds = sys.argv[1], float(sys.argv[2])

async def kernel():
    live = await lp.stream.aio(["700.HK", "AAPL.US"], kinds=("quote", "trade"))
    if way == "sleeps":
        time.sleep(seconds)
    else:
        until, spins = time.monotonic() + seconds, 0
        while time.monotonic() < until:
            spins += 1
    return live

live = asyncio.run(kernel())
quotes, trades = live.frame("quote"), live.frame("trade")
assert not live.missed and not live.stale, live
trades["timestamp"] = [int(stamp.timestamp()) for stamp in trades["timestamp"]]
print(json.dumps({
    "quotes": {symbol: rows["sequence"].tolist() for symbol, rows in quotes.groupby(level=0)},
    "trades": {
        symbol: rows[["sequence", "timestamp", "price", "volume"]].to_numpy().tolist()
        for symbol, rows in trades.groupby(level=0)
    },
}))
"""

INTERRUPTED = """
import os, signal, threading, time
import lpresearch as lp

live = lp.stream("700.HK")
for delay in (0.001, 0.01, 0.05, 0.2):
    timer = threading.Timer(delay, lambda: os.kill(os.getpid(), signal.SIGINT))
    try:
        timer.start()
        for number in range(2000):
            with lp.stream(["700.HK", "5.HK"], kinds=("quote", "depth", "trade")) as other:
                other.latest
            time.sleep(0.005)
    except KeyboardInterrupt:
        pass
    timer.join()
heard = live.heard
with lp.stream("AAPL.US") as other:
    assert len(other.latest) == 1
until = time.monotonic() + 20
while live.heard == heard and time.monotonic() < until:
    time.sleep(0.05)
assert live.heard > heard, live
assert not live.closed
print("whole")
"""

FORKED = """
import os
import lpresearch as lp

live = lp.stream("700.HK")
child = os.fork()
if not child:
    frame, stale = live.latest, live.stale
    live.close()
    lp.disconnect()
    os._exit(0 if len(frame) == 1 and stale else 1)
_, status = os.waitpid(child, 0)
assert status == 0, status
heard = live.heard
import time
until = time.monotonic() + 20
while live.heard == heard and time.monotonic() < until:
    time.sleep(0.05)
assert live.heard > heard
print("whole")
"""

LEFT_OPEN = """
import lpresearch as lp

live = lp.stream(["700.HK", "5.HK"], kinds=("quote", "depth", "trade", "candle"), period="1m")
live.on(lambda changed: live.latest)
recording = live.record("left.lprec")
print("whole")
"""

KILLED = LEFT_OPEN + "\nimport os, signal; os.kill(os.getpid(), signal.SIGKILL)"


@pytest.fixture(scope="module")
def market() -> Iterator[Running]:
    """A market that trades at any hour, whose server does not live in the process that listens."""
    with serve(seed=7, clock="open", limits=Limits.unpaced()) as running:
        yield running


@pytest.fixture(scope="module")
def paced_market() -> Iterator[Running]:
    """The same, with pushes as fast as a kernel may well get."""
    with serve(seed=7, clock="open", limits=replace(Limits.unpaced(), pushes_per_s=PUSHES_PER_S)) as running:
        yield running


def run(cell: str, market: Running, *arguments: str, within_s: float = END_S) -> subprocess.CompletedProcess[str]:
    """Run a cell in an interpreter of its own, which must end by itself."""
    environment = os.environ | market.environment() | {"PYTHONWARNINGS": "ignore::DeprecationWarning"}
    return subprocess.run(
        [sys.executable, "-c", cell.replace('print("whole")', 'print("whole", flush=True)'), *arguments],
        capture_output=True,
        text=True,
        timeout=within_s,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(INTERRUPTED, id="Ctrl-C at any moment leaves the streams as they were"),
        pytest.param(FORKED, id="a fork can read and close, and the parent goes on", marks=pytest.mark.slow),
        pytest.param(LEFT_OPEN, id="an interpreter with an open stream ends"),
    ],
)
def test_in_a_process_of_its_own(cell: str, market: Running) -> None:
    ended = run(cell, market)
    assert ended.returncode == 0, ended.stderr
    assert "whole" in ended.stdout
    assert "Traceback" not in ended.stderr


@pytest.mark.timeout(BUSY_S + 2 * END_S)
@pytest.mark.parametrize(
    ("way", "seconds"),
    [
        ("computes", SHORT_S),
        pytest.param("computes", BUSY_S, marks=pytest.mark.slow),
        pytest.param("sleeps", BUSY_S, marks=pytest.mark.soak),
    ],
)
def test_a_cell_that_keeps_the_kernel_busy_loses_no_push(way: str, seconds: float, paced_market: Running) -> None:
    ended = run(BUSY, paced_market, way, str(seconds), within_s=seconds + END_S)
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    for numbers in told["quotes"].values():
        assert_without_gap(numbers)
        assert len(numbers) > seconds * PUSHES_PER_S / 20, "few quotes were pushed: the kernel was hardly busy"
    assert sum(
        len(assert_all_told(rows, paced_market.market.trades(symbol, after=rows[0][1], limit=MOST_TRADES)))
        for symbol, rows in told["trades"].items()
    ), "nothing was traded meanwhile"


def assert_without_gap(numbers: list[int]) -> None:
    """See that the numbers of pushes follow each other; what was asked for afterwards has the number 0."""
    assert numbers[0] > 0
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def assert_all_told(told: list[list[float]], truth: Sequence[Trade]) -> list[tuple[float, ...]]:
    """See that each trade between the first and the last told was told once, in pushes without a gap; these trades."""
    assert_without_gap(list(dict.fromkeys(int(number) for number, *_ in told)))
    first, last = told[0][1], told[-1][1]  # seconds, of whose trades only a part may have been told
    traded = ((one.timestamp, float(one.price), one.volume) for one in truth)
    between: list[tuple[float, ...]] = sorted(trade for trade in traded if first < trade[0] < last)
    assert sorted(tuple(values) for _, *values in told if first < values[0] < last) == between
    return between


@pytest.mark.slow
def test_a_killed_process_leaves_nothing_that_the_next_one_stumbles_over(market: Running) -> None:
    assert run(KILLED, market).returncode < 0
    again = run(LEFT_OPEN, market)
    assert (again.returncode, again.stdout) == (0, "whole\n"), again.stderr
