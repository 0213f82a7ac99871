"""A year of a researcher's mornings: what three ways of keeping bars up to date cost, by plan, ledger and calendar.

No server is asked: a client carries out its plan by covering what the plan asks for, as far as it is final by then.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lpresearch.base.markets import Market
from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.history.intervals import Intervals, intersection, union
from lpresearch.history.ledger import Ledger
from lpresearch.history.plan import ReadHistory, SeriesPlan, Span, plan_series
from lpresearch.sources.longport_facts import CAPS

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
MORNING_H = 9  # of Hong Kong; the American day is over by then
MARKETS = (Market.HK, Market.US)


@dataclass
class Month:
    """What a month cost, of units and of calls."""

    units: int = 0
    history: int = 0
    latest: int = 0
    asked: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Wish:
    """Which bars are wanted each morning: those of a period, since a day, of so many symbols of each market."""

    period: Period
    since: date
    each: int

    def symbols(self, market: Market) -> list[Symbol]:
        return [Symbol(f"{100 + number}.{market}") for number in range(self.each)]


def mornings(year: int) -> Iterator[tuple[str, float, dict[Market, MarketCalendar]]]:
    """The month, the moment and the calendars of each morning but those of weekends."""
    calendars = {market: MarketCalendar(market, today=date(year, 12, 31)) for market in MARKETS}
    day = date(year, 1, 2)
    while day.year == year:
        if day.weekday() < 5:
            yield (
                f"{day:%Y-%m}",
                datetime(day.year, day.month, day.day, MORNING_H, tzinfo=HONG_KONG).timestamp(),
                calendars,
            )
        day += timedelta(days=1)


def kept_alive(
    wish: Wish, year: int, ledger: Ledger, *, limit: int
) -> tuple[dict[str, Month], dict[Symbol, Intervals]]:
    """By the plans of this package: the months, and what is covered in the end."""
    months: dict[str, Month] = {}
    coverage: dict[Symbol, Intervals] = {symbol: () for market in MARKETS for symbol in wish.symbols(market)}
    for name, now, calendars in mornings(year):
        month = months.setdefault(name, Month())
        for market, calendar in calendars.items():
            _top_up(wish, calendar, wish.symbols(market), coverage, ledger, month, now=now, limit=limit)
    return months, coverage


def _top_up(
    wish: Wish,
    calendar: MarketCalendar,
    symbols: Sequence[Symbol],
    coverage: dict[Symbol, Intervals],
    ledger: Ledger,
    month: Month,
    *,
    now: float,
    limit: int,
) -> None:
    """One morning of one market. Symbols that hold the same and cost the same share a plan: nothing else differs."""
    quota = ledger.state(CAPS.quota_rule, now, default_limit=limit)
    final = calendar.final_before(wish.period, SeriesKey("", symbols[0], wish.period).sessions, now)
    wanted = Span(calendar.midnight(wish.since), final)
    plans: dict[tuple[Intervals, bool], SeriesPlan] = {}
    for symbol in symbols:
        alike = coverage[symbol], quota.is_free(symbol)
        if alike not in plans:
            plans[alike] = plan_series(
                SeriesKey("longport", symbol, wish.period),
                wanted,
                coverage=coverage[symbol],
                calendar=calendar,
                now=now,
                quota=quota,
                caps=CAPS,
            )
        plan = plans[alike]
        history = sum(isinstance(step, ReadHistory) for step in plan.steps)
        if history:
            booked = ledger.reserve(symbol, at=now, rule=CAPS.quota_rule, default_limit=limit)
            ledger.settle(booked, "spent")
            month.units += not booked.free
        month.history += history
        month.latest += len(plan.steps) - history
        coverage[symbol] = union(coverage[symbol], intersection(plan.fetched, [Interval(0, final)]))


def by_history_alone(wish: Wish, year: int, *, cached: bool) -> dict[str, Month]:
    """By command 27 alone: every morning everything anew, or with a cache what is new."""
    months: dict[str, Month] = {}
    held = dict.fromkeys(MARKETS, 0)  # bars of each symbol
    for name, now, calendars in mornings(year):
        month = months.setdefault(name, Month())
        for market, calendar in calendars.items():
            key = SeriesKey("longport", wish.symbols(market)[0], wish.period)
            first, final = calendar.midnight(wish.since), calendar.final_before(wish.period, key.sessions, now)
            bars = calendar.expected_bars(wish.period, key.sessions, first, final)
            new = bars - held[market] if cached else bars
            held[market] = bars
            if new:
                month.history += wish.each * math.ceil(new / CAPS.page_bars)
                month.asked |= set(wish.symbols(market))
        month.units = len(month.asked)
    return months
