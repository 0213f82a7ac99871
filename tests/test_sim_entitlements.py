"""Dividends and splits in the account: who is entitled, what is paid when, and what becomes of shares and orders."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal

from lpresearch.base.model import Side, TimeInForce
from lpresearch.sim.exchange.entitlements import Entitlements
from tests.exchange_bench import Bench
from tests.fake_market import FIRST_DAY, FakeAction

EX, PAY = FIRST_DAY + timedelta(1), FIRST_DAY + timedelta(3)
DIVIDEND = FakeAction(EX, PAY, dividend=Decimal("2.5"))
SPLIT = FakeAction(EX, EX, ratio=Decimal(5))


class Acting:
    """An exchange on a fake market whose securities pay and split, and days that pass."""

    def __init__(self, symbol: str, *actions: FakeAction) -> None:
        self.bench = Bench()
        self.bench.market.acted[symbol] = list(actions)
        self.entitlements = Entitlements(self.bench.market, self.bench.account, self.bench.exchange)
        self.account = self.bench.account

    def sleep(self, days: int = 1) -> None:
        for _ in range(days):
            self.bench.clock.next_day()
            self.entitlements.step(self.bench.clock.now())
            self.bench.exchange.step()

    def paid(self) -> list[tuple[str, Decimal, str]]:
        return [(flow.name, flow.amount, flow.currency) for flow in self.account.flows if "Dividend" in flow.name]


def test_a_holder_before_the_ex_date_is_paid_on_the_pay_date_and_once() -> None:
    acting = Acting("700.HK", DIVIDEND)
    cash = acting.account.cash["HKD"]
    acting.sleep(2)
    assert (acting.paid(), acting.account.cash["HKD"]) == ([], cash)
    acting.sleep(4)
    assert acting.paid() == [("Cash Dividend", Decimal(1000), "HKD")]
    assert acting.account.cash["HKD"] == cash + 1000
    (flow,) = [flow for flow in acting.account.flows if flow.name == "Cash Dividend"]
    assert flow.description == "TENCENT dividend 2.5 a share, 400 shares"


def test_who_sells_on_the_ex_date_is_paid_and_who_buys_on_it_is_not() -> None:
    acting = Acting("700.HK", DIVIDEND)
    acting.sleep()
    acting.bench.market.show("700.HK", bids=[("497.5", 500)], asks=[("498", 5000)])
    acting.bench.send(Side.SELL, 400)
    acting.bench.send(Side.BUY, 900)
    acting.sleep(3)
    assert acting.paid() == [("Cash Dividend", Decimal(1000), "HKD")]


def test_who_is_short_owes_the_dividend() -> None:
    acting = Acting("AAPL.US", FakeAction(EX, PAY, dividend=Decimal("0.26")))
    acting.bench.market.show("AAPL.US", bids=[("250", 5000)])
    acting.bench.send(Side.SELL, 150, symbol="AAPL.US")
    acting.sleep(4)
    assert acting.paid() == [("Cash Dividend", Decimal("-26.00"), "USD")]


def test_a_split_multiplies_the_shares_and_divides_their_cost() -> None:
    acting = Acting("700.HK", SPLIT)
    before = acting.account.positions["700.HK"]
    value = before.quantity * before.cost
    acting.sleep()
    after = acting.account.positions["700.HK"]
    assert after.quantity == after.opening_quantity == 2000
    assert after.quantity * after.cost == value
    assert acting.account.available_shares("700.HK") == 2000


def test_open_orders_are_cancelled_by_a_split_and_kept_by_a_dividend() -> None:
    for action, status in ((SPLIT, "CanceledStatus"), (DIVIDEND, "NewStatus")):
        acting = Acting("700.HK", action)
        held = acting.bench.send(Side.SELL, 400, "600", life=TimeInForce.GTC)
        other = acting.bench.send(Side.BUY, 500, "15", symbol="2800.HK", life=TimeInForce.GTC)
        acting.sleep()
        assert (held.status, other.status) == (status, "NewStatus")
        assert set(acting.account.holds) == {order.order_id for order in (held, other) if order.is_open}


def test_an_order_of_what_is_not_held_is_cancelled_too() -> None:
    acting = Acting("2800.HK", SPLIT)
    order = acting.bench.send(Side.BUY, 500, "15", symbol="2800.HK", life=TimeInForce.GTC)
    acting.sleep()
    assert order.status == "CanceledStatus"


def test_days_that_were_slept_through_are_made_up_for_in_their_order() -> None:
    later = FakeAction(EX + timedelta(1), PAY, dividend=Decimal("0.5"))
    acting = Acting("700.HK", SPLIT, later)
    acting.bench.clock.time += 10 * 86_400
    acting.sleep()
    assert acting.paid() == [("Cash Dividend", Decimal(1000), "HKD")]
    assert acting.account.positions["700.HK"].quantity == 2000


def test_what_came_into_force_before_the_account_was_opened_is_no_business_of_it() -> None:
    acting = Acting("700.HK", FakeAction(FIRST_DAY, PAY, dividend=Decimal(1)))
    acting.sleep(5)
    assert acting.paid() == []


def test_a_snapshot_taken_between_ex_date_and_payment_pays_once_and_days_off_are_made_up_for() -> None:
    acting = Acting("700.HK", DIVIDEND, FakeAction(PAY, PAY, ratio=Decimal(5)))
    acting.sleep()
    kept = json.loads(json.dumps(acting.entitlements.snapshot()))
    acting.bench.clock.time += 5 * 86_400
    acting.entitlements = Entitlements(acting.bench.market, acting.account, acting.bench.exchange)
    acting.entitlements.restore(kept)
    assert acting.paid() == []
    acting.sleep(2)
    assert acting.paid() == [("Cash Dividend", Decimal(1000), "HKD")]
    assert acting.account.positions["700.HK"].quantity == 2000
    assert json.loads(json.dumps(acting.entitlements.snapshot()))["claims"] == []
