"""A WebSocket link that stays open: it authenticates, and comes back after a loss (longport.md 3).

One connection after the other is made by ``net.connection``; here is what to do between them. Knows no message bodies.
Everything runs on the loop on which ``open`` was awaited.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from enum import StrEnum

import aiohttp

from lpresearch.base.errors import ASK_AGAIN, AuthFailed, LinkClosed, LinkError, LpError, RequestTimeout, ServerRejected
from lpresearch.base.settings import RECONNECT_DELAY_S, SILENCE_S
from lpresearch.net.connection import Connection, PushListener, dial
from lpresearch.net.http import uses_proxy
from lpresearch.wire.link_state import LinkState

log = logging.getLogger("lpresearch.link")

MAX_RECONNECT_DELAY_S = 30.0
OUTAGE_S = 8.0  # a server that cannot be reached for longer is not waited for; a restart takes less


class LinkStatus(StrEnum):
    """What a link is doing."""

    CLOSED = "closed"
    OPEN = "open"
    RECONNECTING = "reconnecting"


class Link:
    """One link to the quote or the trade server.

    Parameters
    ----------
    url : the server's address.
    otp : gets a one-time password; asked once for each authentication.
    headers : sent with the upgrade.
    metadata : sent with auth and reconnect.
    connect_timeout_s, handshake_timeout_s : deadlines of the upgrade, and of the authentication.
    reconnect_delay_s : the wait before the first attempt to come back.
    silence_s : a server that says nothing for so long is given up.
    outage_s : requests wait for so long for a server that cannot be reached; after that each lets one attempt be made.
    clock : epoch seconds, to see whether a session can still be resumed.
    """

    def __init__(
        self,
        url: str,
        *,
        otp: Callable[[], Awaitable[str]],
        headers: Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
        connect_timeout_s: float = 5.0,
        handshake_timeout_s: float = 30.0,
        reconnect_delay_s: float = RECONNECT_DELAY_S,
        silence_s: float = SILENCE_S,
        outage_s: float = OUTAGE_S,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.url = url
        self.status = LinkStatus.CLOSED
        self._otp = otp
        self._headers = dict(headers or {})
        self._metadata = dict(metadata or {})
        self._connect_timeout_s = connect_timeout_s
        self._handshake_timeout_s = handshake_timeout_s
        self._reconnect_delay_s = reconnect_delay_s
        self._silence_s = silence_s
        self._outage_s = outage_s
        self._clock = clock
        self._state = LinkState()
        self._usable = asyncio.Event()
        self._news = asyncio.Event()  # set and replaced when the link is back, or an attempt has failed
        self._wanted = asyncio.Event()  # set while requests wait for the link
        self._waiting = 0
        self._lost_at = 0.0  # by the clock of the loop, as is the next
        self._unreachable_at = float("-inf")  # when an attempt last found nobody there
        self._trouble = "it is not open yet"
        self._push_listener: PushListener | None = None
        self._status_listener: Callable[[LinkStatus], None] | None = None
        self._reconnected_listener: Callable[[], Coroutine[object, object, None]] | None = None
        self._client: aiohttp.ClientSession | None = None
        self._connection: Connection | None = None
        self._keeper: asyncio.Task[None] | None = None

    def on_push(self, listener: PushListener) -> None:
        """Call ``listener(command, body)`` for each push, at once and in order; it must be quick."""
        self._push_listener = listener

    def on_status(self, listener: Callable[[LinkStatus], None]) -> None:
        """Call ``listener`` at each change of :attr:`status`."""
        self._status_listener = listener

    def on_reconnected(self, listener: Callable[[], Coroutine[object, object, None]]) -> None:
        """Await ``listener`` when the link is back after a loss: the place to subscribe again."""
        self._reconnected_listener = listener

    async def open(self) -> None:
        """Connect and authenticate. Fails at once if that fails; afterwards the link mends its losses itself.

        Raises
        ------
        LinkError : the server cannot be reached.
        AuthFailed : it refuses the password.
        RequestTimeout : it does not answer.
        """
        self._usable.clear()  # set by an earlier close()
        self._client = aiohttp.ClientSession(
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            trust_env=uses_proxy(self.url),
        )
        try:
            await self._establish()
        except BaseException:
            await self.close()
            raise
        self._keeper = asyncio.create_task(self._keep())

    async def request(self, command: int, body: bytes, *, timeout_s: float) -> bytes:
        """The body of the answer. While the link is being mended, the request waits for it within its deadline.

        Raises
        ------
        LinkError : (itself) the server cannot be reached, and that for longer than a short outage.
        ServerRejected : the server answered with an error.
        RequestTimeout : no answer within ``timeout_s``.
        LinkClosed : the link was lost before the answer came, or could not be mended in time.
        """
        deadline = asyncio.get_running_loop().time() + timeout_s
        if not self._usable.is_set():
            await self._until_usable(deadline)
        if self._connection is None:
            raise LinkClosed(self.url, "the link is closed")
        request_id, data = self._state.request(command, body, timeout_ms=max(1, round(timeout_s * 1000)))
        try:
            async with asyncio.timeout_at(deadline):
                return await self._connection.exchange(request_id, data)
        except TimeoutError:
            raise RequestTimeout(f"{self.url} command {command}", timeout_s, hint=ASK_AGAIN) from None

    async def close(self) -> None:
        """Close for good. Requests that are open, or wait for the link to be mended, end with ``LinkClosed``."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
            self._keeper = None
        await self._hang_up()
        self._set_status(LinkStatus.CLOSED)
        self._usable.set()  # who waits is told that there is no connection
        self._tell_news()
        if self._client is not None:
            await self._client.close()
            self._client = None

    async def _until_usable(self, deadline: float) -> None:
        """Wait for the link, and let it be tried sooner. A server that has been away for longer is tried just once."""
        now = asyncio.get_running_loop().time
        began = now()
        self._waiting += 1
        self._wanted.set()
        try:
            async with asyncio.timeout_at(deadline):
                while not self._usable.is_set():
                    away_s = now() - self._lost_at
                    if self._unreachable_at >= began and away_s >= self._outage_s:
                        reason = f"the server has been out of reach for {away_s:.0f} s: {self._trouble}"
                        raise LinkError(self.url, reason, hint="The link is mended by itself; doctor() tells more.")
                    await self._news.wait()
        except TimeoutError:
            raise LinkClosed(self.url, f"the link is down: {self._trouble}", hint="It is being mended.") from None
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._wanted.clear()

    def _tell_news(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _keep(self) -> None:
        """Wait for the end of each connection and make the next."""
        while self._connection is not None:
            await self._connection.ended()
            self._trouble = self._connection.reason
            self._lost_at = asyncio.get_running_loop().time()
            log.warning("The link to %s is lost: %s.", self.url, self._trouble)
            self._set_status(LinkStatus.RECONNECTING)
            await self._come_back()

    async def _come_back(self) -> None:
        """Try again and again, with longer and longer waits."""
        delay_s = self._reconnect_delay_s
        while True:
            await self._hang_up()
            await self._rest(delay_s)
            delay_s = min(delay_s * 2, MAX_RECONNECT_DELAY_S)
            try:
                await self._establish()
                self._lost_at = asyncio.get_running_loop().time()  # or later, should it be lost again
                await self._tell_reconnected()
            except LpError as exc:
                self._trouble = exc.reason if isinstance(exc, LinkError) else str(exc)
                if isinstance(exc, LinkError):
                    self._unreachable_at = asyncio.get_running_loop().time()
                self._tell_news()
                log.warning("The link is not back yet, next attempt in %.0f s: %s", delay_s, exc)
                self._set_status(LinkStatus.RECONNECTING)
            else:
                log.info("The link to %s is back.", self.url)
                return

    async def _rest(self, delay_s: float) -> None:
        """The wait before an attempt, cut short when somebody wants the link."""
        await asyncio.sleep(self._reconnect_delay_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s - self._reconnect_delay_s):
                await self._wanted.wait()

    async def _establish(self) -> None:
        """A connection that the server accepted: by the session held, else by a new password."""
        if self._state.can_resume(self._clock() * 1000):
            connection = await self._connect()
            try:
                await self._handshake(connection, *self._state.reconnect(self._metadata))
            except ServerRejected as exc:
                log.info("The session is not resumed, a new one is opened: %s", exc)
                self._state.drop_session()
                await self._hang_up()
            else:
                self._set_status(LinkStatus.OPEN)
                return
        otp = await self._otp()
        connection = await self._connect()
        try:
            await self._handshake(connection, *self._state.auth(otp, self._metadata))
        except ServerRejected as exc:
            reason = f"the server refused the one-time password with code {exc.code}: {exc.message or 'no message'}"
            raise AuthFailed(self.url, reason, hint="Do the HTTP URL and the WebSocket URL name one server?") from exc
        self._set_status(LinkStatus.OPEN)

    async def _connect(self) -> Connection:
        assert self._client is not None
        socket = await dial(self._client, self.url, headers=self._headers, timeout_s=self._connect_timeout_s)
        self._connection = Connection(
            self.url,
            socket,
            self._state,
            on_push=self._take_push,
            on_end=self._usable.clear,
            silence_s=self._silence_s,
        )
        return self._connection

    async def _handshake(self, connection: Connection, request_id: int, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._handshake_timeout_s):
                await connection.exchange(request_id, data)
        except TimeoutError:
            raise RequestTimeout(f"{self.url} authentication", self._handshake_timeout_s, hint=ASK_AGAIN) from None

    async def _tell_reconnected(self) -> None:
        """Await the listener, for as long as the connection stands."""
        if self._reconnected_listener is None or self._connection is None:
            return
        work = asyncio.create_task(self._reconnected_listener())
        end = asyncio.create_task(self._connection.ended())
        try:
            await asyncio.wait((work, end), return_when=asyncio.FIRST_COMPLETED)
        finally:
            end.cancel()
            work.cancel()  # nothing to a task that is done
        if not work.done():
            raise LinkClosed(self.url, f"the link was lost again: {self._connection.reason}")
        work.result()

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.hang_up()

    def _take_push(self, command: int, body: bytes) -> None:
        if self._push_listener is not None:
            self._push_listener(command, body)

    def _set_status(self, status: LinkStatus) -> None:
        if status is LinkStatus.OPEN:
            self._usable.set()
            self._tell_news()
        else:
            self._usable.clear()
        if status is not self.status:
            self.status = status
            if self._status_listener is not None:
                self._status_listener(status)
