"""Prices set by hand: from a moment on, all prices of a security are moved by a factor, so that its path goes on there.

The trades up to the moment stay as they were, one trade at the set price follows, and what would have come later comes
at moved prices. Bars are moved minute by minute, the minute itself is made anew from its trades. Knows no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum

import numpy as np

from lpresearch.sim.market import tape as tapes
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.grids import Grid
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.minutes import CLOSE, HIGH, LOW, OPEN, TURNOVER, VOLUME
from lpresearch.sim.market.tape import Tape
from lpresearch.sim.market.ticks import UNITS, on_ticks

DAY_MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Jump:
    """One set price.

    Parameters
    ----------
    minute : the one it falls in: of the day, counted from local midnight, plus 1440 for each day since 1970-01-01.
    second : since the minute's start; None where no trade was due in it, and all of the minute is moved.
    kind : the kind of day in whose minute the trade at the set price is; on any other the whole minute is moved.
    price : in units.
    factor : what later prices are multiplied by.
    """

    minute: int
    second: float | None
    kind: Enum
    price: int
    factor: float

    @property
    def day(self) -> int:
        """The day number."""
        return self.minute // DAY_MINUTES

    def is_inside(self, kind: Enum) -> bool:
        """Whether a minute of this kind of day has the trade at the set price."""
        return self.second is not None and self.kind is kind


class SetPrices:
    """The prices that were set, by symbol."""

    def __init__(self) -> None:
        self._jumps: dict[str, tuple[Jump, ...]] = {}

    def add(self, symbol: str, jump: Jump) -> None:
        """Set a price; whatever was set for later than that is forgotten."""
        moment = (jump.minute, jump.second or 0.0)
        before = [other for other in self.of(symbol) if (other.minute, other.second or 0.0) <= moment]
        self._jumps[symbol] = (*before, jump)

    def of(self, symbol: str) -> tuple[Jump, ...]:
        """The jumps of a symbol in the order of time."""
        return self._jumps.get(symbol, ())

    def factor(self, symbol: str, days: Ints) -> Floats:
        """What the prices of whole days are moved by, by what was set on days before them."""
        factor = np.ones(len(days))
        for jump in self.of(symbol):
            factor[days > jump.day] *= jump.factor
        return factor


def move(
    block: Ints,
    jumps: Iterable[Jump],
    days: Ints,
    grid: Grid,
    *,
    kind: Enum,
    listing: Listing,
    tape_at: Callable[[int, int], Tape],
) -> dict[int, Tape]:
    """Move a block of bars in place; returns the trades of the minutes in which a price was set.

    Parameters
    ----------
    block : (6, days, minutes).
    jumps : those of the listing, ascending.
    tape_at : the trades of a minute of the block, by its positions, before any price was set in it.
    """
    cut: dict[int, Tape] = {}
    places = days[:, None] * DAY_MINUTES + grid.minutes
    for jump in jumps:
        inside = jump.is_inside(kind)
        later = places > jump.minute if inside else places >= jump.minute
        if later.any():
            moved = block[:, later]
            moved[:4] = on_ticks(moved[:4].astype(np.float64) * (jump.factor / UNITS), listing.ticks)
            block[:, later] = turn_over(moved, listing)
        if inside and (found := np.argwhere(places == jump.minute)).size:
            day, position = found[0].tolist()
            tape = cut[jump.minute] if jump.minute in cut else tape_at(day, position)
            cut[jump.minute] = tape = tapes.cut(tape, jump.second or 0.0, jump.price, listing)
            block[:, day, position] = tape.bars[:, -1]
    return cut


def turn_over(bars: Ints, listing: Listing) -> Ints:
    """Bars with the turnover that their trades have, in place of what it was before they were moved."""
    lots = bars[VOLUME] // listing.volume_step
    money = tapes.turnover(bars[OPEN], bars[HIGH], bars[LOW], bars[CLOSE], lots)
    bars[TURNOVER] = money * (listing.volume_step * listing.unit_size)
    return bars
