"""Puts a simulated broker together from its parts: one seed, one clock, one account, one server. Starts nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from lpresearch.sim.exchange.statements import Statements
from lpresearch.sim.exchange.trade_api import open_trading
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.door import Keys
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.recorder import Recorded
from lpresearch.sim.server.server import Server


def assemble(
    *,
    seed: int,
    clock: Clock,
    bars: Path | None,
    keys: Keys,
    limits: Limits,
    history_quota: int,
    on_request: Callable[[Recorded], None] | None = None,
) -> Server:
    """A server that has yet to be started.

    Raises
    ------
    InputError : a folder of bars that cannot be read.
    """
    market = Market(seed, clock, bars_dir=bars)
    trade = open_trading(market, clock)
    return Server(
        market,
        clock,
        trade,
        trade.exchange,
        Statements(trade.account, trade.exchange, clock),
        keys=keys,
        limits=limits,
        history_quota=history_quota,
        on_request=on_request,
    )
