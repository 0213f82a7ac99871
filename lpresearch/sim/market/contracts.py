"""What a contract is worth when its underlying stands at a price: options, warrants, CBBCs, inline warrants.

A worth is per unit: per share for an option, per warrant for the others. Pure; prices of the underlying are handed in.
Where the underlying is split, a contract sees all its prices per share as its terms count them: an option's in shares
of the day it expires, a warrant's in shares of the day prices are anchored to.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lpresearch.base.markets import TickTable
from lpresearch.sim.market import black_scholes, volatility
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.instruments import Contract, Kind, Listing
from lpresearch.sim.market.minutes import CLOSE, HIGH, LOW, OPEN
from lpresearch.sim.market.paths import ANCHOR_DAY, EPOCH, day_path
from lpresearch.sim.market.set_prices import SetPrices
from lpresearch.sim.market.ticks import UNITS, on_ticks

Flags = NDArray[np.bool_]

CLOSING_MINUTE = 16 * 60  # of the day on which a contract ends, in HK and US alike
_FUNDING_A_YEAR = 0.03  # what the holder of a CBBC pays for its strike
_INSIDE, _OUTSIDE = 1.0, 0.25  # what an inline warrant pays at expiry (HKEX)
_ISSUER_MARGIN = 1.1  # a warrant's implied volatility over an option's
_FRONT_DAYS = 10  # over which activity halves as expiries lie further ahead


@dataclass(frozen=True, slots=True)
class Terms:
    """A contract and what it is on.

    Parameters
    ----------
    seed : of the market.
    listing : the contract's own listing.
    contract : its terms.
    underlying : the listing of what it is on.
    set_prices : what the underlying was moved by.
    """

    seed: int
    listing: Listing
    contract: Contract
    underlying: Listing
    set_prices: SetPrices = field(default_factory=SetPrices)

    @property
    def strikes(self) -> tuple[float, ...]:
        """The prices at which its payment changes."""
        contract = self.contract
        return (contract.strike, contract.upper) if self.listing.kind is Kind.INLINE else (contract.strike,)

    def years(self, days: Ints, minutes: Ints | int) -> Floats:
        """Years left at minutes of days; zero from the close of its last day on."""
        left = (self.contract.expiry - EPOCH).days - days + (CLOSING_MINUTE - minutes) / (24 * 60)
        years: Floats = np.maximum(left, 0.0) / black_scholes.DAYS_A_YEAR
        return years

    def opens(self, days: Ints) -> Floats:
        """The underlying's opening price of each day, on which the day's volatility rests."""
        path = day_path(self.seed, self.underlying)
        moved = self.set_prices.factor(self.underlying.symbol, days)
        opens: Floats = path.opens[path.at(days)] * self.per_share(days) * moved
        return opens

    def per_share(self, days: Ints | int) -> Floats:
        """What the underlying's prices of days are multiplied by to be those of a share as the terms count it."""
        actions = day_path(self.seed, self.underlying).actions
        counted = (self.contract.expiry - EPOCH).days if self.listing.kind is Kind.OPTION else ANCHOR_DAY
        return actions.shares(counted) / actions.shares(days)

    def volatility(self, days: Ints) -> Floats:
        """The implied volatility of each day."""
        years = self.years(days, CLOSING_MINUTE)
        middle = sum(self.strikes) / len(self.strikes)
        smile = volatility.implied(self.seed, self.underlying, days, self.opens(days), middle, years)
        return smile if self.listing.kind is Kind.OPTION else smile * _ISSUER_MARGIN

    def activity(self, days: Ints) -> Floats:
        """How much trades on each day, of the most: little far from the money or long before expiry."""
        if self.listing.kind is not Kind.OPTION:
            return np.ones(len(days))
        years = self.years(days, CLOSING_MINUTE)
        level = self.underlying.annual_volatility
        away = volatility.moneyness(level, self.opens(days), self.contract.strike, years)
        ahead = years * black_scholes.DAYS_A_YEAR / _FRONT_DAYS
        activity: Floats = np.exp(-0.5 * away * away) / (1 + ahead)
        return activity

    def worth(self, spot: Floats, years: Floats, implied: Floats) -> Floats:
        """What one unit is worth, the three arrays broadcast."""
        contract = self.contract
        if self.listing.kind is Kind.CBBC:
            funding = _FUNDING_A_YEAR * contract.strike * years
            return (self.intrinsic(spot) + funding) / contract.ratio
        if self.listing.kind is Kind.INLINE:
            above = [black_scholes.chance_above(spot, level, years, implied) for level in self.strikes]
            return _OUTSIDE + (_INSIDE - _OUTSIDE) * (above[0] - above[1])
        return black_scholes.price(contract.call, spot, contract.strike, years, implied) / contract.ratio

    def intrinsic(self, spot: Floats) -> Floats:
        """What the right is worth if used at once, per share of the underlying."""
        side = 1.0 if self.contract.call else -1.0
        inside: Floats = np.maximum(side * (spot - self.contract.strike), 0.0)
        return inside

    def payout(self, spot: float) -> float:
        """What one unit pays at its end."""
        if self.listing.kind is Kind.INLINE:
            return _INSIDE if self.contract.strike <= spot <= self.contract.upper else _OUTSIDE
        return float(self.intrinsic(np.array([spot]))[0]) / self.contract.ratio

    def prices(self, underlying: Ints, days: Ints, minutes: Ints) -> Ints:
        """Open, high, low and close of minutes, (4, days, minutes), from those of the underlying; on ticks."""
        spots, years = underlying[:4] * (self.per_share(days)[:, None] / UNITS), self.years(days[:, None], minutes)
        implied = self.volatility(days)[:, None]
        ticks = self.listing.ticks
        found = np.empty(spots.shape, dtype=np.int64)
        for row in (OPEN, HIGH, LOW, CLOSE):
            found[row] = on_ticks(self.worth(spots[row], years, implied), ticks)
        if self.listing.kind is Kind.INLINE:  # worth most between its strikes, so neither end is an extreme for sure
            peak = np.clip(np.sqrt(self.strikes[0] * self.strikes[1]), spots[LOW], spots[HIGH])
            top = on_ticks(self.worth(peak, years, implied), ticks)
            found[HIGH], found[LOW] = np.maximum(found.max(axis=0), top), found.min(axis=0)
        elif not self.contract.call:
            found[[HIGH, LOW]] = found[[LOW, HIGH]]
        if self.contract.call_price:
            self._knock_out(found, spots, ticks)
        return found

    def called(self, highs: Floats, lows: Floats) -> Flags:
        """Which bars of its underlying, by their highs and lows, call a CBBC."""
        level = self.contract.call_price
        return lows <= level if self.contract.call else highs >= level

    def _knock_out(self, found: Ints, spots: Floats, ticks: TickTable) -> None:
        """From the call on, only what is left of it: the difference between strike and extreme."""
        called = self.called(spots[HIGH], spots[LOW])
        for day in np.flatnonzero(called.any(axis=1)).tolist():
            minute = int(called[day].argmax())
            extreme = spots[LOW if self.contract.call else HIGH, day, minute]
            residue = on_ticks(self.intrinsic(np.array([extreme])) / self.contract.ratio, ticks)[0]
            found[:, day, minute + 1 :] = residue
            found[CLOSE, day, minute] = residue
            found[LOW, day, minute] = min(found[LOW, day, minute], residue)
