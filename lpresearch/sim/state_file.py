"""The file of a simulator's state: records by key in SQLite, of one simulator at a time. Knows no accounts.

What was written outlives the process, however that ends (kill -9 too): it has left the process when ``write`` returns.
Only a power cut may cost the last changes; it never harms the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lpresearch.base.errors import StoreCorrupt, StoreError, StoreLocked

#: What made version 1, 2, ... out of the one before. Never change a script that was released; add one.
MIGRATIONS = ("CREATE TABLE records (key TEXT PRIMARY KEY, value TEXT NOT NULL)",)
BUSY_TIMEOUT_S = 1.0  # for a simulator that is just ending
_SUBJECT = "simulator"
_VERSIONS = "CREATE TABLE IF NOT EXISTS versions (subject TEXT PRIMARY KEY, version INTEGER NOT NULL)"
_CORRUPT_CODES = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_LOCKED_CODES = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_OTHER_FILE = "Name another file, or move this one away; a new one is made."

Record = tuple[str, object]


class StateFile:
    """An open state file; no other simulator can open it meanwhile.

    Parameters
    ----------
    path : the file; it is made where it is missing, and its folder too.

    Raises
    ------
    StoreError : a folder, a place that cannot be written, a file of a newer version; ``StoreCorrupt`` where the file is
        damaged or not a state, ``StoreLocked`` where another simulator has it open.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir():
            raise StoreError(str(path), "it is a folder, not a file", hint="Name a file in it.")
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.open("ab").close()  # says better than SQLite what is wrong with the place
            self._connection = sqlite3.connect(
                path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
            )
            try:
                self._take()
                self._inode = path.stat().st_ino
            except BaseException:
                self._connection.close()
                raise

    def read(self) -> list[Record]:
        """All records, those first whose key was written first."""
        with self._told():
            rows = self._connection.execute("SELECT key, value FROM records ORDER BY rowid").fetchall()
        try:
            return [(key, json.loads(value)) for key, value in rows]
        except ValueError as exc:
            raise StoreCorrupt(str(self.path), f"a record is not readable: {exc}", hint=_OTHER_FILE) from exc

    def write(self, records: Iterable[Record]) -> None:
        """Keep records, all of them or none; None as a value removes the record."""
        rows = [(key, value) for key, value in records]
        kept = [(key, json.dumps(value, separators=(",", ":"))) for key, value in rows if value is not None]
        gone = [(key,) for key, value in rows if value is None]
        with self._told():
            if self.path.stat().st_ino != self._inode:
                raise FileNotFoundError(None, "the file was replaced while in use", str(self.path))
            with self._transaction("IMMEDIATE"):
                # An update keeps the place of a record among the others, which REPLACE would not.
                self._connection.executemany(
                    "INSERT INTO records VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", kept
                )
                self._connection.executemany("DELETE FROM records WHERE key = ?", gone)

    def close(self) -> None:
        """Let go of the file. Again does nothing."""
        self._connection.close()

    def _take(self) -> None:
        """Lock the file for good, make sure that it is ours, and bring it to this version."""
        self._connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        with self._transaction("EXCLUSIVE"):
            tables = {name for (name,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
            version = self._version() if "versions" in tables else 0
            if tables and not version:
                raise StoreCorrupt(str(self.path), "it is a file of another program", hint=_OTHER_FILE)
            if version > len(MIGRATIONS):
                raise StoreError(
                    str(self.path),
                    f"a newer lpresearch made it (version {version} of its form, this one knows {len(MIGRATIONS)})",
                    hint="Update lpresearch, or name another file.",
                )
            damage = self._connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if damage != "ok":
                raise StoreCorrupt(str(self.path), f"it is damaged: {damage}", hint=_OTHER_FILE)
            self._migrate(version)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute(
            "PRAGMA synchronous=NORMAL"
        )  # a commit leaves the process, and does not wait for the disk

    def _migrate(self, version: int) -> None:
        self._connection.execute(_VERSIONS)
        for script in MIGRATIONS[version:]:
            for statement in script.split(";"):
                self._connection.execute(statement)
        self._connection.execute("INSERT OR REPLACE INTO versions VALUES (?, ?)", (_SUBJECT, len(MIGRATIONS)))

    def _version(self) -> int:
        row = self._connection.execute("SELECT version FROM versions WHERE subject = ?", (_SUBJECT,)).fetchone()
        return int(row[0]) if row else 0

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        self._connection.execute(f"BEGIN {kind}")
        try:
            yield
            self._connection.execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite and the disk say into one of our errors."""
        try:
            yield
        except sqlite3.Error as exc:
            raise self._error(exc) from exc
        except OSError as exc:
            reason = exc.strerror or str(exc)
            raise StoreError(
                str(self.path), f"it cannot be used: {reason}", hint="Name a file that can be written."
            ) from exc

    def _error(self, exc: sqlite3.Error) -> StoreError:
        code = getattr(exc, "sqlite_errorcode", 0) & 0xFF
        if code in _LOCKED_CODES:
            return StoreLocked(
                str(self.path), "another simulator has it open", hint="End that one, or name another file."
            )
        if code in _CORRUPT_CODES:
            return StoreCorrupt(str(self.path), f"it is damaged, or no state of a simulator: {exc}", hint=_OTHER_FILE)
        return StoreError(str(self.path), str(exc), hint="Name a file that can be written, on a disk with space.")
