"""Reckoning of history quotas: which units count at a moment, and when one comes back. Pure; the rules are values.

A unit is what a broker counts, at LongPort a symbol. LongPort counts distinct symbols per calendar month (longport.md
6), Futu per rolling window of days.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lpresearch.base.source import CalendarMonth, QuotaRule, RollingDays

_DAY_S = 86_400


@dataclass(frozen=True)
class Use:
    """One request for the history of a unit, at an epoch second."""

    unit: str
    at: float


@dataclass(frozen=True)
class QuotaState:
    """What an account has used of its quota at a moment."""

    rule: QuotaRule
    limit: int
    used: Mapping[str, float] = field(default_factory=dict)  # unit -> epoch second since which it counts
    refill: datetime | None = None  # when the next units come back

    @property
    def remaining(self) -> int:
        """Units left; none where more are used than the limit allows, as after a fall to a lower tier."""
        return max(0, self.limit - len(self.used))

    def is_free(self, unit: str) -> bool:
        """Whether asking for a unit costs nothing, because it counts already."""
        return unit in self.used


def state(uses: Iterable[Use], rule: QuotaRule, limit: int, at: float) -> QuotaState:
    """What is used of a quota at a moment."""
    windows = _windows(uses, rule, at)
    used = {unit: since for unit, (since, _) in sorted(windows.items(), key=lambda item: item[1])}
    ends = [_release(last, rule) for _, last in windows.values()]
    return QuotaState(rule, limit, used, min(ends) if ends else None)


def counted(uses: Iterable[Use], rule: QuotaRule, at: float) -> frozenset[str]:
    """The units that count at a moment."""
    return frozenset(_windows(uses, rule, at))


def refill(uses: Iterable[Use], rule: QuotaRule, at: float) -> datetime | None:
    """When the next unit comes back; None where none is used."""
    return state(uses, rule, 0, at).refill


def earliest_that_counts(rule: QuotaRule, at: float) -> float:
    """The epoch second before which a use can no longer matter, whatever else happened."""
    if isinstance(rule, CalendarMonth):
        moment = datetime.fromtimestamp(at, ZoneInfo(rule.zone))
        return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp()
    windows = 1 if rule.restart else 2  # without restart a use matters that lay in the window of one that still counts
    return at - windows * (rule.days + 2) * _DAY_S


def _windows(uses: Iterable[Use], rule: QuotaRule, at: float) -> dict[str, tuple[float, float]]:
    """For each unit that counts: since when, and the use from which its window is reckoned.

    Uses later than ``at`` count as well: when a clock is set back, a unit paid for must not be forgotten.
    """
    found: dict[str, tuple[float, float]] = {}
    for use in sorted(uses, key=lambda use: use.at):
        since, last = found.get(use.unit, (use.at, use.at))
        if _release(last, rule).timestamp() <= use.at:
            since = last = use.at
        elif isinstance(rule, RollingDays) and rule.restart:
            last = use.at
        found[use.unit] = (since, last)
    return {unit: window for unit, window in found.items() if _release(window[1], rule).timestamp() > at}


def _release(used_at: float, rule: QuotaRule) -> datetime:
    """When a unit used at a moment comes back."""
    zone = ZoneInfo(rule.zone)
    moment = datetime.fromtimestamp(used_at, zone)
    if isinstance(rule, CalendarMonth):
        following = (moment.replace(day=1) + timedelta(days=32)).date().replace(day=1)
        return _midnight(following, zone)
    if rule.boundary == "exact":
        return datetime.fromtimestamp(used_at + rule.days * _DAY_S, zone)
    return _midnight(moment.date() + timedelta(days=rule.days + 1), zone)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone)
