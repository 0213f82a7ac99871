"""Dividends and splits: when they come, what they do to prices as traded, and what forward adjustment makes of them."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpresearch.base.markets import MARKETS, tick_at
from lpresearch.base.markets import Market as Region
from lpresearch.base.model import Adjust, Period, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.clock import ClockKind, ManualClock
from lpresearch.sim.market.corporate_actions import Action
from lpresearch.sim.market.instruments import LISTINGS, Kind
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.paths import day_path
from lpresearch.sim.market.schedule import day_number
from tests.test_sim_market import CLOSE, OPEN, SESSION, STAMP, TURNOVER, VOLUME, Floats, joined

SEED = 40  # the default one
# With the default seed: MU is split 3 for 1, 939 was split twice, MOUTAI and DBS pay well.
SYMBOLS = ("MU.US", "939.HK", "AAPL.US", "SPY.US", "5.HK", "600519.SH", "D05.SG", "HSI.HK")
PAYING = ("MU.US", "AAPL.US", "SPY.US", "5.HK", "600519.SH", "D05.SG")
FIVE_YEARS = (date(2021, 11, 20), date(2026, 11, 20))
NOW = date(2026, 11, 20)


def moment(region: Region, day: date, hour: int = 12, minute: int = 0) -> float:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(MARKETS[region].zone)).timestamp()


def market_at(region: Region, day: date, hour: int = 12, minute: int = 0, *, seed: int = SEED) -> Market:
    return Market(seed, ManualClock(moment(region, day, hour, minute), ClockKind.REAL))


def region_of(symbol: str) -> Region:
    return Symbol(symbol).market


def actions(symbol: str, *, seed: int = SEED) -> list[Action]:
    """Those of the last five years."""
    after, until = FIVE_YEARS
    return list(market_at(region_of(symbol), NOW, seed=seed).actions(symbol, after=after, until=until))


def split_of(symbol: str) -> Action:
    return next(action for action in actions(symbol) if action.is_split)


def bars(
    market: Market, symbol: str, period: Period, first: date, last: date, adjust: Adjust, *, every: bool = False
) -> Floats:
    region = region_of(symbol)
    sessions = Sessions.ALL if every else Sessions.REGULAR
    span = moment(region, first, 0), moment(region, last, 23, 59) + 60
    return market.bars(symbol, period, sessions, *span, adjust=adjust)


def traded_before(symbol: str, day: date) -> date:
    region = region_of(symbol)
    full, half = market_at(region, NOW).trading_days(region, day - timedelta(20), day - timedelta(1))
    return max(full + half)


@pytest.mark.parametrize(("symbol", "fewest", "most"), [("AAPL.US", 18, 22), ("SPY.US", 18, 22), ("5.HK", 9, 11)])
def test_what_pays_pays_a_few_times_a_year(symbol: str, fewest: int, most: int) -> None:
    dividends = [action for action in actions(symbol) if action.dividend]
    assert fewest <= len(dividends) <= most
    assert all(action.ex_date < action.pay_date < action.ex_date + timedelta(40) for action in dividends)
    paid = sum(float(action.dividend) for action in dividends) / 5
    assert paid / float(LISTINGS[symbol].reference_price) == pytest.approx(
        float(LISTINGS[symbol].dividend_yield) / 100, rel=0.6
    )


def test_what_does_not_pay_and_what_is_no_share_has_none() -> None:
    for symbol, listing in LISTINGS.items():
        if listing.kind not in (Kind.STOCK, Kind.FUND):
            assert not actions(symbol)
        elif not listing.dividend_yield:
            assert not [action for action in actions(symbol) if action.dividend]


def test_a_handful_of_well_known_names_was_split_within_five_years() -> None:
    shares = [symbol for symbol, listing in LISTINGS.items() if not listing.contract]
    split = [symbol for symbol in shares if any(action.is_split for action in actions(symbol))]
    assert 10 <= len(split) <= 60
    assert "MU.US" in split


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(PAYING), st.integers(0, 1000))
def test_ex_dates_and_pay_dates_are_trading_days_and_the_same_for_the_same_seed(symbol: str, seed: int) -> None:
    region = region_of(symbol)
    found = actions(symbol, seed=seed)
    assert found == actions(symbol, seed=seed)
    market = market_at(region, NOW)
    for action in found[:6]:
        for day in (action.ex_date, action.pay_date):
            assert any(market.trading_days(region, day, day)), (symbol, day)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(PAYING), st.data())
def test_at_the_ex_date_the_price_falls_and_the_previous_close_is_restated(symbol: str, data: st.DataObject) -> None:
    action = data.draw(st.sampled_from(actions(symbol)))
    before = traded_before(symbol, action.ex_date)
    market = market_at(region_of(symbol), action.ex_date, 14, 55)
    raw = bars(market, symbol, Period.DAY, before, action.ex_date, Adjust.NONE)
    close = float(raw[CLOSE, 0])
    if action.dividend:
        assert action.factor == pytest.approx(1 - float(action.dividend) / close, abs=2e-4)
    else:
        assert action.factor == pytest.approx(1 / float(action.ratio))
    tick = float(tick_at(LISTINGS[symbol].ticks, Decimal(str(round(close * action.factor, 4)))))
    quote = market.quote(symbol)
    assert float(quote.prev_close) == pytest.approx(close * action.factor, abs=0.51 * tick)
    assert quote.open == Decimal(str(raw[OPEN, 1]))
    assert abs(float(quote.open) / float(quote.prev_close) - 1) < 0.2


def test_a_split_divides_the_price_and_multiplies_the_volume_so_that_the_money_goes_on() -> None:
    action = split_of("MU.US")
    market = market_at(Region.US, action.ex_date + timedelta(60))
    around = timedelta(30)
    raw = bars(market, "MU.US", Period.DAY, action.ex_date - around, action.ex_date + around, Adjust.NONE)
    after = raw[STAMP] >= moment(Region.US, action.ex_date, 0)
    rows = [CLOSE, VOLUME, TURNOVER]
    price, volume, money = np.median(raw[rows][:, ~after], axis=1) / np.median(raw[rows][:, after], axis=1)
    assert price == pytest.approx(float(action.ratio), rel=0.4)
    assert volume < 0.75
    assert 0.5 < money < 2


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(SYMBOLS), st.data())
def test_adjusted_bars_are_the_bars_before_each_ex_date_times_its_factor(symbol: str, data: st.DataObject) -> None:
    found = actions(symbol)
    day = data.draw(st.sampled_from(found)).ex_date if found else date(2024, 6, 3)
    market = market_at(region_of(symbol), NOW)
    for period in (Period.MIN_1, Period.DAY):
        first = day - timedelta(6)
        raw = bars(market, symbol, period, first, day + timedelta(6), Adjust.NONE)
        adjusted = bars(market, symbol, period, first, day + timedelta(6), Adjust.FORWARD)
        zone = ZoneInfo(MARKETS[region_of(symbol)].zone)
        days = [datetime.fromtimestamp(stamp, zone).date() for stamp in raw[STAMP].tolist()]
        factors = [float(np.prod([action.factor for action in found if action.ex_date > day])) for day in days]
        np.testing.assert_allclose(adjusted[OPEN : CLOSE + 1], raw[OPEN : CLOSE + 1] * factors, rtol=0, atol=0.000501)
        np.testing.assert_array_equal(adjusted[VOLUME:], raw[VOLUME:])
        np.testing.assert_array_equal(adjusted[STAMP], raw[STAMP])


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(SYMBOLS), st.sampled_from(Adjust), st.booleans(), st.data())
def test_finer_bars_make_the_coarser_ones_raw_and_adjusted(
    symbol: str, adjust: Adjust, every: bool, data: st.DataObject
) -> None:
    found = actions(symbol)
    day = data.draw(st.sampled_from(found)).ex_date if found else date(2024, 6, 3)
    first = day - timedelta(day.weekday() + 7)
    market = market_at(region_of(symbol), NOW)
    periods = [Period.MIN_1, Period.MIN_5, Period.DAY, Period.WEEK]
    if every:
        periods = [Period.MIN_1, Period.MIN_5, Period.MIN_60]
    made = {p: bars(market, symbol, p, first, first + timedelta(20), adjust, every=every) for p in periods}
    for finer, coarser in pairwise(periods):
        ends = np.append(made[coarser][STAMP, 1:], np.inf)
        for bar, end in zip(made[coarser].T, ends, strict=True):
            inside = made[finer][:, (made[finer][STAMP] >= bar[STAMP]) & (made[finer][STAMP] < end)]
            assert bar[OPEN:SESSION].tolist() == joined(inside)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(SYMBOLS), st.sampled_from(Adjust))
def test_months_are_the_sums_of_their_days_raw_and_adjusted(symbol: str, adjust: Adjust) -> None:
    market = market_at(region_of(symbol), NOW)
    days = bars(market, symbol, Period.DAY, date(2024, 1, 1), date(2026, 10, 31), adjust)
    months = bars(market, symbol, Period.MONTH, date(2024, 1, 1), date(2026, 10, 31), adjust)
    for bar, end in zip(months.T, [*months[STAMP, 1:].tolist(), np.inf], strict=True):
        inside = days[:, (days[STAMP] >= bar[STAMP]) & (days[STAMP] < end)]
        assert bar[OPEN:SESSION].tolist() == joined(inside)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(PAYING), st.data())
def test_adjusted_history_is_restated_at_the_ex_date_and_raw_history_never(symbol: str, data: st.DataObject) -> None:
    action = data.draw(st.sampled_from(actions(symbol)))
    before = traded_before(symbol, action.ex_date)
    span = (before - timedelta(30), before)
    earlier, later = market_at(region_of(symbol), before, 18), market_at(region_of(symbol), action.ex_date, 0, 1)
    raw = [bars(market, symbol, Period.DAY, *span, Adjust.NONE) for market in (earlier, later)]
    np.testing.assert_array_equal(raw[0], raw[1])
    old, new = (bars(market, symbol, Period.DAY, *span, Adjust.FORWARD) for market in (earlier, later))
    assert (old[CLOSE] > new[CLOSE]).all()
    np.testing.assert_allclose(new[CLOSE], old[CLOSE] * action.factor, rtol=0, atol=0.0011)


def test_in_the_us_an_ex_date_begins_with_the_evening_before() -> None:
    action = actions("MU.US")[-1]
    eve = traded_before("MU.US", action.ex_date)
    evening = eve if action.ex_date - eve == timedelta(1) else action.ex_date - timedelta(1)
    assert market_at(Region.US, evening, 19, 59).ex_date(Region.US) == evening
    assert market_at(Region.US, evening, 20, 1).ex_date(Region.US) == action.ex_date


def test_before_the_first_trade_of_the_ex_date_the_last_price_is_restated() -> None:
    action = split_of("939.HK")
    before = traded_before("939.HK", action.ex_date)
    close = market_at(Region.HK, before, 18).quote("939.HK")
    morning = market_at(Region.HK, action.ex_date, 8, 55)
    quote = morning.quote("939.HK")
    assert morning.last_price("939.HK") == quote.last_done
    assert float(quote.last_done) == pytest.approx(float(close.last_done / action.ratio), abs=0.06)
    assert float(quote.prev_close) == pytest.approx(float(close.prev_close / action.ratio), abs=0.06)
    assert quote.low <= quote.last_done <= quote.high
    asks, bids = morning.depth("939.HK")
    assert bids[0].price <= quote.last_done <= asks[0].price


def test_well_known_names_keep_sensible_prices() -> None:
    most = {Region.HK: 2000, Region.US: 3500, Region.CN: 4000, Region.SG: 150}
    for symbol, listing in LISTINGS.items():
        if listing.kind is Kind.STOCK and symbol != "BRK.A.US":
            path = day_path(SEED, listing)
            closes = path.closes[path.at(np.arange(day_number(date(2021, 11, 22)), day_number(NOW)))]
            assert closes.max() < most[listing.market], symbol


def test_a_year_of_adjusted_minutes_far_back_is_made_without_what_came_before() -> None:
    asked, fresh = market_at(Region.US, NOW), market_at(Region.US, NOW)
    for year in (2024, 2025, 2026):
        bars(asked, "MU.US", Period.MIN_5, date(year, 3, 2), date(year, 3, 9), Adjust.FORWARD)
    wanted = (date(2024, 5, 6), date(2024, 5, 10))
    found = [bars(market, "MU.US", Period.MIN_1, *wanted, Adjust.FORWARD) for market in (asked, fresh)]
    assert found[0].tobytes() == found[1].tobytes()
