"""The I/O thread: one daemon thread with its own event loop, where all sockets live. Never runs a caller's code."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import TypeVar

from lpresearch.base.errors import UsageError
from lpresearch.net.pending import Pending

T = TypeVar("T")

JOIN_S = 5.0  # how long close() waits for the thread to wind up


class Runtime:
    """An event loop on a thread of its own. It keeps running while a notebook cell blocks the kernel's loop.

    Raises
    ------
    UsageError : the interpreter ends.
    """

    def __init__(self, name: str = "lpresearch-io") -> None:
        if sys.is_finalizing():
            raise UsageError("The interpreter ends: no session can be opened any more.")
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._closed = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[object, object, T]) -> Pending[T]:
        """Start a coroutine on the I/O thread; its outcome may be waited for on any other thread, or cancelled.

        Raises
        ------
        UsageError : the runtime is closed, or belongs to the process that this one was forked from.
        """
        if os.getpid() != self._pid:
            work.close()
            raise UsageError("This session belongs to another process (it was forked). Call connect() in this one.")
        with self._lock:
            if self._closed:
                work.close()
                raise UsageError("The session is closed. Call connect() again.")
            asked = _Asked(self._loop, work)
            self._loop.call_soon_threadsafe(asked.start)
            return asked

    def close(self) -> None:
        """Cancel everything that runs and end the thread. Closing twice, or in a fork, does no harm."""
        with self._lock:
            if self._closed or os.getpid() != self._pid:
                return
            self._closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            tasks = asyncio.all_tasks(self._loop)
            for task in tasks:
                task.cancel()
            self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        finally:
            self._loop.close()


class _Asked(Pending[T]):
    """A coroutine of the I/O thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, work: Coroutine[object, object, T]) -> None:
        super().__init__()
        self._loop = loop
        self._work = work
        self._task: asyncio.Task[T] | None = None

    def start(self) -> None:
        """On the I/O thread."""
        self._task = self._loop.create_task(self._work)
        self._task.add_done_callback(lambda task: self.perform(task.result))

    def cancel(self) -> None:
        with suppress(RuntimeError):  # the loop is closed, and with it the task
            self._loop.call_soon_threadsafe(self._stop)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
