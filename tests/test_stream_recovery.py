"""Streams over losses: everything is subscribed again, stale until it is fresh, and what was missed is filled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

import lpresearch as lp
from lpresearch.base.pushes import Kind
from lpresearch.sim.faults import Fault
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running
from tests.hasty import hasty_session

WAIT_S = 20.0
QUOTE_PUSH, DEPTH_PUSH, TRADE_PUSH = 101, 102, 104


@pytest.fixture(autouse=True)
def _hasty_afternoon(broker: Running, clock: ManualClock) -> Iterator[None]:
    """Half past one in Hong Kong: it trades. A lost link comes back soon."""
    clock.advance(90 * 60)
    with hasty_session(broker):
        yield


def eventually(live: lp.Stream, done: Callable[[], bool]) -> None:
    """Wait until something holds."""
    give_up = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < give_up, live
        threading.Event().wait(0.02)


def pass_time(broker: Running, clock: ManualClock, seconds: float) -> None:
    """Let the market go on, and wait until its server pushed, whatever became of the pushes."""
    pushed = broker.served().packets_out
    clock.advance(seconds)
    give_up = time.monotonic() + WAIT_S
    while broker.served().packets_out == pushed and not broker.faults.happened():
        assert time.monotonic() < give_up, "nothing is pushed"
        threading.Event().wait(0.02)


def follows(live: lp.Stream) -> bool:
    """Whether the newest values are those of a pull, and said to be."""
    if live.stale:
        return False
    quotes, books = live.table("quote"), live.table("depth")
    names = ["last_done", "high", "low", "volume", "timestamp"]
    return quotes[names].equals(lp.quote(live.symbols)[names]) and all(
        lp.depth(symbol).equals(books.loc[symbol]) for symbol in live.symbols
    )


def told_all(live: lp.Stream, broker: Running, begun: float) -> bool:
    """Whether every trade since a moment was told, each once."""
    for symbol in live.symbols:
        truth = broker.market.trades(symbol, after=begun, until=broker.market.now(), limit=100_000)
        told = live.frame("trade")
        told = told[told.index == symbol]
        expected = [(one.timestamp, float(one.price), one.volume) for one in truth]
        stamps = [int(stamp.timestamp()) for stamp in told["timestamp"]]
        if sorted(zip(stamps, told["price"], told["volume"], strict=True)) != sorted(expected):
            return False
    return True


def told_since(live: lp.Stream, moment: float) -> bool:
    """Whether a trade after a moment was told."""
    told = live.frame("trade")["timestamp"]
    return len(told) > 0 and told.max().timestamp() > moment


@pytest.mark.parametrize(
    "faults",
    [
        pytest.param([Fault("drop", on="quote", command=QUOTE_PUSH, nth=2, times=3)], id="dropped quotes"),
        pytest.param([Fault("drop", on="quote", command=DEPTH_PUSH, nth=2, times=3)], id="dropped books"),
        pytest.param([Fault("drop", on="quote", command=TRADE_PUSH, nth=2, times=2)], id="dropped trades"),
        pytest.param([Fault("duplicate", on="quote", times="always")], id="everything twice"),
        pytest.param([Fault("reorder", on="quote", command=TRADE_PUSH, times=3, seconds=0.5)], id="late trades"),
        pytest.param([Fault("reorder", on="quote", command=QUOTE_PUSH, times=3, seconds=0.5)], id="late quotes"),
        pytest.param([Fault("cut", on="quote", command=QUOTE_PUSH, nth=3)], id="a cut"),
        pytest.param([Fault("garble", on="quote", command=QUOTE_PUSH, nth=3)], id="garbage"),
        pytest.param(
            [Fault("cut", on="quote", command=QUOTE_PUSH, nth=3), Fault("refuse_auth", on="quote")],
            id="a cut and a refusal",
        ),
    ],
)
def test_after_a_fault_the_values_are_the_servers_and_every_trade_was_told_once(
    broker: Running, clock: ManualClock, faults: list[Fault]
) -> None:
    with lp.stream(["700.HK", "5.HK"], kinds=("quote", "depth", "trade")) as live:
        begun = clock.now()
        broker.faults.add(*faults)
        for _ in range(6):
            pass_time(broker, clock, 20)
        broker.faults.clear()
        clock.advance(20)
        eventually(live, partial(follows, live))
        eventually(live, partial(told_all, live, broker, begun))


def test_a_lost_link_makes_a_stream_stale_until_it_is_fresh(broker: Running, clock: ManualClock) -> None:
    with lp.stream("700.HK", kinds=Kind) as live:
        broker.faults.add(Fault("cut", on="quote"))
        lost = threading.Event()
        live.on(lambda _: lost.set() if live.stale else None)
        clock.advance(30)
        assert lost.wait(WAIT_S)
        assert "stale" in repr(live)
        eventually(live, lambda: not live.stale)
        assert live.latest.attrs["lpresearch"]["stale"] is False


def test_losses_are_shown(broker: Running, clock: ManualClock) -> None:
    with lp.stream("700.HK", kinds=("trade",)) as live:
        broker.faults.add(Fault("drop", on="quote", command=TRADE_PUSH, nth=3))
        for _ in range(2):
            clock.advance(20)
            eventually(live, partial(told_since, live, clock.now() - 20))
        clock.advance(20)
        eventually(live, lambda: bool(broker.faults.happened()))
        clock.advance(20)
        eventually(live, lambda: live.missed == 1)
        assert "1 missed" in repr(live)


def test_silence_while_the_market_trades_makes_a_stream_stale_until_the_broker_says_that_nothing_happened() -> None:
    with lp.stream("700.HK") as live:
        assert not live.stale
        live._heard_at -= 120.0  # two minutes ago
        assert live.silent_s > 60.0
        assert live.stale
        eventually(live, lambda: not live.stale)


def test_silence_while_the_market_is_closed_means_nothing(clock: ManualClock, broker: Running) -> None:
    clock.advance(6 * 3600)
    with hasty_session(broker), lp.stream("700.HK") as live:
        live._heard_at -= 120.0
        assert live.silent_s == 0.0
        assert not live.stale
