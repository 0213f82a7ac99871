"""What can be wrong with bars, told from the bars and the calendar alone. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lpresearch.base.markets import Market
from lpresearch.base.model import SeriesKey
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.calendars.sessions import EVENING
from lpresearch.calendars.zones import NEXT_DAY, Ints, days_of, midnights
from lpresearch.history.bars import FIELDS, TIMESTAMP, Bars, Floats, inside
from lpresearch.history.intervals import Intervals

Where = NDArray[np.bool_]
_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _TURNOVER, _SESSION = range(1, len(FIELDS))
_AMOUNTS = slice(_OPEN, _SESSION)


@dataclass(frozen=True)
class Oddity:
    """Some bars with something wrong: the kind, what it means, and which ones."""

    kind: str
    rule: str
    stamps: Floats


def odd_values(bars: Bars) -> Iterator[Oddity]:
    """Bars whose values cannot be, or contradict each other."""
    with np.errstate(invalid="ignore"):
        yield from _where(
            bars, ~np.logical_and.reduce(np.isfinite(bars)), "not finite", "every value is a finite number"
        )
        yield from _where(
            bars, np.logical_or.reduce(bars[_AMOUNTS] < 0), "negative", "no price or amount is below zero"
        )
        ends = bars[[_OPEN, _CLOSE]]
        crossed = np.logical_or.reduce((ends > bars[_HIGH]) | (ends < bars[_LOW]))
        yield from _where(bars, crossed, "inconsistent", "open and close lie between low and high")


def out_of_order(bars: Bars) -> Iterator[Oddity]:
    """Bars that do not start after the bar before them."""
    steps = np.diff(bars[TIMESTAMP], prepend=-np.inf)
    yield from _where(bars, np.equal(steps, 0), "duplicate", "one bar per start")
    yield from _where(bars, np.less(steps, 0), "out of order", "bars ascend by their start")


def off_calendar(bars: Bars, key: SeriesKey, calendar: MarketCalendar) -> Iterator[Oddity]:
    """Bars that start where the calendar has none; ``bars`` ascend."""
    if bars.shape[1] == 0:
        return
    first, last = int(bars[TIMESTAMP, 0]), int(bars[TIMESTAMP, -1])
    starts = calendar.starts(key.period, key.sessions, first, last + 1)
    yield from _where(bars, ~np.isin(bars[TIMESTAMP], starts), "off calendar", "bars start where the calendar says")


@dataclass(frozen=True)
class SessionCounts:
    """How many bars each day has, of those that the calendar expects, where a series is complete."""

    days: Ints  # exchange-local midnights
    expected: Ints
    found: Ints

    def missing(self) -> list[tuple[int, int, int]]:
        """Runs of days without any bar: first, last, how many."""
        empty = self.found == 0
        edges = np.flatnonzero(np.diff(empty, prepend=False, append=False))
        runs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
        return [(int(self.days[first]), int(self.days[end - 1]), end - first) for first, end in runs]


def session_counts(bars: Bars, spans: Intervals, key: SeriesKey, calendar: MarketCalendar) -> SessionCounts:
    """Of each day that is covered whole its bars, from the first stored bar on: before it nothing may have traded."""
    nothing = np.empty(0, dtype=np.int64)
    if bars.shape[1] == 0 or not spans:
        return SessionCounts(nothing, nothing, nothing)
    starts = _surely_traded(calendar.starts(key.period, key.sessions, int(bars[TIMESTAMP, 0]), spans[-1].end), calendar)
    at = np.zeros((len(FIELDS), starts.size))
    at[TIMESTAMP] = starts
    covered = np.isin(starts, inside(at, spans)[TIMESTAMP])
    days, index = np.unique(midnights(calendar.market, days_of(calendar.market, starts)), return_inverse=True)
    expected = np.bincount(index, minlength=days.size)
    found = np.bincount(index, weights=np.isin(starts, bars[TIMESTAMP]), minlength=days.size).astype(np.int64)
    whole = np.bincount(index, weights=covered, minlength=days.size) == expected
    return SessionCounts(days[whole], expected[whole], found[whole])


def _surely_traded(starts: Ints, calendar: MarketCalendar) -> Ints:
    """Without the US evenings that are not followed by a trading day: the calendar allows for bars there."""
    if calendar.market is not Market.US or starts.size == 0:
        return starts
    days = days_of(calendar.market, starts)
    evening = starts - midnights(calendar.market, days) >= EVENING.start * 60
    traded: Ints = starts[
        ~evening | np.isin(days + NEXT_DAY, calendar.days(days[0].item(), (days[-1] + NEXT_DAY).item()))
    ]
    return traded


def _where(bars: Bars, odd: Where, kind: str, rule: str) -> Iterator[Oddity]:
    if odd.any():
        yield Oddity(kind, rule, bars[TIMESTAMP, odd])
