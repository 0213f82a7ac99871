"""One SQLite file shared by threads and processes: write-ahead log, migrations, transactions. Knows no tables."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from lpresearch.base.errors import StoreCorrupt, StoreError, StoreLocked, UsageError

BUSY_TIMEOUT_S = 10.0
_RETRY_S = 0.02
_FULL_DISK_HINT = "Free some space and call again; nothing is lost."
_WRITABLE_HINT = (
    "Check that the folder exists and can be written, or choose another (LPRESEARCH_CACHE_DIR, LPRESEARCH_STATE_DIR)."
)
_CORRUPT_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_LOCKED_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_VERSIONS = "CREATE TABLE IF NOT EXISTS versions (subject TEXT PRIMARY KEY, version INTEGER NOT NULL)"
Value = str | int | float | bytes | None


class Database:
    """An open SQLite file: :meth:`rows` reads and :meth:`transaction` writes, from any thread.

    Parameters
    ----------
    path : the file; its folder is made where it is missing.
    migrations : one SQL script per version; those that the file has not seen are run when it is opened.
    subject : whose tables these are; several subjects share one file, each with versions of its own.
    durable : whether what is committed must outlive a power cut; without, a commit does not wait for the disk.

    Raises
    ------
    StoreError : the place cannot be written; ``StoreCorrupt`` where the file is no database, ``StoreLocked`` where
        another process holds it for longer than the deadline.
    """

    def __init__(self, path: Path, migrations: Sequence[str], *, subject: str, durable: bool = True) -> None:
        self.path = path
        self._subject = subject
        self._durable = durable
        self._migrations = tuple(migrations)
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection
        self._inode = 0
        self._pid = 0
        self._closed = False
        self._open()

    @property
    def journal_mode(self) -> str:
        """``wal``, or ``delete`` where the disk cannot share memory between processes (network disks)."""
        return str(self.rows("PRAGMA journal_mode")[0][0])

    def rows(self, sql: str, values: Sequence[Value] = ()) -> list[tuple[Value, ...]]:
        """All rows of a query."""
        with self._lock, self._told():
            self._be_usable()
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction that excludes all other writers from its first statement on; an error rolls it back."""
        with self._lock, self._told():
            self._be_usable()
            if self.vanished():
                raise StoreError(str(self.path), "the file was deleted while in use", hint="Connect again.")
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def vanished(self) -> bool:
        """Whether the file was deleted or replaced since it was opened."""
        try:
            return self.path.stat().st_ino != self._inode
        except OSError:
            return True

    def close(self) -> None:
        """Let go of the file."""
        if self._pid == os.getpid():  # in a fork a thread that is no more may hold the lock
            with self._lock:
                self._closed = True
                self._connection.close()

    def __del__(self) -> None:
        """Close what nobody holds any more; from Python 3.13 on a connection left to itself is a warning."""
        self.close()

    def _be_usable(self) -> None:
        """A connection must not cross a fork: the child opens its own and leaves the parent's alone."""
        if self._closed:
            raise UsageError("The session is closed. Call connect() again.")
        if self._pid != os.getpid():
            self._open()

    def _open(self) -> None:
        with self._told():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            try:
                _prefer_wal(self._connection)
                self._connection.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'NORMAL'}")
                self._migrate()
            except BaseException:
                self._connection.close()
                raise
            self._inode = self.path.stat().st_ino
            self._pid = os.getpid()

    def _migrate(self) -> None:
        self._connection.execute(_VERSIONS)
        target = len(self._migrations)
        if self._version() >= target:
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            for number in range(self._version(), target):
                for statement in self._migrations[number].split(";"):
                    self._connection.execute(statement)
            self._connection.execute("INSERT OR REPLACE INTO versions VALUES (?, ?)", (self._subject, target))
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise

    def _version(self) -> int:
        row = self._connection.execute("SELECT version FROM versions WHERE subject = ?", (self._subject,)).fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite and the disk say into one of our errors."""
        try:
            yield
        except sqlite3.Error as exc:
            raise self._error(exc) from exc
        except OSError as exc:
            raise StoreError(str(exc.filename or self.path), exc.strerror or str(exc), hint=_WRITABLE_HINT) from exc

    def _error(self, exc: sqlite3.Error) -> StoreError:
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if code in _LOCKED_CODES:
            return StoreLocked(
                str(self.path), f"another process has held it for {BUSY_TIMEOUT_S:g} s", hint="Try again."
            )
        if code in _CORRUPT_CODES:
            return StoreCorrupt(str(self.path), str(exc), hint="Move the file away; a new one is made.")
        hint = _FULL_DISK_HINT if code == sqlite3.SQLITE_FULL else _WRITABLE_HINT
        return StoreError(str(self.path), str(exc), hint=hint)


def _prefer_wal(connection: sqlite3.Connection) -> None:
    """Write-ahead log where the disk allows it. Switching does not wait for other openers by itself, so retry."""
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        except sqlite3.OperationalError as exc:
            if exc.sqlite_errorcode & 0xFF not in _LOCKED_CODES:
                raise
            if time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)
            continue
        if mode != "wal":
            connection.execute("PRAGMA journal_mode=DELETE")
        return
