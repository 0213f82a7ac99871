"""The requests of one account that left lately, from all processes of the user: what paces them together.

The log says what happened; the rules are the caller's. Moments are seconds of ``time.monotonic``, which all processes
of a machine share.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from lpresearch.accounts.database import Database
from lpresearch.accounts.process import ProcessId, this_process

_KEPT_S = 120.0  # no pace looks back further
_FULL_S = 0.02  # until it is worth asking again whether a place in flight is free
_MIGRATIONS = (
    """
    CREATE TABLE passes (
        id INTEGER PRIMARY KEY AUTOINCREMENT, lane TEXT NOT NULL, command INTEGER NOT NULL,
        at REAL NOT NULL, in_flight_until REAL
    );
    CREATE INDEX passes_of_lane ON passes (lane, id)
    """,
    """
    ALTER TABLE passes ADD COLUMN pid INTEGER;
    ALTER TABLE passes ADD COLUMN started TEXT;
    ALTER TABLE passes ADD COLUMN place TEXT
    """,
)
_NEWER = "SELECT id, command, at FROM passes WHERE lane = ? AND id > ? ORDER BY id"
_IN_FLIGHT = "SELECT count(*) FROM passes WHERE lane = ? AND in_flight_until > ?"
# After a restart of the machine its clock begins anew: what is later than now was written before.
_FORGET = "DELETE FROM passes WHERE at < ? OR at > ?"
_INSERT = "INSERT INTO passes (lane, command, at, in_flight_until, pid, started, place) VALUES (?, ?, ?, ?, ?, ?, ?)"
_HOLDERS = "SELECT DISTINCT pid, started, place FROM passes WHERE lane = ? AND in_flight_until > ? AND pid IS NOT NULL"
_FREE = "UPDATE passes SET in_flight_until = NULL WHERE pid = ? AND started = ? AND place = ?"


@dataclass(frozen=True)
class Pass:
    """A request that left."""

    command: int
    at: float


@dataclass(frozen=True)
class Verdict:
    """What became of an attempt: its row where it left, else the seconds until it is worth another."""

    at: float
    row: int | None = None
    wait_s: float = 0.0


class PassLog:
    """The log of one lane: the requests that are paced together.

    Parameters
    ----------
    path : the account's SQLite file.
    lane : the name of the lane.
    at_once : how many requests may be in flight, in all processes together.
    held_s : a request counts as in flight for so long at most; a process that has ended frees its places at once.
    clock : seconds of the machine's monotonic clock.
    """

    def __init__(
        self, path: Path, lane: str, *, at_once: int | None, held_s: float, clock: Callable[[], float]
    ) -> None:
        self._database = Database(path, _MIGRATIONS, subject="passes", durable=False)
        self._lane = lane
        self._at_once = at_once
        self._held_s = held_s
        self._clock = clock
        self._seen = 0
        self._holder = this_process()

    def attempt(self, command: int, decide: Callable[[Sequence[Pass], float], float]) -> Verdict:
        """Leave if the rules allow it, alone in all processes.

        Parameters
        ----------
        decide : given what others did since the last attempt, and the moment, it says how long to wait; 0 to leave.
        """
        with self._database.transaction() as connection:
            now = self._clock()
            connection.execute(_FORGET, (now - _KEPT_S, now))
            rows = connection.execute(_NEWER, (self._lane, self._seen)).fetchall()
            if rows:
                self._seen = rows[-1][0]
            wait_s = decide([Pass(row[1], row[2]) for row in rows], now)
            if wait_s > 0:
                return Verdict(now, wait_s=wait_s)
            if self._is_full(connection, now):
                self._free_the_dead(connection, now)
                if self._is_full(connection, now):
                    return Verdict(now, wait_s=_FULL_S)
            row = (self._lane, command, now, now + self._held_s, *astuple(self._holder))
            self._seen = int(connection.execute(_INSERT, row).lastrowid or 0)
            return Verdict(now, self._seen)

    def add(self, passes: Iterable[Pass]) -> None:
        """Tell the others of requests that left before the log was opened."""
        with self._database.transaction() as connection:
            for one in passes:
                connection.execute(_INSERT, (self._lane, one.command, one.at, None, None, None, None))

    def finish(self, row: int) -> None:
        """A request is not in flight any more."""
        with self._database.transaction() as connection:
            connection.execute("UPDATE passes SET in_flight_until = NULL WHERE id = ?", (row,))

    def _is_full(self, connection: sqlite3.Connection, now: float) -> bool:
        if self._at_once is None:
            return False
        (in_flight,) = connection.execute(_IN_FLIGHT, (self._lane, now)).fetchone()
        return bool(in_flight >= self._at_once)

    def _free_the_dead(self, connection: sqlite3.Connection, now: float) -> None:
        """Free the places of processes that have ended."""
        for holder in connection.execute(_HOLDERS, (self._lane, now)).fetchall():
            if ProcessId(*holder).alive is False:
                connection.execute(_FREE, holder)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
