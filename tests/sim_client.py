"""A bare client of the simulated broker for its tests: signed requests, and packets over a real socket."""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import aiohttp
from google.protobuf.message import Message
from yarl import URL

from lpresearch.wire.packets import Packet, PacketType, decode, encode
from lpresearch.wire.proto import control_pb2, error_pb2
from lpresearch.wire.signing import sign

KEYS = {"app_key": "sim-key", "app_secret": "sim-secret", "access_token": "sim-token"}
DEADLINE_S = 10.0
M = TypeVar("M", bound=Message)


class Refused(Exception):
    """The answer to a packet was an error."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(status, code, message)
        self.status = status
        self.code = code
        self.message = message


class Wire:
    """One socket: requests in order, pushes kept until asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.session_id = ""
        self._ids = 0
        self._answers: dict[int, Packet] = {}
        self._pushes: deque[Packet] = deque()

    async def send(self, command: int, body: bytes = b"", *, compress: bool = False) -> int:
        """Send a request; returns its id."""
        self._ids += 1
        request = Packet(PacketType.REQUEST, command, body, self._ids, timeout_ms=5000)
        await self.socket.send_bytes(encode(request, compress=compress))
        return self._ids

    async def answer(self, request_id: int) -> bytes:
        """The body of an answer, or Refused."""
        while request_id not in self._answers:
            await self._receive()
        packet = self._answers.pop(request_id)
        if packet.status:
            error = error_pb2.Error.FromString(packet.body)
            raise Refused(packet.status, error.code, error.msg)
        return packet.body

    async def ask(self, command: int, request: Message | None = None, *, compress: bool = False) -> bytes:
        """Send a request and wait for the body of its answer."""
        body = request.SerializeToString() if request is not None else b""
        return await self.answer(await self.send(command, body, compress=compress))

    async def push(self) -> Packet:
        """The next push."""
        while not self._pushes:
            await self._receive()
        return self._pushes.popleft()

    async def auth(self, otp: str) -> control_pb2.AuthResponse:
        """Authenticate by a one-time token."""
        answer = control_pb2.AuthResponse.FromString(await self.ask(2, control_pb2.AuthRequest(token=otp)))
        self.session_id = answer.session_id
        return answer

    async def closed_with(self) -> control_pb2.Close:
        """Why the server closes; waits until it has closed."""
        packet = await self.push()
        assert packet.command == 0
        message = await self.socket.receive(DEADLINE_S)
        assert message.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING)
        return control_pb2.Close.FromString(packet.body)

    async def _receive(self) -> None:
        message = await self.socket.receive(DEADLINE_S)
        assert message.type is aiohttp.WSMsgType.BINARY, message
        packet = decode(message.data)
        if packet.type is PacketType.PUSH:
            self._pushes.append(packet)
        else:
            self._answers[packet.request_id] = packet


class Client:
    """Both sides of one server."""

    def __init__(self, urls: dict[str, str], session: aiohttp.ClientSession) -> None:
        self.urls = urls
        self.session = session

    async def rest(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: object = None,
        headers: dict[str, str] | None = None,
        keys: dict[str, str] | None = None,
    ) -> tuple[int, dict[str, object], dict[str, str]]:
        """Status, envelope and headers of a signed request; ``headers`` and ``keys`` replace what is right."""
        raw = None if body is None else json.dumps(body, separators=(",", ":")).encode()
        given = {**KEYS, **(keys or {})}
        signed = {
            "X-Api-Key": given["app_key"],
            "Authorization": given["access_token"],
            "X-Timestamp": str(int(time.time())),
            **(headers or {}),
        }
        signed.setdefault("X-Api-Signature", sign(method, path, query, raw, timestamp=signed["X-Timestamp"], **given))
        url = self.urls["http_url"] + path + (f"?{query}" if query else "")
        async with self.session.request(method, URL(url, encoded=True), data=raw, headers=signed) as reply:
            envelope = await reply.json()
            return reply.status, envelope, {name.lower(): value for name, value in reply.headers.items()}

    async def data(self, method: str, path: str, *, query: str = "", body: object = None) -> dict[str, object]:
        """The data of a request that is expected to work."""
        _, envelope, _ = await self.rest(method, path, query=query, body=body)
        assert envelope["code"] == 0, envelope
        data = envelope["data"]
        assert isinstance(data, dict)
        return data

    async def otp(self) -> str:
        """A one-time token."""
        return str((await self.data("GET", "/v1/socket/token"))["otp"])

    @asynccontextmanager
    async def link(self, kind: str = "quote", *, authenticated: bool = True) -> AsyncIterator[Wire]:
        """A socket, authenticated unless told otherwise."""
        url = self.urls[f"{kind}_ws_url"] + "?version=1&codec=1&platform=9"
        async with self.session.ws_connect(url) as socket:
            wire = Wire(socket)
            if authenticated:
                await wire.auth(await self.otp())
            yield wire


@asynccontextmanager
async def client(urls: dict[str, str]) -> AsyncIterator[Client]:
    """A client of the server at ``urls``."""
    async with aiohttp.ClientSession() as session:
        yield Client(urls, session)
