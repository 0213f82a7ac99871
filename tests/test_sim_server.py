"""The simulated broker over real sockets: the way in, quote commands, pushes, pace, and what bad input gets."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import aiohttp
import pytest

from lpresearch.base.model import Period, Sessions
from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.wire.bars import decode_candlesticks
from lpresearch.wire.packets import Packet, PacketType, encode
from lpresearch.wire.proto import control_pb2
from lpresearch.wire.proto import quote_pb2 as pb
from tests.sim_client import Client, Refused, Wire, client

NOW = datetime(2026, 11, 18, 3, 30, tzinfo=UTC).timestamp()  # Wednesday 11:30 in Hong Kong
T = TypeVar("T")


def with_client(running: Running, work: Callable[[Client], Awaitable[T]]) -> T:
    """What ``work`` returns, given a client of a server."""

    async def main() -> T:
        async with client(running.urls) as one:
            return await work(one)

    return asyncio.run(main())


def with_link(running: Running, work: Callable[[Wire], Awaitable[T]]) -> T:
    """What ``work`` returns, given an authenticated quote link."""

    async def main(one: Client) -> T:
        async with one.link() as wire:
            return await work(wire)

    return with_client(running, main)


def unpaced() -> Limits:
    """Limits of size only."""
    return Limits.unpaced()


async def refusal(wire: Wire, command: int, request: object = None) -> tuple[int, int, str]:
    """Status, code and message of a refused request; raw bytes may stand for a message."""
    body = request if isinstance(request, bytes) else request.SerializeToString() if request is not None else b""  # type: ignore[attr-defined]  # a message
    with pytest.raises(Refused) as caught:
        await wire.answer(await wire.send(command, body))
    return caught.value.status, caught.value.code, caught.value.message


def test_a_link_opens_by_a_token_that_works_once() -> None:
    async def work(one: Client) -> None:
        data = await one.data("GET", "/v2/socket/token")
        assert (data["limit"], data["online"]) == (10, 0)
        otp = str(data["otp"])
        async with one.link(authenticated=False) as wire:
            answer = await wire.auth(otp)
            assert answer.session_id
            assert answer.expires / 1000 > time.time()
            assert (await one.data("GET", "/v1/socket/token"))["online"] == 1
        async with one.link(authenticated=False) as wire:
            assert await refusal(wire, 2, control_pb2.AuthRequest(token=otp)) == (5, 401003, "invalid token")
            assert (await wire.closed_with()).code == control_pb2.Close.AuthError

    with serve() as running:
        with_client(running, work)


def test_an_earlier_session_is_resumed_once_under_a_new_id() -> None:
    async def work(one: Client) -> None:
        async with one.link() as wire:
            first = wire.session_id
        async with one.link(authenticated=False) as wire:
            body = await wire.ask(3, control_pb2.ReconnectRequest(session_id=first))
            second = control_pb2.ReconnectResponse.FromString(body).session_id
            assert second not in ("", first)
            await wire.ask(4, pb.UserQuoteProfileRequest(language="en"))
        async with one.link(authenticated=False) as wire:
            request = control_pb2.ReconnectRequest(session_id=first)
            assert await refusal(wire, 3, request) == (5, 401003, "session expired")
            await wire.auth(await one.otp())  # the same socket may still come in by a token

    with serve() as running:
        with_client(running, work)


def test_nothing_is_answered_before_auth() -> None:
    async def work(one: Client) -> None:
        for kind, command in (("quote", 4), ("trade", 16)):
            async with one.link(kind, authenticated=False) as wire:
                assert (await refusal(wire, command))[:2] == (5, 401003)
                assert (await wire.closed_with()).code == control_pb2.Close.AuthError

    with serve() as running:
        with_client(running, work)


@pytest.mark.parametrize(
    "data", [b"", b"\x01", b"\x07\x04\x00", b"\x21\x04\x00\x00\x00\x01\x00\x00\x00\x00\x01x", "text"]
)
def test_bytes_that_are_no_packet_end_the_link(data: bytes | str) -> None:
    async def work(wire: Wire) -> None:
        await (wire.socket.send_str(data) if isinstance(data, str) else wire.socket.send_bytes(data))
        assert (await wire.closed_with()).code == control_pb2.Close.UnpackError

    with serve() as running:
        with_link(running, work)


def test_a_packet_that_is_no_request_ends_the_link() -> None:
    async def work(wire: Wire) -> None:
        await wire.socket.send_bytes(encode(Packet(PacketType.PUSH, 101)))
        assert (await wire.closed_with()).code == control_pb2.Close.UnpackError

    with serve() as running:
        with_link(running, work)


def test_a_heartbeat_is_echoed_and_a_gzip_request_understood() -> None:
    async def work(wire: Wire) -> None:
        assert await wire.answer(await wire.send(1, b"any")) == b"any"
        body = await wire.ask(10, pb.MultiSecurityRequest(symbol=["700.HK"]), compress=True)
        assert pb.SecurityStaticInfoResponse.FromString(body).secu_static_info[0].symbol == "700.HK"

    with serve() as running:
        with_link(running, work)


def test_the_profile_says_that_it_is_a_simulation_and_what_is_allowed() -> None:
    async def work(wire: Wire) -> pb.UserQuoteProfileResponse:
        return pb.UserQuoteProfileResponse.FromString(await wire.ask(4, pb.UserQuoteProfileRequest(language="en")))

    with serve(seed=11, history_quota=42) as running:
        profile = with_link(running, work)
    assert profile.quote_level == "SIMULATED seed-11"
    assert (profile.subscribe_limit, profile.history_candlestick_limit) == (500, 42)
    assert profile.member_id > 0
    assert (27, 10, 10) in [(int(rate.command), rate.limit, rate.burst) for rate in profile.rate_limit]


def test_quotes_depth_and_bars_are_those_of_the_market() -> None:
    async def work(wire: Wire) -> None:
        symbols = ["AAPL.US", "NOPE.US", "700.HK"]
        quotes = pb.SecurityQuoteResponse.FromString(await wire.ask(11, pb.MultiSecurityRequest(symbol=symbols)))
        assert [quote.symbol for quote in quotes.secu_quote] == ["AAPL.US", "700.HK"]
        for quote in quotes.secu_quote:
            now = running.market.quote(quote.symbol)
            assert (quote.last_done, quote.volume) == (str(now.last_done), now.volume)
        body = await wire.ask(14, pb.SecurityRequest(symbol="700.HK"))
        depth = pb.SecurityDepthResponse.FromString(body)
        asks, bids = running.market.depth("700.HK")
        assert [level.price for level in depth.ask] == [str(level.price) for level in asks]
        assert [level.volume for level in depth.bid] == [level.volume for level in bids]
        request = pb.SecurityCandlestickRequest(symbol="700.HK", period=pb.FIVE_MINUTE, count=50)
        bars = decode_candlesticks(await wire.ask(19, request))
        expected = running.market.bars("700.HK", Period.MIN_5, Sessions.REGULAR, 0, NOW + 1, limit=50)
        assert bars.tolist() == expected.tolist()

    with serve(clock=ManualClock(NOW), limits=unpaced()) as running:
        with_link(running, work)


def history(symbol: str, start: str = "", end: str = "", period: int = 1000) -> pb.SecurityHistoryCandlestickRequest:
    """A request of command 27 by date."""
    return pb.SecurityHistoryCandlestickRequest(
        symbol=symbol,
        period=pb.Period.Name(period),
        query_type=pb.QUERY_BY_DATE,
        date_request=pb.SecurityHistoryCandlestickRequest.DateQuery(start_date=start, end_date=end),
    )


@pytest.mark.parametrize(
    ("start", "end", "first_day", "last_day", "count"),
    [
        ("20261102", "20261113", "20261102", "20261113", 10),  # two weeks without a holiday
        ("20100104", "", "20100104", None, 1000),  # nearest the start
        ("20100104", "20261113", None, "20261113", 1000),  # nearest the end
        ("", "20261113", None, "20261113", 1000),
        ("", "", None, "20261118", 1000),
    ],
)
def test_history_by_date_has_the_bars_that_the_rules_name(
    start: str, end: str, first_day: str | None, last_day: str | None, count: int
) -> None:
    async def work(wire: Wire) -> None:
        bars = decode_candlesticks(await wire.ask(27, history("700.HK", start, end)))
        days = [datetime.fromtimestamp(stamp + 8 * 3600, UTC) for stamp in bars[0]]
        assert bars.shape == (8, count)
        assert days == sorted(days)
        assert {day.time().isoformat() for day in days} == {"00:00:00"}
        assert first_day is None or f"{days[0]:%Y%m%d}" == first_day
        assert last_day is None or f"{days[-1]:%Y%m%d}" == last_day
        within = running.market.bars("700.HK", Period.DAY, Sessions.REGULAR, bars[0, 0], bars[0, -1] + 1)
        assert bars.tolist() == within.tolist()

    with serve(clock=ManualClock(NOW), limits=unpaced()) as running:
        with_link(running, work)


def test_history_counts_distinct_symbols_and_the_latest_bars_cost_nothing() -> None:
    async def work(wire: Wire) -> None:
        for symbol in ("700.HK", "AAPL.US", "700.HK"):
            await wire.ask(27, history(symbol, "20261102", "20261113"))
        assert await refusal(wire, 27, history("NOPE.US", "20261102")) == (7, 301600, "symbol not found: 'NOPE.US'")
        assert (await refusal(wire, 27, history("9988.HK", "2026")))[:2] == (7, 301600)
        assert await refusal(wire, 27, history("9988.HK")) == (
            7,
            301607,
            "history kline symbol count out of limit, requested:3/limit:2",
        )
        await wire.ask(19, pb.SecurityCandlestickRequest(symbol="9988.HK", period=pb.DAY, count=1000))

    with serve(clock=ManualClock(NOW), limits=unpaced(), history_quota=2) as running:
        with_link(running, work)


def test_bars_of_ones_own_come_back_unchanged_from_before_the_documented_reach(tmp_path: Path) -> None:
    rows = ["2000-03-01,118.56,132.06,118.5,130.31,38478000", "2000-03-02,0.00001,127.94,0.00001,122.1,11136800"]
    (tmp_path / "XYZ.US.csv").write_text("timestamp,open,high,low,close,volume\n" + "\n".join(rows) + "\n")

    async def work(wire: Wire) -> None:
        body = await wire.ask(27, history("XYZ.US", "20000301", "20000302"))
        found = pb.SecurityCandlestickResponse.FromString(body).candlesticks
        assert [
            f"2000-03-0{number},{bar.open},{bar.high},{bar.low},{bar.close},{bar.volume}"
            for number, bar in enumerate(found, start=1)
        ] == rows
        assert [bar.timestamp for bar in found] == [951886800, 951973200]  # midnights in New York, -05:00
        assert [bar.turnover for bar in found] == ["", ""]

    with serve(bars=tmp_path) as running:
        with_link(running, work)
        assert running.market.mark.startswith("seed-40-bars-")


def test_trading_days_and_sessions_are_told_within_the_documented_bounds() -> None:
    async def days(wire: Wire, market: str, first: str, last: str) -> pb.MarketTradeDayResponse:
        request = pb.MarketTradeDayRequest(market=market, beg_day=first, end_day=last)
        return pb.MarketTradeDayResponse.FromString(await wire.ask(9, request))

    async def work(wire: Wire) -> None:
        found = await days(wire, "US", "20251222", "20251231")
        assert list(found.trade_day) == ["20251222", "20251223", "20251226", "20251229", "20251230", "20251231"]
        assert list(found.half_trade_day) == ["20251224"]
        for request in (
            pb.MarketTradeDayRequest(market="US", beg_day="20260101", end_day="20260202"),
            pb.MarketTradeDayRequest(market="US", beg_day="20251101", end_day="20251110"),
            pb.MarketTradeDayRequest(market="US", beg_day="20260110", end_day="20260101"),
            pb.MarketTradeDayRequest(market="JP", beg_day="20260101", end_day="20260110"),
        ):
            assert (await refusal(wire, 9, request))[:2] == (7, 301600)
        sessions = pb.MarketTradePeriodResponse.FromString(await wire.ask(8)).market_trade_session
        assert [market.market for market in sessions] == ["HK", "US", "CN", "SG"]
        spans = [(span.beg_time, span.end_time, span.trade_session) for span in sessions[0].trade_session]
        assert spans == [(930, 1200, 0), (1300, 1600, 0)]

    with serve(clock=ManualClock(NOW, "real"), limits=unpaced()) as running:
        with_link(running, work)


def test_bad_requests_are_refused_by_the_codes_of_the_document() -> None:
    async def work(wire: Wire) -> None:
        assert await refusal(wire, 11, b"\xff\xff") == (
            3,
            301600,
            "invalid request: the body is not a MultiSecurityRequest",
        )
        assert await refusal(wire, 99) == (3, 301600, "command 99 is not supported")
        assert await refusal(wire, 14, pb.SecurityRequest(symbol="NOPE.US")) == (
            7,
            301600,
            "symbol not found: 'NOPE.US'",
        )
        many = pb.MultiSecurityRequest(symbol=[f"{number}.HK" for number in range(1, 502)])
        assert (await refusal(wire, 10, many))[:2] == (7, 301607)
        assert (await refusal(wire, 6, pb.SubscribeRequest(symbol=["NOPE.US"], sub_type=[pb.QUOTE])))[0] == 7
        assert (await refusal(wire, 6, pb.SubscribeRequest(symbol=["700.HK"])))[:2] == (3, 301600)

    with serve(limits=unpaced()) as running:
        with_link(running, work)


def test_a_subscriber_gets_a_snapshot_and_then_only_what_changes() -> None:
    clock = ManualClock(NOW)

    async def work(wire: Wire) -> None:
        request = pb.SubscribeRequest(symbol=["00700.HK"], sub_type=[pb.QUOTE, pb.DEPTH], is_first_push=True)
        answer = pb.SubscriptionResponse.FromString(await wire.ask(6, request))
        assert [(item.symbol, list(item.sub_type)) for item in answer.sub_list] == [("700.HK", [1, 2])]
        assert pb.SubscriptionResponse.FromString(await wire.ask(5)) == answer
        first, second = await wire.push(), await wire.push()
        assert (first.command, second.command) == (101, 102)
        quote, depth = pb.PushQuote.FromString(first.body), pb.PushDepth.FromString(second.body)
        assert quote.last_done == str(running.market.quote("700.HK").last_done)
        assert len(depth.ask) == len(depth.bid) == 10
        while True:  # the clock stands still but for us: every push is one of our changes
            clock.advance(60)
            changed = await wire.push()
            if changed.command == 101:
                break
        later = pb.PushQuote.FromString(changed.body)
        assert later.sequence > quote.sequence
        assert later.volume == quote.volume + later.current_volume

    with serve(clock=clock) as running:
        with_link(running, work)


def test_unsubscribing_ends_what_was_watched() -> None:
    async def work(wire: Wire) -> None:
        async def watched() -> dict[str, list[int]]:
            answer = pb.SubscriptionResponse.FromString(await wire.ask(5))
            return {item.symbol: list(item.sub_type) for item in answer.sub_list}

        await wire.ask(6, pb.SubscribeRequest(symbol=["700.HK", "AAPL.US", "5.HK"], sub_type=[pb.QUOTE, pb.TRADE]))
        await wire.ask(7, pb.UnsubscribeRequest(symbol=["700.HK"], sub_type=[pb.QUOTE]))
        assert await watched() == {"700.HK": [4], "AAPL.US": [1, 4], "5.HK": [1, 4]}
        await wire.ask(7, pb.UnsubscribeRequest(symbol=["AAPL.US"], unsub_all=True))
        assert await watched() == {"700.HK": [4], "5.HK": [1, 4]}
        await wire.ask(7, pb.UnsubscribeRequest(unsub_all=True))
        assert await watched() == {}

    with serve() as running:
        with_link(running, work)


def test_more_symbols_than_allowed_are_not_watched() -> None:
    async def work(wire: Wire) -> None:
        await wire.ask(6, pb.SubscribeRequest(symbol=["700.HK", "5.HK"], sub_type=[pb.QUOTE]))
        request = pb.SubscribeRequest(symbol=["AAPL.US"], sub_type=[pb.QUOTE])
        assert (await refusal(wire, 6, request))[:2] == (7, 301605)
        await wire.ask(6, pb.SubscribeRequest(symbol=["5.HK"], sub_type=[pb.DEPTH]))  # counted by symbol

    with serve(limits=Limits(subscriptions=2)) as running:
        with_link(running, work)


def test_pulls_that_come_too_fast_are_refused_and_subscriptions_are_no_pulls() -> None:
    async def work(wire: Wire) -> None:
        await wire.ask(8)
        assert (await refusal(wire, 8))[:2] == (3, 301606)
        await wire.ask(5)

    with serve(limits=Limits(pulls_per_s=0.95)) as running:
        with_link(running, work)


def test_more_pulls_at_once_than_allowed_are_refused() -> None:
    async def work(wire: Wire) -> None:
        slow = [await wire.send(8) for _ in range(5)]
        assert (await refusal(wire, 8))[:2] == (3, 301606)
        for request_id in slow:
            await wire.answer(request_id)
        await wire.ask(8)

    with serve(limits=Limits(pulls_per_s=None, answer_delay_s=0.8)) as running:
        with_link(running, work)


def test_history_calls_have_a_window_of_their_own() -> None:
    async def work(wire: Wire) -> None:
        for _ in range(3):
            await wire.ask(27, history("700.HK", "20261102", "20261113"))
        assert (await refusal(wire, 27, history("700.HK", "20261102", "20261113")))[:2] == (3, 301606)
        await wire.ask(8)

    with serve(limits=Limits(pulls_per_s=None, history_calls=3)) as running:
        with_link(running, work)


def test_no_more_links_open_than_allowed() -> None:
    async def work(one: Client) -> None:
        async with one.link(), one.link(authenticated=False) as second:
            data = await one.data("GET", "/v1/socket/token")
            assert (data["limit"], data["online"]) == (1, 1)
            request = control_pb2.AuthRequest(token=str(data["otp"]))
            assert await refusal(second, 2, request) == (5, 401003, "connections limitation is hit")
        async with asyncio.timeout(10):  # the place is free once the first link has ended
            while (await one.data("GET", "/v1/socket/token"))["online"]:
                pass
        async with one.link():
            pass

    with serve(limits=Limits(connections=1)) as running:
        with_client(running, work)


def test_a_client_that_does_not_read_is_let_go_and_the_others_are_served(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lpresearch.sim.server.links.MOST_WAITING", 0)  # one push is one too many
    clock = ManualClock(NOW)

    async def work(one: Client) -> None:
        async with one.link() as deaf, one.link() as other:
            await deaf.ask(6, pb.SubscribeRequest(symbol=["700.HK"], sub_type=[pb.QUOTE]))
            await asyncio.gather(ended(deaf), passing_time(deaf))
            await other.ask(8)

    async def ended(wire: Wire) -> None:
        while (await wire.socket.receive(10)).type is aiohttp.WSMsgType.BINARY:
            pass

    async def passing_time(wire: Wire) -> None:
        while not wire.socket.closed:
            clock.advance(60)
            await asyncio.sleep(0.05)

    with serve(clock=clock) as running:
        with_client(running, work)


def test_the_end_of_the_server_is_told_and_leaves_no_thread() -> None:
    before = set(threading.enumerate())

    async def work(wire: Wire) -> None:
        closing = asyncio.get_running_loop().run_in_executor(None, running.close)
        assert (await wire.closed_with()).code == control_pb2.Close.ServerShutdown
        await closing

    with serve() as running:
        with_link(running, work)
    assert not {thread.name for thread in set(threading.enumerate()) - before} & {"lpresearch-sim"}


def test_a_taken_port_is_an_error_of_the_caller() -> None:
    with serve() as running:
        port = int(running.urls["http_url"].rpartition(":")[2])
        with pytest.raises(OSError, match="address already in use"), serve(port=port):
            pass


def test_a_simulator_without_memory_is_a_new_account_at_each_start() -> None:
    """Clients keep quota and orders by the account's number; those of an earlier run must not count."""

    async def number(wire: Wire) -> int:
        return pb.UserQuoteProfileResponse.FromString(await wire.ask(4)).member_id

    with serve() as first, serve() as second:
        numbers = {with_link(first, number), with_link(second, number)}
    assert len(numbers) == 2
    assert all(10_000_000 <= one < 100_000_000 for one in numbers)
