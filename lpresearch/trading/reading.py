"""The words and numbers of a ticket as users write them -> exact values. Knows no markets."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import SupportsIndex, TypeVar

from lpresearch.base.errors import InputError
from lpresearch.base.symbols import Symbol, parse_symbols

Number = str | Decimal | float | SupportsIndex
Word = TypeVar("Word", bound=StrEnum)


def one_symbol(symbol: str) -> Symbol:
    """The one security that a text names."""
    found = parse_symbols(symbol, parameter="symbol")
    if len(found) != 1:
        raise InputError("symbol", symbol, "an order is of one symbol")
    return found[0]


def exact(name: str, value: object) -> Decimal:
    """The number as the user wrote it, not below 0: a float by its shortest text, so 0.1 is 0.1.

    Raises
    ------
    InputError : not a number, not finite, or negative.
    """
    wrong = InputError(name, value, "must be a number, such as 100 or '50.5'")
    if isinstance(value, bool):
        raise wrong
    try:
        if isinstance(value, float):
            number = Decimal(float.__repr__(value))
        elif isinstance(value, str | Decimal):
            number = Decimal(value.strip() if isinstance(value, str) else value)
        elif isinstance(value, SupportsIndex):
            number = Decimal(operator.index(value))
        else:
            raise wrong
    except InvalidOperation:
        raise wrong from None
    if not number.is_finite() or number < 0:
        raise InputError(name, value, "must be a finite number, not below 0")
    return number


def plain(number: Decimal) -> str:
    """The number without exponent and trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def word_of(words: type[Word]) -> Callable[[str, object], Word]:
    """A reader of one of the words, in any case."""

    def read(name: str, value: object) -> Word:
        for word in words:
            if str(value).strip().lower() == word.lower():
                return word
        raise InputError(name, value, f"must be one of {', '.join(words)}")

    return read


def day(name: str, value: object) -> date:
    """The date, from a date, a datetime or a text."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip())
    except ValueError:
        raise InputError(name, value, "must be a date as YYYY-MM-DD") from None
