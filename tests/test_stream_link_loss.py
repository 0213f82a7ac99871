"""What a lost link does to a stream: no answer from before is taken for the state after, and all is asked again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

import lpresearch as lp
from lpresearch.sim import Fault, Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sources.longport_sides import DepthChannel
from lpresearch.sources.longport_trade_channel import TradeChannel
from lpresearch.wire.proto import quote_pb2 as pb
from tests.chaos import START
from tests.hasty import hasty_session
from tests.test_stream_channels import PULLED, TENCENT, Told, quote, quotes, trade, trades

SUBSCRIBE, PUSH_QUOTE = 6, 101
WAIT_S = 20.0


def wait_until(done: Callable[[], bool]) -> None:
    """Look again and again."""
    until = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def market(clock: ManualClock) -> Iterator[Running]:
    with serve(seed=7, clock=clock, limits=Limits.unpaced()) as running, hasty_session(running, timeout_s=3.0):
        yield running


def subscriptions(market: Running) -> int:
    return sum(heard.command == SUBSCRIBE for heard in market.recorded)


def test_a_quote_that_was_asked_before_the_link_was_lost_stands_above_the_pushes_before_it() -> None:
    channel = quotes(Told())
    channel.begin_fill()
    channel.take(quote(1, last_done="299.0"))
    channel.link_lost()  # the request is sent again on the next link
    channel.fill({**PULLED, "last_done": 305.0})
    assert channel.values()["last_done"] == (305.0,)


def test_an_answer_that_crossed_a_lost_link_leaves_doubt() -> None:
    """It may have been made before the new subscription began."""
    channel = quotes(Told())
    channel.begin_fill()
    channel.link_lost()
    channel.fill(PULLED)
    assert channel.suspect
    channel.begin_fill()
    channel.fill(PULLED)
    assert not channel.suspect


def test_a_whole_push_after_a_lost_link_replaces_a_book_that_was_asked_before() -> None:
    level = pb.Depth(position=1, price="300.0", volume=100, order_num=1)
    deeper = pb.Depth(position=2, price="299.0", volume=100, order_num=1)
    book = DepthChannel(TENCENT, lambda: None)
    book.begin_fill()
    book.link_lost()
    book.fill([level, deeper], [])
    assert book.suspect
    book.take(pb.PushDepth(symbol=TENCENT, sequence=1, bid=[level]).SerializeToString())
    assert list(book.values()["position"]) == [1]


def test_trades_between_an_answer_and_the_new_subscription_are_asked_for() -> None:
    told = Told()
    channel = TradeChannel(TENCENT, told.doubt, since=100.0)
    channel.listeners = (told,)
    channel.take(trades(1, trade(101)))
    channel.link_lost()
    channel.begin_fill()
    channel.link_lost()
    channel.fill([trade(101), trade(102)])
    channel.take(trades(1, trade(105)))
    assert channel.suspect
    channel.begin_fill()
    channel.fill([trade(101), trade(102), trade(103), trade(105)])
    seconds = [one.timestamp for body in told.bodies for one in pb.PushTrade.FromString(body).trade]
    assert sorted(seconds) == [101, 102, 103, 105]
    assert not channel.suspect


def test_a_subscription_that_is_refused_when_the_link_is_back_is_asked_again(
    market: Running, clock: ManualClock
) -> None:
    with lp.stream(TENCENT) as live:
        error = Fault("refuse", command=SUBSCRIBE, status=7, code=301602, message="server error", times=2)
        market.faults.add(Fault("cut", command=PUSH_QUOTE), error)
        clock.advance(20)
        wait_until(lambda: subscriptions(market) == 4)
        clock.advance(20)
        wait_until(lambda: not live.stale and live.latest.equals(lp.quote([TENCENT])))


def test_a_stream_can_be_closed_while_the_link_is_down(market: Running) -> None:
    live = lp.stream(TENCENT)
    market.close()
    live.close()
    assert live.closed
