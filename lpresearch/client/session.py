"""The session: a source, its I/O thread, and the folders in which its account remembers.

Never decides what to ask for; that is the business of ``data`` and ``trading``.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import time
from collections.abc import Callable, Coroutine, Iterable
from contextlib import ExitStack
from datetime import date, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from lpresearch.accounts.lease import Holder
from lpresearch.accounts.places import account_path, cache_folder, state_folder
from lpresearch.accounts.process import program_name
from lpresearch.accounts.register import Register
from lpresearch.base.errors import DateRangeError, ServerRejected, SymbolError
from lpresearch.base.levels import delayed
from lpresearch.base.markets import Market
from lpresearch.base.model import Instrument, OrderPush, Profile
from lpresearch.base.settings import Settings
from lpresearch.base.source import Caps, Source
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.client.disk_thread import DiskThread
from lpresearch.client.facade import Disk, Io
from lpresearch.client.instruments import instrument_of
from lpresearch.client.simulator import Simulator
from lpresearch.client.stream_hub import Hub
from lpresearch.history.ledger import Ledger
from lpresearch.history.store import Store
from lpresearch.net.runtime import Runtime
from lpresearch.sources.longport import LongPort, quota_refusal

log = logging.getLogger("lpresearch.session")
P = ParamSpec("P")
T = TypeVar("T")
Broker = Source[NDArray[np.float64]]
OWN_BARS = "-bars-"  # in the mark of a simulator that serves the user's own bars

SERVER_CALENDAR_LIFE_S = 2 * 3600.0  # longport.md 5, command 8: the official SDK keeps it for two hours
SERVER_CALENDAR_PAST_DAYS = 20  # command 9 answers for a month at most; older days are the recorded calendar's
SERVER_CALENDAR_DAYS_AHEAD = 7


class QuotaRefusal(NamedTuple):
    """The server says that the history quota is used up; -1 for a figure that it did not say."""

    requested: int
    limit: int


class Session:
    """One connection to a source. Made by ``connect``; the other functions find it by themselves.

    Attributes
    ----------
    source : the broker or the simulator, behind the one seam.
    profile : what the server said at connect: member id, quote level, limits.
    simulated : the simulator's mark; empty at a real broker.
    account : the member id.
    ledger, store : the quota ledger of the account and the candle store.
    register : the accounts known on this machine, and who holds their quote links.

    Parameters
    ----------
    folder : where the embedded simulator's account remembers; it ends with the session.
    on_opening : told of the call to the server that opens the session, so that it can be given up from elsewhere.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        simulator: Simulator | None = None,
        folder: Path | None = None,
        on_opening: Callable[[Io[Profile]], None] = lambda call: None,
    ) -> None:
        self.settings = settings
        self.asked = None if simulator else settings  # None: no credentials, so the embedded simulator
        self.closed = False
        self._pid = os.getpid()
        self._simulator = simulator
        self._to_close = ExitStack()  # in the order of opening; closed in reverse
        if folder is not None:
            self._to_close.callback(shutil.rmtree, folder, ignore_errors=True)
        if simulator is not None:
            self._to_close.callback(simulator.close)
        self._runtime = Runtime()
        self._to_close.callback(self._runtime.close)
        self._disk_thread = DiskThread()
        self._instruments: dict[Symbol, Instrument] = {}
        self._calendars: dict[Market, tuple[float, MarketCalendar]] = {}
        self._hub: Hub | None = None
        self.cache_path = cache_folder(folder / "cache" if folder else None, os.environ)
        self.state_path = state_folder(folder / "state" if folder else None, os.environ)
        try:
            name = program_name(os.environ, sys.argv)
            self.register = Register(self.state_path, settings, program=name, now=time.time)
            self._to_close.callback(self.register.close)
            self.source: Broker = LongPort(settings, self.register)
            self._to_close.callback(lambda: self.io(self.source.close()).block())
            call = self.io(self.source.open())
            on_opening(call)
            self.profile = call.block()
            self._open_memory()
            self._to_close.callback(self._disk_thread.close)  # before what it works on
        except BaseException:
            self.close()
            raise
        if simulator is not None:
            simulator.on_death(self.close)

    def _open_memory(self) -> None:
        """What this account remembers on disk."""
        self.account_file = account_path(self.state_path, self.source.name, self.account)
        self.source.share_pace(str(self.account_file))
        self.store = Store(self.cache_path)
        self._to_close.callback(self.store.close)
        self.ledger = Ledger(self.account_file)
        self._to_close.callback(self.ledger.close)
        if self.profile.history_limit:
            self.ledger.learn_limit(self.profile.history_limit, at=time.time())

    def __repr__(self) -> str:
        kind = f"SIMULATED {self.simulated}" if self.simulated else "real broker"
        state = "closed" if self.closed else "connected"
        late = "".join(f", {level.market} DELAYED" for level in self.profile.levels if level.live == 0)
        return f"<Session {kind}: {self.settings.host}, account {self.account}, {state}{late}>"

    @property
    def simulated(self) -> str:
        """The simulator's mark; empty at a real broker."""
        return self.profile.simulated

    @property
    def account(self) -> str:
        """The member id as the server says it."""
        return self.profile.member_id

    @property
    def caps(self) -> Caps:
        """What the source offers and allows."""
        return self.source.caps

    @property
    def healthy(self) -> bool:
        """Whether calls can be made: open, in the process that opened it, and the embedded simulator (if any) runs."""
        running = self._simulator is None or self._simulator.running
        return not self.closed and running and self._pid == os.getpid()

    def now(self) -> float:
        """Epoch seconds by the server's clock, so that a wrong clock here stores no forming bar as final."""
        return time.time() + (self.source.skew_s or 0.0)

    @property
    def hub(self) -> Hub:
        """The live quotes of this session; made when first used."""
        if self._hub is None:
            limit = self.profile.subscribe_limit or self.caps.subscribe_default
            self._hub = Hub(self.source, self._runtime, limit=limit)
            self._to_close.callback(self._hub.close)
        return self._hub

    def link_holder(self) -> Holder | None:
        """Which process holds the quote link of the account. Disk work."""
        return self.register.holder(self.source.name, self.account)

    def marks(self, symbols: Iterable[Symbol] = ()) -> dict[str, object]:
        """Where data came from, for ``df.attrs["lpresearch"]``.

        Parameters
        ----------
        symbols : of which prices were asked; ``delayed`` names those that come late by the account's quote level.
        """
        late = delayed(self.profile.levels, symbols)
        return {"source": self.source.name, "simulated": self.simulated} | ({"delayed": late} if late else {})

    def io(self, work: Coroutine[object, object, T]) -> Io[T]:
        """Start work on the I/O thread; await the result in a core."""
        return Io(self._runtime.submit(work))

    def disk(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Disk[T]:
        """A short piece of file or SQLite work, never on the I/O thread; an interrupt lets it end."""
        return Disk(partial(work, *args, **kwargs), self._disk_thread)

    async def disk_pieces(self, work: Callable[P, Iterable[T]], *args: P.args, **kwargs: P.kwargs) -> list[T]:
        """File or SQLite work that takes long, piece by piece; an interrupt falls between two pieces."""
        found: list[T] = []
        steps = iter(await self.disk(work, *args, **kwargs))
        while piece := await self.disk(lambda: list(islice(steps, 1))):
            found += piece
        return found

    @property
    def documented_reach(self) -> bool:
        """Whether the broker's documented first days hold: not where the simulator serves the user's own bars."""
        return self.source.name == self.caps.name or (bool(self.simulated) and OWN_BARS not in self.simulated)

    def quota_refusal(self, failure: BaseException) -> QuotaRefusal | None:
        """What a failure says of the history quota; None where it is about something else."""
        figures = quota_refusal(failure) if isinstance(failure, ServerRejected) else None
        return QuotaRefusal(*figures) if figures is not None else None

    def on_order(self, listener: Callable[[OrderPush], None]) -> Callable[[], None]:
        """Call ``listener`` on the I/O thread for each order push; returns what ends it."""
        return self.source.on_order(listener)

    async def instrument(self, symbol: Symbol) -> Instrument:
        """What ticket checks need to know of a security; asked once per session."""
        if symbol not in self._instruments:
            try:
                columns = await self.io(self.source.static_info([symbol]))
            except SymbolError as exc:
                raise exc.of("symbol") from exc.__cause__  # what the server said
            self._instruments[symbol] = instrument_of(symbol, columns)
        return self._instruments[symbol]

    async def calendar(self, market: Market) -> MarketCalendar:
        """The market's calendar, corrected by what the server says of recent and coming days, if it says anything."""
        good_until, calendar = self._calendars.get(market, (0.0, MarketCalendar(market)))
        if time.monotonic() < good_until and not calendar.is_stale(self.now()):
            return calendar
        today = calendar.day_of(self.now())
        try:
            calendar = await self._told_calendar(market, today)
        except (ServerRejected, DateRangeError) as error:
            log.warning("The server does not tell the calendar of %s; the recorded one is used. %s", market, error)
            calendar = MarketCalendar(market, today=today)
        self._calendars[market] = (time.monotonic() + SERVER_CALENDAR_LIFE_S, calendar)
        return calendar

    async def _told_calendar(self, market: Market, today: date) -> MarketCalendar:
        """The recorded calendar with what commands 8 and 9 say."""
        start = today - timedelta(days=SERVER_CALENDAR_PAST_DAYS)
        end = today + timedelta(days=SERVER_CALENDAR_DAYS_AHEAD)
        spans = await self.io(self.source.market_sessions())
        full_days, half_days = await self.io(self.source.trading_days(market, start, end))
        return MarketCalendar.corrected(
            market,
            start=start,
            end=end,
            full_days=full_days,
            half=half_days,
            today=today,
            today_spans=spans.get(market, ()),
        )

    def close(self) -> None:
        """Close links, thread, simulator and temporary folder. Closing twice, or in a fork, does no harm."""
        if self.closed or self._pid != os.getpid():
            return
        self.closed = True
        self._to_close.close()
