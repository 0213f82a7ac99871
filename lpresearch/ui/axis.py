"""Ticks for charts whose x axis counts bars, so that closed hours leave no gap; and numbers for price and volume axes.

Never draws: returns positions and texts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Ticks:
    """Bar positions and the text below each."""

    positions: list[int]
    labels: list[str]


def date_ticks(index: pd.DatetimeIndex, *, most: int, intraday: bool) -> Ticks:
    """At most ``most`` ticks at natural boundaries: round times, days, weeks, months, years.

    The first tick of a day (of a year, for daily bars and longer) carries the date (the year) on a second line.
    """
    if not len(index):
        return Ticks([], [])
    levels = (_intraday_levels(index) if intraday else []) + _day_levels(index)
    name, keys = next(
        ((name, keys) for name, keys in levels if _boundaries(keys).size <= most), levels[-1]
    )  # the finest that fits
    outer = index.year.to_numpy() if name not in _TIMES else _day_number(index)
    starts = _boundaries(keys)
    if name in ("month", "quarter", "year"):  # a first bar in mid-month is no boundary, unless it is all there is
        starts = starts[1:] if starts.size > 2 else starts
    chosen = _spread(starts, _boundaries(outer), gap=max(1, math.ceil(0.7 * len(index) / most)))
    return Ticks(chosen, _labels(index, chosen, name))


_TIMES = ("bar", "minutes")


def _day_number(index: pd.DatetimeIndex) -> NDArray[np.int64]:
    naive = index.tz_localize(None).to_numpy().astype("datetime64[D]")
    return naive.astype(np.int64)


def _intraday_levels(index: pd.DatetimeIndex) -> list[tuple[str, NDArray[np.int64]]]:
    minute = _day_number(index) * 1440 + (index.hour * 60 + index.minute).to_numpy().astype(np.int64)
    steps = (5, 10, 15, 30, 60, 120, 240)
    return [("bar", minute)] + [("minutes", minute // step) for step in steps]


def _day_levels(index: pd.DatetimeIndex) -> list[tuple[str, NDArray[np.int64]]]:
    day = _day_number(index)
    week = (day + 3) // 7  # 1970-01-01 was a Thursday: weeks start on Monday
    year = index.year.to_numpy().astype(np.int64)
    month = year * 12 + index.month.to_numpy().astype(np.int64) - 1
    return [
        ("day", day), ("day", week), ("day", week // 2), ("month", month), ("month", month // 2),
        ("quarter", month // 3), ("quarter", month // 6), ("year", year), ("year", year // 2),
        ("year", year // 5), ("year", year // 10), ("year", year // 20),
    ]  # fmt: skip


def _boundaries(keys: NDArray[np.int64]) -> Positions:
    return np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])


def _spread(positions: Positions, first: Positions, *, gap: int) -> list[int]:
    """The positions that stand at least ``gap`` apart; those in ``first`` win over their neighbours."""
    kept: list[int] = []
    preferred = np.intersect1d(positions, first)
    for position in (*preferred.tolist(), *np.setdiff1d(positions, preferred).tolist()):
        if all(abs(position - other) >= gap for other in kept):
            kept.append(position)
    return sorted(kept)


def _labels(index: pd.DatetimeIndex, positions: Sequence[int], name: str) -> list[str]:
    labels: list[str] = []
    context = ""
    for stamp in index[list(positions)]:
        text, outer = _text(stamp, name)
        labels.append(f"{text}\n{outer}" if outer != context else text)
        context = outer
    return labels


def _text(stamp: pd.Timestamp, name: str) -> tuple[str, str]:
    day = f"{stamp.day} {stamp:%b}"
    if name in _TIMES:
        return f"{stamp:%H:%M}", day
    if name == "year":
        return f"{stamp:%Y}", ""
    return (day if name == "day" else f"{stamp:%b}"), f"{stamp:%Y}"


def decimals_of(step: float) -> int:
    """How many decimals tell values apart that lie ``step`` apart."""
    if not math.isfinite(step) or step <= 0:
        return 2
    for decimals in range(9):
        scaled = step * 10**decimals
        if scaled > 0.5 and abs(scaled - round(scaled)) < 1e-6:
            return decimals
    return 9


def short_number(value: float) -> str:
    """A volume in three digits and a letter: 950, 12.3k, 4.5M, 1.2B."""
    for limit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= 0.9995 * limit:  # what would round up to 1000 takes the next letter
            return f"{value / limit:.3g}{letter}"
    return f"{value:.3g}"
