"""The pace of requests, in virtual time."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Coroutine

import pytest

from lpresearch.base.model import CommandRate
from lpresearch.base.source import Pace
from lpresearch.net.limits import Limiter

MARGIN = 1.02  # no wait is longer than what the server asks plus 2 %


class VirtualTime:
    """A clock that stands still while anything can run, and then jumps to the next sleeper."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def clock(self) -> float:
        return self.now

    async def sleep(self, delay_s: float) -> None:
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + delay_s, next(self._order), wake))
        await wake

    def run(self, *work: Coroutine[object, object, None]) -> None:
        asyncio.run(self._run(*work))

    async def _run(self, *work: Coroutine[object, object, None]) -> None:
        tasks = [asyncio.create_task(item) for item in work]
        while not all(task.done() for task in tasks):
            for _ in range(50):
                await asyncio.sleep(0)
            if self._sleepers:
                self.now, _, wake = heapq.heappop(self._sleepers)
                if not wake.done():
                    wake.set_result(None)
        for task in tasks:
            if not task.cancelled():
                task.result()


def ask(
    time: VirtualTime, limiter: Limiter, starts: list[float], *, takes_s: float = 0.0, command: int = 0
) -> Coroutine[object, object, None]:
    async def one() -> None:
        async with limiter.slot(command):
            starts.append(time.now)
            if takes_s:
                await time.sleep(takes_s)

    return one()


def test_a_window_holds_no_more_than_its_calls_and_loses_no_more_than_2_percent() -> None:
    time, starts = VirtualTime(), list[float]()
    limiter = Limiter(Pace(10, 1.0), clock=time.clock, sleep=time.sleep)
    time.run(*(ask(time, limiter, starts) for _ in range(100)))
    assert all(later - earlier >= 1.01 for earlier, later in zip(starts, starts[10:], strict=False))
    assert starts[-1] <= 9 * MARGIN


def test_a_gap_is_kept_between_two_calls() -> None:
    time, starts = VirtualTime(), list[float]()
    limiter = Limiter(Pace(30, 30.0, gap_s=0.02), clock=time.clock, sleep=time.sleep)
    time.run(*(ask(time, limiter, starts) for _ in range(10)))
    gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
    assert all(0.02 < gap <= 0.02 * MARGIN for gap in gaps)


def test_no_more_than_so_many_are_in_flight() -> None:
    time, starts = VirtualTime(), list[float]()
    limiter = Limiter(Pace(100, 1.0, at_once=5), clock=time.clock, sleep=time.sleep)
    time.run(*(ask(time, limiter, starts, takes_s=10.0) for _ in range(12)))
    assert starts == [0.0] * 5 + [10.0] * 5 + [20.0] * 2


def test_the_line_is_first_come_first_served() -> None:
    time, order = VirtualTime(), list[int]()
    limiter = Limiter(Pace(2, 1.0, at_once=2), clock=time.clock, sleep=time.sleep)

    async def one(number: int) -> None:
        async with limiter.slot():
            order.append(number)
            await time.sleep(0.1)

    time.run(*(one(number) for number in range(20)))
    assert order == list(range(20))


def test_a_slow_command_does_not_hold_up_the_others() -> None:
    time, slow, quick = VirtualTime(), list[float](), list[float]()
    limiter = Limiter(Pace(10, 1.0, at_once=5), {27: Pace(2, 30.0)}, clock=time.clock, sleep=time.sleep)
    time.run(*(ask(time, limiter, slow, command=27) for _ in range(4)), *(ask(time, limiter, quick) for _ in range(5)))
    assert quick == [0.0] * 5
    assert slow[:2] == [0.0, 0.0]
    assert 30.0 < slow[2] <= 30.0 * MARGIN


def test_the_servers_own_rate_allows_a_burst_and_then_drips() -> None:
    time, starts = VirtualTime(), list[float]()
    limiter = Limiter(Pace(1000, 1.0), clock=time.clock, sleep=time.sleep)
    limiter.learn({11: CommandRate(calls_per_s=2, burst=4)})
    time.run(*(ask(time, limiter, starts, command=11) for _ in range(8)))
    assert starts[:4] == [0.0] * 4
    assert starts[4:] == pytest.approx([0.5, 1.0, 1.5, 2.0], rel=0.02)
    assert all(start > floor for start, floor in zip(starts[4:], [0.5, 1.0, 1.5, 2.0], strict=True))


def test_a_rate_of_zero_means_not_said() -> None:
    time, starts = VirtualTime(), list[float]()
    limiter = Limiter(Pace(1000, 1.0), clock=time.clock, sleep=time.sleep)
    limiter.learn({11: CommandRate(calls_per_s=0, burst=0)})
    time.run(*(ask(time, limiter, starts, command=11) for _ in range(8)))
    assert starts == [0.0] * 8


def test_who_gives_up_while_waiting_leaves_no_trace() -> None:
    time, starts = VirtualTime(), list[float]()
    limiter = Limiter(Pace(1, 10.0, at_once=1), clock=time.clock, sleep=time.sleep)

    async def scene() -> None:
        first = asyncio.create_task(ask(time, limiter, starts))
        waiting = [asyncio.create_task(ask(time, limiter, starts)) for _ in range(3)]
        for _ in range(10):
            await asyncio.sleep(0)
        for task in waiting[:2]:
            task.cancel()
        await asyncio.gather(first, *waiting, return_exceptions=True)

    time.run(scene())
    assert len(starts) == 2
    assert 10.0 < starts[1] <= 10.0 * MARGIN


def test_a_call_that_fails_frees_its_place() -> None:
    time, starts = VirtualTime(), list[float]()
    limiter = Limiter(Pace(100, 1.0, at_once=1), clock=time.clock, sleep=time.sleep)

    async def fails() -> None:
        with pytest.raises(ValueError, match="broken"):
            async with limiter.slot():
                raise ValueError("broken")

    time.run(fails(), ask(time, limiter, starts))
    assert starts == [0.0]
