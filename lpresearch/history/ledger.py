"""The book of quota units: append-only, one per account, shared by all processes.

A unit is booked before a packet leaves. Knows no broker and no clock: rule, limit and moment are passed in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lpresearch.accounts.database import Database
from lpresearch.base.errors import QuotaExhausted
from lpresearch.base.source import QuotaRule
from lpresearch.history import quota
from lpresearch.history.quota import QuotaState, Use

Outcome = Literal["spent", "returned"]

_MIGRATIONS = (
    """
    CREATE TABLE uses (id INTEGER PRIMARY KEY, unit TEXT NOT NULL, at REAL NOT NULL);
    CREATE INDEX uses_by_time ON uses (at);
    CREATE TABLE settlements (use_id INTEGER PRIMARY KEY REFERENCES uses (id), outcome TEXT NOT NULL);
    CREATE TABLE limits (id INTEGER PRIMARY KEY, units INTEGER NOT NULL, at REAL NOT NULL)
    """,
)
# A use counts unless it is known to have been returned: one without settlement may have reached the broker.
_USES_SINCE = """
    SELECT unit, at FROM uses LEFT JOIN settlements ON use_id = id
    WHERE at >= ? AND outcome IS NOT 'returned'
"""
_LIMIT = "SELECT units FROM limits ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True)
class Reservation:
    """A booked use of one unit; ``free`` where the unit counted already."""

    id: int
    unit: str
    free: bool


class Ledger:
    """The uses of one account's history quota.

    Parameters
    ----------
    path : the account's SQLite file (``accounts.places.account_path``).
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _MIGRATIONS, subject="ledger")

    def state(self, rule: QuotaRule, at: float, *, default_limit: int) -> QuotaState:
        """What is used at a moment. ``default_limit`` holds until a limit was learnt."""
        uses = self._database.rows(_USES_SINCE, (quota.earliest_that_counts(rule, at),))
        learnt = self._database.rows(_LIMIT)
        return quota.state(_as_uses(uses), rule, _limit(learnt, default_limit), at)

    def reserve(self, unit: str, *, at: float, rule: QuotaRule, default_limit: int) -> Reservation:
        """Book one use of a unit, before any packet leaves.

        Every request is booked, free ones too: under a rolling rule they restart the window, and the use that made
        this one free may yet be returned.

        Raises
        ------
        QuotaExhausted : the unit is new in this window and none is left. Nothing was booked.
        """
        with self._database.transaction() as connection:
            now = self._state(connection, rule, at, default_limit)
            free = now.is_free(unit)
            if not free and now.remaining == 0:
                raise QuotaExhausted([unit], used=len(now.used), limit=now.limit, refill=now.refill)
            booked = connection.execute("INSERT INTO uses (unit, at) VALUES (?, ?)", (unit, at))
            return Reservation(int(booked.lastrowid or 0), unit, free)

    def settle(self, reservation: Reservation, outcome: Outcome) -> None:
        """Say how a booked use ended: ``spent``, or ``returned`` where no packet left or the server refused it.

        One that is never settled counts as spent.
        """
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO settlements VALUES (?, ?)", (reservation.id, outcome))

    def learn_limit(self, units: int, *, at: float) -> None:
        """Remember how many units the server says there are."""
        with self._database.transaction() as connection:
            if connection.execute(_LIMIT).fetchone() != (units,):
                connection.execute("INSERT INTO limits (units, at) VALUES (?, ?)", (units, at))

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    @staticmethod
    def _state(connection: sqlite3.Connection, rule: QuotaRule, at: float, default_limit: int) -> QuotaState:
        uses = connection.execute(_USES_SINCE, (quota.earliest_that_counts(rule, at),)).fetchall()
        return quota.state(_as_uses(uses), rule, _limit(connection.execute(_LIMIT).fetchall(), default_limit), at)


def _as_uses(rows: Iterable[Sequence[object]]) -> list[Use]:
    return [Use(str(unit), float(str(at))) for unit, at in rows]


def _limit(rows: Sequence[Sequence[object]], default: int) -> int:
    return int(str(rows[0][0])) if rows else default
