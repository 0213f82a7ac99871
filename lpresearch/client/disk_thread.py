"""The disk thread: short pieces of file and SQLite work, one after the other, out of reach of interrupts.

Python raises an interrupt in the main thread between any two of its steps: within a transaction, or with a lock just
taken. So the main thread does no such work itself; what it hands over here comes to its end.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from lpresearch.net.pending import Pending

T = TypeVar("T")

JOIN_S = 5.0  # how long close() waits for the piece under way


class DiskThread:
    """A daemon thread, started when first used. Closed, or in a fork, it leaves the work to the caller's thread."""

    def __init__(self) -> None:
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._closed = False
        self._thread: threading.Thread | None = None
        self._tasks: SimpleQueue[Callable[[], None] | None] = SimpleQueue()

    def submit(self, work: Callable[[], T]) -> Pending[T]:
        """Do the work when all that was submitted before is done. Cancelled before its turn, it is left."""
        pending: Pending[T] = Pending()
        with self._lock:
            taken = self._runs()
            if taken:
                self._tasks.put(lambda: None if pending.cancelled else pending.perform(work))
        if not taken:
            pending.perform(work)
        return pending

    def close(self) -> None:
        """End the thread when all is done that was submitted. Closing twice, or in a fork, does no harm."""
        if self._pid != os.getpid():
            return
        with self._lock:
            self._closed = True
            self._tasks.put(None)
        if self._thread not in (None, threading.current_thread()):
            self._thread.join(JOIN_S)

    def _runs(self) -> bool:
        """Whether the thread takes work; starts it where that is still to do."""
        if self._thread is None and not self._closed and self._pid == os.getpid():
            thread = threading.Thread(target=self._perform, name="lpresearch-disk", daemon=True)
            try:
                thread.start()
            except RuntimeError:  # the interpreter ends: no thread starts any more
                self._closed = True
            else:
                self._thread = thread
        return not self._closed and self._pid == os.getpid()

    def _perform(self) -> None:
        while task := self._tasks.get():
            task()
