"""The store as Parquet files that DuckDB, Polars, Dask and pyarrow read as they are. The one place that needs pyarrow.

``<folder>/source=.../period=.../adjust=.../sessions=.../symbol=.../<year or all>.parquet``, so that every file has the
same keys; periods are words (``1min``, ``1month``), because 1m and 1M are one name on a case-blind disk. A file is
written whole and moved into place. It carries the checksum of what it was made of, so that exporting again writes only
what has changed.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

from lpresearch.base.errors import StoreError, UsageError
from lpresearch.base.model import Interval, SeriesKey, Session
from lpresearch.calendars.zones import days_of
from lpresearch.history.bars import FIELDS, TIMESTAMP, Bars, inside
from lpresearch.history.intervals import intersection
from lpresearch.history.layout import series_name, span_of
from lpresearch.history.store import Store

if TYPE_CHECKING:
    import pyarrow

_MADE_OF = b"lpresearch.made_of"
_WHOLE = "all"
_ROWS_IN_GROUP = 65_536


@dataclass(frozen=True)
class Exported:
    """One file of an export: where it is, what it holds, and whether it had to be written."""

    key: SeriesKey
    path: Path
    bars: int
    size_bytes: int
    written: bool


def export_series(store: Store, key: SeriesKey, folder: Path, *, start: float, end: float) -> Iterator[Exported]:
    """Export the complete spans of a series, a file at a time.

    Raises
    ------
    UsageError : pyarrow is not installed.
    StoreError : a full or read-only disk.
    """
    arrow = _arrow()
    series = series_name(key)
    for name in sorted(store.index.files(series)):
        bounds = span_of(name)
        wanted = [Interval(int(max(start, bounds.start)), int(min(end, bounds.end)))]
        spans = intersection(store.coverage(key), wanted)
        bars = inside(store.read(key, wanted[0].start, wanted[0].end, relied_on=spans), spans)
        if bars.shape[1] == 0:
            continue
        path = folder / partition_of(key) / f"{name or _WHOLE}.parquet"
        recorded = store.index.files(series).get(name)
        made_of = f"{recorded.checksum if recorded else ''} {spans[0].start}-{spans[-1].end} {bars.shape[1]}".encode()
        written = not _is_made_of(arrow, path, made_of)
        if written:
            _write(arrow, path, _table(arrow, key, bars, made_of))
        yield Exported(key, path, int(bars.shape[1]), path.stat().st_size, written)


def partition_of(key: SeriesKey) -> str:
    """The folders of a series, below the export's."""
    period = series_name(key).rpartition("/")[2].partition("-")[0]
    values = {
        "source": key.source,
        "period": period,
        "adjust": key.adjust,
        "sessions": key.sessions,
        "symbol": key.symbol,
    }
    return "/".join(f"{name}={quote(str(value), safe='')}" for name, value in values.items())


def _arrow() -> SimpleNamespace:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as exc:
        raise UsageError("An export to Parquet needs pyarrow: pip install 'lpresearch[arrow]'") from exc
    return SimpleNamespace(lib=pyarrow, parquet=parquet)


def _table(arrow: SimpleNamespace, key: SeriesKey, bars: Bars, made_of: bytes) -> pyarrow.Table:
    """The columns of a candle frame, and the exchange's date: its day may begin on the eve by UTC."""
    lib = arrow.lib
    rows = dict(zip(FIELDS, bars, strict=True))
    stamps = bars[TIMESTAMP].astype(np.int64)
    words = lib.array([str(session) for session in Session])
    numbers = lib.array(rows["session"].astype(np.int8))
    columns = {
        "timestamp": lib.array(stamps * 1_000_000, lib.timestamp("us", tz="UTC")),
        "date": lib.array(days_of(key.symbol.market, stamps)),
        **{name: lib.array(rows[name]) for name in ("open", "high", "low", "close")},
        "volume": lib.array(rows["volume"].astype(np.int64)),
        "turnover": lib.array(rows["turnover"]),
        "session": lib.DictionaryArray.from_arrays(numbers, words).dictionary_decode(),
    }
    return lib.table(columns).replace_schema_metadata({_MADE_OF: made_of})


def _is_made_of(arrow: SimpleNamespace, path: Path, made_of: bytes) -> bool:
    """Whether an exported file is there, whole, and of the same bars."""
    try:
        metadata = arrow.parquet.read_schema(path).metadata
    except (OSError, arrow.lib.ArrowInvalid):
        return False
    return bool((metadata or {}).get(_MADE_OF) == made_of)


def _write(arrow: SimpleNamespace, path: Path, table: pyarrow.Table) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for left_behind in path.parent.glob(f"_{path.stem}.*.tmp"):  # by an export that was killed
            left_behind.unlink(missing_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=f"_{path.stem}.", suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                arrow.parquet.write_table(table, file, row_group_size=_ROWS_IN_GROUP, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)  # noqa: PTH105
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
    except OSError as exc:
        hint = "Free some space, or export to another folder."
        raise StoreError(str(path), f"cannot be written: {exc.strerror or exc}", hint=hint) from exc
