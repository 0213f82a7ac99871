"""Queues, trades, the day's line, money flow and calculated indexes as frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.model import Sessions
from lpresearch.frames.contract_columns import CALC_INDEXES
from lpresearch.sim.threaded import Running

pytestmark = pytest.mark.usefixtures("broker")

HONG_KONG, NEW_YORK = "datetime64[us, Asia/Hong_Kong]", "datetime64[us, America/New_York]"


def commands(broker: Running) -> list[int | None]:
    return [request.command for request in broker.recorded if request.kind == "ws"]


def test_trades_are_the_newest_of_the_market_in_the_order_of_time(broker: Running) -> None:
    frame = lp.trades("700.HK", 40)
    truth = broker.market.trades("700.HK", limit=40)
    assert frame["price"].tolist() == [float(trade.price) for trade in truth]
    assert frame["volume"].tolist() == [trade.volume for trade in truth]
    assert frame.index.is_monotonic_increasing
    assert str(frame.index.dtype) == HONG_KONG
    assert set(frame["direction"]) <= {"up", "down", "neutral"}
    assert set(frame["session"]) == {"regular"}


def test_trades_give_a_thousand_and_no_more(broker: Running) -> None:
    assert len(lp.trades("700.HK")) == 1000
    with pytest.raises(lp.InputError, match=r"^count=1001: count is a whole number from 1 to 1000\.$"):
        lp.trades("700.HK", 1001)
    assert commands(broker).count(17) == 1


def test_the_line_of_the_day_equals_the_market_and_its_sessions(broker: Running) -> None:
    frame = lp.intraday("700.HK")
    truth = [asdict(line) for line in broker.market.intraday("700.HK", Sessions.REGULAR)]
    assert str(frame.index.dtype) == HONG_KONG
    for name, theirs in (("price", "price"), ("turnover", "turnover"), ("avg_price", "average_price")):
        assert frame[name].tolist() == [float(line[theirs]) for line in truth]
    assert frame["volume"].tolist() == [line["volume"] for line in truth]


def test_the_line_of_all_sessions_has_the_minutes_outside_regular_hours(broker: Running) -> None:
    frame = lp.intraday("AAPL.US", sessions="all")
    truth = broker.market.intraday("AAPL.US", Sessions.ALL)
    assert [stamp.timestamp() for stamp in pd.DatetimeIndex(frame.index)] == [line.timestamp for line in truth]
    assert pd.DatetimeIndex(frame.index)[0].strftime("%H:%M") == "20:00"  # overnight, by the clock of New York


def test_the_queues_of_a_book_name_side_level_and_place(broker: Running) -> None:
    frame = lp.brokers("700.HK")
    asks, bids = broker.market.brokers("700.HK")
    for side, queues in (("bid", bids), ("ask", asks)):
        truth = [
            (broker_id, queue.position, place)
            for queue in queues
            for place, broker_id in enumerate(queue.broker_ids, 1)
        ]
        rows = frame[frame["side"] == side]
        assert list(zip(rows.index, rows["position"], rows["place"], strict=True)) == truth


def test_the_participants_name_who_stands_in_the_queues() -> None:
    named = lp.brokers("700.HK").join(lp.participants())
    assert named["participant_name_en"].notna().all()


def test_only_hong_kong_has_queues_and_no_request_is_made_for_others(broker: Running) -> None:
    with pytest.raises(lp.SymbolError, match=r"^symbol='AAPL\.US': only Hong Kong has broker queues\. Use depth\(\)"):
        lp.brokers("AAPL.US")
    assert commands(broker) == []


def test_money_flow_is_told_by_the_minute_and_by_the_size_of_orders(broker: Running) -> None:
    flow, sizes = lp.capital_flow("700.HK"), lp.capital_distribution("700.HK")
    came, went = broker.market.capital_distribution("700.HK")
    assert flow["inflow"].tolist() == [float(line.inflow) for line in broker.market.capital_flow("700.HK")]
    assert str(flow.index.dtype) == HONG_KONG
    for column, truth in (("capital_in", came), ("capital_out", went)):
        assert sizes[column].to_dict() == {name: float(value) for name, value in asdict(truth).items()}


def test_indexes_come_by_name_in_the_order_asked() -> None:
    frame = lp.calc_indexes(["AAPL.US", "700.HK"], "pb_ratio, pe_ttm_ratio volume")
    assert frame.columns.tolist() == ["pb_ratio", "pe_ttm_ratio", "volume"]
    assert frame.index.tolist() == ["AAPL.US", "700.HK"]
    assert frame["volume"].dtype == np.int64
    assert frame["volume"].tolist() == lp.quote(["AAPL.US", "700.HK"])["volume"].tolist()


def test_without_names_all_forty_indexes_come() -> None:
    frame = lp.calc_indexes("700.HK")
    assert len(frame.columns) == 40
    assert frame.columns.tolist() == [column.name for column in CALC_INDEXES]
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
        column.name: column.dtype for column in CALC_INDEXES
    }
    assert frame.loc["700.HK", "change_rate"] == pytest.approx(lp.quote("700.HK")["change_rate"].iloc[0], abs=0.005)
    assert frame["open_interest"].isna().all()


def test_an_index_that_there_is_not_is_told_with_the_nearest_one(broker: Running) -> None:
    with pytest.raises(lp.InputError, match=r"indexes='pe_ttm': indexes are some of .*Did you mean pe_ttm_ratio\?"):
        lp.calc_indexes("700.HK", ["volume", "pe_ttm"])
    assert commands(broker) == []


@pytest.mark.parametrize("indexes", [5, [5], [["volume"]], {"volume": 1}, [], ""])
def test_what_is_no_name_of_an_index_is_refused(broker: Running, indexes: list[str]) -> None:
    with pytest.raises(lp.InputError, match=r"indexes=.* are some of"):
        lp.calc_indexes("700.HK", indexes)
    assert commands(broker) == []


def test_more_symbols_than_a_request_takes_are_split_for_indexes_too(broker: Running) -> None:
    with pytest.raises(lp.SymbolError) as told:
        lp.calc_indexes([f"X{number}.US" for number in range(501)], "last_done")
    assert commands(broker).count(26) == 2
    assert str(told.value.value).count(".US") == 501


@pytest.mark.parametrize(
    "call",
    [lp.brokers, lp.trades, lp.intraday, lp.capital_flow, lp.capital_distribution, lp.option_expiries, lp.filings],
)
def test_an_unknown_symbol_is_told_by_the_name_of_the_parameter(call: Callable[[str], object]) -> None:
    with pytest.raises(lp.SymbolError, match=r"^symbol='99999\.HK': the broker does not know this symbol"):
        call("99999.HK")
