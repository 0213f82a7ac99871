"""Live candles: the broker's bars carried on by trades and quotes, confirmed by it, one series with candles()."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.model import Adjust, Period, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.frames.candles import candle_frame
from lpresearch.sim.faults import Fault
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running
from tests.hasty import hasty_session

WAIT_S = 20.0
BAR = ["open", "high", "low", "close", "volume", "turnover"]


@pytest.fixture(autouse=True)
def _hasty_afternoon(broker: Running, clock: ManualClock) -> Iterator[None]:
    """Half past one in Hong Kong: it trades. A lost link comes back soon."""
    clock.advance(90 * 60 + 10)
    with hasty_session(broker):
        yield


def eventually(live: lp.Stream, done: Callable[[], bool]) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < give_up, live.frame("candle").tail(3)
        threading.Event().wait(0.02)


AFTER_LUNCH_S = 2 * 3600.0  # 14:00 in Hong Kong and Shanghai


def of_broker(symbol: str, period: str, count: int) -> pd.DataFrame:
    """The newest candles as the broker tells them now; ``candles()`` goes by a clock that nobody moves."""
    session = lp.session()
    asked = session.source.latest_bars(Symbol(symbol), Period(period), Adjust.NONE, Sessions.REGULAR, count)
    return candle_frame(session.io(asked).block(), symbol=symbol, period=Period(period))


def agrees(live: lp.Stream, symbol: str, period: str) -> bool:
    """Whether the newest candles are those of the broker, to the last trade."""
    told = of_broker(symbol, period, 100)
    mine = live.frame("candle")[BAR].tail(100)
    return mine.index.equals(told.index) and bool((mine - told[BAR]).abs().max().max() < 1e-6 * told["turnover"].max())


@pytest.mark.parametrize(
    ("symbol", "period"),
    [
        ("700.HK", "1m"),
        ("600519.SH", "1m"),  # its volumes count lots
        pytest.param("HSI.HK", "1m", marks=pytest.mark.slow),
        *(pytest.param("700.HK", period, marks=pytest.mark.slow) for period in ("5m", "1d", "1w")),
    ],
)
def test_the_forming_candle_follows_every_trade(clock: ManualClock, symbol: str, period: str) -> None:
    clock.advance(AFTER_LUNCH_S)
    with lp.stream(symbol, kinds=("candle",), period=period) as live:
        for step in (7, 20, 33, 61, 15):
            clock.advance(step)
            eventually(live, lambda: agrees(live, symbol, period))
        assert not live.frame("candle")["confirmed"].iloc[-1]


def test_a_candle_is_confirmed_when_the_broker_told_it_after_its_end(clock: ManualClock) -> None:
    with lp.stream("700.HK", kinds=("candle",), period="1m") as live:
        first = live.frame("candle").index[-1]
        assert not live.frame("candle")["confirmed"].iloc[-1]
        clock.advance(70)
        eventually(live, lambda: bool(live.frame("candle")["confirmed"].get(first)))
        eventually(live, lambda: live.frame("candle").index[-1] > first)
        newest = live.table("candle")
        assert newest["timestamp"].iloc[0] == live.frame("candle").index[-1]
        assert not newest["confirmed"].iloc[0]


def test_live_candles_and_candles_are_one_series(clock: ManualClock) -> None:
    before = lp.candles("700.HK", "1m", count=500)
    with lp.stream("700.HK", kinds=("candle",), period="1m") as live:
        clock.advance(200)
        eventually(live, lambda: agrees(live, "700.HK", "1m"))
        now = live.frame("candle")
    seam = before.index[-2]
    joined = pd.concat([before.loc[:seam], now.loc[now.index > seam, BAR]])
    truth = of_broker("700.HK", "1m", 600).loc[before.index[0] :]
    pd.testing.assert_frame_equal(joined[BAR], truth[BAR], check_freq=False)


def test_after_a_loss_no_trade_is_missing_from_a_candle(broker: Running, clock: ManualClock) -> None:
    with lp.stream("700.HK", kinds=("candle",), period="5m") as live:
        broker.faults.add(Fault("cut", on="quote", command=104))
        clock.advance(20)
        eventually(live, lambda: bool(broker.faults.happened()))
        clock.advance(90)
        eventually(live, lambda: not live.stale and agrees(live, "700.HK", "5m"))
        clock.advance(30)
        eventually(live, lambda: agrees(live, "700.HK", "5m"))


def test_candles_of_several_symbols_stand_below_each_other() -> None:
    with lp.stream(["700.HK", "5.HK"], kinds=("candle", "quote"), period="1m") as live:
        frame = live.frame("candle")
        assert list(frame.index.names) == ["symbol", "timestamp"]
        assert list(live.latest.index) == ["700.HK", "5.HK"]
        assert [*BAR, "confirmed"] == list(frame.columns)


@pytest.mark.parametrize(
    ("kinds", "period", "said"), [(("candle",), None, "need one"), (("quote",), "1m", "only candles")]
)
def test_a_period_belongs_to_candles(kinds: tuple[str, ...], period: str | None, said: str) -> None:
    with pytest.raises(lp.InputError, match=said):
        lp.stream("700.HK", kinds=kinds, period=period)
