"""What is reckoned for a contract from its price and its underlying's: premium, leverage, greeks, open interest.

Percent values are numbers without the sign (12.5 is 12.5 %). What a kind of contract does not have is None. How far a
contract is in the money is a share of its strike, and what falls with its underlying has a negative effective leverage,
both as in the broker's published example of command 23.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from lpresearch.sim.market import black_scholes, draws
from lpresearch.sim.market.black_scholes import Greeks
from lpresearch.sim.market.contracts import Terms
from lpresearch.sim.market.instruments import Kind
from lpresearch.sim.market.paths import EPOCH

_OLDEST_DAYS = 30  # over which the open interest of a new contract builds up
_HELD_DAYS = (3.0, 6.0)  # open interest in days of trading: at least, and how much more at most
_NO_FEWER_DAYS = 7  # of time to expiry, for what is held


@dataclass(frozen=True, slots=True)
class Moment:
    """A contract at the moment of its last trade.

    Parameters
    ----------
    terms : the contract.
    day, minute : the day number of the trade, and its minute of the day.
    price : of the contract.
    spot : of the underlying.
    """

    terms: Terms
    day: int
    minute: int
    price: Decimal
    spot: Decimal

    @property
    def years(self) -> float:
        """Time left to expiry."""
        return float(self.terms.years(np.array([self.day]), self.minute)[0])

    @property
    def implied_volatility(self) -> float | None:
        """As a fraction a year; None for a CBBC, which has no time value to imply one."""
        if self.terms.listing.kind is Kind.CBBC:
            return None
        return float(self.terms.volatility(np.array([self.day]))[0])

    @property
    def greeks(self) -> Greeks | None:
        """Per share of the underlying; None for what is no plain call or put."""
        volatility = self.implied_volatility
        if volatility is None or self.terms.listing.kind is Kind.INLINE:
            return None
        contract = self.terms.contract
        return black_scholes.greeks(contract.call, float(self.spot), contract.strike, self.years, volatility)


@dataclass(frozen=True, slots=True)
class ContractValues:
    """The reckoned values of one contract."""

    strike: Decimal | None
    upper_strike: Decimal | None
    lower_strike: Decimal | None
    call_price: Decimal | None
    outstanding: int | None
    outstanding_percent: float | None
    premium_percent: float | None
    in_the_money_percent: float
    implied_volatility: float | None
    delta: float | None
    to_call_percent: float | None
    effective_leverage: float | None
    leverage: float | None
    conversion_ratio: Decimal
    balance_point: float | None


def contract_values(moment: Moment) -> ContractValues:
    """What is reckoned at a moment."""
    terms, listing, contract = moment.terms, moment.terms.listing, moment.terms.contract
    spot, price = float(moment.spot), float(moment.price) * contract.ratio
    inline, cbbc = listing.kind is Kind.INLINE, listing.kind is Kind.CBBC
    side = 1 if contract.call else -1
    balance = contract.strike + side * price
    greeks = moment.greeks
    issued = listing.total_shares
    return ContractValues(
        strike=None if inline else exact(contract.strike),
        upper_strike=exact(contract.upper) if inline else None,
        lower_strike=exact(contract.strike) if inline else None,
        call_price=exact(contract.call_price) if cbbc else None,
        outstanding=listing.circulating_shares if issued else None,
        outstanding_percent=100 * listing.circulating_shares / issued if issued else None,
        premium_percent=None if inline else 100 * side * (balance - spot) / spot,
        in_the_money_percent=100 * _inside(terms, spot),
        implied_volatility=moment.implied_volatility,
        delta=greeks.delta if greeks else None,
        to_call_percent=100 * side * (spot - contract.call_price) / spot if cbbc else None,
        effective_leverage=greeks.delta * spot / price if greeks else None,
        leverage=None if inline else spot / price,
        conversion_ratio=exact(contract.ratio),
        balance_point=None if inline else balance,
    )


def open_interest(moment: Moment) -> int:
    """Contracts of an option that are held: more where more is traded, built up over its first weeks."""
    terms = moment.terms
    listed = (terms.listing.listing_date - EPOCH).days if terms.listing.listing_date else 0
    held_day = max(min(moment.day, (terms.contract.expiry - EPOCH).days - _NO_FEWER_DAYS), listed)
    traded = terms.listing.daily_volume * float(terms.activity(np.array([held_day]))[0])
    share = draws.stream_key(terms.seed, terms.listing.symbol, "open interest") / 2**64
    least, more = _HELD_DAYS
    age = 1 - math.exp(-(moment.day - listed + 1) / _OLDEST_DAYS)
    return int(traded * (least + more * share) * age)


def _inside(terms: Terms, spot: float) -> float:
    """How far the spot is in the money, as a share of the strike that is near; negative where it is not."""
    contract = terms.contract
    above = spot / contract.strike - 1
    if terms.listing.kind is Kind.INLINE:
        return min(above, 1 - spot / contract.upper)
    return above if contract.call else -above


def exact(value: float) -> Decimal:
    """A term of the contract as it was written."""
    return Decimal(repr(value)).normalize()
