"""Each kind of fault on the raw HTTP side."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Awaitable, Callable

import aiohttp
import pytest

from lpresearch.sim import Fault, Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from tests.conftest import MONDAY_NOON
from tests.sim_client import Client
from tests.test_sim_faults_links import MARKET_ORDER
from tests.test_sim_rest import with_client

ORDER, TODAY, TOKEN = "/v1/trade/order", "/v1/trade/order/today", "/v1/socket/token"
Scene = Callable[[Client, Running], Awaitable[None]]


def play(scene: Scene, *faults: Fault) -> None:
    """Let a scene happen on a server with faults, whose market stands still."""
    with serve(seed=7, clock=ManualClock(MONDAY_NOON), limits=Limits.unpaced(), faults=faults) as running:
        with_client(running, lambda one: scene(one, running))


async def orders(one: Client) -> int:
    """How many orders stand in today's list."""
    found = (await one.data("GET", TODAY))["orders"]
    assert isinstance(found, list)
    return len(found)


def refused(fault: Fault, *, status: int, code: int, message: str) -> None:
    """An order is refused by an envelope and not carried out; the next one is."""

    async def scene(one: Client, _: Running) -> None:
        found, envelope, headers = await one.rest("POST", ORDER, body=MARKET_ORDER)
        assert (found, envelope["code"], envelope["message"]) == (status, code, message)
        assert "x-lpresearch-simulator" in headers
        assert await orders(one) == 0
        await one.data("POST", ORDER, body=MARKET_ORDER)
        assert await orders(one) == 1

    play(scene, fault)


def test_a_request_is_refused_with_an_envelope() -> None:
    refused(Fault("refuse", path=ORDER), status=429, code=429002, message="Too Many Requests")
    refused(Fault("refuse", path=ORDER, status=500), status=500, code=500000, message="Internal Server Error")
    told = Fault("refuse", path=ORDER, status=400, code=602315, message="not here")
    refused(told, status=400, code=602315, message="not here")


def test_the_credentials_are_refused_or_expired() -> None:
    words = "as a fault has it"
    refused(Fault("refuse_auth", path=ORDER), status=401, code=401004, message=f"token invalid, {words}")
    refused(Fault("expire_session", path=ORDER), status=401, code=401003, message=f"access token expired, {words}")


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_gateway_refuses_by_a_page(status: int) -> None:
    async def scene(one: Client, _: Running) -> None:
        with pytest.raises(aiohttp.ContentTypeError) as caught:
            await one.rest("GET", TOKEN)
        assert caught.value.status == status
        assert await one.otp()

    play(scene, Fault("refuse", on="http", status=status, json=False))


@pytest.mark.parametrize(
    ("fault", "carried_out"),
    [
        (Fault("drop", path=ORDER), 0),
        (Fault("lose_reply", path=ORDER), 1),
        (Fault("silence", path=ORDER, seconds=0.05), 0),
    ],
)
def test_no_reply_comes_whether_the_order_was_taken_or_not(fault: Fault, carried_out: int) -> None:
    async def scene(one: Client, running: Running) -> None:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await one.rest("POST", ORDER, body=MARKET_ORDER)
        assert await orders(one) == carried_out
        assert len([asked for asked in running.recorded if asked.path == ORDER]) == 1

    play(scene, fault)


def test_a_gateways_page_comes_in_place_of_the_reply_of_an_accepted_order() -> None:
    async def scene(one: Client, _: Running) -> None:
        with pytest.raises(aiohttp.ContentTypeError) as caught:
            await one.rest("POST", ORDER, body=MARKET_ORDER)
        assert caught.value.status == 504
        assert await orders(one) == 1

    play(scene, Fault("lose_reply", path=ORDER, status=504))


def test_a_silent_server_keeps_the_connection_until_the_client_gives_up() -> None:
    async def scene(one: Client, _: Running) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(one.rest("GET", TOKEN), 0.2)
        assert await one.otp()

    play(scene, Fault("silence", path=TOKEN))


def test_a_reply_is_cut_in_the_middle_of_its_body() -> None:
    async def scene(one: Client, _: Running) -> None:
        with pytest.raises(aiohttp.ClientPayloadError):
            await one.rest("POST", ORDER, body=MARKET_ORDER)
        assert await orders(one) == 1

    play(scene, Fault("cut", path=ORDER))


def test_a_garbled_reply_has_a_right_status_and_a_body_of_noise() -> None:
    async def scene(one: Client, _: Running) -> None:
        with pytest.raises(UnicodeDecodeError):
            await one.rest("POST", ORDER, body=MARKET_ORDER)
        assert await orders(one) == 1

    play(scene, Fault("garble", path=ORDER))


def test_a_reply_is_delayed_once_the_order_is_taken() -> None:
    async def scene(one: Client, _: Running) -> None:
        began = asyncio.get_running_loop().time()
        await one.data("POST", ORDER, body=MARKET_ORDER)
        assert asyncio.get_running_loop().time() - began >= 0.2

    play(scene, Fault("delay", path=ORDER, seconds=0.2))


@pytest.mark.parametrize(
    ("method", "path", "query", "body"),
    [
        ("POST", ORDER, "", MARKET_ORDER),
        ("GET", TODAY, "symbol=700.HK", None),
        ("POST", "/quote/depth", "", {"symbol": "00700.HK"}),
        ("POST", "/quote/quotes", "", {"symbol": ["5.HK", "700.HK"]}),
    ],
)
def test_the_symbol_is_found_in_query_and_body(method: str, path: str, query: str, body: object) -> None:
    async def scene(one: Client, running: Running) -> None:
        assert await one.otp()
        status, _, _ = await one.rest(method, path, query=query, body=body)
        assert status == 503
        [happened] = running.faults.happened()
        assert "700.HK" in happened.what.symbols
        assert (happened.what.method, happened.what.path) == (method, path)

    play(scene, Fault("refuse", on="http", status=503, symbol="700.HK"))


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000, b'["700.HK"]', b'{"symbol": {"a": 1}}', b"x" * 5_000_000])
def test_a_body_that_names_no_symbol_is_answered_as_ever(body: bytes) -> None:
    async def scene(one: Client, running: Running) -> None:
        async with one.session.post(one.urls["http_url"] + ORDER, data=io.BytesIO(body)) as reply:
            assert reply.status in (403, 413)
        assert running.faults.happened() == []

    play(scene, Fault("drop", on="http", symbol="700.HK"))
