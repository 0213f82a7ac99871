"""Files of the user's own bars, read as bar matrices: CSV and Parquet by the same rules. Never writes.

A file has the columns ``timestamp,open,high,low,close,volume[,turnover]``. A timestamp is a date (a daily bar), a
datetime (exchange-local time where it names no zone) or epoch seconds UTC; in CSV dates are ISO texts. Stamps ascend.
Parquet needs pyarrow, which is loaded for it alone.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import NoReturn

import numpy as np

from lpresearch.base.errors import ConfigError
from lpresearch.base.markets import Market
from lpresearch.calendars.zones import zone
from lpresearch.sim.market.draws import Floats

_PRICES = ("open", "high", "low", "close")
_NEEDED = ("timestamp", *_PRICES, "volume")
_COLUMNS = (*_NEEDED, "turnover")
_LAST_EPOCH = (date(2100, 1, 1) - date(1970, 1, 1)).days * 86_400
_MOST_VOLUME = 2**53
_A_NUMBER, _A_VOLUME = "it is a number of 0 or more", "a volume is a whole number"
_AN_ORDER, _A_STAMP = "stamps ascend and none comes twice", "it is a whole second between 1970 and 2100"


def read_csv(name: str, content: bytes, market: Market) -> Floats:
    """The bars of a CSV file."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise ConfigError(f"{name}: byte {exc.start} is not UTF-8.", hint="Save it as UTF-8.") from exc
    reader = csv.reader(io.StringIO(text))
    header = [column.strip().lower() for column in next(reader, [])]
    _check_header(f"{name}, line 1", header)
    rows, places = [], []
    for row in reader:
        if row:
            places.append(f"{name}, line {reader.line_num}")
            rows.append(_row(places[-1], header, row, market))
    if not rows:
        raise ConfigError(f"{name}: it has no rows below its header.")
    return _matrix(np.array(rows).T, places)


def read_parquet(name: str, content: bytes, market: Market) -> Floats:
    """The bars of a Parquet file.

    Raises
    ------
    ConfigError : what breaks the rules, and a missing pyarrow.
    """
    try:
        from pyarrow import ArrowInvalid, BufferReader, parquet
    except ImportError as exc:
        raise ConfigError(f"{name}: Parquet needs pyarrow.", hint="pip install 'lpresearch[arrow]'") from exc
    try:
        table = parquet.read_table(BufferReader(content))
    except (ArrowInvalid, OSError) as exc:
        raise ConfigError(f"{name}: it is not a Parquet file.", hint="Write it with to_parquet().") from exc
    header = [column.strip().lower() for column in table.column_names]
    _check_header(name, header)
    if not table.num_rows:
        raise ConfigError(f"{name}: it has no rows.")
    values = dict(zip(header, (column.to_pylist() for column in table.columns), strict=True))
    places = [f"{name}, row {number}" for number in range(1, table.num_rows + 1)]
    found = np.full((7, table.num_rows), math.nan)
    found[0] = [_moment(place, value, market) for place, value in zip(places, values["timestamp"], strict=True)]
    for row, column in enumerate(_COLUMNS[1:], start=1):
        if column in values:
            found[row] = [
                math.nan if value is None and column == "turnover" else _number(place, column, value)
                for place, value in zip(places, values[column], strict=True)
            ]
    return _matrix(found, places)


#: How a file is read, by the end of its name.
READERS: Mapping[str, Callable[[str, bytes, Market], Floats]] = {".csv": read_csv, ".parquet": read_parquet}


def _matrix(values: Floats, places: Sequence[str]) -> Floats:
    """Seven rows of values as a bar matrix, its stamps ascending."""
    matrix = np.zeros((8, values.shape[1]))
    matrix[:7] = values
    wrong = np.flatnonzero(np.diff(matrix[0]) <= 0)
    if len(wrong):
        at = int(wrong[0]) + 1
        _refuse(places[at], "timestamp", f"{matrix[0, at]:.0f}", _AN_ORDER)
    return matrix


def _check_header(place: str, header: list[str]) -> None:
    unknown = [name for name in header if name not in _COLUMNS]
    missing = [name for name in _NEEDED if name not in header]
    repeated = [name for name in _COLUMNS if header.count(name) > 1]
    if unknown or missing or repeated:
        words = ((unknown, "unknown"), (missing, "missing"), (repeated, "repeated"))
        told = "; ".join(f"{word}: {', '.join(names)}" for names, word in words if names)
        raise ConfigError(f"{place}: wrong columns ({told}).", hint=f"It must be {','.join(_NEEDED)}[,turnover].")


def _row(place: str, header: list[str], row: list[str], market: Market) -> list[float]:
    """One line of a CSV file."""
    if len(row) != len(header):
        _refuse(place, "row", ",".join(row), f"a row has {len(header)} values")
    cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
    values = [_moment(place, cells["timestamp"], market)]
    values += [_number(place, name, cells[name]) for name in (*_PRICES, "volume")]
    turnover = cells.get("turnover", "")
    return [*values, _number(place, "turnover", turnover) if turnover else math.nan]


def _number(place: str, name: str, given: object) -> float:
    try:
        value = float(str(given))
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < 0:
        _refuse(place, name, str(given), _A_NUMBER)
    if name == "volume" and (value != int(value) or value >= _MOST_VOLUME):
        _refuse(place, name, str(given), _A_VOLUME)
    return value


def _moment(place: str, given: object, market: Market) -> float:
    """Epoch seconds of a timestamp as a file has it."""
    try:
        if isinstance(given, str) and not (given.replace(".", "", 1).isdigit() and len(given) > 8):
            given = datetime.fromisoformat(given)
        elif isinstance(given, date) and not isinstance(given, datetime):
            given = datetime(given.year, given.month, given.day, tzinfo=zone(market))
        if isinstance(given, datetime):
            value = (given if given.tzinfo else given.replace(tzinfo=zone(market))).timestamp()
        else:
            value = float(str(given))
    except ValueError:
        _refuse(place, "timestamp", str(given), "it is an ISO date or datetime, or epoch seconds")
    if not 0 <= value < _LAST_EPOCH or value != int(value):
        _refuse(place, "timestamp", str(given), _A_STAMP)
    return value


def _refuse(place: str, name: str, value: str, rule: str) -> NoReturn:
    raise ConfigError(f"{place}: {name}={value!r}: {rule}.")
