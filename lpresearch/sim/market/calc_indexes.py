"""The forty calculated indexes of command 26, each from the market's own quote, bars and facts.

Percent values are numbers without the sign. Theta, vega and rho are a hundred times what a researcher expects (per
day, per volatility point, per point of interest): the wire's raw values are to be divided by 100 (longport.md 5,
command 26). What a security does not have is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from lpresearch.base.markets import MARKETS
from lpresearch.base.model import Adjust, Period, Sessions
from lpresearch.sim.market import black_scholes
from lpresearch.sim.market.contract_values import ContractValues, Moment, contract_values, open_interest
from lpresearch.sim.market.draws import Floats
from lpresearch.sim.market.instruments import Kind, Listing
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.snapshots import QuoteSnapshot

Value = Decimal | float | int | date | None

CAPITAL_FLOW = 9  # the one that takes long: see Market.reckon_capital
_YEAR_DAYS = 300  # daily bars: more than a year has
_USUAL_DAYS = 5  # that today's volume is compared with
_HALF_YEAR_S = 182 * 86_400
_RAW = 100  # theta, vega and rho on the wire

_STAMP, _CLOSE, _VOLUME = 0, 4, 5


def index_values(market: Market, symbol: str, wanted: Collection[int]) -> dict[int, Value]:
    """The indexes asked for that the security has, by their wire numbers."""
    facts = _Facts(market, symbol)
    return {
        number: value for number in wanted if number in _FORMULAS and (value := _FORMULAS[number](facts)) is not None
    }


class _Facts:
    """What the formulas read, each asked once and only if wanted."""

    def __init__(self, market: Market, symbol: str) -> None:
        listing = market.listing(symbol)
        if listing is None:
            raise KeyError(symbol)
        self.market, self.symbol, self.listing = market, symbol, listing

    @cached_property
    def quote(self) -> QuoteSnapshot:
        return self.market.quote(self.symbol)

    @cached_property
    def last(self) -> float:
        return float(self.quote.last_done)

    @cached_property
    def days(self) -> Floats:
        """The newest daily bars, the current one last, at prices that compare with today's."""
        now = self.market.now()
        return self.market.bars(
            self.symbol, Period.DAY, Sessions.REGULAR, 0.0, now + 1, limit=_YEAR_DAYS, adjust=Adjust.FORWARD
        )

    @cached_property
    def minutes(self) -> Floats:
        """The minutes of the last trading day."""
        start = float(self.days[_STAMP, -1])
        return self.market.bars(self.symbol, Period.MIN_1, Sessions.REGULAR, start, self.market.now() + 1)

    @cached_property
    def moment(self) -> Moment | None:
        return self.market.moment(self.symbol)

    @cached_property
    def values(self) -> ContractValues | None:
        return contract_values(self.moment) if self.moment else None

    @property
    def is_option(self) -> bool:
        return self.listing.kind is Kind.OPTION

    def change_since(self, close: float | None) -> float | None:
        """How far the last price is from an earlier close, in percent."""
        return 100 * (self.last / close - 1) if close else None

    def close_days_ago(self, count: int) -> float | None:
        """The close so many trading days before the current one."""
        closes = self.days[_CLOSE]
        return float(closes[-1 - count]) if len(closes) > count else None

    def close_before(self, moment: float) -> float | None:
        """The close of the last day that began before a moment."""
        place = int(np.searchsorted(self.days[_STAMP], moment))
        return float(self.days[_CLOSE, place - 1]) if place else None


def _change_in_year(facts: _Facts) -> float | None:
    zone = ZoneInfo(MARKETS[facts.listing.market].zone)
    newest = datetime.fromtimestamp(float(facts.days[_STAMP, -1]), zone)
    return facts.change_since(facts.close_before(datetime(newest.year, 1, 1, tzinfo=zone).timestamp()))


def _half_year_change(facts: _Facts) -> float | None:
    return facts.change_since(facts.close_before(float(facts.days[_STAMP, -1]) - _HALF_YEAR_S + 1))


def _five_minutes_change(facts: _Facts) -> float | None:
    closes = facts.minutes[_CLOSE]
    return facts.change_since(float(closes[-6])) if len(closes) > 5 else None


def _volume_ratio(facts: _Facts) -> float | None:
    """Volume a minute today over that of the days before."""
    before = facts.days[_VOLUME, -1 - _USUAL_DAYS : -1]
    if not len(before) or not facts.minutes.shape[1]:
        return None
    start, end = float(facts.days[_STAMP, -1 - len(before)]), float(facts.days[_STAMP, -1])
    minutes = facts.market.bars(facts.symbol, Period.MIN_1, Sessions.REGULAR, start, end).shape[1]
    return float(facts.quote.volume / facts.minutes.shape[1] / (before.sum() / minutes)) if minutes else None


def _amplitude(facts: _Facts) -> float:
    quote = facts.quote
    return 100 * float((quote.high - quote.low) / quote.prev_close)


def _per_share(amount: Callable[[Listing], Decimal]) -> Callable[[_Facts], float | None]:
    """The last price over a figure of the company, where there is one."""

    def ratio(facts: _Facts) -> float | None:
        figure = float(amount(facts.listing))
        return facts.last / figure if figure else None

    return ratio


def _turnover_rate(facts: _Facts) -> float | None:
    shares = facts.listing.circulating_shares
    return 100 * facts.quote.volume * facts.listing.unit_size / shares if shares and not facts.moment else None


def _market_value(facts: _Facts) -> Decimal | None:
    shares = facts.listing.total_shares
    return facts.quote.last_done * shares if shares and not facts.moment else None


def _capital_flow(facts: _Facts) -> Decimal | None:
    flow = facts.market.capital_flow(facts.symbol)
    return flow[-1].inflow if flow else None


def _contract(name: str, *, options: bool, warrants: bool) -> Callable[[_Facts], Value]:
    """A value of ``ContractValues``, for the kinds that show it."""

    def value(facts: _Facts) -> Value:
        shown = options if facts.is_option else warrants
        found: Value = getattr(facts.values, name) if facts.values and shown else None
        return found

    return value


def _implied_volatility(facts: _Facts) -> float | None:
    found = facts.moment.implied_volatility if facts.moment else None
    return 100 * found if found is not None else None


def _greek(read: Callable[[black_scholes.Greeks], float]) -> Callable[[_Facts], float | None]:
    def value(facts: _Facts) -> float | None:
        found = facts.moment.greeks if facts.moment and facts.is_option else None
        return read(found) if found else None

    return value


_FORMULAS: Mapping[int, Callable[[_Facts], Value]] = {
    1: lambda facts: facts.quote.last_done,
    2: lambda facts: facts.quote.last_done - facts.quote.prev_close,
    3: lambda facts: facts.change_since(float(facts.quote.prev_close)),
    4: lambda facts: facts.quote.volume,
    5: lambda facts: facts.quote.turnover,
    6: _change_in_year,
    7: _turnover_rate,
    8: _market_value,
    CAPITAL_FLOW: _capital_flow,
    10: _amplitude,
    11: _volume_ratio,
    12: _per_share(lambda listing: listing.eps_ttm),
    13: _per_share(lambda listing: listing.bps),
    14: lambda facts: facts.listing.dividend_yield or None,
    15: lambda facts: facts.change_since(facts.close_days_ago(5)),
    16: lambda facts: facts.change_since(facts.close_days_ago(10)),
    17: _half_year_change,
    18: _five_minutes_change,
    19: lambda facts: facts.moment.terms.contract.expiry if facts.moment else None,
    20: _contract("strike", options=True, warrants=True),
    21: _contract("upper_strike", options=False, warrants=True),
    22: _contract("lower_strike", options=False, warrants=True),
    23: _contract("outstanding", options=False, warrants=True),
    24: _contract("outstanding_percent", options=False, warrants=True),
    25: _contract("premium_percent", options=True, warrants=True),
    26: _contract("in_the_money_percent", options=True, warrants=True),
    27: _implied_volatility,
    28: _contract("delta", options=False, warrants=True),
    29: _contract("call_price", options=False, warrants=True),
    30: _contract("to_call_percent", options=False, warrants=True),
    31: _contract("effective_leverage", options=False, warrants=True),
    32: _contract("leverage", options=False, warrants=True),
    33: _contract("conversion_ratio", options=False, warrants=True),
    34: _contract("balance_point", options=False, warrants=True),
    35: lambda facts: open_interest(facts.moment) if facts.moment and facts.is_option else None,
    36: _greek(lambda greeks: greeks.delta),
    37: _greek(lambda greeks: greeks.gamma),
    38: _greek(lambda greeks: greeks.theta * _RAW),
    39: _greek(lambda greeks: greeks.vega),
    40: _greek(lambda greeks: greeks.rho),
}
INDEXES = frozenset(_FORMULAS)
