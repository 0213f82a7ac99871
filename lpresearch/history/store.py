"""The candle store: final bars on disk, by series. Read by offset, written all or nothing, never wrong.

Layout, version 1: ``<cache>/bars/v1/<source>/<symbol>/<period>-<adjust>-<sessions>[-<year>].npy`` with
``accounts.places.safe_name`` names; bars of a day and longer in one file, minutes in one per year (UTC). Beside it
``<cache>/coverage.sqlite`` says which spans are complete. Bars are written first and the coverage row after: a killed
writer leaves at most bars that are not yet counted on. Knows no broker, no clock and no frame.
"""

from __future__ import annotations

import logging
import os
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from filelock import FileLock, Timeout

from lpresearch.accounts.places import safe_name
from lpresearch.base.errors import StoreCorrupt, StoreError, StoreLocked
from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.history.bar_file import Opened, Stamp, open_bars, write_bars
from lpresearch.history.bars import TIMESTAMP, Bars, Floats, between, merge, no_bars
from lpresearch.history.coverage import Coverage, set_aside
from lpresearch.history.intervals import Intervals, difference

_log = logging.getLogger("lpresearch.history")
LAYOUT = "v1"
LOCK_TIMEOUT_S = 30.0
MOST_OPEN_FILES = 2048  # mapped files kept for the next read; each costs address space, not memory
_KEEP_OPEN = os.name != "nt"  # Windows cannot replace a file that is mapped
_NOTHING = np.empty(0)
_WHOLE = ""  # the file of a series that is not split by year
# Words, because 1m and 1M are one name on a case-blind disk.
_PERIOD_WORDS = {Period.DAY: "1day", Period.WEEK: "1week", Period.MONTH: "1month", Period.QUARTER: "1quarter"}
_PERIOD_WORDS[Period.YEAR] = "1year"


class Store:
    """The bars under one cache folder. Any number of threads and processes may share it.

    Parameters
    ----------
    cache : the folder; it may be deleted at any time, and is then simply empty.
    lock_timeout_s : how long a write waits for another writer of the same series.
    """

    def __init__(self, cache: Path, *, lock_timeout_s: float = LOCK_TIMEOUT_S) -> None:
        self.cache = cache
        self._lock_timeout_s = lock_timeout_s
        self._coverage = Coverage(cache / "coverage.sqlite")
        self._opened: OrderedDict[str, Opened] = OrderedDict()
        self._opened_lock = Lock()

    def coverage(self, key: SeriesKey) -> Intervals:
        """The spans in which everything the broker has of a series is here, final and undamaged."""
        return self.coverages([key])[key]

    def coverages(self, keys: Iterable[SeriesKey]) -> dict[SeriesKey, Intervals]:
        """The coverage of many series at once."""
        names = {key: series_name(key) for key in keys}
        for series, files in self._coverage.files_of(names.values()).items():
            for name, bars in files.items():
                self._sound(series, name, bars)
        spans = self._coverage.spans_of(names.values())
        return {key: spans[series] for key, series in names.items()}

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
        parts = []
        for name, bars in sorted(self._coverage.files(series).items()):
            span = _span_of(name)
            if start < span.end and end > span.start:
                opened = self._sound(series, name, bars)
                if opened is not None:
                    parts.append(between(opened.bars, start, end))
        if relied_on:
            self._still_there(series, relied_on, self._coverage.spans(series))
        return np.array(parts[0]) if len(parts) == 1 else np.concatenate([no_bars(), *parts], axis=1)

    def rows(
        self,
        keys: Iterable[SeriesKey],
        row: int,
        start: float,
        end: float,
        *,
        relied_on: Mapping[SeriesKey, Intervals] | None = None,
    ) -> dict[SeriesKey, tuple[Floats, Floats]]:
        """Of each series the starts of its stored bars in ``[start, end)`` and one field of them, as copies.

        Only these two rows are read from the files: this is what many series side by side are made of.

        Parameters
        ----------
        row : the field, by its position in ``history.bars.FIELDS``.
        relied_on : by series the spans that coverage named and that must still be complete now.

        Raises
        ------
        StoreCorrupt : as ``read``.
        """
        names = {key: series_name(key) for key in keys}
        files = self._coverage.files_of(names.values())
        found = {key: self._rows_of(series, files[series], row, start, end) for key, series in names.items()}
        if relied_on:
            now = self._coverage.spans_of(names[key] for key in relied_on)
            for key, spans in relied_on.items():
                self._still_there(names[key], spans, now[names[key]])
        return found

    def newest_start(self, key: SeriesKey, count: int) -> int | None:
        """The moment since which the store holds ``count`` bars, or all there are; None where it has too few to say.

        Only the newest unbroken coverage is looked at: across a hole nobody knows how many bars there are.
        """
        spans = self.coverage(key)
        if not spans:
            return None
        series, newest, left = series_name(key), spans[-1], count
        for name, bars in sorted(self._coverage.files(series).items(), reverse=True):
            opened = self._sound(series, name, bars)
            if opened is None:
                return None
            starts = between(opened.bars, newest.start, newest.end)[TIMESTAMP]
            if starts.size >= left:
                return int(starts[-left])
            left -= starts.size
        return 0 if newest.start <= 0 else None

    def write(self, key: SeriesKey, bars: Bars, covered: Interval) -> None:
        """Add final bars and say that the span they were asked for is complete; a bar that is there already is renewed.

        Raises
        ------
        StoreLocked : another process writes the same series for longer than the deadline.
        StoreError : a full, read-only or vanished disk. What was stored stays as it was.
        """
        series = series_name(key)
        with self._writing(series):
            files = {}
            for name, part in _by_file(key, bars):
                known = self._coverage.files(series).get(name)
                opened = self._sound(series, name, known or 0)
                files[name] = self._put(series, name, part if opened is None else merge(opened.bars, part))
            self._coverage.add(series, covered, files)

    def replace(self, key: SeriesKey, bars: Bars, covered: Interval) -> None:
        """Restate a series whole: these bars are all it has, complete in ``covered`` and nowhere else."""
        series = series_name(key)
        with self._writing(series):
            self._coverage.drop(series)
            self._remove_files(series)
            files = {name: self._put(series, name, merge(no_bars(), part)) for name, part in _by_file(key, bars)}
            self._coverage.replace(series, covered, files)

    def drop(self, key: SeriesKey) -> None:
        """Forget a series and remove its files."""
        series = series_name(key)
        with self._writing(series):
            self._coverage.drop(series)
            self._remove_files(series)

    def close(self) -> None:
        """Let go of all files."""
        self._coverage.close()
        with self._opened_lock:
            self._opened.clear()

    def _rows_of(
        self, series: str, files: Mapping[str, int], row: int, start: float, end: float
    ) -> tuple[Floats, Floats]:
        parts = []
        for name, count in sorted(files.items()):
            span = _span_of(name)
            opened = self._sound(series, name, count) if start < span.end and end > span.start else None
            if opened is not None:
                first, last = opened.bars[TIMESTAMP].searchsorted((start, end))
                parts.append((opened.bars[TIMESTAMP, first:last], opened.bars[row, first:last]))
        if len(parts) == 1:
            return np.array(parts[0][0]), np.array(parts[0][1])
        stamps, values = zip(*parts, strict=True) if parts else ((), ())
        return np.concatenate([_NOTHING, *stamps]), np.concatenate([_NOTHING, *values])

    def _still_there(self, series: str, relied_on: Intervals, spans: Intervals) -> None:
        if relied_on != spans and difference(relied_on, spans):
            raise StoreCorrupt(self._path(series, _WHOLE), "changed while it was read", hint="Ask again.")

    def _path(self, series: str, name: str) -> str:
        return os.path.join(self.cache, "bars", LAYOUT, f"{series}{'-' if name else ''}{name}.npy")  # noqa: PTH118

    def _sound(self, series: str, name: str, bars: int) -> Opened | None:
        """A file that exists, is undamaged and has at least ``bars`` bars; otherwise it is set aside and forgotten."""
        path = self._path(series, name)
        try:
            opened = self._open(path)
            if opened.bars.shape[1] < bars:
                raise StoreCorrupt(path, f"has {opened.bars.shape[1]} bars where {bars} belong")
        except FileNotFoundError:
            if bars:
                _log.warning("%s is gone; its bars will be asked for again.", path)
                self._coverage.drop(series, [_span_of(name)], file=name)
            return None
        except StoreCorrupt as exc:
            aside = set_aside(Path(path))
            _log.warning("%s Set aside as %s; its bars will be asked for again.", exc, aside.name)
            self._coverage.drop(series, [_span_of(name)], file=name)
            return None
        return opened

    def _open(self, path: str) -> Opened:
        """A file's bars; verified when it is first seen and whenever it has changed."""
        with self._opened_lock:
            known = self._opened.get(path)
        if known is not None and known.stamp == Stamp.of(path):
            return known
        opened = open_bars(path)
        if _KEEP_OPEN:
            with self._opened_lock:
                self._opened[path] = opened
                if len(self._opened) > MOST_OPEN_FILES:
                    self._opened.popitem(last=False)
        return opened

    def _put(self, series: str, name: str, bars: Bars) -> int:
        write_bars(Path(self._path(series, name)), bars)
        return int(bars.shape[1])

    def _remove_files(self, series: str) -> None:
        stem = Path(self._path(series, _WHOLE))
        for path in (stem, *stem.parent.glob(f"{stem.stem}-[0-9]*.npy")):
            path.unlink(missing_ok=True)

    def _writing(self, series: str) -> _Writing:
        return _Writing(Path(self._path(series, _WHOLE)).with_suffix(".lock"), self._lock_timeout_s)


class _Writing:
    """The one writer of a series, across threads and processes."""

    def __init__(self, path: Path, timeout_s: float) -> None:
        self._path = path
        self._timeout_s = timeout_s
        self._lock = FileLock(path, timeout=timeout_s)

    def __enter__(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()
            for left_behind in self._path.parent.glob(f"{self._path.stem}*.tmp"):  # by a writer that was killed
                left_behind.unlink()
        except Timeout as exc:
            hint = "Wait for the other notebook or backfill, or end it."
            raise StoreLocked(
                str(self._path), f"another process has written this series for {self._timeout_s:g} s", hint=hint
            ) from exc
        except OSError as exc:
            hint = "Choose a cache folder that can be written (LPRESEARCH_CACHE_DIR)."
            raise StoreError(str(self._path), f"cannot be written: {exc.strerror or exc}", hint=hint) from exc

    def __exit__(self, *_: object) -> None:
        self._lock.release()


@lru_cache(maxsize=4096)
def series_name(key: SeriesKey) -> str:
    """The name of a series in the store: folders and the beginning of its file names."""
    minutes = key.period.minutes
    period = _PERIOD_WORDS[key.period] if minutes is None else f"{minutes}min"
    return f"{safe_name(key.source)}/{safe_name(key.symbol)}/{period}-{key.adjust}-{key.sessions}"


def _by_file(key: SeriesKey, bars: Bars) -> list[tuple[str, Bars]]:
    """The bars of each file: all in one, or minutes by year."""
    if bars.shape[1] == 0:
        return []
    if key.period.minutes is None:
        return [(_WHOLE, bars)]
    years = bars[TIMESTAMP].astype("datetime64[s]").astype("datetime64[Y]")
    return [(str(year), bars[:, years == year]) for year in np.unique(years)]


def _span_of(name: str) -> Interval:
    """The time that a file answers for."""
    if name == _WHOLE:
        return Interval(-(2**62), 2**62)
    year = int(name)
    first, following = (datetime(number, 1, 1, tzinfo=UTC) for number in (year, year + 1))
    return Interval(int(first.timestamp()), int(following.timestamp()))
