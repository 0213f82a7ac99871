"""Quota rules against the worked examples of the brokers' documents."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from lpresearch.base.source import CalendarMonth, QuotaRule, RollingDays
from lpresearch.base.symbols import Symbol
from lpresearch.history.quota import Use, counted, earliest_that_counts, refill, state

HONG_KONG = timezone(timedelta(hours=8))
MONTH = CalendarMonth("Asia/Hong_Kong")
ROLLING = RollingDays(30)
NO_RESTART = RollingDays(30, restart=False)
EXACT = RollingDays(30, boundary="exact")


def at(text: str) -> float:
    """A moment of 2026 in Hong Kong, as MM-DD or MM-DD HH:MM."""
    day, _, clock = text.partition(" ")
    return datetime.fromisoformat(f"2026-{day}T{clock or '12:00'}").replace(tzinfo=HONG_KONG).timestamp()


def test_period_and_adjustment_do_not_count_only_the_symbol() -> None:
    uses = [Use("700.HK", at("07-01")) for _ in ("day", "1-min", "forward")]
    assert counted(uses, ROLLING, at("07-01")) == {"700.HK"}


def test_sixty_symbols_between_june_5_and_july_5_leave_forty() -> None:
    uses = [Use(f"{n}.HK", at("06-05") + n * 43_200) for n in range(60)]
    now = state(uses, ROLLING, 100, at("07-05"))
    assert (len(now.used), now.remaining) == (60, 40)


def test_a_counted_symbol_passes_when_the_quota_is_gone_and_a_new_one_does_not() -> None:
    uses = [Use(f"{n}.HK", at("07-01")) for n in range(700, 800)]
    now = state(uses, ROLLING, 100, at("07-02"))
    assert now.remaining == 0
    assert now.is_free("700.HK")
    assert not now.is_free("5.HK")


@pytest.mark.parametrize(
    ("rule", "uses", "last_counted", "first_free"),
    [
        (ROLLING, ["06-01"], "07-01 23:59", "07-02 00:00"),
        (ROLLING, ["06-01", "06-20"], "07-20 23:59", "07-21 00:00"),
        (NO_RESTART, ["06-01", "06-20"], "07-01 23:59", "07-02 00:00"),
        (EXACT, ["06-01 10:00"], "07-01 09:59", "07-01 10:00"),
        (RollingDays(7), ["04-08"], "04-15 23:59", "04-16 00:00"),
        (MONTH, ["07-01 00:00"], "07-31 23:59", "08-01 00:00"),
        (MONTH, ["07-31 23:59"], "07-31 23:59", "08-01 00:00"),
    ],
)
def test_a_unit_comes_back_when_its_window_ends(
    rule: QuotaRule, uses: list[str], last_counted: str, first_free: str
) -> None:
    booked = [Use("700.HK", at(use)) for use in uses]
    assert counted(booked, rule, at(last_counted)) == {"700.HK"}
    assert counted(booked, rule, at(first_free)) == frozenset()
    moment = refill(booked, rule, at(last_counted))
    assert moment is not None
    assert moment.timestamp() == at(first_free)


def test_a_fall_to_a_lower_tier_leaves_none_and_takes_no_symbol_away() -> None:
    now = state([Use(f"{n}.HK", at("07-01")) for n in range(180)], ROLLING, 100, at("07-02"))
    assert now.remaining == 0
    assert now.is_free("179.HK")


def test_two_spellings_are_one_unit() -> None:
    uses = [Use(Symbol(text), at("07-01")) for text in ("HK.00700", "700.HK")]
    assert counted(uses, ROLLING, at("07-01")) == {"700.HK"}


def test_a_symbol_counts_once_a_month_and_again_in_the_next() -> None:
    uses = [Use("700.HK", at("07-03")), Use("700.HK", at("07-20")), Use("700.HK", at("08-02"))]
    assert state(uses[:2], MONTH, 100, at("07-21")).used == {"700.HK": at("07-03")}
    assert state(uses, MONTH, 100, at("08-03")).used == {"700.HK": at("08-02")}


def test_without_restart_a_use_after_the_window_opens_a_new_one() -> None:
    uses = [Use("700.HK", at("06-01")), Use("700.HK", at("07-02"))]
    assert counted(uses, NO_RESTART, at("08-01")) == {"700.HK"}
    assert counted(uses, NO_RESTART, at("08-02")) == frozenset()


def test_nothing_used_has_no_refill() -> None:
    assert refill([], MONTH, at("07-01")) is None


def test_a_clock_set_back_does_not_forget_what_was_paid() -> None:
    assert counted([Use("700.HK", at("08-02"))], MONTH, at("07-30")) == {"700.HK"}


@pytest.mark.parametrize("rule", [MONTH, ROLLING, NO_RESTART, EXACT])
def test_uses_before_the_cut_never_matter(rule: QuotaRule) -> None:
    now = at("07-15")
    old = [Use("old", earliest_that_counts(rule, now) - 1)]
    assert counted(old, rule, now) == frozenset()
