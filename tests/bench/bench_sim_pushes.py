"""How fast the simulator pushes quotes of 500 symbols to one official SDK, and whether any is lost on the way.

Run from the root of the repository: ``python -m tests.bench.bench_sim_pushes``, with both SDKs installed.

The bound: 5,000 pushes a second in all, every one of them heard. Then the highest rate, with no pace at all. Exit code
1 where a push is lost or the pace is not kept.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass

from lpresearch.sim import Limits, Running, serve

SYMBOLS = 500
RATE, SECONDS = 5_000.0, 20.0
NO_PACE, SHORT_S = 1_000_000.0, 10.0
KEPT = 0.98  # of the rate: the rest is what begins and ends
GOOD_BYE = 1  # packet to the one link
BRANDS = ("longport", "longbridge")

#: Counts what it hears until nothing more comes. An SDK drops what is on its way when it unsubscribes, so it does not.
LISTENER = """
import importlib, json, sys, time
api = importlib.import_module(sys.argv[1] + ".openapi")
symbols = [f"U{number:04d}.US" for number in range(1, int(sys.argv[2]) + 1)]
heard, told = [0], set()

def on_quote(symbol, event):
    heard[0] += 1
    told.add(symbol)

config = api.Config.from_env() if sys.argv[1] == "longport" else api.Config.from_apikey_env()
quotes = api.QuoteContext(config)
quotes.set_on_quote(on_quote)
quotes.subscribe(symbols, [api.SubType.Quote])
while len(told) < len(symbols):  # the first quote of a symbol takes some milliseconds
    time.sleep(0.1)
print("ready", flush=True)
sys.stdin.readline()
before = -1
while before != heard[0]:
    before = heard[0]
    time.sleep(1.0)
print(json.dumps([heard[0], len(told)]), flush=True)
"""


@dataclass(frozen=True)
class Heard:
    """What one run came to."""

    pushed: int
    heard: int
    symbols: int
    per_s: float
    core: float  # of the server and this process, which only waits

    @property
    def lost(self) -> int:
        """Pushes that did not arrive."""
        return self.pushed - self.heard


def listen(brand: str, rate: float, seconds: float) -> Heard:
    """Let an SDK listen for some time."""
    limits = Limits(
        pulls_per_s=None, pulls_at_once=None, address_calls_per_s=None, subscriptions=SYMBOLS, pushes_per_s=rate
    )
    with serve(limits=limits, universe=SYMBOLS) as server:
        child = subprocess.Popen(
            [sys.executable, "-c", LISTENER, brand, str(SYMBOLS)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | server.environment() | {f"{brand.upper()}_PRINT_QUOTE_PACKAGES": "false"},
        )
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        first, begin, cpu = pushed(server), time.perf_counter(), time.process_time()
        time.sleep(seconds)
        per_s = (pushed(server) - first) / (time.perf_counter() - begin)
        core = (time.process_time() - cpu) / (time.perf_counter() - begin)
        server.close()  # sends all that waits, then says good-bye
        child.stdin.write("\n")
        child.stdin.flush()
        heard, symbols = json.loads(child.stdout.readline())
        child.wait(30)
        return Heard(pushed(server) - GOOD_BYE, heard, symbols, per_s, core)


def pushed(server: Running) -> int:
    """How many pushes went out: all that is sent but for one answer to each request."""
    served = server.served()
    return served.packets_out - served.packets_in


def main() -> int:
    """Print the table; returns whether a bound is broken."""
    broken = False
    print(f"{SYMBOLS} symbols, one client           pushes/s     pushed      heard   lost   core of the server")
    for brand in BRANDS:
        for rate, seconds, name in ((RATE, SECONDS, f"at {RATE:.0f}/s"), (NO_PACE, SHORT_S, "as fast as it can")):
            found = listen(brand, rate, seconds)
            broken |= found.lost != 0 or found.symbols < SYMBOLS or found.per_s < KEPT * RATE
            print(
                f"{brand:10s}  {name:18s}  {found.per_s:10.0f} {found.pushed:10d} {found.heard:10d} {found.lost:6d}"
                f"   {found.core:7.0%}"
            )
    return int(broken)


if __name__ == "__main__":
    raise SystemExit(main())
