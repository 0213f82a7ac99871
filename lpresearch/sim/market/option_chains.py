"""The US option contracts that are listed: expiries by the calendar, strikes by where the underlying has been.

A contract exists from its listing day on and is never withdrawn; both are functions of seed and date. Holds no prices
of options.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import exp, floor

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.symbols import OptionTerms
from lpresearch.sim.market.instruments import LISTINGS, OPTIONS, Contract, Kind, Listing, TradeStatus
from lpresearch.sim.market.paths import day_path
from lpresearch.sim.market.schedule import Schedule, day_date, day_number
from lpresearch.sim.market.set_prices import SetPrices

_FRIDAY = 4
_JANUARY, _QUARTER_ENDS = 1, (3, 6, 9, 12)
# Calendar days that an expiry is listed ahead: LEAPS, quarterly, monthly, weekly.
_LEAPS, _QUARTERLY, _MONTHLY, _WEEKLY = 900, 280, 120, 43
_STEPS = ((0, "0.5"), (25, "1"), (75, "2.5"), (200, "5"), (500, "10"))  # between strikes, from a strike on
_REACH_DEVIATIONS, _LEAST_REACH, _WIDEST_REACH = 2.5, 0.1, 0.7  # of strikes around the spot, in logs
_LATE_CLOSE = frozenset({"SPY.US", "QQQ.US", "IWM.US", "DIA.US"})  # their options are on the board that ends at 16:15
_CONTRACTS_A_SHARE = 1 / 800  # traded a day in the liveliest contract, of the underlying's shares


@dataclass(frozen=True, slots=True)
class Expiry:
    """A day on which options end, and the day from which they are listed; day numbers."""

    day: int
    listed: int


class OptionChains:
    """The chains of every optionable listing of the US.

    Parameters
    ----------
    seed : of the market.
    schedule : its calendar.
    set_prices : what the underlyings were moved by.
    """

    def __init__(self, seed: int, schedule: Schedule, set_prices: SetPrices | None = None) -> None:
        self._seed = seed
        self._set_prices = set_prices or SetPrices()
        self._schedule = schedule

    def expiries(self, underlying: Listing, today: int) -> list[date]:
        """The expiry dates that can be traded on a day, ascending; none where there are no options."""
        if not _optionable(underlying):
            return []
        return [day_date(expiry.day) for expiry in self._expiries(today) if expiry.listed <= today <= expiry.day]

    def strikes(self, underlying: Listing, expiry: date, today: int) -> list[Decimal]:
        """The strikes listed up to a day for an expiry, ascending; none where that is no expiry."""
        known = self._expiry(expiry)
        if known is None or known.listed > today or not _optionable(underlying):
            return []
        low, high = self._span(underlying, known, today)
        return [strike for strike in _grid(low, high) if low <= strike <= high]

    def listing(self, terms: OptionTerms, today: int) -> Listing | None:
        """The listing of a contract as it is on a day; None where it was never listed."""
        underlying = LISTINGS.get(f"{terms.root}.US")
        known = self._expiry(terms.expiry)
        if underlying is None or known is None or known.listed > today or not _optionable(underlying):
            return None
        low, high = self._span(underlying, known, today)
        if not low <= terms.strike <= high or not _on_grid(terms.strike):
            return None
        return _listing(terms, underlying, known, is_expired=today > known.day)

    def _expiries(self, today: int) -> Iterator[Expiry]:
        friday = today + (_FRIDAY - day_date(today).weekday()) % 7
        for day in range(friday, today + _LEAPS + 7, 7):
            found = self._of_week(day)
            if found is not None:
                yield found

    def _expiry(self, expiry: date) -> Expiry | None:
        """An expiry date with its listing day; None where options do not expire then."""
        day = day_number(expiry)
        found = self._of_week(day + _FRIDAY - expiry.weekday()) if expiry.weekday() <= _FRIDAY else None
        return found if found is not None and found.day == day else None

    def _of_week(self, friday: int) -> Expiry | None:
        """The expiry of the week of a Friday: that day, or the last trading day before it."""
        days = self._schedule.recorded(Market.US, friday - _FRIDAY, friday)
        if not len(days):
            return None
        return Expiry(int(days[-1]), friday - _listed_ahead(day_date(friday)))

    def _span(self, underlying: Listing, expiry: Expiry, today: int) -> tuple[Decimal, Decimal]:
        """The lowest and the highest strike listed so far: around every spot since the first day."""
        path = day_path(self._seed, underlying)
        days = np.arange(expiry.listed, min(today, expiry.day) + 1)
        opens = path.opens[path.at(days)] * (path.actions.shares(expiry.day) / path.actions.shares(days))
        opens = opens * self._set_prices.factor(underlying.symbol, days)
        deviation = underlying.annual_volatility * ((expiry.day - expiry.listed) / 365) ** 0.5
        reach = exp(min(max(_REACH_DEVIATIONS * deviation, _LEAST_REACH), _WIDEST_REACH))
        return Decimal(float(opens.min()) / reach), Decimal(float(opens.max()) * reach)


def _optionable(underlying: Listing) -> bool:
    return underlying.market is Market.US and OPTIONS in underlying.stock_derivatives


def _listed_ahead(friday: date) -> int:
    """How many days before a Friday the options that expire then are listed."""
    if not 15 <= friday.day <= 21:
        return _WEEKLY
    if friday.month == _JANUARY:
        return _LEAPS
    return _QUARTERLY if friday.month in _QUARTER_ENDS else _MONTHLY


def _grid(low: Decimal, high: Decimal) -> Iterator[Decimal]:
    """Every strike of the usual grid from about ``low`` to about ``high``."""
    edges = [start for start, _ in _STEPS[1:]] + [floor(high) + 1]
    for (start, text), end in zip(_STEPS, edges, strict=True):
        step = Decimal(text)
        strike = max(low // step * step, Decimal(start), step)
        while strike < end:
            yield strike
            strike += step


def _on_grid(strike: Decimal) -> bool:
    step = next(text for start, text in reversed(_STEPS) if strike >= start)
    return strike > 0 and strike % Decimal(step) == 0


def _listing(terms: OptionTerms, underlying: Listing, expiry: Expiry, *, is_expired: bool) -> Listing:
    name = f"{terms.root} {terms.expiry:%y%m%d} {terms.strike:f}"
    return Listing(
        symbol=terms.symbol,
        name_en=f"{name} {'Call' if terms.call else 'Put'}",
        name_cn=f"{name} {'认购' if terms.call else '认沽'}",
        name_hk=f"{name} {'認購' if terms.call else '認沽'}",
        exchange="OPRA",
        currency=underlying.currency,
        lot_size=1,
        board="USOptionS" if underlying.symbol in _LATE_CLOSE else "USOption",
        kind=Kind.OPTION,
        reference_price=Decimal("0.01"),
        annual_volatility=underlying.annual_volatility,
        daily_volume=max(int(underlying.daily_volume * _CONTRACTS_A_SHARE), 1),
        listing_date=day_date(expiry.listed),
        halted_from=day_date(expiry.day + 1),
        trade_status=TradeStatus.EXPIRED if is_expired else TradeStatus.NORMAL,
        contract=Contract(underlying.symbol, terms.call, float(terms.strike), 1.0, terms.expiry),
    )
