"""The upkeep of the candle store: check it, export it, make it smaller. No request for candles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pandas as pd

from lpresearch.base.errors import DateRangeError, InputError
from lpresearch.base.markets import Market
from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.base.symbols import parse_symbols
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.choices import parse_number, parse_text
from lpresearch.data.moments import Moment, epoch_of
from lpresearch.frames.columns import COMPACTED, EXPORTED, FINDINGS, PRUNED
from lpresearch.frames.series import Row, series_columns, series_table
from lpresearch.history import upkeep
from lpresearch.history.layout import key_of
from lpresearch.history.parquet import export_series
from lpresearch.history.store import Store
from lpresearch.history.verify import Finding, stored_series, verify_folder, verify_series

SIMULATED = "simulated"  # any source that is a simulator
_SIMULATOR = "sim-"
_DAY_S = 86_400
_EVER = 2**62


@both
async def verify(symbols: str | Iterable[str] | None = None) -> pd.DataFrame:
    """What is not as it should be in the candle store: one row per finding, none where all is well.

    Every byte is read again and every bar looked at. A damaged file is set aside and its bars are asked for again when
    they are next wanted; everything else is told and left as it is. Each read of the store makes the cheap part of
    these checks by itself: that a file is the one that was recorded, whole and unchanged.

    Parameters
    ----------
    symbols : only these; None for everything in the cache folder, strange files included.

    Returns
    -------
    pandas.DataFrame
        Columns ``source symbol period adjust sessions file kind detail``. Kinds: ``damaged``, ``set aside``,
        ``foreign``, ``leftover``, ``not counted``, ``locked``; of bars ``not finite``, ``negative``, ``inconsistent``
        (open or close beyond high or low), ``off calendar``; of days ``gap`` (none of its bars) and ``short``.

    Raises
    ------
    StoreError : the disk cannot be read, or a damaged file not set aside.

    Notes
    -----
    Costs no quota and no request for candles; the market's recent calendar is asked where it is not known yet. A file
    at a time is in memory.

    Examples
    --------
    >>> import lpresearch as lp
    >>> findings = lp.verify()
    >>> findings.loc[findings["kind"] == "damaged", "file"].tolist()
    []
    """
    session = await current()
    chosen = _chosen(symbols)
    series = await session.disk(stored_series, session.store, chosen)
    calendars = {market: await session.calendar(market) for market in {key.symbol.market for _, key in series}}
    checked = await session.disk_pieces(_verified, session.store, series, calendars, everything=symbols is None)
    rows = [
        series_columns(key_of(finding.series)) | {"file": finding.file, "kind": finding.kind, "detail": finding.detail}
        for findings in checked
        for finding in findings
    ]
    return series_table(rows, FINDINGS, attrs=session.marks())


@both
async def export(
    folder: str | Path,
    symbols: str | Iterable[str] | None = None,
    *,
    period: str | None = None,
    start: Moment | None = None,
    end: Moment | None = None,
    source: str | None = None,
) -> pd.DataFrame:
    """Write what the store holds for good as Parquet files that DuckDB, Polars, Dask and pyarrow read as they are.

    Parameters
    ----------
    folder : where to; made where it is missing. Files are
        ``source=.../period=.../adjust=.../sessions=.../symbol=.../<year or all>.parquet``.
    symbols : only these; None for all.
    period : only this one; None for all.
    start, end : bars that start between the two, both included, as in ``candles``.
    source : only this one, such as ``"longport"``; ``"simulated"`` for those of simulators; None for all.

    Returns
    -------
    pandas.DataFrame
        One row per file: ``source symbol period adjust sessions path bars bytes`` and ``written``, False where the file
        was there already and of the same bars. The files have ``timestamp`` (UTC), ``date`` (the exchange's), ``open
        high low close volume turnover`` and ``session``, and the folder names as further columns.

    Raises
    ------
    UsageError : pyarrow is not installed: ``pip install 'lpresearch[arrow]'``.
    StoreError : a full or read-only disk; files are whole or as they were.

    Notes
    -----
    Costs no request. Exporting again writes only what has changed. A file at a time is in memory.

    Examples
    --------
    >>> import lpresearch as lp
    >>> files = lp.export("bars", ["700.HK"], period="1d")  # doctest: +SKIP
    >>> duckdb.sql("from read_parquet('bars/**/*.parquet', hive_partitioning=true)")  # doctest: +SKIP
    """
    if not isinstance(folder, str | Path):
        raise InputError("folder", folder, "a folder is a path", hint='Write it as "bars".')
    wanted = Period.parse(period) if period is not None else None
    chosen = _chosen(symbols, source=source)
    spans = {market: _span(start, end, market) for market in Market}
    session = await current()
    rows = await session.disk_pieces(_exported, session.store, Path(folder), chosen, wanted, spans)
    return series_table(rows, EXPORTED, attrs=session.marks())


@both
async def prune(
    symbols: str | Iterable[str] | None = None,
    *,
    unused_days: float | None = None,
    source: str | None = None,
    max_bytes: int | None = None,
    dry_run: bool = True,
) -> pd.DataFrame:
    """Delete series from the store, or show which: by symbol, source, age of last use, or until it is small enough.

    Parameters
    ----------
    symbols : only these; None for all.
    unused_days : only series that were neither read nor written for so many days.
    source : only this one; ``"simulated"`` for what simulators left behind.
    max_bytes : of the series chosen so far, longest unused first, only as many as it takes to get them down to this.
    dry_run : show only; False deletes.

    Returns
    -------
    pandas.DataFrame
        One row per series: ``source symbol period adjust sessions files bars bytes last_used`` and ``outcome``:
        ``would be deleted``, ``deleted``, or why it was kept (another process writes it).

    Raises
    ------
    InputError : nothing says what is to go.

    Notes
    -----
    Costs nothing now; bars that were deleted may cost quota when they are wanted again. Who reads a series meanwhile
    keeps what was read.

    Examples
    --------
    >>> import lpresearch as lp
    >>> unused = lp.prune(unused_days=365)
    """
    if symbols is None and unused_days is None and source is None and max_bytes is None:
        rule = "say what is to go: symbols, unused_days, source or max_bytes"
        raise InputError("symbols", None, rule, hint="All of it is the cache folder, which you may delete.")
    for name, limit in (("unused_days", unused_days), ("max_bytes", max_bytes)):
        if limit is not None:
            parse_number(name, limit, hint="Leave it out for no bound.")
    chosen = _chosen(symbols, source=source)
    session = await current()
    since = None if unused_days is None else session.store.clock() - unused_days * _DAY_S
    pruned = await session.disk_pieces(_pruned, session.store, chosen, since, max_bytes, dry_run=dry_run)
    rows = [
        series_columns(stored.key)
        | {"files": stored.files, "bars": stored.bars, "bytes": stored.size_bytes}
        | {"last_used": stored.last_used or 0, "outcome": stored.outcome or "would be deleted"}
        for stored in pruned
    ]
    return series_table(rows, PRUNED, attrs=session.marks())


@both
async def compact(symbols: str | Iterable[str] | None = None, *, dry_run: bool = False) -> pd.DataFrame:
    """Compress the stored minutes of years that are over, without loss.

    Parameters
    ----------
    symbols : only these; None for all.
    dry_run : show only.

    Returns
    -------
    pandas.DataFrame
        One row per file: ``source symbol period adjust sessions file bytes_before bytes_after`` (missing in a dry run).

    Raises
    ------
    StoreError : a full or read-only disk; bars are as they were.

    Notes
    -----
    Costs no request. Reading a compressed year takes some 30 times as long as a plain one, when it is first read and
    again when others were read since. A year that is added to is plain again.

    Examples
    --------
    >>> import lpresearch as lp
    >>> sizes = lp.compact(dry_run=True)
    """
    chosen = _chosen(symbols)
    session = await current()
    year = upkeep.this_year(session.store.clock())
    packed = await session.disk_pieces(upkeep.compact, session.store, chosen, before=year, dry_run=dry_run)
    rows = [
        series_columns(one.key) | {"file": one.file, "bytes_before": one.bytes_before, "bytes_after": one.bytes_after}
        for one in packed
    ]
    return series_table(rows, COMPACTED, attrs=session.marks())


def _verified(
    store: Store, series: list[tuple[str, SeriesKey]], calendars: dict[Market, MarketCalendar], *, everything: bool
) -> Iterator[list[Finding]]:
    for name, key in series:
        yield list(verify_series(store, name, key, calendars[key.symbol.market]))
    if everything:
        yield list(verify_folder(store))


def _exported(
    store: Store,
    folder: Path,
    chosen: Callable[[SeriesKey], bool],
    period: Period | None,
    spans: dict[Market, Interval],
) -> Iterator[Row]:
    for _, key in stored_series(store, chosen):
        if period in (None, key.period):
            span = spans[key.symbol.market]
            for file in export_series(store, key, folder.expanduser(), start=span.start, end=span.end):
                about = {"path": str(file.path), "bars": file.bars, "bytes": file.size_bytes, "written": file.written}
                yield series_columns(key) | about


def _pruned(
    store: Store,
    chosen: Callable[[SeriesKey], bool],
    since: float | None,
    max_bytes: int | None,
    *,
    dry_run: bool,
) -> Iterable[upkeep.Stored]:
    found = upkeep.choose(upkeep.inventory(store, chosen), unused_since=since, most_bytes=max_bytes)
    return found if dry_run else upkeep.prune(store, found)


def _chosen(symbols: str | Iterable[str] | None, *, source: str | None = None) -> Callable[[SeriesKey], bool]:
    named = None if symbols is None else set(parse_symbols(symbols))
    if source is not None:
        parse_text("source", source, hint='Write it as "longport", or "simulated" for simulators.')

    def chosen(key: SeriesKey) -> bool:
        of_source = source in (None, key.source) or (source == SIMULATED and key.source.startswith(_SIMULATOR))
        return of_source and (named is None or key.symbol in named)

    return chosen


def _span(start: Moment | None, end: Moment | None, market: Market) -> Interval:
    first = -_EVER if start is None else epoch_of(start, "start", market)
    last = _EVER if end is None else epoch_of(end, "end", market, end=True)
    if first >= last:
        raise DateRangeError("start", str(start), f"start is not after end ({end})", hint="Swap them.")
    return Interval(first, last)
