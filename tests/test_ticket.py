"""Tickets: what users write becomes exact, and every broken rule is named at once. No server, no clock."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pytest

from lpresearch.base.errors import SymbolError, TicketRejected
from lpresearch.base.markets import OrderType
from lpresearch.base.model import Instrument, OutsideRth, Side, Ticket, TimeInForce
from lpresearch.base.symbols import Symbol
from lpresearch.trading.ticket import check, fingerprint, make_ticket, nearest_prices


def instrument(symbol: str, *, lot: int = 1, board: str = "USMain", fund: bool = False) -> Instrument:
    return Instrument(Symbol(symbol), "name", Symbol(symbol).market, "HKD", lot, board, fund)


TENCENT = instrument("700.HK", lot=100, board="HKEquity")
TRACKER = instrument("2800.HK", lot=500, board="HKEquity", fund=True)
APPLE = instrument("AAPL.US")


def parameters(ticket: Ticket, facts: Instrument | None = TENCENT, **known: date | Decimal) -> list[str]:
    today, last = known.get("today"), known.get("last_price")
    assert today is None or isinstance(today, date)
    assert last is None or isinstance(last, Decimal)
    return [problem.parameter for problem in check(ticket, facts, today=today, last_price=last)]


@pytest.mark.parametrize(
    ("given", "exact"),
    [
        (100, "100"),
        ("50.50", "50.50"),
        (" 0.1 ", "0.1"),
        (0.1, "0.1"),
        (np.float64(388.4), "388.4"),
        (np.int64(7), "7"),
        (1e-4, "0.0001"),
        (Decimal("9.99"), "9.99"),
    ],
)
def test_a_number_is_exactly_what_was_written(given: object, exact: str) -> None:
    ticket = make_ticket("700.HK", "Buy", 100, given)  # type: ignore[arg-type]  # any number a user may pass
    assert ticket.price == Decimal(exact)


def test_a_price_makes_a_limit_order_and_none_a_market_order() -> None:
    assert make_ticket("700.HK", "Buy", 100, "388.4").order_type is OrderType.LO
    assert make_ticket("700.HK", "Buy", 100).order_type is OrderType.MO


def test_words_are_read_in_any_case() -> None:
    ticket = make_ticket(
        "hk.00700",
        "sELL",
        100,
        1,
        order_type="elo",
        time_in_force="gtd",
        expire_date="2026-12-01",
        outside_rth="rth_only",
    )
    assert (ticket.symbol, ticket.side, ticket.order_type) == ("700.HK", Side.SELL, OrderType.ELO)
    assert (ticket.time_in_force, ticket.expire_date) == (TimeInForce.GTD, date(2026, 12, 1))
    assert ticket.outside_rth is OutsideRth.RTH_ONLY


def test_a_datetime_is_taken_by_its_date() -> None:
    assert make_ticket("700.HK", "Buy", 1, expire_date=datetime(2026, 12, 1, 9)).expire_date == date(2026, 12, 1)


@pytest.mark.parametrize("nonsense", [float("nan"), float("inf"), "NaN", "abc", "", "1,000", -1, True, None, [1], 1j])
def test_a_quantity_that_is_no_number_is_refused(nonsense: object) -> None:
    with pytest.raises(TicketRejected, match="quantity"):
        make_ticket("700.HK", "Buy", nonsense)  # type: ignore[arg-type]  # what a user may pass by mistake


def test_everything_that_cannot_be_read_is_named_at_once() -> None:
    with pytest.raises(TicketRejected) as caught:
        make_ticket("700.HK", "hold", "many", "cheap", order_type="XX", time_in_force="soon", expire_date="tomorrow")
    named = [problem.parameter for problem in caught.value.problems]
    assert named == ["side", "quantity", "order_type", "price", "time_in_force", "expire_date"]
    assert "must be one of Buy, Sell" in str(caught.value)


def test_a_malformed_symbol_has_its_own_error() -> None:
    with pytest.raises(SymbolError, match=r"700\.HK"):
        make_ticket("700", "Buy", 100)


def test_a_good_ticket_has_no_problems() -> None:
    today = date(2026, 11, 20)
    assert check(make_ticket("700.HK", "Buy", 200, "388.4"), TENCENT, today=today, last_price=Decimal(390)) == []
    assert check(make_ticket("AAPL.US", "Sell", 1, outside_rth="ANY_TIME"), APPLE) == []


def test_every_problem_is_told_at_once() -> None:
    ticket = make_ticket("700.HK", "Buy", 150, "388.41", trigger_price=5, outside_rth="ANY_TIME", time_in_force="GTD")
    assert parameters(ticket) == ["outside_rth", "quantity", "trigger_price", "price", "expire_date"]


@pytest.mark.parametrize("symbol", ["600519.SH", "000001.SZ", "D05.SG", "HSI.HK", ".DJI.US"])
def test_what_the_platform_does_not_trade_is_refused(symbol: str) -> None:
    assert parameters(make_ticket(symbol, "Buy", 100), None) == ["symbol"]


def test_an_index_is_known_by_its_board() -> None:
    assert parameters(make_ticket("800000.HK", "Buy", 100), instrument("800000.HK", board="HKHS")) == ["symbol"]


@pytest.mark.parametrize("order_type", ["ELO", "AO", "ALO", "ODD", "SLO"])
def test_an_order_type_of_hong_kong_is_not_offered_in_new_york(order_type: str) -> None:
    price = None if order_type == "AO" else 100
    ticket = make_ticket("AAPL.US", "Buy", 1, price, order_type=order_type)
    (problem,) = check(ticket, APPLE)
    assert problem.parameter == "order_type"
    assert "It offers LO, MO, LIT, MIT, TSLPAMT, TSLPPCT." in str(problem)


@pytest.mark.parametrize(
    ("quantity", "order_type", "rule"),
    [
        (0, "LO", "more than 0"),
        ("0.5", "LO", "whole number"),
        (150, "LO", "Nearest: 100 or 200"),
        (50, "LO", "Nearest: 100;"),
        (100, "ODD", "less than the lot of 100"),
    ],
)
def test_a_quantity_that_breaks_the_lot_names_the_nearest(quantity: int | str, order_type: str, rule: str) -> None:
    (problem,) = check(make_ticket("700.HK", "Buy", quantity, 388, order_type=order_type), TENCENT)
    assert problem.parameter == "quantity"
    assert rule in str(problem)


def test_an_odd_lot_is_exempt_from_the_lot() -> None:
    assert check(make_ticket("700.HK", "Sell", 50, 388, order_type="ODD"), TENCENT) == []


# longport.md 7.2: which fields each type needs; everything else is refused.
NEEDS = {
    "LO": {"price"}, "ELO": {"price"}, "ALO": {"price"}, "SLO": {"price"}, "MO": set(), "AO": set(),
    "LIT": {"price", "trigger_price"}, "MIT": {"trigger_price"},
    "TSLPAMT": {"trailing_amount", "limit_offset"}, "TSLPPCT": {"trailing_percent", "limit_offset"},
}  # fmt: skip
FIELDS = {"price", "trigger_price", "trailing_amount", "trailing_percent", "limit_offset"}


def ticket_with(order_type: str, fields: set[str]) -> Ticket:
    values = {name: Decimal(1) for name in fields}
    ticket = Ticket(Symbol("700.HK"), Side.BUY, Decimal(100), OrderType(order_type))
    return Ticket(**{**vars(ticket), **values})


@pytest.mark.parametrize("order_type", list(NEEDS))
def test_a_type_needs_its_fields_and_refuses_the_others(order_type: str) -> None:
    assert parameters(ticket_with(order_type, NEEDS[order_type])) == []
    assert set(parameters(ticket_with(order_type, set()))) == NEEDS[order_type]
    assert set(parameters(ticket_with(order_type, FIELDS))) == FIELDS - NEEDS[order_type]


def test_a_trailing_percentage_is_below_a_hundred() -> None:
    ticket = make_ticket("700.HK", "Sell", 100, order_type="TSLPPCT", trailing_percent=100, limit_offset=0)
    assert parameters(ticket) == ["trailing_percent"]


# HKEX spread tables: part A for shares, part D for funds; SEC rule 612 for US shares.
@pytest.mark.parametrize(
    ("facts", "price", "near"),
    [
        (TENCENT, "388.5", "Nearest: 388.4 or 388.6."),
        (TENCENT, "0.2499", "Nearest: 0.249 or 0.25."),
        (TENCENT, "500.2", "Nearest: 500 or 500.5."),
        (TRACKER, "25.51", "Nearest: 25.5 or 25.52."),
        (APPLE, "190.005", "Nearest: 190 or 190.01."),
    ],
)
def test_a_price_off_its_step_names_the_nearest_valid_prices(facts: Instrument, price: str, near: str) -> None:
    (problem,) = check(make_ticket(facts.symbol, "Buy", 1000, price), facts)
    assert problem.parameter == "price"
    assert near in str(problem)


@pytest.mark.parametrize(("facts", "price"), [(TENCENT, "388.4"), (TRACKER, "25.52"), (APPLE, "0.9999")])
def test_a_price_on_its_step_is_taken(facts: Instrument, price: str) -> None:
    assert check(make_ticket(facts.symbol, "Buy", 1000, price), facts) == []


def test_the_nearest_prices_of_a_valid_price_are_the_price() -> None:
    assert nearest_prices(Decimal("388.40"), TENCENT.market, fund=False) == (Decimal("388.4"), Decimal("388.4"))


def test_the_price_step_of_an_option_is_left_to_the_broker() -> None:
    option = instrument("AAPL260417C250000.US", board="USOption")
    assert check(make_ticket(option.symbol, "Buy", 1, "2.005"), option) == []


def test_a_trigger_is_on_the_price_step_too() -> None:
    ticket = make_ticket("700.HK", "Sell", 100, order_type="MIT", trigger_price="388.41")
    assert parameters(ticket) == ["trigger_price"]


@pytest.mark.parametrize(("price", "refused"), [("3500", True), ("44", False), ("43", True), ("3400", False)])
def test_a_price_nine_times_off_the_last_one_is_refused(price: str, refused: bool) -> None:
    ticket = make_ticket("700.HK", "Buy", 100, price)
    assert parameters(ticket, last_price=Decimal(388)) == (["price"] if refused else [])


@pytest.mark.parametrize(
    ("time_in_force", "expire_date", "broken"),
    [("GTD", None, True), ("GTD", "2026-11-19", True), ("GTD", "2026-11-20", False), ("Day", "2026-11-20", True)],
)
def test_a_gtd_order_needs_a_day_that_is_not_past(time_in_force: str, expire_date: str | None, broken: bool) -> None:
    ticket = make_ticket("700.HK", "Buy", 100, 388, time_in_force=time_in_force, expire_date=expire_date)
    assert parameters(ticket, today=date(2026, 11, 20)) == (["expire_date"] if broken else [])


def test_a_remark_has_at_most_255_characters() -> None:
    assert parameters(make_ticket("700.HK", "Buy", 100, 388, remark="x" * 255)) == []
    assert parameters(make_ticket("700.HK", "Buy", 100, 388, remark="x" * 256)) == ["remark"]


def test_equal_orders_have_one_fingerprint_and_different_ones_two() -> None:
    one = make_ticket("700.HK", "Buy", 200, "50.50")
    assert fingerprint(one) == fingerprint(make_ticket("HK.00700", "buy", "200.0", 50.5))
    for other in (
        make_ticket("700.HK", "Sell", 200, "50.5"),
        make_ticket("700.HK", "Buy", 20, "50.5"),
        make_ticket("700.HK", "Buy", 200, "50.5", order_type="ELO"),
        make_ticket("700.HK", "Buy", 200, "50.5", remark="x"),
        make_ticket("700.HK", "Buy", 200),
    ):
        assert fingerprint(one) != fingerprint(other)
