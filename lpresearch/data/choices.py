"""Words, numbers and markets as users write them, checked at the door: each error names parameter, value and rule."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import SupportsFloat, SupportsIndex, TypeVar

from lpresearch.base.errors import InputError
from lpresearch.base.markets import Market

Choice = TypeVar("Choice", bound=StrEnum)
Thing = TypeVar("Thing")


def parse_choice(parameter: str, text: str, kind: type[Choice]) -> Choice:
    """The member of an enumeration that a user wrote.

    Raises
    ------
    InputError : it is none.
    """
    try:
        return kind(text)
    except ValueError:
        raise InputError(parameter, text, f"{parameter} is one of {', '.join(kind)}") from None


def parse_choices(parameter: str, given: str | Iterable[str] | None, kind: type[Choice]) -> tuple[Choice, ...]:
    """The members that a user wrote, in any case: none for None, one for a text, several for several.

    Raises
    ------
    InputError : one of them is none.
    """
    by_word = {word.casefold(): word for word in kind}
    words = () if given is None else given if isinstance(given, Iterable) and not isinstance(given, str) else (given,)
    return tuple(
        by_word[word.casefold()]
        if isinstance(word, str) and word.casefold() in by_word
        else parse_choice(parameter, word, kind)
        for word in words
    )


def parse_names(parameter: str, given: str | Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Names that a user wrote, each once; a text with blanks or commas is several.

    Raises
    ------
    InputError : names that are not known, all of them named, with the nearest that is.
    """
    known = list(known)
    names = re.split(r"[\s,]+", given.strip()) if isinstance(given, str) else several(given)
    strange = [name for name in names or () if name not in known]
    if strange or not names:
        near = get_close_matches(str(strange[0]), known, n=1) if strange else []
        hint = f"Did you mean {near[0]}?" if near else ""
        value = ", ".join(map(str, strange)) or given
        raise InputError(parameter, value, f"{parameter} are some of {', '.join(known)}", hint=hint)
    return tuple(dict.fromkeys(names))


def several(given: Iterable[Thing]) -> list[Thing] | None:
    """What a user gave as several things; None for what is not several. A text is one thing, not its letters."""
    if isinstance(given, str | bytes | Mapping):
        return None
    try:
        return list(iter(given))
    except TypeError:
        return None


def parse_whole(parameter: str, value: SupportsIndex, *, low: int, high: int | None = None, hint: str = "") -> int:
    """A whole number within bounds, of Python's or of NumPy's.

    Raises
    ------
    InputError : it is none.
    """
    bounds = f"from {low}" if high is None else f"from {low} to {high}"
    try:
        whole = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        whole = None
    if whole is None or whole < low or (high is not None and whole > high):
        raise InputError(parameter, value, f"{parameter} is a whole number {bounds}", hint=hint)
    return whole


def parse_number(parameter: str, value: SupportsFloat, *, hint: str = "") -> float:
    """A finite number from 0, of Python's or of NumPy's.

    Raises
    ------
    InputError : it is none.
    """
    try:
        number = math.nan if isinstance(value, str | bytes | bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise InputError(parameter, value, f"{parameter} is a number from 0", hint=hint)
    return number


def parse_text(parameter: str, value: str, *, hint: str = "") -> str:
    """A text that says something.

    Raises
    ------
    InputError : it is none.
    """
    if not isinstance(value, str) or not value.strip():
        raise InputError(parameter, value, f"{parameter} is a text that is not empty", hint=hint)
    return value


def parse_market(market: str, parameter: str = "market") -> Market:
    """The market that a user wrote, in any case.

    Raises
    ------
    InputError : it is none.
    """
    try:
        return Market(market.upper())
    except (ValueError, AttributeError):
        raise InputError(parameter, market, f"a market is one of {', '.join(Market)}") from None
