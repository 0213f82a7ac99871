"""Dates and times as users write them -> epoch seconds; a date is the exchange's day, a naive time its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import SupportsIndex
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from lpresearch.base.errors import DateRangeError, InputError
from lpresearch.base.markets import MARKETS, Market
from lpresearch.data.choices import parse_whole

Moment = str | date | datetime | pd.Timestamp | np.datetime64
YEARS = range(1900, 2200)  # no exchange here has bars before; far from where clocks and zones end
MAX_COUNT = 1000  # bars in one reply of the newest bars; more need a start


@dataclass(frozen=True)
class Wanted:
    """What a user asked for: bars that start in [start, end), or the newest or first ``count`` of them."""

    start: int | None  # epoch seconds UTC
    end: int | None  # epoch seconds UTC, not included
    count: int | None


def parse_wanted(start: Moment | None, end: Moment | None, count: SupportsIndex | None, market: Market) -> Wanted:
    """Check start, end and count together.

    Raises
    ------
    DateRangeError : start after end, all three given, or something that is no date.
    InputError : a count out of range.
    """
    if start is not None and end is not None and count is not None:
        raise DateRangeError(
            "count", count, "start, end and count contradict each other", hint="Leave one of them out."
        )
    count = None if count is None else parse_whole("count", count, low=1)
    if count is not None and start is None and count > MAX_COUNT:
        raise InputError(
            "count",
            count,
            f"a count without a start is at most {MAX_COUNT}",
            hint="Give a start to get more; plain history then costs one unit of quota per new symbol.",
        )
    first = epoch_of(start, "start", market) if start is not None else None
    last = epoch_of(end, "end", market, end=True) if end is not None else None
    if first is not None and last is not None and first >= last:
        raise DateRangeError("start", str(start), f"start is not after end ({end})", hint="Swap them.")
    if start is None and count is None:
        count = MAX_COUNT
    return Wanted(first, last, count)


def parse_day(value: Moment | None, parameter: str) -> date | None:
    """The date a user wrote; of a time its date."""
    if value is None:
        return None
    parsed = _parse(value, parameter)
    return parsed.date() if isinstance(parsed, datetime) else parsed


def epoch_of(value: Moment, parameter: str, market: Market, *, end: bool = False) -> int:
    """Epoch seconds of a moment; as an end, just after the last bar start that it includes."""
    zone = ZoneInfo(MARKETS[market].zone)
    parsed = _parse(value, parameter)
    if isinstance(parsed, datetime):
        aware = parsed if parsed.tzinfo is not None else parsed.replace(tzinfo=zone)
        whole = int(aware.timestamp() // 1)
        later = 1 if end or aware.timestamp() > whole else 0
        return whole + later
    day = parsed + timedelta(days=1) if end else parsed
    return int(datetime.combine(day, time(), zone).timestamp())


def _parse(value: object, parameter: str) -> date | datetime:
    """A date where no time of day was given, else a datetime."""
    parsed = _parse_any(value, parameter)
    if parsed.year not in YEARS:
        raise DateRangeError(
            parameter,
            str(value),
            f"a date is of the years {YEARS[0]} to {YEARS[-1]}",
            hint="Give a day of these years.",
        )
    return parsed


def _parse_any(value: object, parameter: str) -> date | datetime:
    try:
        if isinstance(value, np.datetime64):
            return _parse_text(str(value))  # NumPy writes a day as a date, anything finer as a time
        if isinstance(value, str):
            return _parse_text(value.strip())
        if isinstance(value, pd.Timestamp):
            return value.to_pydatetime(warn=False)
        if isinstance(value, date) and value == value:  # NaT is a date that differs from itself
            return value
    except (ValueError, OverflowError):
        pass
    raise DateRangeError(parameter, value, "a date is written as 2024-06-28, a time as 2024-06-28 10:30")


def _parse_text(text: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text)
