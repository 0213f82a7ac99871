"""Trades make the bars: tapes, the day's line and money, queues; whenever they are looked at, in whatever order."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpresearch.base.markets import MARKETS, tick_at
from lpresearch.base.markets import Market as Region
from lpresearch.base.model import Period, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.clock import ClockKind, ManualClock
from lpresearch.sim.market.instruments import LISTINGS
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.queues import MOST_SHOWN, participants
from lpresearch.sim.market.snapshots import Trade
from lpresearch.sim.market.tape import AUCTION, DOWN, NEUTRAL, UP

SYMBOLS = ("700.HK", "2800.HK", "13447.HK", "AAPL.US", "BRK.A.US", "600519.SH", "510300.SH", "D05.SG")
symbols = st.sampled_from(SYMBOLS)
kinds = st.sampled_from(list(ClockKind))
FRIDAY = datetime(2026, 11, 20, tzinfo=ZoneInfo("Asia/Hong_Kong")).timestamp()
DAY = 86_400
ALL = 10_000_000


def market_at(now: float, kind: ClockKind = ClockKind.OPEN, *, seed: int = 7) -> Market:
    return Market(seed, ManualClock(now, kind))


def friday(symbol: str) -> float:
    """When the day begins where the symbol trades."""
    return datetime(2026, 11, 20, tzinfo=ZoneInfo(MARKETS[Symbol(symbol).market].zone)).timestamp()


def money_of(trade: Trade, symbol: str) -> Decimal:
    """What changed hands; volumes of mainland China count lots of 100 shares."""
    return trade.price * trade.volume * (100 if Symbol(symbol).market is Region.CN else 1)


def bar_of(trades: list[Trade], symbol: str) -> list[float]:
    """Open, high, low, close, volume and turnover of some trades."""
    prices = [trade.price for trade in trades]
    turnover = sum((money_of(trade, symbol) for trade in trades), Decimal(0))
    volume = sum(trade.volume for trade in trades)
    return [float(value) for value in (prices[0], max(prices), min(prices), prices[-1], volume, turnover)]


@settings(max_examples=15, deadline=None)
@given(symbols, kinds, st.floats(0, 3 * DAY), st.integers(0, 400))
def test_the_trades_of_a_minute_are_its_bar_finished_or_not(
    symbol: str, kind: ClockKind, since: float, bars_ago: int
) -> None:
    market = market_at(FRIDAY + since, kind)
    bars = market.bars(symbol, Period.MIN_1, Sessions.ALL, 0, FRIDAY + since + 1, limit=bars_ago + 1, newest=True)
    start = bars[0, 0]
    later = bars[0, 1] if bars.shape[1] > 1 else FRIDAY + since + 1
    trades = market.trades(symbol, after=start - 0.001, limit=ALL)
    minute = [trade for trade in trades if start <= trade.timestamp < later]
    assert bar_of(minute, symbol) == bars[1:7, 0].tolist()
    assert {trade.session for trade in minute} == {int(bars[7, 0])}


@settings(max_examples=15, deadline=None)
@given(symbols, st.floats(0, DAY - 8 * 900), st.lists(st.floats(0.01, 900), min_size=1, max_size=8), kinds)
def test_looks_one_after_the_other_see_every_trade_once(
    symbol: str, since: float, steps: list[float], kind: ClockKind
) -> None:
    begun = friday(symbol) + since  # an open day ends at midnight, and is one of the calendar from then on
    clock = ManualClock(begun, kind)
    market = Market(7, clock)
    seen: list[Trade] = []
    for step in steps:
        before = clock.now()
        clock.advance(step)
        seen += market.trades(symbol, after=before, limit=ALL)
    assert seen == market.trades(symbol, after=begun, limit=ALL)


@settings(max_examples=30, deadline=None)
@given(symbols, st.floats(0, DAY), st.integers(1, 400))
def test_trades_ascend_on_ticks_and_the_newest_is_the_quote(symbol: str, since: float, limit: int) -> None:
    market = market_at(FRIDAY + since)
    trades = market.trades(symbol, limit=limit)
    assert len(trades) == limit
    times = [trade.timestamp for trade in trades]
    assert times == sorted(times)
    assert all(trade.price % tick_at(LISTINGS[symbol].ticks, trade.price) == 0 for trade in trades)
    assert all(trade.volume > 0 and trade.volume % LISTINGS[symbol].volume_step == 0 for trade in trades)
    assert all(trade.direction in (NEUTRAL, DOWN, UP) for trade in trades)
    quote = market.quote(symbol)
    assert (trades[-1].price, trades[-1].timestamp) == (quote.last_done, quote.timestamp)


@settings(max_examples=30, deadline=None)
@given(symbols, st.floats(0, DAY))
def test_the_last_trade_lies_within_a_book_that_never_crosses(symbol: str, since: float) -> None:
    market = market_at(FRIDAY + since)
    asks, bids = market.depth(symbol)
    last = market.trades(symbol, limit=1)[0].price
    assert bids[0].price < asks[0].price
    assert bids[0].price <= last <= asks[0].price


@settings(max_examples=20, deadline=None)
@given(symbols, st.floats(0, DAY))
def test_a_tape_is_the_same_whatever_was_looked_at_before(symbol: str, since: float) -> None:
    fresh, used = market_at(FRIDAY + since), market_at(FRIDAY + since)
    used.bars(symbol, Period.DAY, Sessions.REGULAR, 0, FRIDAY, limit=30)
    used.trades(symbol, limit=3)
    assert used.trades(symbol, limit=400) == fresh.trades(symbol, limit=400)
    assert market_at(FRIDAY + since, seed=8).trades(symbol, limit=400) != fresh.trades(symbol, limit=400)


@settings(max_examples=20, deadline=None)
@given(symbols, st.floats(3600, DAY - 1), kinds)
def test_types_that_count_no_price_never_tell_a_new_one(symbol: str, since: float, kind: ClockKind) -> None:
    trades = market_at(FRIDAY + since, kind).trades(symbol, limit=500)
    for before, trade in pairwise(trades):
        if trade.trade_type not in ("", AUCTION):
            assert trade.price == before.price


def test_the_closing_auction_prints_at_one_price_typed_so() -> None:
    evening = market_at(FRIDAY + 20 * 3600, ClockKind.REAL)
    trades = evening.trades("700.HK", limit=50)
    auction = [trade for trade in trades if trade.trade_type == AUCTION]
    assert auction == trades[-len(auction) :]
    assert {trade.price for trade in auction} == {evening.quote("700.HK").last_done}
    assert {trade.timestamp for trade in auction} == {int(FRIDAY) + 16 * 3600 + 480}
    assert trades[-len(auction) - 1].timestamp < FRIDAY + 16 * 3600


def test_an_index_trades_no_shares() -> None:
    market = market_at(FRIDAY + 40_000)
    assert market.trades("HSI.HK", limit=10) == []
    assert market.capital_flow("HSI.HK") == []
    assert len(market.intraday("HSI.HK", Sessions.REGULAR)) == 667  # to 11:06


@settings(max_examples=10, deadline=None)
@given(symbols, st.floats(0, 0.9 * DAY), kinds)
def test_the_line_of_the_day_ends_in_the_quote(symbol: str, since: float, kind: ClockKind) -> None:
    market = market_at(FRIDAY + since, kind)
    line, quote = market.intraday(symbol, Sessions.REGULAR), market.quote(symbol)
    assert line[-1].price == quote.last_done
    assert sum(minute.volume for minute in line) == quote.volume
    assert sum((minute.turnover for minute in line), Decimal(0)) == quote.turnover
    assert quote.turnover is not None
    assert line[-1].average_price == pytest.approx(
        quote.turnover / quote.volume / LISTINGS[symbol].unit_size, abs=Decimal("0.0001")
    )
    assert all(quote.low <= minute.average_price <= quote.high for minute in line)


@settings(max_examples=6, deadline=None)
@given(symbols, st.floats(60, 8000))
def test_money_in_and_out_is_the_money_of_the_trades(symbol: str, since: float) -> None:
    start = friday(symbol)
    clock = ManualClock(start + since / 2)
    market = Market(7, clock)
    market.capital_flow(symbol)
    clock.advance(since / 2)
    trades = market.trades(symbol, after=start - 0.001, limit=ALL)
    bought = sum((money_of(trade, symbol) for trade in trades if trade.direction == UP), Decimal(0))
    sold = sum((money_of(trade, symbol) for trade in trades if trade.direction == DOWN), Decimal(0))
    came, went = market.capital_distribution(symbol)
    assert came.large + came.medium + came.small == bought
    assert went.large + went.medium + went.small == sold
    flow = market.capital_flow(symbol)
    assert flow[-1].inflow == bought - sold
    assert [minute.timestamp for minute in flow] == [
        minute.timestamp for minute in market.intraday(symbol, Sessions.ALL)
    ]


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["700.HK", "2800.HK", "13447.HK", "5.HK"]), st.floats(0, DAY))
def test_a_queue_has_a_broker_for_each_order_of_its_level(symbol: str, since: float) -> None:
    market = market_at(FRIDAY + since)
    known = {number for participant in participants() for number in participant.broker_ids}
    for levels, queues in zip(market.depth(symbol), market.brokers(symbol), strict=True):
        assert [queue.position for queue in queues] == [level.position for level in levels]
        room = MOST_SHOWN
        for level, queue in zip(levels, queues, strict=True):
            assert len(queue.broker_ids) == min(level.orders, room)
            assert known.issuperset(queue.broker_ids)
            room -= len(queue.broker_ids)


def test_queues_are_shown_in_hong_kong_only() -> None:
    market = market_at(FRIDAY + 40_000)
    assert market.brokers("AAPL.US") == market.brokers("600519.SH") == market.brokers("HSI.HK") == ([], [])


def test_no_two_participants_share_a_number() -> None:
    numbers = [number for participant in participants() for number in participant.broker_ids]
    assert len(numbers) == len(set(numbers))
    assert len(participants()) > 30
    assert all(one.name_en and one.name_cn and one.name_hk for one in participants())
