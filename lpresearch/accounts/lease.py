"""Which process holds the quote link of an account: one at a time, and a process that has ended holds nothing.

A holder in another container or on another machine cannot be seen from here; there the server's own count decides.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

from lpresearch.accounts.database import Database
from lpresearch.accounts.process import ProcessId, this_process
from lpresearch.base.errors import StoreError

log = logging.getLogger("lpresearch.lease")

_MIGRATIONS = (
    """
    CREATE TABLE quote_link (
        id INTEGER PRIMARY KEY CHECK (id = 1), key TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL,
        place TEXT NOT NULL, program TEXT NOT NULL, since REAL NOT NULL
    )
    """,
)
_READ = "SELECT key, pid, started, place, program, since FROM quote_link"
_WRITE = "INSERT OR REPLACE INTO quote_link (id, key, pid, started, place, program, since) VALUES (1, ?, ?, ?, ?, ?, ?)"

_held_here: set[str] = set()  # keys of the leases that this process holds


@dataclass(frozen=True)
class Holder:
    """Who holds the link.

    Parameters
    ----------
    program : its notebook, script or program.
    since : epoch seconds.
    """

    process: ProcessId
    program: str
    since: float
    key: str = ""

    def __str__(self) -> str:
        since = datetime.fromtimestamp(self.since, UTC)
        who = "this process" if self.process == this_process() else f"process {self.process.pid}"
        return f"{who} ({self.program}) since {since:%Y-%m-%d %H:%M:%S} UTC"

    @property
    def holds(self) -> bool:
        """Whether it still does, as far as can be seen from here."""
        if self.process == this_process():
            return self.key in _held_here
        return bool(self.process.alive)


class Lease:
    """The right to hold the quote link of one account.

    Parameters
    ----------
    path : the account's SQLite file.
    program : how others shall call this process.
    now : epoch seconds.
    """

    def __init__(self, path: Path, *, program: str, now: Callable[[], float]) -> None:
        self.path = path
        self._database = Database(path, _MIGRATIONS, subject="quote link", durable=False)
        self._program = program
        self._now = now
        self._key = uuid.uuid4().hex

    @property
    def held(self) -> bool:
        """Whether it is this one that holds the link."""
        return self._key in _held_here

    def holder(self) -> Holder | None:
        """Who holds the link at this moment."""
        rows = self._database.rows(_READ)
        found = _holder(rows[0]) if rows else None
        return found if found is not None and found.holds else None

    def take(self) -> Holder | None:
        """Take the link where nobody holds it; else who does. Taking it twice is taking it once."""
        with self._database.transaction() as connection:
            row = connection.execute(_READ).fetchone()
            found = _holder(row) if row else None
            if found is not None and found.holds:
                return None if found.key == self._key else found
            process = this_process()
            values = (self._key, process.pid, process.started, process.place, self._program, self._now())
            connection.execute(_WRITE, values)
            _held_here.add(self._key)
            return None

    def give_back(self) -> None:
        """Let others take it. Nothing where it is not held."""
        _held_here.discard(self._key)
        try:
            with self._database.transaction() as connection:
                connection.execute("DELETE FROM quote_link WHERE key = ?", (self._key,))
        except StoreError:  # a file that was deleted tells of no holder
            log.info("The lease of the quote link could not be given back.", exc_info=True)

    def close(self) -> None:
        """Let go of the file. What is held is still held."""
        self._database.close()


def _holder(row: tuple[object, ...]) -> Holder:
    key, pid, started, place, program, since = cast("tuple[str, int, str, str, str, float]", row)
    return Holder(ProcessId(pid, started, place), program, since, key)
