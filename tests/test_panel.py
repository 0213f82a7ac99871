"""One field of many symbols side by side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.sim.threaded import Running

SYMBOLS = ["700.HK", "AAPL.US", "600519.SH"]
SPAN: dict[str, Any] = {"start": "2024-02-01", "end": "2024-02-29"}


@pytest.mark.parametrize("field", ["close", "volume"])
def test_a_panel_is_the_candles_unstacked(broker: Running, field: str) -> None:
    wide = lp.panel(SYMBOLS, field, **SPAN)
    tall = lp.candles(SYMBOLS, **SPAN)
    expected = tall[field].unstack("symbol")[SYMBOLS].astype(np.float64)
    pd.testing.assert_frame_equal(wide, expected, check_freq=False, check_column_type=False)
    assert wide.attrs["lpresearch"]["field"] == field
    assert wide["700.HK"].isna().any()  # Chinese New Year
    assert broker.recorded


@pytest.mark.usefixtures("broker")
def test_a_panel_of_minutes_is_in_utc_and_has_the_forming_bar() -> None:
    wide = lp.panel(["700.HK", "5.HK"], "high", "5m", start="2025-03-10")
    assert str(wide.index.dtype) == "datetime64[us, UTC]"
    assert wide.attrs["lpresearch"]["forming"] is True
    np.testing.assert_array_equal(wide["5.HK"], lp.candles("5.HK", "5m", start="2025-03-10")["high"])


def test_a_panel_that_is_stored_asks_for_nothing_and_equals_the_first(broker: Running) -> None:
    first = lp.panel(SYMBOLS, **SPAN)
    asked = len(broker.recorded)
    again = lp.panel(SYMBOLS, **SPAN)
    pd.testing.assert_frame_equal(first, again)
    assert len(broker.recorded) == asked
    assert again.attrs["lpresearch"]["from_broker"] == 0


def test_counts_are_by_symbol(broker: Running) -> None:
    wide = lp.panel(SYMBOLS, count=5)
    assert wide.notna().sum().tolist() == [5, 5, 5]
    assert broker.recorded


def test_a_field_that_candles_do_not_have_is_refused() -> None:
    with pytest.raises(lp.InputError, match=r"field='vwap': field is one of open, high, low, close, volume, turnover"):
        lp.panel(SYMBOLS, "vwap")
