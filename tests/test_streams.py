"""Live quotes: subscriptions counted by symbol, rows merged as the protocol says, listeners told in batches."""

from __future__ import annotations

import asyncio
import threading

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running
from lpresearch.wire.proto import quote_pb2

SUBSCRIBE, UNSUBSCRIBE = 6, 7
WAIT_S = 20.0


def _asked(broker: Running, command: int) -> list[list[str]]:
    """The symbols of each request of a command."""
    kind = quote_pb2.SubscribeRequest if command == SUBSCRIBE else quote_pb2.UnsubscribeRequest
    bodies = [request.body for request in broker.recorded if request.kind == "ws" and request.command == command]
    return [list(kind.FromString(body).symbol) for body in bodies]


@pytest.mark.usefixtures("broker")
def test_latest_has_the_schema_of_quote() -> None:
    with lp.stream(["700.HK", "AAPL.US"]) as live:
        pd.testing.assert_frame_equal(live.latest.iloc[:0], lp.quote(["700.HK", "AAPL.US"]).iloc[:0])
        assert list(live.latest.index) == ["700.HK", "AAPL.US"]


def test_listeners_hear_of_changes_and_latest_follows_the_market(broker: Running, clock: ManualClock) -> None:
    changed: set[str] = set()
    heard = threading.Event()

    def listen(symbols: list[str]) -> None:
        changed.update(symbols)
        if clock.now() > moved_from and "700.HK" in changed and (live.latest["timestamp"] > before)["700.HK"]:
            heard.set()

    moved_from = clock.now()
    with lp.stream(["700.HK", "5.HK"]) as live:
        before = live.latest["timestamp"].max()
        live.on(listen)
        clock.advance(2 * 3600)  # after lunch
        assert heard.wait(WAIT_S)
        truth = broker.market.quote("700.HK")
        assert truth is not None
        assert live.latest["last_done"]["700.HK"] == float(truth.last_done)
        assert len(live.frame()) >= 1


def test_a_symbol_is_subscribed_once_and_unsubscribed_with_its_last_stream(broker: Running) -> None:
    one, two = lp.stream(["700.HK", "5.HK"]), lp.stream(["700.HK", "AAPL.US"])
    assert _asked(broker, SUBSCRIBE) == [["700.HK", "5.HK"], ["AAPL.US"]]
    one.close()
    assert _asked(broker, UNSUBSCRIBE) == [["5.HK"]]
    two.close()
    two.close()
    assert [sorted(symbols) for symbols in _asked(broker, UNSUBSCRIBE)] == [["5.HK"], ["700.HK", "AAPL.US"]]


@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize("failure", [RuntimeError, asyncio.CancelledError, SystemExit])
def test_a_listener_that_fails_does_not_end_the_others(
    clock: ManualClock, caplog: pytest.LogCaptureFixture, failure: type[BaseException]
) -> None:
    heard = threading.Event()

    def fail(_: list[str]) -> None:
        raise failure("mine")

    with lp.stream("700.HK") as live:
        live.on(fail)
        live.on(lambda _: heard.set())
        clock.advance(2 * 3600)
        assert heard.wait(WAIT_S)
    assert "mine" in caplog.text


@pytest.mark.usefixtures("broker")
def test_a_listener_that_is_given_twice_is_ended_once_at_a_time(clock: ManualClock) -> None:
    heard = threading.Semaphore(0)

    def listener(_: list[str]) -> None:
        heard.release()

    with lp.stream("700.HK") as live:
        ends = [live.on(listener), live.on(listener)]
        clock.advance(2 * 3600)
        assert heard.acquire(timeout=WAIT_S)
        assert heard.acquire(timeout=WAIT_S)
        ends[0]()
        while heard.acquire(blocking=False):
            pass
        clock.advance(60)
        assert heard.acquire(timeout=WAIT_S)


@pytest.mark.usefixtures("broker")
def test_pushes_are_iterated_until_the_stream_closes(clock: ManualClock) -> None:
    async def cell() -> list[str]:
        live = await lp.stream.aio("700.HK")
        clock.advance(2 * 3600)
        seen = []
        async for push in live:
            seen.append(push.symbol)
            live.close()
        return seen

    assert asyncio.run(asyncio.wait_for(cell(), WAIT_S))[0] == "700.HK"


@pytest.mark.usefixtures("broker")
def test_a_closed_stream_is_stale_and_says_so() -> None:
    live = lp.stream("700.HK")
    assert not live.stale
    live.close()
    assert live.stale
    assert "closed" in repr(live)


@pytest.mark.usefixtures("broker")
def test_more_symbols_than_the_account_may_watch_are_refused_before_a_request(broker: Running) -> None:
    with pytest.raises(lp.SubscriptionLimit, match=r"501 symbols.*500"):
        lp.stream([f"{number}.HK" for number in range(1, 502)])
    assert _asked(broker, SUBSCRIBE) == []


@pytest.mark.usefixtures("broker")
def test_an_unknown_symbol_opens_nothing(broker: Running) -> None:
    with pytest.raises(lp.SymbolError, match=r"NOPE\.HK"):
        lp.stream(["700.HK", "NOPE.HK"])
    with lp.stream("700.HK"):
        assert _asked(broker, SUBSCRIBE) == [["700.HK"]]


@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize("kinds", [("gossip",), "gossip", 5, [["quote"]], [5], None, ()])
def test_an_unknown_kind_is_refused(kinds: tuple[str, ...]) -> None:
    with pytest.raises(lp.InputError, match="kinds are some of"):
        lp.stream("700.HK", kinds=kinds)


@pytest.mark.usefixtures("broker")
def test_pushes_that_overtake_the_end_of_their_stream_are_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    depth = quote_pb2.PushDepth(symbol="5.HK", sequence=7, ask=[quote_pb2.Depth(price="60", volume=200)])
    brokers = quote_pb2.PushBrokers(symbol="5.HK", ask_brokers=[quote_pb2.Brokers(position=1, broker_ids=[7001])])
    trade = quote_pb2.PushTrade(symbol="5.HK", trade=[quote_pb2.Trade(price="60", volume=200, timestamp=1)])
    quote = quote_pb2.PushQuote(symbol="5.HK", last_done="60")
    with lp.stream("700.HK", kinds=("quote", "depth", "brokers", "trade")):
        for command, push in zip(range(101, 105), (quote, depth, brokers, trade), strict=True):
            take = getattr(lp.session().source, "_take_push")  # noqa: B009 (as the link calls it)
            take(command, push.SerializeToString())
    assert not caplog.records
