"""Another LongPort server: other habits than the simulator's, all of which the protocol allows. For tests.

Its bars are those of a simulated market, so that a test can say what is true; everything else is its own.
"""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from aiohttp import WSMsgType, web

from lpresearch.base.markets import MARKETS, Market
from lpresearch.base.model import Period, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.market.market import Market as SimulatedMarket
from lpresearch.wire.packets import Packet, PacketType, decode, encode
from lpresearch.wire.proto import control_pb2, error_pb2
from lpresearch.wire.proto import quote_pb2 as pb

DAY_S = 86_400
PERIODS = {period.minutes: period for period in Period if period.minutes} | {
    1000: Period.DAY, 2000: Period.WEEK, 3000: Period.MONTH, 3500: Period.QUARTER, 4000: Period.YEAR,
}  # fmt: skip
UNKNOWN_FIELD = b"\xf2\x3f\x03abc"  # number 1022, three bytes: from a later version of the protocol
RATE, BAD, SERVER, ACCESS, QUOTA = (3, 301606), (7, 301600), (7, 301602), (7, 301604), (7, 301607)


class No(Exception):
    """The server's refusal."""

    def __init__(self, kind: tuple[int, int], message: str) -> None:
        self.status, self.code = kind
        super().__init__(message)


@dataclass(frozen=True)
class Habits:
    """What this server does differently."""

    gzip: bool = False
    verify: bool = False
    unknown_fields: bool = False
    exclusive_anchors: bool = False
    newest_first: bool = False
    empty_turnover: bool = False
    hole_every: int = 0  # each so-manieth day has no bars
    slow_s: float = 0.0  # answers take up to so long, and overtake each other
    too_fast_share: float = 0.0  # share of requests refused as too fast
    no_calendar: bool = False  # commands 8 and 9 are refused
    refuses_unknown: bool = False  # a request with an unknown symbol is refused as a whole
    history_limit: int = 0  # told in the profile; 0 says nothing
    history_quota: int = 1000  # what it really allows
    tells_figures: bool = True  # a refusal for the quota names them
    newest_counts: bool = False  # command 19 counts in the quota as well
    page_refused: bool = False  # every request for history is too large
    cards: tuple[tuple[str, str], ...] = ()  # market and name of each quote card of the account
    no_access: frozenset[int] = frozenset()  # commands that the quote cards do not include
    heartbeats: bool = False  # asks by command 1
    forgets_sessions: bool = False


class OtherServer:
    """One account's quote side, and enough HTTP to get there."""

    def __init__(self, habits: Habits, now: float) -> None:
        self.habits = habits
        self.clock = ManualClock(now, "real")
        self.market = SimulatedMarket(11, self.clock)
        self.heard: list[int] = []
        self.counted: set[str] = set()
        self.cut_next = 0  # so many of the next requests are answered by hanging up
        self._random = random.Random(1)
        self._sessions: set[str] = set()

    def bars(self, symbol: str, period: Period, sessions: Sessions, start: float, end: float) -> list[pb.Candlestick]:
        """The truth about a span, with this server's holes."""
        found = []
        for at, open_, high, low, close, volume, turnover, session in self.market.bars(
            symbol, period, sessions, start, end
        ).T:
            if self.habits.hole_every and int(at) // DAY_S % self.habits.hole_every == 0:
                continue
            bar = pb.Candlestick(volume=int(volume), timestamp=int(at))
            bar.open, bar.high, bar.low, bar.close = (repr(float(price)) for price in (open_, high, low, close))
            bar.turnover = "" if self.habits.empty_turnover else repr(float(turnover))
            bar.trade_session = pb.TradeSession.Name(int(session))  # type: ignore[assignment] # a name is accepted
            found.append(bar)
        return found

    def answer(self, command: int, body: bytes) -> bytes:
        """The body of the answer to a pull."""
        answers: dict[int, Callable[[bytes], bytes]] = {
            4: self._profile, 6: _nothing, 7: _nothing, 8: self._sessions_today, 9: self._trading_days,
            10: self._static_info, 11: self._quotes, 19: self._newest, 27: self._history,
        }  # fmt: skip
        if command in self.habits.no_access:
            raise No(ACCESS, "no access")
        if command not in answers:
            raise No(BAD, "not here")
        return answers[command](body)

    def _profile(self, _: bytes) -> bytes:
        profile = pb.UserQuoteProfileResponse(history_candlestick_limit=self.habits.history_limit)
        if self.habits.history_limit:
            profile.member_id = 987_654_321_987
            profile.rate_limit.add(command=pb.QuerySecurityQuote, limit=5, burst=5)
        for market, name in self.habits.cards:
            profile.quote_level_detail.by_market_code[market].packages.add(key=name.lower(), name=name)
        return profile.SerializeToString()

    def _sessions_today(self, _: bytes) -> bytes:
        if self.habits.no_calendar:
            raise No(SERVER, "server error")
        told = pb.MarketTradePeriodResponse()
        for market, spans in {"HK": [(930, 1200), (1300, 1600)], "US": [(930, 1600)], "CN": [(930, 1130)]}.items():
            entry = told.market_trade_session.add(market=market)
            for begin, end in spans:
                entry.trade_session.add(beg_time=begin, end_time=end)
        return told.SerializeToString()

    def _trading_days(self, body: bytes) -> bytes:
        if self.habits.no_calendar:
            raise No(BAD, "no calendar")
        asked = pb.MarketTradeDayRequest.FromString(body)
        first, last = (datetime.strptime(day, "%Y%m%d").date() for day in (asked.beg_day, asked.end_day))
        full, half = self.market.trading_days(Market(asked.market), first, last)
        return pb.MarketTradeDayResponse(
            trade_day=[f"{day:%Y%m%d}" for day in full], half_trade_day=[f"{day:%Y%m%d}" for day in half]
        ).SerializeToString()

    def _static_info(self, body: bytes) -> bytes:
        told = pb.SecurityStaticInfoResponse()
        for symbol in pb.MultiSecurityRequest.FromString(body).symbol:
            if (listing := self.market.listing(symbol)) is not None:
                told.secu_static_info.add(symbol=symbol, name_en=listing.name_en, lot_size=listing.lot_size)
        return told.SerializeToString()

    def _quotes(self, body: bytes) -> bytes:
        asked = list(pb.MultiSecurityRequest.FromString(body).symbol)
        known = [symbol for symbol in asked if self.market.listing(symbol) is not None]
        if self.habits.refuses_unknown and len(known) < len(asked):
            raise No(BAD, "invalid symbol")
        told = pb.SecurityQuoteResponse()
        for symbol in self._random.sample(known, len(known)):
            quote = self.market.quote(symbol)
            told.secu_quote.add(symbol=symbol, last_done=str(quote.last_done), timestamp=quote.timestamp)
        return told.SerializeToString()

    def _newest(self, body: bytes) -> bytes:
        asked = pb.SecurityCandlestickRequest.FromString(body)
        period, sessions = PERIODS[asked.period], _sessions(asked.trade_session)
        reach = DAY_S * (60 + asked.count * period.minutes // 60 if period.minutes else 9000)
        self._known(asked.symbol)
        if self.habits.newest_counts:
            self._count(asked.symbol)
        now = self.clock.now()
        return self._told(asked.symbol, self.bars(asked.symbol, period, sessions, now - reach, now + 1)[-asked.count :])

    def _history(self, body: bytes) -> bytes:
        asked = pb.SecurityHistoryCandlestickRequest.FromString(body)
        self._known(asked.symbol)
        if self.habits.page_refused:
            raise No(QUOTA, "page too large, requested:900/limit:800")
        self._count(asked.symbol)
        return self._told(asked.symbol, self._page(asked))

    def _count(self, symbol: str) -> None:
        if symbol not in self.counted and len(self.counted) >= self.habits.history_quota:
            figures = f", requested:{len(self.counted)}/limit:{self.habits.history_quota}"
            raise No(QUOTA, "history candlestick symbol count out of limit" + figures * self.habits.tells_figures)
        self.counted.add(symbol)

    def _page(self, asked: pb.SecurityHistoryCandlestickRequest) -> list[pb.Candlestick]:
        zone = ZoneInfo(MARKETS[Symbol(asked.symbol).market].zone)
        series = asked.symbol, PERIODS[asked.period], _sessions(asked.trade_session)
        if asked.query_type == pb.QUERY_BY_DATE:
            dates = asked.date_request.start_date, asked.date_request.end_date
            first, last = (datetime.strptime(day, "%Y%m%d").replace(tzinfo=zone) for day in dates)
            return self.bars(*series, first.timestamp(), (last + timedelta(days=1)).timestamp())[-1000:]
        offset = asked.offset_request
        anchor = datetime.strptime(offset.date + (offset.minute or "0000"), "%Y%m%d%H%M").replace(tzinfo=zone)
        after = anchor.timestamp() + (1 if self.habits.exclusive_anchors else 0)
        return self.bars(*series, after, after + 30 * DAY_S)[: offset.count]

    def _told(self, symbol: str, bars: list[pb.Candlestick]) -> bytes:
        ordered = bars[::-1] if self.habits.newest_first else bars
        body = pb.SecurityCandlestickResponse(symbol=symbol, candlesticks=ordered).SerializeToString()
        return body + (UNKNOWN_FIELD if self.habits.unknown_fields else b"")

    def _known(self, symbol: str) -> None:
        if self.market.listing(symbol) is None:
            raise No(BAD, "symbol not found")

    async def http(self, request: web.Request) -> web.StreamResponse:
        """Upgrades, and the socket token."""
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._socket(request)
        data = {"otp": "once", "limit": 10, "online": 0, "more": {"a": 1}}
        return web.json_response({"code": 0, "message": "", "data": data, "server_time": 1})

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        answering: set[asyncio.Task[None]] = set()
        if self.habits.heartbeats:
            await socket.send_bytes(encode(Packet(PacketType.REQUEST, 1, b"", request_id=7, timeout_ms=1000)))
        async for message in socket:
            packet = decode(message.data) if message.type == WSMsgType.BINARY else None
            if packet is not None and packet.type is PacketType.REQUEST:
                answering.add(asyncio.create_task(self._reply(socket, packet)))
        return socket

    async def _reply(self, socket: web.WebSocketResponse, packet: Packet) -> None:
        status, body = self._outcome(packet)
        await asyncio.sleep(self._random.random() * self.habits.slow_s)
        if packet.command > 4 and self.cut_next:
            self.cut_next -= 1
            await socket.close()
            return
        nonce, signature = (b"n" * 8, b"s" * 16) if self.habits.verify else (b"", b"")
        answer = Packet(
            PacketType.RESPONSE,
            packet.command,
            body,
            request_id=packet.request_id,
            status=status,
            nonce=nonce,
            signature=signature,
        )
        await socket.send_bytes(encode(answer, compress=self.habits.gzip))

    def _outcome(self, packet: Packet) -> tuple[int, bytes]:
        expires = int((time.time() + DAY_S) * 1000)
        if packet.command == 2:
            self._sessions.add(name := f"session-{len(self._sessions)}")
            return 0, control_pb2.AuthResponse(session_id=name, expires=expires).SerializeToString()
        if packet.command == 3:
            asked = control_pb2.ReconnectRequest.FromString(packet.body).session_id
            if asked in self._sessions and not self.habits.forgets_sessions:
                return 0, control_pb2.ReconnectResponse(session_id=asked, expires=expires).SerializeToString()
            return 5, error_pb2.Error(code=401003, msg="no such session").SerializeToString()
        self.heard.append(packet.command)
        try:
            if self._random.random() < self.habits.too_fast_share:
                raise No(RATE, "request rate limit")
            return 0, self.answer(packet.command, packet.body)
        except No as no:
            return no.status, error_pb2.Error(code=no.code, msg=str(no)).SerializeToString()


def _nothing(_: bytes) -> bytes:
    """Subscriptions are taken; nothing is ever pushed."""
    return b""


def _sessions(number: int) -> Sessions:
    return Sessions.ALL if number == 100 else Sessions.REGULAR


@contextmanager
def other_server(habits: Habits, now: float) -> Iterator[tuple[OtherServer, int]]:
    """The server and its port, on a thread of its own for the time of a ``with`` block."""
    server = OtherServer(habits, now)
    started: Future[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", server.http)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        ended = asyncio.Event()
        started.set_result((runner.addresses[0][1], asyncio.get_running_loop(), ended))
        await ended.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    port, loop, ended = started.result(10)
    try:
        yield server, port
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()


def with_habits(*habits: Habits, ids: list[str] | None = None) -> pytest.MarkDecorator:
    """A test beside such a server (the fixture ``server``), once for each of the habits."""
    return pytest.mark.parametrize("server", habits, ids=ids, indirect=True)
