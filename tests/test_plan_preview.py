"""``plan`` says what ``candles`` would cost, and ``candles`` then costs just that."""

from __future__ import annotations

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.sim.threaded import Running

CANDLESTICKS = (19, 27)


def _asked(broker: Running) -> int:
    return sum(request.command in CANDLESTICKS for request in broker.recorded if request.kind == "ws")


def _row(plan: pd.DataFrame, symbol: str) -> dict[str, object]:
    return dict(plan.loc[[symbol]].iloc[0])


@pytest.mark.parametrize(
    "arguments",
    [
        {"start": "2014-01-01", "end": "2017-12-31"},
        {"start": "2015-06-01", "end": "2015-06-30"},
        {"count": 250},
        {"period": "5m", "start": "2023-01-03", "end": "2023-02-28"},
        {"period": "1m", "start": "2025-03-03", "end": "2025-03-07"},
    ],
)
def test_candles_cost_what_the_plan_said(broker: Running, arguments: dict[str, object]) -> None:
    lp.candles("700.HK", start="2015-01-01", end="2015-12-31")
    before, used = _asked(broker), lp.quota().used
    planned = lp.plan(["700.HK", "5.HK"], **arguments)  # type: ignore[arg-type] # of a table
    assert _asked(broker) == before
    bars = lp.candles(["700.HK", "5.HK"], **arguments)  # type: ignore[arg-type] # of a table
    assert _asked(broker) - before == planned["calls"].sum() == bars.attrs["lpresearch"]["calls"]
    assert lp.quota().used - used == planned["quota_units"].sum() == bars.attrs["lpresearch"]["quota_spent"]


@pytest.mark.usefixtures("broker")
def test_a_plan_names_what_is_missing_and_the_route() -> None:
    lp.candles("700.HK", start="2015-01-01", end="2015-12-31")
    row = _row(lp.plan("700.HK", start="2014-01-01", end="2016-12-31"), "700.HK")
    assert row["missing"] == "2014-01-01 to 2014-12-31, 2016-01-01 to 2016-12-31"
    assert (row["route"], row["calls"], row["quota_units"], row["cached_bars"]) == ("history", 2, 0, 247)
    assert _row(lp.plan("700.HK", start="2015-02-01", end="2015-03-31"), "700.HK")["route"] == "cache"
    assert _row(lp.plan("700.HK", count=10), "700.HK")["route"] == "latest"


@pytest.mark.usefixtures("broker")
def test_units_are_counted_down_the_rows_and_what_is_too_much_is_incomplete() -> None:
    symbols = ["700.HK", "5.HK", "AAPL.US", "9988.HK", "700.HK"]
    planned = lp.plan(symbols, start="2010-01-04", end="2010-12-31")  # the account has three units
    assert planned["quota_units"].tolist() == [1, 1, 1, 0]
    assert planned["complete"].tolist() == [True, True, True, False]
    assert lp.quota().used == 0


@pytest.mark.usefixtures("broker")
def test_a_plan_checks_its_arguments_as_candles_does() -> None:
    with pytest.raises(lp.InputError, match="period='7m'"):
        lp.plan("700.HK", "7m")
