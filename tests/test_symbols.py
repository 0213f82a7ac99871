"""Symbols as users write them (longport.md 10.1)."""

from __future__ import annotations

import pickle
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpresearch.base.errors import InputError, SymbolError
from lpresearch.base.markets import Market
from lpresearch.base.symbols import OptionTerms, Symbol, parse_symbols


@pytest.mark.parametrize(
    ("text", "canonical", "market"),
    [
        ("700.HK", "700.HK", Market.HK),
        ("00700.HK", "700.HK", Market.HK),
        ("HK.00700", "700.HK", Market.HK),
        (" 700.hk ", "700.HK", Market.HK),
        ("HSI.HK", "HSI.HK", Market.HK),
        ("AAPL.US", "AAPL.US", Market.US),
        ("US.AAPL", "AAPL.US", Market.US),
        ("brk.a.us", "BRK.A.US", Market.US),
        (".DJI.US", ".DJI.US", Market.US),
        ("CON.US", "CON.US", Market.US),
        ("AAPL260417C250000.US", "AAPL260417C250000.US", Market.US),
        ("000001.SZ", "000001.SZ", Market.CN),
        ("SH.600519", "600519.SH", Market.CN),
        ("D05.SG", "D05.SG", Market.SG),
    ],
)
def test_every_spelling_becomes_one_form(text: str, canonical: str, market: Market) -> None:
    symbol = Symbol(text)
    assert symbol == canonical
    assert symbol.market is market
    assert symbol.ticker + "." + symbol.region == canonical


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("700", "700.HK"),
        ("00700", "700.HK"),
        ("AAPL", "AAPL.US"),
        ("600519", "600519.SH"),
        ("300750", "300750.SZ"),
        ("700:HK", "700.HK"),
        ("AAPL US", "AAPL.US"),
        ("600519.SS", "600519.SH"),
        ("HK00700", "700.HK"),
    ],
)
def test_a_near_miss_gets_a_suggestion(text: str, suggestion: str) -> None:
    with pytest.raises(SymbolError, match=rf"Did you mean {suggestion}\?") as caught:
        parse_symbols([text])
    assert caught.value.parameter == "symbols"
    assert caught.value.value == text


@pytest.mark.parametrize("text", ["", ".HK", "HK.", "7 00.HK", "700.XX", "../etc.HK", "700.HK\x00", "é.US"])
def test_what_is_no_symbol_is_refused(text: str) -> None:
    with pytest.raises(SymbolError):
        parse_symbols([text])


def test_several_symbols_keep_their_order_and_appear_once() -> None:
    assert parse_symbols("AAPL.US, 700.hk HK.00700") == ("AAPL.US", "700.HK")


def test_none_at_all_is_refused() -> None:
    with pytest.raises(InputError, match="at least one symbol"):
        parse_symbols([])


@pytest.mark.parametrize("given", [None, 5, float("nan"), True])
def test_what_is_neither_a_symbol_nor_several_is_refused(given: object) -> None:
    with pytest.raises(SymbolError, match=rf"words={given!r}: symbols are one text, or several in a list\. Write"):
        parse_symbols(given, parameter="words")  # type: ignore[arg-type] # what a user may write


def test_a_number_is_no_symbol() -> None:
    with pytest.raises(SymbolError, match="is a text"):
        parse_symbols([700])  # type: ignore[list-item] # what a user may write


@given(st.text(max_size=12))
def test_any_text_is_a_symbol_or_a_symbol_error(text: str) -> None:
    try:
        symbol = Symbol(text)
    except SymbolError:
        return
    assert Symbol(str(symbol)) == symbol


def test_a_us_option_is_told_from_a_stock() -> None:
    assert Symbol("AAPL260417C250000.US").is_us_option
    assert not Symbol("AAPL.US").is_us_option


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("AAPL260417C250000.US", OptionTerms("AAPL", date(2026, 4, 17), True, Decimal(250))),
        ("F270115P12500.US", OptionTerms("F", date(2027, 1, 15), False, Decimal("12.5"))),
        ("BRK.B281220C500.US", OptionTerms("BRK.B", date(2028, 12, 20), True, Decimal("0.5"))),
    ],
)
def test_the_symbol_of_an_option_says_its_terms_and_the_terms_make_the_symbol(text: str, terms: OptionTerms) -> None:
    assert Symbol(text).option == terms
    assert terms.symbol == text


@pytest.mark.parametrize("text", ["AAPL.US", "AAPL260230C250000.US", "AAPL260417C250000.HK"])
def test_what_is_no_option_has_no_terms(text: str) -> None:
    assert Symbol(text).option is None


def test_a_symbol_survives_pickling() -> None:
    symbol = Symbol("BRK.A.US")
    again = pickle.loads(pickle.dumps(symbol))
    assert again == symbol
    assert isinstance(again, Symbol)
