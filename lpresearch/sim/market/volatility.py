"""The implied volatility of a day: a smile over strikes, a term structure over expiries, slow tides over days.

It stands for a whole day, so that within the day a contract moves with its underlying only. Also the volatility that
closes had. Knows no prices but those that are handed in.
"""

from __future__ import annotations

import numpy as np

from lpresearch.sim.market import draws
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.paths import TRADING_DAYS_A_YEAR, slow_noise

_PREMIUM = 1.05  # implied over realised, on average
_TIDE_DAYS, _TIDE = 20, 0.2  # how long a tide lasts and how high it goes, in logs, at the short end
_TIDE_REACH_YEARS = 0.5  # over which later expiries feel less of it
_SKEW, _CURVATURE = -0.07, 0.03  # of the smile, for each deviation away from the money
_WIDEST = 3.0  # deviations at which the smile levels out
_SHORTEST_YEARS = 0.02  # a smile does not steepen beyond that of a week


def implied(seed: int, underlying: Listing, days: Ints, opens: Floats, strike: float, years: Floats) -> Floats:
    """The implied volatility at a strike, as a fraction a year, for each day.

    Parameters
    ----------
    days, opens : day numbers and the underlying's opening price of each.
    years : to expiry, counted from the end of each day.
    """
    key = draws.stream_key(seed, underlying.symbol, "implied volatility")
    tide = _TIDE * slow_noise(key, days, _TIDE_DAYS) * np.exp(-years / _TIDE_REACH_YEARS)
    level = underlying.annual_volatility * _PREMIUM * np.exp(tide)
    away = moneyness(level, opens, strike, years)
    smile: Floats = level * (1 + _SKEW * away + _CURVATURE * away * away)
    return smile


def realised(closes: Floats) -> float | None:
    """The volatility that daily closes had, as a fraction a year; None of fewer than three."""
    if len(closes) < 3:
        return None
    return float(np.diff(np.log(closes)).std(ddof=1) * TRADING_DAYS_A_YEAR**0.5)


def moneyness(level: Floats | float, opens: Floats, strike: float, years: Floats) -> Floats:
    """How many deviations a strike lies above the opening price, levelling out far away."""
    away = np.log(strike / opens) / (level * np.sqrt(years + _SHORTEST_YEARS))
    levelled: Floats = _WIDEST * np.tanh(away / _WIDEST)
    return levelled
