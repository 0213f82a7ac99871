"""A bar matrix in few bytes and back, bit for bit: whole numbers, their differences, bytes by place, zlib.

Pure. A row whose values are decimals of few digits becomes whole numbers; the differences of neighbours are small, so
their high bytes are alike and compress to nothing. Any other row is kept by its bits.
"""

from __future__ import annotations

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from lpresearch.history.bars import FIELDS, Bars, Floats

_ROW = struct.Struct("<bI")  # decimals of the values, or -1 for bits; bytes that follow
_BITS = -1
_MOST_DECIMALS = 4
_EXACT = 2.0**53
_LEVEL = 6  # beyond it zlib takes thrice the time for a hundredth of the size


def packed(bars: Bars) -> bytes:
    """The bytes of a bar matrix."""
    return b"".join(_packed_row(row) for row in bars)


def unpacked(data: bytes, count: int) -> Bars:
    """The bar matrix of ``count`` bars that was packed.

    Raises
    ------
    ValueError : these are not such bytes.
    """
    bars, place = np.empty((len(FIELDS), count)), 0
    try:
        for row in bars:
            decimals, size = _ROW.unpack_from(data, place)
            place += _ROW.size
            body = np.frombuffer(zlib.decompress(data[place : place + size]), dtype=np.uint8)
            row[:] = _numbers(body.reshape(8, count), decimals)
            place += size
    except (struct.error, zlib.error) as exc:
        raise ValueError(str(exc)) from exc
    if place != len(data):
        raise ValueError("there are more bytes than rows")
    return bars


def _packed_row(row: Floats) -> bytes:
    row = np.ascontiguousarray(row)
    bits, decimals = row.view(np.int64), _BITS
    for digits in range(_MOST_DECIMALS + 1):
        scaled = np.rint(row * 10**digits)
        if not np.abs(scaled).max(initial=0) < _EXACT:  # not a number is no less either
            break
        whole = scaled.astype(np.int64)
        if np.array_equal((whole / 10**digits).view(np.int64), bits):  # by their bits: there is a zero below zero
            bits, decimals = whole, digits
            break
    steps = np.diff(bits, prepend=np.int64(0))
    folded = (steps << 1) ^ (steps >> 63)  # small steps down are small numbers as well
    by_place = folded.astype("<i8").view(np.uint8).reshape(-1, 8).T
    body = zlib.compress(by_place.tobytes(), _LEVEL)
    return _ROW.pack(decimals, len(body)) + body


def _numbers(by_place: NDArray[np.uint8], decimals: int) -> Floats:
    folded = np.ascontiguousarray(by_place.T).view("<u8").ravel()
    steps = (folded >> np.uint64(1)).astype(np.int64) ^ -(folded & np.uint64(1)).astype(np.int64)
    values = np.cumsum(steps)
    numbers: Floats = values.view(np.float64) if decimals == _BITS else values / 10**decimals
    return numbers
