"""The ticket form: two clicks send one order, everything else sends none."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from decimal import Decimal

import pytest

import lpresearch as lp
from lpresearch.base.errors import InputError, Problem, SymbolError
from lpresearch.base.markets import Market, OrderType
from lpresearch.base.model import Instrument, OrderPush, Side, Ticket
from lpresearch.base.symbols import Symbol
from lpresearch.ui import ticket_views as views
from lpresearch.ui.ticket import Step, TicketForm, ticket

DEADLINE_S = 20.0
pytestmark = pytest.mark.usefixtures("open_broker")


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


@pytest.fixture
def form() -> Iterator[TicketForm]:
    """A ticket for one lot, a little above the best offer: it fills at once, whichever way the price moves."""
    made = ticket("700.HK", "buy", price=float(lp.depth("700.HK")["ask_price"].iloc[2]))
    yield made
    made.close()


def outcome(form: TicketForm) -> str:
    return str(form.fields.outcome.value)


def test_two_clicks_send_one_order_and_follow_it_to_its_fill(form: TicketForm) -> None:
    assert form.fields.quantity.value == "100"  # one lot
    form.fields.review.click()
    assert form.step is Step.REVIEW
    assert "Buy 100 700.HK" in form.fields.summary.value
    assert "SIMULATED" in form.fields.summary.value
    assert lp.session().account in form.fields.summary.value
    assert len(lp.orders()) == 0
    form.fields.confirm.click()
    form.fields.confirm.click()  # a double click
    assert list(lp.orders().index) == [form.order_id]
    wait_until(lambda: "Filled" in outcome(form))
    assert form.order_id in outcome(form)


@pytest.mark.parametrize(
    ("field", "value"),
    [("quantity", "200"), ("price", "1"), ("side", Side.SELL), ("order_type", OrderType.MO), ("symbol", "AAPL.US")],
)
def test_any_change_between_the_clicks_goes_back_to_review(form: TicketForm, field: str, value: str) -> None:
    form.fields.review.click()
    getattr(form.fields, field).value = value
    form.fields.confirm.click()
    assert form.step is Step.EDIT
    assert form.fields.confirm.disabled
    assert len(lp.orders()) == 0


def test_back_sends_nothing(form: TicketForm) -> None:
    form.fields.review.click()
    form.fields.back.click()
    form.fields.confirm.click()
    assert form.step is Step.EDIT
    assert len(lp.orders()) == 0


def test_confirm_without_review_sends_nothing(form: TicketForm) -> None:
    form.fields.confirm.click()
    assert len(lp.orders()) == 0


def test_the_same_order_again_needs_one_more_click(form: TicketForm) -> None:
    for _ in range(2):
        form.fields.review.click()
        form.fields.confirm.click()
    assert form.step is Step.REVIEW
    assert "the same ticket was sent" in outcome(form)
    assert form.fields.confirm.description == "Send it once more"
    assert len(lp.orders()) == 1
    form.fields.confirm.click()
    assert len(lp.orders()) == 2


def test_problems_are_listed_while_writing(form: TicketForm) -> None:
    form.fields.quantity.value = "150"
    assert "quantity" in form.fields.problems.value
    assert "lot of 100" in form.fields.problems.value
    assert form.fields.review.disabled
    form.fields.quantity.value = "lots"
    assert "must be a number" in form.fields.problems.value
    form.fields.quantity.value = ""
    assert "still needed: quantity" in form.fields.problems.value
    form.fields.quantity.value = "300"
    assert not form.fields.review.disabled


def test_another_symbol_brings_its_own_price(form: TicketForm) -> None:
    before = form.fields.price.value
    form.fields.symbol.value = "aapl.us"
    assert form.fields.symbol.value == "AAPL.US"
    assert form.fields.price.value not in ("", before)
    assert "Apple" in form.fields.facts.value
    assert OrderType.ELO not in form.fields.order_type.options  # HK only


def test_an_unknown_symbol_cannot_be_reviewed(form: TicketForm) -> None:
    form.fields.symbol.value = "NOPE.US"
    assert "NOPE.US" in form.fields.problems.value
    assert form.fields.review.disabled


def test_a_market_order_has_no_price(form: TicketForm) -> None:
    form.fields.order_type.value = OrderType.MO
    assert form.fields.price.disabled
    form.fields.review.click()
    assert "at market" in form.fields.summary.value


def test_a_ticket_outlives_its_session_without_sending(form: TicketForm) -> None:
    form.fields.review.click()
    lp.disconnect()
    form.fields.confirm.click()
    assert "nothing was sent" in outcome(form)


def test_a_closed_ticket_does_nothing(form: TicketForm) -> None:
    form.fields.review.click()
    form.close()
    form.close()
    form.fields.confirm.click()
    assert len(lp.orders()) == 0
    assert repr(form).endswith("closed>")
    assert "application/vnd.jupyter.widget-view+json" in form._repr_mimebundle_()


def test_bad_arguments_make_no_form() -> None:
    with pytest.raises(InputError, match="Buy, Sell"):
        ticket("700.HK", "hold")
    with pytest.raises(SymbolError):
        ticket("NOPE.US")


TENCENT = Instrument(Symbol("700.HK"), "<b>Tencent</b>", Market.HK, "HKD", 100, "HKEquity", fund=False)
ORDER = Ticket(Symbol("700.HK"), Side.BUY, Decimal(100), OrderType.LO, Decimal("598.5"))


def test_texts_of_a_server_are_escaped() -> None:
    assert "<b>Tencent" not in views.facts(TENCENT, Decimal("598.5"), 1.0)
    assert "<i>" not in views.notice("<i>no</i>")
    assert "<i>" not in views.problems([Problem("price", "<i>", "it is a number")], [])


def test_the_facts_say_price_step_and_lot() -> None:
    assert "price step 0.5, lot 100" in views.facts(TENCENT, Decimal("598.5"), -0.5)


def test_a_part_of_an_order_may_be_filled() -> None:
    push = OrderPush("1", "700.HK", "Buy", "PartialFilledStatus", "100", "598.5", "40", "598", "0")
    assert "PartialFilled</b>: 40 of 100 at 598" in views.outcome(ORDER, "1", push)


def test_an_order_without_news_counts_as_sent() -> None:
    assert "Sent</b>" in views.outcome(ORDER, "1", None)
