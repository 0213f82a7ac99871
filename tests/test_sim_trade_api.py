"""The trade endpoints of the simulated broker: every key of every reply, every refusal, filters and windows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from lpresearch.sim.exchange.account import NO_BUYING_POWER, NO_POSITION
from lpresearch.sim.exchange.exchange import NO_SUCH_ORDER
from lpresearch.sim.exchange.order_rules import BAD_PARAMETER, NOT_TRADABLE
from lpresearch.sim.exchange.trade_api import NO_SUCH_PATH, TradeApi, open_trading
from lpresearch.sim.server.refusal import Refusal
from tests.fake_market import FakeClock, FakeMarket

SHAPES: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "trade_shapes.json").read_text("utf-8"))
NOW = 1_795_226_933


class Client:
    """Requests as an SDK makes them, against a fresh account."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.market = FakeMarket(self.clock)
        self.api: TradeApi = open_trading(self.market, self.clock)
        self.pushes: list[dict[str, str]] = []
        self.api.on_order_change(self.pushes.append)

    def ask(self, method: str, path: str, *query: tuple[str, str], body: Mapping[str, object] | None = None) -> Any:
        return self.api.handle(method, path, list(query), dict(body) if body is not None else None)

    def submit(self, **fields: object) -> str:
        reply = self.ask("POST", "/v1/trade/order", body=SHAPES["submit_3x"] | fields)
        return cast(str, reply["order_id"])

    def today(self, *query: tuple[str, str]) -> list[dict[str, Any]]:
        return cast("list[dict[str, Any]]", self.ask("GET", "/v1/trade/order/today", *query)["orders"])


@pytest.fixture
def client() -> Client:
    made = Client()
    made.market.show("700.HK", bids=[("500", 10_000)], asks=[("501", 10_000)])
    return made


def test_an_order_has_the_keys_types_and_values_of_the_document(client: Client) -> None:
    order_id = client.submit()
    expected = SHAPES["order"] | {"order_id": order_id, "price": "50.5", "remark": "hello"}
    assert client.today() == [expected]


def test_no_mandatory_order_text_is_empty_whatever_the_order(client: Client) -> None:
    client.submit(order_type="MO", submitted_price=None)
    client.ask("POST", "/v1/trade/order", body=SHAPES["submit_5x_conditional"])
    for row in client.today():
        assert all(row[key] != "" for key in SHAPES["order_not_empty"])
        assert all(type(row[key]) is int for key in SHAPES["order_integers"])
        assert all(isinstance(value, str) for key, value in row.items() if key not in SHAPES["order_integers"])


def test_conditional_terms_are_shown_as_they_were_sent(client: Client) -> None:
    client.ask("POST", "/v1/trade/order", body=SHAPES["submit_5x_conditional"])
    row = client.today()[0]
    sent = {key: SHAPES["submit_5x_conditional"][key] for key in ("limit_offset", "trailing_amount", "monitor_price")}
    assert {key: row[key] for key in sent} == sent
    assert (row["limit_depth_level"], row["trigger_count"], row["trigger_status"]) == (1, 2, "ACTIVE")


def test_a_detail_is_the_order_with_its_history_and_charges(client: Client) -> None:
    order_id = client.submit(submitted_price="501")
    detail = client.ask("GET", "/v1/trade/order", ("order_id", order_id))
    assert set(detail) == set(SHAPES["order"]) | set(SHAPES["detail_extra"])
    assert [row["status"] for row in detail["history"]] == ["FilledStatus", "NewStatus", "WaitToNew"]
    assert [row["price"] for row in detail["history"]] == ["501", "501", "501"]
    charge = detail["charge_detail"]
    assert [set(row) for row in detail["history"]] == [set(SHAPES["detail_history"])] * 3
    assert (set(charge), charge["total_amount"]) == (set(SHAPES["charge_detail"]), "128.73")
    assert set(charge["items"][0]) == set(SHAPES["charge_item"])
    assert set(charge["items"][0]["fees"][0]) == set(SHAPES["charge_fee"])


def test_an_execution_has_the_keys_of_the_document(client: Client) -> None:
    order_id = client.submit(submitted_price="501")
    trades = client.ask("GET", "/v1/trade/execution/today", ("order_id", order_id))["trades"]
    values = {"order_id": order_id, "trade_id": f"{order_id}-1", "symbol": "700.HK", "trade_done_at": str(NOW)}
    assert trades == [values | {"quantity": "200", "price": "501", "side": "Buy"}]
    assert set(trades[0]) == set(SHAPES["execution"])


def test_a_balance_is_one_account_with_cash_in_each_currency(client: Client) -> None:
    client.submit(submitted_price="400")
    (row,) = client.ask("GET", "/v1/asset/account")["list"]
    assert set(row) == set(SHAPES["balance"])
    assert (row["currency"], row["total_cash"], row["margin_call"]) == ("HKD", "1780000.00", "0.00")
    hkd, usd = row["cash_infos"]
    assert set(hkd) == set(SHAPES["cash_info"])
    assert (hkd["currency"], hkd["frozen_cash"], hkd["available_cash"]) == ("HKD", "80105.16", "919894.84")
    assert (usd["currency"], usd["available_cash"]) == ("USD", "100000.00")
    assert [set(fee) for fee in row["frozen_transaction_fees"]] == [set(SHAPES["frozen_transaction_fee"])] * 2


def test_a_balance_in_dollars_is_the_same_money(client: Client) -> None:
    (row,) = client.ask("GET", "/v1/asset/account", ("currency", "USD"))["list"]
    assert (row["currency"], row["total_cash"]) == ("USD", "228205.13")  # 1,000,000 / 7.8 + 100,000


def test_positions_name_the_paper_channel_and_filter_by_symbol(client: Client) -> None:
    client.submit(side="Sell", submitted_quantity="100", submitted_price="600")
    (channel,) = client.ask("GET", "/v1/asset/stock", ("symbol", "700.HK"))["list"]
    assert channel["account_channel"] == "lb_papertrading"
    (row,) = channel["stock_info"]
    assert row == dict(zip(SHAPES["stock_position"], row.values(), strict=True))
    assert (row["quantity"], row["available_quantity"], row["market"], row["currency"]) == ("400", "300", "HK", "HKD")


def test_cash_flows_have_numbers_for_direction_and_kind(client: Client) -> None:
    client.submit(submitted_price="501")
    span = (("start_time", str(NOW - 10)), ("end_time", str(NOW + 10)))
    rows = client.ask("GET", "/v1/asset/cashflow", *span)["list"]
    assert [set(row) for row in rows] == [set(SHAPES["cash_flow"])] * 7
    assert [(row["direction"], row["business_type"], row["balance"]) for row in rows] == [
        (1, 2, "-100200"),
        (1, 2, "-15"),
        (1, 2, "-5.66"),
        (1, 2, "-2.71"),
        (1, 2, "-0.15"),
        (1, 2, "-4.21"),
        (1, 2, "-101"),
    ]
    assert client.ask("GET", "/v1/asset/cashflow", *span, ("page", "2"), ("size", "7"))["list"] == []


def test_funds_are_an_empty_list_in_the_paper_channel(client: Client) -> None:
    assert client.ask("GET", "/v1/asset/fund") == {"list": [{"account_channel": "lb_papertrading", "fund_info": []}]}


def test_margin_factors_and_largest_quantities_are_texts(client: Client) -> None:
    ratio = client.ask("GET", "/v1/risk/margin-ratio", ("symbol", "700.HK"))
    assert ratio == {"im_factor": "0.3", "mm_factor": "0.25", "fm_factor": "0.2"}
    fields = (("symbol", "700.HK"), ("order_type", "LO"), ("price", "500"), ("side", "Sell"))
    assert client.ask("GET", "/v1/trade/estimate/buy_limit", *fields, ("fractional_shares", "false")) == {
        "cash_max_qty": "400",
        "margin_max_qty": "400",
    }


def test_pushes_have_the_25_keys_in_the_order_of_the_order_s_life(client: Client) -> None:
    client.submit(order_type="MO", submitted_price=None)
    assert [push["status"] for push in client.pushes] == ["WaitToNew", "NewStatus", "FilledStatus"]
    for push in client.pushes:
        assert list(push) == list(SHAPES["push"])
        assert all(isinstance(value, str) for value in push.values())
        assert all(push[key] for key in SHAPES["push_not_empty"])
    assert (client.pushes[0]["submitted_price"], client.pushes[0]["last_share"]) == ("0", "")
    assert (client.pushes[2]["last_share"], client.pushes[2]["last_price"]) == ("200", "501")


def test_a_replace_and_a_cancel_answer_an_empty_object(client: Client) -> None:
    order_id = client.submit()
    assert client.ask("PUT", "/v1/trade/order", body={"order_id": order_id, "quantity": "100", "price": "49"}) == {}
    row = client.today(("order_id", order_id))[0]
    assert (row["status"], row["quantity"], row["price"], row["remark"]) == ("ReplacedStatus", "100", "49", "hello")
    assert client.ask("DELETE", "/v1/trade/order", ("order_id", order_id)) == {}
    assert client.today(("status", "CanceledStatus"))[0]["order_id"] == order_id


def test_a_repeated_client_request_id_returns_the_first_order(client: Client) -> None:
    assert client.submit(client_request_id="a") == client.submit(client_request_id="a")
    assert len(client.today()) == 1


def test_orders_of_today_are_filtered_by_symbol_side_market_and_any_of_several_statuses(client: Client) -> None:
    buy = client.submit()
    sell = client.submit(side="Sell", submitted_price="600")
    us = client.submit(symbol="AAPL.US", outside_rth="ANY_TIME")
    filled = client.submit(submitted_price="501")

    def ids(*query: tuple[str, str]) -> list[str]:
        return [row["order_id"] for row in client.today(*query)]

    assert ids() == [filled, us, sell, buy]
    assert ids(("symbol", "00700.HK"), ("side", "Sell")) == [sell]
    assert ids(("market", "US")) == [us]
    assert ids(("status", "FilledStatus"), ("status", "NewStatus"), ("symbol", "700.HK")) == [filled, sell, buy]
    assert client.today(("order_id", us))[0]["outside_rth"] == "ANY_TIME"


def test_yesterday_s_orders_and_trades_are_history(client: Client) -> None:
    order_id = client.submit(submitted_price="501")
    client.clock.next_day()
    assert client.today() == []
    assert client.ask("GET", "/v1/trade/execution/today")["trades"] == []
    history = client.ask("GET", "/v1/trade/order/history")
    assert (history["has_more"], [row["order_id"] for row in history["orders"]]) == (False, [order_id])
    for path in ("/v1/trade/execution/history", "/v3/trade/execution/all"):
        assert [row["order_id"] for row in client.ask("GET", path, ("page", "1"))["trades"]] == [order_id]
    assert client.ask("GET", "/v1/trade/order/history", ("start_at", str(NOW + 1)))["orders"] == []


GTD: dict[str, object] = {"time_in_force": "GTD"}
REFUSALS: list[tuple[str, dict[str, object], int]] = [
    ("an unknown symbol", {"symbol": "9999999.HK"}, NOT_TRADABLE),
    ("a malformed symbol", {"symbol": "TENCENT"}, NOT_TRADABLE),
    ("no symbol", {"symbol": None}, BAD_PARAMETER),
    ("a suspended share", {"symbol": "1234.HK"}, NOT_TRADABLE),
    ("an index", {"symbol": "HSI.HK"}, NOT_TRADABLE),
    ("a mainland share", {"symbol": "600519.SH"}, NOT_TRADABLE),
    ("a Singapore share", {"symbol": "D05.SG"}, NOT_TRADABLE),
    ("a quantity off the lot", {"submitted_quantity": "150"}, BAD_PARAMETER),
    ("an odd lot of a whole lot", {"order_type": "ODD", "submitted_quantity": "100"}, BAD_PARAMETER),
    ("no quantity at all", {"submitted_quantity": "0"}, BAD_PARAMETER),
    ("a negative quantity", {"submitted_quantity": "-100"}, BAD_PARAMETER),
    ("a broken share", {"submitted_quantity": "100.5"}, BAD_PARAMETER),
    ("a quantity that is no number", {"submitted_quantity": "many"}, BAD_PARAMETER),
    ("an infinite quantity", {"submitted_quantity": "Infinity"}, BAD_PARAMETER),
    ("an absurd quantity", {"submitted_quantity": "1e30"}, BAD_PARAMETER),
    ("a price off the tick", {"submitted_price": "50.51"}, BAD_PARAMETER),
    ("a price of zero", {"submitted_price": "0"}, BAD_PARAMETER),
    ("a limit order without a price", {"submitted_price": None}, BAD_PARAMETER),
    ("a touched order without a trigger", {"order_type": "LIT"}, BAD_PARAMETER),
    ("a trailing order without a distance", {"order_type": "TSLPAMT", "limit_offset": "1"}, BAD_PARAMETER),
    ("a trailing order without a limit", {"order_type": "TSLPPCT", "trailing_percent": "1"}, BAD_PARAMETER),
    ("an unknown order type", {"order_type": "FOK"}, BAD_PARAMETER),
    ("an auction order in New York", {"symbol": "AAPL.US", "order_type": "ALO"}, BAD_PARAMETER),
    ("an unknown side", {"side": "Short"}, BAD_PARAMETER),
    ("an unknown life", {"time_in_force": "IOC"}, BAD_PARAMETER),
    ("an unknown session", {"outside_rth": "LUNCH"}, BAD_PARAMETER),
    ("a dated order without a date", GTD, BAD_PARAMETER),
    ("a date in the past", GTD | {"expire_date": "2026-11-19"}, BAD_PARAMETER),
    ("a date that is none", GTD | {"expire_date": "20.11.2026"}, BAD_PARAMETER),
    ("a remark as long as a letter", {"remark": "x" * 256}, BAD_PARAMETER),
    ("a list for a text", {"remark": ["x"]}, BAD_PARAMETER),
    ("a bracket without prices", {"attached_params": {"attached_order_type": "BRACKET"}}, BAD_PARAMETER),
    ("an attached order of no kind", {"attached_params": {"attached_order_type": "HEDGE"}}, BAD_PARAMETER),
    ("attached orders as a text", {"attached_params": "BRACKET"}, BAD_PARAMETER),
    ("a time gone by", {"delayed_until": NOW - 1}, BAD_PARAMETER),
    ("a time next year", {"delayed_until": NOW + 91 * 86400}, BAD_PARAMETER),
    ("more than the buying power", {"submitted_quantity": "10000000"}, NO_BUYING_POWER),
    ("more than is held", {"side": "Sell", "submitted_quantity": "500"}, NO_POSITION),
]


@pytest.mark.parametrize(("fields", "code"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_a_submit_is_refused_with_400_and_leaves_no_trace(client: Client, fields: dict[str, object], code: int) -> None:
    with pytest.raises(Refusal) as caught:
        client.submit(**fields)
    assert (caught.value.http_status, caught.value.code) == (400, code)
    assert caught.value.message
    assert (client.today(), client.pushes) == ([], [])


REQUESTS: list[tuple[str, str, tuple[tuple[str, str], ...], dict[str, object], int]] = [
    ("DELETE", "/v1/trade/order", (), {}, BAD_PARAMETER),
    ("DELETE", "/v1/trade/order", (("order_id", "1"),), {}, NO_SUCH_ORDER),
    ("GET", "/v1/trade/order", (("order_id", "1"),), {}, NO_SUCH_ORDER),
    ("PUT", "/v1/trade/order", (), {"quantity": "100"}, BAD_PARAMETER),
    ("PUT", "/v1/trade/order", (), {"order_id": "1", "quantity": "100"}, NO_SUCH_ORDER),
    ("GET", "/v1/trade/order/today", (("side", "Long"),), {}, BAD_PARAMETER),
    ("GET", "/v1/trade/order/today", (("market", "MARS"),), {}, BAD_PARAMETER),
    ("GET", "/v1/trade/order/history", (("start_at", "yesterday"),), {}, BAD_PARAMETER),
    ("GET", "/v1/asset/account", (("currency", "EUR"),), {}, BAD_PARAMETER),
    ("GET", "/v1/asset/cashflow", (("start_time", "1"),), {}, BAD_PARAMETER),
    ("GET", "/v1/asset/cashflow", (("start_time", "1"), ("end_time", "2"), ("size", "10001")), {}, BAD_PARAMETER),
    ("GET", "/v1/risk/margin-ratio", (), {}, BAD_PARAMETER),
    ("GET", "/v1/risk/margin-ratio", (("symbol", "HSI.HK"),), {}, NOT_TRADABLE),
    ("GET", "/v1/trade/estimate/buy_limit", (("symbol", "700.HK"), ("side", "Buy")), {}, BAD_PARAMETER),
]


@pytest.mark.parametrize(("method", "path", "query", "body", "code"), REQUESTS)
def test_a_request_without_sense_is_refused_with_400(
    client: Client, method: str, path: str, query: tuple[tuple[str, str], ...], body: dict[str, object], code: int
) -> None:
    with pytest.raises(Refusal) as caught:
        client.ask(method, path, *query, body=body)
    assert (caught.value.http_status, caught.value.code) == (400, code)


def test_an_unknown_path_is_404(client: Client) -> None:
    with pytest.raises(Refusal) as caught:
        client.ask("GET", "/v1/trade/nothing")
    assert (caught.value.http_status, caught.value.code) == (404, NO_SUCH_PATH)
