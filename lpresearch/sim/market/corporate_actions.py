"""Dividends and splits of the simulated securities: how often, when and how much, and what they do to prices.

Pure: a function of seed, security and the path of its price without them. An action is in force from its ex-date on, a
trading day: there the price as traded falls by the action's factor, and forward adjustment multiplies all prices before
it by that factor. Volumes are as traded, adjusted or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.calendars.days import session_days
from lpresearch.sim.market import draws
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.instruments import Kind, Listing

_EPOCH = date(1970, 1, 1)
_DAYS_A_YEAR = 365.25
# Days of the year around which shares go ex-dividend, and days from there to the payment.
_SEASONS = {Market.HK: (150, 255), Market.CN: (175,), Market.SG: (118, 222)}
_PAID_AFTER = {Market.HK: 24, Market.US: 17, Market.CN: 0, Market.SG: 12}
_SHIFT_DAYS = 12  # by which a season differs between securities and years
_SPLITS_A_YEAR = {Market.HK: 0.015, Market.US: 0.035, Market.CN: 0.05, Market.SG: 0.01}
_FUND_SPLITS_A_YEAR = 0.005
# New shares for one old share, in life (CN: bonus issues).
_RATIOS = {Market.HK: "2 4 5 10", Market.US: "2 3 4 5 10 20", Market.CN: "1.3 1.4 1.5 2", Market.SG: "2 3"}
# Prices before a split, from and to, and the most that the years before it may have seen.
_PRICES_TO_SPLIT = {
    Market.HK: (40, 400, 1000),
    Market.US: (150, 1600, 2500),
    Market.CN: (20, 600, 1500),
    Market.SG: (15, 100, 200),
}
_RECENT_DAYS = 6 * 365
_UNSPLIT_YEARS = 3  # after the anchor the underlyings of contracts have none: the terms of warrants are written down


@dataclass(frozen=True, slots=True)
class Action:
    """One dividend or split. Days are numbers since 1970-01-01."""

    ex_day: int
    pay_day: int  # of a split its ex-date
    factor: float  # what prices before the ex-date are multiplied by
    dividend: Decimal = Decimal(0)  # per share, in the security's currency
    ratio: Decimal = Decimal(1)  # new shares for one old share

    @property
    def ex_date(self) -> date:
        """The first day on which a buyer has no part in it."""
        return _EPOCH + timedelta(days=self.ex_day)

    @property
    def pay_date(self) -> date:
        """The day on which a dividend is paid."""
        return _EPOCH + timedelta(days=self.pay_day)

    @property
    def is_split(self) -> bool:
        """Whether it changes the number of shares."""
        return self.ratio != 1

    def scaled(self, factor: float) -> Action:
        """The same of a security whose price was moved by a factor."""
        return self if factor == 1.0 else replace(self, dividend=_round(float(self.dividend) * factor))


@dataclass(frozen=True, eq=False)
class Actions:
    """All actions of a security, ascending, and the levels of price and shares between them."""

    every: tuple[Action, ...]
    ex_days: Ints
    levels: Floats  # of the price as traded, against the path without actions; one more than there are actions
    share_levels: Floats  # how many shares of the anchor's day one share was then

    def level(self, days: Ints | int) -> Floats:
        """What the path without actions is multiplied by to give the price as traded."""
        return self._at(self.levels, days)

    def shares(self, days: Ints | int) -> Floats:
        """How many shares of the anchor's day one share of a day is."""
        return self._at(self.share_levels, days)

    def factor(self, days: Ints | int, until: Ints | int) -> Floats:
        """What prices of days are multiplied by to compare with those of a later day."""
        factor: Floats = self.level(until) / self.level(days)
        return factor

    def between(self, after: int, until: int) -> tuple[Action, ...]:
        """Those whose ex-date is later than one day and not later than another."""
        first, last = np.searchsorted(self.ex_days, (after, until), side="right")
        return self.every[first:last]

    def _at(self, levels: Floats, days: Ints | int) -> Floats:
        found: Floats = levels[np.searchsorted(self.ex_days, days, side="right")]
        return found


NO_ACTIONS = Actions((), np.empty(0, dtype=np.int64), np.ones(1), np.ones(1))


@dataclass(frozen=True, slots=True)
class _Plan:
    """An action that is drawn, before the price decides on its amount: a yield, or which ratio."""

    ex_day: int
    rate: float = 0.0
    word: int = 0


def actions_of(seed: int, listing: Listing, closes: Floats, *, first_day: int, anchor_day: int) -> Actions:
    """The actions of a security.

    Parameters
    ----------
    closes : its price at the close of each calendar day from ``first_day`` on, without any action.
    anchor_day : the day at which prices with and without actions are the same.
    """
    if listing.kind not in (Kind.STOCK, Kind.FUND):
        return NO_ACTIONS
    sessions = _sessions(listing.market)
    last_day = first_day + len(closes) - 1
    plans = {plan.ex_day: plan for plan in _splits(seed, listing, sessions, anchor_day, (first_day, last_day))}
    plans |= {plan.ex_day: plan for plan in _dividends(seed, listing, sessions, (first_day, last_day))}
    listed = max(first_day + 2, _number(listing.listing_date) + 1 if listing.listing_date else 0)
    days = [day for day in sorted(plans) if listed <= day < last_day - 1]
    before = {day: float(closes[int(sessions[np.searchsorted(sessions, day) - 1]) - first_day]) for day in days}
    made: list[Action] = []
    level = 1.0
    for day in reversed([day for day in days if day <= anchor_day]):
        peak = level * float(closes[max(day - first_day - _RECENT_DAYS, 0) : day - first_day].max())
        if (action := _action(plans[day], listing, level * before[day], peak=peak)) is not None:
            made.insert(0, action)
            level /= action.factor
    first_level, level = level, 1.0
    for day in (day for day in days if day > anchor_day):
        if (action := _action(plans[day], listing, level * before[day])) is not None:
            made.append(action)
            level *= action.factor
    paid = [replace(action, pay_day=_paid(listing.market, action, sessions)) for action in made]
    return _joined(paid, first_level, anchor_day)


def _joined(made: list[Action], first_level: float, anchor_day: int) -> Actions:
    ex_days = np.array([action.ex_day for action in made], dtype=np.int64)
    levels = np.array([first_level, *(action.factor for action in made)]).cumprod()
    shares = np.array([1.0, *(1 / float(action.ratio) for action in made)]).cumprod()
    return Actions(tuple(made), ex_days, levels, shares / shares[np.searchsorted(ex_days, anchor_day, side="right")])


def _action(plan: _Plan, listing: Listing, price: float, *, peak: float = 0.0) -> Action | None:
    """The action that a plan becomes; None for too small a dividend, or a price that needs no split.

    Parameters
    ----------
    price : that of the day before it, in the shares of the ex-date.
    peak : the highest of the years before, in the same shares. Zero means that ``price`` is in the shares before.
    """
    if plan.rate:
        dividend = _round(price * plan.rate)
        before = price + float(dividend) if peak else price
        return Action(plan.ex_day, plan.ex_day, 1 - float(dividend) / before, dividend) if dividend else None
    low, high, most = _PRICES_TO_SPLIT[listing.market]
    ratios = [
        ratio
        for ratio in map(Decimal, _RATIOS[listing.market].split())
        if low <= (price * float(ratio) if peak else price) <= high and peak * float(ratio) <= most
    ]
    if not ratios:
        return None
    ratio = ratios[plan.word % len(ratios)]
    return Action(plan.ex_day, plan.ex_day, 1 / float(ratio), ratio=ratio)


def _dividends(seed: int, listing: Listing, sessions: Ints, span: tuple[int, int]) -> Iterator[_Plan]:
    """The dividends of a security that pays any: two seasons a year in HK and SG, one in CN, four in the US."""
    if not listing.dividend_yield:
        return
    key = draws.stream_key(seed, listing.symbol, "dividends")
    seasons = _SEASONS.get(listing.market, tuple(91 * quarter + key % 88 for quarter in range(4)))
    starts = np.arange(span[0] // _DAYS_A_YEAR, span[1] // _DAYS_A_YEAR + 1) * _DAYS_A_YEAR
    wished = np.add.outer(starts.astype(np.int64), np.array(seasons)).ravel()
    words = draws.bits(key, wished)
    days = wished + (key >> 8) % _SHIFT_DAYS + (words >> np.uint64(40)).astype(np.int64) % _SHIFT_DAYS
    rates = float(listing.dividend_yield) / 100 / len(seasons) * np.exp(0.08 * draws.normals(words))
    for day, rate in zip(days.tolist(), rates.tolist(), strict=True):
        place = int(np.searchsorted(sessions, day))
        if 0 < place < len(sessions):
            yield _Plan(int(sessions[place]), rate=rate)


def _splits(seed: int, listing: Listing, sessions: Ints, anchor_day: int, span: tuple[int, int]) -> Iterator[_Plan]:
    """Days on which a security may be split, if its price is high enough then."""
    key = draws.stream_key(seed, listing.symbol, "splits")
    chance = _SPLITS_A_YEAR[listing.market] if listing.kind is Kind.STOCK else _FUND_SPLITS_A_YEAR
    years = np.arange(int(span[0] // _DAYS_A_YEAR), int(span[1] // _DAYS_A_YEAR) + 1)
    words = draws.bits(key, years)
    for year, word in zip(years.tolist(), words.tolist(), strict=True):
        if word % 100_000 >= chance * 100_000:
            continue
        place = int(np.searchsorted(sessions, int(year * _DAYS_A_YEAR) + (word >> 24) % 365))
        if not 0 < place < len(sessions):
            continue
        day = int(sessions[place])
        if not (listing.stock_derivatives and 0 <= day - anchor_day <= _UNSPLIT_YEARS * _DAYS_A_YEAR):
            yield _Plan(day, word=word >> 40)


def _paid(market: Market, action: Action, sessions: Ints) -> int:
    if action.is_split:
        return action.ex_day
    place = int(np.searchsorted(sessions, action.ex_day + _PAID_AFTER[market]))
    return int(sessions[min(place, len(sessions) - 1)])


def _round(amount: float) -> Decimal:
    """An amount a share as companies declare it: two digits that count, and not below a hundredth of a cent."""
    return Decimal(f"{amount:.1e}").quantize(Decimal("0.0001")).normalize() if amount >= 0.0001 else Decimal(0)


@cache
def _sessions(market: Market) -> Ints:
    """Every trading day, as far as simulated prices reach."""
    return session_days(market, date(1998, 1, 2), date(2039, 12, 30)).astype(np.int64)


def _number(day: date) -> int:
    return (day - _EPOCH).days
