"""One text, two faces: effects performed by blocking, or awaited on the caller's loop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import pytest

from lpresearch.client import facade
from lpresearch.client.disk_thread import DiskThread
from lpresearch.client.facade import Aside, Disk, Io, both
from lpresearch.net.pending import Pending
from lpresearch.net.runtime import Runtime

T = TypeVar("T")

DISK_THREAD = DiskThread()


@pytest.fixture(scope="module", autouse=True)
def end_of_the_disk_thread() -> Iterator[None]:
    yield
    DISK_THREAD.close()


def _done(value: int) -> Io[int]:
    pending: Pending[int] = Pending()
    pending.perform(lambda: value)
    return Io(pending)


def _disk(work: Callable[[], T]) -> Disk[T]:
    return Disk(work, DISK_THREAD)


def _late() -> int:
    raise TimeoutError("late")


@both
async def add(left: int, right: int) -> int:
    """The sum."""
    return await _done(left) + await _disk(lambda: right)


def test_both_faces_give_the_same_result() -> None:
    assert add(1, 2) == 3
    assert asyncio.run(add.aio(1, 2)) == 3


def test_the_plain_face_keeps_name_signature_and_documentation() -> None:
    assert add.__name__ == "add"  # type: ignore[attr-defined] # it is a function
    assert add.__doc__ == "The sum."


def test_a_plain_call_works_inside_a_running_loop() -> None:
    async def cell() -> int:
        return add(1, 2)

    assert asyncio.run(cell()) == 3


def test_what_an_effect_raises_is_raised_in_the_core() -> None:
    failed: Pending[int] = Pending()
    failed.perform(_late)

    @both
    async def careful() -> str:
        try:
            await Io(failed)
        except TimeoutError as error:
            return str(error)
        return "in time"

    assert careful() == "late"
    assert asyncio.run(careful.aio()) == "late"


def test_what_was_raised_on_the_callers_loop_is_not_told_again_as_never_retrieved(
    caplog: pytest.LogCaptureFixture,
) -> None:
    failed: Pending[int] = Pending()
    failed.perform(_late)

    @both
    async def careless() -> int:
        return await Io(failed)

    with pytest.raises(TimeoutError):
        asyncio.run(careless.aio())
    gc.collect()
    assert not caplog.records


def _interrupt_when(begun: threading.Event) -> None:
    def interrupt() -> None:
        assert begun.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()


def test_an_interrupt_cancels_the_work_and_reaches_the_core() -> None:
    begun, seen = threading.Event(), list[str]()

    async def work() -> None:
        try:
            begun.set()
            await asyncio.sleep(60)
        finally:
            seen.append("cancelled")

    @both
    async def core() -> None:
        try:
            await Io(runtime.submit(work()))
        finally:
            await _disk(lambda: seen.append("cleaned up"))

    runtime = Runtime()
    _interrupt_when(begun)
    with pytest.raises(KeyboardInterrupt):
        core()
    runtime.close()
    assert sorted(seen) == ["cancelled", "cleaned up"]


def test_a_piece_of_disk_work_ends_before_the_interrupt_is_raised() -> None:
    begun, seen = threading.Event(), list[str]()

    def piece() -> None:
        begun.set()
        time.sleep(0.3)
        seen.append("ended")

    @both
    async def core() -> None:
        await _disk(piece)
        seen.append("went on")

    _interrupt_when(begun)
    with pytest.raises(KeyboardInterrupt):
        core()
    assert seen == ["ended"]

    async def cancelled() -> None:
        call = asyncio.create_task(core.aio())
        await asyncio.sleep(0.1)
        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()

    asyncio.run(cancelled())
    assert seen == ["ended", "ended"]


def test_disk_work_that_takes_long_is_left_after_a_moment_and_the_next_gets_a_thread_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(facade, "GRACE_S", 0.1)
    begun, go, ended = threading.Event(), threading.Event(), threading.Event()

    def long() -> None:
        begun.set()
        assert go.wait(10)
        ended.set()

    @both
    async def core(work: Callable[[], None]) -> None:
        await _disk(work)

    _interrupt_when(begun)
    with pytest.raises(KeyboardInterrupt):
        core(long)
    core(lambda: None)  # it does not wait
    assert not ended.is_set()
    go.set()
    assert ended.wait(10)


def test_async_disk_work_does_not_wait_for_that_of_others() -> None:
    go = threading.Event()

    @both
    async def core(work: Callable[[], object]) -> None:
        await _disk(work)

    async def calls() -> None:
        first = asyncio.create_task(core.aio(lambda: go.wait(10)))
        await core.aio(lambda: None)
        assert not first.done()
        go.set()
        await first

    asyncio.run(calls())


def test_an_interrupt_does_not_cut_in_half_what_is_done_aside() -> None:
    begun, go, ended, told = threading.Event(), threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go.wait(10)
        ended.set()

    @both
    async def careful() -> None:
        await Aside(work, interrupted=told.set)

    _interrupt_when(begun)
    with pytest.raises(KeyboardInterrupt):
        careful()
    assert told.is_set()
    assert not ended.is_set()
    go.set()
    assert ended.wait(10)


def test_what_is_done_aside_gives_its_result_and_its_error_on_both_faces() -> None:
    @both
    async def careful(value: str) -> int:
        return await Aside(lambda: int(value))

    assert careful("7") == asyncio.run(careful.aio("7")) == 7
    with pytest.raises(ValueError, match="invalid literal"):
        careful("x")
    with pytest.raises(ValueError, match="invalid literal"):
        asyncio.run(careful.aio("x"))
    assert not [thread for thread in threading.enumerate() if thread.name == "lpresearch-aside"]


def test_disk_work_leaves_the_thread_that_can_be_interrupted() -> None:
    @both
    async def where() -> str:
        return await _disk(lambda: threading.current_thread().name)

    assert where() == "lpresearch-disk"
    assert asyncio.run(where.aio()) != threading.current_thread().name
    with ThreadPoolExecutor(1, thread_name_prefix="another") as pool:
        assert pool.submit(where).result() == "another_0"


def test_a_traceback_in_ipython_shows_the_cell_and_the_function_but_not_the_machinery() -> None:
    @both
    async def fails() -> None:
        raise ValueError("told")

    with pytest.raises(ValueError, match="told") as caught:
        fails()
    shown = [
        frame.f_code.co_name
        for frame, _ in traceback.walk_tb(caught.value.__traceback__)
        if "__tracebackhide__" not in frame.f_locals
    ]
    assert shown == ["test_a_traceback_in_ipython_shows_the_cell_and_the_function_but_not_the_machinery", "fails"]


def test_an_interrupt_amid_the_start_of_the_disk_thread_leaves_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    thread, seen = DiskThread(), list[str]()
    start = threading.Thread.start

    def interrupted(self: threading.Thread) -> None:
        start(self)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", interrupted)
        with pytest.raises(KeyboardInterrupt):
            thread.submit(lambda: None)
    for number in range(3):
        thread.submit(partial(seen.append, str(number)))
    thread.close()
    assert seen == ["0", "1", "2"]
    deadline = time.monotonic() + 10
    while sum(one.name == "lpresearch-disk" for one in threading.enumerate()) > 1:  # that of the module's own
        assert time.monotonic() < deadline, threading.enumerate()
        time.sleep(0.01)


def test_a_disk_thread_that_was_closed_leaves_the_work_to_the_caller() -> None:
    thread, seen = DiskThread(), list[str]()
    thread.submit(lambda: time.sleep(0.1))
    waits = thread.submit(lambda: seen.append(threading.current_thread().name))
    thread.close()
    thread.close()
    thread.submit(lambda: seen.append(threading.current_thread().name)).outcome()
    assert waits.done
    assert seen == ["lpresearch-disk", threading.current_thread().name]
