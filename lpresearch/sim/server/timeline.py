"""How time passes in a simulated broker: by itself, by a jump ahead, or not at all. Resting orders meet all of it.

However fast the clock runs or how far it jumps, orders look at the market at each extreme that a minute's trades reach,
if that is anywhere near their price. Belongs to the server's event loop.
"""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass
from typing import Protocol

from lpresearch.base.model import Side
from lpresearch.sim.exchange.exchange import Exchange
from lpresearch.sim.exchange.orders import TRAIL_TYPES, Order
from lpresearch.sim.market.clock import Clock

STEP_EVERY_S = 0.1
MOMENT_S = 0.001
STRIDE_S = 900.0  # sessions begin and end on a quarter of an hour; others are let in at least as often
_NEAR = 0.01  # the book is never as far as that from the last price
_AT_ONCE_S = 1.0  # of market time: shorter than what lies between the extremes of a minute


class TurningPoints(Protocol):
    """The market as time passes in it."""

    def turning_points(self, symbol: str, *, after: float, until: float, below: float, above: float) -> list[float]: ...


class Morning(Protocol):
    """What days bring."""

    def step(self, now: float, /) -> None:
        """Do what has come into force since the last step."""
        ...


@dataclass
class Watch:
    """What the open orders of one security wait for: a price this low, one this high, looks at a moment."""

    below: float = -math.inf
    above: float = math.inf
    looks: int = 1

    def add(self, order: Order) -> None:
        """Wait for what an order waits for; one that follows the price, or takes any, waits for every price."""
        price = order.terms.trigger_price if order.waits_for_trigger else order.limit
        falling = not order.trigger_rising if order.waits_for_trigger else order.side is Side.BUY
        every = price is None or (order.waits_for_trigger and order.order_type in TRAIL_TYPES)
        if every or falling:
            self.below = max(self.below, math.inf if price is None or every else float(price) * (1 + _NEAR))
        elif price is not None:
            self.above = min(self.above, float(price) * (1 - _NEAR))
        if order.waits_for_trigger:
            self.looks = max(self.looks, order.terms.trigger_count)


class Timeline:
    """The time of one simulated broker.

    Parameters
    ----------
    market, clock : what has extremes, and what time it is there.
    exchange : what looks at them.
    mornings : what comes into force as days pass, before the exchange looks.
    """

    def __init__(self, market: TurningPoints, clock: Clock, exchange: Exchange, *mornings: Morning) -> None:
        self._market = market
        self._clock = clock
        self._exchange = exchange
        self._mornings = mornings
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
        """Let the market stand still; orders meet all that came until then."""
        self._clock.pause()
        await self.catch_up()

    async def resume(self) -> None:
        """Let it run on from where it stands."""
        self._clock.resume()

    def pass_moment(self) -> None:
        """Move the clock by the least there is, so that what comes next is later than all that was told."""
        self._clock.advance(MOMENT_S)

    def look(self) -> None:
        """Let resting orders look at the market as it is now."""
        self._step(self._clock.now())

    def _walk(self, end: float) -> None:
        """Go from where all is done to the next quarter of an hour or the end, or to where other prices matter."""
        start = self._done
        stop = min((start // STRIDE_S + 1) * STRIDE_S, end)
        watched = self._watched()
        moments = {stop}
        for symbol, watch in watched.items():
            for moment in self._market.turning_points(
                symbol, after=start, until=stop, below=watch.below, above=watch.above
            ):
                moments.update(moment + look * STEP_EVERY_S for look in range(watch.looks))
        delayed = (order.terms.delayed_until for order in self._exchange.orders.values() if order.is_delayed)
        moments.update(float(moment) for moment in delayed)
        for moment in sorted(moment for moment in moments if start < moment <= stop):
            self._step(moment)
            if self._watched() != watched:
                return

    def _watched(self) -> dict[str, Watch]:
        """What is waited for, by symbol."""
        found: dict[str, Watch] = {}
        for order in self._exchange.orders.values():
            if order.is_open and not order.is_asleep and not order.is_delayed:
                found.setdefault(order.symbol, Watch()).add(order)
        return found

    def _step(self, moment: float) -> None:
        with self._clock.held(moment):
            for morning in self._mornings:
                morning.step(moment)
            self._exchange.step(moment)
        self._done = moment
