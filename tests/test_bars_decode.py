"""Candlestick bytes to a bar matrix: always what the generated classes and ``float`` say, on both ways."""

from __future__ import annotations

import contextlib
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from lpresearch.base.errors import WireError
from lpresearch.wire.bars import decode_candlesticks
from lpresearch.wire.proto import quote_pb2

Candles = list[quote_pb2.Candlestick]


def body_of(candles: Candles, symbol: str = "700.HK") -> bytes:
    return quote_pb2.SecurityCandlestickResponse(symbol=symbol, candlesticks=candles).SerializeToString()


def by_generated_classes(body: bytes) -> NDArray[np.float64]:
    """The plain loop: one object and one float() at a time."""

    def number(text: str) -> float:
        return float(text) if text else math.nan

    candles = quote_pb2.SecurityCandlestickResponse.FromString(body).candlesticks
    rows = [
        (
            float(candle.timestamp),
            number(candle.open),
            number(candle.high),
            number(candle.low),
            number(candle.close),
            float(candle.volume),
            number(candle.turnover),
            float(candle.trade_session),
        )
        for candle in candles
    ]
    return np.array(rows, dtype=np.float64).reshape(-1, 8).T


def usual(index: int = 0, **changes: object) -> quote_pb2.Candlestick:
    fields: dict[str, object] = {
        "close": "362.000",
        "open": f"{350 + index}.200",
        "low": "349.600",
        "high": "363.400",
        "volume": 10853604 + index,
        "turnover": "3896752301.400",
        "timestamp": 1650384000 + 86400 * index,
    }
    return quote_pb2.Candlestick(**(fields | changes))  # type: ignore[arg-type] # chosen by the test's own names


def many(count: int = 200, **changes: object) -> Candles:
    return [usual(index, **changes) for index in range(count)]


UNUSUAL = {
    "no bars": [],
    "one bar": many(1),
    "a thousand bars": many(1000),
    "negative timestamps": many(timestamp=-86400),
    "empty texts": many(close="", turnover=""),
    "no field at all": [quote_pb2.Candlestick() for _ in range(200)],
    "no volume": many(volume=0, turnover="0"),
    "sessions of all kinds": [usual(index, trade_session=index % 4) for index in range(200)],
    "an unknown session": many(trade_session=300),
    "negative prices": many(low="-37.63", close="-0.5"),
    "exponents and signs": many(low="1e-7", close="+5", high="1E+3"),
    "a word of float": many(low="nan"),
    "no decimals": many(close="362", turnover="3896752301"),
    "points at the ends": many(close="362.", low=".5"),
    "long decimals": many(turnover="123456789012345678.123456789", close="0.1234567890123456789"),
    "fifteen and sixteen characters": many(turnover="99999999999.999", close="999999999999.999"),
    "mixed decimals": [usual(index, close=f"{index}.{'5' * (index % 7)}") for index in range(200)],
    "a negative volume": many(volume=-1),
    "a huge volume": many(volume=2**63 - 1),
    "a text of more than 127 bytes": many(close="1." + "0" * 200),
    "digits of another script": many(close="٣٦٢"),
}


@pytest.mark.parametrize("candles", UNUSUAL.values(), ids=UNUSUAL.keys())
def test_bars_equal_those_of_the_generated_classes(candles: Candles) -> None:
    body = body_of(candles)
    bars = decode_candlesticks(body)
    assert bars.shape == (8, len(candles))
    assert bars.dtype == np.float64
    np.testing.assert_array_equal(bars, by_generated_classes(body))


def test_the_rows_stand_in_the_order_of_the_bar_matrix() -> None:
    [bar] = decode_candlesticks(body_of([usual(trade_session=2)])).T
    assert bar.tolist() == [1650384000.0, 350.2, 363.4, 349.6, 362.0, 10853604.0, 3896752301.4, 2.0]


@pytest.mark.parametrize("count", [1, 300])
def test_unknown_fields_are_skipped(count: int) -> None:
    extra = bytes([0x4A, 3]) + b"new" + bytes([0x50, 5])  # fields 9 and 10 of a later version
    candle = usual().SerializeToString() + extra
    body = body_of([]) + (bytes([0x12, len(candle)]) + candle) * count + bytes([0x1A, 2]) + b"hi"
    np.testing.assert_array_equal(decode_candlesticks(body), by_generated_classes(body))


@pytest.mark.parametrize("count", [1, 300])
def test_fields_in_another_order_are_read_too(count: int) -> None:
    backwards = bytes([0x38, 1, 0x22, 1]) + b"7" + bytes([0x0A, 1]) + b"5" + bytes([0x0A, 1]) + b"6"
    body = (bytes([0x12, len(backwards)]) + backwards) * count + bytes([0x0A, 1]) + b"X"
    bars = decode_candlesticks(body)
    np.testing.assert_array_equal(bars, by_generated_classes(body))
    assert bars[4, 0] == 6.0  # the last of two counts


def test_bytes_inside_a_bar_that_look_like_a_new_bar_do_no_harm() -> None:
    # The varint of this volume is 0x92 0x92 0x12 and is followed by a turnover of length 0x0A, after tag 0x32.
    candles = [usual(index, volume=0x12 | 0x12 << 7 | 0x12 << 14, turnover="1234567.89") for index in range(300)]
    for timestamp in (0x12, 0x12 << 7 | 0x12, 0x0A << 14 | 0x12 << 7 | 0x12):
        body = body_of([quote_pb2.Candlestick(close=c.close, volume=c.volume, timestamp=timestamp) for c in candles])
        np.testing.assert_array_equal(decode_candlesticks(body), by_generated_classes(body))


@pytest.mark.parametrize("count", [1, 300])
@pytest.mark.parametrize("text", ["abc", "1.2.3", ".", "-", "12,5", "0x10", "1 2", "inf", "-Infinity", "1e999"])
def test_what_is_no_number_is_a_wire_error(text: str, count: int) -> None:
    with pytest.raises(WireError, match="where a decimal belongs"):
        decode_candlesticks(body_of(many(count, close=text)))


@pytest.mark.parametrize("count", [1, 300])
def test_a_cut_body_is_a_wire_error(count: int) -> None:
    body = body_of(many(count))
    with pytest.raises(WireError, match="cannot be read"):
        decode_candlesticks(body[:-1])


@given(st.binary(max_size=200))
def test_garbage_is_a_matrix_or_a_wire_error(data: bytes) -> None:
    with contextlib.suppress(WireError):
        assert decode_candlesticks(data).shape[0] == 8


DECIMALS = st.one_of(
    st.just(""),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0, max_value=10**7).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**30), max_value=10**30).map(str),
    st.from_regex(r"[0-9]{0,18}\.?[0-9]{1,18}", fullmatch=True),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
)
CANDLES = st.builds(
    quote_pb2.Candlestick,
    close=DECIMALS,
    open=DECIMALS,
    low=DECIMALS,
    high=DECIMALS,
    turnover=DECIMALS,
    volume=st.integers(-(2**63), 2**63 - 1) | st.integers(0, 10**9),
    timestamp=st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2 * 10**9),
    trade_session=st.integers(0, 3) | st.integers(-(2**31), 2**31 - 1),
)


@given(st.lists(CANDLES, max_size=8), st.integers(1, 60), st.text(max_size=12))
@example([], 1, "")
def test_any_list_of_bars_equals_the_generated_classes(candles: Candles, repeats: int, symbol: str) -> None:
    body = body_of(candles * repeats, symbol)
    np.testing.assert_array_equal(decode_candlesticks(body), by_generated_classes(body))
