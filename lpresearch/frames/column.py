"""What a column of a frame is, and the kinds of columns that contracts are made of. Values only, no pandas.

Dtypes are spelled so that they mean the same under pandas 2.2 and 3: text is ``object`` by name, because what pandas
infers from texts differs between the two, and from an empty list in both. Missing text is NaN, a missing instant NaT, a
missing whole number ``<NA>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Dtype = Literal["float64", "int64", "Int64", "object", "bool", "category", "datetime64[us]", "datetime64[us, UTC]"]


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    ``words`` are the texts that stand for a source's numbers 0, 1, ...; for a category they are all it can be.
    ``zero_is_missing``: the wire writes 0 where it has no value.
    """

    name: str
    dtype: Dtype
    unit: str
    meaning: str
    words: tuple[str, ...] = ()
    zero_is_missing: bool = False


Contract = tuple[Column, ...]


def price(name: str, meaning: str, *, zero_is_missing: bool = False) -> Column:
    """A price, missing where it is not known."""
    return Column(name, "float64", "price", meaning, zero_is_missing=zero_is_missing)


def money(name: str, meaning: str) -> Column:
    """An amount of money."""
    return Column(name, "float64", "money", meaning)


def quantity(name: str, meaning: str) -> Column:
    """Shares, of which there may be parts."""
    return Column(name, "float64", "shares", meaning)


def count(name: str, unit: str, meaning: str) -> Column:
    """A whole number that is never missing."""
    return Column(name, "int64", unit, meaning)


def count_or_missing(name: str, unit: str, meaning: str, *, zero_is_missing: bool = False) -> Column:
    """A whole number that may be missing."""
    return Column(name, "Int64", unit, meaning, zero_is_missing=zero_is_missing)


def text(name: str, meaning: str, *, words: tuple[str, ...] = ()) -> Column:
    """A text; with ``words`` the one that stands for a number of the source."""
    return Column(name, "object", "", meaning, words)


def instant(name: str, meaning: str) -> Column:
    """A moment in UTC; 0 on the wire is missing."""
    return Column(name, "datetime64[us, UTC]", "", meaning, zero_is_missing=True)


SYMBOL = text("symbol", "the security as ticker.REGION")
