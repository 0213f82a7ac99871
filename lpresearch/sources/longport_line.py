"""The quote line of an account: the link where this process may hold it, else HTTP. Knows no command's meaning."""

from __future__ import annotations

import asyncio

from lpresearch.base.errors import LinkClosed
from lpresearch.base.settings import Settings
from lpresearch.net.http import Http, common_headers
from lpresearch.net.link import Link, LinkStatus
from lpresearch.sources.longport_token import one_time_password
from lpresearch.sources.longport_transport import HttpPulls
from lpresearch.wire.proto.quote_pb2 import Command

#: What only a link knows: whose account it is, and what is pushed on it.
LINK_COMMANDS = frozenset((Command.QueryUserQuoteProfile, Command.Subscription, Command.Subscribe, Command.Unsubscribe))


class QuoteLine:
    """Carries quote requests; satisfies ``longport_transport.Transport``.

    Parameters
    ----------
    settings : addresses, and whether pulls go over HTTP even where a link is open.
    http : signs and sends.
    """

    def __init__(self, settings: Settings, http: Http) -> None:
        self._settings = settings
        self._over_http = HttpPulls(http)
        self._opening = asyncio.Lock()
        self._closed = False
        metadata = {"accept-language": settings.language}
        if settings.overnight:
            metadata["need_over_night_quote"] = "true"
        self.link = Link(
            settings.quote_ws_url,
            otp=lambda: one_time_password(http, settings.http_url),
            headers=common_headers(settings),
            metadata=metadata,
            connect_timeout_s=settings.connect_timeout_s,
            handshake_timeout_s=settings.timeout_s,
        )

    @property
    def pulls_over_link(self) -> bool:
        """Whether pulls are packets of the link."""
        return self._settings.quote_transport == "ws" and self.link.status is not LinkStatus.CLOSED

    async def open_link(self) -> None:
        """Open the link, if it is not open already; errors as ``Link.open`` has them."""
        async with self._opening:
            if self._closed:
                raise LinkClosed(self.link.url, "the session is closed")
            if self.link.status is LinkStatus.CLOSED:
                await self.link.open()

    async def request(self, command: int, body: bytes, *, timeout_s: float) -> bytes:
        """The body of the answer; a command that needs a link opens it."""
        if command in LINK_COMMANDS:
            await self.open_link()
        if command in LINK_COMMANDS or self.pulls_over_link:
            return await self.link.request(command, body, timeout_s=timeout_s)
        if self._closed:
            raise LinkClosed(self.link.url, "the session is closed")
        return await self._over_http.request(command, body, timeout_s=timeout_s)

    async def close(self) -> None:
        """Close the link for good."""
        self._closed = True
        await self.link.close()
