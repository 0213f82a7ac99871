"""The numbers of pushes: what is told, what was missed, and when a server counts anew."""

from __future__ import annotations

import pytest

from lpresearch.sources.longport_numbering import Numbering


def told(*came: int) -> list[int]:
    """The numbers that are new, in the order they came."""
    numbers = Numbering()
    return [number for number in came if numbers.is_new(number)]


@pytest.mark.parametrize(
    ("came", "new"),
    [
        ((1, 2, 3, 3, 4), [1, 2, 3, 4]),
        ((1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6), [1, 2, 3, 4, 5, 6]),
        ((5, 6, 6, 6, 6, 6, 7), [5, 6, 7]),
        ((1, 2, 4, 3, 3, 5), [1, 2, 4, 3, 5]),
        ((90, 91, 1, 1, 2, 2, 3, 3, 4), [90, 91, 3, 4]),
    ],
    ids=["one twice", "each twice", "one five times", "one late, and twice", "a server that counts anew, each twice"],
)
def test_what_came_before_is_not_told_again(came: tuple[int, ...], new: list[int]) -> None:
    assert told(*came) == new


def test_repeats_between_new_pushes_are_never_a_new_count_though_the_channel_counts_the_next_number_itself() -> None:
    numbers = Numbering()
    numbers.is_new(1)
    for number in range(2, 10):
        numbers.last = number  # the short way of a quote that is the next
        assert not numbers.is_new(number)


def test_a_server_that_counts_anew_twice_is_followed_each_time() -> None:
    numbers = Numbering()
    assert [numbers.is_new(number) for number in (100, 1, 2, 3, 4, 1, 2, 3, 4)] == [
        True, False, False, True, True, False, False, True, True,
    ]  # fmt: skip
    numbers.last = 100
    assert not numbers.is_new(100)


def test_a_repeat_of_an_old_push_after_the_count_went_back_to_where_it_was_is_no_new_count() -> None:
    numbers = Numbering()
    for number in (5, 1, 2, 3, 4, 5):
        numbers.is_new(number)
    assert not numbers.is_new(5)
