"""Coarser series from finer ones in the store: what was paid for once answers for every longer period it makes up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lpresearch.base.model import Adjust, Interval, SeriesKey
from lpresearch.history.coarser import coarser, finer_periods
from lpresearch.history.grid import Grid
from lpresearch.history.intervals import Intervals, difference, intersection
from lpresearch.history.store import Store


def make_of_finer(store: Store, grid: Grid, missing: Intervals) -> bool:
    """Store the missing bars of a series that stored finer bars make up; whether there were any.

    Adjusted series are left alone: bars that were adjusted at different moments need not agree.
    """
    key, made = grid.key, False
    if key.adjust is not Adjust.NONE or not missing:
        return False
    for finer, span in _sources(store, grid, missing):
        bars = store.read(finer, span.start, span.end)
        try:
            longer = coarser(bars, finer.period, key.period, grid.calendar, key.sessions)
        except ValueError:  # the calendar does not know that time as it was: the broker's own bars are the right ones
            continue
        store.write(key, longer, span)
        made = True
    return made


def _sources(store: Store, grid: Grid, missing: Intervals) -> Iterator[tuple[SeriesKey, Interval]]:
    """Finer series and the spans of which each holds all bars, the coarsest first."""
    keys = [replace(grid.key, period=period) for period in finer_periods(grid.key.period)]
    for finer, stored in store.coverages(keys).items():
        for part in intersection(stored, missing):
            whole = _whole_bars(grid, Grid(finer, grid.calendar), part)
            if whole.start < whole.end:
                yield finer, whole
                missing = difference(missing, [whole])


def _whole_bars(grid: Grid, finer: Grid, part: Interval) -> Interval:
    """The longer bars that have all their finer ones in a span."""
    first, following = grid.next_start(part.start), grid.next_start(part.end)
    if finer.next_start(part.end) < following:  # the last one goes on after the span
        following = grid.previous_start(following)
    return Interval(first, min(following, part.end))
