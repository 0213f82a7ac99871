"""The one writer of a series, across threads and processes. A killed one lets go and leaves only rubbish behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf
from pathlib import Path

from filelock import FileLock, Timeout

from lpresearch.base.errors import StoreError, StoreLocked

_patience_s: ContextVar[float] = ContextVar("patience_s", default=inf)


@contextmanager
def hurried(wait_s: float) -> Iterator[None]:
    """Whoever writes within this context waits no longer than that for another writer."""
    token = _patience_s.set(wait_s)
    try:
        yield
    finally:
        _patience_s.reset(token)


class Writing:
    """A context in which nobody else writes a series.

    Parameters
    ----------
    path : the lock file; temporary files beside it that begin with its stem are cleared.
    timeout_s : how long to wait for another writer.

    Raises
    ------
    StoreLocked : another process writes the same series for longer than that.
    StoreError : a full, read-only or vanished disk.
    """

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = min(timeout_s, _patience_s.get())
        self._lock = FileLock(path, timeout=self._timeout_s)

    def __enter__(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
        except Timeout as exc:
            hint = "Wait for the other notebook or backfill, or end it."
            raise StoreLocked(
                str(self._path), f"another process has written this series for {self._timeout_s:g} s", hint=hint
            ) from exc
        except OSError as exc:
            raise self._error(exc) from exc
        try:
            for left_behind in self._path.parent.glob(f"{self._path.stem}*.tmp"):  # by a writer that was killed
                left_behind.unlink(missing_ok=True)
        except OSError as exc:
            self._lock.release()
            raise self._error(exc) from exc

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def _error(self, exc: OSError) -> StoreError:
        hint = "Choose a cache folder that can be written (LPRESEARCH_CACHE_DIR)."
        return StoreError(str(self._path), f"cannot be written: {exc.strerror or exc}", hint=hint)
