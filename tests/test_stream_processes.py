"""Streams and the process they live in: busy cells, Ctrl-C, forks and the end of the interpreter."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from lpresearch.sim import Limits, serve
from lpresearch.sim.threaded import Running

END_S = 60.0

#: A cell that keeps the interpreter busy for three seconds, without letting go of the loop of the kernel.
BUSY = """
import asyncio, time
import lpresearch as lp

async def kernel():
    live = await lp.stream.aio(["700.HK", "AAPL.US"], kinds=("quote", "trade"))
    until, spins = time.monotonic() + 3, 0
    while time.monotonic() < until:
        spins += 1
    return live

live = asyncio.run(kernel())
pushes = live.frame("quote")
numbers = pushes.groupby(level=0)["sequence"]
assert len(pushes) > 10, len(pushes)
assert (numbers.diff().dropna() == 1).all()
assert not live.missed and not live.stale, live
print("whole")
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
    frame = live.latest
    live.close()
    lp.disconnect()
    os._exit(0 if len(frame) == 1 else 1)
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


def run(cell: str, market: Running) -> subprocess.CompletedProcess[str]:
    """Run a cell in an interpreter of its own, which must end by itself."""
    environment = os.environ | market.environment() | {"PYTHONWARNINGS": "ignore::DeprecationWarning"}
    return subprocess.run(
        [sys.executable, "-c", cell.replace('print("whole")', 'print("whole", flush=True)')],
        capture_output=True,
        text=True,
        timeout=END_S,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(BUSY, id="a cell that computes loses no push"),
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


def test_a_killed_process_leaves_nothing_that_the_next_one_stumbles_over(market: Running) -> None:
    assert run(KILLED, market).returncode < 0
    again = run(LEFT_OPEN, market)
    assert (again.returncode, again.stdout) == (0, "whole\n"), again.stderr
