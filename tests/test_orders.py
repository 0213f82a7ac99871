"""Orders and holdings end to end: public functions, signed HTTP, simulated exchange; and what a lost reply means."""

from __future__ import annotations

import _thread
import asyncio
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.model import OrderPush
from lpresearch.client.connection import find_settings
from lpresearch.client.facade import drive
from lpresearch.client.session import Session
from lpresearch.sim import Running, serve
from lpresearch.trading.arming import make_arming
from lpresearch.trading.journal import Journal, Line, Outcome
from lpresearch.trading.sending import send, set_arming
from lpresearch.trading.ticket import make_ticket
from tests.lossy_proxy import lossy_proxy

WAIT_S = 20.0


@pytest.fixture
def market(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Running]:
    monkeypatch.chdir(tmp_path)
    with serve() as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        yield running
        lp.disconnect()


def sent_orders(market: Running) -> int:
    """How many new orders the server heard of."""
    return sum(heard.method == "POST" and heard.path == "/v1/trade/order" for heard in market.recorded)


def journal() -> list[Line]:
    return Journal(lp.session().account_file).lines()


def low_price() -> float:
    """A price at which a buy order stands and does not fill."""
    return float(lp.depth("700.HK")["bid_price"].min())


def held(symbol: str) -> float:
    return float(lp.positions(symbol)["quantity"].sum())


@pytest.mark.usefixtures("market")
def test_a_market_order_fills_and_moves_the_position() -> None:
    before = held("700.HK")
    receipt = lp.buy("700.HK", 100)
    row = lp.order(receipt).iloc[0]
    assert (row["status"], row["executed_quantity"]) == ("FilledStatus", 100.0)
    assert lp.executions(order=receipt)["quantity"].sum() == 100.0
    assert held("700.HK") == before + 100
    assert repr(receipt) == f"<SIMULATED order {receipt}: Buy 100 700.HK MO Day>"


@pytest.mark.usefixtures("market")
def test_a_limit_order_stands_until_it_is_changed_or_cancelled() -> None:
    receipt = lp.submit("700.HK", "Buy", 300, price=low_price())
    assert lp.orders(standing=True).index.tolist() == [str(receipt)]
    changed = lp.replace(receipt, quantity=200)
    assert changed.order_id == str(receipt)
    assert changed.ticket == make_ticket("700.HK", "Buy", 200, receipt.ticket.price)
    assert lp.order(receipt)["quantity"].item() == 200.0
    lp.cancel(receipt)
    assert lp.order(receipt)["status"].item() == "CanceledStatus"
    assert lp.orders(standing=True).empty


@pytest.mark.usefixtures("market")
def test_cancel_all_cancels_what_stands_and_returns_it() -> None:
    filled, standing = lp.buy("700.HK", 100), lp.buy("700.HK", 200, low_price())
    cancelled = lp.cancel_all("700.HK")
    assert cancelled["status"].to_dict() == {str(standing): "CanceledStatus"}
    assert lp.order(filled)["status"].item() == "FilledStatus"


def test_the_same_order_is_not_sent_twice_by_mistake(market: Running) -> None:
    first = lp.buy("AAPL.US", 1)
    with pytest.raises(lp.DuplicateOrder, match=str(first)):
        lp.buy("AAPL.US", 1)
    assert sent_orders(market) == 1
    assert str(lp.buy("AAPL.US", 1, again=True)) != str(first)
    assert sent_orders(market) == 2


def test_a_ticket_that_breaks_rules_is_not_sent(market: Running) -> None:
    with pytest.raises(lp.TicketRejected) as caught:
        lp.buy("700.HK", 150, "301.33")
    assert [problem.parameter for problem in caught.value.problems] == ["quantity", "price"]
    assert sent_orders(market) == 0
    assert journal() == []


def test_an_unknown_symbol_is_named(market: Running) -> None:
    with pytest.raises(lp.SymbolError, match=r"NOSUCH\.US"):
        lp.buy("NOSUCH.US", 1)
    assert sent_orders(market) == 0


def test_a_refused_order_may_be_tried_again(market: Running) -> None:
    for _ in range(2):
        with pytest.raises(lp.ServerRejected):
            lp.buy("700.HK", 100_000_000, low_price())
    assert sent_orders(market) == 2
    assert [line.outcome for line in journal()] == [Outcome.REFUSED, Outcome.REFUSED]


@pytest.mark.usefixtures("market")
def test_an_order_that_does_not_exist_is_told() -> None:
    with pytest.raises(lp.InputError, match="no such order today"):
        lp.order("1")
    with pytest.raises(lp.InputError, match="no such order today"):
        lp.replace("1", quantity=100)
    with pytest.raises(lp.ServerRejected):
        lp.cancel("1")


@pytest.mark.usefixtures("market")
@pytest.mark.parametrize("given", [None, "", 77, ["77"]])
def test_what_is_neither_a_receipt_nor_an_id_is_told_before_anything_is_asked(given: object) -> None:
    calls: tuple[Callable[..., object], ...] = (lp.cancel, lp.order, partial(lp.replace, quantity=100))
    for call in calls:
        with pytest.raises(lp.InputError, match=r"order=.*must be a receipt or an order's id"):
            call(given)


def test_an_order_of_which_nothing_stands_cannot_be_changed() -> None:
    with pytest.raises(lp.InputError, match="FilledStatus"):
        lp.replace(lp.buy("700.HK", 100), quantity=200)


@pytest.mark.usefixtures("market")
def test_tables_without_rows_keep_their_schema() -> None:
    empty, fills = lp.orders(), lp.executions()
    lp.buy("700.HK", 100)
    pd.testing.assert_frame_equal(empty, lp.orders().iloc[:0])
    pd.testing.assert_frame_equal(fills, lp.executions().iloc[:0])


@pytest.mark.usefixtures("market")
def test_the_balance_is_shown_in_the_currency_asked() -> None:
    assert lp.balance("usd").index.tolist() == ["USD"]
    with pytest.raises(lp.InputError, match="must be one of HKD, USD, CNH"):
        lp.balance("EUR")


@pytest.mark.usefixtures("market")
def test_the_async_twins_do_the_same() -> None:
    async def main() -> str:
        receipt = await lp.buy.aio("700.HK", 100)
        return str((await lp.order.aio(receipt))["status"].item())

    assert asyncio.run(main()) == "FilledStatus"


@pytest.mark.usefixtures("market")
def test_order_pushes_tell_the_life_of_an_order() -> None:
    session, heard, done = lp.session(), [], threading.Event()

    def listen(push: OrderPush) -> None:
        heard.append((push.order_id, push.status))
        if push.status == "FilledStatus":
            done.set()

    session.on_order(listen)
    session.io(session.source.watch_orders()).block()
    receipt = lp.buy("700.HK", 100)
    assert done.wait(WAIT_S)
    assert {order_id for order_id, _ in heard} == {str(receipt)}


def test_a_lost_reply_is_an_unknown_outcome_and_one_request(market: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with lossy_proxy(market.urls["http_url"]) as proxy:
        monkeypatch.setenv("LONGBRIDGE_HTTP_URL", proxy.url)
        lp.connect()
        proxy.on_order = lambda: False
        with pytest.raises(lp.OrderOutcomeUnknown) as caught:
            lp.buy("700.HK", 100)
        (line,) = journal()
        assert (line.key, line.outcome) == (caught.value.key, Outcome.UNKNOWN)
        assert len(lp.orders()) == 1  # it did reach the broker
        with pytest.raises(lp.DuplicateOrder, match="outcome is unknown"):
            lp.buy("700.HK", 100)
        assert sent_orders(market) == 1
        lp.disconnect()


def test_an_interrupted_order_is_an_unknown_outcome_and_the_session_still_works(
    market: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = threading.Event()

    def interrupt() -> bool:
        _thread.interrupt_main()
        return not release.wait(WAIT_S)

    with lossy_proxy(market.urls["http_url"]) as proxy:
        monkeypatch.setenv("LONGBRIDGE_HTTP_URL", proxy.url)
        lp.connect()
        proxy.on_order = interrupt
        with pytest.raises(lp.OrderOutcomeUnknown, match="broken off") as caught:
            lp.buy("700.HK", 100)
        release.set()
        assert journal()[0].key == caught.value.key
        assert len(lp.orders()) == sent_orders(market) == 1
        lp.disconnect()


def test_a_cancelled_task_is_an_unknown_outcome(market: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    arrived, release = threading.Event(), threading.Event()

    def hold() -> bool:
        arrived.set()
        return not release.wait(WAIT_S)

    async def main() -> None:
        order = asyncio.create_task(lp.buy.aio("700.HK", 100))
        await asyncio.to_thread(arrived.wait, WAIT_S)
        order.cancel()
        with pytest.raises(lp.OrderOutcomeUnknown, match="broken off"):
            await order

    with lossy_proxy(market.urls["http_url"]) as proxy:
        monkeypatch.setenv("LONGBRIDGE_HTTP_URL", proxy.url)
        lp.connect()
        proxy.on_order = hold
        asyncio.run(main())
        release.set()
        assert sent_orders(market) == 1
        lp.disconnect()


def test_an_order_that_never_left_may_be_sent_again(market: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    with lossy_proxy(market.urls["http_url"]) as proxy:
        monkeypatch.setenv("LONGBRIDGE_HTTP_URL", proxy.url)
        lp.connect()
        port = proxy.port
    with pytest.raises(lp.LinkError):
        lp.buy("700.HK", 100)
    assert [line.outcome for line in journal()] == [Outcome.NOT_SENT]
    with lossy_proxy(market.urls["http_url"], port):
        lp.buy("700.HK", 100)
        assert sent_orders(market) == 1
        lp.disconnect()


class RealSession(Session):
    """A session that takes its server for a real broker."""

    @property
    def simulated(self) -> str:
        return ""


@pytest.fixture
def real(market: Running) -> Iterator[RealSession]:
    settings = find_settings()
    assert settings is not None
    session = RealSession(settings)
    yield session
    session.close()


def test_a_real_account_gets_no_order_until_it_is_armed(real: RealSession, market: Running) -> None:
    with pytest.raises(lp.TradingDisabled, match="not armed"):
        drive(send(real, make_ticket("700.HK", "Buy", 100), again=False))
    assert sent_orders(market) == 0


def test_an_armed_account_trades_up_to_its_caps(real: RealSession, market: Running) -> None:
    last = drive(_last(real))
    caps = {"per_order": last * 250, "per_day": last * 450}
    set_arming(real, make_arming(real.account, "paper", minutes=5, now=real.now(), **caps))
    drive(send(real, make_ticket("700.HK", "Buy", 200), again=False))
    with pytest.raises(lp.TradingDisabled, match="cap per order"):
        drive(send(real, make_ticket("700.HK", "Buy", 400), again=False))
    drive(send(real, make_ticket("700.HK", "Sell", 200), again=False))
    with pytest.raises(lp.TradingDisabled, match="cap per day"):
        drive(send(real, make_ticket("700.HK", "Buy", 100), again=False))
    assert sent_orders(market) == 2
    set_arming(real, None)
    with pytest.raises(lp.TradingDisabled, match="not armed"):
        drive(send(real, make_ticket("700.HK", "Sell", 100), again=False))


async def _last(session: Session) -> Decimal:
    columns = await session.io(session.source.quotes([make_ticket("700.HK", "Buy", 100).symbol]))
    return Decimal(str(columns["last_done"][0]))


@pytest.mark.usefixtures("market")
def test_arming_names_the_account_that_is_meant() -> None:
    with pytest.raises(lp.InputError, match="this session trades account"):
        lp.arm("someone else", kind="paper", per_order=1, per_day=1)
    armed = lp.arm(lp.session().account, kind="paper", per_order="100.5", per_day=1000, minutes=5)
    assert (armed.per_order, armed.per_day) == (Decimal("100.5"), Decimal(1000))
    with pytest.raises(lp.TradingDisabled, match="paper"):
        lp.arm(lp.session().account, kind="live", per_order=1, per_day=1)
