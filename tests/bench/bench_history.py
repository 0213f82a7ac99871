"""A reply of 1000 bars to a DataFrame: lpresearch beside both official SDKs on one server. Run it as a script.

::

    python -m tests.bench.bench_history

The server is a process of its own and answers from memory, so that it is not what is measured. No pace is kept.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

import lpresearch as lp
from lpresearch.base.model import Adjust, AnchorPage, Period, Sessions
from lpresearch.base.source import Pace
from lpresearch.base.symbols import Symbol
from lpresearch.frames.candles import candle_frame
from lpresearch.sources import longport_facts, longport_pulls
from tests.bench.sdk_history import CALLS, IN_FLIGHT, milliseconds
from tests.bench.turns import serve_from_memory, take_turns

TURNS, ROUNDS = 3, 25
NOW = 1_741_579_200.0  # Monday 2025-03-10
HISTORY = 27
SYMBOL = Symbol("700.HK")


def ours() -> dict[str, list[float]]:
    """The times of our client, as ``sdk_history`` takes them; of the documented pace only the keeping is left."""
    at_will = Pace(calls=10**6, per_s=1.0)
    unpaced = replace(longport_facts.CAPS, quote_pace=at_will, history_pace=at_will)
    setattr(longport_pulls, "CAPS", unpaced)  # noqa: B010 (for this program only, behind the back of the types)
    lp.connect()
    session = lp.session()
    series = SYMBOL, Period.DAY, Adjust.NONE, Sessions.REGULAR
    page = AnchorPage(date(2024, 12, 31), "", forward=False, count=1000)

    def frame() -> pd.DataFrame:
        bars = session.io(session.source.history_bars(*series, page)).block()
        return candle_frame(bars, symbol=SYMBOL, period=Period.DAY, sessions=Sessions.REGULAR)

    async def replies() -> list[pd.DataFrame]:
        permits = asyncio.Semaphore(IN_FLIGHT)

        async def one() -> pd.DataFrame:
            async with permits:
                bars = await session.source.history_bars(*series, page)
            return candle_frame(bars, symbol=SYMBOL, period=Period.DAY, sessions=Sessions.REGULAR)

        return list(await asyncio.gather(*(one() for _ in range(CALLS))))

    assert len(frame()) == 1000
    times = {
        "one": milliseconds(frame, ROUNDS),
        "many": milliseconds(lambda: session.io(replies()).block(), ROUNDS // 5),
    }
    lp.disconnect()
    return times


def main() -> None:
    """Print the table. The clients take turns, so that a busy machine is no client's alone."""
    program = [sys.executable, "-m", "tests.bench.bench_history"]
    sdk = [sys.executable, str(Path(__file__).with_name("sdk_history.py"))]
    clients = {
        "lpresearch": [*program, "ours"],
        "longport": [*sdk, "longport", str(ROUNDS)],
        "longbridge": [*sdk, "longbridge", str(ROUNDS)],
    }
    times = take_turns([*program, "serve"], clients, measures=("one", "many"), turns=TURNS, settings={})
    print(f"{'client':<14}{'1 reply':>12}{'ratio':>8}{f'{CALLS} calls, {IN_FLIGHT} in flight':>30}{'ratio':>8}")
    medians = {name: {what: statistics.median(all_of) for what, all_of in of.items()} for name, of in times.items()}
    for name, of in medians.items():
        one, many = (of[what] / medians["lpresearch"][what] for what in ("one", "many"))
        print(f"{name:<14}{of['one']:>9.2f} ms{one:>8.1f}{of['many']:>27.0f} ms{many:>8.1f}")


ROLES: dict[str, Callable[[], None]] = {
    "serve": lambda: serve_from_memory(HISTORY, now=NOW, history_quota=1000),
    "ours": lambda: print(json.dumps(ours())),
}
if __name__ == "__main__":
    ROLES.get(" ".join(sys.argv[1:]), main)()
