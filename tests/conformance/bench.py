"""One server, one official SDK and our client, who make the same calls; every value and every request is kept.

The clock of the market stands still, so that both see the same prices. It moves only for a push that follows a change.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import lpresearch as lp
from lpresearch.base.markets import Market
from lpresearch.calendars.zones import day_of
from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.recorder import Recorded
from tests.conformance.our_calls import Call, Ours, outcome

ROOT = Path(__file__).parents[2]
SLICE = "tests.conformance.sdk_calls"  # the program whose calls our client makes too
BRANDS = ("longport", "longbridge")
START = 1_795_140_600.0  # 2026-11-20 02:10 UTC, a Friday: HK, CN and SG in the morning
HISTORY_QUOTA = 2  # 700.HK and AAPL.US; the third symbol is refused
MOVES = {"first push of depth": 300.0, "unsubscribe": 0.0}  # after which call the clock moves, in seconds from START


@dataclass
class Heard:
    """What one client was answered, and what it sent meanwhile, by the names of the calls."""

    values: dict[str, Any] = field(default_factory=dict)
    requests: dict[str, list[Recorded]] = field(default_factory=dict)


@dataclass(frozen=True)
class Sides:
    """An SDK, our client through its public functions, and our client over the seam."""

    brand: str
    theirs: Heard
    public: Heard
    seam: Heard


@dataclass
class Bench:
    """A running server whose clock stands still."""

    server: Running
    clock: ManualClock

    def parameters(self) -> dict[str, str]:
        """What both clients are told: prices that rest, and dates that the server knows."""
        price = self.server.market.last_price("700.HK")
        tick = self.server.market.tick("700.HK", price)
        today = day_of(Market.HK, self.clock.now())
        return {
            "resting_price": str(price - 20 * tick),
            "other_price": str(price - 18 * tick),
            "us_price": f"{self.server.market.last_price('AAPL.US') - 5:.2f}",
            "today": today.isoformat(),
            "calendar_start": (today - timedelta(days=24)).isoformat(),
            "calendar_end": (today + timedelta(days=3)).isoformat(),
        }

    def keep(self, heard: Heard, name: str, value: Any, *, since: int) -> int:
        """Keep what a call gave and sent; returns how many requests the server has heard now."""
        recorded = self.server.recorded
        heard.values[name], heard.requests[name] = value, recorded[since:]
        if name in MOVES:
            self.clock.advance(START + MOVES[name] - self.clock.now())
        return len(recorded)


@contextmanager
def open_bench() -> Iterator[Bench]:
    """A fresh server."""
    clock = ManualClock(START)
    with serve(clock=clock, limits=Limits.unpaced(), history_quota=HISTORY_QUOTA) as server:
        yield Bench(server, clock)


def run_both(brand: str) -> Sides:
    """A fresh server, first for an SDK and then for our client."""
    with open_bench() as bench:
        theirs = run_sdk(bench, brand)
        ours = Ours(bench.server.environment(), bench.parameters(), theirs.values)
        try:
            return Sides(brand, theirs, make(bench, ours.public()), make(bench, ours.over_the_seam()))
        finally:
            lp.disconnect()


def make(bench: Bench, calls: Iterator[Call]) -> Heard:
    """Let our client make calls."""
    heard, heard_of = Heard(), len(bench.server.recorded)
    for name, work in calls:
        heard_of = bench.keep(heard, name, outcome(work), since=heard_of)
    return heard


def run_sdk(bench: Bench, brand: str, *, settings: Mapping[str, str] | None = None, last: str = "") -> Heard:
    """Let an official SDK make its calls, one at a time.

    Parameters
    ----------
    settings : more variables of its environment.
    last : the call after which it is to end.
    """
    heard, heard_of = Heard(), 0
    with closing(talk(bench.server, SLICE, brand, json.dumps(bench.parameters()), settings=settings)) as calls:
        for name, value in calls:
            heard_of = bench.keep(heard, name, value, since=heard_of)
            if name == last:
                break
    return heard


def talk(
    server: Running, program: str, *arguments: str, settings: Mapping[str, str] | None = None
) -> Generator[tuple[str, Any], None, None]:
    """What a program that drives an SDK tells of its calls; it waits with the next one until it is asked for.

    Parameters
    ----------
    program : the module that it runs.
    settings : more variables of its environment.
    """
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("LONGPORT_", "LONGBRIDGE_"))
    }
    environment |= server.environment() | {
        "LONGPORT_PRINT_QUOTE_PACKAGES": "false",
        "LONGBRIDGE_PRINT_QUOTE_PACKAGES": "false",
        "TZ": "UTC",
    }
    environment |= settings or {}
    with subprocess.Popen(
        [sys.executable, "-m", program, *arguments],
        cwd=ROOT,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        try:
            for line in child.stdout:
                name, value = json.loads(line)
                yield name, value
                child.stdin.write("\n")
                child.stdin.flush()
        finally:
            child.stdin.close()
            code = child.wait(10)
        assert code == 0, child.stderr.read()
