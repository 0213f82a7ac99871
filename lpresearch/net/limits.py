"""How fast requests may leave: documented paces and the rates that the server names. Knows no sockets.

A request waits in line and is never refused here. The line is fair, first come first served; a request of a slow
command does not hold up the others. With :meth:`Limiter.share` all processes of an account keep the pace together.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

from lpresearch.accounts.passes import Pass, PassLog, Verdict
from lpresearch.base.model import CommandRate
from lpresearch.base.source import Pace

MARGIN = 1.015  # clocks and networks differ: every interval is kept 1.5 % longer than the server asks
_UNLIMITED = 2**31
_MOST_UNTOLD = 100


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
        self._pace = pace
        self._clock = clock
        self._sleep = sleep
        self._at_once = asyncio.Semaphore(pace.at_once or _UNLIMITED)
        self._all = _Line(Window(pace))
        self._lines = {command: _Line(Window(own)) for command, own in (commands or {}).items()}
        self._log: PassLog | None = None
        self._telling: set[asyncio.Future[None]] = set()
        self._untold: deque[Pass] = deque(maxlen=_MOST_UNTOLD)  # what left before the log was there

    def share(self, path: str, lane: str, *, held_s: float) -> None:
        """Keep the pace together with all processes that share a file, from now on. Disk work.

        Parameters
        ----------
        path, lane : the account's SQLite file, and the name of this limiter in it.
        held_s : how long a request can be in flight.
        """
        log = PassLog(Path(path), lane, at_once=self._pace.at_once, held_s=held_s, clock=self._clock)
        log.add(self._untold)
        self._log = log

    async def close(self) -> None:
        """Let go of the shared file, when all that left is told there."""
        await asyncio.gather(*self._telling, return_exceptions=True)
        if self._log is not None:
            self._log.close()
            self._log = None

    def learn(self, rates: Mapping[int, CommandRate]) -> None:
        """Keep to the server's own rates from now on, besides the documented paces."""
        for command, rate in rates.items():
            line = self._line(command)
            line.gates = [gate for gate in line.gates if not isinstance(gate, Bucket)]
            if rate.calls_per_s > 0:
                line.gates.append(Bucket(rate))

    @contextlib.asynccontextmanager
    async def slot(self, command: int = 0) -> AsyncIterator[None]:
        """Wait for the turn of a request; it counts as in flight for as long as the block runs."""
        row = await self._turn(command)
        try:
            yield
        finally:
            self._at_once.release()
            self._finish(row)

    async def _turn(self, command: int) -> int | None:
        """Stand in the command's line, then for a free place, then in the line of all, then among the processes."""
        line = self._line(command)
        async with line.order:
            while True:
                await self._wait(line)
                await self._at_once.acquire()
                try:
                    async with self._all.order:
                        await self._wait(self._all)
                        verdict = await self._leave(command)
                except BaseException:
                    self._at_once.release()
                    raise
                if verdict.wait_s <= 0:
                    return verdict.row
                self._at_once.release()
                await self._sleep(verdict.wait_s)

    async def _leave(self, command: int) -> Verdict:
        """Count the request, if the other processes let it leave."""
        log = self._log
        if log is None:
            verdict = Verdict(self._clock())
            self._untold.append(Pass(command, verdict.at))
            self._left(command, verdict)
            return verdict
        loop, decide = asyncio.get_running_loop(), self._decider(command)
        try:
            attempt = loop.run_in_executor(None, log.attempt, command, decide)
        except RuntimeError:  # the interpreter ends: no thread starts any more
            verdict = log.attempt(command, decide)
            self._left(command, verdict)
            return verdict
        try:
            verdict = await asyncio.shield(attempt)
        except asyncio.CancelledError:
            attempt.add_done_callback(partial(self._given_up, command))
            raise
        self._left(command, verdict)
        return verdict

    def _left(self, command: int, verdict: Verdict) -> None:
        if verdict.wait_s <= 0:
            self._passed(Pass(command, verdict.at))

    def _given_up(self, command: int, attempt: asyncio.Future[Verdict]) -> None:
        """The attempt went on without its request: it counts, but is not in flight."""
        if attempt.exception() is None:
            self._left(command, attempt.result())
            self._finish(attempt.result().row)

    def _decider(self, command: int) -> Callable[[Sequence[Pass], float], float]:
        """What the log asks: how long this command must wait, given what other processes did meanwhile."""

        def decide(others: Sequence[Pass], now: float) -> float:
            for one in others:
                self._passed(one)
            return max(gate.opens_at(now) for gate in (*self._line(command).gates, *self._all.gates)) - now

        return decide

    def _passed(self, one: Pass) -> None:
        for gate in (*self._line(one.command).gates, *self._all.gates):
            gate.passed(one.at)

    def _finish(self, row: int | None) -> None:
        """Free the place in flight; nobody waits for the disk."""
        if row is None or self._log is None:
            return
        with contextlib.suppress(RuntimeError):  # the interpreter ends: no thread starts any more, the deadline tells
            telling = asyncio.get_running_loop().run_in_executor(None, self._log.finish, row)
            self._telling.add(telling)
            telling.add_done_callback(self._telling.discard)

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
