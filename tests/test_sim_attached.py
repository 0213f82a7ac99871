"""Attached and delayed orders of the simulated exchange, and orders outside regular hours."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from lpresearch.base.markets import Market
from lpresearch.base.model import OutsideRth, Session, SessionSpan, Side, TimeInForce
from lpresearch.sim.exchange.attached import Attachment, Leg
from lpresearch.sim.exchange.orders import Order, Terms
from tests.exchange_bench import Bench
from tests.fake_market import FakeQuote, FakeSubQuote

BRACKET = Attachment(
    (
        Leg("PROFIT_TAKER", Decimal(520), None, TimeInForce.GTC),
        Leg("STOP_LOSS", Decimal(480), None, TimeInForce.GTC),
    )
)


@pytest.fixture
def bench() -> Bench:
    made = Bench()
    made.market.show("700.HK", bids=[("499.8", 5000)], asks=[("500", 5000)])
    return made


def bracket(bench: Bench, price: str | None = None) -> tuple[Order, Order, Order]:
    """A buy of 200 with a profit taker and a stop loss."""
    main = bench.send(Side.BUY, 200, price, attachment=BRACKET)
    taker, stop = bench.exchange.attached_to(main)
    return main, taker, stop


def test_the_profit_taker_of_a_bracket_fills_and_cancels_the_stop_loss(bench: Bench) -> None:
    main, taker, stop = bracket(bench)
    assert (main.status, taker.trigger_status, stop.trigger_status) == ("FilledStatus", "ACTIVE", "ACTIVE")
    bench.market.print_last("700.HK", "521")
    bench.exchange.step()
    assert (taker.status, int(taker.executed_quantity), str(taker.side)) == ("FilledStatus", 200, "Sell")
    assert stop.status == "CanceledStatus"
    assert bench.account.positions["700.HK"].quantity == 400


def test_attached_orders_sleep_until_the_main_order_fills(bench: Bench) -> None:
    main, taker, stop = bracket(bench, "490")
    bench.market.print_last("700.HK", "470")
    bench.exchange.step()
    assert (taker.trigger_status, stop.trigger_status) == ("DEACTIVE", "DEACTIVE")
    bench.exchange.cancel(main.order_id)
    assert (taker.status, stop.status) == ("CanceledStatus", "CanceledStatus")


def test_attached_orders_stand_for_what_the_main_order_filled(bench: Bench) -> None:
    bench.market.show("700.HK", bids=[("499.8", 5000)], asks=[("500", 100)])
    main, taker, _ = bracket(bench, "500")
    bench.exchange.cancel(main.order_id)
    assert (taker.trigger_status, int(taker.terms.quantity)) == ("ACTIVE", 100)


def test_an_attached_order_is_rejected_when_the_shares_are_gone(bench: Bench) -> None:
    _, _, stop = bracket(bench)
    bench.send(Side.SELL, 600)
    bench.market.print_last("700.HK", "479")
    bench.exchange.step()
    assert stop.status == "RejectedStatus"


def test_all_attached_orders_can_be_cancelled_by_a_replace(bench: Bench) -> None:
    main, taker, stop = bracket(bench, "490")
    bench.exchange.replace(main.order_id, Terms(Decimal(100), Decimal(490)), attachment=Attachment(cancel_all=True))
    assert (main.status, taker.status, stop.status) == ("ReplacedStatus", "CanceledStatus", "CanceledStatus")


def test_a_delayed_order_is_reported_at_its_time(bench: Bench) -> None:
    order = bench.send(Side.BUY, 100, "500", terms={"delayed_until": int(bench.clock.now()) + 3600})
    bench.clock.time += 3599
    bench.exchange.step()
    assert order.status == "DelayedNotReported"
    bench.clock.time += 1
    bench.exchange.step()
    assert bench.statuses == ["DelayedNotReported", "WaitToNew", "NewStatus", "FilledStatus"]


def test_an_order_for_any_time_fills_after_the_close_at_that_session_s_price(bench: Bench) -> None:
    market = bench.market
    market.sessions = [SessionSpan(Session.REGULAR, 570, 960), SessionSpan(Session.POST, 960, 1440)]
    market.show("AAPL.US", asks=[("250", 100)])
    market.extended["AAPL.US"] = FakeQuote(post=FakeSubQuote(Decimal("240.00")))  # it is 23:00 in New York
    regular = bench.send(Side.BUY, 10, "260", symbol="AAPL.US", outside=OutsideRth.RTH_ONLY)
    anytime = bench.send(Side.BUY, 10, "260", symbol="AAPL.US", outside=OutsideRth.ANY_TIME)
    assert regular.status == "NewStatus"
    assert [(int(fill.quantity), fill.price) for fill in anytime.fills] == [(10, Decimal("240.01"))]
    assert anytime.fills[0].day == market.trading_date(Market.US)
    (pending,) = bench.account.pending
    assert pending.settles == market.trading_date(Market.US) + timedelta(days=1)


def test_a_sleeping_attached_order_can_be_replaced_and_still_sleeps(bench: Bench) -> None:
    _, taker, _ = bracket(bench, "490")
    bench.exchange.replace(taker.order_id, Terms(Decimal(200), trigger_price=Decimal(530)))
    bench.exchange.step()
    assert (taker.trigger_status, len(taker.fills), set(bench.account.holds)) == ("DEACTIVE", 0, {taker.main_id})


def test_a_delay_can_be_lifted(bench: Bench) -> None:
    order = bench.send(Side.BUY, 100, "500", terms={"delayed_until": int(bench.clock.now()) + 3600})
    bench.exchange.replace(order.order_id, Terms(Decimal(100), Decimal(500), delayed_until=1))
    assert order.status == "FilledStatus"
