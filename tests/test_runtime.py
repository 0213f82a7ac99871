"""The I/O thread."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest

from lpresearch.base.errors import UsageError
from lpresearch.net.pending import Pending
from lpresearch.net.runtime import Runtime

T = TypeVar("T")

DEADLINE_S = 10.0


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    made = Runtime()
    yield made
    made.close()


def outcome_of(pending: Pending[T]) -> T:
    assert pending.wait(DEADLINE_S)
    return pending.outcome()


async def where() -> str:
    return threading.current_thread().name


async def for_ever(started: threading.Event) -> None:
    started.set()
    await asyncio.Event().wait()


def test_work_runs_on_the_io_thread(runtime: Runtime) -> None:
    assert outcome_of(runtime.submit(where())) == "lpresearch-io"


def test_an_error_reaches_the_caller(runtime: Runtime) -> None:
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        outcome_of(runtime.submit(fails()))


def test_cancelling_it_cancels_the_work(runtime: Runtime) -> None:
    started, ended = threading.Event(), threading.Event()

    async def work() -> None:
        try:
            await for_ever(started)
        finally:
            ended.set()

    pending = runtime.submit(work())
    assert started.wait(DEADLINE_S)
    pending.cancel()
    assert ended.wait(DEADLINE_S)


def test_close_ends_what_still_runs() -> None:
    runtime, started = Runtime("closing-io"), threading.Event()
    pending = runtime.submit(for_ever(started))
    assert started.wait(DEADLINE_S)
    runtime.close()
    with pytest.raises(asyncio.CancelledError):
        outcome_of(pending)
    assert "closing-io" not in [thread.name for thread in threading.enumerate()]


def test_a_closed_runtime_takes_no_work_and_closes_again() -> None:
    runtime = Runtime()
    runtime.close()
    runtime.close()
    with pytest.raises(UsageError, match="closed"):
        runtime.submit(where())


def test_in_a_forked_process_the_session_is_of_no_use(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = os.getpid()
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: parent + 1)
        with pytest.raises(UsageError, match="forked"):
            runtime.submit(where())
        runtime.close()
    assert outcome_of(runtime.submit(where())) == "lpresearch-io"


def test_it_is_waited_for_on_several_threads_and_loops_at_once(runtime: Runtime) -> None:
    go = asyncio.Event()

    async def work() -> str:
        await go.wait()
        return "done"

    async def waits() -> str:
        await asyncio.gather(*(pending.arrival() for _ in range(3)))
        return pending.outcome()

    pending = runtime.submit(work())
    assert not pending.wait(0.01)
    with ThreadPoolExecutor(6) as pool:
        plain = [pool.submit(outcome_of, pending) for _ in range(3)]
        on_loops = [pool.submit(asyncio.run, waits()) for _ in range(3)]

        async def let_go() -> None:
            go.set()

        outcome_of(runtime.submit(let_go()))
        assert {future.result(DEADLINE_S) for future in (*plain, *on_loops)} == {"done"}
    assert asyncio.run(waits()) == outcome_of(pending) == "done"


def test_a_loop_that_ended_while_it_waited_is_no_harm(runtime: Runtime) -> None:
    started = threading.Event()
    pending = runtime.submit(for_ever(started))
    loop = asyncio.new_event_loop()
    waiting = loop.create_task(pending.arrival())
    loop.run_until_complete(asyncio.sleep(0))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run_until_complete(waiting)
    loop.close()
    pending.cancel()
    assert pending.wait(DEADLINE_S)
    assert outcome_of(runtime.submit(where())) == "lpresearch-io"
