"""What a simulator takes while nobody asks anything, and how soon it is there.

Run from the root of the repository: ``python -m tests.bench.bench_sim_idle``.

The bounds: ready within 2.5 s of its start, then below 2 % of a core and 150 MB. Exit code 1 where one is broken.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from lpresearch.wire.proto import quote_pb2 as pb
from tests.sim_client import Client, client

READY_S, CORE_SHARE, MEMORY_MB = 2.5, 0.02, 150.0
STARTS = 5
WATCH_S = 10.0
Work = Callable[[Client], Awaitable[None]]


class Simulator:
    """``lpresearch sim`` as a child, and what the system tells of it (Linux)."""

    def __init__(self, *options: str) -> None:
        begin = time.perf_counter()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lpresearch", "sim", "--unpaced", *options], stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.urls: dict[str, str] = json.loads(self.process.stdout.readline())
        self.ready_s = time.perf_counter() - begin

    def cpu_s(self) -> float:
        """Processor time so far."""
        user, system = self._proc("stat").rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """Resident memory."""
        return int(self._proc("statm").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

    def end(self) -> None:
        """Stop it in good order."""
        self.process.terminate()
        self.process.communicate()

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text(encoding="ascii")


async def measure(simulator: Simulator, work: Work | None) -> tuple[float, float]:
    """The share of a core and the memory once the work is done, with the client still there."""
    async with client(simulator.urls) as one, one.link():
        if work is not None:
            await work(one)
        before, begin = simulator.cpu_s(), time.perf_counter()
        await asyncio.sleep(WATCH_S)
        return (simulator.cpu_s() - before) / (time.perf_counter() - begin), simulator.memory_mb()


async def nothing(one: Client) -> None:
    """A client that only stands there."""


async def quotes(one: Client) -> None:
    """One quote of every market: its calendar is loaded from then on."""
    async with one.link() as wire:
        await wire.ask(11, pb.MultiSecurityRequest(symbol=["700.HK", "AAPL.US", "600519.SH", "D05.SG"]))


async def orders(one: Client) -> None:
    """Fifty orders that rest."""
    words = {"symbol": "700.HK", "side": "Buy", "order_type": "LO", "time_in_force": "GTC", "submitted_quantity": "100"}
    for number in range(50):
        await one.data("POST", "/v1/trade/order", body=words | {"submitted_price": f"{number + 1}.000"})


def main() -> int:
    """Print the table; returns whether a bound is broken."""
    ready = []
    for _ in range(STARTS):
        simulator = Simulator()
        ready.append(simulator.ready_s)
        simulator.end()
    print(f"ready within            {statistics.median(ready):6.2f} s   (median of {STARTS}; at most {READY_S} s)\n")
    print("idle                                 core      memory")
    broken = statistics.median(ready) > READY_S
    with tempfile.TemporaryDirectory() as folder:
        state = ("--state", str(Path(folder) / "bench.state"))
        rows: list[tuple[str, tuple[str, ...], Work]] = [
            ("a client that asks nothing", (), nothing),
            ("the same, with a state", state, nothing),
            ("after a quote of each market", (), quotes),
            ("with fifty resting orders", (), orders),
        ]
        for name, options, work in rows:
            simulator = Simulator(*options)
            core, memory = asyncio.run(measure(simulator, work))
            simulator.end()
            broken |= core > CORE_SHARE or memory > MEMORY_MB
            print(f"{name:32s}  {core:7.2%}  {memory:7.0f} MB")
    print(f"{'at most':32s}  {CORE_SHARE:7.2%}  {MEMORY_MB:7.0f} MB")
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
