"""Candlestick bytes to a bar matrix: float64 of shape (8, n), straight from the reply's body (longport.md 4, 5.1).

The usual body is parsed with NumPy, all bars at once; anything unusual that is still valid protobuf takes the general
way. Both give the same numbers: exactly ``float(text)`` for each decimal, NaN for an empty one. Never judges the bars.
"""

from __future__ import annotations

import math

import numpy as np
from google.protobuf.message import DecodeError
from numpy.typing import NDArray

from lpresearch.base.errors import WireError
from lpresearch.wire.proto import quote_pb2

#: The rows of a bar matrix.
TIMESTAMP, OPEN, HIGH, LOW, CLOSE, VOLUME, TURNOVER, SESSION = range(8)

# Tags of Candlestick: field number and wire type in one byte.
_PRICE_TAGS = {0x0A: CLOSE, 0x12: OPEN, 0x1A: LOW, 0x22: HIGH}
_VOLUME_TAG, _TURNOVER_TAG, _TIMESTAMP_TAG, _SESSION_TAG = 0x28, 0x32, 0x38, 0x40
_SYMBOL_TAG, _BAR_TAG, _CLOSE_TAG = 0x0A, 0x12, 0x0A
_MORE = 0x80  # a varint goes on in the next byte

_MARGIN = bytes(16)  # before and after the body, so that no look past its ends needs a check

_WIDTH = 15  # the most characters whose digits are an exact integer in a float64: 10**15 < 2**53
_PLACES = 10.0 ** np.arange(_WIDTH - 1, -1, -1)  # worth of each character of a right-aligned text
_POINT = ord(".")

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Matrix = NDArray[np.float64]


def decode_candlesticks(body: bytes) -> Matrix:
    """The bar matrix of a SecurityCandlestickResponse, in the order of the reply.

    Returns
    -------
    float64 of shape (8, n): timestamp (epoch seconds), open, high, low, close, volume, turnover, session (0 regular,
    1 pre, 2 post, 3 overnight).

    Raises
    ------
    WireError : not a valid message, or a decimal that is no number.
    """
    bars = _regular(body)
    return _general(body) if bars is None else bars


def _general(body: bytes) -> Matrix:
    """Any valid message, by the generated classes."""
    try:
        candles = quote_pb2.SecurityCandlestickResponse.FromString(body).candlesticks
    except DecodeError as exc:
        raise WireError(f"Candlesticks cannot be read: {exc}.") from exc
    bars = np.empty((8, len(candles)))
    bars[TIMESTAMP] = [candle.timestamp for candle in candles]
    bars[OPEN] = [_number(candle.open) for candle in candles]
    bars[HIGH] = [_number(candle.high) for candle in candles]
    bars[LOW] = [_number(candle.low) for candle in candles]
    bars[CLOSE] = [_number(candle.close) for candle in candles]
    bars[VOLUME] = [candle.volume for candle in candles]
    bars[TURNOVER] = [_number(candle.turnover) for candle in candles]
    bars[SESSION] = [candle.trade_session for candle in candles]
    return bars


def _number(text: str | bytes) -> float:
    if not text:
        return math.nan
    try:
        return float(text if isinstance(text, str) else text.decode())
    except ValueError:  # UnicodeDecodeError is one
        raise WireError(f"A candlestick has {text!r} where a decimal belongs.") from None


def _regular(body: bytes) -> Matrix | None:
    """Bars shorter than 128 bytes whose fields stand in ascending order, each at most once; None for other bodies."""
    data = np.frombuffer(_MARGIN + body + _MARGIN, np.uint8)
    first = _bar_starts(data, len(body))
    if first is None:
        return None
    at = first + 2
    bars = np.empty((8, len(first)))
    starts = np.empty((5, len(first)), np.int64)
    ends = np.empty((5, len(first)), np.int64)
    for number, tag in enumerate(_PRICE_TAGS):
        at, starts[number], ends[number] = _text_field(data, at, tag)
    at, bars[VOLUME] = _varint_field(data, at, _VOLUME_TAG)
    at, starts[4], ends[4] = _text_field(data, at, _TURNOVER_TAG)
    at, bars[TIMESTAMP] = _varint_field(data, at, _TIMESTAMP_TAG)
    at, bars[SESSION] = _varint_field(data, at, _SESSION_TAG)
    # Fields out of order, unknown or too long leave the end of some bar unreached.
    if not np.array_equal(at, first + 2 + data[first + 1]) or bars[SESSION].max() >= _MORE:
        return None
    bars[[*_PRICE_TAGS.values(), TURNOVER]] = _decimals(data, starts.ravel(), ends.ravel()).reshape(5, -1)
    return bars


def _bar_starts(data: Bytes, size: int) -> Ints | None:
    """Where each bar's tag stands; None where the bars do not follow each other as expected."""
    begin, end = len(_MARGIN), len(_MARGIN) + size
    if data[begin] == _SYMBOL_TAG and (data[begin + 1 : begin + 2 + data[begin + 1]] < _MORE).all():
        begin += 2 + int(data[begin + 1])
    region = data[begin : end + 2]
    starts = begin + np.flatnonzero((region[:-2] == _BAR_TAG) & (region[2:] == _CLOSE_TAG) & (region[1:-1] < _MORE))
    follows = starts + 2 + data[starts + 1]
    # The same three bytes inside a bar break the chain: each bar has to end where the next one begins.
    if not len(starts) or starts[0] != begin or follows[-1] != end or not np.array_equal(follows[:-1], starts[1:]):
        return None
    return starts


def _text_field(data: Bytes, at: Ints, tag: int) -> tuple[Ints, Ints, Ints]:
    """The position after the field, and where its text begins and ends (empty where the field is missing)."""
    present = data.take(at, mode="clip") == tag
    start = at + 2 * present
    end = start + data.take(at + 1, mode="clip") * present
    return end, start, end


def _varint_field(data: Bytes, at: Ints, tag: int) -> tuple[Ints, Ints]:
    """The position after the field, and its value (0 where the field is missing)."""
    more = data.take(at, mode="clip") == tag
    at = at + more
    value = np.zeros(len(at), np.int64)
    for shift in range(0, 63, 7):  # a tenth byte means a negative number: the general way's work
        byte = data.take(at, mode="clip") * more
        value |= (byte & 0x7F).astype(np.int64) << shift
        at = at + more
        more = byte >= _MORE
        if not more.any():
            break
    return at, value


def _decimals(data: Bytes, start: Ints, end: Ints) -> Matrix:
    """The numbers of the texts ``data[start:end]``, each exactly as ``float`` reads it.

    Digits without their point are an exact integer, and so is the power of ten that divides it; the one rounding is
    that of the division, which is what a correctly rounded conversion gives. Other texts go to ``float`` itself.
    """
    # Each row holds the last 15 bytes before an end: the text, right-aligned, after bytes that are not its own.
    windows: NDArray[np.void] = np.ndarray(len(data) - _WIDTH + 1, f"V{_WIDTH}", data, strides=(1,))
    rows = windows[np.clip(end, _WIDTH, len(data)) - _WIDTH].view(np.uint8).reshape(-1, _WIDTH)
    length = end - start
    own = np.arange(_WIDTH, 0, -1, dtype=np.int8) <= np.minimum(length, _WIDTH).astype(np.int8)[:, None]
    digits = (rows - np.uint8(ord("0"))) * own  # characters below "0" wrap to large values
    row, column = np.divmod(np.flatnonzero((rows == _POINT) & own), _WIDTH)
    digits[row, column] = 0
    numbers: Matrix = digits.astype(np.float64) @ _PLACES  # the point still counts as a digit 0
    power = _PLACES[column]
    above = np.floor(numbers[row] / (power * 10))
    numbers[row] = (numbers[row] - above * (power * 9)) / power
    odd = (length == 0) | (length > _WIDTH)
    odd[row[1:][row[1:] == row[:-1]]] = True  # two points
    odd[row[length[row] == 1]] = True  # a point alone
    odd[np.flatnonzero(digits > 9) // _WIDTH] = True
    for index in np.flatnonzero(odd):
        numbers[index] = _number(data[start[index] : end[index]].tobytes())
    return numbers
