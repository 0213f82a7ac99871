"""The trades of one minute, made from its bar so that they add up to it exactly. Pure: a function of bar and draw.

The price runs in three legs, from open over both extremes to close. Within a leg every trade has a mirror of the same
size on the other side of the leg's middle, so the leg turns over its lots at exactly the mean of its ends, whatever the
prices between: the turnover of a minute is known without its trades (``turnover``), and the trades still reproduce it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpresearch.base.markets import Market
from lpresearch.sim.market import draws
from lpresearch.sim.market.draws import Floats, Ints, Words
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.ticks import UNITS, on_ticks, step_at

FEWEST_LOTS = 4  # of a minute: one for each of its four prices
NEUTRAL, DOWN, UP = range(3)  # directions by their wire numbers
AUTOMATIC, AUCTION = "", "U"  # trade types; those below say nothing new of the price (longport.md 10.3)
# Trade types that only count volume, by the market, for one trade in so many at an unchanged price.
_SPECIAL = {Market.HK: (("Y", 12), ("X", 40)), Market.US: (("I", 4),)}
_ROUND_LOT = 100  # US: a smaller trade is an odd lot
_MOST_PAIRS, _LOTS_A_PAIR = 80, 5  # trades of a leg, two by two: so many at most, of so many lots
_AUCTION_PRINTS = 5
_UNEVEN = 1.3  # spread of the sizes, in logs
_SPREAD_S = 59.8  # over which a minute's trades are spread: the last one is well before the next minute's first


@dataclass(frozen=True, eq=False, slots=True)
class Tape:
    """The trades of one minute in the order of time, and its bar after each of them."""

    moments: Floats  # seconds since the minute's start
    prices: Ints
    volumes: Ints
    directions: Ints
    types: list[str]
    bars: Ints  # (6, trades): the bar up to and including each trade

    def count(self, second: float) -> int:
        """How many trades there are up to and including a moment."""
        return int(self.moments.searchsorted(second, side="right"))


def turnover(opened: Ints, high: Ints, low: Ints, close: Ints, lots: Ints) -> Ints:
    """What the trades of minutes turn over, in price units times lots."""
    outer, middle, odd = _legs(lots)
    turned: Ints = (opened + high + low + close) * (outer // 2) + (high + low) * (middle // 2) + close * odd
    return turned


def tape_of(bar: Ints, word: int, listing: Listing, *, auction_s: int | None = None) -> Tape:
    """The trades of a minute.

    Parameters
    ----------
    bar : its six numbers.
    word : the minute's draw.
    auction_s : where the minute is a closing auction, the seconds from its start to the one moment at which it prints.
    """
    opened, high, low, close, volume, _ = bar.tolist()
    lots = volume // listing.volume_step
    if auction_s is not None:
        sizes = _shared(lots, np.ones(min(lots, _AUCTION_PRINTS)))
        prices = np.full(len(sizes), close)
        moments = np.full(len(sizes), float(auction_s))
        types = [AUCTION if listing.market is Market.HK else AUTOMATIC] * len(sizes)
        directions = np.full(len(sizes), NEUTRAL)
        return _tape(moments, prices, sizes * listing.volume_step, directions, types, listing.unit_size)
    first, second = (high, low) if word >> 63 & 1 else (low, high)
    outer, middle, odd = (int(part) for part in _legs(np.int64(lots)))
    words = draws.bits(word, np.arange(6 * _MOST_PAIRS))
    legs = [(opened, first, outer), (first, second, middle), (second, close, outer)]
    step = step_at(low, listing.ticks)
    even = step_at(max(high - 1, low), listing.ticks) == step
    parts = [
        _leg(start, end, size, words[place * _MOST_PAIRS :][:_MOST_PAIRS], step if even else 0, (low, high))
        for place, (start, end, size) in enumerate(legs)
        if size
    ]
    prices = np.concatenate([part[0] for part in parts])
    sizes = np.concatenate([part[1] for part in parts])
    sizes[-1] += odd
    words = words[: len(prices)]
    moments = (np.arange(len(prices)) + draws.byte(words, 5) / 256) * (_SPREAD_S / len(prices))
    moments[0] = 0.0
    volumes = sizes * listing.volume_step
    types = _types(prices, volumes, words, listing.market)
    return _tape(moments, prices, volumes, _directions(prices, words), types, listing.unit_size)


def cut(tape: Tape, second: float, price: int, listing: Listing) -> Tape:
    """The trades of a minute in which a price was set.

    Those up to a second of it stay, one of the smallest size at the set price follows, and those after it move along.
    """
    count = tape.count(second)
    factor = price / int(tape.prices[count - 1])
    moved = tape.prices[count:]
    if len(moved):
        moved = on_ticks(moved.astype(np.float64) * (factor / UNITS), listing.ticks)
    return _tape(
        np.insert(tape.moments, count, second),
        np.concatenate([tape.prices[:count], [price], moved]),
        np.insert(tape.volumes, count, listing.volume_step),
        np.insert(tape.directions, count, UP if factor > 1 else DOWN if factor < 1 else NEUTRAL),
        [*tape.types[:count], AUTOMATIC, *tape.types[count:]],
        listing.unit_size,
    )


def _legs(lots: NDArray[np.int64] | np.int64) -> tuple[Ints, Ints, Ints]:
    """Lots of the first and of the last leg, of the middle one, and what is left for the close."""
    outer = np.maximum(lots // 6, 1) * 2
    middle = (lots - 2 * outer) // 2 * 2
    return outer, middle, lots - 2 * outer - middle


def _leg(start: int, end: int, lots: int, words: Words, step: int, bounds: tuple[int, int]) -> tuple[Ints, Ints]:
    """Prices and sizes of the trades between two prices; without a step only at those two, not between."""
    pairs = min(max(lots // _LOTS_A_PAIR, 1), _MOST_PAIRS)
    words = words[:pairs]
    sizes = _shared(lots // 2, draws.burst_table(_UNEVEN).take(draws.quarter(words, 0)))
    prices = np.full(pairs, start)
    if step and pairs > 1:
        prices += np.rint(np.arange(pairs) * ((end - start) / step / (2 * pairs - 1))).astype(np.int64) * step
        bounce = draws.byte(words, 2).astype(np.int64) % 4
        bounced = prices + (np.where(bounce == 3, 0, bounce) - (bounce != 3)) * step
        low, high = bounds
        inside = (bounced >= low) & (bounced <= high) & (start + end - bounced >= low) & (start + end - bounced <= high)
        inside[0] = False  # a leg begins and ends on its own prices
        prices = np.where(inside, bounced, prices)
    return np.append(prices, start + end - prices[::-1]), np.append(sizes, sizes[::-1])


def _shared(lots: int, weights: Floats) -> Ints:
    """Lots shared out by weights, at least one each."""
    spare = lots - len(weights)
    reached = np.cumsum(weights)
    shares: Ints = np.diff((spare * (reached / reached[-1])).astype(np.int64), prepend=0) + 1
    return shares


def _directions(prices: Ints, words: Words) -> Ints:
    """Up and down as the price went; where it stood, as drawn."""
    drawn = np.searchsorted((26, 141), draws.byte(words, 3), side="right")  # neutral for one in ten
    change = np.diff(prices, prepend=prices[0])
    directions: Ints = np.where(change > 0, UP, np.where(change < 0, DOWN, drawn))
    return directions


def _types(prices: Ints, volumes: Ints, words: Words, market: Market) -> list[str]:
    """Mostly automatic; a type that says nothing of the price only where the price says nothing new."""
    types = np.full(len(prices), AUTOMATIC, dtype="U1")
    same = np.append(False, prices[1:] == prices[:-1])
    drawn = draws.byte(words, 4)
    for number, (name, one_in) in enumerate(_SPECIAL.get(market, ())):
        chosen = same & ((drawn + number) % one_in == 0)
        types[chosen & (volumes < _ROUND_LOT) if name == "I" else chosen] = name
    named: list[str] = types.tolist()
    return named


def _tape(moments: Floats, prices: Ints, volumes: Ints, directions: Ints, types: list[str], unit_size: int) -> Tape:
    bars = np.empty((6, len(prices)), dtype=np.int64)
    bars[0] = prices[0]
    np.maximum.accumulate(prices, out=bars[1])
    np.minimum.accumulate(prices, out=bars[2])
    bars[3] = prices
    np.cumsum(volumes, out=bars[4])
    np.cumsum(prices * volumes * unit_size, out=bars[5])
    return Tape(moments, prices, volumes, directions, types, bars)
