"""Interval sets against sets of points."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lpresearch.base.model import Interval
from lpresearch.history import intervals
from lpresearch.history.intervals import Intervals

raw = st.lists(st.builds(Interval, st.integers(0, 30), st.integers(0, 30)), max_size=6)


def points(some: list[Interval] | Intervals) -> set[int]:
    return {point for interval in some for point in range(interval.start, interval.end)}


def is_normal(some: Intervals) -> bool:
    return all(i.start < i.end for i in some) and all(a.end < b.start for a, b in pairwise(some))


def test_touching_intervals_become_one_and_empty_ones_go() -> None:
    given_ = [Interval(5, 7), Interval(1, 3), Interval(3, 4), Interval(9, 9)]
    assert intervals.normalised(given_) == (Interval(1, 4), Interval(5, 7))


def test_a_hole_splits_an_interval() -> None:
    assert intervals.difference([Interval(0, 10)], [Interval(3, 5)]) == (Interval(0, 3), Interval(5, 10))


@settings(deadline=None)
@given(raw, raw)
def test_the_operations_are_those_of_sets(one: list[Interval], other: list[Interval]) -> None:
    for operation, expected in (
        (intervals.union, points(one) | points(other)),
        (intervals.difference, points(one) - points(other)),
        (intervals.intersection, points(one) & points(other)),
    ):
        result = operation(one, other)
        assert points(result) == expected
        assert is_normal(result)


@settings(deadline=None)
@given(raw, st.integers(0, 30))
def test_a_point_is_contained_as_in_the_set(some: list[Interval], point: int) -> None:
    assert intervals.contains(some, point) == (point in points(some))
