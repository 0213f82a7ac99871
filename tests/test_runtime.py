"""The I/O thread."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from lpresearch.base.errors import UsageError
from lpresearch.net.runtime import Runtime

DEADLINE_S = 10.0


@pytest.fixture
def runtime() -> Iterator[Runtime]:
    made = Runtime()
    yield made
    made.close()


async def where() -> str:
    return threading.current_thread().name


async def for_ever(started: threading.Event) -> None:
    started.set()
    await asyncio.Event().wait()


def test_work_runs_on_the_io_thread(runtime: Runtime) -> None:
    assert runtime.submit(where()).result(DEADLINE_S) == "lpresearch-io"


def test_an_error_reaches_the_caller(runtime: Runtime) -> None:
    async def fails() -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        runtime.submit(fails()).result(DEADLINE_S)


def test_cancelling_the_future_cancels_the_work(runtime: Runtime) -> None:
    started, ended = threading.Event(), threading.Event()

    async def work() -> None:
        try:
            await for_ever(started)
        finally:
            ended.set()

    future = runtime.submit(work())
    assert started.wait(DEADLINE_S)
    future.cancel()
    assert ended.wait(DEADLINE_S)


def test_close_ends_what_still_runs() -> None:
    runtime, started = Runtime("closing-io"), threading.Event()
    future = runtime.submit(for_ever(started))
    assert started.wait(DEADLINE_S)
    runtime.close()
    with pytest.raises(CancelledError):
        future.result(DEADLINE_S)
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
    assert runtime.submit(where()).result(DEADLINE_S) == "lpresearch-io"
