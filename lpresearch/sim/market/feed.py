"""The bars of every listing for given days: from its own path, or a contract's from its underlying's.

Random access: a block of days is made from the daily path and the days' own draws, whatever was asked before. Knows no
calendar and no clock: the caller says which days there are and of which kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from itertools import groupby

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.sim.market import draws, grids, minutes
from lpresearch.sim.market.contracts import Terms
from lpresearch.sim.market.corporate_actions import NO_ACTIONS, Action, Actions
from lpresearch.sim.market.draws import Ints
from lpresearch.sim.market.grids import Grid
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.minutes import CLOSE, Ends, Streams
from lpresearch.sim.market.paths import day_path, market_loading
from lpresearch.sim.market.set_prices import DAY_MINUTES, Jump, SetPrices, move
from lpresearch.sim.market.tape import Tape, cut, tape_of

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
        self._actions: dict[str, Actions] = {}  # of every security that was looked at: paths are too large for that
        self._cut: dict[tuple[str, DayKind, int], Tape] = {}  # trades of the minutes in which a price was set
        self.set_prices = SetPrices()

    def block(self, listing: Listing, kind: DayKind, days: Ints) -> Ints:
        """One-minute bars, shape (6, days, minutes), as ``minutes.minute_bars``."""
        terms = self.terms(listing)
        if terms is not None:
            return self._contract_block(terms, kind, days)
        return self._own_block(listing, kind, days, self.set_prices.of(listing.symbol))

    def contract_volumes(self, listing: Listing, kind: DayKind, days: Ints) -> Ints:
        """What of a contract is traded in each minute of the days, as in ``block``, without the toil of its prices."""
        terms = self.terms(listing)
        assert terms is not None
        grid = grid_of(listing.market, kind)
        words = minutes.words_of(self._key(listing), grid, days)
        volumes = listing.daily_volume * terms.activity(days)
        return minutes.lots_of(words, grid, volumes, 1.0, listing.volume_step) * listing.volume_step

    def tape(self, listing: Listing, kind: DayKind, day: int, position: int, bar: Ints) -> Tape:
        """The trades of one minute of a block that was made, which is ``bar``."""
        grid = grid_of(listing.market, kind)
        minute = int(grid.minutes[position])
        return self._cut.get((listing.symbol, kind, day * DAY_MINUTES + minute)) or self._uncut(
            listing, kind, day, position, bar
        )

    def _uncut(self, listing: Listing, kind: DayKind, day: int, position: int, bar: Ints) -> Tape:
        grid = grid_of(listing.market, kind)
        closing = grid.auction and position == len(grid) - 1
        word = minutes.word_of(self._key(listing), day, int(grid.minutes[position]))
        return tape_of(bar, word, listing, auction_s=int(grid.delay_s[-1]) if closing else None)

    def set_price(self, listing: Listing, jump: Jump) -> None:
        """Move a security, and what is on it, from a moment on. Blocks made before are out of date."""
        self.set_prices.add(listing.symbol, jump)
        self._underlying.clear()
        self._cut.clear()

    def actions(self, listing: Listing) -> Actions:
        """The dividends and splits of a listing; a contract has none."""
        if listing.contract is not None:
            return NO_ACTIONS
        found = self._actions.get(listing.symbol)
        return found or self._actions.setdefault(listing.symbol, day_path(self.seed, listing).actions)

    def actions_between(self, listing: Listing, after: int, until: int) -> tuple[Action, ...]:
        """Those with an ex-date after one day and not after another; dividends go with a price that was set."""
        found = self.actions(listing).between(after, until)
        moved = self.set_prices.factor(listing.symbol, np.array([action.ex_day for action in found], dtype=np.int64))
        return tuple(action.scaled(factor) for action, factor in zip(found, moved.tolist(), strict=True))

    def level_key(self, listing: Listing) -> int:
        """The key of the draws for the order book."""
        return draws.stream_key(self.seed, listing.symbol, "levels")

    def _own_block(self, listing: Listing, kind: DayKind, days: Ints, jumps: Sequence[Jump]) -> Ints:
        """The bars of a security that stands on its own, moved by some of the prices that were set."""
        grid = grid_of(listing.market, kind)
        streams = Streams(self._key(listing), self._market_key(listing.market), market_loading(listing))
        ends = self._ends(listing, kind, days)
        block = minutes.minute_bars(streams, grid, days, ends, listing.ticks, listing.volume_step, listing.unit_size)

        def tape_at(place: int, position: int) -> Tape:
            return self._uncut(listing, kind, int(days[place]), position, block[:, place, position])

        for minute, tape in move(block, jumps, days, grid, kind=kind, listing=listing, tape_at=tape_at).items():
            self._cut[listing.symbol, kind, minute] = tape
        return block

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
        if contract is None:
            return None
        return Terms(self.seed, listing, contract, self._listings[contract.underlying], self.set_prices)

    def _contract_block(self, terms: Terms, kind: DayKind, days: Ints) -> Ints:
        """The underlying's bars, seen through the contract's worth."""
        listing = terms.listing
        grid = grid_of(listing.market, kind)
        block = np.empty((6, len(days), len(grid)), dtype=np.int64)
        block[:4] = terms.prices(self._underlying_block(terms.underlying, kind, days), days, grid.minutes)
        words = minutes.words_of(self._key(listing), grid, days)
        volumes = listing.daily_volume * terms.activity(days)
        minutes.fill_volumes(block, words, grid, volumes, 1.0, listing.volume_step, listing.unit_size)
        if not terms.contract.call_price:  # what is called is called by the whole minute
            self._cut_contract(terms, kind, days, block)
        return block

    def _cut_contract(self, terms: Terms, kind: DayKind, days: Ints, block: Ints) -> None:
        """Make the minutes anew in which its underlying's price was set: its trades before that moment stay."""
        listing, grid = terms.listing, grid_of(terms.listing.market, kind)
        jumps = self.set_prices.of(terms.underlying.symbol)
        for minute, group in groupby((jump for jump in jumps if jump.is_inside(kind)), key=lambda jump: jump.minute):
            for place, position in np.argwhere(days[:, None] * DAY_MINUTES + grid.minutes == minute).tolist():
                day, minutes_ = days[place : place + 1], grid.minutes[position : position + 1]
                earlier = [jump for jump in jumps if jump.minute < minute]
                spots = self._own_block(terms.underlying, kind, day, earlier)[:, :, position : position + 1]
                bar = block[:, place, position].copy()
                bar[:4] = terms.prices(spots, day, minutes_)[:, 0, 0]
                tape = self._uncut(listing, kind, int(day[0]), position, bar)
                for jump in group:
                    worth = terms.prices(np.full((4, 1, 1), jump.price), day, minutes_)
                    tape = cut(tape, jump.second or 0.0, int(worth[CLOSE, 0, 0]), listing)
                self._cut[listing.symbol, kind, minute] = tape
                block[:, place, position] = tape.bars[:, -1]

    def _underlying_block(self, listing: Listing, kind: DayKind, days: Ints) -> Ints:
        """As ``block``, the newest ones kept: a chain has hundreds of contracts on one underlying."""
        key = (listing.symbol, kind, days.tobytes())
        if key not in self._underlying:
            if len(self._underlying) >= _KEPT_UNDERLYING:
                self._underlying.pop(next(iter(self._underlying)))
            self._underlying[key] = self.block(listing, kind, days)
        return self._underlying[key]
