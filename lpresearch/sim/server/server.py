"""The simulated broker on one port: HTTP and both sockets, the pushes, and the exchange's clockwork. Holds no rules."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Protocol

from aiohttp import web

from lpresearch.base.errors import StoreError
from lpresearch.sim.exchange.statements import Statements
from lpresearch.sim.faults.faults import Faults
from lpresearch.sim.faults.http_faults import HttpFaults
from lpresearch.sim.faults.link_faults import LinkFaults
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.credentials import Credentials
from lpresearch.sim.server.desks import QuoteDesk, TradeDesk
from lpresearch.sim.server.door import Door, Keys
from lpresearch.sim.server.history_rules import HistoryQuota
from lpresearch.sim.server.http_api import MARK_HEADER, HttpApi, TradeRoutes
from lpresearch.sim.server.limits import AddressMeter, Limits, PullMeter, TradeMeter
from lpresearch.sim.server.links import CLOSE_WAIT_S, Link, LinkKind
from lpresearch.sim.server.pulls import QuotePulls
from lpresearch.sim.server.pushes import QuotePushes
from lpresearch.sim.server.quote_commands import QuoteCommands
from lpresearch.sim.server.quote_http import HttpQuotes
from lpresearch.sim.server.recorder import Recorded
from lpresearch.sim.server.reference import Reference
from lpresearch.sim.server.statement_files import StatementFiles
from lpresearch.sim.server.timeline import STEP_EVERY_S, Timeline
from lpresearch.sim.server.traffic import Served, Traffic
from lpresearch.sim.server.watchlist import Watchlist
from lpresearch.wire.proto import control_pb2

log = logging.getLogger("lpresearch.sim")

FIRST_MEMBER_ID = 10_000_000  # numbers have eight digits
MAX_BODY_BYTES = 4 * 1024 * 1024


class TradeSide(TradeRoutes, Protocol):
    """The trade API as the server uses it."""

    @property
    def order_count(self) -> int: ...

    def on_order_change(self, callback: Callable[[dict[str, str]], None]) -> None: ...


class Memory(Protocol):
    """What keeps the account over restarts."""

    def save(self) -> None:
        """Write what changed."""
        ...

    def close(self) -> None:
        """Write what changed, and let go."""
        ...


@dataclass(frozen=True)
class Urls:
    """Where a server is reached."""

    http_url: str
    quote_ws_url: str
    trade_ws_url: str

    def as_dict(self) -> dict[str, str]:
        """The three by their names."""
        return {"http_url": self.http_url, "quote_ws_url": self.quote_ws_url, "trade_ws_url": self.trade_ws_url}


class Server:
    """A LongPort server. ``start`` and ``stop`` belong to one event loop.

    Parameters
    ----------
    market, clock : where quotes and bars come from, and what time it is there.
    trade, timeline, statements : the REST side of orders and assets, how time passes for them, and the account's
        statements.
    keys : the credentials it accepts.
    limits : pace and sizes.
    history_quota : distinct symbols of command 27 in a calendar month, or what tells them.
    member_id : the account's number; a new one where None, because an account without memory is a new one, and clients
        keep quota and orders by this number.
    on_request : told everything that clients send, before it is answered.
    memory : asked to save after each request, before its answer leaves, and after each step of the exchange.
    faults : what is to go wrong; None for nothing, ever.
    pushes : what pushes quotes; None for the market's own.
    """

    def __init__(
        self,
        market: Market,
        clock: Clock,
        trade: TradeSide,
        timeline: Timeline,
        statements: Statements,
        *,
        keys: Keys | None = None,
        limits: Limits | None = None,
        history_quota: int | Callable[[], int] = 100,
        member_id: int | None = None,
        on_request: Callable[[Recorded], None] | None = None,
        memory: Memory | None = None,
        faults: Faults | None = None,
        pushes: QuotePushes | None = None,
    ) -> None:
        limits = limits or Limits()
        self.market = market
        self.door = Door(limits, time.time)
        self.connection_limit = limits.connections
        self._ping_every_s = limits.ping_every_s
        self.traffic = Traffic()
        self._trade = trade
        self.timeline = timeline
        self._on_request = on_request
        self._links: set[Link] = set()
        self._pushes = pushes or QuotePushes(market, limits, time.monotonic)
        self._memory = memory
        self.faults = faults
        number = member_id or new_member_id()
        self.quota = HistoryQuota(history_quota, on_count=self._save)
        commands = QuoteCommands(market, clock, limits, self.quota, member_id=number)
        pulls = QuotePulls(commands, PullMeter(limits, time.monotonic), limits)
        self._quote_desk = QuoteDesk(pulls, self._pushes)
        self._trade_desk = TradeDesk()
        trade.on_order_change(self._trade_desk.notify)
        self.credentials = Credentials(keys or Keys(), limits, member_id=number, now=time.time)
        self.watchlist = Watchlist(market, clock.now)
        http = HttpApi(
            self.credentials,
            trade,
            HttpQuotes(pulls, clock.now),
            StatementFiles(statements),
            {**self.watchlist.endpoints, **Reference(market).endpoints},
            house=self,
            meters=(AddressMeter(limits, time.monotonic), TradeMeter(limits, time.monotonic)),
            mark=market.mark,
            market_now=clock.now,
            on_request=on_request,
            save=self._save,
        )
        self._http = HttpFaults(http, faults) if faults is not None else http
        self._clockwork: list[asyncio.Task[None]] = []
        self._runner: web.AppRunner | None = None

    def online(self) -> int:
        """Authenticated links."""
        return sum(link.session is not None for link in self._links)

    def served(self) -> Served:
        """What is served at this moment."""
        return Served(
            clients=self.online(),
            subscriptions=self._pushes.symbol_count,
            orders=self._trade.order_count,
            **asdict(self.traffic),
        )

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> Urls:
        """Listen; returns where.

        Raises
        ------
        OSError : the port is taken, or the host is not one of this machine.
        """
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=CLOSE_WAIT_S)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        for work, name in ((self._pushes.run(), "pushes"), (self._step(), "exchange")):
            task = asyncio.create_task(work, name=name)
            task.add_done_callback(_report)
            self._clockwork.append(task)
        address, bound_port = self._runner.addresses[0][:2]
        place = f"[{address}]:{bound_port}" if ":" in address else f"{address}:{bound_port}"
        return Urls(f"http://{place}", f"ws://{place}/quote", f"ws://{place}/trade")

    async def stop(self) -> None:
        """Tell every link, then end all that was started."""
        for link in list(self._links):
            link.close(control_pb2.Close.ServerShutdown, "server shutdown")
        for task in self._clockwork:
            task.cancel()
        await asyncio.gather(*self._clockwork, return_exceptions=True)
        await self._quote_desk.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._memory is not None:
            self._memory.close()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._serve_link(request)
        self.traffic.calls += 1
        return await self._http.answer(request)

    async def _serve_link(self, request: web.Request) -> web.StreamResponse:
        kind: LinkKind = "trade" if "trade" in request.path else "quote"
        socket = web.WebSocketResponse(compress=False, timeout=CLOSE_WAIT_S, max_msg_size=32 * 1024 * 1024)
        socket.headers[MARK_HEADER] = self.market.mark
        await socket.prepare(request)
        assert request.transport is not None  # it was just upgraded
        path, _, query = request.raw_path.partition("?")
        headers: Mapping[str, str] = {name.lower(): value for name, value in request.headers.items()}
        link = Link(
            kind,
            socket,
            house=self,
            desk=self._quote_desk if kind == "quote" else self._trade_desk,
            upgrade=(path, query, headers),
            on_request=self._on_request,
            abort=request.transport.abort,
            ping_every_s=self._ping_every_s,
        )
        if self.faults is not None:
            link.go_through(LinkFaults(kind, socket, self.faults, request.transport, expire=link.expire))
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)
        return socket

    async def _step(self) -> None:
        """Let resting orders look at the market; with none of them that costs nothing."""
        told = ""  # what keeps the disk from being written to is said once
        while True:
            await asyncio.sleep(STEP_EVERY_S)
            await self.timeline.catch_up()
            try:
                self._save()
            except StoreError as exc:
                if str(exc) != told:
                    log.error("%s", told := str(exc))

    def _save(self) -> None:
        if self._memory is not None:
            self._memory.save()


def new_member_id() -> int:
    """The number of a new account."""
    return FIRST_MEMBER_ID + secrets.randbelow(FIRST_MEMBER_ID)


def _report(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s ended: %r", task.get_name(), error, exc_info=error)
