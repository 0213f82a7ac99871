"""Candle frames: the frozen schema of one symbol, several symbols and panels."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from lpresearch.base.model import Period, Sessions
from lpresearch.frames.candles import candle_frame, candle_frames, panel_frame

# Local midnight of 2024-01-02 and 2024-01-03 in Hong Kong and New York, and 09:30 there, in epoch seconds UTC.
HK_DAYS = (1704124800, 1704211200)
US_DAYS = (1704171600, 1704258000)
HK_OPEN, US_OPEN = 1704159000, 1704205800
COLUMNS = ["open", "high", "low", "close", "volume", "turnover"]
DTYPES = ["float64", "float64", "float64", "float64", "int64", "float64"]


def bars(*stamps: int, session: int = 0) -> NDArray[np.float64]:
    """Bars that differ by row: open 10, 11, ...; volume 100, 200, ..."""
    n = len(stamps)
    rows = np.arange(n, dtype=np.float64)
    return np.array(
        [stamps, 10 + rows, 12 + rows, 9 + rows, 11 + rows, 100 * (rows + 1), 1050 * (rows + 1), np.full(n, session)],
        dtype=np.float64,
    )


def stamp_dtype(frame: pd.DataFrame) -> str:
    return str(frame.index.get_level_values("timestamp").dtype)


def test_a_daily_bar_stands_at_midnight_of_its_exchange() -> None:
    frame = candle_frame(bars(*HK_DAYS), symbol="700.HK", period=Period.DAY)
    expected = pd.DatetimeIndex(["2024-01-02", "2024-01-03"], name="timestamp").as_unit("us")
    pd.testing.assert_index_equal(frame.index, expected.tz_localize("Asia/Hong_Kong"))
    assert str(frame.index.dtype) == "datetime64[us, Asia/Hong_Kong]"


def test_columns_have_the_frozen_order_values_and_dtypes() -> None:
    frame = candle_frame(bars(*US_DAYS), symbol="AAPL.US", period=Period.DAY)
    assert list(frame.columns) == COLUMNS
    assert [str(dtype) for dtype in frame.dtypes] == DTYPES
    assert frame.iloc[1].to_dict() == {
        "open": 11.0, "high": 13.0, "low": 10.0, "close": 12.0, "volume": 200.0, "turnover": 2100.0,
    }  # fmt: skip


def test_a_minute_bar_has_the_wall_time_of_its_exchange() -> None:
    frame = candle_frame(bars(US_OPEN), symbol="AAPL.US", period=Period.MIN_1)
    assert frame.index[0].isoformat() == "2024-01-02T09:30:00-05:00"


def test_bars_of_all_sessions_say_which_session_they_belong_to() -> None:
    frame = candle_frame(bars(US_OPEN, session=1), symbol="AAPL.US", period=Period.MIN_1, sessions=Sessions.ALL)
    assert list(frame.columns) == [*COLUMNS, "session"]
    assert frame["session"].tolist() == ["pre"]
    assert list(frame["session"].cat.categories) == ["regular", "pre", "post", "overnight"]


@pytest.mark.parametrize("sessions", list(Sessions))
def test_no_bars_are_an_empty_frame_of_the_same_shape(sessions: Sessions) -> None:
    full = candle_frame(bars(*HK_DAYS), symbol="700.HK", period=Period.DAY, sessions=sessions)
    empty = candle_frame(np.empty((8, 0)), symbol="700.HK", period=Period.DAY, sessions=sessions)
    pd.testing.assert_frame_equal(empty, full.iloc[:0])


def test_a_frame_shares_no_memory_with_bars_that_must_not_be_written_to() -> None:
    matrix = bars(*HK_DAYS)
    matrix.setflags(write=False)
    frame = candle_frame(matrix, symbol="700.HK", period=Period.DAY)
    frame.loc[frame.index[0], "close"] = 99.0
    assert matrix[4, 0] == 11.0


def test_attrs_hold_json_values_with_symbol_and_period() -> None:
    frame = candle_frame(bars(*HK_DAYS), symbol="700.HK", period=Period.DAY, attrs={"calls": 1})
    assert json.loads(json.dumps(frame.attrs)) == {"lpresearch": {"symbol": "700.HK", "period": "1d", "calls": 1}}


def test_days_of_two_markets_share_naive_session_dates() -> None:
    frame = candle_frames({"AAPL.US": bars(*US_DAYS), "700.HK": bars(*HK_DAYS)}, period=Period.DAY)
    days = pd.to_datetime(["2024-01-02", "2024-01-03"]).as_unit("us")
    expected = [(symbol, day) for symbol in ("AAPL.US", "700.HK") for day in days]
    assert frame.index.tolist() == expected
    assert frame.index.names == ["symbol", "timestamp"]
    assert stamp_dtype(frame) == "datetime64[us]"
    assert frame.loc[("700.HK", days[1]), "open"] == 11.0


def test_minutes_of_two_markets_share_utc() -> None:
    frame = candle_frames({"700.HK": bars(HK_OPEN), "AAPL.US": bars(US_OPEN)}, period=Period.MIN_1)
    assert stamp_dtype(frame) == "datetime64[us, UTC]"
    assert [stamp.isoformat() for _, stamp in frame.index] == ["2024-01-02T01:30:00+00:00", "2024-01-02T14:30:00+00:00"]


@pytest.mark.parametrize("period", [Period.DAY, Period.MIN_1])
def test_several_symbols_without_bars_keep_index_and_dtypes(period: Period) -> None:
    full = candle_frames({"700.HK": bars(*HK_DAYS)}, period=period)
    empty = candle_frames({"700.HK": np.empty((8, 0))}, period=period)
    assert [str(dtype) for dtype in empty.dtypes] == DTYPES
    assert empty.index.names == full.index.names
    assert stamp_dtype(empty) == stamp_dtype(full)
    assert empty.index.get_level_values("symbol").dtype == object
    assert len(empty) == 0


def test_a_panel_is_the_union_of_stamps_with_a_hole_where_a_symbol_has_none() -> None:
    stamps_us, stamps_hk = np.array(US_DAYS, dtype=np.float64), np.array(HK_DAYS[1:], dtype=np.float64)
    frame = panel_frame(
        {"AAPL.US": (stamps_us, np.array([1.0, 2.0])), "700.HK": (stamps_hk, np.array([3.0]))},
        field="close",
        period=Period.DAY,
    )
    days = pd.DatetimeIndex(["2024-01-02", "2024-01-03"], name="timestamp").as_unit("us")
    symbols = pd.Index(["AAPL.US", "700.HK"], dtype=object, name="symbol")
    expected = pd.DataFrame([[1.0, np.nan], [2.0, 3.0]], index=days, columns=symbols)
    pd.testing.assert_frame_equal(frame, expected)


def test_a_panel_without_bars_keeps_symbols_and_stamp_type() -> None:
    frame = panel_frame({"700.HK": (np.empty(0), np.empty(0))}, field="close", period=Period.MIN_5)
    assert list(frame.columns) == ["700.HK"]
    assert str(frame.index.dtype) == "datetime64[us, UTC]"
    assert str(frame.dtypes.iloc[0]) == "float64"


def test_stamps_are_exact_at_any_second_float64_can_hold() -> None:
    frame = candle_frame(bars(253402300799), symbol="700.HK", period=Period.MIN_1)
    assert frame.index[0].tz_convert("UTC").isoformat() == "9999-12-31T23:59:59+00:00"
