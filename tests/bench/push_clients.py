"""One client of the push bench, in a process of its own: ours or an official SDK. Reads four fields of quotes.

Called as ``python -m tests.bench.push_clients WHO SYMBOLS``; prints ``ready``, waits for a line, listens until nothing
comes for a second, and prints what it came to as JSON. The volume of each push is the moment it was sent, in
microseconds of the monotonic clock, which all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import resource
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

FIELDS = ("last_done", "volume", "timestamp", "turnover")
QUIET_S = 1.0


def symbols(count: int) -> list[str]:
    """The symbols of the bench."""
    return [f"U{number:04d}.US" for number in range(1, count + 1)]


class Meter:
    """Counts pushes and keeps how late they were."""

    def __init__(self) -> None:
        self.count = 0
        self.first = self.last = 0.0
        self.late_us: list[float] = []

    def take(self, sent_us: float) -> None:
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.count += 1
        self.late_us.append(self.last * 1e6 - sent_us)


def measure(count: Callable[[], int], report: Callable[[], dict[str, Any]]) -> None:
    """Say that all is ready, wait until it is over, and print what there was."""
    print("ready", flush=True)
    sys.stdin.readline()
    begun, before = cpu(), -1
    while not count() or before != count():
        before = count()
        time.sleep(QUIET_S)
    used = cpu() - begun
    status = Path("/proc/self/status").read_text().splitlines()  # getrusage knows the parent's peak, too
    peak_mb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) / 1024
    print(json.dumps(report() | {"cpu_s": used, "peak_mb": peak_mb, "count": count()}), flush=True)


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def told(meter: Meter) -> dict[str, Any]:
    return {"seconds": meter.last - meter.first, "late_us": meter.late_us[-200_000:]}


def official(brand: str, wanted: list[str]) -> None:
    """An official SDK: its callback reads four fields of each push."""
    api = importlib.import_module(f"{brand}.openapi")
    meter = Meter()

    def on_quote(symbol: str, event: Any) -> None:
        _ = event.last_done, event.timestamp, event.turnover
        meter.take(event.volume)

    config = api.Config.from_env() if brand == "longport" else api.Config.from_apikey_env()
    quotes = api.QuoteContext(config)
    quotes.set_on_quote(on_quote)
    quotes.subscribe(wanted, [api.SubType.Quote])
    measure(lambda: meter.count, lambda: told(meter))


def table(wanted: list[str]) -> None:
    """Ours: pushes go into the table, of which a listener reads four columns ten times a second."""
    import lpresearch as lp

    with lp.stream(wanted) as live:
        span: list[float] = []

        def listen(changed: list[str]) -> None:
            newest = live.latest
            _ = [newest[name].to_numpy() for name in FIELDS]
            span.append(time.monotonic())

        live.on(listen)
        begun = live.heard

        def report() -> dict[str, Any]:
            frame = live.frame()
            to_wall_s = time.time() - time.monotonic()
            received_us = (frame["received_at"].astype("int64") - to_wall_s * 1e6).to_numpy()
            late = received_us - frame["volume"].astype("float64").to_numpy()
            return {"seconds": span[-1] - span[0], "late_us": late.tolist(), "missed": live.missed}

        measure(lambda: live.heard - begun, report)


def each(wanted: list[str]) -> None:
    """Ours: every push is read in an ``async for``."""
    import lpresearch as lp

    live = lp.stream(wanted)
    meter = Meter()

    async def read() -> None:
        async for push in live:
            _ = push.last_done, push.timestamp, push.turnover  # type: ignore[union-attr]  # quotes are watched only
            meter.take(push.volume)  # type: ignore[union-attr]

    reader = threading.Thread(target=lambda: asyncio.run(read()), daemon=True)
    reader.start()
    measure(lambda: meter.count, lambda: told(meter) | {"missed": live.missed, "dropped": live.dropped})
    live.close()


if __name__ == "__main__":
    who, names = sys.argv[1], symbols(int(sys.argv[2]))
    if who == "table":
        table(names)
    elif who == "each":
        each(names)
    else:
        official(who, names)
