"""Whatever is sent to the simulated broker over HTTP, it answers with an envelope and never with a fault of its own."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import aiohttp
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.wire.http_pulls import BY_PATH
from lpresearch.wire.proto import quote_pb2 as pb
from lpresearch.wire.signing import sign
from tests.sim_client import KEYS
from tests.test_sim_rest import NOW

ORDER = {
    "symbol": "700.HK",
    "order_type": "LO",
    "side": "Buy",
    "submitted_quantity": "100",
    "time_in_force": "Day",
    "submitted_price": "300",
    "trigger_price": "1",
    "limit_depth_level": 1,
    "attached_params": {"order_type": "BRACKET", "profit_taker_price": "1"},
    "delayed_until": 1,
    "client_request_id": "1",
    "expire_date": "2026-11-30",
}
WINDOW: dict[str, object] = {
    "symbol": "700.HK",
    "status": "NewStatus",
    "side": "Buy",
    "market": "HK",
    "start_at": "1",
    "end_at": "2",
}
COUNTER: dict[str, object] = {
    "symbol": "AAPL.US",
    "counter_id": "ST/US/AAPL",
    "last_timestamp": "1790000000",
    "count": "3",
}
# Every endpoint, with parameters that it reads: of the query for GET and DELETE, of the body for the others.
ENDPOINTS: dict[tuple[str, str], dict[str, object]] = {
    ("GET", "/v1/socket/token"): {},
    ("GET", "/v1/token/refresh"): {"expired_at": "2020-01-01T00:00:00Z"},
    ("POST", "/v1/trade/order"): dict(ORDER),
    ("POST", "/v1/trade/order/multileg"): {"legs": [ORDER]},
    ("PUT", "/v1/trade/order"): {"order_id": "1", "quantity": "100", "price": "1"},
    ("DELETE", "/v1/trade/order"): {"order_id": "1", "is_attached": "true"},
    ("GET", "/v1/trade/order"): {"order_id": "1"},
    ("GET", "/v1/trade/order/today"): dict(WINDOW),
    ("GET", "/v1/trade/order/history"): dict(WINDOW),
    ("GET", "/v1/trade/execution/today"): dict(WINDOW),
    ("GET", "/v1/trade/execution/history"): dict(WINDOW),
    ("GET", "/v3/trade/execution/all"): WINDOW | {"page": "1"},
    ("GET", "/v1/trade/estimate/buy_limit"): {"symbol": "700.HK", "order_type": "LO", "side": "Buy", "price": "1"},
    ("GET", "/v1/asset/account"): {"currency": "HKD"},
    ("GET", "/v1/asset/stock"): {"symbol": "700.HK"},
    ("GET", "/v1/asset/fund"): {"symbol": "HK0000"},
    ("GET", "/v1/asset/cashflow"): {
        "start_time": "1",
        "end_time": "2",
        "page": "1",
        "size": "10",
        "business_type": "1",
    },
    ("GET", "/v1/risk/margin-ratio"): {"symbol": "700.HK"},
    ("GET", "/v1/statement/list"): {"statement_type": "1", "start_date": "1", "limit": "20"},
    ("GET", "/v1/statement/download"): {"file_key": "/statement_data/daily/20261118.json"},
    ("GET", "/v1/watchlist/groups"): {},
    ("POST", "/v1/watchlist/groups"): {"name": "mine", "securities": ["700.HK"]},
    ("PUT", "/v1/watchlist/groups"): {"id": 1, "name": "all", "securities": ["700.HK"], "mode": "add"},
    ("DELETE", "/v1/watchlist/groups"): {"id": "10001", "purge": "true"},
    ("POST", "/v1/watchlist/pinned"): {"mode": "add", "securities": ["700.HK"]},
    ("GET", "/v1/quote/get_security_list"): {"market": "US", "category": "Overnight"},
    ("GET", "/v1/quote/market_temperature"): {"market": "US"},
    ("GET", "/v1/quote/history_market_temperature"): {
        "market": "HK",
        "start_date": "20260901",
        "end_date": "20261001",
    },
    ("GET", "/v1/quote/filings"): {"symbol": "AAPL.US"},
    ("GET", "/v1/quote/short-positions/us"): dict(COUNTER),
    ("GET", "/v1/quote/short-positions/hk"): COUNTER | {"symbol": "700.HK"},
    ("GET", "/v1/quote/short-trades/us"): dict(COUNTER),
    ("GET", "/v1/quote/short-trades/hk"): COUNTER | {"symbol": "700.HK"},
    ("GET", "/v1/quote/option-volume-stats"): {"symbol": "700.HK", "underlying_counter_id": "ST/HK/700"},
    ("GET", "/v1/quote/option-volume-stats/daily"): {"symbol": "700.HK", "timestamp": "0", "line_num": "2"},
    ("POST", "/v1/quote/options/strikes"): {"symbol": "AAPL.US", "expiry_date": "20261218"},
    **{
        ("POST", path): {
            "symbol": ["700.HK"] if pull.request is pb.MultiSecurityRequest else "700.HK",
            "count": 3,
            "period": 1,
            "query_type": 2,
            "date_request": {"start_date": "20261101", "end_date": "20261102"},
            "offset_request": {"date": "20261101", "minute": "0930", "count": 2, "direction": 1},
            "market": "HK",
            "beg_day": "20261101",
            "end_day": "20261102",
            "expiry_date": "20261218",
        }
        for path, pull in BY_PATH.items()
    },
}

texts = st.text(max_size=12)
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    texts,
    st.sampled_from(["700.HK", "AAPL.US", "NaN", "1e999", "-1", "٣", "20269999", "ST/US/AAPL", "0", "\x00"]),
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3))


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, str, str, bytes]:
    """Method, path, query and body of a request that is nearly right, or not at all."""
    (method, path), right = draw(st.sampled_from(sorted(ENDPOINTS.items(), key=lambda item: item[0])))
    fields = {name: draw(st.one_of(st.just(value), values)) for name, value in right.items() if draw(st.booleans())}
    fields |= draw(st.dictionaries(texts, values, max_size=2))
    if method in ("GET", "DELETE"):
        pairs = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in fields.items()]
        query = draw(st.one_of(st.just(urlencode(pairs, errors="replace")), texts.map(quote)))
        return method, path, query, draw(st.one_of(st.just(b""), st.binary(max_size=8)))
    body = draw(
        st.one_of(st.just(fields), values).map(lambda value: json.dumps(value).encode())
        | st.binary(max_size=12)
        | st.just(b"[" * 100_000)
    )
    return method, path, "", body


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A server without pace, whose clock stands still."""
    with serve(clock=ManualClock(NOW), limits=Limits.unpaced()) as market:
        yield market


async def reply(running: Running, method: str, path: str, query: str, body: bytes) -> tuple[int, dict[str, object]]:
    """Status and envelope of a rightly signed request."""
    timestamp = str(time.time())
    headers = {
        "X-Api-Key": KEYS["app_key"],
        "Authorization": running.environment()["LONGPORT_ACCESS_TOKEN"],
        "X-Timestamp": timestamp,
        "Content-Type": "application/json",
    }
    given = {**KEYS, "access_token": headers["Authorization"]}
    headers["X-Api-Signature"] = sign(method, path, query, body or None, timestamp=timestamp, **given)
    url = URL(running.urls["http_url"] + path + (f"?{query}" if query else ""), encoded=True)
    async with aiohttp.request(method, url, data=body or None, headers=headers) as answer:
        envelope = json.loads(await answer.read())
        assert isinstance(envelope, dict)
        return answer.status, envelope


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request=requests())
def test_no_request_makes_the_server_fail(running: Running, request: tuple[str, str, str, bytes]) -> None:
    status, envelope = asyncio.run(reply(running, *request))
    assert status in (200, 400, 401, 403, 404, 429), envelope
    assert set(envelope) == {"code", "message", "data"}
    assert (status == 200) is (envelope["code"] == 0)
    assert envelope["data"] is not None
    assert isinstance(envelope["message"], str)


@pytest.mark.parametrize("method_and_path", ENDPOINTS, ids=" ".join)
def test_another_method_is_another_path_and_unknown(running: Running, method_and_path: tuple[str, str]) -> None:
    status, envelope = asyncio.run(reply(running, "PATCH", method_and_path[1], "", b""))
    assert (status, envelope["code"]) == (404, 404001)


@pytest.mark.parametrize(
    ("path", "code"), [("/v1/trade/order", 602001), ("/quote/depth", 301600), ("/v1/watchlist/groups", 400000)]
)
@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"', b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_has_the_code_of_its_kind_of_endpoint(
    running: Running, path: str, code: int, body: bytes
) -> None:
    status, envelope = asyncio.run(reply(running, "POST", path, "", body))
    assert (status, envelope["code"]) == (400, code)
