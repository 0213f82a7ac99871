"""LongPort (Longbridge) as a source: the quote part and the trade part over one account's connections."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from urllib.parse import urlsplit

from lpresearch.base.errors import LinkTaken, UsageError
from lpresearch.base.model import CommandRate, Profile
from lpresearch.base.settings import Settings
from lpresearch.base.source import Caps
from lpresearch.net.http import Http
from lpresearch.sources.longport_contracts import ContractCommands
from lpresearch.sources.longport_facts import CAPS, OFFICIAL_HOSTS, quota_refusal
from lpresearch.sources.longport_levels import quote_levels
from lpresearch.sources.longport_line import Claims, QuoteLine, Unclaimed
from lpresearch.sources.longport_pushes import PushCommands
from lpresearch.sources.longport_quotes import QuoteCommands
from lpresearch.sources.longport_reference import ReferenceCommands
from lpresearch.sources.longport_tape import TapeCommands
from lpresearch.sources.longport_trade import TradeCommands
from lpresearch.wire.proto import quote_pb2
from lpresearch.wire.proto.quote_pb2 import Command

__all__ = ["LongPort", "quota_refusal"]

log = logging.getLogger("lpresearch.longport")

SIMULATED = "SIMULATED"  # how the quote level of a simulator begins


class LongPort(QuoteCommands, PushCommands, TapeCommands, ContractCommands, ReferenceCommands, TradeCommands):
    """A LongPort server, or a simulator of one. Satisfies ``base.source.Source``.

    Parameters
    ----------
    settings : credentials and addresses.
    claims : which process may hold the quote link; where it is not given, this one may.

    Examples
    --------
    Everything runs on the loop on which ``open`` was awaited::

        source = LongPort(settings)
        profile = await source.open()
        columns = await source.quotes([Symbol("700.HK")])
        await source.close()
    """

    def __init__(self, settings: Settings, claims: Claims | None = None) -> None:
        http = Http(settings)
        self._claims = claims or Unclaimed()
        QuoteCommands.__init__(self, settings, http, QuoteLine(settings, http, self._claims, on_opened=self._meet))
        PushCommands.__init__(self, self._line, self._pulls, lambda: http.skew_s)
        TapeCommands.__init__(self, self._pulls)
        ContractCommands.__init__(self, self._pulls, language=settings.language)
        ReferenceCommands.__init__(self, self._pulls, http)
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
        """Connect, and see whose account it is. The trade link opens at ``watch_orders``.

        Where another process holds the quote link, or the settings want none, quotes are asked over HTTP. The server is
        then asked for the sessions of the day, which shows that it answers; it names no account.
        """
        if self._settings.quote_transport == "ws":
            try:
                await self._line.open_link()
                return self.profile
            except LinkTaken as taken:
                log.warning("Quotes are asked over HTTP, streams cannot be opened here. %s", taken)
                self._line.taken = taken
        await self.market_sessions()
        mark = self._http.simulator_mark
        known = await asyncio.to_thread(self._claims.recall, mark)
        self._profile = known or Profile(nameless(self._settings), simulated=mark)
        self._pulls.limits.learn(self._profile.rates)
        self._pulls.levels = self._profile.levels
        return self._profile

    async def _meet(self) -> None:
        """The link is open: see whose account it is, and whether its link is ours."""
        self._profile = await self._ask_profile()
        self._pulls.levels = self._profile.levels
        await asyncio.to_thread(self._claims.confirm, self.name, self._profile)

    async def _ask_profile(self) -> Profile:
        """Command 4."""
        request = quote_pb2.UserQuoteProfileRequest(language=self._settings.language)
        answer = await self._pulls.ask(Command.QueryUserQuoteProfile, request, quote_pb2.UserQuoteProfileResponse)
        rates = {int(entry.command): CommandRate(entry.limit, entry.burst) for entry in answer.rate_limit}
        self._pulls.limits.learn(rates)
        level_mark = answer.quote_level.removeprefix(SIMULATED).strip() or "unnamed"
        mark = self._http.simulator_mark or (level_mark if answer.quote_level.startswith(SIMULATED) else "")
        return Profile(
            str(answer.member_id),
            answer.quote_level,
            answer.subscribe_limit,
            answer.history_candlestick_limit,
            rates,
            mark,
            quote_levels(answer.quote_level_detail),
        )

    def share_pace(self, path: str) -> None:
        """Keep the pace together with all processes of the account, whose file this is. Disk work."""
        self._pulls.limits.share(path, "quote", held_s=self._settings.timeout_s)
        self._trade_limits.share(path, "trade", held_s=self._settings.timeout_s)

    async def close(self) -> None:
        """Close all connections."""
        await self._line.close()
        await self._trade_link.close()
        await self._http.close()
        await self._pulls.limits.close()
        await self._trade_limits.close()


def nameless(settings: Settings) -> str:
    """What an account is called whose member id no server has told: by a digest of its app key."""
    return f"key-{hashlib.sha256(settings.credentials.app_key.reveal().encode()).hexdigest()[:16]}"
