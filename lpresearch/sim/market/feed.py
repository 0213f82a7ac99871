"""The bars of every listing for given days: from its own path, or a contract's from its underlying's.

Random access: a block of days is made from the daily path and the days' own draws, whatever was asked before. Knows no
calendar and no clock: the caller says which days there are and of which kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.sim.market import draws, grids, minutes
from lpresearch.sim.market.contracts import Terms
from lpresearch.sim.market.draws import Ints
from lpresearch.sim.market.grids import Grid
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.minutes import Ends, Streams
from lpresearch.sim.market.paths import day_path, market_loading

_AFTERWARDS = 0.3  # share of the overnight gap that the post-market takes
_VOLUME_BEFORE, _VOLUME_AFTER = 0.45, 0.55  # of the volume outside regular hours
_KEPT_UNDERLYING = 8  # blocks of at most a megabyte


class DayKind(Enum):
    """Which minutes of a day are meant."""

    FULL = "full"
    HALF = "half"
    OPEN = "open"
    BEFORE = "before the open"
    AFTER = "after the close"
    AFTER_HALF = "after an early close"

    @property
    def regular(self) -> bool:
        """Whether it is a regular session, long or short."""
        return self in (DayKind.FULL, DayKind.HALF, DayKind.OPEN)


def grid_of(market: Market, kind: DayKind) -> Grid:
    """The minutes of a kind of day."""
    if kind is DayKind.OPEN:
        return grids.open_day()
    if kind is DayKind.BEFORE:
        return grids.before_open()
    if kind in (DayKind.AFTER, DayKind.AFTER_HALF):
        return grids.after_close(half=kind is DayKind.AFTER_HALF)
    return grids.regular(market, half=kind is DayKind.HALF)


class Feed:
    """Minute bars by seed.

    Parameters
    ----------
    seed : the same seed gives the same bars.
    listings : where the underlying of a contract is found.
    """

    def __init__(self, seed: int, listings: Mapping[str, Listing]) -> None:
        self.seed = seed
        self._listings = listings
        self._underlying: dict[tuple[str, DayKind, bytes], Ints] = {}

    def block(self, listing: Listing, kind: DayKind, days: Ints) -> Ints:
        """One-minute bars, shape (6, days, minutes), as ``minutes.minute_bars``."""
        grid = grid_of(listing.market, kind)
        terms = self.terms(listing)
        if terms is not None:
            return self._contract_block(terms, kind, days)
        streams = Streams(self._key(listing), self._market_key(listing.market), market_loading(listing))
        ends = self._ends(listing, kind, days)
        return minutes.minute_bars(streams, grid, days, ends, listing.ticks, listing.lot_size)

    def word(self, listing: Listing, day: int, minute: int) -> int:
        """The draw of one minute, by which its forming bar goes."""
        return minutes.word_of(self._key(listing), day, minute)

    def level_key(self, listing: Listing) -> int:
        """The key of the draws for the order book."""
        return draws.stream_key(self.seed, listing.symbol, "levels")

    def _key(self, listing: Listing) -> int:
        return draws.stream_key(self.seed, listing.symbol, "minutes")

    def _market_key(self, market: Market) -> int:
        return draws.stream_key(self.seed, f"market {market}", "minutes")

    def _ends(self, listing: Listing, kind: DayKind, days: Ints) -> Ends:
        path = day_path(self.seed, listing)
        at = path.at(days)
        opens, closes, scales, volumes = path.opens[at], path.closes[at], path.scales[at], path.volumes[at]
        if kind.regular:
            return Ends(opens, closes, scales, volumes)
        scales, volumes = scales * grids.EXTENDED_SCALE, volumes * grids.EXTENDED_VOLUME
        if kind is DayKind.BEFORE:
            before = path.closes[at - 1] * path.actions.factor(days - 1, days)
            return Ends(before + _AFTERWARDS * (opens - before), opens, scales, volumes * _VOLUME_BEFORE)
        after = path.opens[at + 1] / path.actions.factor(days, days + 1)
        return Ends(closes, closes + _AFTERWARDS * (after - closes), scales * 0.6, volumes * _VOLUME_AFTER)

    def terms(self, listing: Listing) -> Terms | None:
        """A contract with what it is on; None for a security that stands on its own."""
        contract = listing.contract
        return Terms(self.seed, listing, contract, self._listings[contract.underlying]) if contract else None

    def _contract_block(self, terms: Terms, kind: DayKind, days: Ints) -> Ints:
        """The underlying's bars, seen through the contract's worth."""
        listing = terms.listing
        grid = grid_of(listing.market, kind)
        block = np.empty((6, len(days), len(grid)), dtype=np.int64)
        block[:4] = terms.prices(self._underlying_block(terms.underlying, kind, days), days, grid.minutes)
        words = minutes.words_of(self._key(listing), grid, days)
        volumes = listing.daily_volume * terms.activity(days)
        minutes.fill_volumes(block, words, grid, volumes, 1.0, listing.lot_size, unit_size=listing.unit_size)
        return block

    def _underlying_block(self, listing: Listing, kind: DayKind, days: Ints) -> Ints:
        """As ``block``, the newest ones kept: a chain has hundreds of contracts on one underlying."""
        key = (listing.symbol, kind, days.tobytes())
        if key not in self._underlying:
            if len(self._underlying) >= _KEPT_UNDERLYING:
                self._underlying.pop(next(iter(self._underlying)))
            self._underlying[key] = self.block(listing, kind, days)
        return self._underlying[key]
