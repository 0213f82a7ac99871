"""One WebSocket connection, from the upgrade to its end: asks, hears, answers pings. Never comes back by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import aiohttp

from lpresearch.base.errors import LinkClosed, LinkError, ServerRejected
from lpresearch.base.settings import SILENCE_S
from lpresearch.wire.link_state import (
    CLOSE,
    Closing,
    Event,
    HeartbeatAsked,
    LinkState,
    ProtocolViolation,
    Push,
    Refused,
    Response,
)
from lpresearch.wire.packets import MAX_BODY_BYTES, plain_push

log = logging.getLogger("lpresearch.link")

CLOSE_S = 1.0  # how long the goodbye may take
_MAX_PACKET_BYTES = MAX_BODY_BYTES + 64
_QUERY = "version=1&codec=1&platform=9"  # protocol version, protobuf, OpenAPI
_HINT = "Is the URL right, is the server running, does the network allow it?"

PushListener = Callable[[int, bytes], None]


class Connection:
    """A connected socket and the task that reads it.

    Parameters
    ----------
    socket : as :func:`dial` gives it.
    state : the protocol; told that a new connection stands.
    on_push : called with command and body of each push, at once and in order.
    on_end : called when the connection has ended and every open request has failed.
    silence_s : a server that says nothing for so long is given up.
    """

    def __init__(
        self,
        url: str,
        socket: aiohttp.ClientWebSocketResponse,
        state: LinkState,
        *,
        on_push: PushListener,
        on_end: Callable[[], None],
        silence_s: float = SILENCE_S,
    ) -> None:
        self.reason = "it was closed"  # why it ended, for people
        self._url = url
        self._socket = socket
        self._state = state
        self._on_push = on_push
        self._on_end = on_end
        self._silence_s = silence_s
        self._goodbye = ""  # the server's last words, if it said any
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._now = asyncio.get_running_loop().time
        self._heard_at = self._now()
        state.connected()
        self._reader = asyncio.create_task(self._read())
        self._watch = asyncio.get_running_loop().call_later(silence_s, self._check_silence)

    async def exchange(self, request_id: int, data: bytes) -> bytes:
        """Send a request of the state, and wait for the body of its answer.

        Raises
        ------
        ServerRejected : the server answered with an error.
        LinkClosed : the connection ended before the answer came.
        """
        if self._reader.done():
            raise LinkClosed(self._url, f"the link was lost: {self.reason}")
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[request_id] = answer
        try:
            try:
                await self._socket.send_bytes(data)
            except (ConnectionError, aiohttp.ClientError) as exc:
                raise LinkClosed(self._url, "the link was lost before the request could leave") from exc
            return await answer
        finally:
            if self._waiting.pop(request_id, None) is not None:
                self._state.forget(request_id)

    async def ended(self) -> None:
        """Wait for the end."""
        await asyncio.wait([self._reader])

    async def hang_up(self) -> None:
        """End it. Open requests fail with ``LinkClosed``."""
        self._reader.cancel()
        await self.ended()
        await self._socket.close()

    async def _read(self) -> None:
        """Hand on each message until the connection ends. Then nothing is waited for any more."""
        try:
            self.reason = await self._read_all()
        except (ConnectionError, aiohttp.ClientError) as exc:  # the line broke under a heartbeat or a pong
            self.reason = f"it broke ({str(exc) or type(exc).__name__})"
        finally:
            self._watch.cancel()
            waiting, self._waiting = self._waiting, {}
            for answer in waiting.values():
                if not answer.done():
                    answer.set_exception(LinkClosed(self._url, f"the link was lost: {self.reason}"))
            self._on_end()

    async def _read_all(self) -> str:
        """Why the connection ended."""
        async for message in self._socket:
            self._heard_at = self._now()
            if message.type is aiohttp.WSMsgType.BINARY:
                push = plain_push(message.data)
                if push is not None and push[0] != CLOSE:
                    self._hand_on(*push)
                    continue
                event = self._state.receive(message.data)
                if isinstance(event, ProtocolViolation):
                    return event.reason
                if isinstance(event, HeartbeatAsked):
                    await self._socket.send_bytes(event.reply)
                elif event is not None:
                    self._perform(event)
            elif message.type is aiohttp.WSMsgType.PING:
                await self._socket.pong(message.data)
            elif message.type is not aiohttp.WSMsgType.PONG:
                return f"the server sent a {message.type.name.lower()} frame ({str(message.data)[:80]!r})"
        return f"the server closed it with code {self._socket.close_code}{self._goodbye}"

    def _perform(self, event: Event) -> None:
        """What an event asks for."""
        if isinstance(event, Push):
            self._hand_on(event.command, event.body)
        elif isinstance(event, Closing):
            self._goodbye = f" after saying: {event.reason or 'no reason'} (close code {event.code})"
        elif not isinstance(event, HeartbeatAsked | ProtocolViolation):
            answer = self._waiting.get(event.request_id)
            if answer is None or answer.done():
                return
            if isinstance(event, Refused):
                endpoint = f"{self._url} command {event.command}"
                answer.set_exception(ServerRejected(event.code, event.message, endpoint=endpoint))
            else:
                answer.set_result(event.body if isinstance(event, Response) else b"")

    def _hand_on(self, command: int, body: bytes) -> None:
        try:
            self._on_push(command, body)
        except Exception:  # the edge of the reading loop: one bad push must not end the link
            log.exception("A push of command %d could not be handled.", command)

    def _check_silence(self) -> None:
        """Give up a server that has been silent for too long; else look again when it could be."""
        left_s = self._heard_at + self._silence_s - self._now()
        if left_s > 0:
            self._watch = asyncio.get_running_loop().call_later(left_s, self._check_silence)
            return
        self.reason = f"nothing was heard for {self._silence_s:g} s"
        self._reader.cancel()


async def dial(
    client: aiohttp.ClientSession, url: str, *, headers: Mapping[str, str], timeout_s: float
) -> aiohttp.ClientWebSocketResponse:
    """A connected socket.

    Raises
    ------
    LinkError : the server cannot be reached, or does not speak WebSocket.
    """
    try:
        async with asyncio.timeout(timeout_s):
            return await client.ws_connect(
                f"{url}{'&' if '?' in url else '?'}{_QUERY}",
                headers=headers,
                autoping=False,  # answered by the reader, to whom a ping is a sign of life
                compress=0,
                max_msg_size=_MAX_PACKET_BYTES,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_S),
            )
    except TimeoutError as exc:
        raise LinkError(url, f"no connection within {timeout_s:g} s", hint=_HINT) from exc
    except (aiohttp.ClientError, OSError, ValueError) as exc:
        raise LinkError(url, f"cannot connect ({str(exc) or type(exc).__name__})", hint=_HINT) from exc
