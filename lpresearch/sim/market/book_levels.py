"""The order book's levels around the last price: on the tick grid, never crossed, a function of price and time."""

from __future__ import annotations

import numpy as np

from lpresearch.base.markets import TickTable
from lpresearch.sim.market import draws
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.snapshots import Level
from lpresearch.sim.market.ticks import decimal_of, step_at, step_below

_BEST_LIVES_S = 2  # how long the drawn spread stands
_LEVEL_LIVES_S = 9  # and the volume of a level
_STRIDE = 1_000_003  # between the draws of two prices
_OTHER_SIDE = 0x5DEECE66D
# Of ten books: spread of one tick with the last trade at the bid, at the ask; of two ticks; of three.
_SPREADS = ((0, 1), (0, 1), (0, 1), (0, 1), (1, 0), (1, 0), (1, 0), (1, 0), (1, 1), (1, 2))


def levels_around(
    last: int, listing: Listing, *, count: int, key: int, now: float, usual_lots: float
) -> tuple[list[Level], list[Level]]:
    """Asks and bids, best first, with the last price (in units) at or between the best ones.

    Parameters
    ----------
    count : levels on each side; near a price of one tick there are fewer bids.
    usual_lots : the volume that a level usually shows, in lots.
    """
    below, above = _SPREADS[_word(key, last, int(now) // _BEST_LIVES_S) % len(_SPREADS)]
    table = listing.ticks
    if last <= step_below(last, table):
        below, above = 0, max(above, 1)
    bid, ask = last, last
    for _ in range(below):
        bid = _lower(bid, table)
    for _ in range(above):
        ask += step_at(ask, table)
    asks, bids = [ask], [bid]
    while len(asks) < count:
        asks.append(asks[-1] + step_at(asks[-1], table))
    while len(bids) < count and _lower(bids[-1], table) < bids[-1]:
        bids.append(_lower(bids[-1], table))
    return _side(asks, listing, key, now, usual_lots), _side(bids, listing, key ^ _OTHER_SIDE, now, usual_lots)


def _lower(units: int, table: TickTable) -> int:
    """The next price down; the lowest price itself stays."""
    lower = units - step_below(units, table)
    return lower if lower > 0 else units


def _side(prices: list[int], listing: Listing, key: int, now: float, usual_lots: float) -> list[Level]:
    """Volume and orders of each price; a level stands for some seconds, and not all change at once."""
    places = np.array(prices)
    words = draws.bits(key, places * _STRIDE + (int(now) + places // 10) // _LEVEL_LIVES_S)
    bursts = draws.burst_table(0.7).take(draws.quarter(words, 0)).tolist()
    levels = []
    for position, (price, burst, crowd) in enumerate(
        zip(prices, bursts, draws.byte(words, 2).tolist(), strict=True), 1
    ):
        lots = max(round(usual_lots * burst * min(0.6 + 0.25 * position, 1.8)), 1)
        orders = max(min(lots, round((1 + crowd % 7) * min(lots, 40) ** 0.5)), 1)
        levels.append(Level(position, decimal_of(price), lots * listing.volume_step, orders))
    return levels


def _word(key: int, price: int, life: int) -> int:
    return int(draws.bits(key, np.array([price * _STRIDE + life]))[0])
