"""At the end of the quota: what is kept back, what a refusal teaches, and a server that counts the newest bars too."""

from __future__ import annotations

import logging

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.errors import InputError, ServerRejected
from lpresearch.cli import main
from lpresearch.sim.threaded import Running
from lpresearch.sources.longport_facts import quota_refusal
from tests.other_server import Habits, OtherServer, with_habits

HISTORY, NEWEST = 27, 19
START, END = "2012-01-01", "2012-12-31"  # before the newest 1000 days


def old(symbol: str) -> pd.DataFrame:
    """Candles that only history has."""
    return lp.candles(symbol, start=START, end=END)


def test_reserved_units_are_taken_by_no_request(broker: Running) -> None:
    assert lp.quota(reserve=1).reserve == 1
    for symbol in ("700.HK", "5.HK"):
        old(symbol)
    assert (lp.quota().used, lp.quota().remaining) == (2, 0)
    recorded = len(broker.recorded)
    with pytest.raises(lp.QuotaExhausted, match=r"2 of 3 are used and 1 kept back \(lp\.quota\(reserve=0\) frees"):
        old("AAPL.US")
    assert not lp.plan("AAPL.US", start=START, end=END)["complete"].any()
    assert len(broker.recorded) - recorded <= 2, "the calendar of the market at most"
    assert len(lp.candles("700.HK", start="2010-01-01", end="2010-12-31")), "a symbol that counts is free"
    lp.quota(reserve=0)
    assert len(old("AAPL.US"))


def test_a_reserve_outlives_the_session_and_is_shown(broker: Running) -> None:
    lp.quota(reserve=2)
    lp.disconnect()
    shown = lp.quota()
    assert (shown.reserve, shown.remaining) == (2, 1)
    assert "kept back  2 (lp.quota(reserve=0) frees them)" in str(shown)
    assert "<th>kept back</th><td>2 " in shown._repr_html_()
    assert broker.recorded


def test_the_command_line_shows_the_quota_and_keeps_units_back(
    broker: Running, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["quota", "--reserve", "1"]) == 0
    assert "kept back  1" in capsys.readouterr().out
    assert main(["quota"]) == 0
    said = capsys.readouterr().out
    assert "0 of 3 symbols used" in said
    assert "remaining  2" in said
    assert main(["quota", "--reserve", "-1"]) != 0
    assert "reserve=-1" in capsys.readouterr().err
    assert broker.recorded


@pytest.mark.parametrize("units", [-1, 2.5, "3", True, None])
def test_a_reserve_that_is_no_number_of_units_is_refused(broker: Running, units: object) -> None:
    with pytest.raises(InputError, match=r"reserve=.*reserve is a whole number from 0"):
        lp.quota(reserve=units)  # type: ignore[arg-type] # what a user may write
    assert broker.recorded


@with_habits(Habits(history_quota=2), Habits(history_quota=2, tells_figures=False), ids=["figures", "none"])
def test_after_a_refusal_no_further_symbol_asks_in_vain(server: OtherServer) -> None:
    for symbol in ("700.HK", "5.HK"):
        old(symbol)
    for symbol in ("AAPL.US", "9988.HK", "MSFT.US"):
        with pytest.raises(lp.QuotaExhausted, match=symbol):
            old(symbol)
    assert server.heard.count(HISTORY) == 3
    lp.disconnect()
    with pytest.raises(lp.QuotaExhausted):
        old("NVDA.US")
    assert server.heard.count(HISTORY) == 3
    assert lp.quota().remaining == 0
    assert set(lp.quota().symbols) == {"700.HK", "5.HK"}


@with_habits(Habits(history_limit=100, history_quota=0), ids=["a profile of 100 and nothing given"])
def test_a_profile_that_promises_more_than_is_given_leads_to_one_request_only(server: OtherServer) -> None:
    for _ in range(3):  # each session learns the promise of the profile anew
        with pytest.raises(lp.QuotaExhausted):
            old("700.HK")
        assert lp.quota().remaining == 0
        lp.disconnect()
    assert server.heard.count(HISTORY) == 1


@with_habits(Habits(history_limit=2, history_quota=2), ids=["a limit of 2"])
def test_units_used_elsewhere_are_shown_and_a_higher_limit_frees_what_it_adds(server: OtherServer) -> None:
    server.counted |= {"1.HK", "2.HK"}
    with pytest.raises(lp.QuotaExhausted, match="2 of 2"):
        old("700.HK")
    shown = lp.quota()
    assert (shown.used, shown.elsewhere, shown.symbols) == (2, 2, ())
    assert "2 of the used were not asked from here" in str(shown)
    server.habits = Habits(history_limit=5, history_quota=5)
    lp.disconnect()
    assert lp.quota().remaining == 3
    assert len(old("700.HK"))


@with_habits(Habits(history_quota=1), ids=["a quota of 1"])
def test_a_refusal_under_partial_or_cache_returns_what_can_be_had(server: OtherServer) -> None:
    server.counted.add("1.HK")
    newest = lp.candles("700.HK", start="2012-01-01", on_quota="partial")
    assert len(newest) > 900
    assert newest.attrs["lpresearch"]["complete"] is False
    nothing = lp.candles("5.HK", start="2012-01-01", on_quota="cache")
    assert (len(nothing), nothing.attrs["lpresearch"]["complete"]) == (0, False)
    assert server.heard.count(HISTORY) == 1


@with_habits(Habits(page_refused=True), ids=["page too large"])
def test_a_refusal_of_that_code_for_another_reason_is_not_taken_for_the_quota(server: OtherServer) -> None:
    for asked in (1, 2):
        with pytest.raises(ServerRejected, match="page too large"):
            old("700.HK")
        assert server.heard.count(HISTORY) == asked
    assert (lp.quota().used, lp.quota().limit) == (0, 100)


@pytest.mark.parametrize(
    ("code", "message", "figures"),
    [
        (301607, "history kline symbol count out of limit", (-1, -1)),
        (301607, "history candlestick symbol count out of limit, requested:100/limit:100", (100, 100)),
        (301607, "history kline symbol count out of limit, requested:4/limit:3", (4, 3)),
        (301607, "history kline symbol count out of limit limit: 0", (-1, 0)),
        (301607, "too many symbols, requested:501/limit:500", None),
        (301607, "page too large", None),
        (301607, "", None),
        (301606, "history kline symbol count out of limit", None),
    ],
)
def test_only_the_known_words_are_about_the_month(code: int, message: str, figures: tuple[int, int] | None) -> None:
    assert quota_refusal(ServerRejected(code, message)) == figures


@with_habits(Habits(history_quota=2, newest_counts=True), ids=["the newest count"])
def test_a_server_that_counts_the_newest_bars_too_is_learnt_and_told(
    server: OtherServer, caplog: pytest.LogCaptureFixture
) -> None:
    for symbol in ("700.HK", "5.HK"):
        lp.candles(symbol, count=10)
    assert lp.quota().used == 0, "free by the documents"
    with caplog.at_level(logging.WARNING, "lpresearch.candles"), pytest.raises(lp.QuotaExhausted, match="AAPL"):
        lp.candles("AAPL.US", count=10)
    assert "counts the newest bars in the history quota too" in caplog.text
    heard = server.heard.count(NEWEST)
    lp.disconnect()
    with pytest.raises(lp.QuotaExhausted) as caught:
        lp.candles("9988.HK", count=10)
    assert "newest 1000 bars never cost" not in str(caught.value)
    assert server.heard.count(NEWEST) == heard
    assert lp.quota().latest_counts
    assert "newest bars" in str(lp.quota())
    assert not lp.plan("9988.HK", count=10)["complete"].any()
    left_out = lp.candles("9988.HK", count=10, on_quota="partial")
    assert (len(left_out), left_out.attrs["lpresearch"]["complete"]) == (0, False)


@with_habits(Habits(history_limit=2, history_quota=2, newest_counts=True), ids=["the newest count"])
def test_once_learnt_the_newest_bars_of_a_symbol_are_booked_like_history(server: OtherServer) -> None:
    server.counted |= {"1.HK", "2.HK"}
    with pytest.raises(lp.QuotaExhausted):
        lp.candles("700.HK", count=10)
    server.habits = Habits(history_limit=200, history_quota=200, newest_counts=True)
    lp.disconnect()
    assert lp.plan("700.HK", count=10)["quota_units"].tolist() == [1]
    assert len(lp.candles("700.HK", count=10)) == 10
    assert lp.quota().symbols == ("700.HK",)
    assert lp.plan("700.HK", start=START, end=END)["quota_units"].tolist() == [0]
