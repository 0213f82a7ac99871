"""For the same call both official SDKs and our client send the same: recorded by the server, compared byte by byte."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

import pytest
from google.protobuf.message import Message

from lpresearch.sim.server.recorder import Recorded
from lpresearch.wire.proto import quote_pb2, trade_pb2
from lpresearch.wire.signing import sign
from tests.conformance.bench import Heard, Sides
from tests.conformance.headers import headers, metadata, upgrade_headers

Record = Callable[[str, object], None]

CALENDAR = 9
MESSAGES: Mapping[tuple[str, int], type[Message] | None] = {
    ("quote", 4): quote_pb2.UserQuoteProfileRequest,
    ("quote", 6): quote_pb2.SubscribeRequest,
    ("quote", 7): quote_pb2.UnsubscribeRequest,
    ("quote", 8): None,  # an empty body
    ("quote", 9): quote_pb2.MarketTradeDayRequest,
    ("quote", 10): quote_pb2.MultiSecurityRequest,
    ("quote", 11): quote_pb2.MultiSecurityRequest,
    ("quote", 14): quote_pb2.SecurityRequest,
    ("quote", 19): quote_pb2.SecurityCandlestickRequest,
    ("quote", 27): quote_pb2.SecurityHistoryCandlestickRequest,
    ("trade", 16): trade_pb2.Sub,
}

PACKETS = (
    "static_info", "quote", "depth 700.HK", "depth AAPL.US", "depth 600519.SH", "trading_session",
    "trading_days HK", "trading_days US", "trading_days CN", "trading_days SG",
    "candlesticks day", "candlesticks 5m all sessions", "candlesticks forward",
    "history by date", "history by date 5m all sessions",
    "history by offset backward from", "history by offset forward from",
    "refused: depth of an unknown symbol", "refused: history of one symbol too many",
    "refused: minutes before the reach", "quote of two of whom one is unknown", "subscribe", "unsubscribe",
)  # fmt: skip
REST = (
    "submit a limit order", "replace", "submit a market order", "submit another", "cancel",
    "refused: an odd quantity", "refused: an order for an unknown symbol", "refused: cancel of an unknown order",
    "today_orders", "today_orders by id", "today_executions", "today_executions by symbol", "today_executions by id",
    "account_balance", "account_balance USD", "stock_positions", "stock_positions of two",
)  # fmt: skip

#: Where ours differs on purpose, and why. Everything else is equal.
OURS_DIFFERS = {
    "client_request_id": "ours sends one with every order: a lost answer can then be told from a lost order (7.2)",
    "connect quotes": "3.x asks for the trading days of four markets; ours asks when a calendar is first needed",
    "first push of quote": "5.x asks for the trading days of the market at the first push; ours does not",
    "history by date from a start": "ours always names both ends, or an anchor and a count (5.1)",
    "history by date to an end": "the same",
    "history by date of all": "the same, or command 19, which costs no quota",
    "history by offset backward": "ours always names an anchor; without one it asks command 19",
    "history by offset forward": "ours always names an anchor",
    "today_orders filtered": "ours filters by symbol at the server, and the rest in the frame",
    "order_detail": "order() reads today's orders: one request, and the same words",
    "refused: depth of an unknown symbol": "ours also asks command 10, to name every unknown symbol",
    "margin_ratio": "comes with a later slice",
    "estimate_max_purchase_quantity": "comes with a later slice",
    "subscribe to depth": "comes with a later slice",
    "unsubscribe from depth": "comes with a later slice",
    "connection": "HTTP/1.1 header: ours says keep-alive, which is also what the SDK's silence means",
}


def ours_of(sides: Sides, call: str) -> list[Recorded]:
    """What ours sent for a call: over the seam where the public function plans by itself what it asks."""
    heard: Heard = sides.seam if call in sides.seam.requests else sides.public
    return heard.requests[call]


def kind(request: Recorded) -> tuple[str, int, str, str]:
    return (request.link, request.command, request.method, request.path if request.kind == "http" else "")


def pairs(sides: Sides, call: str) -> list[tuple[Recorded, Recorded]]:
    """Each request of the SDK, and ours of the same kind. What ours sends besides stands in OURS_DIFFERS."""
    theirs = [r for r in sides.theirs.requests[call] if r.command != CALENDAR or call.startswith("trading_days")]
    kinds = {kind(request) for request in theirs}
    ours = [request for request in ours_of(sides, call) if kind(request) in kinds]
    assert [kind(request) for request in ours] == [kind(request) for request in theirs]
    assert theirs
    return list(zip(theirs, ours, strict=True))


def noted(sides: Sides, call: str, record: Record) -> None:
    record("compared", "requests")
    record("call", call)
    record("brand", sides.brand)


@pytest.mark.parametrize("call", PACKETS)
def test_a_packet_is_the_same(sides: Sides, call: str, record_property: Record) -> None:
    noted(sides, call, record_property)
    for theirs, ours in pairs(sides, call):
        message = MESSAGES[theirs.link, theirs.command]
        if message is None:
            assert theirs.body == ours.body == b""
        else:
            assert message.FromString(theirs.body) == message.FromString(ours.body)
        assert theirs.body == ours.body
        assert theirs.timeout_ms == ours.timeout_ms == 30_000


@pytest.mark.parametrize("call", REST)
def test_a_rest_request_is_the_same(sides: Sides, call: str, record_property: Record) -> None:
    noted(sides, call, record_property)
    ids = ids_of(sides.theirs) | ids_of(sides.public)
    for theirs, ours in pairs(sides, call):
        assert (theirs.method, theirs.path) == (ours.method, ours.path)
        assert with_ids(theirs.query, ids) == with_ids(ours.query, ids)
        assert with_ids(theirs_body(sides, theirs), ids) == with_ids(ours_body(ours), ids)
        assert headers(sides.brand, theirs) == headers(sides.brand, ours)


def theirs_body(sides: Sides, request: Recorded) -> str:
    """The body, without what 3.x alone sends."""
    text = request.body.decode()
    if request.method == "POST":
        assert ('"expire_date":null' in text) == (sides.brand == "longport")
    return text.replace(',"expire_date":null', "")


def ours_body(request: Recorded) -> str:
    """The body, without our key of the order."""
    text = request.body.decode()
    if request.method != "POST":
        return text
    key = json.loads(text)["client_request_id"]
    assert key
    return text.replace(f',"client_request_id":"{key}"', "")


def ids_of(heard: Heard) -> dict[str, str]:
    """Order id -> the name of the call that made it."""
    return {value: name for name, value in heard.values.items() if name.startswith("submit")}


def with_ids(text: str, ids: Mapping[str, str]) -> str:
    """The text with order ids replaced by names, so that orders of two clients can be compared."""
    for order_id, name in ids.items():
        text = text.replace(order_id, f"<{name}>")
    return text


def test_the_user_agent_and_the_types_are_those_of_the_sdk(sides: Sides) -> None:
    """Pinned by the document (longport.md 2.1), so that both cannot drift together."""
    for heard in (sides.theirs, sides.public):
        (request,) = (r for r in heard.requests["cancel"] if r.kind == "http")
        assert request.headers["user-agent"] == "openapi-sdk"
        assert request.headers["content-type"] == "application/json; charset=utf-8"
        assert request.headers["accept"] == "*/*"
        assert request.headers["accept-language"] == "en"
        assert request.headers["x-timestamp"].isdigit()


def test_every_signature_verifies(sides: Sides) -> None:
    count = 0
    for heard in (sides.theirs, sides.public, sides.seam):
        for request in (r for requests in heard.requests.values() for r in requests if r.kind == "http"):
            count += 1
            assert request.headers["x-api-signature"] == sign(
                request.method,
                request.path,
                request.query,
                request.body or None,
                app_key="sim-key",
                app_secret="sim-secret",
                access_token="sim-token",
                timestamp=request.headers["x-timestamp"],
            )
    assert count > 40


@pytest.mark.parametrize("call", ["connect quotes", "connect trade"])
def test_a_link_opens_the_same_way(sides: Sides, call: str, record_property: Record) -> None:
    """A token, the upgrade, the auth packet with the token; then the profile, or the topic of order changes."""
    noted(sides, call, record_property)
    both = pairs(sides, call)
    (their_token, our_token), (their_auth, our_auth), (their_first, our_first) = both
    assert (our_token.method, our_token.path, our_token.query) == ("GET", "/v1/socket/token", "")
    assert headers(sides.brand, their_token) == headers(sides.brand, our_token)
    assert their_auth.query == our_auth.query == "version=1&codec=1&platform=9"
    assert their_auth.path == our_auth.path
    assert upgrade_headers(sides.brand, their_auth) == upgrade_headers(sides.brand, our_auth)
    assert [auth.command for auth in (their_auth, our_auth)] == [2, 2]
    assert [auth.timeout_ms for auth in (their_auth, our_auth)] == [5000, 5000]
    assert metadata(their_auth) == metadata(our_auth)
    assert len(their_auth.body) == len(our_auth.body)
    assert their_first.body == our_first.body
    assert their_first.timeout_ms == our_first.timeout_ms == 30_000


def test_request_ids_count_from_one_on_each_link(sides: Sides) -> None:
    for client in ((sides.theirs,), (sides.public, sides.seam)):
        for link in ("quote", "trade"):
            ids = [
                request.request_id
                for heard in client
                for requests in heard.requests.values()
                for request in requests
                if request.link == link
            ]
            assert ids == list(range(1, len(ids) + 1))
            assert ids


def test_every_call_is_compared_or_its_difference_is_named(sides: Sides) -> None:
    sends = {call for call, requests in sides.theirs.requests.items() if requests}
    assert sends - {"connect quotes", "connect trade"} <= {*PACKETS, *REST, *OURS_DIFFERS}


def test_what_ours_sends_besides_is_only_what_is_named(sides: Sides) -> None:
    """Orders are checked before they are sent; a symbol refused is looked up; a stream begins with a quote."""
    allowed = {
        "refused: depth of an unknown symbol": {10},
        "subscribe": {11},
        "submit a limit order": {10, 11},
        "submit a market order": {11},
        "submit another": {10, 11},
        "replace": {11},
    }
    for call in {*PACKETS, *REST} - {"first push of quote"}:
        kinds = {kind(request) for request in sides.theirs.requests[call]}
        besides = [request for request in ours_of(sides, call) if kind(request) not in kinds]
        orders_read = [r for r in besides if r.kind == "http" and r.path == "/v1/trade/order/today"]
        assert len(orders_read) == (call == "replace")
        assert {request.command for request in besides if request.kind == "ws"} <= allowed.get(call, set()), call
