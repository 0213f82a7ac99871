"""Protobuf messages as JSON and back (longport.md 9.1)."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpresearch.base.errors import WireError
from lpresearch.wire.http_pulls import BY_COMMAND, BY_PATH
from lpresearch.wire.proto import quote_pb2 as pb
from lpresearch.wire.proto_json import from_json, to_json


def test_a_request_of_the_official_sdk_is_read() -> None:
    """The body that 5.x sends, as recorded (longport.md 9.1)."""
    seen = (
        '{"adjust_type":0,"offset_request":{"count":5,"date":"20240101","direction":1,"minute":"1000"},'
        '"period":1,"query_type":1,"symbol":"700.HK","trade_session":0}'
    )
    request = from_json(pb.SecurityHistoryCandlestickRequest, json.loads(seen))
    assert (request.symbol, request.query_type, request.period) == ("700.HK", pb.QUERY_BY_OFFSET, 1)
    assert (request.offset_request.count, request.offset_request.minute) == (5, "1000")


def test_names_are_those_of_the_proto_and_enums_are_numbers() -> None:
    quote = pb.SecurityQuote(symbol="AAPL.US", volume=2**40, trade_status="HALTED")
    quote.over_night_quote.last_done = "1.5"
    assert to_json(pb.SecurityQuoteResponse(secu_quote=[quote])) == {
        "secu_quote": [
            {"symbol": "AAPL.US", "volume": 2**40, "trade_status": 1, "over_night_quote": {"last_done": "1.5"}}
        ]
    }


def test_what_is_not_set_is_left_out_and_comes_back_as_its_default() -> None:
    assert to_json(pb.SecurityDepthResponse()) == {}
    assert from_json(pb.SecurityDepthResponse, {}) == pb.SecurityDepthResponse()


@pytest.mark.parametrize("volume", [7, "7"])
def test_a_64_bit_number_may_come_as_a_number_or_as_text(volume: object) -> None:
    assert from_json(pb.Trade, {"volume": volume}).volume == 7


@pytest.mark.parametrize(
    "value",
    [
        [],
        "text",
        None,
        {"symbol": 1},
        {"symbol": ["700.HK"]},
        {"count": float("inf")},
        {"count": 2**40},
        {"count": "many"},
        {"period": {}},
    ],
)
def test_a_value_of_another_type_is_named(value: object) -> None:
    with pytest.raises(WireError, match="SecurityCandlestickRequest"):
        from_json(pb.SecurityCandlestickRequest, value)


def test_names_that_are_not_known_are_passed_over() -> None:
    assert from_json(pb.SecurityRequest, {"symbol": "700.HK", "colour": "red"}).symbol == "700.HK"


bars = st.builds(
    pb.Candlestick,
    close=st.text(max_size=8),
    volume=st.integers(-(2**63), 2**63 - 1),
    timestamp=st.integers(-(2**63), 2**63 - 1),
    trade_session=st.integers(0, 3),
)


@given(st.lists(bars, max_size=5), st.text(max_size=8))
def test_every_message_comes_back_as_it_was(candlesticks: list[pb.Candlestick], symbol: str) -> None:
    message = pb.SecurityCandlestickResponse(symbol=symbol, candlesticks=candlesticks)
    value = json.loads(json.dumps(to_json(message)))
    assert from_json(pb.SecurityCandlestickResponse, value) == message
    value["a later name"] = 7  # now it is read the general way
    assert from_json(pb.SecurityCandlestickResponse, value) == message


def test_the_table_names_every_pull_but_the_chain_of_a_date() -> None:
    assert sorted(BY_COMMAND) == [*range(8, 21), *range(22, 28)]
    assert len(BY_PATH) == len(BY_COMMAND)
    assert BY_PATH["/quote/history-candlesticks"].command == pb.Command.QueryHistoryCandlestick
    assert BY_PATH["/quote/options/expiry-dates"].command == pb.Command.QueryOptionChainDate
