"""Bar matrices -> candle frames: one symbol, several symbols, a wide panel. Never asks a broker, never reads a file.

A bar matrix is float64 of shape (8, n): timestamp (epoch seconds UTC), open, high, low, close, volume, turnover,
session. Stamps are converted as whole arrays: a zone is a label on the index, not work per row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lpresearch.base.markets import MARKETS
from lpresearch.base.model import Period, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.frames.arrays import instants, make_array
from lpresearch.frames.columns import CANDLES, SESSION
from lpresearch.frames.tables import Attrs, with_attrs

BarMatrix = NDArray[np.float64]
_VOLUME_ROW, _SESSION_ROW = 5, 7


def candle_frame(
    bars: BarMatrix,
    *,
    symbol: str,
    period: Period,
    sessions: Sessions = Sessions.REGULAR,
    zone: str = "",
    attrs: Attrs | None = None,
) -> pd.DataFrame:
    """The bars of one symbol, indexed by ``timestamp`` in the exchange's zone.

    Parameters
    ----------
    bars : the bar matrix, ascending. One that can be written to is the frame's own from now on; another is copied.
    symbol, period : what the bars are of.
    sessions : with ``all`` the column ``session`` is added.
    zone : IANA name; the zone of the symbol's market where empty.
    attrs : what ``df.attrs["lpresearch"]`` says besides symbol and period.
    """
    zone = zone or MARKETS[Symbol(symbol).market].zone
    index = instants(bars[0]).tz_localize("UTC").tz_convert(zone)
    # Copying would be most of the work.
    frame = pd.DataFrame(_columns(bars, sessions), index=index, copy=not bars.flags.writeable)
    return with_attrs(frame, {"symbol": str(symbol), "period": str(period), **(attrs or {})})


def candle_frames(
    bars: Mapping[str, BarMatrix],
    *,
    period: Period,
    sessions: Sessions = Sessions.REGULAR,
    attrs: Attrs | None = None,
) -> pd.DataFrame:
    """The bars of several symbols below each other, indexed by ``(symbol, timestamp)``.

    Stamps are UTC for minutes and naive session dates for a day and longer, because one level holds one zone.
    """
    joined = np.concatenate([np.empty((8, 0)), *bars.values()], axis=1)
    stamps = [_shared_stamps(Symbol(symbol), matrix[0], period) for symbol, matrix in bars.items()]
    stamp_level, stamp_codes = np.unique(np.concatenate([np.empty(0, "M8[us]"), *stamps]), return_inverse=True)
    symbol_codes = np.repeat(np.arange(len(bars)), [matrix.shape[1] for matrix in bars.values()])
    levels = [pd.Index([str(symbol) for symbol in bars], dtype=object), _shared_index(stamp_level, period)]
    index = pd.MultiIndex(
        levels=levels,  # type: ignore[arg-type]  # the stubs know lists only
        codes=[symbol_codes, stamp_codes],  # type: ignore[list-item]  # the stubs know lists only
        names=["symbol", "timestamp"],
        verify_integrity=False,
    )
    frame = pd.DataFrame(_columns(joined, sessions), index=index)
    return with_attrs(frame, {"symbol": [str(symbol) for symbol in bars], "period": str(period), **(attrs or {})})


def panel_frame(
    rows: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]],
    *,
    field: str,
    period: Period,
    attrs: Attrs | None = None,
) -> pd.DataFrame:
    """One field of many symbols side by side: a column per symbol, a row per stamp of any, NaN where one has none.

    Parameters
    ----------
    rows : of each symbol its timestamps (epoch seconds UTC, ascending) and the values of the field.
    """
    grids, of_symbol = _distinct_stamps(rows, period)
    stamps = np.unique(np.concatenate([np.empty(0, "M8[us]"), *grids]))
    places = [np.searchsorted(stamps, grid) for grid in grids]
    block = np.empty((len(rows), len(stamps)))
    for line, grid, (_, values) in zip(block, of_symbol, rows.values(), strict=True):
        if len(values) == len(stamps):  # the usual one has them all
            line[:] = values
        else:
            line[:] = np.nan
            line[places[grid]] = values
    symbols = pd.Index([str(symbol) for symbol in rows], dtype=object, name="symbol")
    frame = pd.DataFrame(block.T, index=_shared_index(stamps, period), columns=symbols, copy=False)
    return with_attrs(frame, {"field": field, "period": str(period), **(attrs or {})})


def _columns(bars: BarMatrix, sessions: Sessions) -> dict[str, object]:
    columns: dict[str, object] = {column.name: bars[row] for row, column in enumerate(CANDLES) if row > 0}
    columns["volume"] = bars[_VOLUME_ROW].astype(np.int64)
    if sessions is Sessions.ALL:
        columns["session"] = make_array(SESSION[0], bars[_SESSION_ROW].astype(np.int8))
    return columns


def _shared_stamps(symbol: Symbol, seconds: NDArray[np.float64], period: Period) -> NDArray[np.datetime64]:
    """Stamps that symbols of different zones can share: UTC for minutes, the local date for a day and longer."""
    stamps = instants(seconds)
    if period.minutes is None:
        local = stamps.tz_localize("UTC").tz_convert(MARKETS[symbol.market].zone).tz_localize(None)
        return local.to_numpy().astype("M8[D]").astype("M8[us]")
    return stamps.to_numpy()


def _shared_index(stamps: NDArray[np.datetime64], period: Period) -> pd.DatetimeIndex:
    index = pd.DatetimeIndex(stamps, name="timestamp")
    return index if period.minutes is None else index.tz_localize("UTC")


def _distinct_stamps(
    rows: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]], period: Period
) -> tuple[list[NDArray[np.datetime64]], Sequence[int]]:
    """The different stamp arrays, and which one each symbol has: hundreds of symbols share the few of their markets."""
    known: dict[tuple[str, int], list[tuple[int, NDArray[np.float64]]]] = {}
    grids: list[NDArray[np.datetime64]] = []
    of_symbol: list[int] = []
    for text, (seconds, _) in rows.items():
        symbol = Symbol(text)
        alike = known.setdefault((symbol.market, seconds.size), [])
        place = next((place for place, other in alike if (other == seconds).all()), len(grids))
        if place == len(grids):
            alike.append((place, seconds))
            grids.append(_shared_stamps(symbol, seconds, period))
        of_symbol.append(place)
    return grids, of_symbol
