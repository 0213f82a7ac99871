"""Rows about stored series -> numbered tables. Never asks, never reads a file."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lpresearch.base.model import SeriesKey
from lpresearch.frames.column import Contract
from lpresearch.frames.tables import Attrs, id_table

Row = dict[str, object]


def series_columns(key: SeriesKey | None) -> Row:
    """The columns that say which series a row is about; empty texts where it is about none."""
    if key is None:
        return dict.fromkeys(("source", "symbol", "period", "adjust", "sessions"), "")
    return {
        "source": key.source,
        "symbol": str(key.symbol),
        "period": str(key.period),
        "adjust": str(key.adjust),
        "sessions": str(key.sessions),
    }


def series_table(rows: Sequence[Row], contract: Contract, *, attrs: Attrs | None = None) -> pd.DataFrame:
    """The rows in the order given, in the contract's dtypes, numbered from 0."""
    columns = {column.name: [row[column.name] for row in rows] for column in contract}
    return id_table(columns, contract, attrs=attrs).reset_index()
