"""Dates and times as users write them (design, section 6: naive means exchange time, a date end is whole)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest

from lpresearch.base.errors import DateRangeError, InputError
from lpresearch.base.markets import Market
from lpresearch.data.moments import Moment, Wanted, parse_day, parse_wanted

HK_MIDNIGHT = 1717171200  # 2024-06-01 00:00 +08:00
NY_MIDNIGHT = 1717214400  # 2024-06-01 00:00 -04:00


@pytest.mark.parametrize(
    "start",
    [
        "2024-06-01",
        "20240601",
        date(2024, 6, 1),
        datetime(2024, 6, 1),
        "2024-06-01 00:00",
        np.datetime64("2024-06-01"),
        np.datetime64("2024-06-01", "ns"),
    ],
)
def test_a_start_is_the_exchanges_own_time(start: Moment) -> None:
    assert parse_wanted(start, None, None, Market.HK).start == HK_MIDNIGHT
    assert parse_wanted(start, None, None, Market.US).start == NY_MIDNIGHT


@pytest.mark.parametrize(
    "start", [datetime(2024, 5, 31, 16, tzinfo=UTC), pd.Timestamp("2024-05-31 16:00", tz="UTC"), "2024-05-31T16:00Z"]
)
def test_an_aware_time_is_taken_as_it_is(start: Moment) -> None:
    assert parse_wanted(start, None, None, Market.US).start == HK_MIDNIGHT


def test_a_date_end_includes_its_whole_day() -> None:
    assert parse_wanted(None, "2024-05-31", None, Market.HK).end == HK_MIDNIGHT


def test_a_count_of_numpy_is_a_count() -> None:
    assert parse_wanted(None, None, np.int64(5), Market.HK) == Wanted(None, None, 5)


def test_a_time_end_includes_the_bar_that_starts_then() -> None:
    assert parse_wanted(None, "2024-06-01 00:00", None, Market.HK).end == HK_MIDNIGHT + 1


def test_a_day_may_be_asked_alone() -> None:
    assert parse_wanted("2024-06-01", "2024-06-01", None, Market.HK) == Wanted(HK_MIDNIGHT, HK_MIDNIGHT + 86400, None)


def test_nothing_given_means_the_newest_thousand() -> None:
    assert parse_wanted(None, None, None, Market.HK) == Wanted(None, None, 1000)


def test_start_after_end_is_refused_and_says_so() -> None:
    with pytest.raises(DateRangeError, match=r"start='2024-06-02': start is not after end \(2024-06-01\)"):
        parse_wanted("2024-06-02", "2024-06-01", None, Market.HK)


def test_all_three_contradict_each_other() -> None:
    with pytest.raises(DateRangeError, match="contradict"):
        parse_wanted("2024-06-01", "2024-06-02", 5, Market.HK)


@pytest.mark.parametrize("count", [0, -1, 1001, 2.5, True, "5", np.array([5, 6])])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(InputError, match="count"):
        parse_wanted(None, None, count, Market.HK)


@pytest.mark.parametrize("text", ["yesterday", "2024-13-01", "01/06/2024", "", pd.NaT, 20240601])
def test_what_is_no_date_is_refused_with_an_example(text: Moment) -> None:
    with pytest.raises(DateRangeError, match="written as 2024-06-28"):
        parse_wanted(text, None, None, Market.HK)


@pytest.mark.parametrize("moment", [date.min, date.max, datetime.min, "0001-01-01", "9999-12-31 10:00", "1899-12-31"])
def test_a_year_out_of_reach_is_refused_as_a_start_and_as_an_end(moment: Moment) -> None:
    with pytest.raises(DateRangeError, match=r"start=.* years 1900 to 2199"):
        parse_wanted(moment, None, 3, Market.HK)
    with pytest.raises(DateRangeError, match=r"end=.* years 1900 to 2199"):
        parse_wanted(None, moment, 3, Market.HK)


def test_the_day_of_a_time_is_its_date() -> None:
    assert parse_day("2024-06-01 10:00", "start") == date(2024, 6, 1)
