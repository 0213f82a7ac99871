"""The simulated broker on a daemon thread of this process: for tests and notebooks. The rules are elsewhere."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from lpresearch.base.errors import UsageError
from lpresearch.sim.assembly import assemble
from lpresearch.sim.defaults import ByTier
from lpresearch.sim.faults.fault import Fault
from lpresearch.sim.faults.fault_file import read_faults
from lpresearch.sim.faults.faults import Faults
from lpresearch.sim.market.clock import Clock, seconds_of
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.door import Keys
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.recorder import Recorded
from lpresearch.sim.server.server import Server, Urls
from lpresearch.sim.server.traffic import Served

MOST_RECORDED = 100_000
START_WAIT_S = 30.0


class Running:
    """A simulated broker that runs; made by ``serve``."""

    def __init__(self, server: Server, recorded: deque[Recorded], *, host: str, port: int) -> None:
        self._server = server
        self._recorded = recorded
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        started: Future[Urls] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(started, host, port)), name="lpresearch-sim", daemon=True
        )
        self._thread.start()
        self._urls = started.result(START_WAIT_S)

    def __repr__(self) -> str:
        return f"<simulated broker {self.market.mark} at {self._urls.http_url}>"

    @property
    def urls(self) -> dict[str, str]:
        """``http_url``, ``quote_ws_url`` and ``trade_ws_url``."""
        return self._urls.as_dict()

    @property
    def market(self) -> Market:
        """The simulated market behind the server."""
        return self._server.market

    @property
    def faults(self) -> Faults:
        """What is to go wrong, and what did."""
        assert self._server.faults is not None  # ``serve`` always gives some, if only none
        return self._server.faults

    @property
    def recorded(self) -> list[Recorded]:
        """The requests heard so far, oldest first; of very many the newest."""
        return list(self._recorded)

    def advance(self, step: float | str | timedelta) -> None:
        """Move the clock forward; orders meet every price on the way, at its moment. Returns when all of it is done.

        Parameters
        ----------
        step : seconds, a ``timedelta``, or a text as ``"90s"``, ``"30m"``, ``"2h"``, ``"1d"``.

        Raises
        ------
        ConfigError : no such stretch, or one that is not above zero.
        UsageError : the simulator has ended.
        """
        self._on_loop(self._server.timeline.advance(seconds_of(step)))

    def set_price(self, symbol: str, price: Decimal | float | str) -> None:
        """Let a security trade at a price from now on and go on from there; what is on it moves along.

        Where it does not trade now, its next trade is at the price.

        Raises
        ------
        InputError : a symbol that is not listed, follows another, has ended or has bars of your own; a price that is
            not above zero, not on the price steps, or more than a thousand times the last one.
        UsageError : the simulator has ended.
        """

        async def set_it() -> None:
            timeline = self._server.timeline
            await timeline.catch_up()
            timeline.pass_moment()
            self.market.set_price(symbol, price)
            timeline.look()

        self._on_loop(set_it())

    def pause(self) -> None:
        """Let the market stand still. Again does nothing."""
        self._on_loop(self._server.timeline.pause())

    def resume(self) -> None:
        """Let the market run on from where it stands, a ``ManualClock`` too. Again does nothing."""
        self._on_loop(self._server.timeline.resume())

    def served(self) -> Served:
        """Clients, subscriptions and orders of this moment, packets and calls since the start."""
        return self._server.served()

    def environment(self) -> dict[str, str]:
        """The variables that make any LongPort program of either brand talk to this server, with its token of now."""
        keys = self._server.credentials.keys
        values = {
            "APP_KEY": keys.app_key,
            "APP_SECRET": keys.app_secret,
            "ACCESS_TOKEN": keys.access_token,
            "HTTP_URL": self._urls.http_url,
            "QUOTE_WS_URL": self._urls.quote_ws_url,
            "TRADE_WS_URL": self._urls.trade_ws_url,
            "REGION": "hk",
        }
        return {prefix + name: value for prefix in ("LONGBRIDGE_", "LONGPORT_") for name, value in values.items()}

    def close(self) -> None:
        """End the server and its thread. Again does nothing."""
        if self._thread.is_alive() and self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _on_loop(self, work: Coroutine[object, object, None]) -> None:
        """Do some work on the thread of the server, and wait for its end."""
        if self._loop is None or not self._thread.is_alive() or threading.current_thread() is self._thread:
            work.close()
            raise UsageError("The simulated broker has ended, or this is its own thread: steer it from another one.")
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _serve(self, started: Future[Urls], host: str, port: int) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            try:
                started.set_result(await self._server.start(host, port))
            except OSError as exc:
                started.set_exception(exc)
                return
            await self._stop.wait()
        finally:
            await self._server.stop()


@contextmanager
def serve(
    *,
    seed: int | None = None,
    port: int = 0,
    app_key: str = "sim-key",
    app_secret: str = "sim-secret",
    access_token: str = "sim-token",
    clock: str | Clock = "open",
    bars: str | Path | None = None,
    limits: Limits | None = None,
    history_quota: int | ByTier = 100,
    host: str = "127.0.0.1",
    state: str | Path | None = None,
    universe: int = 0,
    faults: str | Path | Sequence[Fault] = (),
) -> Iterator[Running]:
    """A simulated broker for the time of a ``with`` block.

    Parameters
    ----------
    seed : the same seed gives the same market; None for the one that the state was made with, or the usual one.
    port : 0 takes a free one.
    app_key, app_secret, access_token : the credentials it accepts.
    clock : ``open`` (every market trades at any hour), ``real`` (as on the calendar), or a clock of your own, such as
        ``Clock.replay("2026-03-02", speed=60)``.
    bars : a folder of your own bars, one file for each symbol.
    limits : how fast and how much clients may ask; the broker's by default.
    history_quota : distinct symbols of history in a calendar month; ``"tier"`` for as many as the account's assets and
        filled orders earn by the broker's table.
    host : where to listen.
    universe : how many made-up shares are listed besides: the first well-formed symbols that are asked for.
    state : a file that keeps account, orders, watchlist, token and history quota over restarts; None to forget them.
    faults : what is to go wrong, as ``Fault`` values or a TOML file of them; ``market.faults`` changes it later.

    Raises
    ------
    OSError : the port is taken.
    InputError : a folder of bars that cannot be read; a quota that is none; a fault that cannot be.
    StoreError : a state that cannot be used; ConfigError where it does not go with the seed, the clock or the bars.

    Examples
    --------
    >>> with serve(seed=7) as market:
    ...     sorted(market.urls)
    ['http_url', 'quote_ws_url', 'trade_ws_url']
    """
    recorded: deque[Recorded] = deque(maxlen=MOST_RECORDED)
    server = assemble(
        seed=seed,
        clock=clock if isinstance(clock, Clock) else Clock(clock),
        bars=Path(bars) if bars is not None else None,
        keys=Keys(app_key, app_secret, access_token),
        limits=limits or Limits(),
        history_quota=history_quota,
        state=Path(state) if state is not None else None,
        faults=read_faults(Path(faults)) if isinstance(faults, str | Path) else faults,
        universe=universe,
        on_request=recorded.append,
    )
    running = Running(server, recorded, host=host, port=port)
    try:
        yield running
    finally:
        running.close()
