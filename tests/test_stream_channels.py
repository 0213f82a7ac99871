"""Channels fed by hand: partial quotes merged, numbers watched, books kept by position, missed trades told once."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from lpresearch.base.errors import WireError
from lpresearch.base.pushes import QuotePush, TradesPush
from lpresearch.base.source import Channel
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport_channels import LongPortChannel, QuoteChannel
from lpresearch.sources.longport_sides import BrokersChannel, DepthChannel
from lpresearch.sources.longport_trade_channel import TradeChannel
from lpresearch.wire.proto import quote_pb2 as pb

TENCENT, APPLE = Symbol("700.HK"), Symbol("AAPL.US")
PULLED = {
    "symbol": "700.HK",
    "last_done": 300.0,
    "prev_close": 298.0,
    "open": 299.0,
    "high": 301.0,
    "low": 297.0,
    "timestamp": 1000,
    "volume": 500,
    "turnover": 150_000.0,
    "trade_status": "NORMAL",
    "post_last_done": None,
    "post_timestamp": None,
    "post_volume": None,
}


class Told:
    """What a channel told, and how often it doubted."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.doubts = 0

    def doubt(self) -> None:
        self.doubts += 1

    def __call__(self, channel: Channel, body: bytes) -> None:
        self.bodies.append(body)


@pytest.fixture
def told() -> Told:
    return Told()


def quotes(told: Told, symbol: Symbol = TENCENT) -> QuoteChannel:
    channel = QuoteChannel(symbol, told.doubt)
    channel.listeners = (told,)
    channel.fill({**PULLED, "symbol": str(symbol)})
    return channel


def quote(sequence: int, **fields: object) -> bytes:
    return pb.PushQuote(symbol="700.HK", sequence=sequence, **fields).SerializeToString()  # type: ignore[arg-type]


def trade(second: int, price: str = "300.0", volume: int = 100) -> pb.Trade:
    return pb.Trade(timestamp=second, price=price, volume=volume)


def trades(sequence: int, *rows: pb.Trade) -> bytes:
    return pb.PushTrade(symbol="700.HK", sequence=sequence, trade=rows).SerializeToString()


def feed(channel: LongPortChannel, bodies: Sequence[bytes]) -> None:
    for body in bodies:
        channel.take(body)


def test_fields_that_a_push_leaves_out_stay_as_they_are(told: Told) -> None:
    channel = quotes(told)
    feed(channel, [quote(1, last_done="302.0", high="302.0", volume=600), quote(2, turnover="1.5")])
    values = channel.values()
    assert {name: values[name][0] for name in ("last_done", "high", "low", "open", "volume", "turnover")} == {
        "last_done": 302.0,
        "high": 302.0,
        "low": 297.0,
        "open": 299.0,
        "volume": 600,
        "turnover": 1.5,
    }
    assert values["prev_close"] == (298.0,)


def test_a_status_of_zero_is_a_value_and_not_as_before(told: Told) -> None:
    channel = quotes(told)
    channel.take(quote(1, trade_status="HALTED"))
    assert channel.values()["trade_status"] == ("HALTED",)
    channel.take(quote(2, last_done="302.0"))
    assert channel.values()["trade_status"] == ("NORMAL",)


@pytest.mark.parametrize("symbol", [TENCENT, APPLE, Symbol("XOM.US")])
def test_other_sessions_fill_columns_of_their_own_only(told: Told, symbol: Symbol) -> None:
    channel = quotes(told, symbol)
    post = pb.PushQuote(
        symbol=symbol, sequence=1, last_done="310.0", volume=7, timestamp=2000, trade_session="POST_TRADE"
    )
    regular = pb.PushQuote(symbol=symbol, sequence=2, last_done="305.0", timestamp=2001)
    feed(channel, [post.SerializeToString(), regular.SerializeToString()])
    values = channel.values()
    assert (values["post_last_done"], values["post_volume"], values["last_done"]) == ((310.0,), (7,), (305.0,))
    assert [channel.read(body).session for body in told.bodies] == [2, 0]


def test_data_revised_after_the_close_is_told_but_is_no_new_price(told: Told) -> None:
    channel = quotes(told)
    channel.take(quote(1, last_done="1.0", tag="Eod"))
    assert channel.values()["last_done"] == (300.0,)
    record = channel.read(told.bodies[0])
    assert isinstance(record, QuotePush)
    assert record.revised


def test_a_push_that_comes_twice_is_told_once(told: Told) -> None:
    channel = quotes(told)
    feed(channel, [quote(1, last_done="302.0"), quote(1, last_done="302.0"), quote(2, last_done="303.0")])
    assert len(told.bodies) == 2
    assert not channel.suspect
    assert channel.missed == 0


def test_a_number_that_is_left_out_raises_doubt_until_the_state_is_asked_for(told: Told) -> None:
    channel = quotes(told)
    feed(channel, [quote(1), quote(2), quote(5, last_done="303.0")])
    assert (channel.missed, channel.suspect, told.doubts) == (2, True, 1)
    channel.begin_fill()
    channel.take(quote(6, high="400.0"))
    channel.fill(PULLED)
    assert not channel.suspect
    assert (channel.values()["last_done"], channel.values()["high"]) == ((300.0,), (400.0,))


def test_a_late_push_is_told_and_its_older_values_do_not_stay(told: Told) -> None:
    channel = quotes(told)
    feed(channel, [quote(1), quote(3, last_done="303.0"), quote(2, last_done="302.0")])
    assert [channel.read(body).sequence for body in told.bodies] == [1, 3, 2]
    assert channel.missed == 0
    assert channel.suspect
    channel.begin_fill()
    channel.fill({**PULLED, "last_done": 303.0})
    assert channel.values()["last_done"] == (303.0,)


def test_numbers_that_do_not_go_up_by_one_are_never_taken_for_losses(told: Told) -> None:
    channel = quotes(told)
    feed(channel, [quote(number) for number in (160808750000000, 160808750000450, 160808750000470, 160808750009999)])
    assert len(told.bodies) == 4
    assert (channel.missed, told.doubts) == (0, 0)


def test_a_server_that_does_not_number_is_believed(told: Told) -> None:
    channel = quotes(told)
    feed(channel, [quote(0, last_done="1.0"), quote(0, last_done="2.0"), quote(0, last_done="2.0")])
    assert (len(told.bodies), told.doubts, channel.values()["last_done"]) == (3, 0, (2.0,))


def test_a_server_that_counts_anew_is_followed_after_a_few_pushes(told: Told) -> None:
    channel = quotes(told)
    feed(channel, [quote(number) for number in range(1, 50)])
    feed(channel, [quote(number, last_done=f"{number}.0") for number in range(1, 7)])
    assert channel.suspect  # the first few of the new count were taken for repeated ones
    channel.begin_fill()
    channel.fill({**PULLED, "last_done": 6.0})
    channel.take(quote(7, last_done="7.0"))
    assert channel.values()["last_done"] == (7.0,)


def test_garbage_raises_a_wire_error_and_doubt(told: Told) -> None:
    channel = quotes(told)
    with pytest.raises(WireError):
        channel.take(quote(1) + b"\xff\xff")
    assert channel.suspect
    assert told.bodies == []


def test_a_level_that_is_not_named_stands_as_before(told: Told) -> None:
    channel = DepthChannel(TENCENT, told.doubt)
    levels = [pb.Depth(position=1, price="10.0", volume=100), pb.Depth(position=2, price="9.9", volume=50)]
    channel.take(pb.PushDepth(symbol="700.HK", sequence=1, bid=levels, ask=[]).SerializeToString())
    assert not channel.suspect  # the first push is whole
    channel.take(pb.PushDepth(symbol="700.HK", sequence=2, bid=[pb.Depth(position=1, volume=7)]).SerializeToString())
    values = channel.values()
    assert (values["position"], values["bid_volume"]) == ([1, 2], [7, 50])
    channel.link_lost()
    assert channel.suspect
    channel.take(pb.PushDepth(symbol="700.HK", sequence=1, bid=levels[:1]).SerializeToString())
    assert (channel.values()["position"], channel.suspect) == ([1], False)


def test_queues_are_kept_by_position(told: Told) -> None:
    channel = BrokersChannel(TENCENT, told.doubt)
    first = pb.PushBrokers(symbol="700.HK", sequence=1, ask_brokers=[pb.Brokers(position=1, broker_ids=[5, 6])])
    then = pb.PushBrokers(symbol="700.HK", sequence=2, bid_brokers=[pb.Brokers(position=1, broker_ids=[8])])
    feed(channel, [first.SerializeToString(), then.SerializeToString()])
    values = channel.values()
    assert (values["broker_id"], values["side"], values["place"]) == ([8, 5, 6], [0, 1, 1], [1, 1, 2])


def tape(told: Told) -> list[int]:
    """The seconds of all trades told, in order."""
    bodies = [pb.PushTrade.FromString(body) for body in told.bodies]
    return [row.timestamp for body in bodies for row in body.trade]


def watched(told: Told, *, since: float = 100.0) -> TradeChannel:
    channel = TradeChannel(TENCENT, told.doubt, since=since)
    channel.listeners = (told,)
    return channel


def test_trades_that_were_missed_are_told_once_and_the_others_not_again(told: Told) -> None:
    channel = watched(told)
    channel.take(trades(1, trade(101), trade(102)))
    channel.take(trades(3, trade(105)))
    assert channel.suspect
    channel.fill([trade(99), trade(101), trade(102), trade(102), trade(103), trade(105)])
    assert tape(told) == [101, 102, 105, 102, 103]
    assert not channel.suspect
    record = channel.read(told.bodies[-1])
    assert isinstance(record, TradesPush)
    assert record.sequence == 0
    assert channel.values()["timestamp"] == [105]


def test_a_trade_that_a_pull_told_is_not_told_again_by_its_push(told: Told) -> None:
    channel = watched(told)
    channel.take(trades(1, trade(101)))
    channel.link_lost()
    channel.fill([trade(101), trade(104), trade(105), trade(105)])  # told before its push came
    channel.take(trades(1, trade(105), trade(105), trade(106)))
    channel.take(trades(2, trade(105)))  # an equal trade of its own
    assert tape(told) == [101, 104, 105, 105, 106, 105]


def test_trades_before_the_subscription_are_none_of_the_streams(told: Told) -> None:
    channel = watched(told, since=100.4)
    channel.link_lost()
    channel.fill([trade(99), trade(100), trade(101)])
    assert tape(told) == [101]


def test_a_pull_that_does_not_reach_back_to_what_is_known_says_so(told: Told) -> None:
    channel = watched(told)
    channel.take(trades(1, trade(101)))
    channel.link_lost()
    channel.fill([trade(200 + number) for number in range(1000)])
    assert channel.unreached == 1
