"""The pace that all processes of an account keep together."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from lpresearch.accounts.passes import Pass, PassLog
from lpresearch.base.source import Pace
from lpresearch.net.limits import Limiter
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.threaded import serve

CALLS, SPAN_S, AT_ONCE = 10, 0.2, 2
KERNELS, EACH = 3, 20
KERNEL = f"""
import asyncio, json, sys, time
from lpresearch.base.source import Pace
from lpresearch.net.limits import Limiter

async def main():
    limiter = Limiter(Pace({CALLS}, {SPAN_S}, at_once={AT_ONCE}))
    limiter.share(sys.argv[1], "quote", held_s=60.0)
    held = []

    async def one():
        async with limiter.slot(11):
            start = time.monotonic()
            await asyncio.sleep(0.002)
            held.append((start, time.monotonic()))

    sys.stdin.readline()
    await asyncio.gather(*(one() for _ in range({EACH})))
    await limiter.close()
    print(json.dumps(held))

asyncio.run(main())
"""

QUOTES = 11
OVER_HTTP = "/quote/quotes"  # one kernel has the link of the account, the other asks by requests
ASKING = """
import asyncio, sys
import lpresearch as lp
lp.connect()
print("ready", flush=True)
sys.stdin.readline()

async def main():
    return await asyncio.gather(*(lp.quote.aio("700.HK") for _ in range(10)))

print(len(asyncio.run(main())))
"""


class Hand:
    """A clock moved by hand."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def freely(others: Sequence[Pass], now: float) -> float:
    return 0.0


def test_kernels_together_keep_the_pace_and_the_number_in_flight(tmp_path: Path) -> None:
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL, str(tmp_path / "account.sqlite")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(KERNELS)
    ]
    for kernel in kernels:
        assert kernel.stdin is not None
        kernel.stdin.write("go\n")
        kernel.stdin.flush()
    held = sorted(span for kernel in kernels for span in json.loads(kernel.communicate(timeout=60)[0]))
    starts = [start for start, _ in held]
    assert len(starts) == KERNELS * EACH
    # A process may be held up between its leave and the moment that it notes, so the rule is seen from the next window.
    assert starts[-1] - starts[0] > (KERNELS * EACH / CALLS - 1) * SPAN_S - SPAN_S
    events = sorted([(start, 1) for start, _ in held] + [(end, -1) for _, end in held])
    assert max(itertools.accumulate(step for _, step in events)) <= AT_ONCE


def test_what_others_did_is_told_once_and_in_order(tmp_path: Path) -> None:
    clock, heard = Hand(), list[Pass]()
    ours, theirs = (PassLog(tmp_path / "a.sqlite", "quote", at_once=None, held_s=30.0, clock=clock) for _ in range(2))

    def listen(others: Sequence[Pass], now: float) -> float:
        heard.extend(others)
        return 0.0

    for command in (11, 27):
        theirs.attempt(command, freely)
        clock.now += 1
    ours.attempt(19, listen)
    ours.attempt(19, listen)
    assert heard == [Pass(11, 1000.0), Pass(27, 1001.0)]


def test_lanes_do_not_hear_of_each_other(tmp_path: Path) -> None:
    quote, trade = (
        PassLog(tmp_path / "a.sqlite", lane, at_once=1, held_s=30.0, clock=Hand()) for lane in ("quote", "trade")
    )
    assert quote.attempt(11, freely).row is not None
    assert trade.attempt(0, freely).row is not None


def test_a_killed_holder_frees_its_place_after_its_deadline(tmp_path: Path) -> None:
    clock = Hand()
    killed, living = (PassLog(tmp_path / "a.sqlite", "q", at_once=1, held_s=30.0, clock=clock) for _ in range(2))
    killed.attempt(11, freely)
    assert living.attempt(11, freely).wait_s > 0
    clock.now += 29.9
    assert living.attempt(11, freely).row is None
    clock.now += 0.2
    assert living.attempt(11, freely).row is not None


def test_a_request_that_is_over_frees_its_place(tmp_path: Path) -> None:
    log = PassLog(tmp_path / "a.sqlite", "q", at_once=1, held_s=30.0, clock=Hand())
    row = log.attempt(11, freely).row
    assert row is not None
    log.finish(row)
    assert log.attempt(11, freely).row is not None


def test_what_was_written_before_the_machine_restarted_holds_nobody_up(tmp_path: Path) -> None:
    PassLog(tmp_path / "a.sqlite", "q", at_once=1, held_s=30.0, clock=Hand(90_000.0)).attempt(11, freely)
    assert PassLog(tmp_path / "a.sqlite", "q", at_once=1, held_s=30.0, clock=Hand(5.0)).attempt(11, freely).row


def test_what_left_before_the_pace_was_shared_counts_for_the_others(tmp_path: Path) -> None:
    path = str(tmp_path / "a.sqlite")

    async def scene() -> None:
        first, second = (Limiter(Pace(2, 3600.0)) for _ in range(2))
        async with first.slot(), first.slot():
            pass
        first.share(path, "quote", held_s=30.0)
        second.share(path, "quote", held_s=30.0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), second.slot():
                pytest.fail("both places of the hour are taken")
        await first.close()
        await second.close()

    asyncio.run(scene())


def test_who_gives_up_while_the_others_are_asked_holds_no_place(tmp_path: Path) -> None:
    async def scene() -> None:
        limiter = Limiter(Pace(1000, 1.0, at_once=1))
        limiter.share(str(tmp_path / "a.sqlite"), "quote", held_s=3600.0)

        async def one() -> None:
            async with limiter.slot():
                pass

        for yields in range(8):  # at different points of the way
            task = asyncio.create_task(one())
            for _ in range(yields):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(30):
            await one()
        await limiter.close()

    asyncio.run(scene())


@pytest.mark.slow
def test_two_kernels_together_never_come_too_fast_for_the_server() -> None:
    with serve(seed=7, limits=Limits(answer_delay_s=0.1)) as broker:  # with the broker's pace
        kernels = [
            subprocess.Popen(
                [sys.executable, "-c", ASKING],
                env=os.environ | broker.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for _ in range(2)
        ]
        for kernel in kernels:
            assert kernel.stdout is not None
            while "ready" not in kernel.stdout.readline():
                assert kernel.poll() is None
        for kernel in kernels:
            assert kernel.stdin is not None
            kernel.stdin.write("go\n")
            kernel.stdin.flush()
        assert [kernel.communicate(timeout=60)[0].split() for kernel in kernels] == [["10"], ["10"]]
        asked = [request for request in broker.recorded if request.command == QUOTES or request.path == OVER_HTTP]
    assert len(asked) == 20  # one that is refused as too fast is asked again


def test_a_process_that_was_killed_holds_no_place_in_flight(tmp_path: Path) -> None:
    path = tmp_path / "account.sqlite"
    program = (
        "import os, sys, time; from pathlib import Path; from lpresearch.accounts.passes import PassLog;"
        "log = PassLog(Path(sys.argv[1]), 'quote', at_once=1, held_s=1e6, clock=time.monotonic);"
        "assert log.attempt(11, lambda others, now: 0.0).row is not None;"
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    log = PassLog(path, "quote", at_once=1, held_s=1e6, clock=time.monotonic)
    assert log.attempt(11, freely).wait_s > 0
    holder.kill()
    holder.communicate()
    assert log.attempt(11, freely).row is not None
    log.close()
