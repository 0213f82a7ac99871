"""Quotes, static info, depth and trading days as frames."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.sim.threaded import Running

pytestmark = pytest.mark.usefixtures("broker")
PRICES = ["last_done", "prev_close", "open", "high", "low"]
PULLS = [lp.quote, lp.static_info, lp.calc_indexes, lp.option_quote, lp.warrant_quote]
OF_SEVERAL = [*PULLS, lp.candles, lp.panel, lp.plan, lp.stream, lp.watchlist_add]


def test_quotes_come_in_the_order_asked_and_equal_the_market(broker: Running) -> None:
    symbols = ["AAPL.US", "700.HK", "600519.SH", "HSI.HK"]
    frame = lp.quote(symbols)
    assert list(frame.index) == symbols
    for symbol in symbols:
        truth = broker.market.quote(symbol)
        assert truth is not None
        row = frame.loc[[symbol]]
        assert row[PRICES].iloc[0].tolist() == [float(getattr(truth, name)) for name in PRICES]
        assert row["volume"].tolist() == [truth.volume]


def test_change_is_against_the_close_before_in_percent() -> None:
    row = lp.quote("700.HK").iloc[0]
    assert row["change"] == pytest.approx(row["last_done"] - row["prev_close"])
    assert row["change_rate"] == pytest.approx(100 * row["change"] / row["prev_close"])


def test_the_columns_outside_regular_hours_appear_with_a_us_symbol_only() -> None:
    assert not any(name.startswith(("pre_", "post_", "overnight_")) for name in lp.quote("700.HK").columns)
    assert "post_last_done" in lp.quote(["700.HK", "AAPL.US"]).columns


def test_the_last_quote_equals_the_last_bar() -> None:
    quote, bar = lp.quote("700.HK").iloc[0], lp.candles("700.HK", count=1).iloc[0]
    assert quote[["open", "high", "low"]].tolist() == bar[["open", "high", "low"]].tolist()
    assert (quote["last_done"], quote["volume"]) == (bar["close"], bar["volume"])


def test_all_unknown_symbols_are_named() -> None:
    with pytest.raises(lp.SymbolError, match=r"NOPE\.US, 99999\.HK"):
        lp.quote(["700.HK", "NOPE.US", "99999.HK"])


def test_a_malformed_symbol_gets_a_suggestion_without_a_request(broker: Running) -> None:
    with pytest.raises(lp.SymbolError, match=r"Did you mean 700\.HK\?"):
        lp.quote("700")
    assert not broker.recorded


@pytest.mark.parametrize("given", [None, 5, float("nan")])
@pytest.mark.parametrize("ask", OF_SEVERAL)
def test_what_is_neither_a_symbol_nor_several_is_refused_everywhere(
    broker: Running, ask: Callable[[object], object], given: object
) -> None:
    with pytest.raises(lp.SymbolError, match=rf"symbols={given!r}: symbols are one text, or several in a list"):
        ask(given)
    assert not broker.recorded


def test_more_symbols_than_a_request_takes_are_split(broker: Running) -> None:
    with pytest.raises(lp.SymbolError):
        lp.quote([f"X{number}.US" for number in range(501)])
    assert [request.command for request in broker.recorded if request.kind == "ws"].count(11) == 2


def test_an_unknown_symbol_is_told_by_the_name_of_the_parameter() -> None:
    calls: list[tuple[str, Callable[[], object]]] = [
        ("symbols", lambda: lp.quote("NOPE.US")),
        ("symbols", lambda: lp.candles("NOPE.US")),
        ("symbol", lambda: lp.depth("NOPE.US")),
        ("symbol", lambda: lp.buy("NOPE.US", 1)),
    ]
    for parameter, call in calls:
        with pytest.raises(lp.SymbolError, match=rf"^{parameter}='NOPE\.US': the broker does not know"):
            call()


def test_depth_is_a_ladder_that_does_not_cross() -> None:
    book = lp.depth("700.HK")
    assert list(book.index) == list(range(1, 11))
    assert (book["bid_price"] < book["ask_price"]).all()
    assert book["bid_price"].is_monotonic_decreasing
    assert book["ask_price"].is_monotonic_increasing


def test_static_info_tells_lot_and_currency() -> None:
    info = lp.static_info(["700.HK", "AAPL.US"])
    assert info["lot_size"].tolist() == [100, 1]
    assert info["currency"].tolist() == ["HKD", "USD"]
    assert info.loc["700.HK", "listing_date"] == pd.Timestamp("2004-06-16")


def test_trading_days_leave_out_weekends_and_holidays() -> None:
    days = lp.trading_days("HK", "2024-12-20", "2025-01-03")
    index = pd.DatetimeIndex(days.index)
    assert index.strftime("%Y-%m-%d").tolist() == [
        "2024-12-20", "2024-12-23", "2024-12-24", "2024-12-27", "2024-12-30", "2024-12-31", "2025-01-02", "2025-01-03",
    ]  # fmt: skip  # HKEX calendar: 25, 26 December and 1 January closed
    assert index[days["half_day"]].strftime("%m-%d").tolist() == ["12-24", "12-31"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("XX",), lp.InputError, "market='XX'.*HK, US, CN, SG"),
        (("HK", "2025-02-01", "2025-01-01"), lp.DateRangeError, "start='2025-02-01'.*not after end"),
        (("HK", "2019-01-01", "2019-01-05"), lp.DateRangeError, "year"),
    ],
)
def test_bad_input_for_trading_days(arguments: tuple[str, ...], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        lp.trading_days(*arguments)
