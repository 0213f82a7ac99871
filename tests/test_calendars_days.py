"""Trading days and half days against the exchanges' own published calendars."""

from __future__ import annotations

from datetime import date

import pytest

from lpresearch.base.markets import Market
from lpresearch.calendars.days import half_days, session_days


def iso(market: Market, start: str, end: str) -> list[str]:
    return [str(day) for day in session_days(market, date.fromisoformat(start), date.fromisoformat(end))]


@pytest.mark.parametrize(
    ("market", "start", "end", "expected"),
    [
        (Market.HK, "2025-01-27", "2025-02-03", "2025-01-27 2025-01-28 2025-02-03"),  # lunar new year
        (Market.US, "2025-11-26", "2025-12-01", "2025-11-26 2025-11-28 2025-12-01"),  # thanksgiving
        (Market.CN, "2025-09-30", "2025-10-09", "2025-09-30 2025-10-09"),  # national week
        (Market.SG, "2025-08-08", "2025-08-12", "2025-08-08 2025-08-11 2025-08-12"),
    ],
)
def test_holidays_are_not_trading_days(market: Market, start: str, end: str, expected: str) -> None:
    assert " ".join(iso(market, start, end)) == expected


def test_outside_the_recorded_years_every_weekday_is_a_trading_day() -> None:
    assert iso(Market.CN, "2060-01-01", "2060-01-06") == ["2060-01-01", "2060-01-02", "2060-01-05", "2060-01-06"]
    assert iso(Market.HK, "1994-12-24", "1994-12-27") == ["1994-12-26", "1994-12-27"]


def test_a_range_without_days_is_empty() -> None:
    assert iso(Market.US, "2026-11-21", "2026-11-22") == []
    assert iso(Market.US, "2026-11-22", "2026-11-21") == []


def test_half_days_are_the_eves_of_holidays() -> None:
    hk = half_days(Market.HK, date(2024, 12, 1), date(2025, 2, 28))
    assert sorted(day.isoformat() for day in hk) == ["2024-12-24", "2024-12-31", "2025-01-28"]
    us = half_days(Market.US, date(2025, 7, 1), date(2025, 12, 31))
    assert sorted(day.isoformat() for day in us) == ["2025-07-03", "2025-11-28", "2025-12-24"]
    assert half_days(Market.CN, date(2020, 1, 1), date(2025, 1, 1)) == frozenset()
