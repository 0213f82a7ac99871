"""What was sent and what became of it, in the account's state folder, shared by all processes. Never sends anything.

A line is written before its request leaves and holds its key. A line without an outcome (the process died)
counts like an unknown outcome: the order may stand.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from lpresearch.accounts.database import Database, Value
from lpresearch.base.errors import AuthFailed, DuplicateOrder, LinkError, ServerRejected
from lpresearch.base.model import Ticket
from lpresearch.base.symbols import Symbol
from lpresearch.trading.ticket import fingerprint

KEY_LIFE_S = 600.0  # longport.md 7.2: the server remembers a client_request_id for 10 minutes
_INTERNAL_ERROR = 500  # longport.md 2.4: 500000; the order may have been taken before the error

_MIGRATIONS = (
    """
    CREATE TABLE journal (
        key TEXT PRIMARY KEY,
        symbol TEXT NOT NULL,
        fingerprint TEXT NOT NULL,
        words TEXT NOT NULL,
        currency TEXT NOT NULL,
        value TEXT NOT NULL,
        sent_at REAL NOT NULL,
        outcome TEXT NOT NULL,
        order_id TEXT NOT NULL DEFAULT '',
        note TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX journal_by_time ON journal (sent_at)
    """,
)


class Outcome(StrEnum):
    """What became of a request."""

    SENT = "sent"  # no outcome yet
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    NOT_SENT = "not sent"


_MAY_STAND = (Outcome.SENT, Outcome.ACCEPTED, Outcome.UNKNOWN)


def outcome_of(failure: BaseException) -> Outcome:
    """What may be concluded of a request to the trade API that ended in an error or was broken off."""
    if isinstance(failure, AuthFailed):
        return Outcome.REFUSED
    if isinstance(failure, ServerRejected):
        return Outcome.UNKNOWN if failure.code // 1000 == _INTERNAL_ERROR else Outcome.REFUSED
    return Outcome.NOT_SENT if type(failure) is LinkError else Outcome.UNKNOWN


@dataclass(frozen=True)
class Line:
    """One request: its key, the order it carries, what it is worth to the caps, when it left, what became of it."""

    key: str
    symbol: Symbol
    fingerprint: str
    words: str
    currency: str
    value: Decimal
    sent_at: float
    outcome: Outcome = Outcome.SENT
    order_id: str = ""
    note: str = ""


_COLUMNS = tuple(field.name for field in fields(Line))


def line_of(ticket: Ticket, *, key: str, currency: str, value: Decimal, now: float) -> Line:
    """The line of a ticket that is about to be sent."""
    return Line(key, ticket.symbol, fingerprint(ticket), str(ticket), currency, value, now)


class Journal:
    """The journal of one account. Opens its file for each call, so there is nothing to close."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def reserve(self, line: Line, *, again: bool, day_start: float, allow: Callable[[Decimal], None]) -> None:
        """Write the line, unless the same order was sent within the key's life or ``allow`` objects.

        Check and line are one transaction, so of two processes with the same order or the last of a cap one succeeds.

        Parameters
        ----------
        again : whether the same order may be sent once more.
        day_start : from when orders count to the day (epoch seconds UTC).
        allow : is given the value of the day's orders in the line's currency, and raises to stop this one.

        Raises
        ------
        DuplicateOrder : the same order was sent moments ago and may stand.
        """
        with self._open() as database, database.transaction() as connection:
            if not again:
                _refuse_duplicate(connection, line)
            allow(_spent(connection, line.currency, day_start))
            values = [str(getattr(line, name)) if name != "sent_at" else line.sent_at for name in _COLUMNS]
            connection.execute(
                f"INSERT INTO journal ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})", values
            )

    def record(self, key: str, outcome: Outcome, *, order_id: str = "", note: str = "") -> None:
        """Write what became of a request."""
        with self._open() as database, database.transaction() as connection:
            connection.execute(
                "UPDATE journal SET outcome = ?, order_id = ?, note = ? WHERE key = ?", (outcome, order_id, note, key)
            )

    def lines(self) -> list[Line]:
        """Everything that was ever sent, oldest first."""
        with self._open() as database:
            rows = database.rows(f"SELECT {', '.join(_COLUMNS)} FROM journal ORDER BY sent_at")
        return [_line(dict(zip(_COLUMNS, row, strict=True))) for row in rows]

    def _open(self) -> closing[Database]:
        return closing(Database(self._path, _MIGRATIONS, subject="journal"))


def _line(row: dict[str, Value]) -> Line:
    texts = {name: str(value) for name, value in row.items() if name not in ("symbol", "value", "sent_at", "outcome")}
    return Line(
        symbol=Symbol(str(row["symbol"])),
        value=Decimal(str(row["value"])),
        sent_at=float(str(row["sent_at"])),
        outcome=Outcome(str(row["outcome"])),
        **texts,
    )


def _refuse_duplicate(connection: sqlite3.Connection, line: Line) -> None:
    earlier = connection.execute(
        "SELECT key, order_id, sent_at FROM journal"
        " WHERE fingerprint = ? AND sent_at > ? AND outcome IN (?, ?, ?) ORDER BY sent_at DESC LIMIT 1",
        (line.fingerprint, line.sent_at - KEY_LIFE_S, *_MAY_STAND),
    ).fetchone()
    if earlier is not None:
        key, order_id, sent_at = earlier
        raise DuplicateOrder(line.words, key=key, order_id=order_id, age_s=max(0.0, line.sent_at - sent_at))


def _spent(connection: sqlite3.Connection, currency: str, since: float) -> Decimal:
    rows = connection.execute(
        "SELECT value FROM journal WHERE currency = ? AND sent_at >= ? AND outcome IN (?, ?, ?)",
        (currency, since, *_MAY_STAND),
    ).fetchall()
    return sum((Decimal(value) for (value,) in rows), Decimal(0))
