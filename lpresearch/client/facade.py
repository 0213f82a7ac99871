"""One text, two faces: every public function is written once and can be called from plain code and from async code.

The core of a function is an ``async def`` that awaits *effects* only: ``session.io(...)`` (work on the I/O thread) and
``session.disk(...)`` (short work on files). Called plainly, the effects are performed one after the other while the
caller's thread waits without holding the GIL; it can be interrupted, and the threads that work cannot. Called as
``function.aio(...)``, they are awaited on the caller's own loop, and disk work goes to a thread of asyncio's. No core
runs on the I/O thread.
IPython leaves this machinery out of tracebacks (``__tracebackhide__``).
"""

from __future__ import annotations

import asyncio
import functools
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Generator
from typing import Generic, ParamSpec, Protocol, TypeVar, cast

from lpresearch.base.errors import LinkClosed
from lpresearch.client.disk_thread import DiskThread
from lpresearch.net.pending import Pending

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Core = Coroutine[object, object, R]

GRACE_S = 0.5  # a piece of disk work that was begun may end before an interrupt is raised


class Effect(ABC, Generic[T]):
    """Something that takes time. Awaiting it hands it to the driver of the core."""

    def __await__(self) -> Generator[object, object, T]:
        return cast("T", (yield self))

    @abstractmethod
    def block(self) -> T:
        """Perform it on this thread."""

    @abstractmethod
    async def wait(self) -> T:
        """Perform it on the caller's loop."""


class Io(Effect[T]):
    """Work that already runs on the I/O thread. Giving up on it cancels it there."""

    def __init__(self, pending: Pending[T]) -> None:
        self._pending = pending

    def block(self) -> T:
        try:
            self._pending.wait()
        except BaseException:
            self._pending.cancel()
            raise
        return self._outcome()

    async def wait(self) -> T:
        try:
            await self._pending.arrival()
        except BaseException:
            self._pending.cancel()
            raise
        return self._outcome()

    def give_up(self) -> None:
        """End it, from any thread; whoever waits for it learns that it was closed."""
        self._pending.cancel()

    def _outcome(self) -> T:
        try:
            return self._pending.outcome()
        except asyncio.CancelledError:
            raise LinkClosed("the session", "it was closed before the answer came") from None


class Disk(Effect[T]):
    """A short piece of work on files and SQLite. An interrupt is raised when the piece is done, or after a moment."""

    def __init__(self, work: Callable[[], T], thread: DiskThread) -> None:
        self._work = work
        self._thread = thread

    def block(self) -> T:
        if threading.current_thread() is not threading.main_thread():
            return self._work()  # interrupts reach the main thread only
        pending = self._thread.submit(self._work)
        try:
            pending.wait()
        except BaseException:
            if not pending.wait(GRACE_S):
                self._thread.leave()
            raise
        return pending.outcome()

    async def wait(self) -> T:
        working = asyncio.ensure_future(asyncio.to_thread(self._work))
        try:
            await asyncio.wait([working])
        except asyncio.CancelledError:
            await asyncio.wait([working], timeout=GRACE_S)
            working.add_done_callback(lambda one: one.cancelled() or one.exception())  # nobody asks any more
            raise
        return working.result()


class Aside(Effect[T]):
    """Work that an interrupt must not cut in half: it ends the waiting, and the work goes on on a thread of its own.

    Parameters
    ----------
    interrupted : called when nobody waits any more.
    """

    def __init__(self, work: Callable[[], T], *, interrupted: Callable[[], None] = lambda: None) -> None:
        self._work = work
        self._interrupted = interrupted

    def block(self) -> T:
        if sys.is_finalizing():  # no thread runs any more
            return self._work()
        pending: Pending[T] = Pending()
        thread = threading.Thread(target=pending.perform, args=(self._work,), name="lpresearch-aside", daemon=True)
        try:
            try:
                thread.start()  # an interrupt may come here already, with the thread at work
            except RuntimeError:  # the interpreter ends: no thread starts any more
                pending.perform(self._work)
            pending.wait()
        except BaseException:
            self._interrupted()
            raise
        if thread.ident is not None:
            thread.join()
        return pending.outcome()

    async def wait(self) -> T:
        try:
            return await asyncio.to_thread(self._work)
        except asyncio.CancelledError:
            self._interrupted()
            raise


def drive(core: Core[R]) -> R:
    """Run a core on this thread, performing each effect it awaits. What an effect raises is raised in the core."""
    __tracebackhide__ = True
    step: Callable[..., object] = core.send
    value: object = None
    while True:
        try:
            effect = cast("Effect[object]", step(value))
        except StopIteration as end:
            return cast("R", end.value)
        try:
            value, step = effect.block(), core.send
        except BaseException as exc:
            value, step = exc, core.throw


async def drive_async(core: Core[R]) -> R:
    """Run a core on the caller's loop. The same walk as ``drive``, with waits instead of blocks."""
    __tracebackhide__ = True
    step: Callable[..., object] = core.send
    value: object = None
    while True:
        try:
            effect = cast("Effect[object]", step(value))
        except StopIteration as end:
            return cast("R", end.value)
        try:
            value, step = await effect.wait(), core.send
        except BaseException as exc:
            value, step = exc, core.throw


class Both(Protocol[P, R_co]):
    """A public function: called plainly it returns the result; ``.aio`` is its twin, ``.core`` is for other cores."""

    @property
    def core(self) -> Callable[P, Coroutine[object, object, R_co]]: ...

    @property
    def aio(self) -> Callable[P, Coroutine[object, object, R_co]]: ...

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...


def both(core: Callable[P, Core[R]]) -> Both[P, R]:
    """Make a public function of a core."""

    @functools.wraps(core)
    def plain(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        return drive(core(*args, **kwargs))

    @functools.wraps(core)
    async def aio(*args: P.args, **kwargs: P.kwargs) -> R:
        __tracebackhide__ = True
        return await drive_async(core(*args, **kwargs))

    aio.__doc__ = f"The async twin of ``{core.__name__}``; same arguments, same result."
    plain.__dict__.update(core=core, aio=aio)
    return cast("Both[P, R]", plain)
