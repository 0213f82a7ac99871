"""What the simulated market takes for its usual answers. Run: ``python tests/bench/bench_sim_market.py``."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from datetime import date
from functools import partial

from lpresearch.base.model import Period, Sessions
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.market.instruments import LISTINGS, Kind
from lpresearch.sim.market.market import Market

NOW = 1_795_233_300  # Saturday 2026-11-21, 11:55 in Hong Kong
DAY_S = 86_400
OLD = [
    symbol
    for symbol, listing in LISTINGS.items()
    if listing.kind is Kind.STOCK and not listing.halted_from and (listing.listing_date or date.max).year < 2015
]


def median_ms(calls: Iterable[Callable[[], object]]) -> float:
    """The median of the calls, each made once, in milliseconds."""
    times = []
    for call in calls:
        begin = time.perf_counter()
        call()
        times.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(times)


def main() -> None:
    """Print the table."""
    clock = ManualClock(NOW)
    market = Market(7, clock)
    for symbol in ("HSI.HK", ".DJI.US"):  # calendars and market factors are shared by all
        market.quote(symbol)
    regular = Sessions.REGULAR

    def days(symbol: str) -> object:
        return market.bars(symbol, Period.DAY, regular, 0, NOW + 1, limit=1000)

    def minutes(symbol: str, back: int) -> object:
        start = NOW - back * DAY_S
        return market.bars(symbol, Period.MIN_1, regular, start, start + DAY_S)

    def tick(symbol: str) -> object:
        clock.advance(0.01)
        return market.quote(symbol)

    some = OLD[:40]
    rows = [
        ("1000 daily bars, cold", median_ms(partial(days, symbol) for symbol in some)),
        ("1000 daily bars, again", median_ms(partial(days, symbol) for symbol in some)),
        ("one day of minutes, any day", median_ms(partial(minutes, some[n % 40], 30 + 7 * n) for n in range(200))),
        ("a quote, first of the day", median_ms(partial(tick, symbol) for symbol in some)),
        ("a quote, live", median_ms(partial(tick, some[n % 40]) for n in range(2000))),
        ("a book, live", median_ms(partial(market.depth, some[n % 40]) for n in range(400))),
    ]
    for name, value in rows:
        print(f"{name:<32}{value:>9.3f} ms")


if __name__ == "__main__":
    main()
