"""Puts a simulated broker together from its parts: one seed, one clock, one account, one server. Starts nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from lpresearch.base.errors import InputError
from lpresearch.sim.defaults import BY_TIER, SEED, ByTier
from lpresearch.sim.exchange.entitlements import Entitlements
from lpresearch.sim.exchange.expiries import Expiries
from lpresearch.sim.exchange.quota_tier import earned_quota
from lpresearch.sim.exchange.records import Journal
from lpresearch.sim.exchange.statements import Statements
from lpresearch.sim.exchange.trade_api import TradeApi, open_trading
from lpresearch.sim.faults.fault import Fault
from lpresearch.sim.faults.faults import Faults
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.replay import Replay, ReplayedMarket
from lpresearch.sim.server.door import Keys
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.pushes import QuotePushes
from lpresearch.sim.server.recorder import Recorded
from lpresearch.sim.server.replayed_pushes import ReplayedPushes
from lpresearch.sim.server.server import Server
from lpresearch.sim.server.timeline import Timeline
from lpresearch.sim.state import KeptToken, Part, State


def assemble(
    *,
    seed: int | None,
    clock: Clock,
    bars: Path | None,
    keys: Keys,
    limits: Limits,
    history_quota: int | ByTier,
    state: Path | None = None,
    universe: int = 0,
    on_request: Callable[[Recorded], None] | None = None,
    faults: Sequence[Fault] | None = None,
    replay: Replay | None = None,
) -> Server:
    """A server that has yet to be started; it lets go of its state when it is stopped.

    Parameters
    ----------
    seed : None for the one that the state was made with, or the usual one.
    history_quota : distinct symbols of history in a month; "tier" for what the account's assets and orders earn.
    universe : how many made-up shares are listed at most, see ``Market``.
    state : the file that keeps the account over restarts; None to forget.
    replay : a recording whose pushes are served in place of the market's own; the clock is then its.
    faults : what is to go wrong, and more may be added to it later; None for nothing, ever.

    Raises
    ------
    InputError : a folder of bars that cannot be read; a quota that is none.
    StoreError : a state file that cannot be used.
    ConfigError : a state that does not go with the seed, the clock or the bars.
    """
    if history_quota != BY_TIER and not (isinstance(history_quota, int) and history_quota >= 0):
        raise InputError("history_quota", history_quota, f"it is a whole number from 0, or {BY_TIER!r}")
    memory = State(state, seed=seed) if state is not None else None
    usual = SEED if seed is None else seed
    try:
        market, pushes = _market(memory.seed if memory else usual, clock, bars, universe, limits, replay)
        trade = open_trading(market, clock)
        entitlements = Entitlements(market, trade.account, trade.exchange)
        server = Server(
            market,
            clock,
            trade,
            Timeline(market, clock, trade.exchange, entitlements, Expiries(market, trade.account, trade.exchange)),
            Statements(trade.account, trade.exchange, clock, market),
            keys=keys,
            limits=limits,
            history_quota=_earned(trade, clock) if history_quota == BY_TIER else history_quota,
            member_id=memory.member_id if memory else None,
            on_request=on_request,
            memory=memory,
            faults=Faults(market.seed, faults) if faults is not None else None,
            pushes=pushes,
        )
        if memory is not None:
            _remember(memory, server, trade, entitlements, clock)
    except BaseException:
        if memory is not None:
            memory.close()
        raise
    return server


def _earned(trade: TradeApi, clock: Clock) -> Callable[[], int]:
    """The history quota that follows the account."""
    return lambda: earned_quota(trade.account, trade.exchange, clock.now())


def _market(
    seed: int, clock: Clock, bars: Path | None, universe: int, limits: Limits, replay: Replay | None
) -> tuple[Market, QuotePushes]:
    """The market, and what pushes its quotes."""
    if replay is None:
        market = Market(seed, clock, bars_dir=bars, universe=universe)
        return market, QuotePushes(market, limits, time.monotonic)
    replayed = ReplayedMarket(seed, clock, replay, bars_dir=bars, universe=universe)
    return replayed, ReplayedPushes(replayed, limits, time.monotonic, clock=clock)


def _remember(memory: State, server: Server, trade: TradeApi, entitlements: Entitlements, clock: Clock) -> None:
    """Bring the account to where its state left it, then end the orders whose day passed in the meantime."""
    parts: dict[str, Part] = {
        "history-quota": server.quota,
        "watchlist": server.watchlist,
        "token": KeptToken(server.credentials),
        "entitlements": entitlements,
    }
    memory.attach(Journal(trade.exchange, trade.account), parts, clock=clock, market=server.market)
    trade.exchange.expire()
    memory.save()
