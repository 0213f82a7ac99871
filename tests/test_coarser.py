"""Coarser bars from finer ones: what they make up is what the market itself says, in every market and on odd days."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from lpresearch.base.markets import MARKETS
from lpresearch.base.markets import Market as Region
from lpresearch.base.model import Interval, Period, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.history.bars import Bars, no_bars
from lpresearch.history.coarser import coarser, finer_periods, span_needed
from lpresearch.sim.market.clock import ClockKind, ManualClock
from lpresearch.sim.market.market import Market

MINUTES = [period for period in Period if period.minutes is not None]
DAYS_AND_LONGER = [period for period in Period if period.minutes is None]
# Half days in Hong Kong (24 and 31 December) and New York (29 November, 24 December), clocks that turn in New York.
WEEKS = {
    "700.HK": ("2024-12-20", "2025-01-03"),
    "AAPL.US": ("2024-11-25", "2024-12-06"),
    "600519.SH": ("2024-09-26", "2024-10-11"),
    "D05.SG": ("2024-12-20", "2025-01-03"),
}
CLOCKS_TURN = [("2025-03-06", "2025-03-12"), ("2024-10-31", "2024-11-06")]


def span_of(symbol: str, first: str, last: str) -> Interval:
    zone = ZoneInfo(MARKETS[Symbol(symbol).market].zone)
    start, end = (int(datetime.fromisoformat(day).replace(tzinfo=zone).timestamp()) for day in (first, last))
    return Interval(start, end)


@cache
def market() -> Market:
    now = datetime(2026, 11, 21, 12, tzinfo=ZoneInfo("Asia/Hong_Kong")).timestamp()
    return Market(7, ManualClock(now, ClockKind.REAL))


def bars_of(symbol: str, period: Period, span: Interval, sessions: Sessions = Sessions.REGULAR) -> Bars:
    return market().bars(symbol, period, sessions, span.start, span.end)


def assert_made_up(
    symbol: str, finer: Period, period: Period, span: Interval, sessions: Sessions = Sessions.REGULAR
) -> None:
    calendar = MarketCalendar(Symbol(symbol).market)
    needed = span_needed(span, period, calendar, sessions)
    made = coarser(bars_of(symbol, finer, needed, sessions), finer, period, calendar, sessions)
    expected = bars_of(symbol, period, span, sessions)
    assert expected.shape[1], f"no bars of {period} to compare with"
    np.testing.assert_array_equal(made, expected, err_msg=f"{symbol}: {period} from {finer}")


@pytest.mark.parametrize("symbol", WEEKS)
@pytest.mark.parametrize("period", MINUTES[1:])
def test_minutes_make_up_longer_minutes_on_whole_and_half_days(symbol: str, period: Period) -> None:
    for finer in finer_periods(period):
        assert_made_up(symbol, finer, period, span_of(symbol, *WEEKS[symbol]))


@pytest.mark.parametrize("period", MINUTES[1:])
@pytest.mark.parametrize("days", [WEEKS["AAPL.US"], *CLOCKS_TURN])
def test_new_york_minutes_of_all_sessions_make_up_longer_ones(period: Period, days: tuple[str, str]) -> None:
    for finer in finer_periods(period):
        assert_made_up("AAPL.US", finer, period, span_of("AAPL.US", *days), Sessions.ALL)


@pytest.mark.parametrize("symbol", WEEKS)
@pytest.mark.parametrize("finer", [Period.MIN_1, Period.MIN_45, Period.MIN_240])
def test_minutes_make_up_days_weeks_and_months(symbol: str, finer: Period) -> None:
    assert_made_up(symbol, finer, Period.DAY, span_of(symbol, *WEEKS[symbol]))
    assert_made_up(symbol, finer, Period.WEEK, span_of(symbol, "2024-12-16", "2025-01-06"))
    assert_made_up(symbol, finer, Period.MONTH, span_of(symbol, "2024-11-01", "2025-01-01"))


@pytest.mark.parametrize("symbol", WEEKS)
@pytest.mark.parametrize("period", DAYS_AND_LONGER[1:])
def test_days_and_longer_make_up_longer_ones(symbol: str, period: Period) -> None:
    for finer in finer_periods(period):
        if finer.minutes in (None, 240):
            assert_made_up(symbol, finer, period, span_of(symbol, "2021-01-01", "2025-01-01"))


def test_new_york_minutes_of_all_sessions_make_up_days_of_the_regular_one() -> None:
    span = span_of("AAPL.US", *CLOCKS_TURN[0])
    made = coarser(
        bars_of("AAPL.US", Period.MIN_5, span, Sessions.ALL),
        Period.MIN_5,
        Period.DAY,
        MarketCalendar(Region.US),
        Sessions.ALL,
    )
    np.testing.assert_array_equal(made, bars_of("AAPL.US", Period.DAY, span))


def test_the_closing_auction_of_hong_kong_has_a_short_bar_or_joins_a_long_one() -> None:
    calendar, span = MarketCalendar(Region.HK), span_of("700.HK", "2024-12-20", "2024-12-21")
    minutes = bars_of("700.HK", Period.MIN_1, span)
    starts = {
        period: [
            datetime.fromtimestamp(stamp, ZoneInfo("Asia/Hong_Kong")).strftime("%H:%M")
            for stamp in coarser(minutes, Period.MIN_1, period, calendar)[0]
        ]
        for period in (Period.MIN_60, Period.MIN_240)
    }
    assert starts == {
        Period.MIN_60: ["09:30", "10:30", "11:30", "13:00", "14:00", "15:00", "16:00"],
        Period.MIN_240: ["09:30", "13:00"],
    }


def test_which_periods_fit_into_which() -> None:
    assert finer_periods(Period.MIN_1) == ()
    assert finer_periods(Period.MIN_15) == (Period.MIN_5, Period.MIN_3, Period.MIN_1)
    assert finer_periods(Period.MIN_45)[:2] == (Period.MIN_15, Period.MIN_5)
    assert finer_periods(Period.WEEK)[:2] == (Period.DAY, Period.MIN_240)
    assert Period.WEEK not in finer_periods(Period.MONTH)
    assert finer_periods(Period.YEAR)[:3] == (Period.QUARTER, Period.MONTH, Period.DAY)


def test_the_span_needed_holds_whole_bars_only() -> None:
    calendar = MarketCalendar(Region.HK)
    asked = span_of("700.HK", "2024-12-18", "2025-01-08")  # a Wednesday, and the Wednesday three weeks later
    needed = span_needed(asked, Period.WEEK, calendar, Sessions.REGULAR)
    assert needed == span_of("700.HK", "2024-12-23", "2025-01-13")


def test_periods_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="2m do not make up bars of 5m"):
        coarser(no_bars(), Period.MIN_2, Period.MIN_5, MarketCalendar(Region.HK))


def test_bars_on_a_day_that_the_calendar_does_not_know_are_refused() -> None:
    span = span_of("700.HK", "2024-12-19", "2024-12-21")
    closed = MarketCalendar.corrected(
        Region.HK, start=date(2024, 12, 1), end=date(2024, 12, 31), full_days=[date(2024, 12, 19)]
    )
    with pytest.raises(ValueError, match="no trading"):
        coarser(bars_of("700.HK", Period.MIN_1, span), Period.MIN_1, Period.MIN_5, closed)


def test_no_bars_make_up_none() -> None:
    assert coarser(no_bars(), Period.MIN_1, Period.DAY, MarketCalendar(Region.HK)).shape == (8, 0)


def test_money_is_summed_as_the_broker_writes_it() -> None:
    day = int(datetime(2024, 12, 20, 9, 30, tzinfo=ZoneInfo("Asia/Hong_Kong")).timestamp())
    bars = np.ones((8, 3))
    bars[0] = [day, day + 60, day + 120]
    bars[6] = [0.1, 0.2, 0.3]  # their binary sum is 0.6000000000000001
    bars[7] = 0
    assert coarser(bars, Period.MIN_1, Period.MIN_5, MarketCalendar(Region.HK))[6].tolist() == [0.6]
