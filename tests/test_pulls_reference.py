"""Sessions, lists, watchlist, temperature and filings as frames."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.sim.threaded import Running

pytestmark = pytest.mark.usefixtures("broker")


def test_sessions_of_today_are_told_in_local_time() -> None:
    frame = lp.trading_sessions()
    assert set(frame.index) == {"HK", "US", "CN", "SG"}
    told = frame[frame.index == "HK"][["session", "begin_time", "end_time"]].to_numpy().tolist()
    assert told == [["regular", "09:30", "12:00"], ["regular", "13:00", "16:00"]]
    assert {"pre", "regular", "post"} <= set(lp.trading_sessions("us")["session"])


def test_the_securities_that_trade_overnight_are_listed() -> None:
    frame = lp.securities()
    assert frame.loc["AAPL.US", "name_en"] == "Apple Inc."
    assert all(str(symbol).endswith(".US") for symbol in frame.index)


def test_the_watchlist_begins_empty_with_the_dtypes_it_has_when_full() -> None:
    empty = lp.watchlist()
    full = lp.watchlist_add("700.HK")
    assert empty.empty
    assert len(full) == 1
    assert (empty.index.dtype, *empty.dtypes) == (full.index.dtype, *full.dtypes)


def test_a_new_name_makes_a_new_group_and_a_known_one_does_not() -> None:
    lp.watchlist_add(["700.HK", "9988.HK"], group="internet")
    frame = lp.watchlist_add("AAPL.US", group="internet")
    assert frame[frame["group_name"] == "internet"].index.tolist() == ["700.HK", "9988.HK", "AAPL.US"]
    assert sorted(frame.attrs["lpresearch"]["groups"].values()) == ["all", "internet"]
    assert frame.equals(lp.watchlist())


def test_a_group_is_named_by_its_number_too() -> None:
    frame = lp.watchlist_add("700.HK", group="internet")
    number = int(frame[frame["group_name"] == "internet"]["group_id"].iloc[0])
    lp.watchlist_add("5.HK", group=number)
    frame = lp.watchlist_remove("700.HK", group=number)
    assert frame[frame["group_id"] == number].index.tolist() == ["5.HK"]
    assert "700.HK" in frame.index  # it is still watched


def test_what_leaves_all_leaves_every_group() -> None:
    lp.watchlist_add("700.HK", group="internet")
    frame = lp.watchlist_remove("700.HK")
    assert frame.empty
    assert sorted(frame.attrs["lpresearch"]["groups"].values()) == ["all", "internet"]


@pytest.mark.parametrize("group", ["growth", 77])
def test_a_group_that_there_is_not_is_told_with_those_that_there_are(group: str | int) -> None:
    with pytest.raises(lp.InputError, match=r"the watchlist has the groups 'all' \(1\)\. Name one of them"):
        lp.watchlist_remove("700.HK", group=group)


@pytest.mark.parametrize("group", [77, "  "])
def test_no_group_is_made_of_a_number_or_of_nothing(group: str | int) -> None:
    with pytest.raises(lp.InputError, match="the watchlist has the groups"):
        lp.watchlist_add("700.HK", group=group)


@pytest.mark.parametrize("group", ["all", "internet"])
def test_all_symbols_that_the_broker_does_not_know_are_named_and_none_is_put_on_the_list(group: str) -> None:
    with pytest.raises(lp.SymbolError, match=r"^symbols='NOPE\.US, 99999\.HK': the broker does not know these symbols"):
        lp.watchlist_add(["700.HK", "NOPE.US", "99999.HK"], group=group)
    assert lp.watchlist().empty


def test_the_temperature_is_read_now_and_over_time(broker: Running) -> None:
    now, past = lp.market_temperature("HK"), lp.market_temperature("hk", "2025-03-03")
    assert pd.DatetimeIndex(now.index)[0].timestamp() == int(broker.market.now())
    assert isinstance(now["description"].iloc[0], str)
    days = pd.DatetimeIndex(past.index)
    assert str(days.dtype) == "datetime64[us, Asia/Hong_Kong]"
    assert days.strftime("%m-%d").tolist() == ["03-03", "03-04", "03-05", "03-06", "03-07", "03-10"]
    assert past["description"].isna().all()
    assert (now.index.dtype, *now.dtypes) == (past.index.dtype, *past.dtypes)


def test_filings_are_the_newest_first_and_can_be_opened() -> None:
    frame = lp.filings("AAPL.US")
    assert frame["publish_at"].is_monotonic_decreasing
    assert frame["file_urls"].str.startswith("https://").all()
    assert lp.filings("HSI.HK").empty
    assert (lp.filings("HSI.HK").dtypes == frame.dtypes).all()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: lp.trading_sessions("XX"), lp.InputError, "market='XX': a market is one of HK, US, CN, SG"),
        (lambda: lp.securities("HK"), lp.InputError, "market='HK': the broker lists securities of US only"),
        (lambda: lp.securities("US", "All"), lp.InputError, "category='All': the one category is Overnight"),
        (lambda: lp.market_temperature("JP"), lp.InputError, "market='JP': a market is one of"),
        (lambda: lp.market_temperature("HK", end="2025-03-01"), lp.DateRangeError, "end='2025-03-01': an end needs"),
        (lambda: lp.market_temperature("HK", "2015-12-31"), lp.DateRangeError, "readings begin on 2016-01-01"),
        (lambda: lp.market_temperature("HK", "2025-03-05", "2025-03-04"), lp.DateRangeError, "start is not after end"),
        (lambda: lp.option_chain("AAPL.US", "soon"), lp.DateRangeError, "expiry='soon': a date is written as"),
    ],
)
def test_bad_input_names_parameter_value_and_rule(
    call: Callable[[], object], error: type[Exception], words: str, broker: Running
) -> None:
    with pytest.raises(error, match=words):
        call()
    assert not [request for request in broker.recorded if request.path.startswith("/v1/quote")]


@pytest.mark.slow
def test_every_pull_gives_the_same_frame_over_http(broker: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    expiry = lp.option_expiries("AAPL.US").index[1]
    chain = lp.option_chain("AAPL.US", expiry)
    calls: list[Callable[[], pd.DataFrame]] = [
        lambda: lp.quote(["700.HK", "AAPL.US"]), lambda: lp.static_info("700.HK"), lambda: lp.depth("700.HK"),
        lambda: lp.brokers("700.HK"), lp.participants, lambda: lp.trades("700.HK", 50), lambda: lp.intraday("700.HK"),
        lambda: lp.calc_indexes(["700.HK", chain["call_symbol"].iloc[3]]), lambda: lp.capital_flow("700.HK"),
        lambda: lp.capital_distribution("700.HK"), lambda: lp.option_expiries("AAPL.US"),
        lambda: lp.option_chain("AAPL.US", expiry), lambda: lp.option_quote(chain["put_symbol"].head(3)),
        lambda: lp.warrants("700.HK", type=["Bull", "Call"], status="Normal"), lp.warrant_issuers,
        lambda: lp.warrant_quote(lp.warrants("700.HK").index), lp.trading_sessions, lambda: lp.trading_days("HK"),
        lp.securities, lambda: lp.watchlist_add("700.HK"), lambda: lp.market_temperature("HK"),
        lambda: lp.filings("AAPL.US"),
    ]  # fmt: skip
    over_link = [call() for call in calls]
    lp.disconnect()
    monkeypatch.setenv("LONGPORT_QUOTE_TRANSPORT", "http")
    heard = len(broker.recorded)
    for call, frame in zip(calls, over_link, strict=True):
        pd.testing.assert_frame_equal(call(), frame)
    assert {request.kind for request in broker.recorded[heard:]} == {"http"}
