"""What an option is worth by Black and Scholes, and how that worth moves. Pure formulas; knows no market.

The simulated world pays no interest and no dividend, so early exercise gains nothing: the same prices are right for
American and European contracts, none is below its intrinsic value, and call - put = spot - strike exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from lpresearch.sim.market.draws import Floats

DAYS_A_YEAR = 365
_NO_DEVIATION = 1e-9  # below it an option is worth what it is worth at expiry
_WIDEST = 8.5  # standard deviations beyond which a normal has nothing
_TABLE_SIZE = 1 << 16
_HIGHEST_VOLATILITY = 20.0
_HALVINGS = 100


@dataclass(frozen=True, slots=True)
class Greeks:
    """How the price of an option on one share moves.

    All in plain units: ``theta`` per calendar day, ``vega`` per 1.00 of volatility, ``rho`` per 1.00 of interest.
    """

    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


def price(call: bool, spot: Floats, strike: float, years: Floats, volatility: Floats) -> Floats:
    """The price of an option on one share; arrays of spots, years and volatilities are broadcast."""
    deviation = np.maximum(volatility * np.sqrt(years), _NO_DEVIATION)
    reach = np.log(spot / strike) / deviation
    worth = spot * normal_cdf(reach + deviation / 2) - strike * normal_cdf(reach - deviation / 2)
    worth = np.maximum(worth, np.maximum(spot - strike, 0.0))
    result: Floats = worth if call else worth - spot + strike
    return result


def chance_above(spot: Floats, level: float, years: Floats, volatility: Floats) -> Floats:
    """The risk-neutral chance that the spot ends above a level."""
    deviation = np.maximum(volatility * np.sqrt(years), _NO_DEVIATION)
    return normal_cdf(np.log(spot / level) / deviation - deviation / 2)


def greeks(call: bool, spot: float, strike: float, years: float, volatility: float) -> Greeks:
    """The greeks of one option."""
    deviation = max(volatility * math.sqrt(years), _NO_DEVIATION)
    ahead = math.log(spot / strike) / deviation + deviation / 2
    behind = ahead - deviation
    density = math.exp(-0.5 * ahead * ahead) / math.sqrt(2 * math.pi)
    side = 1.0 if call else -1.0
    root = max(math.sqrt(years), _NO_DEVIATION)
    return Greeks(
        delta=side * _cdf(side * ahead),
        gamma=density / (spot * deviation),
        theta=-spot * density * volatility / (2 * root) / DAYS_A_YEAR,
        vega=spot * density * math.sqrt(years),
        rho=side * strike * years * _cdf(side * behind),
    )


def implied_volatility(call: bool, worth: float, spot: float, strike: float, years: float) -> float | None:
    """The volatility at which an option is worth so much; None where none gives that price."""
    low, high = 0.0, _HIGHEST_VOLATILITY
    intrinsic = max(spot - strike if call else strike - spot, 0.0)
    if years <= 0 or not intrinsic < worth < (spot if call else strike):
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _price(call, spot, strike, middle * math.sqrt(years)) < worth:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def normal_cdf(values: Floats) -> Floats:
    """The standard normal distribution, to eight digits: for whole days of minutes."""
    places, shares = _table()
    result: Floats = np.interp(values, places, shares)
    return result


@cache
def _table() -> tuple[Floats, Floats]:
    places = np.linspace(-_WIDEST, _WIDEST, _TABLE_SIZE)
    return places, np.array([_cdf(place) for place in places.tolist()])


def _cdf(value: float) -> float:
    return 0.5 * math.erfc(-value / math.sqrt(2))


def _price(call: bool, spot: float, strike: float, deviation: float) -> float:
    deviation = max(deviation, _NO_DEVIATION)
    side = 1.0 if call else -1.0
    ahead = math.log(spot / strike) / deviation + deviation / 2
    return side * (spot * _cdf(side * ahead) - strike * _cdf(side * (ahead - deviation)))
