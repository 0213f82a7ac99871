"""The pace that the simulated broker permits, on a clock of the test (longport.md 5, 11)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpresearch.base.source import Pace
from lpresearch.net.limits import MARGIN, Window
from lpresearch.sim.server.limits import AddressMeter, Limits, PullMeter, TradeMeter
from lpresearch.sim.server.refusal import Refusal


class Ticker:
    """Seconds that pass when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def pull(meter: PullMeter, *, history: bool = False) -> bool:
    """Whether a pull is permitted; it is answered at once."""
    try:
        meter.begin(history=history)
    except Refusal:
        return False
    meter.end()
    return True


def test_ten_pulls_in_a_second_are_never_refused_however_they_bunch() -> None:
    ticker = Ticker()
    meter = PullMeter(Limits(), ticker)
    for _ in range(20):
        assert all(pull(meter) for _ in range(10))
        ticker.now += 1.0


def test_a_second_of_pulls_at_the_end_of_one_second_and_at_the_start_of_the_next_is_not_refused() -> None:
    """As the official SDKs do it, whose buckets fill once a second: measured with both, twenty within 0.4 s."""
    ticker = Ticker()
    meter = PullMeter(Limits(), ticker)
    assert all(pull(meter) for _ in range(10))
    ticker.now += 0.01
    for _ in range(20):
        assert all(pull(meter) for _ in range(10))
        ticker.now += 1.0


def test_twenty_two_pulls_at_one_instant_are_too_many_and_room_comes_back_with_time() -> None:
    ticker = Ticker()
    meter = PullMeter(Limits(), ticker)
    assert [pull(meter) for _ in range(22)] == [True] * 21 + [False]
    ticker.now += 0.1
    assert [pull(meter) for _ in range(2)] == [True, False]


def test_the_sixth_pull_without_an_answer_is_one_too_many() -> None:
    meter = PullMeter(Limits(), Ticker())
    for _ in range(5):
        meter.begin(history=False)
    with pytest.raises(Refusal, match="more than 5 requests at once") as caught:
        meter.begin(history=False)
    assert (caught.value.http_status, caught.value.code) == (3, 301606)
    meter.end()
    meter.begin(history=False)


def test_sixty_history_calls_fit_in_thirty_seconds_and_no_more() -> None:
    ticker = Ticker()
    meter = PullMeter(Limits(pulls_per_s=None), ticker)
    assert [pull(meter, history=True) for _ in range(61)] == [True] * 60 + [False]
    assert pull(meter)
    ticker.now += 29.0
    assert not pull(meter, history=True)
    ticker.now += 1.0
    assert pull(meter, history=True)


def trade(meter: TradeMeter) -> bool:
    """Whether a trade request is permitted."""
    try:
        meter.count()
    except Refusal as refusal:
        return (refusal.http_status, refusal.code) != (429, 429002)
    return True


def test_thirty_trade_requests_fit_in_thirty_seconds_and_no_more() -> None:
    ticker = Ticker()
    meter = TradeMeter(Limits(), ticker)
    for _ in range(30):
        assert trade(meter)
        ticker.now += 0.02
    assert not trade(meter)
    ticker.now = 1029.0
    assert not trade(meter)
    ticker.now = 1030.6
    assert trade(meter)


def test_trade_requests_that_left_twenty_milliseconds_apart_may_arrive_together() -> None:
    ticker = Ticker()
    meter = TradeMeter(Limits(trade_calls=None), ticker)
    for _ in range(20):
        assert all(trade(meter) for _ in range(25))  # what left in half a second
        ticker.now += 0.5


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 0.5)), min_size=1, max_size=150))
def test_a_client_in_the_documented_pace_is_never_refused_however_unevenly_requests_arrive(
    requests: list[tuple[float, float]],
) -> None:
    """Each is wanted some time after the one before, leaves in pace, and is on its way for up to half a second."""
    pace, sent, now = Window(Pace(calls=30, per_s=30.0 / MARGIN, gap_s=0.02 / MARGIN)), [], 1000.0
    for idle_s, _ in requests:
        now = pace.opens_at(now + idle_s)
        pace.passed(now)
        sent.append(now)
    ticker = Ticker()
    meter = TradeMeter(Limits(), ticker)
    for arrival in sorted(left + delay for left, (_, delay) in zip(sent, requests, strict=True)):
        ticker.now = arrival
        assert trade(meter)


def test_a_flood_of_trade_requests_at_one_instant_is_too_close() -> None:
    ticker = Ticker()
    meter = TradeMeter(Limits(trade_calls=None), ticker)
    assert [trade(meter) for _ in range(27)] == [True] * 26 + [False]
    ticker.now += 0.021
    assert [trade(meter) for _ in range(2)] == [True, False]


def test_each_address_has_a_pace_of_its_own_where_one_is_set() -> None:
    meter = AddressMeter(Limits(address_calls_per_s=2), Ticker())
    for address in ("127.0.0.1", "::1"):
        meter.count(address)
        meter.count(address)
        with pytest.raises(Refusal) as caught:
            meter.count(address)
        assert (caught.value.http_status, caught.value.code) == (429, 429001)


def test_without_pace_nothing_is_refused() -> None:
    meter = PullMeter(Limits.unpaced(), Ticker())
    assert all(pull(meter, history=True) for _ in range(200))
    trades, addresses = TradeMeter(Limits.unpaced(), Ticker()), AddressMeter(Limits(), Ticker())
    assert all(trade(trades) for _ in range(200))
    for _ in range(200):
        addresses.count("127.0.0.1")
