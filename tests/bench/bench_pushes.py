"""Quote pushes of 500 symbols, beside both official SDKs: paced, and as fast as each client takes them.

Run from the root of the repository: ``python -m tests.bench.bench_pushes``, with both SDKs installed. Each client runs
in a process of its own; the server writes frames that are encoded already, so that it is not the limit.

The bounds, against the faster SDK: four times its callbacks a second with the same four fields read; a third of its CPU
for a push; at 20,000/s at most 0.6 times its latency, in the middle and at the 99th percentile; nothing lost. Exit code
1 where one is broken.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

from lpresearch.sim.assembly import assemble
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.server.door import Keys
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.links import Link
from lpresearch.sim.server.pushes import QuotePushes
from lpresearch.sim.threaded import Running
from lpresearch.wire.packets import Packet, PacketType, encode
from lpresearch.wire.proto import quote_pb2 as pb
from tests.bench.push_clients import symbols

SYMBOLS = 500
PACES = (5_000, 20_000, 50_000)
SECONDS = 5.0
FLOOD = 400_000  # pushes
STEP_S = 0.002  # between two writes of a pace
MOST_UNSENT = 4_000_000  # bytes
CLIENTS = ("longport", "longbridge", "each", "table")
NAMES = {"each": "ours, async for", "table": "ours, the table"}


class Firehose(QuotePushes):
    """Writes frames straight to the connection of the one client that subscribed."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._link: Link | None = None
        self.sent = 0
        self._numbers = dict.fromkeys(symbols(SYMBOLS), 0)

    def subscribe(self, link: Link, names: Any, kinds: Any) -> list[tuple[str, list[int]]]:
        self._link = link
        return super().subscribe(link, names, kinds)

    async def snapshot(self, link: Link, items: Any) -> None:
        """Nothing: only what is counted is pushed."""

    async def run(self) -> None:
        """Nothing by itself."""
        await asyncio.Event().wait()

    def frame(self, symbol: str, moment_us: int) -> bytes:
        """A WebSocket frame of a push of a part of the fields, as the broker sends them."""
        self._numbers[symbol] += 1
        number = self._numbers[symbol]
        push = pb.PushQuote(
            symbol=symbol,
            sequence=number,
            last_done=f"{100 + number % 900}.{number % 100:02d}",
            timestamp=1_741_579_200 + number,
            volume=moment_us,
            turnover=f"{number}12345.60",
            current_volume=100,
            current_turnover="32140.00",
        )
        packet = encode(Packet(PacketType.PUSH, 101, push.SerializeToString()))
        assert len(packet) < 126
        return bytes((0x82, len(packet))) + packet

    async def _write(self, data: bytes) -> None:
        assert self._link is not None
        transport = self._link._socket._req.transport  # type: ignore[attr-defined]  # below the one packet at a time
        while transport.get_write_buffer_size() > MOST_UNSENT:  # noqa: ASYNC110  # nothing tells when it is less
            await asyncio.sleep(0.001)
        transport.write(data)

    async def flood(self) -> int:
        """As fast as the client reads."""
        names = symbols(SYMBOLS)
        blocks = [b"".join(self.frame(name, 1) for name in names) for _ in range(FLOOD // SYMBOLS)]
        for block in blocks:
            await self._write(block)
        return FLOOD

    async def pace(self, per_s: int) -> int:
        """At a rate, evenly."""
        names, sent, begun = symbols(SYMBOLS), 0, time.monotonic()
        while (passed := time.monotonic() - begun) < SECONDS:
            due = int(passed * per_s) - sent
            if due > 0:
                moment = time.monotonic_ns() // 1000
                await self._write(b"".join(self.frame(names[(sent + i) % SYMBOLS], moment) for i in range(due)))
                sent += due
            await asyncio.sleep(STEP_S)
        return sent


@dataclass(frozen=True)
class Run:
    """What one client came to."""

    sent: int
    count: int
    per_s: float
    cpu_us: float
    p50_ms: float
    p99_ms: float
    peak_mb: float


def run(who: str, per_s: int | None) -> Run:
    """Push to one client."""
    limits = Limits(pulls_per_s=None, pulls_at_once=None, subscriptions=SYMBOLS)
    clock = Clock("open")
    server = assemble(seed=1, clock=clock, bars=None, keys=Keys(), limits=limits, history_quota=10, universe=SYMBOLS)
    hose = Firehose(server.market, limits, time.monotonic)
    server._pushes = server._quote_desk._pushes = hose
    running = Running(server, deque(), host="127.0.0.1", port=0)
    environment = os.environ | running.environment() | {"LONGPORT_PRINT_QUOTE_PACKAGES": "false"}
    environment |= {"LONGBRIDGE_PRINT_QUOTE_PACKAGES": "false"}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.push_clients", who, str(SYMBOLS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        while child.stdout.readline() != "ready\n":
            assert child.poll() is None
        assert running._loop is not None
        pushing = asyncio.run_coroutine_threadsafe(hose.flood() if per_s is None else hose.pace(per_s), running._loop)
        threading.Event().wait(0.3)
        child.stdin.write("\n")
        child.stdin.flush()
        sent = pushing.result()
        told = json.loads(child.stdout.readline())
        child.wait(30)
    finally:
        child.kill()
        running.close()
    late = statistics.quantiles(told["late_us"], n=100) if told["count"] > 1 else [0.0] * 99
    return Run(
        sent,
        told["count"],
        told["count"] / max(told["seconds"], 1e-9),
        told["cpu_s"] / max(told["count"], 1) * 1e6,
        late[49] / 1e3,
        late[98] / 1e3,
        told["peak_mb"],
    )


def main() -> int:
    """Print the table; returns whether a bound is broken."""
    print(
        f"{SYMBOLS} symbols, four fields read    pace/s   received/s   lost   CPU us/push   p50 ms   p99 ms   peak MB"
    )
    found: dict[tuple[str, int | None], Run] = {}
    for per_s in (*PACES, None):
        for who in CLIENTS:
            one = found[who, per_s] = run(who, per_s)
            late = f"{one.p50_ms:8.2f} {one.p99_ms:8.2f}" if per_s else " " * 17
            print(
                f"{NAMES.get(who, who + ' SDK'):26s} {per_s or 'flood':>10} {one.per_s:12,.0f}"
                f" {one.sent - one.count:6d} {one.cpu_us:13.2f} {late} {one.peak_mb:9.0f}",
                flush=True,
            )
    sdks = CLIENTS[:2]
    fastest = max(found[who, None].per_s for who in sdks)
    leanest = min(found[who, None].cpu_us for who in sdks)
    p50, p99 = (min(getattr(found[who, 20_000], name) for who in sdks) for name in ("p50_ms", "p99_ms"))
    ours, paced = found["table", None], found["table", 20_000]
    bounds = {
        "callbacks a second, at least 4": (ours.per_s / fastest, ours.per_s >= 4 * fastest),
        "CPU for a push, at most 0.33": (ours.cpu_us / leanest, ours.cpu_us <= leanest / 3),
        "p50 at 20,000/s, at most 0.6": (paced.p50_ms / p50, paced.p50_ms <= 0.6 * p50),
        "p99 at 20,000/s, at most 0.6": (paced.p99_ms / p99, paced.p99_ms <= 0.6 * p99),
    }
    for name, (ratio, kept) in bounds.items():
        print(f"the table against the better SDK: {name}: {ratio:.2f} {'' if kept else 'BROKEN'}")
    lost = sum(one.sent - one.count for (who, _), one in found.items() if who in NAMES)
    print(f"lost by ours: {lost}")
    return int(lost != 0 or not all(kept for _, kept in bounds.values()))


if __name__ == "__main__":
    raise SystemExit(main())
