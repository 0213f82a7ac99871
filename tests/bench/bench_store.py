"""Reading the candle store beside a NumPy copy, pickle, Feather, Parquet, DuckDB and ArcticDB. Run it as a script.

::

    python -m tests.bench.bench_store [--rivals PYTHON | --without-rivals]

The rivals run in an interpreter that has them: one that is given, or a temporary virtual environment that is made for
them (a minute, from the package index). What it does not have is said to be left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import lpresearch as lp
from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.frames.candles import candle_frame, panel_frame
from lpresearch.history.bars import FIELDS, Floats
from lpresearch.history.store import Store
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import serve

ROUNDS, RIVAL_ROUNDS = 51, 9
MINUTE_BARS, DAILY_BARS, SYMBOLS = 250_000, 1_000, 500
NOW = 1_741_579_200  # Monday 2025-03-10
RIVALS = ("pandas", "pyarrow", "duckdb", "arcticdb")
DICE = np.random.default_rng(7)
CLOSE = FIELDS.index("close")
Table = dict[str, float | None]


def median_ms(call: Callable[[], object]) -> float:
    """The median of several rounds, in milliseconds, after a warm one."""
    call()
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times)


def key(code: int, period: Period) -> SeriesKey:
    """A series of the bench."""
    return SeriesKey("bench", Symbol(f"{code}.HK"), period)


def filled(store: Store, series: SeriesKey, count: int) -> NDArray[np.float64]:
    """Store the newest ``count`` bars that the calendar expects, at random prices."""
    calendar = MarketCalendar(series.symbol.market)
    years = 5 if count < 5000 else 4
    starts = calendar.starts(series.period, series.sessions, NOW - years * 366 * 86_400, NOW)[-count:]
    bars = DICE.uniform(100, 200, (len(FIELDS), starts.size)).round(2)
    bars[0], bars[-1] = starts, 0
    store.write(series, bars, Interval(int(starts[0]), NOW))
    return bars


def minutes_table(store: Store) -> tuple[Table, NDArray[np.float64]]:
    """Reading a quarter of a million minutes: the copy first, to which the others are compared."""
    series = key(1, Period.MIN_1)
    bars = filled(store, series, MINUTE_BARS)

    def frame() -> object:
        covered = store.coverage(series)
        matrix = store.read(series, 0, NOW, relied_on=covered)
        return candle_frame(matrix, symbol="1.HK", period=Period.MIN_1)

    def cold() -> None:
        fresh = Store(store.cache)
        fresh.read(series, 0, NOW)
        fresh.close()

    return {
        "NumPy copy of the same bytes": median_ms(bars.copy),
        "lpresearch: store to bar matrix": median_ms(lambda: store.read(series, 0, NOW)),
        "lpresearch: store to DataFrame": median_ms(frame),
        "lpresearch: new process, checksums verified": median_ms(cold),
    }, bars


def panel_table(store: Store) -> tuple[Table, NDArray[np.float64]]:
    """One field of many daily series side by side."""
    keys = [key(code, Period.DAY) for code in range(1, SYMBOLS + 1)]
    bars = [filled(store, series, DAILY_BARS) for series in keys]

    def frame() -> object:
        rows = store.rows(keys, CLOSE, bars[0][0, 0], NOW, complete=True)
        by_symbol: dict[str, tuple[Floats, Floats]] = {series.symbol: of for series, of in rows.items()}
        return panel_frame(by_symbol, field="close", period=Period.DAY)

    closes = np.stack([bars[0][0], *(one[CLOSE] for one in bars)])
    return {
        "lpresearch: store to DataFrame": median_ms(frame),
        "lpresearch: store alone": median_ms(lambda: store.rows(keys, CLOSE, 0, NOW)),
    }, closes


def calls_table() -> Table:
    """Whole public calls, warm."""
    with serve(seed=7, clock=ManualClock(float(NOW), "real")) as broker:
        os.environ.update(broker.environment())
        bars = lp.candles("700.HK", start="2020-06-01", end="2024-06-28")
        span = {"start": f"{bars.index[0]:%Y-%m-%d}", "end": f"{bars.index[DAILY_BARS - 1]:%Y-%m-%d}"}
        assert len(lp.candles("700.HK", start=span["start"], end=span["end"])) == DAILY_BARS
        one = median_ms(lambda: lp.candles("700.HK", start=span["start"], end=span["end"]))
        lp.disconnect()
    return {f"lpresearch: candles() of {DAILY_BARS} daily bars": one}


@contextmanager
def rivals(python: str) -> Iterator[str]:
    """An interpreter that has them; a temporary one where none is given."""
    if python:
        yield python
        return
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        made = str(Path(folder, "Scripts" if os.name == "nt" else "bin", "python"))
        subprocess.run([made, "-m", "pip", "install", "-q", *RIVALS], check=True)
        yield made


def rival_tables(python: str, folder: Path) -> dict[str, Table]:
    """The medians of the others, on the same bars."""
    program = str(Path(__file__).with_name("store_rivals.py"))
    with rivals(python) as made:
        run = subprocess.run([made, program, str(folder), str(RIVAL_ROUNDS)], stdout=subprocess.PIPE, check=True)
    times = json.loads(run.stdout)
    return {what: {name: of and statistics.median(of) for name, of in all_of.items()} for what, all_of in times.items()}


def print_table(title: str, table: Table, unit: float) -> None:
    """Milliseconds and ratios to a unit."""
    print(f"\n{title}")
    for name, value in table.items():
        print(
            f"  {name:<46}" + ("left out: not installed" if value is None else f"{value:9.2f} ms{value / unit:8.1f} x")
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rivals", metavar="PYTHON", default="", help=f"an interpreter with {', '.join(RIVALS)}")
    parser.add_argument("--without-rivals", action="store_true", help="this interpreter, with what it has")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ.update({"LPRESEARCH_CACHE_DIR": f"{name}/cache", "LPRESEARCH_STATE_DIR": f"{name}/state"})
        store = Store(Path(name, "store"))
        (minutes, bars), (panel, closes) = minutes_table(store), panel_table(store)
        store.close()
        np.save(f"{name}/minutes.npy", bars)
        np.save(f"{name}/closes.npy", closes)
        others = rival_tables(sys.executable if given.without_rivals else given.rivals, Path(name))
        calls = calls_table()
    copy, ours = (of for of in (next(iter(minutes.values())), next(iter(panel.values()))) if of)
    print_table(f"{MINUTE_BARS} one-minute bars; x copy", minutes | others["minutes"], copy)
    print_table(f"panel of {SYMBOLS} symbols, {DAILY_BARS} daily closes; x lpresearch", panel | others["panel"], ours)
    print_table("whole calls", calls, 1.0)


if __name__ == "__main__":
    main()
