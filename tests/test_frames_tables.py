"""Tables by symbol and by id: order, dtypes, missing values, and empty answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lpresearch.base.errors import WireError
from lpresearch.frames import columns as contracts
from lpresearch.frames.arrays import Values
from lpresearch.frames.column import Column, Contract, Dtype
from lpresearch.frames.columns import (
    BALANCE,
    DEPTH,
    EXECUTIONS,
    ORDERS,
    POSITIONS,
    QUOTE,
    QUOTE_US,
    STATIC_INFO,
)
from lpresearch.frames.stream_columns import PUSHES
from lpresearch.frames.tables import depth_table, id_table, quote_table, symbol_table

QUOTES: dict[str, list[object]] = {
    "symbol": ["AAPL.US", "700.HK"],
    "last_done": ["190.10", "300.4"],
    "prev_close": ["190.00", ""],
    "open": ["", "301"],
    "high": ["191", "302"],
    "low": ["189", "299"],
    "timestamp": [1704229200, 0],
    "volume": [5, 7],
    "turnover": ["950.5", "2102.8"],
    "trade_status": [0, 1],
    "pre_last_done": ["190.05", ""],
    "pre_timestamp": [1704205800, 0],
    "pre_volume": [3, None],
}
# The example of the protocol document, 7.2, as columns; "executed_price" 0 means none.
ORDER: dict[str, list[object]] = {
    "order_id": ["709043056541253632"], "status": ["NewStatus"], "stock_name": ["TENCENT"], "quantity": ["200"],
    "executed_quantity": ["0"], "price": ["50.500"], "executed_price": ["0"], "submitted_at": ["1795226933"],
    "side": ["Buy"], "symbol": ["700.HK"], "order_type": ["LO"], "last_done": [""], "trigger_price": [""], "msg": [""],
    "tag": ["Normal"], "time_in_force": ["Day"], "expire_date": [""], "updated_at": ["1795226933"], "trigger_at": ["0"],
    "trailing_amount": [""], "trailing_percent": [""], "limit_offset": [""], "trigger_status": ["NOT_USED"],
    "currency": ["HKD"], "outside_rth": ["UnknownOutsideRth"], "limit_depth_level": [0], "trigger_count": [0],
    "monitor_price": [""], "remark": [""],
}  # fmt: skip


def test_rows_stand_in_the_order_asked() -> None:
    frame = quote_table(QUOTES, ["700.HK", "AAPL.US"])
    assert frame.index.tolist() == ["700.HK", "AAPL.US"]
    assert frame.index.name == "symbol"
    assert frame["last_done"].tolist() == [300.4, 190.1]


def test_change_is_measured_from_the_close_before_without_binary_dust() -> None:
    apple = quote_table(QUOTES, ["AAPL.US", "700.HK"]).loc["AAPL.US"]
    assert apple["change"] == 0.1
    assert apple["change_rate"] == pytest.approx(100 * 0.1 / 190)


def test_what_the_wire_leaves_empty_is_missing() -> None:
    tencent = quote_table(QUOTES, ["AAPL.US", "700.HK"]).loc["700.HK"]
    missing = ["prev_close", "change", "change_rate", "timestamp", "pre_last_done", "pre_timestamp", "pre_volume"]
    assert tencent[missing].isna().all()


def test_a_us_symbol_adds_the_prices_outside_its_hours() -> None:
    frame = quote_table(QUOTES, ["AAPL.US", "700.HK"])
    assert list(frame.columns) == [column.name for column in (*QUOTE, *QUOTE_US)][1:]
    assert frame.loc["AAPL.US", "pre_timestamp"] == pd.Timestamp("2024-01-02T14:30:00Z")
    assert str(frame["pre_volume"].dtype) == "Int64"


def test_without_a_us_symbol_they_are_left_out() -> None:
    frame = quote_table({name: values[1:] for name, values in QUOTES.items()}, ["700.HK"])
    assert list(frame.columns) == [column.name for column in QUOTE][1:]


def test_the_trade_status_is_a_word() -> None:
    frame = quote_table(QUOTES, ["AAPL.US", "700.HK"])
    assert frame["trade_status"].tolist() == ["NORMAL", "HALTED"]


def test_a_symbol_that_the_answer_lacks_is_named() -> None:
    with pytest.raises(WireError, match=r"9988\.HK"):
        quote_table(QUOTES, ["AAPL.US", "9988.HK"])


def test_a_value_that_is_not_of_its_kind_names_the_column() -> None:
    with pytest.raises(WireError, match="high should be float64"):
        quote_table({**QUOTES, "high": ["?", "1"]}, ["AAPL.US"])


def test_static_info_has_words_for_derivatives_and_a_date_of_listing() -> None:
    columns: dict[str, list[object]] = {
        "symbol": ["700.HK"],
        "listing_date": ["2004-06-16"],
        "lot_size": [100],
        "stock_derivatives": [(1, 2)],
        "eps": ["18.5"],
        "board": [""],
    }
    row = symbol_table(columns, STATIC_INFO, ["700.HK"]).loc["700.HK"]
    assert row["listing_date"] == pd.Timestamp("2004-06-16")
    assert (row["lot_size"], row["stock_derivatives"], row["eps"]) == (100, "option warrant", 18.5)
    assert pd.isna(row["board"])


def test_a_side_of_the_book_with_fewer_levels_is_missing_below() -> None:
    columns: dict[str, list[object]] = {
        "position": [1, 2],
        "bid_price": ["9.9", "9.8"],
        "bid_volume": [100, 200],
        "bid_orders": [1, 2],
        "ask_price": ["10", ""],
        "ask_volume": [300, None],
        "ask_orders": [3, None],
    }
    frame = depth_table(columns, symbol="700.HK")
    assert frame.index.tolist() == [1, 2]
    assert list(frame.columns) == [column.name for column in DEPTH][1:]
    assert frame.isna().iloc[1].tolist() == [False, False, False, True, True, True]
    assert frame.attrs["lpresearch"] == {"symbol": "700.HK"}


def test_an_order_keeps_wire_names_and_order_with_its_id_as_index() -> None:
    frame = id_table(ORDER, ORDERS, "order_id")
    assert frame.index.tolist() == ["709043056541253632"]
    assert list(frame.columns) == list(ORDER)[1:]
    row = frame.iloc[0]
    assert (row["quantity"], row["price"]) == (200.0, 50.5)
    assert row["submitted_at"] == pd.Timestamp(1795226933, unit="s", tz="UTC")
    empty = ["executed_price", "last_done", "trigger_at", "expire_date", "msg", "remark", "monitor_price"]
    assert row[empty].isna().all()


def test_a_column_that_the_source_leaves_out_is_missing_and_an_unknown_one_ignored() -> None:
    frame = id_table({"trade_id": ["1-2"], "order_id": ["1"], "new": ["x"]}, EXECUTIONS, "trade_id")
    assert list(frame.columns) == ["order_id", "symbol", "trade_done_at", "quantity", "price", "side"]
    assert frame.drop(columns="order_id").isna().all(axis=None)


def test_what_a_push_leaves_out_is_missing() -> None:
    columns: dict[str, list[object]] = {column.name: [0] for column in PUSHES}
    frame = id_table(columns | {"symbol": ["700.HK"], "last_done": [float("nan")]}, PUSHES)
    assert frame.index.tolist() == ["700.HK"]
    assert frame[["last_done", "timestamp", "volume"]].isna().all(axis=None)
    assert (frame["session"].iloc[0], frame["trade_status"].iloc[0]) == ("regular", "NORMAL")


@pytest.mark.parametrize("contract", [QUOTE, STATIC_INFO, DEPTH, ORDERS, EXECUTIONS, POSITIONS, BALANCE])
def test_an_empty_answer_has_the_columns_dtypes_and_index_of_a_full_one(contract: Contract) -> None:
    index = contract[0].name
    one_row = {column.name: ["7" if column.dtype == "object" else None] for column in contract}
    full = id_table(one_row, contract, index)
    no_rows: dict[str, list[object]] = {column.name: [] for column in contract}
    for source in ({}, no_rows):
        empty = id_table(source, contract, index)
        assert len(empty) == 0
        pd.testing.assert_series_equal(empty.dtypes, full.dtypes)
        assert empty.index.dtype == full.index.dtype
        assert empty.index.name == index


@pytest.mark.parametrize(
    ("dtype", "values"),
    [("object", ["a"]), ("float64", ["1"]), ("datetime64[us, UTC]", ["1"]), ("datetime64[us]", ["20240102"])],
)
def test_a_dtype_is_what_its_contract_spells_under_any_pandas(dtype: Dtype, values: list[object]) -> None:
    contract = (Column("id", "object", "", ""), Column("x", dtype, "", ""))
    assert str(id_table({"id": ["1"], "x": values}, contract, "id")["x"].dtype) == dtype


def test_numpy_columns_are_taken_as_they_are() -> None:
    columns: dict[str, Values] = {
        "symbol": ["700.HK"],
        "last_done": np.array([1.5]),
        "volume": np.array([3], dtype=np.int64),
    }
    row = quote_table(columns, ["700.HK"]).iloc[0]
    assert (row["last_done"], row["volume"]) == (1.5, 3)


def test_no_contract_names_a_column_twice() -> None:
    for contract in (QUOTE + QUOTE_US, STATIC_INFO, ORDERS, contracts.CANDLES + contracts.SESSION):
        names = [column.name for column in contract]
        assert len(names) == len(set(names))
