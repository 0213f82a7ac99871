"""The book of quota units: append-only, one per account, shared by all processes.

A unit is booked before a packet leaves. Knows no broker and no clock: rule, limit and moment are passed in.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from lpresearch.accounts.database import Database
from lpresearch.base.source import QuotaRule
from lpresearch.history import quota
from lpresearch.history.quota import QuotaState, Shortfall, Use

Outcome = Literal["spent", "returned"]
_Note = Literal["limit", "reserve", "shortfall", "latest_counts"]

_MIGRATIONS = (
    """
    CREATE TABLE uses (id INTEGER PRIMARY KEY, unit TEXT NOT NULL, at REAL NOT NULL);
    CREATE INDEX uses_by_time ON uses (at);
    CREATE TABLE settlements (use_id INTEGER PRIMARY KEY REFERENCES uses (id), outcome TEXT NOT NULL);
    CREATE TABLE limits (id INTEGER PRIMARY KEY, units INTEGER NOT NULL, at REAL NOT NULL)
    """,
    """
    CREATE TABLE notes (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, units INTEGER NOT NULL, at REAL NOT NULL);
    INSERT INTO notes (kind, units, at) SELECT 'limit', units, at FROM limits ORDER BY id;
    DROP TABLE limits
    """,
)
# A use counts unless it is known to have been returned: one without settlement may have reached the broker.
_USES_SINCE = """
    SELECT unit, at FROM uses LEFT JOIN settlements ON use_id = id
    WHERE at >= ? AND outcome IS NOT 'returned'
"""
_SPENT_SINCE = """
    SELECT 1 FROM uses JOIN settlements ON use_id = id WHERE unit = ? AND at >= ? AND outcome = 'spent' LIMIT 1
"""
_NOTES = "SELECT kind, units, at FROM notes ORDER BY id"
_NEWEST_USE = "SELECT MAX(at) FROM uses"
_LAST_NOTE = "SELECT units FROM notes WHERE kind = ? ORDER BY id DESC LIMIT 1"


@dataclass(frozen=True)
class Reservation:
    """A booked use of one unit; ``free`` where the unit counted already. ``id`` is None where that was enough."""

    id: int | None
    unit: str
    free: bool


class Ledger:
    """The uses of one account's history quota.

    Times in the book never go back. A use whose clock says less than one before it, or than a moment at which this
    ledger was asked, is booked at that later moment: it counts no shorter than it should, whichever clock was wrong.

    Parameters
    ----------
    path : the account's SQLite file (``accounts.places.account_path``).
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path, _MIGRATIONS, subject="ledger")
        self._newest_asked = 0.0

    def state(self, rule: QuotaRule, at: float, *, default_limit: int) -> QuotaState:
        """What is used at a moment. ``default_limit`` holds until a limit was learnt."""
        self._newest_asked = max(self._newest_asked, at)
        uses = self._database.rows(_USES_SINCE, (quota.earliest_that_counts(rule, at),))
        notes = self._database.rows(_NOTES)
        return _state(
            cast("list[tuple[str, float]]", uses),
            cast("list[tuple[_Note, int, float]]", notes),
            rule,
            at,
            default_limit,
        )

    def reserve(self, unit: str, *, at: float, rule: QuotaRule, default_limit: int) -> Reservation:
        """Book one use of a unit, before any packet leaves.

        Free ones are booked too: under a rolling rule they restart the window, and the use that made this one free may
        yet be returned. Only where the unit is known to be spent for the month there is nothing to add.

        Raises
        ------
        QuotaExhausted : the unit is new in this window and none is left that is not kept back. Nothing was booked.
        """
        self._newest_asked = max(self._newest_asked, at)
        with self._database.transaction() as connection:
            now = _state_within(connection, rule, at, default_limit)
            if not now.allows(unit):
                raise now.exhausted(unit)
            newest = connection.execute(_NEWEST_USE).fetchone()[0] or at
            booked_at = max(at, newest, self._newest_asked)
            since = quota.counts_surely_since(rule, booked_at)
            if since is not None and connection.execute(_SPENT_SINCE, (unit, since)).fetchone():
                return Reservation(None, unit, now.is_free(unit))
            booked = connection.execute("INSERT INTO uses (unit, at) VALUES (?, ?)", (unit, booked_at))
            return Reservation(booked.lastrowid, unit, now.is_free(unit))

    def settle(self, reservation: Reservation, outcome: Outcome) -> None:
        """Say how a booked use ended: ``spent``, or ``returned`` where no packet left or the server refused it.

        One that is never settled counts as spent.
        """
        if reservation.id is None:
            return
        with self._database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO settlements VALUES (?, ?)", (reservation.id, outcome))

    def learn_limit(self, units: int, *, at: float) -> None:
        """Remember how many units the server says there are."""
        with self._database.transaction() as connection:
            _note(connection, "limit", units, at)

    def keep_back(self, units: int, *, at: float) -> None:
        """Remember how many units the user keeps for other uses: no request of ours takes one of the last so many."""
        with self._database.transaction() as connection:
            _note(connection, "reserve", units, at)

    def learn_refusal(
        self, *, at: float, rule: QuotaRule, default_limit: int, limit: int | None, latest: bool = False
    ) -> QuotaState:
        """Remember that the server refused a new unit because none is left; call it after settling.

        What this ledger held to be left is gone elsewhere until the window ends: to another machine, or never granted.
        Both the limit known so far and the one of the refusal are gone, so that a profile that goes on saying more
        than the server gives does not lead to another request.

        Parameters
        ----------
        limit : the limit that the refusal names; None where it names none.
        latest : whether it was the newest bars that were refused: then they count as well from now on.

        Returns
        -------
        The state now.
        """
        with self._database.transaction() as connection:
            known = _state_within(connection, rule, at, default_limit)
            gone = max(known.limit, limit or 0) - len(known.used)
            if gone > known.fullest.elsewhere:
                _note(connection, "shortfall", gone, at)
            if limit is not None:
                _note(connection, "limit", limit, at)
            if latest:
                _note(connection, "latest_counts", 1, at)
            return _state_within(connection, rule, at, default_limit)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def _note(connection: sqlite3.Connection, kind: _Note, units: int, at: float) -> None:
    """Append what is new."""
    if kind == "shortfall" or connection.execute(_LAST_NOTE, (kind,)).fetchone() != (units,):
        connection.execute("INSERT INTO notes (kind, units, at) VALUES (?, ?, ?)", (kind, units, at))


def _state_within(connection: sqlite3.Connection, rule: QuotaRule, at: float, default_limit: int) -> QuotaState:
    uses = connection.execute(_USES_SINCE, (quota.earliest_that_counts(rule, at),)).fetchall()
    return _state(uses, connection.execute(_NOTES).fetchall(), rule, at, default_limit)


def _state(
    uses: Iterable[tuple[str, float]],
    notes: Sequence[tuple[_Note, int, float]],
    rule: QuotaRule,
    at: float,
    default_limit: int,
) -> QuotaState:
    last: dict[_Note, int] = {kind: units for kind, units, _ in notes}
    return quota.state(
        map(Use._make, uses),
        rule,
        last.get("limit", default_limit),
        at,
        shortfalls=[Shortfall(units, moment) for kind, units, moment in notes if kind == "shortfall"],
        reserve=last.get("reserve", 0),
        latest_counts=bool(last.get("latest_counts")),
    )
