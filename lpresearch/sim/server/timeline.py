"""How time passes in a simulated broker: by itself, by a jump ahead, or not at all. Resting orders meet all of it.

Orders look at the market at each extreme that a minute's trades reach, however fast the clock runs or how far it jumps.
Belongs to the server's event loop.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from lpresearch.sim.exchange.entitlements import Entitlements
from lpresearch.sim.exchange.exchange import Exchange
from lpresearch.sim.market.clock import Clock

STRIDE_S = 900.0  # sessions begin and end on a quarter of an hour; others are let in at least as often
_AT_ONCE_S = 1.0  # of market time: shorter than what lies between the extremes of a minute


class TurningPoints(Protocol):
    """The market as time passes in it."""

    def turning_points(self, symbol: str, *, after: float, until: float) -> list[float]: ...


class Timeline:
    """The time of one simulated broker.

    Parameters
    ----------
    market, clock : what has extremes, and what time it is there.
    exchange, entitlements : what looks at them, and what comes into force as days pass.
    """

    def __init__(self, market: TurningPoints, clock: Clock, exchange: Exchange, entitlements: Entitlements) -> None:
        self._market = market
        self._clock = clock
        self._exchange = exchange
        self._entitlements = entitlements
        self._done = clock.now()  # up to here, orders have met everything

    async def catch_up(self) -> None:
        """Let resting orders meet what came since the last time; with none of them that costs nothing."""
        now = self._clock.now()
        if now <= self._done + _AT_ONCE_S:  # also where a clock was set back
            self._step(now)
        while self._done < now:
            self._walk(now)
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Move the clock forward, and let everything on the way happen at its moment."""
        end = self._clock.now() + seconds
        while (now := self._clock.now()) < end:
            self._done = min(self._done, now)
            self._walk(end)
            self._clock.advance(max(self._done - self._clock.now(), 0.0))
            await asyncio.sleep(0)

    async def pause(self) -> None:
        """Let the market stand still."""
        self._clock.pause()

    async def resume(self) -> None:
        """Let it run on from where it stands."""
        self._clock.resume()

    def look(self) -> None:
        """Let resting orders look at the market as it is now."""
        self._step(self._clock.now())

    def _walk(self, end: float) -> None:
        """Go from where all is done to the next quarter of an hour, or to the end where that is sooner."""
        start = self._done
        stop = min((start // STRIDE_S + 1) * STRIDE_S, end)
        moments = {stop}
        for symbol in {order.symbol for order in self._exchange.orders.values() if order.is_open}:
            moments.update(self._market.turning_points(symbol, after=start, until=stop))
        for moment in sorted(moments):
            self._step(moment)

    def _step(self, moment: float) -> None:
        with self._clock.held(moment):
            self._entitlements.step(moment)
            self._exchange.step(moment)
        self._done = moment
