"""Quotes over signed HTTP requests: the bodies of the official SDK, the answers of the link, and no link opened."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import date

import pandas as pd
import pytest
from aiohttp import web

import lpresearch as lp
from lpresearch.base.errors import LinkError, UsageError, WireError
from lpresearch.base.model import Adjust, DatePage, Period, Sessions
from lpresearch.base.settings import resolve
from lpresearch.base.symbols import Symbol
from lpresearch.net.http import Http
from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sources.longport_transport import HttpPulls
from lpresearch.wire.http_pulls import BY_COMMAND
from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2 as pb
from tests.fake_server import FakeServer, envelope
from tests.sim_client import Client
from tests.test_sim_rest import NOW, with_client

HISTORY = pb.SecurityHistoryCandlestickRequest
FILTER = pb.FilterConfig(sort_order=1, type=[0], price_type=[1], status=[4])
DAYS = HISTORY.DateQuery(start_date="20261102", end_date="20261106")
FIVE = HISTORY.OffsetQuery(date="20261102", minute="1000", count=5)

#: Requests, and their bodies as ``longbridge`` 5.3.0 sent them for the same calls; recorded by the simulator.
SENT_BY_THE_SDK: tuple[tuple[int, Message | None, str], ...] = (
    (8, None, "{}"),
    (
        9,
        pb.MarketTradeDayRequest(market="US", beg_day="20261102", end_day="20261120"),
        '{"beg_day":"20261102","end_day":"20261120","market":"US"}',
    ),
    (10, pb.MultiSecurityRequest(symbol=["700.HK"]), '{"symbol":["700.HK"]}'),
    (11, pb.MultiSecurityRequest(symbol=["700.HK", "AAPL.US"]), '{"symbol":["700.HK","AAPL.US"]}'),
    (13, pb.MultiSecurityRequest(symbol=["13799.HK"]), '{"symbol":["13799.HK"]}'),
    (14, pb.SecurityRequest(symbol="700.HK"), '{"symbol":"700.HK"}'),
    (15, pb.SecurityRequest(symbol="700.HK"), '{"symbol":"700.HK"}'),
    (16, None, "{}"),
    (17, pb.SecurityTradeRequest(symbol="700.HK", count=5), '{"count":5,"symbol":"700.HK"}'),
    (18, pb.SecurityIntradayRequest(symbol="700.HK"), '{"symbol":"700.HK","trade_session":0}'),
    (
        19,
        pb.SecurityCandlestickRequest(
            symbol="AAPL.US", period=pb.FIVE_MINUTE, count=7, adjust_type=pb.FORWARD_ADJUST, trade_session=100
        ),
        '{"adjust_type":1,"count":7,"period":5,"symbol":"AAPL.US","trade_session":100}',
    ),
    (20, pb.SecurityRequest(symbol="AAPL.US"), '{"symbol":"AAPL.US"}'),
    (
        21,
        pb.OptionChainDateStrikeInfoRequest(symbol="AAPL.US", expiry_date="20261127"),
        '{"symbol":"AAPL.US","expiry_date":"20261127"}',
    ),
    (22, None, "{}"),
    (
        23,
        pb.WarrantFilterListRequest(symbol="700.HK", filter_config=FILTER, language=1),
        '{"filter_config":{"expiry_date":[],"issuer":[],"price_type":[1],"sort_by":0,"sort_count":0,"sort_offset":0,'
        '"sort_order":1,"status":[4],"type":[0]},"language":1,"symbol":"700.HK"}',
    ),
    (24, pb.CapitalFlowIntradayRequest(symbol="700.HK"), '{"symbol":"700.HK"}'),
    (25, pb.SecurityRequest(symbol="700.HK"), '{"symbol":"700.HK"}'),
    (
        26,
        pb.SecurityCalcQuoteRequest(symbols=["700.HK"], calc_index=[pb.CALCINDEX_LAST_DONE, pb.CALCINDEX_CHANGE_RATE]),
        '{"calc_index":[1,3],"symbols":["700.HK"]}',
    ),
    (
        27,
        HISTORY(symbol="700.HK", period=pb.DAY, query_type=pb.QUERY_BY_DATE, date_request=DAYS),
        '{"adjust_type":0,"date_request":{"end_date":"20261106","start_date":"20261102"},"period":1000,"query_type":2,'
        '"symbol":"700.HK","trade_session":0}',
    ),
    (
        27,
        HISTORY(symbol="700.HK", period=pb.DAY, query_type=pb.QUERY_BY_OFFSET, offset_request=FIVE),
        '{"adjust_type":0,"offset_request":{"count":5,"date":"20261102","direction":0,"minute":"1000"},"period":1000,'
        '"query_type":1,"symbol":"700.HK","trade_session":0}',
    ),
)


@pytest.fixture(scope="module")
def still() -> Iterator[Running]:
    """A server whose clock stands still, without pace."""
    with serve(clock=ManualClock(NOW), limits=Limits.unpaced()) as running:
        yield running


def pull(variables: Mapping[str, str], command: int, body: bytes) -> bytes:
    """The body of the answer over HTTP."""

    async def work() -> bytes:
        settings = resolve(variables)
        assert settings
        http = Http(settings)
        try:
            return await HttpPulls(http).request(command, body, timeout_s=10)
        finally:
            await http.close()

    return asyncio.run(work())


@pytest.mark.parametrize(("command", "request_", "sent"), SENT_BY_THE_SDK)
def test_a_pull_sends_what_the_official_sdk_sends_and_gives_what_the_link_gives(
    still: Running, command: int, request_: Message | None, sent: str
) -> None:
    body = request_.SerializeToString() if request_ is not None else b""
    answer = pull(still.environment(), command, body)
    asked = still.recorded[-1]
    assert (asked.kind, asked.method, asked.body.decode()) == ("http", "POST", sent)

    async def over_the_link(one: Client) -> None:
        async with one.link() as wire:
            kind = BY_COMMAND[command].answer if command in BY_COMMAND else pb.OptionChainDateStrikeInfoResponse
            assert kind.FromString(answer) == kind.FromString(await wire.ask(command, request_))
            assert answer or command == 23  # the filter finds none, there and here

    with_client(still, over_the_link)


def test_what_only_a_link_knows_is_not_asked(still: Running) -> None:
    with pytest.raises(UsageError, match="Command 6 needs a link"):
        pull(still.environment(), 6, b"")


# ------------------------------------------------------------------ bad luck

Scene = Callable[[FakeServer, HttpPulls], Awaitable[None]]
DEPTH = pb.SecurityRequest(symbol="700.HK").SerializeToString()


def run(scene: Scene, **changes: float) -> None:
    async def whole() -> None:
        async with FakeServer() as server:
            http = Http(server.settings())
            try:
                await scene(server, HttpPulls(http, **changes))
            finally:
                await http.close()

    asyncio.run(whole())


async def depth(request: web.Request) -> web.StreamResponse:
    return envelope({"symbol": "700.HK"})


async def asked_depth(pulls: HttpPulls) -> str:
    return pb.SecurityDepthResponse.FromString(await pulls.request(14, DEPTH, timeout_s=20)).symbol


def test_a_pull_that_equals_the_one_before_is_signed_anew_with_another_second() -> None:
    async def scene(server: FakeServer, pulls: HttpPulls) -> None:
        async def first_refuse(request: web.Request) -> web.StreamResponse:
            server.http = depth
            return envelope(None, code=403202, message="duplicate request", status=403)

        server.http = first_refuse
        assert await asked_depth(pulls) == "700.HK"
        first, second = (request.headers["X-Timestamp"] for request in server.requests)
        assert int(second) > int(first)

    run(scene)


def test_a_server_that_never_answered_is_not_waited_for() -> None:
    async def scene(server: FakeServer, pulls: HttpPulls) -> None:
        await server.stop()
        with pytest.raises(LinkError, match="cannot connect"):
            await asked_depth(pulls)

    run(scene, outage_s=1000.0)


def test_a_short_outage_is_ridden_out() -> None:
    async def scene(server: FakeServer, pulls: HttpPulls) -> None:
        server.http = depth
        await asked_depth(pulls)
        await server.stop()
        asked = asyncio.create_task(asked_depth(pulls))
        await asyncio.wait([asked], timeout=0.05)  # it has found nobody there
        await server.start()
        assert await asked == "700.HK"

    run(scene)


def test_a_server_that_stays_away_is_named_at_once() -> None:
    async def scene(server: FakeServer, pulls: HttpPulls) -> None:
        server.http = depth
        await asked_depth(pulls)
        await server.stop()
        with pytest.raises(LinkError, match="cannot connect"):
            await asked_depth(pulls)

    run(scene, outage_s=0.0)


@pytest.mark.parametrize("answer", [None, {}, {"list": [{"symbol": "X"}]}, {"list": "none"}])
def test_a_chain_that_is_none_is_a_wire_error(answer: object) -> None:
    async def scene(server: FakeServer, pulls: HttpPulls) -> None:
        async def say(request: web.Request) -> web.StreamResponse:
            return envelope(answer)

        server.http = say
        body = pb.OptionChainDateStrikeInfoRequest(symbol="KO.US", expiry_date="20261127").SerializeToString()
        with pytest.raises(WireError, match="strikes"):
            await pulls.request(21, body, timeout_s=10)

    run(scene)


# ------------------------------------------------------------------ the public functions


def test_every_function_works_over_http_and_no_link_is_opened(broker: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LONGBRIDGE_QUOTE_TRANSPORT", "http")
    over_http = everything()
    assert not [request for request in broker.recorded if request.kind == "ws" or "socket" in request.path]
    assert lp.quota().used == 1
    lp.disconnect()
    monkeypatch.delenv("LONGBRIDGE_QUOTE_TRANSPORT")
    over_the_link = everything()
    assert [request for request in broker.recorded if request.kind == "ws"]
    for one, other in zip(over_http, over_the_link, strict=True):
        pd.testing.assert_frame_equal(one, other)


def everything() -> list[pd.DataFrame]:
    """What some functions return."""
    return [
        lp.quote(["700.HK", "AAPL.US"]),
        lp.static_info("700.HK"),
        lp.depth("700.HK"),
        lp.candles("700.HK", count=50, refresh=True),
        lp.candles("700.HK", "5m", start="2025-01-02", end="2025-01-03", refresh=True),
        lp.candles("700.HK", start="2012-01-03", end="2012-03-30", refresh=True),
    ]


@pytest.mark.usefixtures("broker")
def test_an_unknown_symbol_and_a_spent_quota_are_told_as_on_the_link() -> None:
    lp.connect(quote_transport="http")
    with pytest.raises(lp.SymbolError, match=r"NOPE\.US"):
        lp.quote(["700.HK", "NOPE.US"])
    for symbol in ("700.HK", "5.HK", "AAPL.US"):
        lp.candles(symbol, start="2012-01-03", end="2012-01-30")
    session = lp.session()
    page = DatePage(date(2012, 1, 3), date(2012, 1, 30))
    with pytest.raises(lp.ServerRejected) as caught:  # below the ledger, which would not ask
        session.io(
            session.source.history_bars(Symbol("9988.HK"), Period.DAY, Adjust.NONE, Sessions.REGULAR, page)
        ).block()
    assert caught.value.code == 301607
    assert session.quota_refusal(caught.value) is not None


def test_over_http_a_stream_opens_a_link_and_pulls_stay_where_they_are(
    broker: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LONGBRIDGE_QUOTE_TRANSPORT", "http")
    with lp.stream("700.HK"):
        lp.depth("700.HK")
    commands = [request.command for request in broker.recorded if request.kind == "ws"]
    assert commands[:3] == [2, 4, 6]
    assert 14 not in commands


def test_an_unknown_transport_is_an_error_that_names_both(monkeypatch: pytest.MonkeyPatch, broker: Running) -> None:
    monkeypatch.setenv("LONGBRIDGE_QUOTE_TRANSPORT", "tcp")
    with pytest.raises(lp.ConfigError, match=r"QUOTE_TRANSPORT='tcp': it is one of ws, http\."):
        lp.connect()
    assert not broker.recorded
