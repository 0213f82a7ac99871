"""One source column -> one pandas array of the dtype that its contract names. Knows no frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lpresearch.base.errors import WireError
from lpresearch.frames.column import Column

Values: TypeAlias = Sequence[object] | NDArray[np.generic]
Made: TypeAlias = "NDArray[np.generic] | pd.api.extensions.ExtensionArray | pd.Series[str]"
MICROSECONDS = 1_000_000


def make_array(column: Column, values: Values) -> Made:
    """The values of a column in its dtype; an empty text or None is missing.

    Raises
    ------
    WireError : a value that cannot be what the contract says.
    """
    try:
        return _MAKERS[column.dtype](column, values)
    except (ValueError, TypeError, IndexError, OverflowError) as exc:
        raise WireError(f"Column {column.name} should be {column.dtype}: {exc}.") from exc


def missing_array(column: Column, length: int) -> Made:
    """A column of missing values (0 where its dtype has no missing)."""
    if column.dtype in ("int64", "bool"):
        return np.zeros(length, dtype=column.dtype)
    return make_array(column, [None] * length)


def floats(column: Column, values: Values) -> NDArray[np.float64]:
    """Numbers, or texts of numbers, as float64."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu":
        numbers = values.astype(np.float64)
    else:
        numbers = _numbers(values)
    if column.zero_is_missing:
        numbers[numbers == 0] = np.nan
    return numbers


def _numbers(values: Iterable[Any]) -> NDArray[np.float64]:
    """Each value as a float; the usual column without missing values in one go."""
    values = list(values)
    try:
        return np.fromiter(map(float, values), dtype=np.float64, count=len(values))
    except (ValueError, TypeError):
        return np.array([np.nan if value is None or value == "" else float(value) for value in values], np.float64)


def _is_missing(value: object) -> bool:
    return value is None or value == "" or value != value


def instants(seconds: NDArray[np.float64]) -> pd.DatetimeIndex:
    """Epoch seconds as naive UTC stamps in microseconds; exact for whole microseconds, without a step per row."""
    return pd.DatetimeIndex(np.rint(seconds * MICROSECONDS).astype(np.int64).view("M8[us]"), name="timestamp")


def _whole(_: Column, values: Values) -> NDArray[np.int64]:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iu":
        return values.astype(np.int64)
    if all(type(value) is int for value in values):
        return np.array(values, dtype=np.int64)
    return np.array([0 if _is_missing(v) else int(str(v)) for v in values], dtype=np.int64)


def _whole_or_missing(column: Column, values: Values) -> Made:
    numbers = floats(column, values)
    missing = np.isnan(numbers)
    return pd.arrays.IntegerArray(np.where(missing, 0, numbers).astype(np.int64), missing)


def _texts(column: Column, values: Values) -> Made:
    words = column.words
    made = np.empty(len(values), dtype=object)
    made[:] = [(value if type(value) is str else _text(value, words)) or np.nan for value in values]
    return pd.Series(made, dtype=object)  # a bare array of texts would become str under pandas 3


def _text(value: object, words: tuple[str, ...]) -> str:
    if value is None:
        return ""
    if words and isinstance(value, (list, tuple)):
        return " ".join(_text(one, words) for one in value)
    if words and isinstance(value, (int, np.integer)):
        return words[value] if 0 <= value < len(words) else str(int(value))
    return str(value)


def _category(column: Column, values: Values) -> Made:
    categories = pd.Index(column.words, dtype=object)
    codes = np.asarray(values, dtype=np.int8)
    return pd.Categorical.from_codes(codes, dtype=pd.CategoricalDtype(categories))


def _bools(_: Column, values: Values) -> NDArray[np.bool_]:
    return np.asarray(values, dtype=np.bool_)


def _utc(column: Column, values: Values) -> Made:
    seconds = floats(column, values)
    stamps = np.where(np.isnan(seconds), 0.0, seconds)
    made = np.rint(stamps * MICROSECONDS).astype(np.int64).view("M8[us]")
    made[np.isnan(seconds)] = np.datetime64("NaT", "us")
    return pd.DatetimeIndex(made).tz_localize("UTC").array


def _dates(_: Column, values: Values) -> Made:
    """Days as date objects, ``YYYY-MM-DD`` or ``YYYYMMDD``."""
    texts = ["" if v is None else str(v).replace("-", "") for v in values]
    days = [f"{t[:4]}-{t[4:6]}-{t[6:]}" if t else "NaT" for t in texts]
    return pd.DatetimeIndex(np.array(days, dtype="M8[D]").astype("M8[us]")).array


_MAKERS: dict[str, Callable[[Column, Values], Made]] = {
    "float64": floats,
    "int64": _whole,
    "Int64": _whole_or_missing,
    "object": _texts,
    "bool": _bools,
    "category": _category,
    "datetime64[us]": _dates,
    "datetime64[us, UTC]": _utc,
}
