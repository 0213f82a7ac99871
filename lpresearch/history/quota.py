"""Reckoning of history quotas: which units count at a moment, and when one comes back. Pure; the rules are values.

A unit is what a broker counts, at LongPort a symbol. LongPort counts distinct symbols per calendar month (longport.md
6), Futu per rolling window of days. Where the documents leave a rule open, each *reading* of it is reckoned, and only
what all of them allow is allowed.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from operator import attrgetter
from typing import NamedTuple
from zoneinfo import ZoneInfo

from lpresearch.base.errors import QuotaExhausted
from lpresearch.base.source import CalendarMonth, QuotaRule, RollingDays

_DAY_S = 86_400
_MOMENT = attrgetter("at")  # of a use


class Use(NamedTuple):
    """One request for the history of a unit, at an epoch second."""

    unit: str
    at: float


@dataclass(frozen=True)
class Shortfall:
    """The broker refused a new unit at a moment, though by our count ``units`` were left: they are gone elsewhere."""

    units: int
    at: float


@dataclass(frozen=True)
class Reading:
    """What counts at a moment, by one reading of the rule."""

    used: Mapping[str, float] = field(default_factory=dict)  # unit -> epoch second since which it counts
    elsewhere: int = 0  # units gone that no use of ours explains

    @property
    def taken(self) -> int:
        """Units that are gone."""
        return len(self.used) + self.elsewhere


@dataclass(frozen=True)
class QuotaState:
    """What an account has used of its quota at a moment."""

    rule: QuotaRule
    limit: int
    readings: tuple[Reading, ...] = (Reading(),)
    refill: datetime | None = None  # when fewer units count than now
    reserve: int = 0  # units that the user keeps back
    latest_counts: bool = False  # whether the broker counts requests for the newest bars as well

    @property
    def fullest(self) -> Reading:
        """The reading that leaves the fewest units."""
        return max(self.readings, key=lambda reading: reading.taken)

    @property
    def used(self) -> Mapping[str, float]:
        """The units that count, in the fullest reading: unit -> epoch second since which it does."""
        return self.fullest.used

    @property
    def spent(self) -> int:
        """Units that are gone, used by us or elsewhere; more than the limit only where we used more."""
        return max(len(self.used), min(self.fullest.taken, self.limit))

    @property
    def remaining(self) -> int:
        """Units left; none where more are used than the limit allows, as after a fall to a lower tier."""
        return self._left(self.fullest)

    @property
    def free(self) -> tuple[str, ...]:
        """The units that surely count already, oldest first."""
        return tuple(unit for unit in self.used if self.is_free(unit))

    @property
    def in_doubt(self) -> tuple[str, ...]:
        """Units that count in some readings of the rule and not in others, as while a month turns."""
        either = {unit for reading in self.readings for unit in reading.used}
        return tuple(sorted(unit for unit in either if not self.is_free(unit)))

    def is_free(self, unit: str) -> bool:
        """Whether asking for a unit surely costs nothing, because it counts already."""
        return all(unit in reading.used for reading in self.readings)

    def allows(self, unit: str) -> bool:
        """Whether a unit may be asked for: in every reading it counts already or one is left."""
        return all(unit in reading.used or self._left(reading) > 0 for reading in self.readings)

    def spending(self, unit: str, at: float) -> QuotaState:
        """The state after a unit was asked for."""
        readings = (replace(reading, used={unit: at, **reading.used}) for reading in self.readings)
        return replace(self, readings=tuple(readings))

    def exhausted(self, *units: str, others: int = 0) -> QuotaExhausted:
        """The error for units that are not allowed; ``others`` would be taken by the same request before them."""
        return QuotaExhausted(
            units,
            used=self.spent,
            limit=self.limit,
            refill=self.refill,
            reserve=self.reserve,
            latest_counts=self.latest_counts,
            others=others,
        )

    def _left(self, reading: Reading) -> int:
        return max(0, self.limit - self.reserve - reading.taken)


def state(
    uses: Iterable[Use],
    rule: QuotaRule,
    limit: int,
    at: float,
    *,
    shortfalls: Iterable[Shortfall] = (),
    reserve: int = 0,
    latest_counts: bool = False,
) -> QuotaState:
    """What is used of a quota at a moment.

    Uses later than ``at`` count as well: when a clock is set back, a unit paid for must not be forgotten.
    """
    in_order = sorted(uses, key=_MOMENT)
    if isinstance(rule, CalendarMonth):
        readings, refilled = _by_month(in_order, list(shortfalls), rule, at)
    else:
        readings, refilled = _by_window(in_order, list(shortfalls), rule, at)
    moment = None if refilled is None else datetime.fromtimestamp(refilled, ZoneInfo(rule.zone))
    return QuotaState(rule, limit, readings, moment, reserve, latest_counts)


def counted(uses: Iterable[Use], rule: QuotaRule, at: float) -> frozenset[str]:
    """The units that surely count at a moment."""
    return frozenset(state(uses, rule, 0, at).free)


def refill(uses: Iterable[Use], rule: QuotaRule, at: float) -> datetime | None:
    """When a unit comes back by every reading; None where none is used."""
    return state(uses, rule, 0, at).refill


def earliest_that_counts(rule: QuotaRule, at: float) -> float:
    """The epoch second before which a use can no longer matter, whatever else happened."""
    if isinstance(rule, CalendarMonth):
        return min(_month(zone, at)[0] for zone in rule.zones)
    windows = 1 if rule.restart else 2  # without restart a use matters that lay in the window of one that still counts
    return at - windows * (rule.days + 2) * _DAY_S


def counts_surely_since(rule: QuotaRule, at: float) -> float | None:
    """The epoch second from which on a use makes its unit free by every reading; None where a further use still tells.

    In a window of days a further use starts it again.
    """
    return max(_month(zone, at)[0] for zone in rule.zones) if isinstance(rule, CalendarMonth) else None


_Reckoned = tuple[tuple[Reading, ...], float | None]  # the readings, and when fewer units count


def _by_month(uses: Sequence[Use], shortfalls: Sequence[Shortfall], rule: CalendarMonth, at: float) -> _Reckoned:
    @cache  # most of the time all zones hold the same uses
    def first_of(earliest: int) -> dict[str, float]:
        first: dict[str, float] = {}
        for use in uses[earliest:]:
            first.setdefault(use.unit, use.at)
        return first

    def readings(moment: float) -> tuple[Reading, ...]:
        gone = max((gap.units for gap in shortfalls if _end_of_oldest_month(rule, gap.at) > moment), default=0)
        starts = (_month(zone, moment)[0] for zone in rule.zones)
        return tuple(Reading(first_of(bisect_left(uses, start, key=_MOMENT)), gone) for start in starts)

    def taken(moment: float) -> int:
        return max(reading.taken for reading in readings(moment))

    newest = max((at, *(use.at for use in uses[-1:]), *(gap.at for gap in shortfalls)))
    turns = sorted({_month(zone, moment)[1] for moment in (at, newest) for zone in rule.zones})
    now = taken(at)
    return readings(at), next((turn for turn in turns if taken(turn) < now), None)


def _by_window(uses: Iterable[Use], shortfalls: Iterable[Shortfall], rule: RollingDays, at: float) -> _Reckoned:
    windows: dict[str, tuple[float, float]] = {}  # unit -> since when it counts, and until when
    for use in uses:
        since, until = windows.get(use.unit, (use.at, use.at))
        if until <= use.at:
            since, until = use.at, _release(use.at, rule)
        elif rule.restart:
            until = _release(use.at, rule)
        windows[use.unit] = (since, until)
    used = {unit: since for unit, (since, until) in windows.items() if until > at}
    missing = [(gap.units, _release(gap.at, rule)) for gap in shortfalls]
    ends = [until for _, until in (*windows.values(), *missing) if until > at]
    reading = Reading(
        dict(sorted(used.items(), key=lambda item: item[1])),
        max((units for units, until in missing if until > at), default=0),
    )
    return (reading,), min(ends, default=None)


def _release(used_at: float, rule: RollingDays) -> float:
    """When a unit used at a moment comes back."""
    if rule.boundary == "exact":
        return used_at + rule.days * _DAY_S
    zone = ZoneInfo(rule.zone)
    return _midnight(datetime.fromtimestamp(used_at, zone).date() + timedelta(days=rule.days + 1), zone)


def _month(zone: str, at: float) -> tuple[float, float]:
    """When the month of a moment begins and when the next one does."""
    day = datetime.fromtimestamp(at, ZoneInfo(zone))
    return _turns(zone, day.year, day.month)


def _end_of_oldest_month(rule: CalendarMonth, at: float) -> float:
    """When the month that is the oldest by any clock at a moment is over by all of them.

    So long a refusal holds. One that came while the month turned may be the old month's: to hold it for the new one's
    would cost a month, to ask again costs one request in vain.
    """
    days = (datetime.fromtimestamp(at, ZoneInfo(zone)) for zone in rule.zones)
    oldest = min((day.year, day.month) for day in days)
    return max(_turns(zone, *oldest)[1] for zone in rule.zones)


@cache
def _turns(zone: str, year: int, month: int) -> tuple[float, float]:
    clock, first = ZoneInfo(zone), date(year, month, 1)
    return _midnight(first, clock), _midnight((first + timedelta(days=32)).replace(day=1), clock)


def _midnight(day: date, zone: ZoneInfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()
