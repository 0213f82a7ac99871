"""A security's daily path: where each day opens and closes, how lively it is, how much trades. Not yet on ticks.

A market's factor and the security's own draws make correlated returns with slowly changing volatility; the whole
horizon is anchored to the listing's reference price. Weekends move a little, so that an open Saturday has a path too.
Prices and volumes are as traded: they jump at ex-dates (``corporate_actions``). Knows no clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

import numpy as np

from lpresearch.sim.market import draws
from lpresearch.sim.market.corporate_actions import Actions, actions_of
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.instruments import Kind, Listing

EPOCH = date(1970, 1, 1)
FIRST_DAY = (date(1998, 1, 1) - EPOCH).days  # before every documented reach
LAST_DAY = (date(2040, 1, 1) - EPOCH).days
ANCHOR_DAY = (date(2026, 11, 20) - EPOCH).days  # here a path closes at its reference price

TRADING_DAYS_A_YEAR = 252
OVERNIGHT_SHARE = 0.22  # of a day's variance; the rest happens while the market is open
WEEKEND_SCALE = 0.1
DRIFT_A_YEAR = 0.05
# Volatility clusters at these spans, in days, with these sizes in logs.
_REGIMES = ((6, 0.24), (25, 0.30), (90, 0.28), (400, 0.20))
_REGIME_COST = 0.18  # calm days take back what wild ones add, so that a long run has the volatility of the listing
_MARKET_LOADING = {Kind.INDEX: 0.99, Kind.FUND: 0.97}
_STOCK_LOADING = 0.58
_FEAR = {".VIX.US": -0.8}  # indexes of volatility, and how they follow their market: down when it is up
# The log of such an index: this much of the market's own volatility, less so much of its moves of late.
_FEAR_REGIME, _FEAR_MOVES, _LATELY_DAYS = 0.5, 0.045, 10
_KEPT_PATHS = 64


@dataclass(frozen=True, eq=False)
class DayPath:
    """One value for each calendar day from ``FIRST_DAY`` on."""

    opens: Floats
    closes: Floats
    scales: Floats  # standard deviation of the open-to-close move, in price units
    volumes: Floats  # shares, before rounding to lots
    actions: Actions

    def at(self, days: Ints) -> Ints:
        """Positions of days (numbered since 1970-01-01)."""
        return days - FIRST_DAY


@dataclass(frozen=True, eq=False)
class _Factor:
    """Standard moves and log-volatility, day by day."""

    gaps: Floats
    moves: Floats
    regime: Floats
    turnover: Floats


@lru_cache(maxsize=_KEPT_PATHS)
def day_path(seed: int, listing: Listing) -> DayPath:
    """The path of a security that is not a contract on another."""
    common = _market_factor(seed, f"market {listing.market}")
    own = _factor(seed, listing.symbol)
    loading = market_loading(listing)
    rest = float(np.sqrt(1.0 - loading * loading))
    regime = 0.6 * common.regime + 0.7 * rest * own.regime
    daily = listing.annual_volatility / np.sqrt(TRADING_DAYS_A_YEAR) * np.exp(regime - _REGIME_COST) * _weekday_scale()
    gap_scale, move_scale = daily * np.sqrt(OVERNIGHT_SHARE), daily * np.sqrt(1 - OVERNIGHT_SHARE)
    gaps = gap_scale * (loading * common.gaps + rest * own.gaps)
    own_move = loading * common.moves + rest * own.moves
    moves = move_scale * own_move + DRIFT_A_YEAR / 365
    if listing.symbol in _FEAR:
        gaps, moves = _fear_steps(common, own)
    closes = np.cumsum(gaps + moves)
    closes += np.log(float(listing.reference_price)) - closes[ANCHOR_DAY - FIRST_DAY]
    moved, closes = np.exp(-moves), np.exp(closes)
    actions = actions_of(seed, listing, closes, first_day=FIRST_DAY, anchor_day=ANCHOR_DAY)
    days = np.arange(FIRST_DAY, LAST_DAY)
    closes *= actions.level(days)
    opens = closes * moved
    activity = 0.3 * own.turnover + 0.4 * regime + 0.28 * (np.abs(own_move) - 0.8) + 0.12 * own.gaps - 0.1
    open_scale = np.maximum(move_scale, move_scale.max() * 0.25)  # an open Saturday is a market too
    volumes = listing.usual_volume / actions.shares(days) * np.exp(activity)
    return DayPath(opens, closes, opens * open_scale, volumes, actions)


def market_loading(listing: Listing) -> float:
    """How closely a security follows its market, from 0 to 1."""
    return _FEAR.get(listing.symbol) or _MARKET_LOADING.get(listing.kind, _STOCK_LOADING)


def _fear_steps(common: _Factor, own: _Factor) -> tuple[Floats, Floats]:
    """The gaps and moves of an index of volatility: it comes back to its level from however far."""
    weekdays = _weekday_scale()
    weights = np.exp(-np.arange(5 * _LATELY_DAYS) / _LATELY_DAYS)
    lately = np.convolve((common.gaps + common.moves) * weekdays, weights)[: len(weekdays)]
    steps = np.diff(_FEAR_REGIME * common.regime - _FEAR_MOVES * lately + 0.1 * own.regime, prepend=0.0)
    return OVERNIGHT_SHARE * steps, (1 - OVERNIGHT_SHARE) * steps


@cache
def _market_factor(seed: int, name: str) -> _Factor:
    """What all securities of a market share, kept for ever: there are four."""
    return _factor(seed, name)


def _factor(seed: int, name: str) -> _Factor:
    days = np.arange(FIRST_DAY, LAST_DAY)
    words = draws.bits(draws.stream_key(seed, name, "days"), days)
    # A gap is a plain draw times a log-normal one: now and then, news comes overnight.
    surprise = np.exp(0.5 * draws.normals(words, 2) - 0.25)
    gaps = draws.normals(words) * surprise
    moves = draws.normals(words, 1) * np.exp(0.25 * draws.normals(words, 3) - 0.0625)
    regime = np.zeros(len(days))
    turnover = np.zeros(len(days))
    for span, size in _REGIMES:
        regime += size * slow_noise(draws.stream_key(seed, name, "regime", str(span)), days, span)
        turnover += size * slow_noise(draws.stream_key(seed, name, "turnover", str(span)), days, span)
    return _Factor(gaps, moves, regime, 2 * turnover)


def slow_noise(key: int, days: Ints, span: int) -> Floats:
    """A standard noise that takes about ``span`` days to change."""
    knots = np.arange(days[0] // span, days[-1] // span + 2)
    heights = draws.normals(draws.bits(key, knots)) * 1.2  # straight lines between knots lose some of the variance
    noise: Floats = np.interp(days, knots * span, heights)
    return noise


def _weekday_scale() -> Floats:
    days = np.arange(FIRST_DAY, LAST_DAY)
    return np.where((days + 3) % 7 < 5, 1.0, WEEKEND_SCALE)
