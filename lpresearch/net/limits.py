"""How fast requests may leave: documented paces and the rates that the server names. Knows no sockets.

A request waits in line and is never refused here. The line is fair, first come first served; a request of a slow
command does not hold up the others.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Protocol

from lpresearch.base.model import CommandRate
from lpresearch.base.source import Pace

MARGIN = 1.015  # clocks and networks differ: every interval is kept 1.5 % longer than the server asks
_UNLIMITED = 2**31


class Gate(Protocol):
    """One rule about when the next request may leave."""

    def opens_at(self, now: float) -> float: ...

    def passed(self, now: float) -> None: ...


class Window:
    """At most so many requests within any span of so many seconds, and a gap between two."""

    def __init__(self, pace: Pace) -> None:
        self._span_s = pace.per_s * MARGIN
        self._gap_s = pace.gap_s * MARGIN
        self._past: deque[float] = deque(maxlen=pace.calls)

    def opens_at(self, now: float) -> float:
        """The earliest time of the next request."""
        if not self._past:
            return now
        earliest = self._past[-1] + self._gap_s
        if len(self._past) == self._past.maxlen:
            earliest = max(earliest, self._past[0] + self._span_s)
        return max(now, earliest)

    def passed(self, now: float) -> None:
        """A request leaves."""
        self._past.append(now)


class Bucket:
    """Tokens that drip in at a rate, up to a burst; each request takes one (``rate_limit`` of the profile)."""

    def __init__(self, rate: CommandRate) -> None:
        self._token_s = MARGIN / rate.calls_per_s
        self._burst = max(rate.burst, 1)
        self._full_at = float("-inf")

    def opens_at(self, now: float) -> float:
        """The earliest time of the next request."""
        return max(now, self._full_at - (self._burst - 1) * self._token_s)

    def passed(self, now: float) -> None:
        """A request leaves."""
        self._full_at = max(self._full_at, now) + self._token_s


class _Line:
    """Requests in the order they came, and the gates that the first of them waits for."""

    def __init__(self, *gates: Gate) -> None:
        self.order = asyncio.Lock()
        self.gates = list(gates)


class Limiter:
    """Paces of one account: one for all requests together, others for single commands.

    Parameters
    ----------
    pace : the rule for all requests together.
    commands : further rules, by command.
    clock, sleep : of the same kind of seconds; given by tests.
    """

    def __init__(
        self,
        pace: Pace,
        commands: Mapping[int, Pace] | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._at_once = asyncio.Semaphore(pace.at_once or _UNLIMITED)
        self._all = _Line(Window(pace))
        self._lines = {command: _Line(Window(own)) for command, own in (commands or {}).items()}

    def learn(self, rates: Mapping[int, CommandRate]) -> None:
        """Keep to the server's own rates from now on, besides the documented paces."""
        for command, rate in rates.items():
            line = self._line(command)
            line.gates = [gate for gate in line.gates if not isinstance(gate, Bucket)]
            if rate.calls_per_s > 0:
                line.gates.append(Bucket(rate))

    @asynccontextmanager
    async def slot(self, command: int = 0) -> AsyncIterator[None]:
        """Wait for the turn of a request; it counts as in flight for as long as the block runs."""
        await self._turn(command)
        try:
            yield
        finally:
            self._at_once.release()

    async def _turn(self, command: int) -> None:
        """Stand in the command's line, then for a free place, then in the line of all."""
        line = self._line(command)
        async with line.order:
            await self._wait(line)
            await self._at_once.acquire()
            try:
                async with self._all.order:
                    await self._wait(self._all)
                    now = self._clock()
                    for gate in (*line.gates, *self._all.gates):
                        gate.passed(now)
            except BaseException:
                self._at_once.release()
                raise

    async def _wait(self, line: _Line) -> None:
        """Until every gate of the line is open."""
        while True:
            now = self._clock()
            delay = max((gate.opens_at(now) for gate in line.gates), default=now) - now
            if delay <= 0:
                return
            await self._sleep(delay)

    def _line(self, command: int) -> _Line:
        return self._lines.setdefault(command, _Line())
