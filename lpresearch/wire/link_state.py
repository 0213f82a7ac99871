"""One link as a pure machine: messages in, events out; requests in, bytes to send out (longport.md 3).

The caller owns sockets, clocks and waiting. The machine outlives connections: it keeps the session that a new
connection may resume, and it starts request ids and the list of open requests afresh for each connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lpresearch.base.errors import WireError
from lpresearch.wire.messages import parse
from lpresearch.wire.packets import MAX_TIMEOUT_MS, Packet, PacketType, decode, encode
from lpresearch.wire.proto import control_pb2, error_pb2

CLOSE, HEARTBEAT, AUTH, RECONNECT = 0, 1, 2, 3
HANDSHAKE_TIMEOUT_MS = 5_000
REQUEST_TIMEOUT_MS = 30_000
UNAUTHENTICATED = 5  # response status of a refused session or password
_LAST_REQUEST_ID = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Opened:
    """The server accepted the auth or the reconnect; the session can be resumed until ``expires_ms`` (epoch)."""

    request_id: int
    session_id: str
    expires_ms: int
    limit: int
    online: int


@dataclass(frozen=True, slots=True)
class Response:
    """The answer to a request."""

    request_id: int
    command: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Refused:
    """The server's refusal of a request, with its own code and words."""

    request_id: int
    command: int
    status: int
    code: int
    message: str


@dataclass(frozen=True, slots=True)
class Push:
    """A message that nobody asked for."""

    command: int
    body: bytes


@dataclass(frozen=True, slots=True)
class HeartbeatAsked:
    """The server wants a sign of life: send ``reply``."""

    reply: bytes


@dataclass(frozen=True, slots=True)
class Closing:
    """The server is about to close, by a code of ``Close.Code``."""

    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class ProtocolViolation:
    """The server sent what is not the protocol: the connection is of no further use."""

    reason: str


Event = Opened | Response | Refused | Push | HeartbeatAsked | Closing | ProtocolViolation


class LinkState:
    """The client's side of one link.

    Call :meth:`connected` for each new connection, then :meth:`auth` or :meth:`reconnect`, then :meth:`request`; hand
    each binary message to :meth:`receive`.
    """

    def __init__(self) -> None:
        self._last_id = 0
        self._open: dict[int, int] = {}  # request id -> command
        self._session_id = ""
        self._expires_ms = 0

    def connected(self) -> None:
        """A new connection stands: ids start at 1 again, and the open requests of the old one are forgotten."""
        self._last_id = 0
        self._open.clear()

    def can_resume(self, now_ms: float) -> bool:
        """Whether a session is held that has not expired at ``now_ms`` (epoch milliseconds)."""
        return bool(self._session_id) and now_ms < self._expires_ms

    def drop_session(self) -> None:
        """Forget the session; only a new password opens the next connection."""
        self._session_id, self._expires_ms = "", 0

    def auth(self, otp: str, metadata: Mapping[str, str]) -> tuple[int, bytes]:
        """Id and bytes of the auth request, with a one-time password."""
        body = control_pb2.AuthRequest(token=otp, metadata=dict(metadata)).SerializeToString()
        return self.request(AUTH, body, timeout_ms=HANDSHAKE_TIMEOUT_MS)

    def reconnect(self, metadata: Mapping[str, str]) -> tuple[int, bytes]:
        """Id and bytes of the request that resumes the session held."""
        message = control_pb2.ReconnectRequest(session_id=self._session_id, metadata=dict(metadata))
        return self.request(RECONNECT, message.SerializeToString(), timeout_ms=HANDSHAKE_TIMEOUT_MS)

    def request(self, command: int, body: bytes, *, timeout_ms: int = REQUEST_TIMEOUT_MS) -> tuple[int, bytes]:
        """Id and bytes of a request; its answer comes as :class:`Response` or :class:`Refused` with that id."""
        request_id = self._last_id % _LAST_REQUEST_ID + 1
        packet = Packet(
            PacketType.REQUEST, command, body, request_id=request_id, timeout_ms=min(timeout_ms, MAX_TIMEOUT_MS)
        )
        data = encode(packet)
        self._last_id = request_id
        self._open[request_id] = command
        return request_id, data

    def forget(self, request_id: int) -> None:
        """Stop waiting for an answer; should it still come, it is ignored."""
        self._open.pop(request_id, None)

    def receive(self, data: bytes) -> Event | None:
        """What a binary message means; None for an answer that nobody waits for."""
        try:
            packet = decode(data)
            if packet.type is PacketType.PUSH:
                return _closing(packet.body) if packet.command == CLOSE else Push(packet.command, packet.body)
            if packet.type is PacketType.RESPONSE:
                return self._answered(packet)
        except WireError as exc:
            return ProtocolViolation(str(exc))
        if packet.command != HEARTBEAT:
            return ProtocolViolation(f"The server sent a request of command {packet.command}.")
        reply = Packet(PacketType.RESPONSE, HEARTBEAT, packet.body, request_id=packet.request_id)
        return HeartbeatAsked(encode(reply))

    def _answered(self, packet: Packet) -> Event | None:
        command = self._open.pop(packet.request_id, None)
        if command is None:
            return None
        if packet.status:
            error = parse(error_pb2.Error, packet.body)
            return Refused(packet.request_id, command, packet.status, error.code, error.msg)
        if command in (AUTH, RECONNECT):
            return self._session_opened(packet)
        return Response(packet.request_id, command, packet.body)

    def _session_opened(self, packet: Packet) -> Opened:
        answer = parse(control_pb2.AuthResponse, packet.body)  # the reconnect's answer has the same fields
        self._session_id, self._expires_ms = answer.session_id, answer.expires
        return Opened(packet.request_id, answer.session_id, answer.expires, answer.limit, answer.online)


def _closing(body: bytes) -> Closing:
    message = parse(control_pb2.Close, body)
    return Closing(message.code, message.reason)
