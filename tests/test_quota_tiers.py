"""Tiers of both brokers and Futu's subscription units, by the documents' worked examples."""

from __future__ import annotations

import numpy as np
import pytest

import lpresearch as lp
from lpresearch.base.errors import InputError, SubscriptionLimit
from lpresearch.base.source import CalendarMonth, QuotaRule, RollingDays
from lpresearch.history.subscriptions import SubscriptionUnits
from lpresearch.history.tiers import FUTU, LONGPORT, FuturesTrade, Standing, futures_turnover, tier


@pytest.mark.parametrize(
    ("standing", "units"),
    [
        (Standing(), 100),
        (Standing(assets_hkd=9_999.99), 100),
        (Standing(assets_hkd=10_000), 400),
        (Standing(assets_hkd=79_999.99), 400),
        (Standing(assets_hkd=80_000), 600),
        (Standing(assets_hkd=400_000), 1000),
        (Standing(orders_this_month=160), 100),
        (Standing(orders_this_month=161), 1000),
        (Standing(orders_last_month=161, orders_this_month=3), 1000),
        (Standing(orders_last_month=100, orders_this_month=100), 100),
        (Standing(assets_hkd=4_000_000), 2000),
        (Standing(orders_last_month=1601), 2000),
        (Standing(assets_hkd=6_000_000), 3000),
        (Standing(orders_last_month=2501), 3000),
        (Standing(assets_hkd=5_000, assets_before_hkd=80_000), 600),
        (Standing(turnover_this_month_hkd=1e9), 100),
    ],
)
def test_longports_tiers(standing: Standing, units: int) -> None:
    assert tier(LONGPORT, standing).units == units


@pytest.mark.parametrize(
    ("standing", "units"),
    [
        (Standing(assets_hkd=9_999.99), 100),
        (Standing(assets_hkd=10_000), 100),
        (Standing(assets_hkd=10_000.01), 300),
        (Standing(assets_hkd=20_000, orders_last_month=201, orders_this_month=3), 1000),
        (Standing(orders_last_month=150, orders_this_month=150), 100),
        (Standing(orders_this_month=200), 100),
        (Standing(orders_this_month=2000), 1000),
        (Standing(orders_this_month=2001), 2000),
        (Standing(turnover_this_month_hkd=2_000_001), 1000),
        (Standing(assets_hkd=5_000_000.01), 2000),
        (
            Standing(
                assets_hkd=400_000,
                orders_last_month=250,
                orders_this_month=180,
                turnover_last_month_hkd=1_900_000,
                turnover_this_month_hkd=1_500_000,
            ),
            1000,
        ),
    ],
)
def test_futus_tiers(standing: Standing, units: int) -> None:
    assert tier(FUTU, standing).units == units


def test_a_tier_says_what_earned_it() -> None:
    assert tier(FUTU, Standing(orders_last_month=250)).because == ("250 filled orders in a month are more than 200",)
    assert tier(LONGPORT, Standing()).because == ()


def test_a_tenth_of_futures_trades_counts() -> None:
    day = [FuturesTrade(10, 20_000, 50)]
    assert futures_turnover(day) == 1_000_000
    assert tier(FUTU, Standing(turnover_this_month_hkd=futures_turnover(day))).units == 100
    assert tier(FUTU, Standing(turnover_this_month_hkd=futures_turnover(day * 3))).units == 1000


def test_futures_and_stocks_of_one_month_add_up_and_of_two_months_do_not() -> None:
    futures = futures_turnover([FuturesTrade(5, 5_000, 50, fx=7.8)])
    assert futures == pytest.approx(975_000)
    assert tier(FUTU, Standing(turnover_this_month_hkd=1_100_000 + futures)).units == 1000
    assert tier(FUTU, Standing(turnover_last_month_hkd=futures, turnover_this_month_hkd=1_100_000)).units == 100


def test_one_unit_per_security_and_kind_freed_on_unsubscribe() -> None:
    units = SubscriptionUnits(100)
    for symbol, kind in [("HK.00700", "ORDER_BOOK"), ("US.AAPL", "TICKER"), ("SH.600519", "QUOTE")]:
        units.subscribe(symbol, kind, at=0)
    assert (units.used(1), units.remaining(1)) == (3, 97)
    units.unsubscribe("HK.00700", "ORDER_BOOK", at=60)
    assert (units.used(60), units.remaining(60)) == (2, 98)


def test_two_kinds_of_one_security_are_two_units() -> None:
    units = SubscriptionUnits(100)
    units.subscribe("HK.00700", "QUOTE", at=0)
    units.subscribe("HK.00700", "K_1M", at=0)
    assert units.used(0) == 2


def test_a_unit_is_held_for_a_minute_at_least() -> None:
    units = SubscriptionUnits(100)
    units.subscribe("HK.00700", "QUOTE", at=0)
    with pytest.raises(InputError, match=r"held for 60 s at least\. Wait 1 s"):
        units.unsubscribe("HK.00700", "QUOTE", at=59)
    assert units.used(59) == 1


def test_two_connections_share_a_unit_until_the_last_lets_go() -> None:
    units = SubscriptionUnits(1)
    units.subscribe("HK.00700", "QUOTE", at=0, connection="a")
    units.subscribe("HK.00700", "QUOTE", at=0, connection="b")
    units.unsubscribe("HK.00700", "QUOTE", at=100, connection="a")
    assert units.used(100) == 1
    units.unsubscribe("HK.00700", "QUOTE", at=100, connection="b")
    assert units.used(100) == 0


def test_the_units_of_a_connection_that_ends_early_count_until_they_are_a_minute_old() -> None:
    units = SubscriptionUnits(1)
    units.subscribe("HK.00700", "QUOTE", at=0, connection="a")
    units.disconnect("a", at=10)
    assert (units.used(59), units.used(60)) == (1, 0)


def test_over_the_quota_a_call_is_refused_and_takes_nothing() -> None:
    units = SubscriptionUnits(1)
    units.subscribe("HK.00700", "QUOTE", at=0)
    with pytest.raises(SubscriptionLimit, match="1 of 1 units"):
        units.subscribe("HK.00005", "QUOTE", at=0)
    assert units.used(0) == 1


def test_only_what_is_subscribed_can_be_unsubscribed() -> None:
    with pytest.raises(InputError, match="only what is subscribed"):
        SubscriptionUnits(1).unsubscribe("HK.00700", "QUOTE", at=100)


def test_the_calculator_gives_the_worked_examples() -> None:
    asked = [(f"{number}.HK", f"2020-06-{5 + number % 20:02}") for number in range(1, 61)]
    used = lp.quota(RollingDays(30), limit=100, asked=asked, at="2020-07-05")
    assert (used.used, used.remaining) == (60, 40)
    futu = lp.quota("futu", assets=400_000, orders=(250, 180), turnover=(1.9e6, 1.5e6))
    assert (futu.limit, futu.because) == (1000, ("250 filled orders in a month are more than 200",))
    pairs = [("HK.00700", "ORDER_BOOK"), ("US.AAPL", "TICKER"), ("SH.600519", "QUOTE")]
    watched = lp.quota("futu", subscriptions=pairs)
    assert (watched.subscriptions_used, watched.subscriptions_remaining) == (3, 97)
    dropped = lp.quota("futu", subscriptions=pairs[1:])
    assert (dropped.subscriptions_used, dropped.subscriptions_remaining) == (2, 98)
    assert lp.quota("longport", orders=(161, 0)).limit == 1000


@pytest.mark.parametrize(
    ("rule", "facts", "words"),
    [
        ("ibkr", {}, "rule='ibkr'"),
        (RollingDays(30), {}, "limit"),
        (None, {"assets": 1.0}, "facts are for a calculation"),
        ("futu", {"asets": 1.0}, "asets"),
    ],
)
def test_a_calculation_without_a_footing_is_refused(rule: str, facts: dict[str, float], words: str) -> None:
    with pytest.raises(InputError, match=words):
        lp.quota(rule, **facts)  # type: ignore[arg-type] # what a user may write


@pytest.mark.parametrize(
    ("parameter", "values"),
    [
        ("assets", ["x", None, float("nan"), float("inf"), -1, True, 10**400, [1]]),
        ("assets_before", ["x", -1]),
        ("orders", [(1, 2, 3), -4, "5", 2.5, None, {1: 2}, {1, 2}, (1,), [1, "2"], (-1, 2)]),
        ("turnover", [{1: 2}, {1: 2, 3: 4}, "5", None, -1.0, (1.0, float("nan"))]),
        ("futures", [5, [(1, 2)], None, "abc", [5], [(1, 2, "x")], [(1, 2, 3, 4, 5)], {1: 2}]),
        ("futures_before", [5, [(1, 2)]]),
        ("limit", ["x", None, -5, 2.5, True, np.array([1, 2])]),
        ("reserve", [-1, 2.5, "2", True, None, 10**30]),
        ("asked", [5, None, [5], [("700.HK",)], [None], "", "700", {"700.HK": "2026-06-01"}, [("700.HK", 5)]]),
        ("subscriptions", [5, None, "700.HK", ["700.HK"], [("700.HK", 5)], [("700", "QUOTE")], [("700.HK", " ")]]),
        ("window_days", [0, -3, "7", 7.5, None, 10**9]),
        ("options_apart", ["x", None, 1]),
        ("at", ["x", None, 5]),
    ],
)
@pytest.mark.parametrize("rule", ["futu", "longport", RollingDays(30)])
def test_a_fact_that_is_not_of_its_kind_is_refused_by_name(
    rule: QuotaRule | str, parameter: str, values: list[object]
) -> None:
    for value in values:
        with pytest.raises(InputError) as caught:
            lp.quota(rule, **({"limit": 100} | {parameter: value}))  # type: ignore[arg-type] # what a user may write
        assert caught.value.parameter == parameter, value


@pytest.mark.parametrize(
    ("rule", "parameter"),
    [
        (CalendarMonth("Mars/Phobos"), "zone"),
        (CalendarMonth("Asia/Hong_Kong", ("Mars/Phobos",)), "zone"),
        (RollingDays(30, zone=""), "zone"),
        (CalendarMonth("Asia/Hong_Kong", "UTC"), "or_zones"),  # type: ignore[arg-type] # what a user may write
        (RollingDays(0), "days"),
        (RollingDays(30, boundary="week"), "boundary"),  # type: ignore[arg-type]
        (np.array(["futu", "longport"]), "rule"),
    ],
)
def test_a_rule_of_days_or_zones_that_there_are_not_is_refused(rule: QuotaRule, parameter: str) -> None:
    with pytest.raises(InputError) as caught:
        lp.quota(rule, limit=5, asked=["700.HK"])
    assert caught.value.parameter == parameter


def test_a_list_of_two_is_a_pair_of_months() -> None:
    assert lp.quota("futu", orders=[200, 300]) == lp.quota("futu", orders=(200, 300))  # type: ignore[arg-type]
    assert lp.quota("futu", turnover=np.array([1.0, 2.1e6])).limit == 1000  # type: ignore[arg-type]


def test_one_symbol_asked_may_be_a_text() -> None:
    assert lp.quota("futu", asked="HK.00700").symbols == ("700.HK",)


def test_counts_of_numpy_are_counts() -> None:
    found = lp.quota("futu", reserve=np.int64(2), limit=np.int64(5), orders=np.int64(3))  # type: ignore[arg-type]
    assert (found.limit, found.reserve, found.remaining) == (5, 2, 3)
