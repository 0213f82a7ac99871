"""LongPort's REST objects as columns, and the body of an order (protocol document, sections 7 and 8)."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

import pytest

from lpresearch.base.errors import WireError
from lpresearch.base.markets import OrderType
from lpresearch.base.model import OutsideRth, Side, Ticket, TimeInForce
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport_orders import (
    balance_columns,
    execution_columns,
    order_columns,
    order_push,
    position_columns,
    replace_body,
    submit_body,
)

# The order object of section 7.2, and the push of section 8.
ORDER = json.loads(
    '{"order_id":"709043056541253632","status":"NewStatus","stock_name":"TENCENT","quantity":"200",'
    '"executed_quantity":"0","price":"50.500","executed_price":"0","submitted_at":"1795226933","side":"Buy",'
    '"symbol":"700.HK","order_type":"LO","last_done":"","trigger_price":"","msg":"","tag":"Normal",'
    '"time_in_force":"Day","expire_date":"","updated_at":"1795226933","trigger_at":"0","trailing_amount":"",'
    '"trailing_percent":"","limit_offset":"","trigger_status":"NOT_USED","currency":"HKD",'
    '"outside_rth":"UnknownOutsideRth","limit_depth_level":0,"trigger_count":0,"monitor_price":"","remark":""}'
)
PUSH = (
    b'{"event":"order_changed_lb","data":{"side":"Buy","stock_name":"x","submitted_quantity":"200",'
    b'"symbol":"700.HK","order_type":"LO","submitted_price":"50.5","executed_quantity":"0","executed_price":"0",'
    b'"order_id":"77","currency":"HKD","status":"NewStatus","submitted_at":"1700000000","updated_at":"1700000000",'
    b'"trigger_price":"","msg":"","tag":"Normal","trigger_status":"NOT_USED","trigger_at":"","trailing_amount":"",'
    b'"trailing_percent":"","limit_offset":"","account_no":"A1","last_share":"","last_price":"","remark":""}}'
)


def test_an_order_keeps_its_keys_in_order_and_its_texts() -> None:
    columns = order_columns({"orders": [ORDER]})
    assert list(columns) == list(ORDER)
    assert {name: values[0] for name, values in columns.items()} == ORDER


def test_an_order_with_keys_missing_null_or_of_another_type_is_read() -> None:
    odd = {"order_id": 77, "price": "50.5", "tag": "Gtc", "updated_at": None, "trigger_count": "2", "new_key": 1}
    row = {name: values[0] for name, values in order_columns({"orders": [odd]}).items()}
    assert row == dict.fromkeys(ORDER, "") | {
        "order_id": "77",
        "price": "50.5",
        "tag": "GTC",
        "limit_depth_level": 0,
        "trigger_count": 2,
    }


@pytest.mark.parametrize("data", [None, {}, {"orders": None}, {"orders": []}, []])
def test_no_orders_are_empty_columns(data: object) -> None:
    assert order_columns(data) == {name: [] for name in ORDER}


def test_an_execution_without_a_side_is_read() -> None:
    trade = {
        "order_id": "1",
        "trade_id": "1-1648611351433741210",
        "symbol": "700.HK",
        "trade_done_at": "1648611351",
        "quantity": "100",
        "price": "388",
    }
    assert execution_columns({"trades": [trade]}) == {name: [value] for name, value in trade.items()} | {"side": [""]}


def test_a_balance_is_a_row_for_each_currency_with_its_lists() -> None:
    cash = [{"currency": "HKD", "available_cash": "1"}]
    columns = balance_columns(
        {"list": [{"currency": "HKD", "total_cash": "5.00", "cash_infos": cash}, {"currency": "USD"}]}
    )
    assert columns["currency"] == ["HKD", "USD"]
    assert columns["total_cash"] == ["5.00", ""]
    assert columns["cash_infos"] == [cash, []]
    assert columns["frozen_transaction_fees"] == [[], []]


def test_positions_of_all_channels_stand_in_one_table() -> None:
    data = {
        "list": [
            {"account_channel": "lb", "stock_info": [{"symbol": "700.HK", "available_quantity": "-450"}]},
            {"account_channel": "lb_papertrading", "stock_info": [{"symbol": "AAPL.US", "quantity": "0.5"}]},
            {"account_channel": "empty"},
        ]
    }
    columns = position_columns(data)
    assert columns["symbol"] == ["700.HK", "AAPL.US"]
    assert columns["available_quantity"] == ["-450", ""]
    assert columns["quantity"] == ["", "0.5"]
    assert columns["account_channel"] == ["lb", "lb_papertrading"]


def test_a_limit_order_has_the_body_of_the_official_sdk() -> None:
    ticket = Ticket(Symbol("700.HK"), Side.BUY, Decimal(200), OrderType.LO, Decimal("50.5"), remark="hello")
    # Section 7.2, the 5.x body seen on the wire, with the key behind it.
    assert json.dumps(submit_body(ticket, "key-1"), separators=(",", ":")) == (
        '{"symbol":"700.HK","order_type":"LO","side":"Buy","submitted_quantity":"200","time_in_force":"Day",'
        '"submitted_price":"50.5","remark":"hello","client_request_id":"key-1"}'
    )


def test_every_field_of_a_ticket_finds_its_place() -> None:
    ticket = Ticket(
        Symbol("AAPL.US"),
        Side.SELL,
        Decimal("1E+2"),
        OrderType.TSLPAMT,
        time_in_force=TimeInForce.GTD,
        expire_date=date(2026, 12, 31),
        trigger_price=Decimal("0.00000012"),
        trailing_amount=Decimal(1),
        trailing_percent=Decimal("0.50"),
        limit_offset=Decimal("0.1"),
        outside_rth=OutsideRth.ANY_TIME,
    )
    body = json.loads(json.dumps(submit_body(ticket, "key-2")))
    assert list(body.items()) == [
        ("symbol", "AAPL.US"),
        ("order_type", "TSLPAMT"),
        ("side", "Sell"),
        ("submitted_quantity", "100"),
        ("time_in_force", "GTD"),
        ("trigger_price", "0.00000012"),
        ("limit_offset", "0.1"),
        ("trailing_amount", "1"),
        ("trailing_percent", "0.5"),  # the official SDK writes no zeros at the end
        ("expire_date", "2026-12-31"),
        ("outside_rth", "ANY_TIME"),
        ("client_request_id", "key-2"),
    ]


def test_a_replacement_names_order_quantity_and_price() -> None:
    assert replace_body("7", Decimal(100), Decimal(49)) == {"order_id": "7", "quantity": "100", "price": "49"}
    assert replace_body("7", Decimal(100), None) == {"order_id": "7", "quantity": "100"}


def test_an_order_push_is_read_whole() -> None:
    push = order_push(PUSH)
    assert push is not None
    assert (push.order_id, push.symbol, push.side, push.status) == ("77", "700.HK", "Buy", "NewStatus")
    assert (push.submitted_quantity, push.submitted_price) == ("200", "50.5")
    assert (push.executed_quantity, push.executed_price, push.updated_at) == ("0", "0", "1700000000")
    assert push.fields == json.loads(PUSH)["data"]


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"event":"gridtrading_order","data":{}}'])
def test_events_of_other_kinds_are_not_ours(content: bytes) -> None:
    assert order_push(content) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"{", b'{"event":"order_changed_lb"}', b'{"event":"order_changed_lb","data":{"order_id":"7"}}'],
)
def test_a_broken_order_push_is_a_wire_error(content: bytes) -> None:
    with pytest.raises(WireError, match="order push"):
        order_push(content)
