"""The market calendar: the server's word over the recorded one, upper bounds, and which bars are final."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpresearch.base.markets import MARKETS, Market
from lpresearch.base.model import Period, Session, Sessions, SessionSpan
from lpresearch.calendars.market_calendar import MarketCalendar

HK, US = MarketCalendar(Market.HK), MarketCalendar(Market.US)
WHOLE_DAY = SessionSpan(Session.REGULAR, 0, 1440)


def at(market: Market, text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(MARKETS[market].zone)).timestamp())


def local(market: Market, epoch: int) -> str:
    return datetime.fromtimestamp(epoch, ZoneInfo(MARKETS[market].zone)).strftime("%Y-%m-%d %H:%M")


def told(**more: object) -> MarketCalendar:
    """Hong Kong in the week of Monday 2025-07-07: the server closed Tuesday and made Wednesday a half day."""
    days = [date(2025, 7, 7), date(2025, 7, 10), date(2025, 7, 12)]
    return MarketCalendar.corrected(
        Market.HK,
        start=date(2025, 7, 7),
        end=date(2025, 7, 13),
        full_days=days,
        half=[date(2025, 7, 9)],
        **more,  # type: ignore[arg-type]  # today and today_spans, by the tests below
    )


def test_the_servers_days_replace_the_recorded_ones_where_it_spoke() -> None:
    days = [str(day) for day in told().days(date(2025, 7, 4), date(2025, 7, 15))]
    assert days == [f"2025-07-{day:02}" for day in (4, 7, 9, 10, 12, 14, 15)]
    assert told().half_days(date(2025, 7, 1), date(2025, 7, 31)) == {date(2025, 7, 9)}
    assert [span.end for span in told().spans(date(2025, 7, 9))] == [720]
    assert told().spans(date(2025, 7, 8)) == ()


def test_a_day_the_server_opens_for_24_hours_has_all_its_minutes_and_is_never_final() -> None:
    saturday = date(2025, 7, 12)
    calendar = told(today=saturday, today_spans=[WHOLE_DAY])
    midnight = at(Market.HK, "2025-07-12 00:00")
    assert calendar.expected_bars(Period.MIN_1, Sessions.REGULAR, midnight, midnight + 86_400) == 1440
    for period in (Period.MIN_1, Period.DAY):
        assert calendar.final_before(period, Sessions.REGULAR, midnight + 86_000) == midnight
    week = at(Market.HK, "2025-07-07 00:00")
    assert calendar.final_before(Period.WEEK, Sessions.REGULAR, midnight + 86_000) == week
    assert not calendar.is_stale(midnight + 86_399)
    assert calendar.is_stale(midnight + 86_400)


def test_the_day_before_an_open_day_is_final_as_any_other() -> None:
    calendar = told(today=date(2025, 7, 12), today_spans=[WHOLE_DAY])
    now = at(Market.HK, "2025-07-12 10:00")
    assert calendar.expected_bars(Period.DAY, Sessions.REGULAR, at(Market.HK, "2025-07-10 00:00"), now) == 2
    assert local(Market.HK, calendar.final_before(Period.DAY, Sessions.REGULAR, now)) == "2025-07-12 00:00"


@pytest.mark.parametrize(
    ("calendar", "period", "now", "expected"),
    [
        (HK, "1d", "2025-07-08 17:00", "2025-07-08 00:00"),  # closed at 16:10, not settled for two hours
        (HK, "1d", "2025-07-08 18:10", "2025-07-08 16:10"),
        (HK, "1d", "2025-07-08 12:00", "2025-07-08 00:00"),
        (HK, "1d", "2025-07-12 12:00", "2025-07-12 10:00"),  # a Saturday
        (HK, "1w", "2025-07-10 12:00", "2025-07-07 00:00"),
        (HK, "1w", "2025-07-11 19:00", "2025-07-11 17:00"),
        (HK, "1M", "2025-07-31 12:00", "2025-07-01 00:00"),
        (HK, "1m", "2025-07-08 10:30", "2025-07-08 10:10"),
        (HK, "60m", "2025-07-08 10:30", "2025-07-08 09:30"),
        (HK, "1m", "2025-07-08 16:25", "2025-07-08 16:00"),  # the closing auction prints until 16:10
        (HK, "1m", "2025-07-08 16:30", "2025-07-08 16:10"),
        (HK, "120m", "2025-07-08 16:25", "2025-07-08 15:00"),
        (US, "1d", "2025-07-03 14:00", "2025-07-03 00:00"),  # a half day, closed at 13:00
        (US, "1d", "2025-07-03 15:00", "2025-07-03 13:00"),
    ],
)
def test_a_bar_is_final_when_it_ended_and_settled(
    calendar: MarketCalendar, period: str, now: str, expected: str
) -> None:
    final = calendar.final_before(Period(period), Sessions.REGULAR, at(calendar.market, now))
    assert local(calendar.market, final) == expected


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from([HK, US, told()]),
    st.sampled_from(["1m", "5m", "60m", "240m", "1d", "1w", "1M", "1Q", "1Y"]),
    st.sampled_from(Sessions),
    st.integers(at(Market.HK, "2025-06-20 00:00"), at(Market.HK, "2025-07-20 00:00")),
    st.integers(0, 30 * 86_400),
)
def test_the_expected_bars_are_as_many_as_their_starts(
    calendar: MarketCalendar, period: str, sessions: Sessions, start: int, length: int
) -> None:
    starts = calendar.starts(Period(period), sessions, start, start + length)
    assert calendar.expected_bars(Period(period), sessions, start, start + length) == starts.size
    assert np.all(np.diff(starts) > 0)
    if starts.size > 1:
        assert calendar.previous_start(Period(period), sessions, int(starts[-1])) == starts[-2]
        assert calendar.next_start(Period(period), sessions, int(starts[0]) + 1) == starts[1]


@settings(deadline=None, max_examples=40)
@given(st.sampled_from(["1m", "60m", "1d", "1w"]), st.sampled_from(Sessions), st.integers(1, 1500))
def test_the_reach_of_the_newest_bars_holds_no_more_than_asked(period: str, sessions: Sessions, count: int) -> None:
    end, floor = at(Market.US, "2025-07-11 11:11"), at(Market.US, "2018-01-01 00:00")
    reach = US.reach_of_newest(Period(period), sessions, count, end, not_before=floor)
    held = US.expected_bars(Period(period), sessions, reach, end)
    assert held <= count
    if period != "1w":
        assert held >= count - 1 or reach <= floor


def test_us_overnight_trading_begins_on_sunday_evening() -> None:
    evening = at(Market.US, "2025-07-06 20:00")
    assert US.expected_bars(Period.MIN_1, Sessions.ALL, evening, evening + 4 * 3600) == 240
    assert US.expected_bars(Period.MIN_1, Sessions.ALL, evening - 86_400, evening) == 0
    assert US.expected_bars(Period.MIN_1, Sessions.REGULAR, evening, evening + 4 * 3600) == 0
