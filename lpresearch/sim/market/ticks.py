"""Prices on the market's grid, as whole numbers of a ten-thousandth: exact to add, to compare and to print."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import numpy as np

from lpresearch.base.markets import TickTable
from lpresearch.sim.market.draws import Floats, Ints

UNITS = 10_000  # of price and of money: the finest tick is 0.0001


def on_ticks(prices: Floats, table: TickTable) -> Ints:
    """Prices rounded to the nearest tick that applies there, never below one tick; monotone, so that order is kept."""
    edges, steps = _arrays(table)
    lowest, highest = np.searchsorted(edges, (prices.min(), prices.max()), side="right") - 1
    step: np.int64 | Ints
    if lowest == highest:
        step = steps[max(lowest, 0)]
    else:
        step = steps[np.maximum(np.searchsorted(edges, prices, side="right") - 1, 0)]
    whole: Ints = np.rint(prices * (UNITS / step)).astype(np.int64) * step
    floored: Ints = np.maximum(whole, steps[0])
    return floored


def step_at(units: int, table: TickTable) -> int:
    """The price step at a price, both in units."""
    edges, steps = _arrays(table)
    return int(steps[max(int(np.searchsorted(edges, units / UNITS, side="right")) - 1, 0)])


def step_below(units: int, table: TickTable) -> int:
    """The step from a price down to the next lower one."""
    return step_at(units - 1, table)


def decimal_of(units: int) -> Decimal:
    """Units as a decimal of three places, as the broker writes them, or of four where they are needed."""
    return Decimal(units).scaleb(-4) if units % 10 else Decimal(units // 10).scaleb(-3)


@cache
def _arrays(table: TickTable) -> tuple[Floats, Ints]:
    edges = np.array([float(start) for start, _ in table])
    steps = np.array([int(step * UNITS) for _, step in table], dtype=np.int64)
    return edges, steps
