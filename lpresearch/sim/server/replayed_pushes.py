"""Pushes of a recording, packet for packet, at the pace at which they were received."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable

from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.replay import ReplayedMarket
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.links import Link
from lpresearch.sim.server.push_kinds import BROKERS, DEPTH, QUOTE, TRADE
from lpresearch.sim.server.pushes import QuotePushes
from lpresearch.wire.packets import Packet, PacketType, encode

log = logging.getLogger("lpresearch.sim")

_LONGEST_SLEEP_S = 0.5  # so that a clock that is moved is noticed
_COMMANDS = {QUOTE: 101, DEPTH: 102, BROKERS: 103, TRADE: 104}
_KINDS = {command: kind for kind, command in _COMMANDS.items()}


class ReplayedPushes(QuotePushes):
    """The subscriptions of all quote links, and the pushes of a recording to them.

    Parameters
    ----------
    clock : stands still while nobody watches, so that nobody comes too late.
    """

    def __init__(self, market: ReplayedMarket, limits: Limits, monotonic: Callable[[], float], *, clock: Clock) -> None:
        super().__init__(market, limits, monotonic)
        self._replay = market.replay
        self._clock = clock

    async def run(self) -> None:
        """Play it from the beginning to the end."""
        for push in self._replay.pushes():
            await self._somebody()
            while (ahead_s := push.at_ns / 1e9 - self._clock.now()) > 0:
                await asyncio.sleep(min(ahead_s / self._clock.speed, _LONGEST_SLEEP_S))
                await self._somebody()
            symbol = self._replay.take(push)
            line = self._watched.get(symbol, {}).get(_KINDS.get(push.command, 0))
            packet = encode(Packet(PacketType.PUSH, push.command, push.body))
            for link in list(line.links) if line is not None else ():
                link.push_bytes(packet)
        log.warning("The recording %s has been played to its end.", self._replay.path)
        await asyncio.Event().wait()

    async def _somebody(self) -> None:
        """Wait until somebody watches."""
        if self._watched:
            return
        self._clock.pause()
        self._some.clear()
        await self._some.wait()
        self._clock.resume()

    async def snapshot(self, link: Link, items: Iterable[tuple[str, list[int]]]) -> None:
        """Tell a link how things stand, as far as the recording has told it."""
        for symbol, kinds in items:
            for kind in kinds:
                body = self._replay.whole(_COMMANDS[kind], symbol)
                if body:
                    link.push_bytes(encode(Packet(PacketType.PUSH, _COMMANDS[kind], body)))
            await asyncio.sleep(0)
