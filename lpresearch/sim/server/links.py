"""One socket of the simulated broker: packets in and out, the way in, pings, the end. Knows no quotes and no orders."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Literal, Protocol

from aiohttp import WSMessage, WSMsgType

from lpresearch.base.errors import WireError
from lpresearch.sim.server.door import Door, LinkSession
from lpresearch.sim.server.recorder import Recorded
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.server.traffic import Traffic
from lpresearch.wire.messages import parse
from lpresearch.wire.packets import Packet, PacketType, decode, encode
from lpresearch.wire.proto import control_pb2, error_pb2

log = logging.getLogger("lpresearch.sim")

CLOSE, HEARTBEAT, AUTH, RECONNECT = 0, 1, 2, 3
UNAUTHENTICATED = 5  # response status (longport.md 3.4)
CLOSE_WAIT_S = 1.0
MOST_WAITING = 50_000  # packets that wait for a client that does not read, before it is let go

LinkKind = Literal["quote", "trade"]


class Socket(Protocol):
    """The upgraded connection as a link uses it."""

    def __aiter__(self) -> AsyncIterator[WSMessage]: ...

    async def send_bytes(self, data: bytes) -> None: ...

    async def ping(self) -> None: ...

    async def close(self) -> object: ...


class Detour(Socket, Protocol):
    """A socket that looks at requests too."""

    def screen(self, packet: Packet) -> None:
        """Told each request that is about to be answered; may raise a Refusal."""
        ...


class Desk(Protocol):
    """Who answers the requests of an authenticated link."""

    def request(self, link: Link, packet: Packet) -> None:
        """Answer now or later by ``link.respond`` or ``link.refuse``; a Refusal raised is sent as the answer."""
        ...

    def gone(self, link: Link) -> None:
        """The link ended."""
        ...


class House(Protocol):
    """What all links of one server share."""

    @property
    def door(self) -> Door: ...

    @property
    def connection_limit(self) -> int: ...

    @property
    def traffic(self) -> Traffic: ...

    def online(self) -> int:
        """Authenticated links."""
        ...


class Link:
    """One socket.

    Parameters
    ----------
    kind : quote or trade.
    socket : the upgraded connection.
    house : the door and the count of links.
    desk : answers everything but the control commands.
    upgrade : path, query and headers of the upgrade, for the record.
    on_request : told each packet that came.
    abort : cuts the connection below the socket.
    ping_every_s : how often the client is pinged.
    """

    def __init__(
        self,
        kind: LinkKind,
        socket: Socket,
        *,
        house: House,
        desk: Desk,
        upgrade: tuple[str, str, Mapping[str, str]],
        on_request: Callable[[Recorded], None] | None,
        abort: Callable[[], None],
        ping_every_s: float,
    ) -> None:
        self.kind = kind
        self.session: LinkSession | None = None
        self._socket = socket
        self._house = house
        self._desk = desk
        self._upgrade = upgrade
        self._on_request = on_request
        self._abort = abort
        self._ping_every_s = ping_every_s
        self._screen: Callable[[Packet], None] | None = None
        self._outgoing: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._ending = False

    def go_through(self, detour: Detour) -> None:
        """Use another socket around its own."""
        self._socket, self._screen = detour, detour.screen

    async def run(self) -> None:
        """Serve the socket until it ends."""
        writer = asyncio.create_task(self._write())
        pinger = asyncio.create_task(self._ping())
        try:
            await self._read()
        finally:
            self.session = None
            self._desk.gone(self)
            if not self._ending:
                writer.cancel()
            pinger.cancel()
            await asyncio.gather(writer, pinger, return_exceptions=True)

    def respond(self, request: Packet, body: bytes = b"", *, status: int = 0) -> None:
        """Answer a request."""
        self._send(Packet(PacketType.RESPONSE, request.command, body, request.request_id, status=status))

    def refuse(self, request: Packet, refusal: Refusal) -> None:
        """Answer a request by an error."""
        body = error_pb2.Error(code=refusal.code, msg=refusal.message).SerializeToString()
        self.respond(request, body, status=refusal.http_status)

    def push(self, command: int, body: bytes) -> None:
        """Send what was not asked for."""
        self.push_bytes(encode(Packet(PacketType.PUSH, command, body)))

    def push_bytes(self, data: bytes) -> None:
        """Send a push that is encoded already: the same bytes serve many links."""
        if self._ending:
            return
        if self._outgoing.qsize() < MOST_WAITING:
            self._outgoing.put_nowait(data)
        else:
            log.warning("a %s client that does not read was let go", self.kind)
            self._ending = True
            self._abort()

    def close(self, code: control_pb2.Close.Code, reason: str) -> None:
        """Say why, then end the link once everything before is sent."""
        if self._ending:
            return
        body = control_pb2.Close(code=code, reason=reason).SerializeToString()
        self._outgoing.put_nowait(encode(Packet(PacketType.PUSH, CLOSE, body)))
        self._outgoing.put_nowait(None)
        self._ending = True

    def expire(self) -> None:
        """End the session, which cannot be resumed any more, then the link."""
        if self.session is not None:
            self._house.door.end(self.session.id)
        self.close(control_pb2.Close.SessExpired, "session expired")

    def _send(self, packet: Packet) -> None:
        if not self._ending:
            self._outgoing.put_nowait(encode(packet))

    async def _write(self) -> None:
        try:
            while (data := await self._outgoing.get()) is not None:
                await self._socket.send_bytes(data)
                self._house.traffic.packets_out += 1
            await self._socket.close()
        except ConnectionError:
            self._ending = True  # the client is gone; the reader finds out by itself

    async def _ping(self) -> None:
        """Ping at a fixed pace: data that comes in does not count for the SDKs, so it must not put the ping off."""
        while True:
            await asyncio.sleep(self._ping_every_s)
            try:
                await self._socket.ping()
            except ConnectionError:
                return

    async def _read(self) -> None:
        async for message in self._socket:
            self._house.traffic.packets_in += 1
            if message.type is not WSMsgType.BINARY:
                self.close(control_pb2.Close.UnpackError, "only binary frames are packets")
                continue
            try:
                packet = decode(message.data)
            except WireError as exc:
                self.close(control_pb2.Close.UnpackError, str(exc))
                continue
            if not self._ending:
                self._received(packet)

    def _received(self, packet: Packet) -> None:
        if packet.type is not PacketType.REQUEST:
            self.close(control_pb2.Close.UnpackError, "a client sends requests only")
            return
        self._record(packet)
        if packet.command == HEARTBEAT:
            self.respond(packet, packet.body)
        elif packet.command in (AUTH, RECONNECT):
            self._enter(packet)
        elif self.session is None:
            self.refuse(packet, _unauthenticated("the first packet must be auth or reconnect"))
            self.close(control_pb2.Close.AuthError, "not authenticated")
        else:
            self._ask(packet)

    def _ask(self, packet: Packet) -> None:
        try:
            if self._screen is not None:
                self._screen(packet)
            self._desk.request(self, packet)
        except Refusal as refusal:
            self.refuse(packet, refusal)
        except Exception:  # the edge of the link: one request that fails must not end the others
            log.exception("command %s failed", packet.command)
            self.refuse(packet, Refusal(7, 301602, "server error"))

    def _enter(self, packet: Packet) -> None:
        """Auth by a one-time token, or reconnect by a session id. Only a failed auth ends the link."""
        try:
            session = self._session_for(packet)
        except (Refusal, WireError) as exc:
            refusal = exc if isinstance(exc, Refusal) else Refusal(3, 301600, "invalid request: not an auth body")
            self.refuse(packet, refusal)
            if packet.command == AUTH:
                self.close(control_pb2.Close.AuthError, refusal.message)
            return
        self.session = session
        kind = control_pb2.AuthResponse if packet.command == AUTH else control_pb2.ReconnectResponse
        answer = kind(
            session_id=session.id,
            expires=session.expires_ms,
            limit=self._house.connection_limit,
            online=self._house.online(),
        )
        self.respond(packet, answer.SerializeToString())

    def _session_for(self, packet: Packet) -> LinkSession:
        if self._screen is not None:
            self._screen(packet)
        if self.session is not None:
            raise Refusal(3, 301600, "invalid request: the link is authenticated already")
        if self._house.online() >= self._house.connection_limit:
            raise _unauthenticated("connections limitation is hit")
        if packet.command == AUTH:
            session = self._house.door.redeem(parse(control_pb2.AuthRequest, packet.body).token)
        else:
            session = self._house.door.resume(parse(control_pb2.ReconnectRequest, packet.body).session_id)
        if session is None:
            raise _unauthenticated("invalid token" if packet.command == AUTH else "session expired")
        return session

    def _record(self, packet: Packet) -> None:
        if self._on_request is None:
            return
        path, query, headers = self._upgrade
        self._on_request(
            Recorded(
                "ws",
                path,
                query,
                headers,
                packet.body,
                command=packet.command,
                request_id=packet.request_id,
                link=self.kind,
                timeout_ms=packet.timeout_ms,
            )
        )


def _unauthenticated(message: str) -> Refusal:
    return Refusal(UNAUTHENTICATED, 401003, message)
