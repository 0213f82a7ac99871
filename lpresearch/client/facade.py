"""One text, two faces: every public function is written once and can be called from plain code and from async code.

The core of a function is an ``async def`` that awaits *effects* only: ``session.io(...)`` (work on the I/O thread) and
``session.disk(...)`` (work on files). Called plainly, the effects are performed one after the other on the caller's
thread, which waits for the I/O thread without holding the GIL and can be interrupted. Called as ``function.aio(...)``,
they are awaited on the caller's own loop, and disk work goes to a thread. No core runs on the I/O thread.
IPython leaves this machinery out of tracebacks (``__tracebackhide__``).
"""

from __future__ import annotations

import asyncio
import functools
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Generator
from concurrent import futures
from concurrent.futures import Future
from typing import Generic, ParamSpec, Protocol, TypeVar, cast

from lpresearch.base.errors import LinkClosed

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)
Core = Coroutine[object, object, R]

INTERRUPT_CHECK_S = 0.2  # on Windows a lock cannot be interrupted, so waits are cut into pieces


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

    def __init__(self, future: Future[T]) -> None:
        self._future = future

    def block(self) -> T:
        try:
            while not futures.wait([self._future], INTERRUPT_CHECK_S).done:
                pass
        except BaseException:
            self._future.cancel()
            raise
        return self._result()

    async def wait(self) -> T:
        here = asyncio.wrap_future(self._future)
        try:
            await asyncio.wait([here])
        except BaseException:
            self._future.cancel()
            raise
        if not here.cancelled():
            here.exception()  # it is raised below; nobody is told later that it was never looked at
        return self._result()

    def give_up(self) -> None:
        """End it, from any thread; whoever waits for it learns that it was closed."""
        self._future.cancel()

    def _result(self) -> T:
        try:
            return self._future.result()
        except futures.CancelledError:
            raise LinkClosed("the session", "it was closed before the answer came") from None


class Disk(Effect[T]):
    """Work on files and SQLite."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work

    def block(self) -> T:
        return self._work()

    async def wait(self) -> T:
        return await asyncio.to_thread(self._work)


class Aside(Disk[T]):
    """Work that an interrupt must not cut in half: it ends the waiting, and the work goes on on a thread of its own.

    Parameters
    ----------
    interrupted : called when nobody waits any more.
    """

    def __init__(self, work: Callable[[], T], *, interrupted: Callable[[], None] = lambda: None) -> None:
        super().__init__(work)
        self._interrupted = interrupted

    def block(self) -> T:
        done: Future[T] = Future()
        done.set_running_or_notify_cancel()  # from now on it cannot be cancelled
        thread = threading.Thread(target=self._perform, args=(done,), name="lpresearch-aside", daemon=True)
        try:
            try:
                thread.start()  # an interrupt may come here already, with the thread at work
            except RuntimeError:  # the interpreter ends: no thread starts any more
                self._perform(done)
            return Io(done).block()
        finally:
            if not done.done():
                self._interrupted()
            elif thread.ident is not None:
                thread.join()

    async def wait(self) -> T:
        try:
            return await super().wait()
        except asyncio.CancelledError:
            self._interrupted()
            raise

    def _perform(self, done: Future[T]) -> None:
        try:
            done.set_result(self._work())
        except BaseException as exc:  # the edge of the thread: it is raised where the work is waited for
            done.set_exception(exc)


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
