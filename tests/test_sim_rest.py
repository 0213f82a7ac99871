"""The signed REST side of the simulated broker, and order pushes on the trade link (longport.md 2, 7, 8)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.wire.proto import trade_pb2
from tests.sim_client import Client, client

NOW = datetime(2026, 11, 18, 3, 30, tzinfo=UTC).timestamp()


def with_client(running: Running, work: Callable[[Client], Awaitable[None]]) -> None:
    """Do ``work`` with a client of a server."""

    async def main() -> None:
        async with client(running.urls) as one:
            await work(one)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("keys", "headers", "status", "code"),
    [
        ({"app_key": "another"}, {}, 403, 403203),
        ({"access_token": "another"}, {}, 401, 401004),
        ({"app_secret": "another"}, {}, 403, 403201),
        ({}, {"X-Api-Signature": "HMAC-SHA256 nonsense"}, 403, 403201),
        ({}, {"X-Timestamp": "1700000000"}, 403, 403201),
        ({}, {"X-Timestamp": "soon"}, 403, 403201),
    ],
)
def test_a_request_that_is_not_rightly_signed_is_refused(
    keys: dict[str, str], headers: dict[str, str], status: int, code: int
) -> None:
    async def work(one: Client) -> None:
        found, envelope, _ = await one.rest("GET", "/v1/socket/token", keys=keys, headers=headers)
        assert (found, envelope["code"], envelope["data"]) == (status, code, {})
        assert isinstance(envelope["message"], str)

    with serve() as running:
        with_client(running, work)


def test_fractional_timestamps_and_encoded_queries_are_signed_as_sent() -> None:
    async def work(one: Client) -> None:
        headers = {"X-Timestamp": f"{time.time():.3f}"}
        query = "symbol=700.HK&symbol=A%20B%2FC.US&x=1+2"
        status, envelope, _ = await one.rest("GET", "/v1/asset/stock", query=query, headers=headers)
        assert (status, envelope["code"]) == (200, 0)

    with serve() as running:
        with_client(running, work)
    assert running.recorded[-1].query == "symbol=700.HK&symbol=A%20B%2FC.US&x=1+2"


def test_every_reply_names_the_simulation_and_has_a_trace_id() -> None:
    async def work(one: Client) -> None:
        for method, path in (("GET", "/v1/socket/token"), ("GET", "/v1/nowhere"), ("PUT", "/v1/trade/order")):
            _, envelope, headers = await one.rest(method, path)
            assert set(envelope) == {"code", "message", "data"}
            assert headers["x-lpresearch-simulator"] == "seed-5"
            assert headers["x-trace-id"]
            assert "date" in headers

    with serve(seed=5) as running:
        with_client(running, work)


def test_unknown_paths_and_bodies_that_are_no_json_object_get_an_envelope() -> None:
    async def work(one: Client) -> None:
        status, envelope, _ = await one.rest("GET", "/v1/nowhere")
        assert (status, envelope["code"]) == (404, 404001)
        status, envelope, _ = await one.rest("POST", "/v1/trade/order", body=["not", "an", "object"])
        assert (status, envelope["code"]) == (400, 602001)

    with serve() as running:
        with_client(running, work)


def test_an_order_is_placed_over_rest_and_its_changes_are_pushed() -> None:
    async def work(one: Client) -> None:
        async with one.link("trade") as wire:
            answer = trade_pb2.SubResponse.FromString(
                await wire.ask(16, trade_pb2.Sub(topics=["private", "public", "private"]))
            )
            assert (list(answer.success), list(answer.current)) == (["private"], ["private"])
            assert [fail.topic for fail in answer.fail] == ["public"]
            price = running.market.last_price("700.HK") * Decimal("0.9")
            price -= price % running.market.tick("700.HK", price)
            body = {
                "symbol": "700.HK",
                "order_type": "LO",
                "side": "Buy",
                "submitted_quantity": "100",
                "time_in_force": "Day",
                "submitted_price": str(price),
                "expire_date": None,
            }
            order_id = (await one.data("POST", "/v1/trade/order", body=body))["order_id"]
            await one.data("DELETE", "/v1/trade/order", query=f"order_id={order_id}")
            statuses = []
            while "CanceledStatus" not in statuses:
                packet = await wire.push()
                notification = trade_pb2.Notification.FromString(packet.body)
                assert (packet.command, notification.topic) == (18, "private")
                assert (notification.content_type, notification.dispatch_type) == (1, 1)
                message = json.loads(notification.data)
                assert message["event"] == "order_changed_lb"
                assert (message["data"]["order_id"], len(message["data"])) == (order_id, 25)
                statuses.append(message["data"]["status"])
            assert statuses == ["WaitToNew", "NewStatus", "WaitToCancel", "PendingCancelStatus", "CanceledStatus"]
            left = trade_pb2.UnsubResponse.FromString(await wire.ask(17, trade_pb2.Unsub(topics=["private"])))
            assert list(left.current) == []

    with serve(clock=ManualClock(NOW)) as running:
        with_client(running, work)


def test_a_resting_order_fills_when_the_market_comes_to_it() -> None:
    clock = ManualClock(NOW)

    async def work(one: Client) -> None:
        async with one.link("trade") as wire:
            await wire.ask(16, trade_pb2.Sub(topics=["private"]))
            _, bids = running.market.depth("700.HK")
            body = {
                "symbol": "700.HK",
                "order_type": "LO",
                "side": "Buy",
                "submitted_quantity": "100",
                "time_in_force": "GTC",
                "submitted_price": str(bids[0].price),
            }
            await one.data("POST", "/v1/trade/order", body=body)
            filled = asyncio.ensure_future(fill(wire))
            while not filled.done():
                clock.advance(600)
                await asyncio.wait([filled], timeout=0.2)
            assert filled.result()

    async def fill(wire: object) -> bool:
        while True:
            packet = await wire.push()  # type: ignore[attr-defined]  # a Wire
            message = json.loads(trade_pb2.Notification.FromString(packet.body).data)
            if message["data"]["status"] == "FilledStatus":
                return True

    with serve(clock=clock) as running:
        with_client(running, work)


def test_what_clients_send_is_recorded_as_it_came() -> None:
    async def work(one: Client) -> None:
        async with one.link() as wire:
            await wire.ask(8)

    with serve() as running:
        with_client(running, work)
        http, auth, pull = running.recorded
    assert (http.kind, http.method, http.path) == ("http", "GET", "/v1/socket/token")
    assert http.headers["x-api-key"] == "sim-key"
    assert (auth.kind, auth.link, auth.command, auth.request_id) == ("ws", "quote", 2, 1)
    assert (pull.command, pull.body, pull.timeout_ms, pull.query) == (8, b"", 5000, "version=1&codec=1&platform=9")
