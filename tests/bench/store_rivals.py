"""Times what else bars could be kept in, on the bars that ``bench_store`` gives. Knows nothing of lpresearch.

``python store_rivals.py FOLDER ROUNDS`` reads two files there: ``minutes.npy`` with the rows timestamp, open, high,
low, close, volume and turnover, and ``closes.npy``, timestamps first, then a row per symbol. It prints one JSON object:
what -> name -> milliseconds of each round; null where the library is not installed.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FIELDS = ("open", "high", "low", "close", "volume", "turnover")
Case = tuple[str, str, Callable[[], object]]


def index_of(seconds: Any) -> pd.DatetimeIndex:
    """Stamps as a candle frame has them."""
    stamps = pd.DatetimeIndex(seconds.astype("int64").astype("M8[s]").astype("M8[us]"), name="timestamp")
    return stamps.tz_localize("UTC").tz_convert("Asia/Hong_Kong")


def frame_of(minutes: Any) -> pd.DataFrame:
    """The minutes as a candle frame."""
    columns = dict(zip(FIELDS, minutes[1:7], strict=True))
    return pd.DataFrame(columns, index=index_of(minutes[0])).astype({"volume": "int64"})


def files(folder: Path, minutes: pd.DataFrame, wide: pd.DataFrame, long: pd.DataFrame) -> Iterator[Case]:
    """What pandas itself reads."""
    minutes.to_pickle(folder / "minutes.pickle")
    yield "minutes", "pickle", lambda: pd.read_pickle(folder / "minutes.pickle")
    if find_spec("pyarrow") is None:
        return
    minutes.reset_index().to_feather(folder / "minutes.feather")
    yield "minutes", "Feather", lambda: pd.read_feather(folder / "minutes.feather").set_index("timestamp")
    minutes.to_parquet(folder / "minutes.parquet")
    yield "minutes", "Parquet", lambda: pd.read_parquet(folder / "minutes.parquet")
    wide.to_parquet(folder / "wide.parquet")
    yield "panel", "one wide Parquet", lambda: pd.read_parquet(folder / "wide.parquet")
    long.to_parquet(folder / "long.parquet")


def duckdb(folder: Path) -> Iterator[Case]:
    """DuckDB over the Parquet files."""
    sql = import_module("duckdb").sql
    one = f"SELECT * FROM '{folder / 'minutes.parquet'}'"
    yield "minutes", "DuckDB", lambda: sql(one).df().set_index("timestamp")
    many = f"SELECT symbol, timestamp, close FROM '{folder / 'long.parquet'}'"
    yield (
        "panel",
        "DuckDB over Parquet",
        lambda: sql(many).df().pivot(index="timestamp", columns="symbol", values="close"),
    )


def arcticdb(folder: Path, minutes: pd.DataFrame, wide: pd.DataFrame) -> Iterator[Case]:
    """ArcticDB on the same disk, a symbol per series."""
    arctic = import_module("arcticdb")
    library = arctic.Arctic(f"lmdb://{folder / 'arctic'}?map_size=2GB").create_library("bars")
    library.write("minutes", minutes)
    yield "minutes", "ArcticDB", lambda: library.read("minutes").data
    bars = pd.DataFrame(dict.fromkeys(FIELDS, 1.0), index=wide.index)
    library.write_batch([arctic.WritePayload(symbol, bars.assign(close=wide[symbol])) for symbol in wide])
    wanted = [arctic.ReadRequest(symbol, columns=["close"]) for symbol in wide]

    def panel() -> pd.DataFrame:
        closes = {symbol: read.data["close"] for symbol, read in zip(wide, library.read_batch(wanted), strict=True)}
        return pd.DataFrame(closes)

    yield "panel", "ArcticDB", panel


def main() -> None:
    """Print the times."""
    folder, rounds = Path(sys.argv[1]), int(sys.argv[2])
    minutes = frame_of(np.load(folder / "minutes.npy"))
    stamps, *closes = np.load(folder / "closes.npy")
    wide = pd.DataFrame({f"{code}.HK": row for code, row in enumerate(closes, start=1)}, index=index_of(stamps))
    long = wide.melt(ignore_index=False, var_name="symbol", value_name="close").reset_index()
    cases = [*files(folder, minutes, wide, long)]
    times: dict[str, dict[str, list[float] | None]] = {"minutes": {}, "panel": {}}
    libraries: dict[str, Callable[[], Iterator[Case]]] = {
        "duckdb": lambda: duckdb(folder),
        "arcticdb": lambda: arcticdb(folder, minutes, wide),
    }
    for library, made in libraries.items():
        if find_spec(library) is None:
            times["minutes"][library] = times["panel"][library] = None
        else:
            cases += made()
    for what, name, call in cases:
        call()
        times[what][name] = [_milliseconds(call) for _ in range(rounds)]
    print(json.dumps(times))


def _milliseconds(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return (time.perf_counter() - begin) * 1e3


if __name__ == "__main__":
    main()
