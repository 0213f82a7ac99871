"""Candles are paid for once: routes, top-ups, quota, forming bars, and what bad input gets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running
from lpresearch.wire.proto import quote_pb2

NEWEST, HISTORY = 19, 27
DAY_S = 86_400.0
Asked = Callable[[], list[int]]


@pytest.fixture
def asked(broker: Running) -> Asked:
    """The candlestick commands that the broker was asked since the last look."""
    seen = 0

    def look() -> list[int]:
        nonlocal seen
        commands = [request.command for request in broker.recorded if request.kind == "ws"]
        fresh, seen = commands[seen:], len(commands)
        return [command for command in fresh if command in (NEWEST, HISTORY)]

    return look


def _facts(bars: pd.DataFrame) -> dict[str, object]:
    facts: dict[str, object] = bars.attrs["lpresearch"]
    return facts


def _pages(broker: Running) -> list[tuple[str, str]]:
    """The dates of every page of history that was asked."""
    bodies = [request.body for request in broker.recorded if request.kind == "ws" and request.command == HISTORY]
    dates = [quote_pb2.SecurityHistoryCandlestickRequest.FromString(body).date_request for body in bodies]
    return [(date.start_date, date.end_date) for date in dates]


def test_the_second_identical_call_over_final_bars_makes_no_call(asked: Asked) -> None:
    first = lp.candles("700.HK", start="2015-01-01", end="2016-12-31")
    assert asked() == [HISTORY]
    second = lp.candles("700.HK", start="2015-01-01", end="2016-12-31")
    assert asked() == []
    pd.testing.assert_frame_equal(first, second)
    assert _facts(first)["from_broker"] == len(first)
    assert _facts(second)["from_cache"] == len(second)


def test_the_second_identical_call_over_a_forming_bar_asks_for_the_newest_only(asked: Asked) -> None:
    first = lp.candles("700.HK", count=50)
    assert asked() == [NEWEST]
    second = lp.candles("700.HK", count=50)
    assert asked() == [NEWEST]
    pd.testing.assert_frame_equal(first, second)
    assert _facts(second)["from_broker"] == 2
    assert _facts(second)["forming"] is True


@pytest.mark.usefixtures("broker")
def test_nothing_given_means_the_newest_thousand() -> None:
    bars = lp.candles("700.HK")
    assert len(bars) == 1000
    assert bars.index[-1] == pd.Timestamp("2025-03-10", tz="Asia/Hong_Kong")


def test_extending_a_range_fetches_only_what_is_missing(broker: Running, asked: Asked) -> None:
    lp.candles("700.HK", start="2015-01-01", end="2016-12-31")
    lp.candles("700.HK", start="2015-01-01", end="2017-06-30")
    assert _pages(broker)[-1] == ("20170101", "20170630")
    lp.candles("700.HK", start="2014-01-01", end="2017-12-31")
    assert set(_pages(broker)[2:]) == {("20140101", "20141231"), ("20170701", "20171231")}
    assert asked() == [HISTORY] * 4


def test_a_range_within_the_newest_thousand_spends_no_quota(asked: Asked) -> None:
    bars = lp.candles("700.HK", start="2024-01-02", end="2024-06-28")
    assert asked() == [NEWEST]
    assert _facts(bars)["quota_spent"] == 0
    assert lp.quota().used == 0


def test_a_symbol_counts_once_a_month(broker: Running, clock: ManualClock) -> None:
    lp.candles("700.HK", start="2015-01-01", end="2015-12-31")
    lp.candles("700.HK", "5m", start="2023-01-03", end="2023-01-06")
    assert (lp.quota().used, lp.quota().symbols) == (1, ("700.HK",))
    clock.advance(25 * DAY_S)  # into April
    lp.disconnect()
    assert lp.quota().used == 0
    lp.candles("700.HK", start="2010-01-01", end="2010-12-31")
    assert lp.quota().used == 1
    assert broker.recorded


def test_with_the_quota_gone_a_counted_symbol_works_and_a_new_one_is_refused_before_a_packet_leaves(
    asked: Asked,
) -> None:
    for symbol in ("700.HK", "5.HK", "AAPL.US"):
        lp.candles(symbol, start="2015-01-01", end="2015-12-31")
    assert lp.quota().remaining == 0
    asked()
    with pytest.raises(lp.QuotaExhausted, match=r"9988\.HK.*3 of 3 are used.*2025-04-01") as caught:
        lp.candles("9988.HK", start="2020-01-01", end="2020-12-31")
    assert asked() == []
    assert (caught.value.symbols, caught.value.used, caught.value.limit) == (("9988.HK",), 3, 3)
    assert len(lp.candles("700.HK", start="2010-01-01", end="2010-12-31"))
    assert asked() == [HISTORY]


def test_partial_and_cache_return_what_can_be_had(asked: Asked) -> None:
    for symbol in ("700.HK", "5.HK", "AAPL.US"):
        lp.candles(symbol, start="2015-01-01", end="2015-12-31")
    asked()
    nothing = lp.candles("9988.HK", start="2020-01-01", on_quota="cache")
    assert (len(nothing), _facts(nothing)["complete"], asked()) == (0, False, [])
    newest = lp.candles("9988.HK", start="2020-01-01", on_quota="partial")
    assert asked() == [NEWEST]
    assert len(newest) > 900
    assert _facts(newest)["complete"] is False


def test_a_symbol_the_broker_does_not_know_costs_no_unit(broker: Running) -> None:
    with pytest.raises(lp.SymbolError):
        lp.candles("NOPE.HK", start="2010-01-01", end="2010-12-31")
    assert lp.quota().used == 0
    assert broker.recorded


def test_a_forming_bar_is_returned_and_never_stored(asked: Asked, clock: ManualClock) -> None:
    forming = lp.candles("700.HK", count=3)
    assert _facts(forming)["forming"] is True
    assert _facts(forming)["forming_bars"] == {"700.HK": "2025-03-10T00:00:00+08:00"}
    clock.advance(DAY_S)
    lp.disconnect()
    later = lp.candles("700.HK", start="2025-03-06", end="2025-03-10")
    assert asked() == [NEWEST, NEWEST]
    assert later["volume"].iloc[-1] > forming["volume"].iloc[-1]
    assert _facts(later)["forming"] is False
    assert _facts(later)["forming_bars"] == {}


def test_the_newest_bars_are_topped_up_from_where_the_store_ends(asked: Asked, clock: ManualClock) -> None:
    lp.candles("700.HK", count=100)
    clock.advance(3 * DAY_S)
    lp.disconnect()
    bars = lp.candles("700.HK", count=100)
    assert asked() == [NEWEST, NEWEST]
    assert _facts(bars)["from_broker"] == 5  # three new days, the one that formed, and the seam
    assert bars.index[-1] == pd.Timestamp("2025-03-13", tz="Asia/Hong_Kong")
    assert len(bars) == 100


def test_a_newer_count_does_not_build_on_an_old_island_of_the_store(asked: Asked) -> None:
    lp.candles("700.HK", start="2015-01-01", end="2015-12-31")
    assert len(lp.candles("700.HK", count=20)) == 20
    assert asked() == [HISTORY, NEWEST]


@pytest.mark.usefixtures("broker")
def test_cached_bars_equal_what_the_market_says(broker: Running) -> None:
    from lpresearch.base.model import Period, Sessions

    for _ in range(2):
        bars = lp.candles("AAPL.US", "15m", start="2024-03-08", end="2024-03-12")
        start, end = (pd.Timestamp(day, tz="America/New_York").timestamp() for day in ("2024-03-08", "2024-03-13"))
        truth = broker.market.bars("AAPL.US", Period.MIN_15, Sessions.REGULAR, start, end)
        np.testing.assert_array_equal(pd.DatetimeIndex(bars.index).as_unit("s").asi8, truth[0])
        np.testing.assert_array_equal(bars.to_numpy(), truth[1:7].T)


def test_an_adjusted_series_is_restated_whole_when_an_ex_date_passes(broker: Running, clock: ManualClock) -> None:
    from lpresearch.base.model import Adjust, Period, Sessions

    today = date(2025, 3, 10)
    action = broker.market.actions("700.HK", after=today, until=today + timedelta(250))[0]
    start = pd.Timestamp("2024-06-03", tz="Asia/Hong_Kong").timestamp()

    def look() -> tuple[pd.DataFrame, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
        truth = broker.market.bars(
            "700.HK", Period.DAY, Sessions.REGULAR, start, clock.now() + 1, adjust=Adjust.FORWARD
        )
        return lp.candles("700.HK", start="2024-06-03", adjust="forward"), truth[1:7].T

    before, truth = look()
    np.testing.assert_array_equal(before.to_numpy(), truth)
    broker.advance(timedelta(days=(action.ex_date - today).days))
    lp.disconnect()
    after, truth = look()
    np.testing.assert_array_equal(after.to_numpy(), truth)
    restated = after["close"].iloc[: len(before) - 1] / before["close"].iloc[:-1]
    assert restated.to_numpy() == pytest.approx(action.factor, abs=1e-5)
    raw = lp.candles("700.HK", start="2024-06-03", end="2024-12-31")
    assert (raw["close"] > after["close"].loc[raw.index]).all()


@pytest.mark.usefixtures("broker")
def test_a_us_day_of_all_sessions_is_more_than_one_reply() -> None:
    bars = lp.candles("AAPL.US", "1m", start="2024-03-05", end="2024-03-06", sessions="all")
    assert len(bars) == 2 * 1440
    assert bars["session"].value_counts().to_dict() == {"regular": 780, "pre": 660, "post": 480, "overnight": 960}


@pytest.mark.usefixtures("broker")
def test_a_list_gives_one_frame_by_symbol_and_time() -> None:
    bars = lp.candles(["700.HK", "AAPL.US"], count=5)
    assert bars.index.names == ["symbol", "timestamp"]
    assert bars.groupby("symbol").size().to_dict() == {"700.HK": 5, "AAPL.US": 5}
    assert pd.DatetimeIndex(bars.index.get_level_values("timestamp")).tz is None


@pytest.mark.usefixtures("broker")
def test_a_count_with_a_start_gives_the_first_bars_and_with_an_end_the_last() -> None:
    first = lp.candles("700.HK", start="2015-01-01", count=10)
    assert (len(first), str(first.index[0].date())) == (10, "2015-01-02")
    last = lp.candles("700.HK", end="2014-12-31", count=10)
    assert (len(last), str(last.index[-1].date())) == (10, "2014-12-31")


@pytest.mark.usefixtures("broker")
def test_an_empty_answer_has_the_same_columns_and_dtypes() -> None:
    empty = lp.candles("700.HK", start="2015-01-03", end="2015-01-04")  # a weekend
    full = lp.candles("700.HK", start="2015-01-05", end="2015-01-09")
    assert len(empty) == 0
    assert empty.dtypes.equals(full.dtypes)
    assert empty.index.dtype == full.index.dtype


@pytest.mark.usefixtures("broker")
def test_the_async_twin_gives_the_same() -> None:
    async def cell() -> pd.DataFrame:
        return await lp.candles.aio("700.HK", count=5)

    pd.testing.assert_frame_equal(asyncio.run(cell()), lp.candles("700.HK", count=5), check_like=True)


def test_refresh_asks_again_for_what_is_stored(asked: Asked) -> None:
    lp.candles("700.HK", start="2015-01-01", end="2015-12-31")
    lp.candles("700.HK", start="2015-01-01", end="2015-12-31", refresh=True)
    assert asked() == [HISTORY, HISTORY]


def test_a_deleted_cache_is_simply_empty(asked: Asked, tmp_path: Path) -> None:
    import shutil

    bars = lp.candles("700.HK", start="2015-01-01", end="2015-12-31")
    shutil.rmtree(tmp_path / "lpresearch-cache")
    again = lp.candles("700.HK", start="2015-01-01", end="2015-12-31")
    pd.testing.assert_frame_equal(bars, again)
    assert asked() == [HISTORY, HISTORY]
    assert lp.quota().used == 1


def test_a_damaged_file_is_set_aside_and_fetched_again(asked: Asked, tmp_path: Path) -> None:
    bars = lp.candles("700.HK", start="2015-01-01", end="2015-12-31")
    (path,) = (tmp_path / "lpresearch-cache").rglob("*.npy")
    path.write_bytes(path.read_bytes()[:-100])
    again = lp.candles("700.HK", start="2015-01-01", end="2015-12-31")
    pd.testing.assert_frame_equal(bars, again)
    assert asked() == [HISTORY, HISTORY]


@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"period": "7m"}, lp.InputError, "period='7m'"),
        ({"adjust": "backward"}, lp.InputError, "adjust='backward'.*none, forward"),
        ({"sessions": "night"}, lp.InputError, "sessions='night'.*regular, all"),
        ({"on_quota": "wait"}, lp.InputError, "on_quota='wait'.*raise, partial, cache"),
        ({"count": 0}, lp.InputError, "count=0"),
        ({"count": 1001}, lp.InputError, "count=1001.*at most 1000"),
        ({"start": "2024-02-01", "end": "2024-01-01"}, lp.DateRangeError, "start='2024-02-01'.*not after end"),
        ({"start": "2031-01-01"}, lp.DateRangeError, "start='2031-01-01'.*future"),
        ({"period": "1m", "start": "2020-01-01", "end": "2020-01-03"}, lp.DateRangeError, "from 2022-09-28 on"),
        ({"start": "1999-01-01", "end": "1999-12-31"}, lp.DateRangeError, "from 2004-06-01 on"),
        ({"end": "1999-12-31"}, lp.DateRangeError, "end='1999-12-31': .*no bars before 2004-06-01"),
    ],
)
def test_bad_input_names_parameter_value_and_rule(
    arguments: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        lp.candles("700.HK", **arguments)  # type: ignore[arg-type] # what a user may write
