"""One text, two faces: effects performed by blocking, or awaited on the caller's loop."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import threading
import traceback
from concurrent.futures import Future

import pytest

from lpresearch.client.facade import Aside, Disk, Io, both


def _done(value: int) -> Io[int]:
    future: Future[int] = Future()
    future.set_result(value)
    return Io(future)


@both
async def add(left: int, right: int) -> int:
    """The sum."""
    return await _done(left) + await Disk(lambda: right)


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
    failed: Future[int] = Future()
    failed.set_exception(TimeoutError("late"))

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
    failed: Future[int] = Future()
    failed.set_exception(TimeoutError("late"))

    @both
    async def careless() -> int:
        return await Io(failed)

    with pytest.raises(TimeoutError):
        asyncio.run(careless.aio())
    gc.collect()
    assert not caplog.records


def test_an_interrupt_cancels_the_work_and_reaches_the_core() -> None:
    waiting: Future[int] = Future()
    seen: list[str] = []

    class Interrupted(Io[int]):
        def block(self) -> int:
            waiting.add_done_callback(lambda future: seen.append(f"cancelled={future.cancelled()}"))
            waiting.cancel()
            raise KeyboardInterrupt

    @both
    async def core() -> None:
        try:
            await Interrupted(waiting)
        finally:
            await Disk(lambda: seen.append("cleaned up"))

    with pytest.raises(KeyboardInterrupt):
        core()
    assert seen == ["cancelled=True", "cleaned up"]


def test_an_interrupt_does_not_cut_in_half_what_is_done_aside() -> None:
    begun, go, ended, told = threading.Event(), threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        assert go.wait(10)
        ended.set()

    @both
    async def careful() -> None:
        await Aside(work, interrupted=told.set)

    def interrupt() -> None:
        assert begun.wait(10)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt).start()
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


def test_disk_work_of_the_async_face_leaves_the_loop_thread() -> None:
    @both
    async def where() -> str:
        return await Disk(lambda: threading.current_thread().name)

    assert where() == threading.current_thread().name
    assert asyncio.run(where.aio()) != threading.current_thread().name


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
