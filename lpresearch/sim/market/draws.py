"""Random draws without a state: a draw is a function of its key and its position, so any day is reached at once.

A key comes from the seed and words (symbol, purpose); positions are hashed by the splitmix64 finaliser. Normals and
other shapes are looked up in tables by some of the 64 bits. Never uses a generator that must be advanced.
"""

from __future__ import annotations

import hashlib
from functools import cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)

NORMAL_BITS = 16
BYTE_BITS = 8


def stream_key(seed: int, *words: str) -> int:
    """The 64-bit key of one stream of draws."""
    digest = hashlib.sha256("\x1f".join((str(seed), *words)).encode()).digest()
    return int.from_bytes(digest[:8], "little")


def bits(key: int, positions: Ints) -> Words:
    """Sixty-four random bits for each position."""
    word = positions.astype(np.uint64)
    word *= _GOLDEN
    word += np.uint64(key)
    word ^= word >> np.uint64(30)
    word *= _MIX_1
    word ^= word >> np.uint64(27)
    word *= _MIX_2
    word ^= word >> np.uint64(31)
    return word


def quarter(words: Words, number: int) -> NDArray[np.uint16]:
    """Sixteen of the bits as table positions; ``number`` 0 to 3, the lowest first."""
    return words.astype("<u8", copy=False).view("<u2")[..., number::4]


def byte(words: Words, number: int) -> NDArray[np.uint8]:
    """Eight of the bits as table positions; ``number`` 0 to 7, the lowest first."""
    return words.astype("<u8", copy=False).view(np.uint8)[..., number::8]


def normals(words: Words, number: int = 0) -> Floats:
    """Standard normals from a quarter of the bits."""
    return normal_table().take(quarter(words, number))


@cache
def normal_table(width: int = NORMAL_BITS) -> Floats:
    """Quantiles of the standard normal at the middle of 2**width equal shares."""
    grid = np.linspace(-6.0, 6.0, 48_001)
    density = np.exp(-0.5 * grid * grid)
    share = np.cumsum(density)
    share /= share[-1]
    middle = (np.arange(1 << width) + 0.5) / (1 << width)
    table = np.interp(middle, share, grid)
    symmetric: Floats = (table - table[::-1]) / 2
    return symmetric


@cache
def excursion_table() -> Floats:
    """How far a minute's extreme lies beyond its open and close, in the minute's own deviations (mean one half)."""
    middle = (np.arange(1 << BYTE_BITS) + 0.5) / (1 << BYTE_BITS)
    table: Floats = -0.5 * np.log(1.0 - middle)
    return table


@cache
def burst_table(spread: float) -> Floats:
    """Log-normal factors with mean one: how uneven trading is from minute to minute."""
    table: Floats = np.exp(spread * normal_table() - 0.5 * spread * spread)
    return table
