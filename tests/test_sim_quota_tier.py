"""The simulator's history quota by tier: it follows what the account owns, and how many orders it filled."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

import lpresearch as lp
from lpresearch.base.errors import InputError
from lpresearch.base.model import Side
from lpresearch.sim.exchange.quota_tier import earned_quota
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import serve
from tests.conftest import MONDAY_NOON
from tests.exchange_bench import Bench


def _own(bench: Bench, hkd: str) -> None:
    bench.account.positions.clear()
    bench.account.cash.clear()
    bench.account.cash["HKD"] = Decimal(hkd)


@pytest.mark.parametrize(
    ("assets", "symbols"),
    [
        ("0", 100),
        ("9999.99", 100),
        ("10000", 400),
        ("79999.99", 400),
        ("80000", 600),
        ("400000", 1000),
        ("3999999.99", 1000),
        ("4000000", 2000),
        ("6000000", 3000),
        ("90000000", 3000),
    ],
)
def test_assets_that_reach_a_level_earn_it(assets: str, symbols: int) -> None:
    bench = Bench()
    _own(bench, assets)
    assert earned_quota(bench.account, bench.exchange, bench.clock.now()) == symbols


def test_160_filled_orders_in_a_month_are_too_few_and_161_earn_the_level_until_the_end_of_the_next_month() -> None:
    bench = Bench()
    bench.market.show("700.HK", bids=[("499.8", 10**6)], asks=[("500", 10**6)])
    _own(bench, "100000000")
    bench.send(Side.BUY, 100, "400")  # it rests, and does not count
    for _ in range(160):
        bench.send(Side.BUY, 100, "500")

    def earned_in(days: int) -> int:
        _own(bench, "0")
        return earned_quota(bench.account, bench.exchange, bench.clock.now() + timedelta(days=days).total_seconds())

    assert earned_in(0) == 100
    _own(bench, "100000000")
    bench.send(Side.BUY, 100, "500")
    assert [earned_in(days) for days in (0, 31, 62)] == [1000, 1000, 100]


def test_the_profile_tells_what_the_account_earns_and_ours_reckons_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serve(clock=ManualClock(MONDAY_NOON), history_quota="tier") as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        assets = float(lp.balance("HKD")["net_assets"].iloc[0])
        assert lp.quota().limit == lp.quota("longport", assets=assets).limit > 400


@pytest.mark.parametrize("quota", [-1, 2.5, "tiers", None])
def test_a_quota_that_is_none_is_refused(quota: object) -> None:
    with pytest.raises(InputError, match="history_quota"), serve(history_quota=quota):  # type: ignore[arg-type]
        pass
