"""How many calls and puts on a US security are traded and held, day by day: the sums over its whole chain.

Every contract's volume is that of its own bars, of today up to the last minute that is over. A chain has thousands of
contracts, so that it is gone through in turns with whatever else there is to do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from lpresearch.base.markets import Market as Region
from lpresearch.base.symbols import OptionTerms
from lpresearch.calendars.zones import day_of
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.contract_values import Moment, open_interest
from lpresearch.sim.market.draws import Ints
from lpresearch.sim.market.feed import DayKind, Feed, grid_of
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.option_chains import OptionChains
from lpresearch.sim.market.schedule import Flags, Schedule, day_number, stamp

_DAYS_A_TURN = 150  # of contracts, about 10 ms
_SLACK_DAYS = 10


@dataclass(frozen=True)
class OptionDay:
    """The sums of one day, which begins at ``timestamp``."""

    timestamp: int
    call_volume: int
    put_volume: int
    call_open_interest: int
    put_open_interest: int


class OptionVolumes:
    """Sums over chains.

    Parameters
    ----------
    feed, schedule, clock : those of the market.
    """

    def __init__(self, feed: Feed, schedule: Schedule, clock: Clock) -> None:
        self._feed = feed
        self._schedule = schedule
        self._clock = clock
        self._chains = OptionChains(feed.seed, schedule)

    async def days(self, underlying: Listing, until: float, count: int) -> list[OptionDay]:
        """The newest trading days up to a moment, ascending; of today what is over."""
        last = min(day_number(day_of(Region.US, until)), self._schedule.today(Region.US))
        days = self._schedule.days(Region.US, last - 2 * count - _SLACK_DAYS, last)[-count:]
        kinds = np.array([self._schedule.kind(Region.US, day) for day in days.tolist()])
        volumes, held = np.zeros((2, len(days)), dtype=np.int64), np.zeros((2, len(days)), dtype=np.int64)
        turn = max(_DAYS_A_TURN // len(days), 1)
        for number, contract in enumerate(self._contracts(underlying, days)):
            if number % turn == 0:
                await asyncio.sleep(0)
            assert contract.contract is not None
            side = 0 if contract.contract.call else 1
            trading = self._trading(contract, days)
            for kind in set(kinds[trading]):
                chosen = trading & (kinds == kind)
                volumes[side, chosen] += self._volumes(contract, kind, days[chosen])
            held[side, trading] += self._held(contract, days[trading])
        sums = np.concatenate([volumes, held]).T.tolist()
        return [OptionDay(stamp(Region.US, day), *row) for day, row in zip(days.tolist(), sums, strict=True)]

    def _contracts(self, underlying: Listing, days: Ints) -> Iterator[Listing]:
        """Every contract that trades on one of the days."""
        root, today = str(underlying.symbol.ticker), self._schedule.today(Region.US)
        expiries = dict.fromkeys(expiry for day in days.tolist() for expiry in self._chains.expiries(underlying, day))
        for expiry in expiries:
            for strike in self._chains.strikes(underlying, expiry, min(today, day_number(expiry))):
                for call in (True, False):
                    found = self._chains.listing(OptionTerms(root, expiry, call, strike), today)
                    if found is not None:
                        yield found

    def _trading(self, contract: Listing, days: Ints) -> Flags:
        """On which of the days a contract trades."""
        assert contract.listing_date is not None
        assert contract.halted_from is not None
        return (days >= day_number(contract.listing_date)) & (days < day_number(contract.halted_from))

    def _volumes(self, contract: Listing, kind: DayKind, days: Ints) -> Ints:
        """What is traded of a contract on days of one kind."""
        traded = self._feed.contract_volumes(contract, kind, days)
        starts = np.array([stamp(Region.US, day) for day in days.tolist()])[:, None]
        is_over = starts + (grid_of(Region.US, kind).minutes + 1) * 60 <= self._clock.now()
        sums: Ints = (traded * is_over).sum(axis=1)
        return sums

    def _held(self, contract: Listing, days: Ints) -> Ints:
        terms = self._feed.terms(contract)
        assert terms is not None
        moments = (Moment(terms, day, 0, Decimal(0), Decimal(0)) for day in days.tolist())
        return np.array([open_interest(moment) for moment in moments], dtype=np.int64)
