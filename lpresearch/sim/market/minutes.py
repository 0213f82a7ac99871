"""One-minute bars of whole days. Pure: a function of seed, security and day alone.

Within the day the price is a bridge from the day's open to its close; the trades within a minute are in ``tape``.
Prices, volumes and money are whole numbers (``ticks.UNITS``), so that sums are exact.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lpresearch.base.markets import TickTable
from lpresearch.sim.market import draws, tape
from lpresearch.sim.market.draws import Floats, Ints, Words
from lpresearch.sim.market.grids import Grid
from lpresearch.sim.market.ticks import on_ticks

OPEN, HIGH, LOW, CLOSE, VOLUME, TURNOVER = range(6)  # rows of a block: (6, days, minutes) or (6, bars)
_SLOTS = 4096  # draws set apart for each day, one a minute; evenings before the day are negative minutes
_FIRST_SLOT = 512
_OPEN_JITTER = 0.25  # of the minute's deviation: a minute opens near the last one's close, not on it
_BURST = 0.45


@dataclass(frozen=True)
class Streams:
    """Whose draws make the path: the security's own and, by ``loading``, its market's."""

    own: int
    market: int
    loading: float


@dataclass(frozen=True)
class Ends:
    """What a path is bridged between, one value a day."""

    starts: Floats
    closes: Floats
    scales: Floats  # standard deviation over the day, in price units
    volumes: Floats


def minute_bars(
    streams: Streams, grid: Grid, days: Ints, ends: Ends, table: TickTable, lot: int, unit_size: int
) -> Ints:
    """A block of bars of the days, shape (6, days, minutes)."""
    slots = _slots(days, grid)
    words = draws.bits(streams.own, slots)
    noise = draws.normals(words)
    if streams.loading:
        common = draws.normals(draws.bits(streams.market, slots))
        noise = streams.loading * common + np.sqrt(1 - streams.loading**2) * noise
    scale = ends.scales[:, None] * np.sqrt(grid.variance)
    spent = np.cumsum(grid.variance)
    walk = np.cumsum(scale * noise, axis=1)
    drift = ends.closes - ends.starts - walk[:, -1]
    closes = ends.starts[:, None] + spent * drift[:, None] + walk
    opens = np.empty_like(closes)
    opens[:, 0] = ends.starts
    jitter = draws.normal_table(draws.BYTE_BITS).take(draws.byte(words, 6)[:, 1:])
    opens[:, 1:] = closes[:, :-1] + _OPEN_JITTER * jitter * scale[:, 1:]
    highs = np.maximum(opens, closes) + scale * draws.excursion_table().take(draws.byte(words, 4))
    lows = np.minimum(opens, closes) - scale * draws.excursion_table().take(draws.byte(words, 5))
    if grid.auction:
        for prices in (opens, highs, lows):
            prices[:, -1] = closes[:, -1]
    block = np.empty((6, *closes.shape), dtype=np.int64)
    for row, prices in ((OPEN, opens), (HIGH, highs), (LOW, lows), (CLOSE, closes)):
        block[row] = on_ticks(prices, table)
    liveliness = 0.65 + 0.44 * np.abs(noise)
    fill_volumes(block, words, grid, ends.volumes, liveliness, lot, unit_size)
    return block


def fill_volumes(
    block: Ints, words: Words, grid: Grid, volumes: Floats, liveliness: Floats | float, lot: int, unit_size: int
) -> None:
    """Draw the volume of each bar, and reckon the turnover that its trades will have."""
    lots = lots_of(words, grid, volumes, liveliness, lot)
    block[VOLUME] = lots * lot
    block[TURNOVER] = tape.turnover(block[OPEN], block[HIGH], block[LOW], block[CLOSE], lots) * (lot * unit_size)


def lots_of(words: Words, grid: Grid, volumes: Floats, liveliness: Floats | float, lot: int) -> Ints:
    """The lots that are traded in each minute of the days."""
    burst = draws.burst_table(_BURST).take(draws.quarter(words, 1))
    shares = volumes[:, None] * grid.volume * burst * liveliness
    lots: Ints = np.maximum(np.rint(shares / lot), tape.FEWEST_LOTS).astype(np.int64)
    return lots


def words_of(key: int, grid: Grid, days: Ints) -> Words:
    """The draws of each minute of the days."""
    return draws.bits(key, _slots(days, grid))


def word_of(key: int, day: int, minute: int) -> int:
    """The draw of one minute of one day."""
    return int(draws.bits(key, np.array([day * _SLOTS + minute + _FIRST_SLOT]))[0])


def aggregate(block: Ints, firsts: Ints) -> Ints:
    """Longer bars along the last axis; ``firsts`` are the positions at which they begin."""
    lasts = np.append(firsts[1:], block.shape[-1]) - 1
    longer = np.empty((*block.shape[:-1], len(firsts)), dtype=block.dtype)
    longer[OPEN], longer[CLOSE] = block[OPEN][..., firsts], block[CLOSE][..., lasts]
    longer[HIGH] = np.maximum.reduceat(block[HIGH], firsts, axis=-1)
    longer[LOW] = np.minimum.reduceat(block[LOW], firsts, axis=-1)
    longer[VOLUME:] = np.add.reduceat(block[VOLUME:], firsts, axis=-1)
    return longer


def _slots(days: Ints, grid: Grid) -> Ints:
    return days[:, None] * _SLOTS + (grid.minutes + _FIRST_SLOT)
