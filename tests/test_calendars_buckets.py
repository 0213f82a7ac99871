"""Sessions and bucket rules against the tables of the protocol document (10.2, 10.3)."""

from __future__ import annotations

from datetime import date, datetime

import numpy as np
import pytest

from lpresearch.base.markets import Market
from lpresearch.base.model import Period, Session, Sessions
from lpresearch.calendars import buckets, zones
from lpresearch.calendars.sessions import CLOSING_TAIL, spans


def minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@pytest.mark.parametrize(
    ("market", "half", "expected"),
    [
        (Market.HK, False, "09:30-12:00 13:00-16:00"),
        (Market.HK, True, "09:30-12:00"),
        (Market.CN, False, "09:30-11:30 13:00-15:00"),
        (Market.SG, False, "09:00-12:00 13:00-17:15"),
        (Market.SG, True, "09:00-12:15"),
        (Market.US, False, "09:30-16:00"),
        (Market.US, True, "09:30-13:00"),
    ],
)
def test_regular_sessions_follow_the_table(market: Market, half: bool, expected: str) -> None:
    assert " ".join(f"{clock(s.start)}-{clock(s.end)}" for s in spans(market, half=half)) == expected


def test_the_us_day_has_five_parts_and_a_half_day_moves_the_post_market() -> None:
    full = spans(Market.US, sessions=Sessions.ALL)
    assert [(s.session, clock(s.start), clock(s.end)) for s in full] == [
        (Session.OVERNIGHT, "00:00", "04:00"),
        (Session.PRE, "04:00", "09:30"),
        (Session.REGULAR, "09:30", "16:00"),
        (Session.POST, "16:00", "20:00"),
        (Session.OVERNIGHT, "20:00", "24:00"),
    ]
    half = spans(Market.US, half=True, sessions=Sessions.ALL)
    assert [(clock(s.start), clock(s.end)) for s in half][2:4] == [("09:30", "13:00"), ("13:00", "17:00")]


@pytest.mark.parametrize(
    ("market", "period", "at", "expected"),
    [
        (Market.HK, "1m", "09:29", None),
        (Market.HK, "1m", "09:30", "09:30"),
        (Market.HK, "1m", "12:00", None),
        (Market.HK, "1m", "12:59", None),
        (Market.HK, "1m", "15:59", "15:59"),
        (Market.HK, "1m", "16:08", "16:00"),
        (Market.HK, "1m", "16:10", None),
        (Market.HK, "5m", "16:08", "16:00"),
        (Market.CN, "1m", "15:09", "15:00"),
        (Market.CN, "1m", "15:10", None),
        (Market.CN, "60m", "11:29", "10:30"),
        (Market.CN, "60m", "13:59", "13:00"),
        (Market.CN, "60m", "15:00", "15:00"),
        (Market.CN, "240m", "15:05", "13:00"),
        (Market.US, "1m", "16:00", None),
        (Market.US, "60m", "15:59", "15:30"),
        (Market.SG, "1m", "17:19", "17:15"),
        (Market.SG, "1m", "17:20", None),
    ],
)
def test_a_minute_falls_into_the_documented_bar(market: Market, period: str, at: str, expected: str | None) -> None:
    found = buckets.bucket_minute(minutes(at), spans(market), Period(period), tail=CLOSING_TAIL[market])
    assert (clock(found) if found is not None else None) == expected


@pytest.mark.parametrize(
    ("market", "period", "expected"),
    [
        (Market.CN, "60m", "09:30 10:30 13:00 14:00 15:00"),
        (Market.CN, "240m", "09:30 13:00"),
        (Market.US, "60m", "09:30 10:30 11:30 12:30 13:30 14:30 15:30"),
        (Market.HK, "120m", "09:30 11:30 13:00 15:00"),
        (Market.HK, "60m", "09:30 10:30 11:30 13:00 14:00 15:00 16:00"),
    ],
)
def test_the_grid_of_a_day_begins_anew_in_each_session(market: Market, period: str, expected: str) -> None:
    starts = buckets.bucket_starts(spans(market), Period(period), tail=CLOSING_TAIL[market])
    assert " ".join(clock(start) for start in starts.tolist()) == expected


@pytest.mark.parametrize(("market", "count"), [(Market.HK, 331), (Market.CN, 241), (Market.US, 390)])
def test_a_day_of_minutes_has_one_bar_per_minute_and_one_for_the_closing_auction(market: Market, count: int) -> None:
    assert len(buckets.bucket_starts(spans(market), Period.MIN_1, tail=CLOSING_TAIL[market])) == count


def test_a_us_day_of_all_sessions_has_1440_minutes() -> None:
    assert len(buckets.bucket_starts(spans(Market.US, sessions=Sessions.ALL), Period.MIN_1)) == 1440


@pytest.mark.parametrize(
    ("period", "first", "following"),
    [
        ("1d", "2026-11-18", "2026-11-19"),
        ("1w", "2026-11-16", "2026-11-23"),
        ("1M", "2026-11-01", "2026-12-01"),
        ("1Q", "2026-10-01", "2027-01-01"),
        ("1Y", "2026-01-01", "2027-01-01"),
    ],
)
def test_longer_bars_are_stamped_with_their_first_day(period: str, first: str, following: str) -> None:
    day = date(2026, 11, 18)
    assert buckets.first_day(day, Period(period)).isoformat() == first
    assert buckets.next_first_day(day, Period(period)).isoformat() == following


def test_a_day_bar_starts_at_the_markets_midnight() -> None:
    traded = int(datetime.fromisoformat("2022-04-20T10:15:00+08:00").timestamp())
    assert buckets.bucket_of(Market.HK, Period.DAY, traded) == 1650384000  # the example of 5.1


@pytest.mark.parametrize(
    ("local", "utc"),
    [
        ("2026-03-06", "2026-03-06T14:30:00+00:00"),
        ("2026-03-09", "2026-03-09T13:30:00+00:00"),
        ("2026-10-30", "2026-10-30T13:30:00+00:00"),
        ("2026-11-02", "2026-11-02T14:30:00+00:00"),
    ],
)
def test_new_york_opens_at_half_past_nine_on_either_side_of_a_clock_change(local: str, utc: str) -> None:
    opening = int(datetime.fromisoformat(utc).timestamp())
    assert zones.epochs_of_minutes(Market.US, date.fromisoformat(local), [570]).tolist() == [opening]
    assert buckets.bucket_of(Market.US, Period.MIN_5, opening + 130) == opening
    assert zones.minute_of_day(Market.US, opening) == 570


@pytest.mark.parametrize(("sunday", "hours"), [("2026-03-08", 23), ("2026-11-01", 25)])
def test_a_day_of_clock_change_is_an_hour_off_and_its_evening_right(sunday: str, hours: int) -> None:
    day = date.fromisoformat(sunday)
    begin = zones.midnight(Market.US, day)
    evening = zones.epochs_of_minutes(Market.US, day, [20 * 60])
    assert evening.tolist() == [begin + (hours - 4) * 3600]
    grid = zones.epochs_of_minutes(Market.US, day, np.arange(1440))
    assert np.all(np.diff(grid) > 0)
    assert zones.minute_of_day(Market.US, int(evening[0])) == 20 * 60
    assert set(zones.days_of(Market.US, grid).tolist()) == {day}
