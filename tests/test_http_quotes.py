"""Quotes over signed HTTP requests: the bodies of the official SDK, the answers of the link, and no link opened."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping

import pytest

from lpresearch.base.errors import UsageError
from lpresearch.base.settings import resolve
from lpresearch.net.http import Http
from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sources.longport_transport import HttpPulls
from lpresearch.wire.http_pulls import BY_COMMAND
from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2 as pb
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
