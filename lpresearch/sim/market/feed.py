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
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.grids import Grid
from lpresearch.sim.market.instruments import Contract, Kind, Listing
from lpresearch.sim.market.minutes import CLOSE, HIGH, LOW, OPEN, Ends, Streams
from lpresearch.sim.market.paths import EPOCH, day_path, market_loading
from lpresearch.sim.market.ticks import UNITS, on_ticks

_AFTERWARDS = 0.3  # share of the overnight gap that the post-market takes
_VOLUME_BEFORE, _VOLUME_AFTER = 0.45, 0.55  # of the volume outside regular hours
# An option at the money is worth about 0.4 deviations; a softplus of this width gives just that.
_SOFTPLUS_WIDTH = 0.4 / float(np.log(2.0))
_FUNDING_A_YEAR = 0.03


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
        self._seed = seed
        self._listings = listings

    def block(self, listing: Listing, kind: DayKind, days: Ints) -> Ints:
        """One-minute bars, shape (6, days, minutes), as ``minutes.minute_bars``."""
        grid = grid_of(listing.market, kind)
        if listing.contract is not None:
            return self._contract_block(listing, listing.contract, kind, days)
        streams = Streams(self._key(listing), self._market_key(listing.market), market_loading(listing))
        ends = self._ends(listing, kind, days)
        return minutes.minute_bars(streams, grid, days, ends, listing.ticks, listing.lot_size)

    def word(self, listing: Listing, day: int, minute: int) -> int:
        """The draw of one minute, by which its forming bar goes."""
        return minutes.word_of(self._key(listing), day, minute)

    def level_key(self, listing: Listing) -> int:
        """The key of the draws for the order book."""
        return draws.stream_key(self._seed, listing.symbol, "levels")

    def _key(self, listing: Listing) -> int:
        return draws.stream_key(self._seed, listing.symbol, "minutes")

    def _market_key(self, market: Market) -> int:
        return draws.stream_key(self._seed, f"market {market}", "minutes")

    def _ends(self, listing: Listing, kind: DayKind, days: Ints) -> Ends:
        path = day_path(self._seed, listing)
        at = path.at(days)
        opens, closes, scales, volumes = path.opens[at], path.closes[at], path.scales[at], path.volumes[at]
        if kind.regular:
            return Ends(opens, closes, scales, volumes)
        scales, volumes = scales * grids.EXTENDED_SCALE, volumes * grids.EXTENDED_VOLUME
        if kind is DayKind.BEFORE:
            before = path.closes[at - 1]
            return Ends(before + _AFTERWARDS * (opens - before), opens, scales, volumes * _VOLUME_BEFORE)
        after = path.opens[at + 1]
        return Ends(closes, closes + _AFTERWARDS * (after - closes), scales * 0.6, volumes * _VOLUME_AFTER)

    def _contract_block(self, listing: Listing, contract: Contract, kind: DayKind, days: Ints) -> Ints:
        """The underlying's bars, seen through the contract's value."""
        underlying = self.block(self._listings[contract.underlying], kind, days) / UNITS
        expiry = (contract.expiry - EPOCH).days
        years = np.maximum(expiry - days, 0)[:, None] / 365.0
        block = np.empty(underlying.shape, dtype=np.int64)
        high, low = (HIGH, LOW) if contract.call else (LOW, HIGH)
        for row, source in ((OPEN, OPEN), (HIGH, high), (LOW, low), (CLOSE, CLOSE)):
            block[row] = on_ticks(_value(listing, contract, underlying[source], years), listing.ticks)
        grid = grid_of(listing.market, kind)
        words = minutes.words_of(self._key(listing), grid, days)
        volumes = np.full(len(days), float(listing.daily_volume))
        minutes.fill_volumes(block, words, grid, volumes, 1.0, listing.lot_size)
        return block


def _value(listing: Listing, contract: Contract, price: Floats, years: Floats) -> Floats:
    """Intrinsic and time value of one contract."""
    side = 1.0 if contract.call else -1.0
    inside = side * (price - contract.strike)
    if listing.kind is Kind.CBBC:
        worth = np.maximum(inside, 0.0) + _FUNDING_A_YEAR * contract.strike * years
    else:
        width = _SOFTPLUS_WIDTH * listing.annual_volatility * contract.strike * np.sqrt(years + 1 / 365)
        worth = width * np.logaddexp(0.0, inside / width)
    value: Floats = worth / contract.ratio
    return value
