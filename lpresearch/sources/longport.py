"""LongPort (Longbridge) as a source: the quote part and the trade part over one account's connections."""

from __future__ import annotations

from urllib.parse import urlsplit

from lpresearch.base.errors import UsageError
from lpresearch.base.model import Profile
from lpresearch.base.settings import Settings
from lpresearch.base.source import Caps
from lpresearch.net.http import Http
from lpresearch.sources.longport_facts import CAPS, OFFICIAL_HOSTS, quota_refusal
from lpresearch.sources.longport_quotes import QuoteCommands
from lpresearch.sources.longport_trade import TradeCommands

__all__ = ["LongPort", "quota_refusal"]


class LongPort(QuoteCommands, TradeCommands):
    """A LongPort server, or a simulator of one. Satisfies ``base.source.Source``.

    Parameters
    ----------
    settings : credentials and addresses.

    Examples
    --------
    Everything runs on the loop on which ``open`` was awaited::

        source = LongPort(settings)
        profile = await source.open()
        columns = await source.quotes([Symbol("700.HK")])
        await source.close()
    """

    def __init__(self, settings: Settings) -> None:
        http = Http(settings)
        QuoteCommands.__init__(self, settings, http)
        TradeCommands.__init__(self, settings, http)
        self._profile: Profile | None = None

    @property
    def caps(self) -> Caps:
        """What LongPort offers and allows, by its documents."""
        return CAPS

    @property
    def profile(self) -> Profile:
        """What the server said of the account at :meth:`open`."""
        if self._profile is None:
            raise UsageError("The source is not open yet.")
        return self._profile

    @property
    def name(self) -> str:
        """``longport``, ``sim-<mark>``, or ``longport@<host>`` for a server that is neither official nor marked."""
        if self.profile.simulated:
            return f"sim-{self.profile.simulated}"
        hosts = [urlsplit(url).netloc for url in (self._settings.http_url, self._settings.quote_ws_url)]
        strange = next((host for host in hosts if host not in OFFICIAL_HOSTS), None)
        return f"longport@{strange}" if strange else "longport"

    @property
    def skew_s(self) -> float | None:
        """The server's clock less ours, in seconds; None before the first HTTP reply."""
        return self._http.skew_s

    async def open(self) -> Profile:
        """Connect the quote link and ask for the profile. The trade link opens at ``watch_orders``."""
        self._profile = await self._open_quotes()
        return self._profile

    def share_pace(self, path: str) -> None:
        """Keep the pace together with all processes of the account, whose file this is. Disk work."""
        self._pulls.limits.share(path, "quote", held_s=self._settings.timeout_s)
        self._trade_limits.share(path, "trade", held_s=self._settings.timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._quote_link.close()
        await self._trade_link.close()
        await self._http.close()
        await self._pulls.limits.close()
        await self._trade_limits.close()
