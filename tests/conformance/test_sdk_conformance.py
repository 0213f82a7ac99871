"""Both official SDKs are served by the simulator, and read the same values as our client, field by field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.conformance.agreement import differences
from tests.conformance.bench import Sides

Record = Callable[[str, object], None]

READS = (
    "connect quotes", "static_info", "quote", "depth 700.HK", "depth AAPL.US", "depth 600519.SH", "trading_session",
    "trading_days HK", "trading_days US", "trading_days CN", "trading_days SG",
    "candlesticks day", "candlesticks 5m all sessions", "candlesticks forward",
    "history by date", "history by date from a start", "history by date to an end", "history by date of all",
    "history by date 5m all sessions", "history by offset backward", "history by offset backward from",
    "history by offset forward from", "history by offset forward",
    "subscribe", "first push of quote", "first push of depth", "next push of quote", "next push of depth",
    "unsubscribe", "connect trade",
    "today_orders", "today_orders filtered", "today_orders by id", "order_detail",
    "today_executions", "today_executions by symbol", "today_executions by id",
    "account_balance", "account_balance USD", "stock_positions", "stock_positions of two",
    "margin_ratio", "estimate_max_purchase_quantity",
)  # fmt: skip
ORDERS = (
    "submit a limit order", "push of a new order", "replace", "submit a market order", "push of a fill",
    "submit another", "cancel", "push of a cancelled order",
)  # fmt: skip
REFUSALS = (
    "refused: depth of an unknown symbol", "refused: history of one symbol too many",
    "refused: minutes before the reach", "refused: an odd quantity", "refused: an order for an unknown symbol",
    "refused: cancel of an unknown order",
)  # fmt: skip
#: Calls that have no twin of ours, and are looked at by tests of their own.
APART = (
    "quote of two of whom one is unknown", "subscribe to depth", "subscriptions", "unsubscribe from depth",
)  # fmt: skip


def same(sides: Sides, call: str, theirs: Any, ours: Any, record: Record) -> None:
    record("compared", "values")
    record("call", call)
    record("brand", sides.brand)
    found = list(differences(theirs, ours, sides.brand))
    assert not found, f"{call}: {len(found)} differences, such as " + "; ".join(found[:5])


def test_every_call_of_the_slice_is_made(sides: Sides) -> None:
    assert sorted(sides.theirs.values) == sorted(READS + ORDERS + REFUSALS + APART)


@pytest.mark.parametrize("call", READS)
def test_a_value_that_the_sdk_reads_is_the_value_that_ours_returns(
    sides: Sides, call: str, record_property: Record
) -> None:
    same(sides, call, sides.theirs.values[call], sides.public.values[call], record_property)


@pytest.mark.parametrize("call", ORDERS)
def test_an_order_goes_the_same_way_from_the_sdk_and_from_ours(
    sides: Sides, call: str, record_property: Record
) -> None:
    """The market's clock stands still, so the two orders differ by nothing but their ids."""
    theirs, ours = (heard.values[call] for heard in (sides.theirs, sides.public))
    for name in ("order_id", "trade_id"):
        if isinstance(theirs, dict):
            assert theirs.pop(name, "1").isdigit()
            assert ours.pop(name, "1").isdigit()
    if call.startswith("submit"):
        assert theirs != ours
        assert theirs.isdigit()
        theirs = ours
    same(sides, call, theirs, ours, record_property)


@pytest.mark.parametrize("call", REFUSALS)
def test_a_refusal_has_the_same_code_and_message(sides: Sides, call: str, record_property: Record) -> None:
    ours = sides.seam if call in sides.seam.values else sides.public
    theirs = sides.theirs.values[call]
    assert set(theirs) == {"code", "message"}
    same(sides, call, theirs, ours.values[call], record_property)


def test_bars_are_as_many_as_were_asked_for(sides: Sides) -> None:
    counts = {name: len(value) for name, value in sides.theirs.values.items() if name.startswith(("cand", "history"))}
    # Trading days of HK: 61 from 2024-01-02 to 2024-03-28; bars of 5 minutes from midnight to 20:00 in New York: 240.
    assert counts["candlesticks day"] == 100
    assert counts["candlesticks 5m all sessions"] == 200
    assert counts["history by date"] == 61
    assert counts["history by date to an end"] == 1000
    assert counts["history by date of all"] == 1000
    assert counts["history by date 5m all sessions"] == 240
    assert counts["history by offset backward"] == 7
    assert counts["history by offset backward from"] == 9
    assert counts["history by offset forward from"] == 9
    assert counts["history by offset forward"] == 1


def test_an_unknown_symbol_among_known_ones_is_left_out_for_the_sdk_and_named_by_ours(sides: Sides) -> None:
    call = "quote of two of whom one is unknown"
    assert [row["symbol"] for row in sides.theirs.values[call]] == ["700.HK"]
    assert sides.public.values[call] == {"error": "SymbolError", "names": "NOSUCH.HK"}


def test_subscriptions_of_the_sdk_are_what_it_asked_for(sides: Sides) -> None:
    (subscription,) = sides.theirs.values["subscriptions"]
    assert subscription == {"symbol": "700.HK", "sub_types": ["Quote", "Depth"], "candlesticks": []}


def test_a_push_tells_a_change_and_not_the_snapshot_again(sides: Sides) -> None:
    first, following = (sides.theirs.values[f"{which} push of quote"] for which in ("first", "next"))
    assert following["timestamp"] > first["timestamp"]
    assert following["volume"] > first["volume"]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("here: history of one symbol too many", "QuotaExhausted"),
        ("here: an odd quantity", "TicketRejected"),
        ("here: minutes before the reach", "DateRangeError"),
    ],
)
def test_what_the_server_would_refuse_is_refused_before_a_packet_leaves(sides: Sides, call: str, error: str) -> None:
    assert sides.public.values[call]["error"] == error
    sent = [request for request in sides.public.requests[call] if request.command == 27 or request.method == "POST"]
    assert sent == []
