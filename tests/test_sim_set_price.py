"""A price that is set: everything shows it at once, nothing before it changes, and the path goes on from there."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpresearch.base.errors import InputError, SymbolError
from lpresearch.base.markets import MARKETS
from lpresearch.base.model import Period, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.clock import ClockKind, ManualClock
from lpresearch.sim.market.instruments import LISTINGS
from lpresearch.sim.market.market import Market
from tests.test_sim_market import CLOSE, HIGH, OPEN, SESSION, STAMP, TURNOVER, VOLUME, Floats, joined, on_tick

DAY_S = 86_400.0
# A morning in which Hong Kong trades, and one of New York.
MORNINGS = {"HK": datetime(2026, 11, 18, 10, 20, 30), "US": datetime(2026, 11, 18, 11, 5, 42)}


class Bench:
    """A market on a clock that a test moves."""

    def __init__(self, symbol: str, kind: ClockKind = ClockKind.REAL, *, seconds: float = 0.0, seed: int = 40) -> None:
        self.symbol = symbol
        region = Symbol(symbol).market
        self.zone = ZoneInfo(MARKETS[region].zone)
        start = MORNINGS[region].replace(tzinfo=self.zone).timestamp() + seconds
        self.midnight = start - (start - datetime(2026, 11, 18, tzinfo=self.zone).timestamp())
        self.clock = ManualClock(start, kind)
        self.market = Market(seed, self.clock)

    @property
    def last(self) -> Decimal:
        return self.market.last_price(self.symbol)

    def set(self, percent: int) -> Decimal:
        """Set the price some percent away from the last one, on a tick; returns it."""
        wished = self.last * (100 + percent) / 100
        tick = self.market.tick(self.symbol, wished)
        price = wished // tick * tick
        self.market.set_price(self.symbol, price)
        return price

    def bars(self, period: Period, *, days: float = 1.0, symbol: str = "") -> Floats:
        """Those since so many days before the day's midnight, up to now."""
        start = self.midnight - (days - 1) * DAY_S
        return self.market.bars(symbol or self.symbol, period, Sessions.REGULAR, start, self.clock.now() + 1)

    def check(self) -> None:
        """Quote, bars, trades, line and depth agree with each other."""
        symbol, now = self.symbol, self.clock.now()
        quote = self.market.quote(symbol)
        minutes, (day,) = self.bars(Period.MIN_1), self.bars(Period.DAY).T
        assert day[OPEN:SESSION].tolist() == joined(minutes)
        assert [float(value) for value in (quote.open, quote.high, quote.low, quote.last_done)] == day[1:5].tolist()
        assert quote.volume == day[VOLUME]
        assert float(quote.turnover or 0) == pytest.approx(day[TURNOVER])
        assert quote.low <= quote.last_done <= quote.high
        fives = self.bars(Period.MIN_5)
        for bar, end in zip(fives.T, [*fives[STAMP, 1:].tolist(), np.inf], strict=True):
            inside = minutes[:, (minutes[STAMP] >= bar[STAMP]) & (minutes[STAMP] < end)]
            assert bar[OPEN:SESSION].tolist() == joined(inside)
        for bar in minutes[:, -3:].T:
            until = min(now, bar[STAMP] + 59.999)
            trades = self.market.trades(symbol, after=bar[STAMP] - 0.001, until=until, limit=2000)
            prices = [float(trade.price) for trade in trades]
            assert (prices[0], max(prices), min(prices), prices[-1]) == tuple(bar[OPEN : CLOSE + 1].tolist())
            assert sum(trade.volume for trade in trades) == bar[VOLUME]
            assert all(on_tick(symbol, price) for price in prices)
        asks, bids = self.market.depth(symbol)
        assert bids[0].price <= quote.last_done <= asks[0].price
        line = self.market.intraday(symbol, Sessions.REGULAR)
        assert (line[-1].price, sum(point.volume for point in line)) == (quote.last_done, quote.volume)


symbols = st.sampled_from(("700.HK", "2800.HK", "AAPL.US", "TSLL.US"))


@settings(max_examples=25, deadline=None)
@given(symbols, st.sampled_from(list(ClockKind)), st.integers(0, 3600), st.integers(-60, 150))
def test_everything_shows_the_price_at_once_and_agrees(
    symbol: str, kind: ClockKind, seconds: int, percent: int
) -> None:
    bench = Bench(symbol, kind, seconds=seconds)
    price = bench.set(percent)
    assert bench.last == price
    assert bench.market.quote(symbol).last_done == price
    assert bench.market.trades(symbol, limit=1)[0].price == price
    bench.check()


@settings(max_examples=15, deadline=None)
@given(symbols, st.lists(st.tuples(st.integers(-40, 60), st.floats(0.5, 400)), min_size=1, max_size=5))
def test_it_goes_on_from_there_however_often_it_is_set(symbol: str, steps: list[tuple[int, float]]) -> None:
    bench = Bench(symbol)
    for percent, seconds in steps:
        price = bench.set(percent)
        assert bench.last == price
        bench.clock.advance(seconds)
        bench.check()
        assert abs(float(bench.last / price) - 1) < 0.1


@settings(max_examples=15, deadline=None)
@given(symbols, st.integers(-40, 60))
def test_nothing_before_it_changes(symbol: str, percent: int) -> None:
    bench = Bench(symbol)
    now = bench.clock.now()
    before = bench.bars(Period.MIN_1, days=3), bench.bars(Period.DAY, days=300)
    trades = bench.market.trades(symbol, limit=500)
    bench.set(percent)
    after = bench.bars(Period.MIN_1, days=3), bench.bars(Period.DAY, days=300)
    for old, new in zip(before, after, strict=True):
        assert old[:, :-1].tobytes() == new[:, :-1].tobytes()
    assert bench.market.trades(symbol, limit=501)[:-1] == trades
    assert bench.clock.now() == now


@pytest.mark.parametrize("kind", list(ClockKind))
def test_the_days_after_begin_where_it_ended(kind: ClockKind) -> None:
    bench, plain = Bench("700.HK", kind), Bench("700.HK", kind)
    bench.set(100)
    for other in (bench, plain):
        other.clock.advance(2 * DAY_S)
        other.midnight += 2 * DAY_S
    bench.check()
    moved, usual = bench.bars(Period.DAY, days=9), plain.bars(Period.DAY, days=9)
    np.testing.assert_array_equal(moved[:, :-3], usual[:, :-3])
    np.testing.assert_allclose(moved[OPEN : CLOSE + 1, -2:], 2 * usual[OPEN : CLOSE + 1, -2:], rtol=0.01)
    assert float(bench.market.quote("700.HK").prev_close) == moved[CLOSE, -2]
    week = bench.bars(Period.WEEK, days=9)[:, -1]
    assert week[HIGH] == moved[HIGH, -3:].max()


def test_where_nothing_trades_the_next_trade_is_at_the_price() -> None:
    for seconds, opens in ((2.5 * 3600, "13:00"), (5.72 * 3600, "16:00"), (8 * 3600, "09:30")):  # lunch, auction, night
        bench = Bench("700.HK", seconds=seconds)
        before = bench.last
        price = bench.set(25)
        assert bench.last == before
        bench.clock.advance(20 * 3600)
        bench.midnight += DAY_S * (bench.clock.now() > bench.midnight + DAY_S)
        minutes = bench.bars(Period.MIN_1, days=2)
        times = [f"{datetime.fromtimestamp(stamp, bench.zone):%d %H:%M}" for stamp in minutes[STAMP].tolist()]
        day = "19" if opens == "09:30" else "18"
        assert minutes[OPEN, times.index(f"{day} {opens}")] == float(price)
        assert minutes[HIGH, : times.index(f"{day} {opens}")].max() < float(price)


def test_the_same_calls_give_the_same_bytes() -> None:
    made = []
    for asked in (False, True):
        bench = Bench("700.HK")
        bench.set(10)
        bench.clock.advance(30)
        if asked:
            bench.check()
        bench.set(-5)
        bench.clock.advance(3 * 3600)
        made.append((bench.bars(Period.MIN_1).tobytes(), bench.market.trades("700.HK", limit=1000)))
    assert made[0] == made[1]


def test_a_price_set_on_a_clock_that_went_back_replaces_what_came_later() -> None:
    bench, plain = Bench("700.HK"), Bench("700.HK")
    bench.clock.advance(600)
    bench.set(50)
    bench.clock.advance(-600)
    for other in (bench, plain):
        other.set(10)
        other.clock.advance(900)
    assert bench.bars(Period.MIN_1).tobytes() == plain.bars(Period.MIN_1).tobytes()


@pytest.mark.parametrize(
    ("symbol", "price", "told"),
    [
        ("700.HK", "0", r"price='0': a price is a number above zero"),
        ("700.HK", "-5", "price='-5'"),
        ("700.HK", "nan", "price='nan'"),
        ("700.HK", "ten", "price='ten'"),
        ("700.HK", "500.33", r"price='500.33': 700.HK trades in steps of 0.5 there. Near: 500.0 or 500.5"),
        ("700.HK", "5000000", "it is not within 1000 times of"),
        ("13447.HK", "0.1", "symbol='13447.HK': its price follows its underlying. Set "),
        ("NOPE.US", "1", "symbol='NOPE.US': it is not listed here"),
        ("GOOG.US", "1", "symbol='GOOG.US': its bars are your own"),
    ],
)
def test_what_cannot_be_set_is_refused_with_the_rule(tmp_path: Path, symbol: str, price: str, told: str) -> None:
    (tmp_path / "GOOG.US.csv").write_text("timestamp,open,high,low,close,volume\n2026-11-17,1,1,1,1,1\n")
    market = Market(40, Bench("700.HK").clock, bars_dir=tmp_path)
    with pytest.raises(InputError, match=told) as caught:
        market.set_price(symbol, price)
    assert isinstance(caught.value, SymbolError) == (symbol == "NOPE.US")


def test_a_security_that_trades_no_more_cannot_be_set() -> None:
    halted = next(symbol for symbol, listing in LISTINGS.items() if listing.halted_from and not listing.contract)
    with pytest.raises(InputError, match="does not trade any more"):
        Bench("700.HK").market.set_price(halted, "1")
