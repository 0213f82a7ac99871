"""The quote line of an account: the link where this process may hold it, else HTTP. Knows no command's meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from lpresearch.base.errors import LinkClosed, LinkTaken, ServerRejected
from lpresearch.base.model import Profile
from lpresearch.base.settings import Settings
from lpresearch.net.http import Http, common_headers
from lpresearch.net.link import Link, LinkStatus
from lpresearch.sources.longport_token import socket_token
from lpresearch.sources.longport_transport import HttpPulls
from lpresearch.wire.proto.quote_pb2 import Command

#: What only a link knows: whose account it is, and what is pushed on it.
LINK_COMMANDS = frozenset((Command.QueryUserQuoteProfile, Command.Subscription, Command.Subscribe, Command.Unsubscribe))
RELEASE_DELAYS_S = (0.2, 0.4, 0.8)  # a server may notice a moment later that a link has ended
_NOT_SERVED = (403, 404, 405, 501)  # as a status, or as the first digits of a code (longport.md 2.4)


class Claims(Protocol):
    """Which process may hold the quote link, and what is known of the account; all of it disk work."""

    def recall(self, mark: str) -> Profile | None: ...

    def take(self, mark: str) -> None:
        """Raise LinkTaken where another process holds the link."""
        ...

    def confirm(self, source: str, profile: Profile) -> None:
        """Remember whose account it is; raise LinkTaken where another process holds its link."""
        ...

    def give_back(self) -> None: ...


class Unclaimed:
    """Claims of a process that shares its account with nobody."""

    def recall(self, mark: str) -> Profile | None:
        """Nothing is known."""

    def take(self, mark: str) -> None:
        """The link is free."""

    def confirm(self, source: str, profile: Profile) -> None:
        """Nothing is remembered."""

    def give_back(self) -> None:
        """Nobody waits for it."""


class QuoteLine:
    """Carries quote requests; satisfies ``longport_transport.Transport``.

    Parameters
    ----------
    settings : addresses, and whether pulls go over HTTP even where a link is open.
    http : signs and sends.
    claims : asked before the link is opened, and told where that fails.
    on_opened : awaited when the link is open, before anything else is asked; what it raises closes the link again.

    Attributes
    ----------
    taken : why this process has no link, where that is not its own choice.
    """

    def __init__(
        self, settings: Settings, http: Http, claims: Claims, *, on_opened: Callable[[], Awaitable[None]]
    ) -> None:
        self.taken: LinkTaken | None = None
        self._settings = settings
        self._http = http
        self._over_http = HttpPulls(http)
        self._claims = claims
        self._on_opened = on_opened
        self._opening = asyncio.Lock()
        self._closed = False
        metadata = {"accept-language": settings.language}
        if settings.overnight:
            metadata["need_over_night_quote"] = "true"
        self.link = Link(
            settings.quote_ws_url,
            otp=self._password,
            headers=common_headers(settings),
            metadata=metadata,
            connect_timeout_s=settings.connect_timeout_s,
            handshake_timeout_s=settings.timeout_s,
            reconnect_delay_s=settings.reconnect_delay_s,
            silence_s=settings.silence_s,
        )

    @property
    def pulls_over_link(self) -> bool:
        """Whether pulls are packets of the link."""
        return self._settings.quote_transport == "ws" and self.link.status is not LinkStatus.CLOSED

    async def open_link(self) -> None:
        """Open the link, if it is not open already; errors as ``Link.open`` has them.

        Raises
        ------
        LinkTaken : another process or program holds it.
        """
        async with self._opening:
            if self._closed:
                raise LinkClosed(self.link.url, "the session is closed")
            if self.link.status is not LinkStatus.CLOSED:
                return
            try:
                await self.link.open()
                await self._on_opened()
            except BaseException:
                await self.link.close()
                await asyncio.to_thread(self._claims.give_back)
                raise

    async def request(self, command: int, body: bytes, *, timeout_s: float) -> bytes:
        """The body of the answer; a command that needs a link opens it.

        Raises
        ------
        LinkTaken : the link is held elsewhere, and it needs one, or the server answers no quotes over HTTP.
        """
        if command in LINK_COMMANDS and self.link.status is LinkStatus.CLOSED:
            await self.open_link()
        if command in LINK_COMMANDS or self.pulls_over_link:
            return await self.link.request(command, body, timeout_s=timeout_s)
        if self._closed:
            raise LinkClosed(self.link.url, "the session is closed")
        try:
            return await self._over_http.request(command, body, timeout_s=timeout_s)
        except ServerRejected as exc:
            if self.taken is None or not _is_not_served(exc.code):
                raise
            reason = f"{self.taken.reason}, and the server answers no quotes over HTTP (code {exc.code}: {exc.message})"
            raise LinkTaken(self.link.url, reason, hint="Ask there, or free the link with disconnect() there.") from exc

    async def close(self) -> None:
        """Close the link for good. Whose the claims are gives the link back then."""
        self._closed = True
        await self.link.close()

    async def _password(self) -> str:
        """A one-time password, if the link is ours to open."""
        for delay_s in (*RELEASE_DELAYS_S, None):
            token = await socket_token(self._http)
            await asyncio.to_thread(self._claims.take, self._http.simulator_mark)  # a holder on this machine has a name
            if not token.used_up or delay_s is None:
                break
            await asyncio.sleep(delay_s)
        token.check(self._settings.http_url)
        return token.otp


def _is_not_served(code: int) -> bool:
    return code in _NOT_SERVED or code // 1000 in _NOT_SERVED
