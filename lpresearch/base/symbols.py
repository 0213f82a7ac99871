"""Symbols: what a user may write, and the one form that everything below uses.

``700.HK``, ``00700.HK``, ``HK.00700``, ``700.hk`` are one symbol, ``700.HK`` (longport.md 10.1). Never asks a server
whether a symbol exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from lpresearch.base.errors import InputError, SymbolError
from lpresearch.base.markets import Market

_REGION_MARKET = {"HK": Market.HK, "US": Market.US, "SH": Market.CN, "SZ": Market.CN, "SG": Market.SG}
_REGION_WORDS = ", ".join(_REGION_MARKET)
_TICKER = re.compile(r"\.?[A-Z0-9][A-Z0-9._\-]*\Z")
_US_OPTION = re.compile(r"(?P<root>[A-Z0-9.]{1,7}?)(?P<expiry>\d{6})(?P<right>[CP])(?P<strike>\d{1,8})\Z")
_REMEMBERED = 20_000  # symbols whose form is known: 500 take 0.1 ms then, and 0.8 ms else
_STRIKE_SCALE = 1000  # a strike of 250 is written 250000


class Symbol(str):
    """One security as ``ticker.REGION``; a plain string to everything that wants one.

    Examples
    --------
    >>> Symbol("HK.00700")
    Symbol('700.HK')
    >>> Symbol("brk.a.us").ticker
    'BRK.A'
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Symbol:
        return text if isinstance(text, Symbol) else super().__new__(cls, _canonical(text))

    def __repr__(self) -> str:
        return f"Symbol({str(self)!r})"

    def __str__(self) -> str:
        return str.__str__(self)

    @property
    def ticker(self) -> str:
        """The part before the region, such as ``700`` or ``BRK.A``."""
        return self.rpartition(".")[0]

    @property
    def region(self) -> str:
        """The part after the last dot: HK, US, SH, SZ or SG."""
        return self.rpartition(".")[2]

    @property
    def market(self) -> Market:
        """The market whose calendar and rules apply (SH and SZ are CN)."""
        return _REGION_MARKET[self.region]

    @property
    def is_us_option(self) -> bool:
        """Whether this is a US option contract, such as ``AAPL260417C250000.US``."""
        return self.region == "US" and _US_OPTION.match(self.ticker) is not None

    @property
    def option(self) -> OptionTerms | None:
        """What the symbol of a US option contract says; None for anything else, and for a day that is none."""
        found = _US_OPTION.match(self.ticker) if self.region == "US" else None
        if found is None:
            return None
        digits = found["expiry"]
        try:
            expiry = date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
        except ValueError:
            return None
        return OptionTerms(found["root"], expiry, found["right"] == "C", Decimal(found["strike"]) / _STRIKE_SCALE)


@dataclass(frozen=True, slots=True)
class OptionTerms:
    """A US option contract by the terms that make its symbol, and its symbol by the terms.

    Examples
    --------
    >>> OptionTerms("AAPL", date(2026, 4, 17), True, Decimal(250)).symbol
    Symbol('AAPL260417C250000.US')
    """

    root: str
    expiry: date
    call: bool
    strike: Decimal

    @property
    def symbol(self) -> Symbol:
        """The contract's symbol (longport.md 10.1)."""
        right = "C" if self.call else "P"
        return Symbol(f"{self.root}{self.expiry:%y%m%d}{right}{int(self.strike * _STRIKE_SCALE)}.US")


def parse_symbols(symbols: str | Iterable[str], *, parameter: str = "symbols") -> tuple[Symbol, ...]:
    """The symbols in the order given, each once.

    Parameters
    ----------
    symbols : one symbol or several. A text with blanks or commas is several.
    parameter : the name that an error names.

    Raises
    ------
    SymbolError : a malformed symbol, with a suggestion where one is near, or what is neither a text nor several.
    InputError : none at all.
    """
    texts = re.split(r"[\s,]+", symbols.strip()) if isinstance(symbols, str) else _several(symbols, parameter)
    parsed = tuple(dict.fromkeys(_parse_one(text, parameter) for text in texts))
    if not parsed or texts == [""]:
        raise InputError(parameter, symbols, "at least one symbol is needed", hint="Write one as 700.HK or AAPL.US.")
    return parsed


def _several(symbols: Iterable[str], parameter: str) -> list[str]:
    try:
        each = iter(symbols)
    except TypeError:
        rule, hint = "symbols are one text, or several in a list", "Write one as 700.HK or AAPL.US."
        raise SymbolError(parameter, symbols, rule, hint=hint) from None
    return list(each)


def _parse_one(text: object, parameter: str) -> Symbol:
    if not isinstance(text, str):
        raise SymbolError(parameter, text, "a symbol is a text", hint="Write it as 700.HK or AAPL.US.")
    try:
        return Symbol(text)
    except SymbolError as exc:
        raise exc.of(parameter) from None


@lru_cache(maxsize=_REMEMBERED)
def _canonical(text: str) -> str:
    upper = text.strip().upper()
    head, _, tail = upper.rpartition(".")
    first, _, rest = upper.partition(".")
    if tail in _REGION_MARKET and head:
        ticker, region = head, tail
    elif first in _REGION_MARKET and rest:
        ticker, region = rest, first
    else:
        raise SymbolError(
            "symbol", text, f"a symbol is ticker.REGION with a region of {_REGION_WORDS}", hint=_suggestion(upper)
        )
    if not _TICKER.match(ticker):
        raise SymbolError("symbol", text, "a ticker has letters, digits, dots and dashes only", hint=_suggestion(upper))
    if region in ("HK", "SG") and ticker.isdigit():
        ticker = ticker.lstrip("0") or "0"
    return f"{ticker}.{region}"


def _suggestion(upper: str) -> str:
    """The symbol that a near miss was likely meant to be, as a hint."""
    head, _, tail = upper.rpartition(".")
    near = {
        "CN": "SH",
        "SS": "SH",
        "XHKG": "HK",
        "HKG": "HK",
        "USA": "US",
        "SSE": "SH",
        "SZSE": "SZ",
        "SI": "SG",
        "O": "US",
        "N": "US",
    }
    bare = re.sub(r"[^A-Z0-9]", "", upper)
    split = re.match(r"\A([A-Z0-9.]+)[\s:/_\-](HK|US|SH|SZ|SG)\Z", upper) or re.match(
        r"\A(HK|US|SH|SZ|SG)[\s:/_\-]?([0-9]+)\Z", upper
    )
    if tail in near and head:
        guess = f"{head}.{near[tail]}"
    elif split:
        one, two = split.groups()
        ticker, region = (two, one) if one in _REGION_MARKET else (one, two)
        guess = f"{ticker.lstrip('0') if region == 'HK' else ticker}.{region}"
    elif bare.isdigit() and len(bare) == 6:
        guess = f"{bare}.{'SH' if bare[0] in '569' else 'SZ'}"
    elif bare.isdigit() and len(bare) <= 5 and bare:
        guess = f"{bare.lstrip('0') or '0'}.HK"
    elif bare.isalpha() and len(bare) <= 5 and bare:
        guess = f"{bare}.US"
    else:
        return "Write it as 700.HK, AAPL.US or 600519.SH."
    return f"Did you mean {guess}?"
