"""What the simulated market takes for its usual answers. Run: ``python tests/bench/bench_sim_market.py``.

The bounds: any day of minutes of any of 500 symbols within five years, and a cold quote, within 10 ms each; at the
permitted 2 history calls a second that leaves the server idle for nearly all the time. Exit code 1 where one is broken.
"""

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
UNIVERSE, FIVE_YEARS, BOUND_MS = 500, 5 * 365, 10.0
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


def main() -> int:
    """Print the table; returns whether a bound is broken."""
    clock = ManualClock(NOW)
    market = Market(7, clock, universe=UNIVERSE)
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
    many = [f"U{number:04d}.US" for number in range(1, UNIVERSE + 1)]
    any_day = (partial(minutes, symbol, 30 + n * 977 % FIVE_YEARS) for n, symbol in enumerate(many))
    bounded = [
        ("a day of minutes, of 500, cold", median_ms(any_day)),
        ("a quote, of 500, cold", median_ms(partial(tick, symbol) for symbol in many)),
    ]
    rows = [
        *bounded,
        ("1000 daily bars, cold", median_ms(partial(days, symbol) for symbol in some)),
        ("1000 daily bars, again", median_ms(partial(days, symbol) for symbol in some)),
        ("one day of minutes, any day", median_ms(partial(minutes, some[n % 40], 30 + 7 * n) for n in range(200))),
        ("a quote, first of the day", median_ms(partial(tick, symbol) for symbol in some)),
        ("a quote, live", median_ms(partial(tick, some[n % 40]) for n in range(2000))),
        ("a book, live", median_ms(partial(market.depth, some[n % 40]) for n in range(400))),
    ]
    for name, value in rows:
        print(f"{name:<32}{value:>9.3f} ms")
    return int(any(value > BOUND_MS for _, value in bounded))


if __name__ == "__main__":
    raise SystemExit(main())
