"""The candle store: final bars on disk, by series. Read by offset, written all or nothing, never wrong.

The layout is described in ``layout``. Bars are written first and the coverage row after: a killed writer leaves at most
bars that are not yet counted on, and they are forgotten at the next write. Every read makes the cheap checks: what
``coverage.sqlite`` has recorded of a file against what the file itself says (checksum, bars), and once per process and
after each change the checksum of its bytes. What fails is set aside and asked for again. The full check is ``verify``.
Knows no broker and no frame.
"""

from __future__ import annotations

import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np

from lpresearch.base.errors import StoreCorrupt, StoreError
from lpresearch.base.model import Interval, SeriesKey
from lpresearch.history.bar_file import FOLLOWS_NOTHING, Opened, write_bars
from lpresearch.history.bars import TIMESTAMP, Bars, Floats, between, inside, merge, no_bars
from lpresearch.history.coverage import Coverage, Recorded, set_aside
from lpresearch.history.intervals import Intervals, difference, intersection, normalised, within
from lpresearch.history.layout import FOLDER, PACKED, PLAIN, by_file, file_name, series_name, span_of
from lpresearch.history.open_files import OpenFiles
from lpresearch.history.writing import Writing

_log = logging.getLogger("lpresearch.history")
LOCK_TIMEOUT_S = 30.0
_NOTHING = np.empty(0)
_DAY_S = 86_400


class Store:
    """The bars under one cache folder. Any number of threads and processes may share it.

    Parameters
    ----------
    cache : the folder; it may be deleted at any time, and is then simply empty.
    lock_timeout_s : how long a write waits for another writer of the same series.
    clock : epoch seconds; notes the days on which a series is used, and decides nothing else.
    """

    def __init__(
        self, cache: Path, *, lock_timeout_s: float = LOCK_TIMEOUT_S, clock: Callable[[], float] = time.time
    ) -> None:
        self.cache = cache
        self.index = Coverage(cache / "coverage.sqlite")
        self._lock_timeout_s = lock_timeout_s
        self.clock = clock
        self._root = f"{cache / FOLDER}/"
        self._files = OpenFiles()
        self._used_on: dict[str, float] = {}

    def coverage(self, key: SeriesKey) -> Intervals:
        """The spans in which everything the broker has of a series is here, final and undamaged."""
        return self.coverages([key])[key]

    def coverages(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, Intervals]:
        """The coverage of many series at once."""
        keys = list(keys)
        names = [series_name(key) for key in keys]  # lists, because the hash of a key is dear
        self._note_use(names)
        for series, files in self.index.files_of(names).items():
            for name, recorded in files.items():
                self._sound(series, name, recorded)
        spans = self.index.spans_of(names)
        return {key: spans[series] for key, series in zip(keys, names, strict=True)}

    def read(self, key: SeriesKey, start: float, end: float, *, relied_on: Intervals = ()) -> Bars:
        """The stored bars that start in ``[start, end)``, as a copy.

        Parameters
        ----------
        relied_on : spans that coverage named and that must still be complete now that the bars are read.

        Raises
        ------
        StoreCorrupt : a file is damaged or gone, or the series was restated meanwhile. Ask for coverage and plan again.
        """
        series = series_name(key)
        self._note_use([series])
        parts = []
        for name, recorded in sorted(self.index.files(series).items()):
            span = span_of(name)
            if start < span.end and end > span.start:
                opened = self._sound(series, name, recorded)
                if opened is not None:
                    parts.append(between(opened.bars, start, end))
        if relied_on:
            self._still_there(series, relied_on, self.index.spans(series))
        return np.array(parts[0]) if len(parts) == 1 else np.concatenate([no_bars(), *parts], axis=1)

    def rows(
        self,
        keys: Iterable[SeriesKey],
        row: int,
        start: float,
        end: float,
        *,
        complete: bool = False,
    ) -> dict[SeriesKey, tuple[Floats, Floats]]:
        """Of each series the starts of its stored bars in ``[start, end)`` and one field of them, not to be written to.

        Only these two rows are read from the files: this is what many series side by side are made of. They may be the
        files themselves, as they are now: files are replaced, never changed.

        Parameters
        ----------
        row : the field, by its position in ``history.bars.FIELDS``.
        complete : leave out the series that are not complete between start and end.
        """
        keys = list(keys)
        names = [series_name(key) for key in keys]
        self._note_use(names)
        files = self.index.files_of(names)
        found = [self._rows_of(series, files[series], row, start, end) for series in names]
        rows = dict(zip(keys, found, strict=True))
        if complete:  # now that they are read: a file that was damaged is forgotten, one restated is another series
            spans, wanted = self.index.spans_of(names), Interval(int(start), int(end))
            rows = {key: rows[key] for key, name in zip(keys, names, strict=True) if within(wanted, spans[name])}
        return rows

    def newest_start(self, key: SeriesKey, count: int) -> int | None:
        """The moment since which the store holds ``count`` bars, or all there are; None where it has too few to say.

        Only the newest unbroken coverage is looked at: across a hole nobody knows how many bars there are.
        """
        spans = self.coverage(key)
        if not spans:
            return None
        series, newest, left = series_name(key), spans[-1], count
        for name, recorded in sorted(self.index.files(series).items(), reverse=True):
            opened = self._sound(series, name, recorded)
            if opened is None:
                return None
            starts = between(opened.bars, newest.start, newest.end)[TIMESTAMP]
            if starts.size >= left:
                return int(starts[-left])
            left -= starts.size
        return 0 if newest.start <= 0 else None

    def write(self, key: SeriesKey, bars: Bars, covered: Interval | Iterable[Interval], *, only: bool = False) -> None:
        """Add final bars and say which spans are complete with them; a bar that is there already is renewed.

        Parameters
        ----------
        covered : one span or several; all that the broker has there is in ``bars`` or stored already. Others are left.
        only : the spans have these bars and no others; what is stored there besides goes.

        Raises
        ------
        StoreLocked : another process writes the same series for longer than the deadline.
        StoreError : a full, read-only or vanished disk. What was stored stays as it was.
        """
        series = series_name(key)
        spans = normalised([covered] if isinstance(covered, Interval) else covered)
        with self.writing(series):
            parts = dict(by_file(key, inside(bars, spans)))
            if only:
                there = (name for name in self.index.files(series) if intersection([span_of(name)], spans))
                parts = {name: no_bars() for name in there} | parts
            files = {}
            for name, part in parts.items():
                opened = self.healed(series, name)
                # A killed writer's bars are in the file, but nobody knows whether they are all there were.
                counted = difference(self.index.spans(series), spans if only else ())
                stored = inside(opened.bars, counted) if opened is not None else no_bars()
                files[name] = self._put(series, name, merge(stored, part))
            self.index.add(series, spans, files)

    def replace(self, key: SeriesKey, bars: Bars, covered: Interval) -> None:
        """Restate a series whole: these bars are all it has, complete in ``covered`` and nowhere else."""
        series = series_name(key)
        with self.writing(series):
            self.forget(series)
            files = {name: self._put(series, name, merge(no_bars(), part)) for name, part in by_file(key, bars)}
            self.index.replace(series, covered, files)

    def drop(self, key: SeriesKey) -> None:
        """Forget a series and remove its files."""
        series = series_name(key)
        with self.writing(series):
            self.forget(series)

    def close(self) -> None:
        """Let go of all files."""
        self.index.close()
        self._files.clear()

    # For the store's own upkeep, by the name of a series

    def path(self, series: str, name: str, suffix: str = PLAIN) -> Path:
        """A file of a series."""
        return Path(self._root + file_name(series, name, suffix))

    def paths(self, series: str) -> list[Path]:
        """The files of a series that there are, whatever is recorded; not those set aside."""
        stem = self.path(series, "", "")
        names = (stem.name, f"{stem.name}-[0-9][0-9][0-9][0-9]")
        return sorted(path for name in names for suffix in (PLAIN, PACKED) for path in stem.parent.glob(name + suffix))

    def writing(self, series: str) -> Writing:
        """A context in which nobody else writes a series."""
        return Writing(self.path(series, "", ".lock"), self._lock_timeout_s)

    def forget_checked(self) -> None:
        """Verify every byte again of what is read from now on."""
        self._files.clear()

    def healed(self, series: str, name: str, *, told: Callable[[str], object] = _log.warning) -> Opened | None:
        """A recorded file, if it passes the cheap checks; else it is set aside and forgotten. Within ``writing``."""
        recorded = self.index.files(series).get(name)
        if recorded is None:
            return None
        try:
            return self._matching(series, name, recorded)
        except FileNotFoundError:
            told(f"{self.path(series, name)} is gone; its bars will be asked for again.")
        except StoreCorrupt as exc:
            aside = set_aside(Path(exc.path))
            told(f"{exc} Set aside as {aside.name}; its bars will be asked for again.")
        self.index.drop(series, [span_of(name)], file=name)
        return None

    def forget(self, series: str) -> None:
        """Remove what is stored of a series and what is recorded of it. Within ``writing``."""
        self.index.drop(series)
        for path in self.paths(series):
            _unlink(path)

    def pack(self, series: str, name: str) -> tuple[int, int] | None:
        """Keep a file compressed; the bytes before and after, or None where there is none to compress."""
        with self.writing(series):
            plain, packed = (self.path(series, name, suffix) for suffix in (PLAIN, PACKED))
            opened = self.healed(series, name)
            if opened is None or not plain.exists():
                return None
            write_bars(packed, opened.bars, follows=opened.follows)
            sizes = opened.stamp.size_bytes, packed.stat().st_size
            _unlink(plain)  # until here the plain file counts
            return sizes

    def _rows_of(
        self, series: str, files: Mapping[str, Recorded], row: int, start: float, end: float
    ) -> tuple[Floats, Floats]:
        parts = []
        for name in sorted(files):
            span = span_of(name)
            opened = self._sound(series, name, files[name]) if start < span.end and end > span.start else None
            if opened is not None:
                stamps = opened.bars[TIMESTAMP]
                cut = slice(stamps.searchsorted(start), stamps.searchsorted(end))
                parts.append((stamps[cut], opened.bars[row, cut]))
        if len(parts) == 1 and os.name != "nt":  # Windows cannot replace a file that is mapped
            return parts[0]
        stamps_of, values_of = zip(*parts, strict=True) if parts else ((), ())
        return np.concatenate([_NOTHING, *stamps_of]), np.concatenate([_NOTHING, *values_of])

    def _still_there(self, series: str, relied_on: Intervals, spans: Intervals) -> None:
        if relied_on != spans and difference(relied_on, spans):
            raise StoreCorrupt(str(self.path(series, "")), "changed while it was read", hint="Ask again.")

    def _sound(self, series: str, name: str, recorded: Recorded) -> Opened | None:
        """A file that passes the cheap checks; otherwise it is set aside and forgotten."""
        try:
            return self._matching(series, name, recorded)
        except (FileNotFoundError, StoreCorrupt):
            with self.writing(series):  # a writer may have been between its two steps
                return self.healed(series, name)

    def _matching(self, series: str, name: str, recorded: Recorded) -> Opened:
        """A file that is what was recorded, or what a writer made of that before it was killed."""
        opened = self._files.get(self._root + file_name(series, name, ""))
        if opened.checksum == recorded.checksum:
            return opened
        problem = ""
        if opened.bars.shape[1] < recorded.bars:
            problem = f"has {opened.bars.shape[1]} bars where {recorded.bars} belong"
        elif recorded.checksum is not None and opened.follows != recorded.checksum:
            problem = "is sound, but not the file that was recorded here"
        if problem:
            paths = (self.path(series, name, suffix) for suffix in (PLAIN, PACKED))
            raise StoreCorrupt(str(next(path for path in paths if path.exists())), problem)
        return opened

    def _put(self, series: str, name: str, bars: Bars) -> Recorded:
        before = self.index.files(series).get(name)
        follows = before.checksum if before is not None else None
        path = self.path(series, name)
        checksum = write_bars(path, bars, follows=FOLLOWS_NOTHING if follows is None else follows)
        _unlink(path.with_suffix(PACKED))
        return Recorded(int(bars.shape[1]), checksum)

    def _note_use(self, names: Iterable[str]) -> None:
        """Touch a file of each series, once a day and process: what its age of last use is counted from."""
        now = self.clock()
        today = now // _DAY_S
        for series in names:
            if self._used_on.get(series) != today:
                self._used_on[series] = today
                with contextlib.suppress(OSError):  # a folder that cannot be written can still be read
                    path = self.path(series, "", ".used")
                    path.touch()
                    os.utime(path, (now, now))


def _unlink(path: Path) -> None:
    """Delete a file. Who has it mapped keeps what is mapped.

    Raises
    ------
    StoreError : it cannot be deleted.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as exc:
        hint = "Close the notebook that has it open, or choose a cache folder that can be written."
        raise StoreError(str(path), f"cannot be deleted: {exc.strerror or exc}", hint=hint) from exc
