"""Orders of the simulated exchange: matching, life, triggers, and the account that pays for them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from lpresearch.base.markets import OrderType
from lpresearch.base.model import Session, SessionSpan, Side, TimeInForce
from lpresearch.sim.exchange.account import NO_BUYING_POWER, NO_POSITION
from lpresearch.sim.exchange.exchange import NO_SUCH_ORDER, NOT_CHANGEABLE
from lpresearch.sim.exchange.fees import charges
from lpresearch.sim.exchange.orders import Order, Terms
from lpresearch.sim.server.refusal import Refusal
from tests.exchange_bench import Bench
from tests.fake_market import FIRST_DAY


@pytest.fixture
def bench() -> Bench:
    return Bench()


def fills(order: Order) -> list[tuple[str, str]]:
    return [(str(fill.quantity), str(fill.price)) for fill in order.fills]


@contextmanager
def refused(code: int) -> Iterator[None]:
    with pytest.raises(Refusal) as caught:
        yield
    assert (caught.value.http_status, caught.value.code) == (400, code)


def test_a_buy_below_the_ask_rests_and_fills_when_the_ask_comes_down(bench: Bench) -> None:
    bench.market.show("700.HK", bids=[("499.8", 1000)], asks=[("500", 1000)])
    order = bench.send(Side.BUY, 200, "499.8")
    assert order.status == "NewStatus"
    bench.market.show("700.HK", bids=[("499.4", 1000)], asks=[("499.6", 1000)])
    bench.exchange.step()
    assert bench.statuses == ["WaitToNew", "NewStatus", "FilledStatus"]
    assert fills(order) == [("200", "499.6")]


def test_a_large_buy_walks_the_levels_best_first_and_the_mean_is_right_to_the_cent(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("500", 100), ("500.5", 200), ("501", 900)])
    order = bench.send(Side.BUY, 400, "501")
    assert fills(order) == [("100", "500"), ("200", "500.5"), ("100", "501")]
    assert order.executed_price == Decimal("500.5")
    assert bench.statuses == ["WaitToNew", "NewStatus", "PartialFilledStatus", "PartialFilledStatus", "FilledStatus"]


def test_a_sell_fills_at_the_bid_and_never_below_its_limit(bench: Bench) -> None:
    bench.market.show("700.HK", bids=[("500", 100), ("499.8", 100), ("499.6", 100)])
    order = bench.send(Side.SELL, 300, "499.8")
    assert fills(order) == [("100", "500"), ("100", "499.8")]
    assert order.status == "PartialFilledStatus"


def test_a_level_gives_its_volume_only_once_until_it_changes(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("500", 100)])
    order = bench.send(Side.BUY, 300, "500")
    bench.exchange.step()
    assert order.executed_quantity == 100
    bench.market.show("700.HK", asks=[("500", 150)])
    bench.exchange.step()
    assert order.executed_quantity == 250


def test_a_market_order_fills_at_once_one_tick_behind_the_last_level_shown(bench: Bench) -> None:
    bench.market.show("AAPL.US", asks=[("250.10", 30)])
    order = bench.send(Side.BUY, 50, symbol="AAPL.US")
    assert fills(order) == [("30", "250.10"), ("20", "250.11")]
    assert order.status == "FilledStatus"


def test_a_market_order_waits_for_a_book_where_there_is_none(bench: Bench) -> None:
    order = bench.send(Side.BUY, 100)
    assert order.status == "NewStatus"
    bench.market.show("700.HK", asks=[("500", 100)])
    bench.exchange.step()
    assert order.status == "FilledStatus"


def test_the_better_price_is_served_first_then_the_earlier_order(bench: Bench) -> None:
    early, late = bench.send(Side.BUY, 100, "500"), bench.send(Side.BUY, 100, "500")
    better = bench.send(Side.BUY, 100, "501")
    bench.market.show("700.HK", asks=[("499", 200)])
    bench.exchange.step()
    assert [order.status for order in (better, early, late)] == ["FilledStatus", "FilledStatus", "NewStatus"]


def test_a_special_limit_order_withdraws_what_does_not_fill_at_once(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("500", 100)])
    partly = bench.send(Side.BUY, 300, "500", order_type=OrderType.SLO)
    nothing = bench.send(Side.BUY, 300, "499", order_type=OrderType.SLO)
    assert (partly.status, nothing.status) == ("PartialWithdrawal", "CanceledStatus")


def test_a_day_order_expires_when_the_day_is_over_and_frees_its_cash(bench: Bench) -> None:
    order = bench.send(Side.BUY, 100, "400")
    assert bench.account.frozen_cash("HKD") == Decimal("40060.08")  # 15 + 40 of stamp duty + 2.26 + 1.08 + 0.06 + 1.68
    bench.clock.next_day()
    bench.exchange.step()
    assert order.status == "ExpiredStatus"
    assert bench.account.frozen_cash("HKD") == 0
    assert not bench.exchange.has_open_orders


def test_a_dated_order_lives_through_its_last_day_and_gtc_lives_on(bench: Bench) -> None:
    dated = bench.send(Side.BUY, 100, "400", life=TimeInForce.GTD)
    forever = bench.send(Side.BUY, 100, "400", life=TimeInForce.GTC)
    bench.clock.next_day()
    bench.exchange.step()
    assert dated.status == "NewStatus"
    bench.clock.next_day()
    bench.exchange.step()
    assert (dated.status, forever.status) == ("ExpiredStatus", "NewStatus")


def test_orders_fill_in_the_regular_session_only(bench: Bench) -> None:
    bench.market.sessions = [SessionSpan(Session.REGULAR, 780, 960)]  # 13:00 to 16:00; it is noon
    bench.market.show("700.HK", asks=[("500", 1000)])
    order = bench.send(Side.BUY, 100, "500")
    assert order.status == "NewStatus"
    bench.clock.time += 3600
    bench.exchange.step()
    assert order.status == "FilledStatus"


def test_a_day_order_expires_when_the_last_session_ends(bench: Bench) -> None:
    bench.market.sessions = [SessionSpan(Session.REGULAR, 570, 720), SessionSpan(Session.REGULAR, 780, 960)]
    order = bench.send(Side.BUY, 100, "400")
    bench.clock.time += 4 * 3600 - 1
    bench.exchange.step()
    assert order.status == "NewStatus"
    bench.clock.time += 1
    bench.exchange.step()
    assert order.status == "ExpiredStatus"


def test_a_day_order_given_after_the_close_stands_for_the_next_trading_day(bench: Bench) -> None:
    bench.market.sessions = [SessionSpan(Session.REGULAR, 570, 720)]
    bench.market.holidays = {FIRST_DAY + timedelta(days=1), FIRST_DAY + timedelta(days=2)}
    order = bench.send(Side.BUY, 100, "400")
    assert order.day == FIRST_DAY + timedelta(days=3)
    for _ in range(3):
        assert order.status == "NewStatus"
        bench.clock.next_day()
        bench.exchange.step()
    assert order.status == "ExpiredStatus"


def test_a_replaced_order_keeps_its_id_and_fills_on_its_new_terms(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("500", 1000)])
    order = bench.send(Side.BUY, 100, "499")
    bench.exchange.replace(order.order_id, Terms(Decimal(200), Decimal(500)))
    assert bench.statuses == [
        "WaitToNew",
        "NewStatus",
        "WaitToReplace",
        "PendingReplaceStatus",
        "ReplacedStatus",
        "FilledStatus",
    ]
    assert fills(order) == [("200", "500")]


def test_an_order_is_not_replaced_to_what_it_has_already_filled(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("500", 100)])
    order = bench.send(Side.BUY, 200, "500")
    with refused(NOT_CHANGEABLE):
        bench.exchange.replace(order.order_id, Terms(Decimal(100), Decimal(500)))
    assert order.terms.quantity == 200


def test_a_special_limit_order_cannot_be_replaced(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("500", 100)])
    order = bench.send(Side.BUY, 100, "500", order_type=OrderType.SLO)
    with refused(NOT_CHANGEABLE):
        bench.exchange.replace(order.order_id, Terms(Decimal(200), Decimal(500)))


def test_a_cancelled_order_keeps_its_fills_and_cannot_be_cancelled_twice(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("500", 100)])
    order = bench.send(Side.BUY, 200, "500")
    bench.exchange.cancel(order.order_id)
    assert order.status == "CanceledStatus"
    assert order.executed_quantity == 100
    with refused(NOT_CHANGEABLE):
        bench.exchange.cancel(order.order_id)
    with refused(NO_SUCH_ORDER):
        bench.exchange.cancel("1")


def test_a_limit_if_touched_sleeps_until_the_last_price_reaches_its_trigger(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("490", 1000)])
    order = bench.send(Side.BUY, 100, "495", order_type=OrderType.LIT, terms={"trigger_price": Decimal(490)})
    assert (order.status, order.trigger_status) == ("VarietiesNotReported", "ACTIVE")
    bench.market.print_last("700.HK", "490.2")
    bench.exchange.step()
    assert order.trigger_status == "ACTIVE"
    bench.market.print_last("700.HK", "490")
    bench.exchange.step()
    assert (order.status, order.trigger_status) == ("FilledStatus", "RELEASED")
    assert bench.statuses == ["VarietiesNotReported", "NewStatus", "FilledStatus"]


def test_a_market_if_touched_above_the_market_wakes_when_the_price_rises(bench: Bench) -> None:
    bench.market.show("700.HK", bids=[("512", 1000)])
    order = bench.send(Side.SELL, 100, order_type=OrderType.MIT, terms={"trigger_price": Decimal(510)})
    bench.market.print_last("700.HK", "511")
    bench.exchange.step()
    assert fills(order) == [("100", "512")]


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        (OrderType.TSLPAMT, "trailing_amount", 10),
        (OrderType.TSLPPCT, "trailing_percent", 2),
    ],
)
def test_a_trailing_stop_follows_the_price_up_and_sells_when_it_falls_back(
    bench: Bench, kind: OrderType, name: str, value: int
) -> None:
    order = bench.send(Side.SELL, 100, order_type=kind, terms={"limit_offset": Decimal(1), name: Decimal(value)})
    for price in ("560", "550.5"):
        bench.market.print_last("700.HK", price)
        bench.exchange.step()
        assert order.trigger_status == "ACTIVE"
    bench.market.print_last("700.HK", "548.5")
    bench.exchange.step()
    assert (order.trigger_status, order.limit) == ("RELEASED", Decimal("547.5"))


def test_a_trailing_stop_can_take_its_limit_from_a_depth_level(bench: Bench) -> None:
    bench.market.show("700.HK", bids=[("489", 0), ("488.8", 0)])
    order = bench.send(
        Side.SELL, 100, order_type=OrderType.TSLPAMT, terms={"trailing_amount": Decimal(10), "limit_depth_level": -2}
    )
    bench.market.print_last("700.HK", "490")
    bench.exchange.step()
    assert order.limit == Decimal("488.8")


def test_a_key_seen_within_ten_minutes_gives_the_first_order(bench: Bench) -> None:
    first = bench.send(Side.BUY, 100, "400", key="k")
    bench.clock.time += 599
    assert bench.send(Side.BUY, 100, "400", key="k") is first
    bench.clock.time += 2
    assert bench.send(Side.BUY, 100, "400", key="k") is not first


def test_order_ids_are_eighteen_digits_and_rise(bench: Bench) -> None:
    ids = [bench.send(Side.BUY, 100, "400").order_id for _ in range(3)]
    assert ids == sorted(set(ids))
    assert all(len(order_id) == 18 and order_id.isdecimal() for order_id in ids)


def test_fills_move_cash_shares_cost_and_the_fees_of_the_whole_order(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("500", 100), ("501", 100)])
    bench.send(Side.BUY, 200, "501")
    fees = Decimal("128.71")  # 15 + 101 of stamp duty + 5.66 + 2.70 + 0.15 + 4.20
    assert bench.account.cash["HKD"] == Decimal(1_000_000 - 50_000 - 50_100) - fees
    assert bench.account.fees["HKD"] == fees
    position = bench.account.positions["700.HK"]
    assert position.quantity == 600
    assert position.cost == (Decimal(460) * 400 + 100_100) / 600


def test_hong_kong_shares_are_not_sold_twice(bench: Bench) -> None:
    bench.send(Side.SELL, 300, "600")
    assert bench.account.available_shares("700.HK") == 100
    with refused(NO_POSITION):
        bench.send(Side.SELL, 200, "600")
    bench.send(Side.SELL, 100, "600")


def test_american_shares_can_be_sold_short_and_covered(bench: Bench) -> None:
    bench.market.show("AAPL.US", bids=[("250", 500)], asks=[("251", 500)])
    bench.send(Side.SELL, 80, symbol="AAPL.US")
    assert bench.account.positions["AAPL.US"].quantity == -30
    assert bench.account.positions["AAPL.US"].cost == 250
    bench.send(Side.BUY, 30, symbol="AAPL.US")
    assert "AAPL.US" not in bench.account.positions


def test_buying_more_than_the_margin_allows_is_refused_and_holds_nothing(bench: Bench) -> None:
    with refused(NO_BUYING_POWER):
        bench.send(Side.BUY, 100_000, "500")
    assert bench.account.holds == {}
    assert bench.exchange.orders == {}


def test_the_largest_estimated_quantity_is_accepted_and_one_lot_more_is_not(bench: Bench) -> None:
    listing = bench.exchange.listing("700.HK")
    own, margin = bench.account.max_quantity(listing, Side.BUY, Decimal(500))
    assert own == 1900  # 1,000,000 HKD less the fee at 500 each, in lots of 100
    with refused(NO_BUYING_POWER):
        bench.send(Side.BUY, int(margin) + 100, "500")
    bench.send(Side.BUY, int(margin), "500")


@pytest.mark.parametrize(
    ("symbol", "side", "quantity", "value", "amounts"),
    [
        ("700.HK", Side.SELL, "200", "100200", {"PLATFORM": "15.00", "STAMP_DUTY": "101", "TRADING": "5.66"}),
        ("700.HK", Side.BUY, "200", "100200", {"SFC_LEVY": "2.71", "AFRC_LEVY": "0.15", "SETTLEMENT": "4.21"}),
        ("AAPL.US", Side.BUY, "100", "25000", {"PLATFORM": "1.00", "SETTLEMENT": "0.30"}),
        ("AAPL.US", Side.SELL, "1000", "250000", {"PLATFORM": "5.00", "SEC": "6.95", "TAF": "0.17"}),
    ],
)
def test_fees_are_those_of_the_market_s_table(
    bench: Bench, symbol: str, side: Side, quantity: str, value: str, amounts: dict[str, str]
) -> None:
    rows = charges(bench.market.listings[symbol], side, Decimal(quantity), Decimal(value))
    found = {row.fee.code: str(row.amount) for row in rows}
    assert found == found | amounts
    assert ("SEC" in found) == (symbol == "AAPL.US" and side is Side.SELL)


def test_no_stamp_duty_is_due_on_a_fund(bench: Bench) -> None:
    fund = replace(bench.market.listings["2800.HK"], kind="fund")
    assert "STAMP_DUTY" not in {row.fee.code for row in charges(fund, Side.BUY, Decimal(500), Decimal(10_000))}


def test_cash_of_a_sale_settles_two_trading_days_later_in_hong_kong(bench: Bench) -> None:
    bench.market.show("700.HK", bids=[("500", 1000)])
    bench.market.holidays = {FIRST_DAY + timedelta(days=1)}
    before = bench.account.cash["HKD"]
    bench.send(Side.SELL, 100)
    received = bench.account.cash["HKD"] - before
    for _ in range(3):
        assert bench.account.settling_cash("HKD") == received
        assert bench.account.withdrawable("HKD") == before
        bench.clock.next_day()
    assert bench.account.settling_cash("HKD") == 0
    assert bench.account.withdrawable("HKD") == before + received


def test_a_touch_counts_only_when_it_came_often_enough_within_a_minute(bench: Bench) -> None:
    bench.market.show("700.HK", asks=[("490", 1000)])
    terms: dict[str, Decimal | int] = {"trigger_price": Decimal(490), "trigger_count": 2}
    order = bench.send(Side.BUY, 100, order_type=OrderType.MIT, terms=terms)
    bench.market.print_last("700.HK", "490")
    for seconds in (1, 61):
        bench.clock.time += seconds
        bench.exchange.step()
        assert order.trigger_status == "ACTIVE"
    bench.clock.time += 30
    bench.exchange.step()
    assert order.status == "FilledStatus"


def test_a_trailing_stop_with_a_monitor_price_follows_from_there(bench: Bench) -> None:
    bench.market.show("700.HK", bids=[("510", 1000)])
    terms = {"trailing_amount": Decimal(10), "monitor_price": Decimal(520)}
    order = bench.send(Side.SELL, 100, order_type=OrderType.TSMAMT, terms=terms)
    for price in ("480", "521"):
        bench.market.print_last("700.HK", price)
        bench.exchange.step()
        assert order.trigger_status == "ACTIVE"
    bench.market.print_last("700.HK", "511")
    bench.exchange.step()
    assert fills(order) == [("100", "510")]
