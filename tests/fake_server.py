"""A scripted server for the tests of the network floor: HTTP and WebSocket on one loopback port, in the test's loop.

It knows the packet layout and nothing of the market. What it hears is kept; what it answers is set by the test.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from types import TracebackType

from aiohttp import WSMsgType, web

from lpresearch.base.settings import Credentials, Secret, Settings
from lpresearch.wire.packets import Packet, PacketType, decode, encode
from lpresearch.wire.proto import control_pb2, error_pb2

DEADLINE_S = 10.0
Answer = Callable[["Peer", Packet], Awaitable[None]]


class Peer:
    """The server's side of one WebSocket connection."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.query = dict(request.query)
        self.headers = dict(request.headers)
        self.heard: list[Packet] = []
        self.pongs: list[bytes] = []
        self.socket = socket
        self._request = request

    async def send(self, data: bytes) -> None:
        await self.socket.send_bytes(data)

    async def reply(self, packet: Packet, body: bytes = b"", *, status: int = 0, compress: bool = False) -> None:
        answer = Packet(PacketType.RESPONSE, packet.command, body, request_id=packet.request_id, status=status)
        await self.send(encode(answer, compress=compress))

    async def refuse(self, packet: Packet, code: int, message: str, *, status: int = 7) -> None:
        await self.reply(packet, error_pb2.Error(code=code, msg=message).SerializeToString(), status=status)

    async def push(self, command: int, body: bytes, *, compress: bool = False) -> None:
        await self.send(encode(Packet(PacketType.PUSH, command, body), compress=compress))

    def cut(self) -> None:
        """Drop the connection without a word."""
        if self._request.transport is not None:  # else it has ended already
            self._request.transport.abort()

    def commands(self) -> list[int]:
        return [packet.command for packet in self.heard]


class FakeServer:
    """``async with FakeServer() as server:``; set ``answers[command]`` and ``http`` before the client asks."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []
        self.requests: list[web.Request] = []
        self.bodies: list[bytes] = []
        self.sessions: set[str] = set()
        self.passwords: list[str] = []
        self.accept_passwords = True
        self.silent = False
        self.session_life_s = 3600.0
        self.token: dict[str, object] = {"limit": 10, "online": 0}
        self.answers: dict[int, Answer] = {}
        self.http: Callable[[web.Request], Awaitable[web.StreamResponse]] | None = None
        self.port = 0

    async def __aenter__(self) -> FakeServer:
        await self.start()
        return self

    async def start(self) -> None:
        """Listen, after :meth:`stop` at the same port."""
        app = web.Application()
        app.router.add_get("/ws", self._socket)
        app.router.add_get("/v1/socket/token", self._token)
        app.router.add_route("*", "/{path:.*}", self._http)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Drop every connection and refuse new ones."""
        for peer in self.peers:
            peer.cut()
        await self._runner.cleanup()

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def http_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    def settings(self, *, timeout_s: float = DEADLINE_S, paper: bool = False, token: str = "token-0001") -> Settings:
        credentials = Credentials(Secret("key-00000001"), Secret("secret-00000001"), Secret(token))
        return Settings(credentials, self.http_url, self.ws_url, self.ws_url, timeout_s=timeout_s, paper=paper)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.passwords.append(f"otp-{len(self.passwords) + 1}")
        return envelope({"otp": self.passwords[-1], **self.token})

    async def _http(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        self.bodies.append(await request.read())
        assert self.http is not None, f"nobody said what to answer to {request.path}"
        return await self.http(request)

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        socket = web.WebSocketResponse(autoping=False)
        await socket.prepare(request)
        peer = Peer(request, socket)
        self.peers.append(peer)
        async for message in socket:
            if message.type is WSMsgType.PONG:
                peer.pongs.append(message.data)
            elif message.type is WSMsgType.BINARY:
                packet = decode(message.data)
                peer.heard.append(packet)
                await self._answer(peer, packet)
        return socket

    async def _answer(self, peer: Peer, packet: Packet) -> None:
        if self.silent or packet.type is not PacketType.REQUEST:
            return
        if packet.command in self.answers:
            await self.answers[packet.command](peer, packet)
        elif packet.command == 2:
            token = control_pb2.AuthRequest.FromString(packet.body).token
            await self._open_session(peer, packet, accept=self.accept_passwords and token in self.passwords)
        elif packet.command == 3:
            old = control_pb2.ReconnectRequest.FromString(packet.body).session_id
            await self._open_session(peer, packet, accept=old in self.sessions)
            self.sessions.discard(old)

    async def _open_session(self, peer: Peer, packet: Packet, *, accept: bool) -> None:
        if not accept:
            await peer.refuse(packet, 5, "unauthenticated", status=5)
            return
        session = f"session-{len(self.peers)}"
        self.sessions.add(session)
        expires = round((time.time() + self.session_life_s) * 1000)
        await peer.reply(packet, control_pb2.AuthResponse(session_id=session, expires=expires).SerializeToString())


def envelope(data: object = None, *, code: int = 0, message: str = "success", status: int = 200) -> web.Response:
    """A reply as the API gives it."""
    text = json.dumps({"code": code, "message": message, "data": data})
    return web.Response(text=text, status=status, content_type="application/json", headers={"x-trace-id": "trace-1"})


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is so; fail after ten seconds."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 # the test may not touch what it waits for
            await asyncio.sleep(0.002)


def closed_port_url(scheme: str) -> str:
    """An address where nobody listens: port 1 of the loopback."""
    return f"{scheme}://127.0.0.1:1"
