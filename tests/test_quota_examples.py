"""The worked examples of both brokers' documents, through the calculator: ``quota(rule, **facts)``."""

from __future__ import annotations

from typing import Any

import pytest

import lpresearch as lp
from lpresearch.base.source import RollingDays

Facts = dict[str, Any]
SIXTY = [f"{number}.HK" for number in range(1, 61)]
HUNDRED = [f"{number}.HK" for number in range(700, 800)]


@pytest.mark.parametrize(
    ("facts", "used", "remaining"),
    [
        pytest.param({"asked": ["HK.00700", "700.HK", "HK.00700"]}, 1, 99, id="day, minute and forward of one symbol"),
        pytest.param(
            {"asked": [(one, f"2020-06-{5 + n % 26:02}") for n, one in enumerate(SIXTY)], "at": "2020-07-05"},
            60,
            40,
            id="60 of 100 between 5 June and 5 July",
        ),
        pytest.param({"asked": HUNDRED}, 100, 0, id="all used"),
        pytest.param({"asked": [f"{n}.HK" for n in range(1, 181)]}, 180, 0, id="a fall from 300 to 100 with 180 used"),
        pytest.param({"asked": [("700.HK", "2026-06-01")], "at": "2026-07-01 23:59"}, 1, 99, id="day 30 counts"),
        pytest.param({"asked": [("700.HK", "2026-06-01")], "at": "2026-07-02"}, 0, 100, id="day 31 does not"),
        pytest.param({"asked": [("700.HK", "2026-06-01")], "at": "2026-05-31"}, 0, 100, id="what is not asked yet"),
        pytest.param(
            {"asked": [("700.HK", "2026-06-01"), ("700.HK", "2026-06-20")], "at": "2026-07-20 23:59"},
            1,
            99,
            id="a repeated request starts the window again",
        ),
        pytest.param(
            {"asked": [("700.HK", "2026-06-01"), ("700.HK", "2026-06-20")], "at": "2026-07-21"}, 0, 100, id="to its end"
        ),
        pytest.param(
            {"asked": [("700.HK", "2026-04-08")], "at": "2026-04-15 23:59", "window_days": 7}, 1, 99, id="7 days"
        ),
        pytest.param({"asked": [("700.HK", "2026-04-08")], "at": "2026-04-16", "window_days": 7}, 0, 100, id="8 days"),
        pytest.param({"asked": ["AAPL.US", "700.HK"], "reserve": 10}, 2, 88, id="with units kept back"),
    ],
)
def test_futus_history_quota(facts: Facts, used: int, remaining: int) -> None:
    found = lp.quota("futu", **facts)
    assert (found.used, found.remaining) == (used, remaining)
    assert len(found.symbols) == used


def test_with_all_units_used_the_symbols_that_count_are_named_as_free() -> None:
    found = lp.quota("futu", asked=HUNDRED)
    assert "700.HK" in found.symbols
    assert "5.HK" not in found.symbols


def test_without_a_restart_the_first_request_ends_the_window() -> None:
    asked = [("700.HK", "2026-06-01"), ("700.HK", "2026-06-20")]
    once = RollingDays(30, restart=False)
    assert lp.quota(once, limit=100, asked=asked, at="2026-07-01 23:59").used == 1
    assert lp.quota(once, limit=100, asked=asked, at="2026-07-02").used == 0


def test_by_the_exact_reading_a_unit_comes_back_to_the_second() -> None:
    exact = RollingDays(30, boundary="exact")
    asked = [("700.HK", "2026-06-01 10:00")]
    assert lp.quota(exact, limit=100, asked=asked, at="2026-07-01 09:59:59").used == 1
    assert lp.quota(exact, limit=100, asked=asked, at="2026-07-01 10:00:00").used == 0


@pytest.mark.parametrize(
    ("facts", "units"),
    [
        ({}, 100),
        ({"assets": 9_999.99}, 100),
        ({"assets": 10_000}, 100),
        ({"assets": 10_000.01}, 300),
        ({"assets": 500_000}, 300),
        ({"assets": 500_000.01}, 1000),
        ({"assets": 5_000_000}, 1000),
        ({"assets": 5_000_000.01}, 2000),
        ({"assets": 20_000, "orders": (201, 3)}, 1000),
        ({"orders": (150, 150)}, 100),
        ({"orders": 200}, 100),
        ({"orders": 201}, 1000),
        ({"orders": 2000}, 1000),
        ({"orders": 2001}, 2000),
        ({"turnover": (0, 2_000_000)}, 100),
        ({"turnover": (0, 2_000_001)}, 1000),
        ({"turnover": 20_000_000}, 1000),
        ({"turnover": 20_000_000.01}, 2000),
        ({"futures": [(10, 20_000, 50)]}, 100),
        ({"futures": [(10, 20_000, 50)], "assets": 10_001}, 300),
        ({"futures": [(10, 20_000, 50, 1)] * 3}, 1000),
        ({"futures": [(5, 5_000, 50, 7.8)], "turnover": 1_100_000}, 1000),
        ({"futures_before": [(5, 5_000, 50, 7.8)], "turnover": 1_100_000}, 100),
        ({"assets": 400_000, "orders": (250, 180), "turnover": (1.9e6, 1.5e6)}, 1000),
    ],
)
def test_futus_tiers_are_the_same_for_history_and_subscriptions(facts: Facts, units: int) -> None:
    found = lp.quota("futu", **facts, subscriptions=[])
    assert (found.limit, found.subscriptions_remaining) == (units, units)


@pytest.mark.parametrize(
    ("facts", "units"),
    [
        ({}, 100),
        ({"assets": 9_999.99}, 100),
        ({"assets": 10_000}, 400),
        ({"assets": 80_000}, 600),
        ({"assets": 400_000}, 1000),
        ({"assets": 4_000_000}, 2000),
        ({"assets": 6_000_000}, 3000),
        ({"assets": 5_000, "assets_before": 80_000}, 600),
        ({"orders": 160}, 100),
        ({"orders": 161}, 1000),
        ({"orders": (161, 0)}, 1000),
        ({"orders": (100, 100)}, 100),
        ({"orders": 1600}, 1000),
        ({"orders": 1601}, 2000),
        ({"orders": 2500}, 2000),
        ({"orders": 2501}, 3000),
        ({"turnover": 1e9}, 100),
    ],
)
def test_longports_tiers(facts: Facts, units: int) -> None:
    assert lp.quota("longport", **facts).limit == units


def test_longports_month_counts_a_symbol_once_and_nothing_is_carried_over() -> None:
    asked = [("700.HK", "2026-07-03"), ("HK.00700", "2026-07-20"), ("5.HK", "2026-07-31 23:59")]
    july = lp.quota("longport", asked=asked, at="2026-07-31 23:59:59")
    assert (july.used, july.remaining, f"{july.refill:%Y-%m-%d %H:%M}") == (2, 98, "2026-08-01 00:00")
    august = lp.quota("longport", asked=asked, at="2026-08-01")
    assert (august.used, august.remaining, august.refill) == (0, 100, None)


PAIRS = [("HK.00700", "ORDER_BOOK"), ("US.AAPL", "TICKER"), ("SH.600519", "QUOTE")]


@pytest.mark.parametrize(
    ("pairs", "used"),
    [
        (PAIRS, 3),
        (PAIRS[1:], 2),
        ([("HK.00700", "QUOTE"), ("HK.00700", "K_1M")], 2),
        ([("HK.00700", "QUOTE"), ("700.HK", "quote")], 1),
    ],
)
def test_futus_subscriptions_take_a_unit_for_each_security_and_kind(pairs: list[tuple[str, str]], used: int) -> None:
    found = lp.quota("futu", subscriptions=pairs)
    assert (found.subscriptions_used, found.subscriptions_remaining) == (used, 100 - used)


def test_longports_subscriptions_are_500_symbols_whatever_the_tier_and_the_kinds() -> None:
    found = lp.quota("longport", assets=6_000_000, subscriptions=[*PAIRS, ("700.HK", "QUOTE")])
    assert (found.subscriptions_used, found.subscriptions_remaining) == (3, 497)


OPTIONS = ["AAPL260417C250000.US", "AAPL260417P240000.US", "AAPL260515C250000.US"]


@pytest.mark.parametrize(("assets", "chains"), [(0, 20), (10_001, 60), (500_001, 200), (5_000_001, 400)])
def test_by_the_newest_documents_options_count_by_chain_in_a_quota_of_their_own(assets: float, chains: int) -> None:
    found = lp.quota("futu", assets=assets, asked=[*OPTIONS, "AAPL.US"], options_apart=True)
    assert (found.used, found.options_used, found.options_remaining) == (1, 2, chains - 2)
    assert f"options    2 chains, {chains - 2} left" in str(found)


def test_by_the_older_documents_options_count_like_any_other_security() -> None:
    found = lp.quota("futu", asked=[*OPTIONS, "AAPL.US"])
    assert (found.used, found.options_used) == (4, None)
