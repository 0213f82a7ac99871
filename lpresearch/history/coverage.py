"""Which spans of which series the store holds for good, in one SQLite file beside the bars. Knows no bars itself.

A deleted file is an empty one; a damaged one is set aside. Both only mean that bars are asked for again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, cast

from lpresearch.accounts.database import Database, Value
from lpresearch.base.errors import StoreCorrupt, StoreError
from lpresearch.base.model import Interval
from lpresearch.history.intervals import Intervals, difference, union

_log = logging.getLogger("lpresearch.history")
_MIGRATIONS = (
    """
    CREATE TABLE coverage (series TEXT, start INTEGER, stop INTEGER, PRIMARY KEY (series, start)) WITHOUT ROWID;
    CREATE TABLE files (series TEXT, name TEXT, bars INTEGER NOT NULL, PRIMARY KEY (series, name)) WITHOUT ROWID
    """,
    "ALTER TABLE files ADD COLUMN checksum INTEGER",
)
_SUBJECT = "coverage"
_VERSION = f"SELECT version FROM versions WHERE subject = '{_SUBJECT}'"
_AT_ONCE = 500  # names in one query; SQLite before 3.32 takes at most 999
_SPANS = "SELECT start, stop FROM coverage WHERE series = ? ORDER BY start"


class Recorded(NamedTuple):
    """What is known of a file: how many bars it has at least, and its checksum (None: of version 1, not known)."""

    bars: int
    checksum: int | None


class Coverage:
    """The coverage rows of all series under one cache folder."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database: Database | None = None
        self._lock = threading.RLock()
        self._as_of: tuple[int, Value] | None = None  # the process and the version of the file that the rest is of
        self._spans: dict[str, Intervals] = {}
        self._files: dict[str, dict[str, Recorded]] = {}

    def spans(self, series: str) -> Intervals:
        """The spans in which a series is complete and final."""
        return self.spans_of([series])[series]

    def spans_of(self, names: Iterable[str]) -> dict[str, Intervals]:
        """The spans of many series."""
        with self._lock:
            names, unknown = self._unknown(names, self._spans)
            found: dict[str, list[Interval]] = {series: [] for series in unknown}
            for series, start, stop in self._rows_of("start, stop FROM coverage", unknown):
                found[cast("str", series)].append(Interval(cast("int", start), cast("int", stop)))
            self._spans |= {series: tuple(spans) for series, spans in found.items()}
            return {series: self._spans[series] for series in names}

    def files(self, series: str) -> Mapping[str, Recorded]:
        """The files that belong to the spans."""
        return self.files_of([series])[series]

    def files_of(self, names: Iterable[str]) -> dict[str, Mapping[str, Recorded]]:
        """The files of many series."""
        with self._lock:
            names, unknown = self._unknown(names, self._files)
            self._files |= {series: {} for series in unknown}
            for series, name, bars, checksum in self._rows_of("name, bars, checksum FROM files", unknown):
                recorded = Recorded(cast("int", bars), cast("int | None", checksum))
                self._files[cast("str", series)][cast("str", name)] = recorded
            return {series: self._files[series] for series in names}

    def series(self) -> tuple[str, ...]:
        """The names of all series that have spans or files, in order."""
        rows = self._open().rows("SELECT series FROM coverage UNION SELECT series FROM files ORDER BY 1")
        return tuple(cast("str", series) for (series,) in rows)

    def _unknown(self, names: Iterable[str], known: Collection[str]) -> tuple[list[str], list[str]]:
        """The names, and those not read since the file was last changed by anyone."""
        as_of = os.getpid(), self._open().rows("PRAGMA data_version")[0][0]  # not changed by this connection's own
        if as_of != self._as_of:
            self._as_of = as_of
            self._spans.clear()
            self._files.clear()
        names = list(names)
        return names, [series for series in names if series not in known]

    def _rows_of(self, columns: str, names: Sequence[str]) -> Iterator[tuple[Value, ...]]:
        """Rows of many series, those of each in the order of its key."""
        for first in range(0, len(names), _AT_ONCE):
            some = names[first : first + _AT_ONCE]
            marks = ",".join("?" * len(some))
            yield from self._open().rows(f"SELECT series, {columns} WHERE series IN ({marks}) ORDER BY 1, 2", some)

    def add(self, series: str, covered: Sequence[Interval], files: dict[str, Recorded]) -> None:
        """Say that spans are complete, after their bars are on the disk."""
        self._change(series, add=covered, files=files)

    def replace(self, series: str, covered: Interval, files: dict[str, Recorded]) -> None:
        """Say that a series is complete in one span and nowhere else."""
        self._change(series, add=(covered,), drop=None, files=files)

    def drop(self, series: str, spans: Sequence[Interval] | None = None, *, file: str | None = None) -> None:
        """Forget spans of a series and a file of it; without spans, all of it."""
        self._change(series, drop=spans, forget=file)

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._as_of = None
            if self._database is not None:
                self._database.close()
                self._database = None

    def _change(
        self,
        series: str,
        *,
        add: Sequence[Interval] = (),
        drop: Sequence[Interval] | None = (),
        files: dict[str, Recorded] | None = None,
        forget: str | None = None,
    ) -> None:
        with self._lock, self._open().transaction() as connection:
            self._spans.pop(series, None)
            self._files.pop(series, None)
            before = _as_intervals(connection.execute(_SPANS, (series,)).fetchall())
            kept = () if drop is None else difference(before, drop)
            connection.execute("DELETE FROM coverage WHERE series = ?", (series,))
            connection.executemany(
                "INSERT INTO coverage VALUES (?, ?, ?)",
                [(series, span.start, span.end) for span in union(kept, add)],
            )
            if drop is None:
                connection.execute("DELETE FROM files WHERE series = ?", (series,))
            if forget is not None:
                connection.execute("DELETE FROM files WHERE series = ? AND name = ?", (series, forget))
            connection.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)",
                [(series, name, *recorded) for name, recorded in (files or {}).items()],
            )

    def _open(self) -> Database:
        """The database, opened once; anew where the cache folder was deleted, set aside where it is damaged."""
        if self._database is not None and self._database.vanished():
            self.close()
        if self._database is None:
            try:
                database = Database(self._path, _MIGRATIONS, subject=_SUBJECT)
            except StoreCorrupt as exc:
                aside = set_aside(self._path)
                _log.warning("%s Set aside as %s; bars will be asked for again.", exc, aside.name)
                database = Database(self._path, _MIGRATIONS, subject=_SUBJECT)
            version = cast("int", database.rows(_VERSION)[0][0])
            if version > len(_MIGRATIONS):
                database.close()
                raise StoreError(
                    str(self._path),
                    f"has layout {version}, written by a newer lpresearch; this one knows {len(_MIGRATIONS)}",
                    hint="Update lpresearch, or choose another cache folder (LPRESEARCH_CACHE_DIR).",
                )
            self._database = database
        return self._database


def set_aside(path: Path) -> Path:
    """Move a damaged file out of the way, under a name that says so."""
    aside = path.with_name(f"{path.name}.corrupt-{time.time_ns()}")
    try:
        path.replace(aside)
    except OSError as exc:
        reason = f"is damaged and cannot be set aside: {exc.strerror or exc}"
        raise StoreError(str(path), reason, hint="Delete it, or choose another cache folder.") from exc
    return aside


def _as_intervals(rows: Sequence[Sequence[Value]]) -> Intervals:
    return tuple(Interval(cast("int", start), cast("int", stop)) for start, stop in rows)
