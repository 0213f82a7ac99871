"""Which days a simulated market trades and what kind of day today is. Holds no prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import numpy as np
from numpy.typing import NDArray

from lpresearch.base.markets import Market
from lpresearch.base.model import Sessions, SessionSpan
from lpresearch.calendars import days as calendar
from lpresearch.calendars.sessions import EVENING, spans
from lpresearch.calendars.zones import day_of, midnight, midnights, minute_of_day
from lpresearch.sim.market.clock import Clock, ClockKind
from lpresearch.sim.market.draws import Ints
from lpresearch.sim.market.feed import DayKind
from lpresearch.sim.market.grids import OPEN_DAY
from lpresearch.sim.market.paths import EPOCH, FIRST_DAY, LAST_DAY

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Calendar:
    sessions: Ints
    early: Flags  # whether each day from FIRST_DAY on ends early


@cache
def _calendar(market: Market) -> _Calendar:
    first, last = day_date(FIRST_DAY + 1), day_date(LAST_DAY - 2)
    early = np.zeros(LAST_DAY - FIRST_DAY, dtype=np.bool_)
    early[[day_number(day) - FIRST_DAY for day in calendar.half_days(market, first, last)]] = True
    return _Calendar(calendar.session_days(market, first, last).astype(np.int64), early)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def day_date(day: int) -> date:
    """The date of a day number."""
    return EPOCH + timedelta(days=day)


class Schedule:
    """The trading days of each market as the clock makes them. Days are numbers since 1970-01-01."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._todays: dict[Market, tuple[int, int, int]] = {}  # begin, end and number: it is asked for very often

    def today(self, market: Market) -> int:
        """The exchange-local day of now."""
        now = self._clock.now()
        begin, end, day = self._todays.get(market, (0, 0, 0))
        if not begin <= now < end:
            day = day_number(day_of(market, now))
            self._todays[market] = (stamp(market, day), stamp(market, day + 1), day)
        return day

    def ex_day(self, market: Market) -> int:
        """The day whose dividends and splits are in force: today, and in a US evening the day that it belongs to."""
        today = self.today(market)
        evening = market is Market.US and self._clock.kind is not ClockKind.OPEN
        return today + (evening and minute_of_day(market, self._clock.now()) >= EVENING.start)

    def is_open_day(self, market: Market, day: int) -> bool:
        """Whether a day is one 24-hour session."""
        return self._clock.kind is ClockKind.OPEN and day == self.today(market)

    def recorded(self, market: Market, first: int, last: int) -> Ints:
        """Trading days of the calendar, both ends included."""
        sessions = _calendar(market).sessions
        return sessions[np.searchsorted(sessions, first) : np.searchsorted(sessions, last, side="right")]

    def days(self, market: Market, first: int, last: int) -> Ints:
        """Trading days, both ends included, an open today among them."""
        recorded = self.recorded(market, first, last)
        today = self.today(market)
        if self._clock.kind is ClockKind.OPEN and first <= today <= last:
            return np.union1d(recorded, np.array([today], dtype=np.int64))
        return recorded

    def is_recorded(self, market: Market, day: int) -> bool:
        """Whether the calendar trades on a day."""
        return len(self.recorded(market, day, day)) == 1

    def halves(self, market: Market, days: Ints) -> Flags:
        """Which of some trading days end early by the calendar."""
        return _calendar(market).early[days - FIRST_DAY]

    def kind(self, market: Market, day: int) -> DayKind:
        """The kind of regular session that a trading day has."""
        if self.is_open_day(market, day):
            return DayKind.OPEN
        return self.recorded_kind(market, day)

    def recorded_kind(self, market: Market, day: int) -> DayKind:
        """The kind of regular session that a trading day has by the calendar."""
        return DayKind.HALF if _calendar(market).early[day - FIRST_DAY] else DayKind.FULL

    def latest(self, market: Market, day: int) -> int:
        """The trading day, at or before ``day``."""
        sessions, today = _calendar(market).sessions, self.today(market)
        recorded = int(sessions[np.searchsorted(sessions, day, side="right") - 1])
        return today if self._clock.kind is ClockKind.OPEN and recorded < today <= day else recorded

    def spans_today(self, market: Market) -> list[SessionSpan]:
        """Today's sessions; those of the next trading day where today has none."""
        today = self.today(market)
        if self.is_open_day(market, today):
            return list(OPEN_DAY)
        half = self.kind(market, today) is DayKind.HALF
        return list(spans(market, half=half, sessions=Sessions.ALL))


def stamps(market: Market, days: Ints) -> Ints:
    """The epoch second at which each local day begins."""
    return midnights(market, days.astype("datetime64[D]"))


def stamp(market: Market, day: int) -> int:
    """The epoch second at which one local day begins."""
    return midnight(market, day_date(day))
