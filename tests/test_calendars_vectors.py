"""Every market, period, half day and clock change against recorded bars, whatever zone the machine lives in."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from lpresearch.base.markets import Market
from lpresearch.base.model import Period, Sessions
from lpresearch.calendars.market_calendar import MarketCalendar

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "vectors" / "buckets.json").read_text())["cases"]
DAY_S = 86_400


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
