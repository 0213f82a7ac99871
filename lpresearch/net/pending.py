"""What another thread is making, waited for on any thread or loop; no interrupt of the waiting holds that thread up.

The futures of the standard library take a lock in Python code on both sides; a Ctrl-C at the wrong moment leaves it
taken, and the thread that would give the result waits for ever. Here the waiting side takes nothing the other needs.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from math import inf
from typing import Generic, TypeVar, cast

T = TypeVar("T")

_SLICE_S = 0.2  # on Windows a lock cannot be interrupted, so waits are cut into pieces


class Pending(Generic[T]):
    """The outcome of some work, once it is there.

    Attributes
    ----------
    done : whether it is there.
    """

    def __init__(self) -> None:
        self.done = False
        self._gate = threading.Lock()  # opened by whoever does the work
        self._gate.acquire()
        self._listeners: list[Callable[[], None]] = []
        self._result: T | None = None
        self._failure: BaseException | None = None

    def perform(self, work: Callable[[], T]) -> None:
        """Do the work on this thread; what it returns or raises is the outcome."""
        try:
            self._result = work()
        except BaseException as exc:  # the edge of the thread: it is raised where the work is waited for
            self._failure = exc
        self.done = True
        self._gate.release()
        self._tell()

    def cancel(self) -> None:
        """Nobody wants it any more. Work that cannot be broken off comes to its end."""

    def wait(self, timeout_s: float = inf) -> bool:
        """Wait on this thread, so long at most; whether it is done."""
        deadline = time.monotonic() + timeout_s
        while not self.done and (left := deadline - time.monotonic()) > 0:
            if self._gate.acquire(timeout=min(left, _SLICE_S)):
                self._gate.release()  # for others who wait
        return self.done

    async def arrival(self) -> None:
        """Wait on the caller's loop."""
        loop = asyncio.get_running_loop()
        here: asyncio.Future[None] = loop.create_future()

        def tell() -> None:
            with suppress(RuntimeError):  # that loop was closed meanwhile
                loop.call_soon_threadsafe(arrive)

        def arrive() -> None:
            if not here.done():
                here.set_result(None)

        self._listeners.append(tell)
        if self.done:
            self._tell()
        await here

    def outcome(self) -> T:
        """What the work returned; raises what it raised. Only when it is done."""
        try:
            if self._failure is not None:
                raise self._failure
            return cast("T", self._result)
        finally:
            del self  # the failure's traceback would hold this frame, which holds the failure

    def _tell(self) -> None:
        """Each listener once, whoever comes first to tell it."""
        try:
            while True:
                self._listeners.pop()()
        except IndexError:
            pass
