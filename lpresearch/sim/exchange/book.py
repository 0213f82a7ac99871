"""Matching against the shown depth: what an order gets now, level by level. Knows no accounts and no order states.

The simulated market does not notice our trades, so the book remembers what was taken from each shown level; a level
whose volume changes is a new one.
"""

from __future__ import annotations

from decimal import Decimal

from lpresearch.base.model import Side
from lpresearch.sim.exchange.glimpse import Glimpse

Taken = dict[Decimal, tuple[int, Decimal]]  # price -> (volume when last seen, taken of it)


class Book:
    """The depth of every symbol, less what our own orders took from it."""

    def __init__(self) -> None:
        self._taken: dict[tuple[str, Side], Taken] = {}

    def take(
        self, look: Glimpse, symbol: str, side: Side, quantity: Decimal, *, limit: Decimal | None
    ) -> list[tuple[Decimal, Decimal]]:
        """Price and quantity of each fill, best price first.

        Parameters
        ----------
        look : the market as it is now.
        limit : the worst price accepted. None is a market order: what the shown levels do not hold fills one tick
            behind the last of them. An empty book fills nothing.
        """
        asks, bids = look.depth(symbol)
        levels = asks if side is Side.BUY else bids
        before = self._taken.get((symbol, side), {})
        seen: Taken = {}
        fills: list[tuple[Decimal, Decimal]] = []
        rest = quantity
        for level in levels:
            shown, taken = before.get(level.price, (level.volume, Decimal(0)))
            if shown != level.volume:
                taken = Decimal(0)
            if limit is None or not _worse(side, level.price, limit):
                got = min(rest, level.volume - taken)
                if got > 0:
                    fills.append((level.price, got))
                    taken += got
                    rest -= got
            seen[level.price] = (level.volume, taken)
        self._taken[symbol, side] = seen
        if limit is None and rest > 0 and levels:
            fills.append((_behind(side, levels[-1].price, look.tick(symbol, levels[-1].price)), rest))
        return fills


def _behind(side: Side, price: Decimal, tick: Decimal) -> Decimal:
    """One tick worse than a price, never below one tick."""
    return price + tick if side is Side.BUY else max(price - tick, tick)


def _worse(side: Side, price: Decimal, limit: Decimal) -> bool:
    return price > limit if side is Side.BUY else price < limit
