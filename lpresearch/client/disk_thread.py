"""The disk thread: short pieces of file and SQLite work of the main thread, out of reach of interrupts.

Python raises an interrupt in the main thread between any two of its steps: within a transaction, or with a lock just
taken. So the main thread does no such work itself; what it hands over here comes to its end.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from lpresearch.net.pending import Pending

T = TypeVar("T")
Tasks = SimpleQueue[Callable[[], None] | None]

JOIN_S = 5.0  # how long close() waits for the piece under way


class DiskThread:
    """A daemon thread, started when first used. Closed, or in a fork, it leaves the work to the caller's thread."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._tasks = Tasks()

    def submit(self, work: Callable[[], T]) -> Pending[T]:
        """Do the work when all that was submitted before is done."""
        pending: Pending[T] = Pending()
        with self._lock:
            taken = self._runs()
            if taken:
                self._tasks.put(lambda: pending.perform(work))
        if not taken:
            pending.perform(work)
        return pending

    def leave(self) -> None:
        """Wait no longer for what was submitted: the thread ends with it, and the next work gets another."""
        with self._lock:
            self._tasks.put(None)
            self._thread, self._tasks = None, Tasks()

    def close(self) -> None:
        """End the thread when all is done that was submitted. Closing twice, or in a fork, does no harm."""
        if self._pid != os.getpid():
            return
        with self._lock:
            self._closed = True
            self._tasks.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(JOIN_S)

    def _runs(self) -> bool:
        """Whether the thread takes work; starts it where that is still to do."""
        if self._closed or self._pid != os.getpid() or sys.is_finalizing():
            return False
        if self._thread is None or not self._thread.is_alive():  # an interrupt may have come amid its start
            self._tasks.put(None)
            self._tasks = Tasks()
            thread = threading.Thread(target=_perform, args=(self._tasks,), name="lpresearch-disk", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter ends: no thread starts any more
                return False
            self._thread = thread
        return True


def _perform(tasks: Tasks) -> None:
    while task := tasks.get():
        task()
