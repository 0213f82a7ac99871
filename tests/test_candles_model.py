"""Any order of requests, restarts, damage and passing time gives what the market says, and asks no more than needed."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.markets import MARKETS, Market
from lpresearch.base.model import Period, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running

NEWEST, HISTORY = 19, 27
SYMBOLS = ("700.HK", "AAPL.US", "600519.SH")
PERIODS = ("1m", "5m", "60m", "1d", "1d", "1w", "1M")
FIRST_DAYS = {Market.HK: date(2004, 6, 1), Market.US: date(2010, 6, 1), Market.CN: date(1999, 11, 1)}  # 5.1
STEP_HOURS = (0.01, 0.5, 3, 20, 26, 72, 500)


@dataclass(frozen=True)
class Call:
    """One request, as a user writes it."""

    symbol: str
    period: str
    start: date | None
    end: date | None
    count: int | None
    sessions: str

    def run(self) -> pd.DataFrame:
        return lp.candles(
            self.symbol, self.period, start=self.start, end=self.end, count=self.count, sessions=self.sessions
        )

    def truth(self, broker: Running, now: float) -> np.ndarray:
        """What the market has of it, counted from the end or the start as asked."""
        zone = ZoneInfo(MARKETS[Symbol(self.symbol).market].zone)
        period = Period(self.period)
        reach = timedelta(days=90 if period.minutes else 9000)
        start = self.start or (self.end or datetime.fromtimestamp(now, zone).date()) - reach
        if not period.minutes:
            start = max(start, FIRST_DAYS[Symbol(self.symbol).market])
        end = self.end or ((start + reach) if self.start and self.count else date(2100, 1, 1))
        span = (
            datetime.combine(start, datetime.min.time(), zone).timestamp(),
            min(datetime.combine(end + timedelta(days=1), datetime.min.time(), zone).timestamp(), int(now) + 1),
        )
        bars = broker.market.bars(self.symbol, period, Sessions(self.sessions), *span)
        if self.count is None:
            return bars
        return bars[:, : self.count] if self.start else bars[:, -self.count :]


def _any_call(dice: random.Random, now: float) -> Call:
    symbol, period = dice.choice(SYMBOLS), dice.choice(PERIODS)
    minutes = Period(period).minutes is not None
    today = datetime.fromtimestamp(now, ZoneInfo("America/New_York")).date() - timedelta(days=1)
    earliest = date(2024, 1, 2) if minutes else date(2012, 1, 2)
    first = earliest + timedelta(days=dice.randrange((today - earliest).days))
    last = min(first + timedelta(days=dice.randrange(1, 9 if minutes else 900)), today)
    kind = dice.choice(("span", "span", "span", "newest", "from", "up to"))
    start = first if kind in ("span", "from") else None
    end = last if kind in ("span", "up to") else None
    count = None if kind == "span" else dice.randrange(1, 200 if minutes else 900)
    sessions = "all" if minutes and symbol.endswith("US") and dice.random() < 0.3 else "regular"
    return Call(symbol, period, start, end, count, sessions)


def _disturb(dice: random.Random, clock: ManualClock, cache: Path) -> None:
    """Time passes, a kernel restarts, a file is damaged, the cache is deleted: or nothing."""
    what = dice.random()
    if what < 0.25:
        clock.advance(3600 * dice.choice(STEP_HOURS))
        lp.disconnect()
    elif what < 0.35:
        lp.disconnect()
    elif what < 0.4 and (files := sorted(cache.rglob("*.npy"))):
        damaged = dice.choice(files)
        damaged.write_bytes(damaged.read_bytes()[: -dice.randrange(1, 200)])
    elif what < 0.42:
        shutil.rmtree(cache, ignore_errors=True)


def _walk(seed: int, steps: int, broker: Running, clock: ManualClock, cache: Path) -> None:
    dice = random.Random(seed)
    done: list[Call] = []
    for step in range(steps):
        _disturb(dice, clock, cache)
        call = dice.choice(done) if done and dice.random() < 0.3 else _any_call(dice, clock.now())
        done.append(call)
        bars, truth, told = call.run(), call.truth(broker, clock.now()), f"seed {seed}, step {step}: {call}"
        np.testing.assert_array_equal(pd.DatetimeIndex(bars.index).as_unit("s").asi8, truth[0], told)
        np.testing.assert_array_equal(bars.iloc[:, :6].to_numpy(np.float64), truth[1:7].T, told)
        asked = _candlesticks(broker)
        call.run()
        again = _candlesticks(broker)[len(asked) :]
        assert again in _permitted(call, clock.now(), forming=bars.attrs["lpresearch"]["forming"]), told
        assert set(lp.quota().symbols) <= set(_history_symbols(broker))


def _permitted(call: Call, now: float, *, forming: bool) -> list[list[int]]:
    """No call over final bars. Between the day change and the open the day may have a bar already, or not yet."""
    local = datetime.fromtimestamp(now, ZoneInfo(MARKETS[Symbol(call.symbol).market].zone))
    if not forming and 8 * 60 <= local.hour * 60 + local.minute <= 9 * 60 + 30:
        return [[], [NEWEST]]
    return [[NEWEST]] if forming else [[]]


def _candlesticks(broker: Running) -> list[int]:
    return [
        request.command for request in broker.recorded if request.kind == "ws" and request.command in (NEWEST, HISTORY)
    ]


def _history_symbols(broker: Running) -> list[str]:
    from lpresearch.wire.proto import quote_pb2

    bodies = [request.body for request in broker.recorded if request.kind == "ws" and request.command == HISTORY]
    return [quote_pb2.SecurityHistoryCandlestickRequest.FromString(body).symbol for body in bodies]


Walk = Callable[[int, int], None]


@pytest.fixture
def walk(broker: Running, clock: ManualClock, tmp_path: Path) -> Walk:
    """A walk of so many steps by a seed."""
    return lambda seed, steps: _walk(seed, steps, broker, clock, tmp_path / "lpresearch-cache")


def test_a_walk_of_requests_always_gives_what_the_market_says(walk: Walk) -> None:
    walk(1, 15)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [2, *(pytest.param(seed, marks=pytest.mark.soak) for seed in range(3, 12))])
def test_a_long_walk_of_requests_always_gives_what_the_market_says(walk: Walk, seed: int) -> None:
    walk(seed, 80)
