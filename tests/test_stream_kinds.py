"""Streams of every kind: their newest values are what a pull tells, their pushes are frames of fixed columns."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.pushes import DepthPush, Kind, TradesPush
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running

WAIT_S = 20.0
ALL = tuple(Kind)


@pytest.fixture(autouse=True)
def _afternoon(clock: ManualClock) -> None:
    """Half past one in Hong Kong: it trades."""
    clock.advance(90 * 60)


def eventually(live: lp.Stream, done: Callable[[], bool]) -> None:
    """Wait until something holds, looking whenever the stream tells of a change."""
    heard = threading.Event()
    end = live.on(lambda _: heard.set() if done() else None)
    assert done() or heard.wait(WAIT_S)
    end()


def book(live: lp.Stream, symbol: str) -> pd.DataFrame:
    """The levels of one symbol."""
    levels = live.table("depth").loc[symbol]
    assert isinstance(levels, pd.DataFrame)
    return levels


def arrived(live: lp.Stream, count: int) -> bool:
    return len(live.frame()) >= count


@pytest.mark.usefixtures("broker")
def test_the_newest_values_of_each_kind_are_those_of_a_pull() -> None:
    with lp.stream(["700.HK", "5.HK"], kinds=ALL) as live:
        assert not live.stale
        pd.testing.assert_frame_equal(live.table("quote"), lp.quote(["700.HK", "5.HK"]))
        for symbol in live.symbols:
            pd.testing.assert_frame_equal(book(live, symbol), lp.depth(symbol))
            queues = live.table("brokers").loc[symbol]
            assert sorted(queues["broker_id"]) == sorted(lp.brokers(symbol).reset_index()["broker_id"])
        assert len(live.table("trade")) == 0


def test_the_newest_values_follow_the_market(broker: Running, clock: ManualClock) -> None:
    with lp.stream(["700.HK"], kinds=ALL) as live:
        for _ in range(5):
            clock.advance(60)
            eventually(live, lambda: live.table("quote")["timestamp"].equals(lp.quote("700.HK")["timestamp"]))
        truth = broker.market.quote("700.HK")
        assert truth is not None
        assert live.table("quote")["last_done"].iloc[0] == float(truth.last_done)
        eventually(live, lambda: book(live, "700.HK").equals(lp.depth("700.HK")))
        assert live.missed == live.dropped == 0


def test_every_trade_since_the_subscription_is_told_once(clock: ManualClock, broker: Running) -> None:
    with lp.stream("700.HK", kinds=("trade",)) as live:
        begun = clock.now()
        for _ in range(4):
            clock.advance(30)
            truth = broker.market.trades("700.HK", after=begun, until=clock.now(), limit=10_000)
            eventually(live, partial(arrived, live, len(truth)))
        assert len(truth) > 10
        told = live.frame()
        assert [int(stamp.timestamp()) for stamp in told["timestamp"]] == [one.timestamp for one in truth]
        assert told["price"].tolist() == [float(one.price) for one in truth]
        assert told["volume"].sum() == sum(one.volume for one in truth)
        assert told["sequence"].is_monotonic_increasing


@pytest.mark.usefixtures("broker")
def test_pushes_have_the_same_columns_whether_there_are_any_or_not(clock: ManualClock, tmp_path: Path) -> None:
    with lp.stream("700.HK", kinds=ALL) as live:
        empty = live.frame("trade")
        clock.advance(60)
        eventually(live, lambda: all(len(live.frame(kind)) for kind in ALL))
        for kind in ALL:
            frame = live.frame(kind)
            assert list(frame.columns[:2]) == ["received_at", "sequence"]
            assert set(frame.index) == {"700.HK"}
            live.to_parquet(tmp_path / f"{kind}.parquet", kind)
            written = pd.read_parquet(tmp_path / f"{kind}.parquet")
            pd.testing.assert_frame_equal(written, frame, check_dtype=False, check_index_type=False)
        pd.testing.assert_series_equal(empty.dtypes, live.frame("trade").dtypes)


@pytest.mark.usefixtures("broker")
def test_records_of_all_kinds_are_iterated(clock: ManualClock) -> None:
    async def cell() -> set[str]:
        live = await lp.stream.aio("700.HK", kinds=ALL)
        clock.advance(60)
        seen = set()
        async for push in live:
            assert push.symbol == "700.HK"
            if isinstance(push, DepthPush):
                assert push.bids[0].price < push.asks[0].price
            if isinstance(push, TradesPush):
                assert push.trades
            seen.add(type(push).__name__)
            if len(seen) == len(ALL):
                live.close()
        return seen

    assert len(asyncio.run(asyncio.wait_for(cell(), WAIT_S))) == len(ALL)


@pytest.mark.usefixtures("broker")
def test_a_kind_that_is_not_watched_is_refused_by_name() -> None:
    with lp.stream("700.HK", kinds="depth") as live, pytest.raises(lp.InputError, match=r"quote.*depth"):
        live.table("quote")


@pytest.mark.usefixtures("broker")
def test_a_symbol_without_queues_has_none() -> None:
    with lp.stream("AAPL.US", kinds=("brokers", "quote")) as live:
        assert len(live.table("brokers")) == 0
        assert not live.stale
