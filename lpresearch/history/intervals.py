"""Sets of half-open intervals, normalised: ascending, not touching, none empty. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from lpresearch.base.model import Interval

Intervals = tuple[Interval, ...]


def normalised(intervals: Iterable[Interval]) -> Intervals:
    """The same points as the fewest intervals in order; empty ones go, touching ones become one."""
    result: list[Interval] = []
    for interval in sorted(interval for interval in intervals if interval.start < interval.end):
        if result and interval.start <= result[-1].end:
            result[-1] = Interval(result[-1].start, max(result[-1].end, interval.end))
        else:
            result.append(interval)
    return tuple(result)


def union(one: Iterable[Interval], other: Iterable[Interval]) -> Intervals:
    """Points in either."""
    return normalised((*one, *other))


def difference(one: Iterable[Interval], other: Iterable[Interval]) -> Intervals:
    """Points of the first that are not in the second."""
    holes = normalised(other)
    result: list[Interval] = []
    for interval in normalised(one):
        start = interval.start
        for hole in holes:
            if hole.end <= start or hole.start >= interval.end:
                continue
            if hole.start > start:
                result.append(Interval(start, hole.start))
            start = hole.end
        if start < interval.end:
            result.append(Interval(start, interval.end))
    return tuple(result)


def intersection(one: Iterable[Interval], other: Iterable[Interval]) -> Intervals:
    """Points in both."""
    mine, theirs = normalised(one), normalised(other)
    return normalised(Interval(max(a.start, b.start), min(a.end, b.end)) for a in mine for b in theirs)


def contains(intervals: Iterable[Interval], point: float) -> bool:
    """Whether a point lies in one of the intervals."""
    return any(interval.start <= point < interval.end for interval in intervals)


def within(span: Interval, intervals: Iterable[Interval]) -> bool:
    """Whether one of the intervals, which are normalised, holds a whole span."""
    return any(interval.start <= span.start and span.end <= interval.end for interval in intervals)
