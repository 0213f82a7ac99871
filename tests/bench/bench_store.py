"""Reading the candle store beside a plain NumPy copy of the same bytes. Run: ``python tests/bench/bench_store.py``."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.history.store import Store

ROUNDS = 51
MINUTE_BARS = 250_000
DAILY_BARS = 1_000
NOW = 1_752_300_000  # Saturday 2025-07-12


def median_ms(call: Callable[[], object]) -> float:
    """The median of several rounds, in milliseconds, after a warm one."""
    call()
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times)


def filled(store: Store, key: SeriesKey, count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Store the newest ``count`` bars that the calendar expects, at random prices."""
    calendar = MarketCalendar(key.symbol.market)
    starts = calendar.starts(key.period, key.sessions, NOW - 1200 * 86_400 * (4 if count < 5000 else 1), NOW)[-count:]
    bars = np.random.default_rng(7).uniform(100, 200, (8, starts.size))
    bars[0] = starts
    store.write(key, bars, Interval(int(starts[0]), NOW))
    return bars


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        minutes = SeriesKey("bench", Symbol("700.HK"), Period.MIN_1)
        daily = SeriesKey("bench", Symbol("700.HK"), Period.DAY)
        bars = filled(store, minutes, MINUTE_BARS)
        copy = median_ms(bars.copy)
        read = median_ms(lambda: store.read(minutes, 0, NOW))
        rows = [(f"copy of {bars.shape[1]} bars in memory", copy), ("the same from the store, files open", read)]

        def cold() -> None:
            fresh = Store(Path(folder))
            fresh.read(minutes, 0, NOW)
            fresh.close()

        rows.append(("the same by a new process: open, verify, read", median_ms(cold)))
        stored = filled(store, daily, DAILY_BARS)
        middle, end = float(stored[0, 0]), float(NOW)
        rows.append(("coverage of 1000 daily bars", median_ms(lambda: store.coverage(daily))))
        rows.append(("slice of 1000 daily bars", median_ms(lambda: store.read(daily, middle, end))))
        rows.append(("since when the newest 1000", median_ms(lambda: store.newest_start(daily, DAILY_BARS))))
        for name, value in rows:
            print(f"{name:<50}{value:>9.3f} ms {value / copy:>7.2f} x copy")
        store.close()


if __name__ == "__main__":
    main()
