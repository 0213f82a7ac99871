"""Columns of a source -> tables by symbol or by id, in the dtypes of their contract. Never asks, never reads a file.

Columns that a source leaves out are filled with missing values; columns that a contract does not name are left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from lpresearch.base.errors import WireError
from lpresearch.base.markets import MARKETS, Market
from lpresearch.frames.arrays import Made, Values, make_array, missing_array
from lpresearch.frames.column import Column, Contract
from lpresearch.frames.columns import DEPTH, QUOTE, QUOTE_US

_BY_NAME = {column.name: column for column in QUOTE}
Frame = pd.DataFrame  # the name by which floors without pandas speak of what they hand on
Attrs = Mapping[str, object]  # JSON values only, or to_parquet drops them
SourceColumns = Mapping[str, Values]
_US = f".{Market.US}"  # how a symbol of it ends
_PLACES = 10  # decimals kept in a difference of two prices: binary dust goes, every real digit stays


def with_attrs(frame: pd.DataFrame, attrs: Attrs | None) -> pd.DataFrame:
    """The frame, with where it came from in ``df.attrs["lpresearch"]``."""
    frame.attrs["lpresearch"] = dict(attrs or {})
    return frame


def symbol_table(
    columns: SourceColumns, contract: Contract, symbols: Sequence[str], *, attrs: Attrs | None = None
) -> pd.DataFrame:
    """One row per symbol, in the order asked, whatever the order of the source.

    Raises
    ------
    WireError : a symbol asked is not among the rows. (Callers name unknown symbols to the user before.)
    """
    frame = id_table(columns, contract, "symbol", attrs=attrs)
    wanted = pd.Index(list(map(str.__str__, symbols)), dtype=object, name="symbol")
    if frame.index.equals(wanted):
        return frame
    absent = wanted.difference(frame.index)
    if len(absent):
        raise WireError(f"The answer has no rows for {', '.join(absent)}.")
    return frame.loc[wanted]


def quote_table(columns: SourceColumns, symbols: Sequence[str], *, attrs: Attrs | None = None) -> pd.DataFrame:
    """Quotes by symbol with ``change`` and ``change_rate``; a US symbol adds the prices outside regular hours."""
    with_us = any(symbol.endswith(_US) for symbol in symbols)
    return contract_quote_table(columns, QUOTE + QUOTE_US if with_us else QUOTE, symbols, attrs=attrs)


def contract_quote_table(
    columns: SourceColumns, contract: Contract, symbols: Sequence[str], *, attrs: Attrs | None = None
) -> pd.DataFrame:
    """Quotes by symbol with ``change`` and ``change_rate``, and whatever else the contract has."""
    return symbol_table({**columns, **_changes(columns)}, contract, symbols, attrs=attrs)


def time_table(
    columns: SourceColumns, contract: Contract, market: Market, *, attrs: Attrs | None = None
) -> pd.DataFrame:
    """Rows by ``timestamp`` in the exchange's zone, in the order of the source."""
    frame = id_table(columns, contract, "timestamp", attrs=attrs)
    frame.index = pd.DatetimeIndex(frame.index).tz_convert(MARKETS[market].zone)
    return frame


def depth_table(columns: SourceColumns, *, symbol: str, attrs: Attrs | None = None) -> pd.DataFrame:
    """The levels of one symbol's book, indexed by ``position`` from 1; a side with fewer levels is missing below."""
    return id_table(columns, DEPTH, "position", attrs={"symbol": str(symbol), **(attrs or {})})


def id_table(
    columns: SourceColumns, contract: Contract, index: str = "", *, attrs: Attrs | None = None
) -> pd.DataFrame:
    """A table in the contract's order, indexed by one of its columns (the first one where not given)."""
    made = {column.name: _made(columns, column) for column in contract}
    index = index or contract[0].name
    ids = made.pop(index)
    frame = pd.DataFrame(made)
    frame.index = pd.Index(ids, name=index, dtype=object if ids.dtype == object else None)
    return with_attrs(frame, attrs)


def _changes(columns: SourceColumns) -> dict[str, Values]:
    """The two prices, and the change between them: as a price, and in percent of the close before."""
    last, before = (
        np.asarray(_made(columns, _BY_NAME[name]), dtype=np.float64) for name in ("last_done", "prev_close")
    )
    change = np.round(last - before, _PLACES)
    rate = np.full(len(change), np.nan)
    np.divide(100.0 * change, before, out=rate, where=before != 0)
    return {"last_done": last, "prev_close": before, "change": change, "change_rate": rate}


def _made(columns: SourceColumns, column: Column) -> Made:
    if column.name in columns:
        return make_array(column, columns[column.name])
    return missing_array(column, max((len(values) for values in columns.values()), default=0))
