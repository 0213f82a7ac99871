"""Candlestick bytes to a bar matrix: float64 of shape (8, n), straight from the reply's body (longport.md 4, 5.1).

The usual body is parsed with NumPy, all bars at once; anything unusual that is still valid protobuf takes the general
way. Both give the same numbers: exactly ``float(text)`` for each decimal, NaN for an empty one. Never judges the bars.
"""

from __future__ import annotations

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

_WORTH_BYTES = 10_000  # below, about 150 bars, the general way is the faster one
_MARGIN = bytes(16)  # before and after the body, so that no look past its ends needs a check

_WIDTH = 15  # the most characters whose digits are an exact integer in a float64: 10**15 < 2**53
_PLACES = 10.0 ** np.arange(_WIDTH - 1, -1, -1)  # worth of each character of a right-aligned text
_POINT = ord(".") - ord("0") & 0xFF
_OWN = np.tri(_WIDTH + 1, _WIDTH, -1, dtype=np.uint8)[:, ::-1]  # for each length, which of the characters count

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
    bars = _regular(body) if len(body) >= _WORTH_BYTES else None
    if bars is None:
        bars = _general(body)
    if np.isinf(bars).any():  # a word of float, or an exponent beyond its range
        raise WireError("Candlesticks have a value without bound where a decimal belongs.")
    return bars


def _general(body: bytes) -> Matrix:
    """Any valid message, by the generated classes."""
    try:
        candles = quote_pb2.SecurityCandlestickResponse.FromString(body).candlesticks
    except DecodeError as exc:
        raise WireError(f"Candlesticks cannot be read: {exc}.") from exc
    try:
        rows = [
            (
                candle.timestamp,
                float(candle.open or "nan"),
                float(candle.high or "nan"),
                float(candle.low or "nan"),
                float(candle.close or "nan"),
                candle.volume,
                float(candle.turnover or "nan"),
                candle.trade_session,
            )
            for candle in candles
        ]
    except ValueError as exc:
        raise _no_decimal(exc) from exc
    return np.ascontiguousarray(np.array(rows, dtype=np.float64).reshape(-1, 8).T)


def _no_decimal(exc: ValueError) -> WireError:
    return WireError(f"A candlestick has something else where a decimal belongs: {exc}.")


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
    bars[[*_PRICE_TAGS.values()]] = _decimals(data, starts[:4].ravel(), ends[:4].ravel()).reshape(4, -1)
    bars[TURNOVER] = _decimals(data, starts[4], ends[4])
    return bars


def _bar_starts(data: Bytes, size: int) -> Ints | None:
    """Where each bar's tag stands; None where the bars do not follow each other as expected."""
    begin, end = len(_MARGIN), len(_MARGIN) + size
    length = int(data[begin + 1])  # of the symbol; as a byte it would overflow in sums
    if data[begin] == _SYMBOL_TAG and (data[begin + 1 : begin + 2 + length] < _MORE).all():
        begin += 2 + length
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
    width = int(min(max((end - start).max(), 1), _WIDTH))
    windows: NDArray[np.void] = np.ndarray(len(data) - width + 1, f"V{width}", data, strides=(1,))
    rows = windows[np.maximum(end, width) - width].view(np.uint8).reshape(-1, width)
    length = end - start
    own = _OWN[: width + 1, _WIDTH - width :].take(length, axis=0, mode="clip")
    digits = (rows - np.uint8(ord("0"))) * own  # characters below "0" wrap to large values
    row, column = np.divmod(np.flatnonzero(digits == _POINT), width)
    digits[row, column] = 0
    numbers: Matrix = digits.astype(np.float64) @ _PLACES[-width:]  # the point still counts as a digit 0
    power = _PLACES[column - width]
    above = np.floor(numbers[row] / (power * 10))
    numbers[row] = (numbers[row] - above * (power * 9)) / power
    odd = (length == 0) | (length > _WIDTH)
    odd[row[1:][row[1:] == row[:-1]]] = True  # two points
    odd[row[length[row] == 1]] = True  # a point alone
    if digits.max(initial=0) > 9:
        odd[np.flatnonzero(digits > 9) // width] = True
    try:
        for index in np.flatnonzero(odd):
            numbers[index] = float(data[start[index] : end[index]].tobytes().decode() or "nan")
    except ValueError as exc:  # bytes that are no text are one too
        raise _no_decimal(exc) from exc
    return numbers
