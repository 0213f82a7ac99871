"""Every market, period, half day and clock change against recorded bars, whatever zone the machine lives in."""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import chain, pairwise, product
from pathlib import Path
from typing import Any

import pytest

from lpresearch.base.markets import Market
from lpresearch.base.model import Period, Session, Sessions
from lpresearch.calendars.buckets import bucket_of
from lpresearch.calendars.market_calendar import MarketCalendar


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / name).read_text())
    return found


CASES: list[dict[str, Any]] = recorded("buckets.json")["cases"]
US_SESSIONS = recorded("us_sessions.json")  # of each kind of day, and when they open on some days
LONG_BARS = recorded("long_bars.json")  # which bar a moment falls into, and every bar of two years
DAY_S = 86_400
US_PERIODS = ("1m", "5m", "15m", "60m")


@pytest.fixture(params=["UTC", "Asia/Hong_Kong", "America/New_York"], autouse=True)
def _machine_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The zone of the machine, which nothing may depend on."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield
    time.tzset()


def calendar_of(case: dict[str, Any]) -> MarketCalendar:
    """The market's calendar, told of a half day, as command 9 tells it."""
    day = date.fromisoformat(case["day"])
    full, half = ([], [day]) if case["half"] else ([day], [])
    return MarketCalendar.corrected(Market(case["market"]), start=day, end=day, full_days=full, half=half)


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def midnight(case: dict[str, Any]) -> int:
    zone = timezone(timedelta(hours=case["utc_offset_h"]))
    return int(datetime.combine(date.fromisoformat(case["day"]), datetime.min.time(), zone).timestamp())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['market']} {case['day']}")
def test_the_bars_of_a_day_start_as_recorded(case: dict[str, Any]) -> None:
    calendar, begin = calendar_of(case), midnight(case)
    for period, count in case["counts"].items():
        starts = calendar.starts(Period(period), Sessions.REGULAR, begin, begin + DAY_S).tolist()
        assert len(starts) == count, period
        if period in case["starts"]:
            zone = timezone(timedelta(hours=case["utc_offset_h"]))
            local = [datetime.fromtimestamp(start, UTC).astimezone(zone).strftime("%H:%M") for start in starts]
            assert local == case["starts"][period], period


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['market']} {case['day']}")
def test_every_moment_of_a_day_falls_into_the_last_bar_that_began(case: dict[str, Any]) -> None:
    calendar, begin = calendar_of(case), midnight(case)
    for period, recorded in case["starts"].items():
        starts = [begin + (int(text[:2]) * 60 + int(text[3:])) * 60 for text in recorded]
        for moment in range(begin, begin + DAY_S, 7 * 60 + 13):
            found = calendar.start_of(Period(period), moment)
            if found is not None:
                assert found == max(start for start in starts if start <= moment), (period, moment)
        assert calendar.start_of(Period(period), starts[0]) == starts[0]
        assert calendar.start_of(Period(period), starts[0] - 1) is None


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['market']} {case['day']}")
def test_a_day_and_its_week_begin_at_the_markets_midnight(case: dict[str, Any]) -> None:
    calendar, begin = calendar_of(case), midnight(case)
    opening = begin + 10 * 3600
    assert calendar.start_of(Period.DAY, opening) == begin
    assert calendar.start_of(Period.WEEK, opening) == begin - date.fromisoformat(case["day"]).weekday() * DAY_S


# ------------------------------------------------------------------ the whole day of New York


def us_calendar(case: dict[str, Any]) -> MarketCalendar:
    """New York's calendar, told of a day and of whether the next one trades."""
    day = date.fromisoformat(case["day"])
    following = day + timedelta(days=1)
    full = {"full": [day], "eve": [following]}.get(case["kind"], [])
    half = [day] if case["kind"] == "half" else []
    return MarketCalendar.corrected(Market.US, start=day, end=following, full_days=full, half=half)


def us_sessions(case: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """The sessions of the day's kind, and the moment at which each opens."""
    return list(zip(US_SESSIONS["kinds"][case["kind"]], map(epoch, case["opens"]), strict=True))


def minutes(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:])


def starts_of(session: dict[str, Any], opens: int, period: str) -> list[int]:
    """The recorded bars of a session: where their starts are not written out, one every so many minutes."""
    if period in session["starts"]:
        return [opens + (minutes(start) - minutes(session["from"])) * 60 for start in session["starts"][period]]
    return [opens + number * int(period[:-1]) * 60 for number in range(session["counts"][period])]


def day_of(case: dict[str, Any]) -> str:
    return f"{case['day']}, {case['what']}"


us_days = pytest.mark.parametrize("case", US_SESSIONS["days"], ids=day_of)


@us_days
def test_a_us_day_has_the_sessions_recorded(case: dict[str, Any]) -> None:
    calendar, day = us_calendar(case), date.fromisoformat(case["day"])
    expected = [
        (Session(session["session"]), minutes(session["from"]), minutes(session["to"]))
        for session, _ in us_sessions(case)
    ]
    assert [(span.session, span.start, span.end) for span in calendar.spans(day, Sessions.ALL)] == expected
    assert (calendar.midnight(day), calendar.midnight(day + timedelta(days=1))) == (
        epoch(case["begins"]),
        epoch(case["ends"]),
    )


@us_days
def test_the_bars_of_a_whole_us_day_start_as_recorded(case: dict[str, Any]) -> None:
    calendar, begin, end = us_calendar(case), epoch(case["begins"]), epoch(case["ends"])
    sessions = us_sessions(case)
    for period in US_PERIODS:
        of_session = [starts_of(session, opens, period) for session, opens in sessions]
        assert [len(starts) for starts in of_session] == [session["counts"][period] for session, _ in sessions]
        everything = list(chain(*of_session))
        assert calendar.starts(Period(period), Sessions.ALL, begin, end).tolist() == everything, period
        assert calendar.expected_bars(Period(period), Sessions.ALL, begin, end) == len(everything), period
        regular = of_session[2] if len(sessions) == 5 else []
        assert calendar.starts(Period(period), Sessions.REGULAR, begin, end).tolist() == regular, period


@pytest.mark.parametrize("case", [case for case in US_SESSIONS["days"] if case["kind"] in {"full", "half"}], ids=day_of)
def test_every_moment_of_a_whole_us_day_falls_into_the_last_bar_of_its_session(case: dict[str, Any]) -> None:
    calendar, half = us_calendar(case), case["kind"] == "half"
    for period, (session, opens) in product(US_PERIODS, us_sessions(case)):
        starts = starts_of(session, opens, period)
        ends = opens + (minutes(session["to"]) - minutes(session["from"])) * 60
        for moment in (opens, *range(opens + 97, ends, 7 * 60 + 13), ends - 1):
            expected = starts[bisect_right(starts, moment) - 1]
            assert bucket_of(Market.US, Period(period), moment, half=half, sessions=Sessions.ALL) == expected, moment
            regular = expected if session["session"] == "regular" else None
            assert calendar.start_of(Period(period), moment) == regular, moment


@pytest.mark.parametrize("case", [case for case in US_SESSIONS["days"] if case["kind"] == "half"], ids=day_of)
def test_between_the_post_market_of_a_half_day_and_the_evening_there_is_no_bar(case: dict[str, Any]) -> None:
    (_, post), (_, evening) = us_sessions(case)[-2:]
    for moment in (post + 4 * 3600, post + 5 * 3600, evening - 1):
        assert bucket_of(Market.US, Period.MIN_1, moment, half=True, sessions=Sessions.ALL) is None


# ------------------------------------------------------------------ months, quarters and years


@pytest.mark.parametrize("case", LONG_BARS["moments"], ids=lambda case: f"{case['market']} {case['at']}")
def test_a_moment_falls_into_the_month_quarter_and_year_recorded(case: dict[str, Any]) -> None:
    calendar, moment = calendar_of({**case, "day": case["at"][:10]}), epoch(case["at"])
    for period, start in case["bars"].items():
        expected = epoch(start) if start else None
        assert calendar.start_of(Period(period), moment) == expected, period
        for sessions in Sessions:  # such bars are of regular trading only
            found = bucket_of(calendar.market, Period(period), moment, half=case["half"], sessions=sessions)
            assert found == expected, (period, sessions)


@pytest.mark.parametrize("case", LONG_BARS["starts"], ids=lambda case: str(case["market"]))
@pytest.mark.parametrize("sessions", Sessions)
def test_months_quarters_and_years_start_as_recorded(case: dict[str, Any], sessions: Sessions) -> None:
    calendar = MarketCalendar(Market(case["market"]))
    begin = calendar.midnight(date.fromisoformat(case["from"]))
    end = calendar.midnight(date.fromisoformat(case["to"]) + timedelta(days=1))
    for period, starts in case["bars"].items():
        expected = list(map(epoch, starts))
        assert calendar.starts(Period(period), sessions, begin, end).tolist() == expected, period
        assert calendar.expected_bars(Period(period), sessions, begin, end) == len(expected), period
        for before, start in pairwise(expected):
            assert calendar.previous_start(Period(period), sessions, start) == before, (period, start)
            assert calendar.next_start(Period(period), sessions, before + 1) == start, (period, start)
