"""Bar matrices: float64 of shape (8, n), one row per field, columns ascending by start. Pure array work."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from lpresearch.base.model import Interval

Bars = NDArray[np.float64]
Floats = NDArray[np.float64]  # one row of it
FIELDS = ("timestamp", "open", "high", "low", "close", "volume", "turnover", "session")
TIMESTAMP = 0
_PRICES = slice(1, 5)
_SAME_PRICE = 1e-9  # relative; decimal texts of one price decode to one float, so this is generous


def no_bars() -> Bars:
    """A matrix without bars."""
    return np.empty((len(FIELDS), 0), dtype=np.float64)


def between(bars: Bars, start: float, end: float) -> Bars:
    """The bars that start in ``[start, end)``, as a view."""
    first, last = np.searchsorted(bars[TIMESTAMP], (start, end))
    return bars[:, first:last]


def inside(bars: Bars, spans: Iterable[Interval]) -> Bars:
    """The bars that start in any of the spans, which ascend."""
    parts = [between(bars, span.start, span.end) for span in spans]
    return parts[0] if len(parts) == 1 else np.concatenate([no_bars(), *parts], axis=1)


def merge(old: Bars, new: Bars) -> Bars:
    """All bars of both in order of their start; where both have one, the new one counts."""
    if old.shape[1] == 0 or new.shape[1] == 0 or old[TIMESTAMP, -1] < new[TIMESTAMP, 0]:
        both = np.concatenate((old, new), axis=1)
        return both if _ascends(both) else _ordered(both)
    return _ordered(np.concatenate((old, new), axis=1))


def overlap_differs(stored: Bars, fetched: Bars) -> bool:
    """Whether a bar that both have has other prices: a split or dividend restated the series since it was stored."""
    _, mine, theirs = np.intersect1d(stored[TIMESTAMP], fetched[TIMESTAMP], return_indices=True)
    return not np.allclose(stored[_PRICES, mine], fetched[_PRICES, theirs], rtol=_SAME_PRICE, atol=0, equal_nan=True)


def _ascends(bars: Bars) -> bool:
    return bool(np.all(bars[TIMESTAMP, 1:] > bars[TIMESTAMP, :-1]))


def _ordered(bars: Bars) -> Bars:
    """Ascending and without repeats; of bars with one start the last given stays."""
    order = np.argsort(bars[TIMESTAMP], kind="stable")
    starts = bars[TIMESTAMP, order]
    last_of_each = np.append(starts[1:] != starts[:-1], True)
    return np.ascontiguousarray(bars[:, order[last_of_each]])
