"""Any order of requests, whole or in parts, with packing and other openers in between, ends in the same store."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lpresearch as lp
from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.base.symbols import Symbol
from lpresearch.history.bars import FIELDS, Bars, inside, merge, no_bars
from lpresearch.history.intervals import Intervals, intersection, union
from lpresearch.history.layout import series_name
from lpresearch.history.store import Store

DAY_S = 86_400
NEW_YEAR = 19_723  # 2024-01-01 in days since 1970
HOURS = SeriesKey("broker", Symbol("700.HK"), Period.MIN_60)
SPANS = st.lists(
    st.tuples(st.integers(NEW_YEAR - 5, NEW_YEAR + 5), st.integers(0, 4)).map(
        lambda day: Interval(day[0] * DAY_S, (day[0] + day[1]) * DAY_S)
    ),
    min_size=1,
    max_size=6,
)
REQUESTS = (
    ("1d", "2015-01-01", "2016-06-30"),
    ("1d", "2013-01-01", "2015-03-31"),
    ("1d", "2024-06-01", "2025-03-07"),
    ("60m", "2024-01-10", "2024-02-20"),
    ("60m", "2023-12-15", "2024-01-31"),
    ("60m", "2025-02-24", "2025-03-07"),
)


def hours(span: Interval) -> Bars:
    """What the broker has in a span: a bar every second hour."""
    at = np.arange(-(-span.start // 7200) * 7200, span.end, 7200, dtype=np.float64)
    return np.stack([at + row * (row > 0) for row in range(len(FIELDS))])


@settings(max_examples=60, deadline=None)
@given(SPANS, st.randoms(use_true_random=False))
def test_any_order_of_writes_ends_in_the_same_store(spans: list[Interval], dice: random.Random) -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for span in dice.sample(spans, len(spans)):
            if dice.random() < 0.3:
                store.pack(series_name(HOURS), dice.choice(("2023", "2024")))
            if dice.random() < 0.3:
                store.close()
                store = Store(Path(folder))
            store.write(HOURS, hours(span), span)
        truth = no_bars()
        for span in spans:
            truth = merge(truth, hours(span))
        assert store.coverage(HOURS) == union(spans, [])
        np.testing.assert_array_equal(store.read(HOURS, 0, 2**40), truth)
        store.close()


def stored(wanted: dict[SeriesKey, Intervals]) -> dict[SeriesKey, Bars]:
    """The bars of the spans asked for; all of them must be complete."""
    store = lp.session().store
    for key, spans in wanted.items():
        assert intersection(store.coverage(key), spans) == spans
    return {key: inside(store.read(key, 0, 2**40), spans) for key, spans in wanted.items()}


@pytest.mark.usefixtures("broker")
def test_any_order_of_requests_ends_in_the_same_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dice, first = random.Random(1), None
    wanted: dict[SeriesKey, Intervals] = {}
    for run in range(3):
        monkeypatch.setenv("LPRESEARCH_CACHE_DIR", str(tmp_path / f"cache {run}"))
        for period, start, end in dice.sample(REQUESTS, len(REQUESTS)):
            bars = lp.candles("700.HK", period, start=start, end=end)
            stamps = bars.index.as_unit("s").asi8  # type: ignore[attr-defined]
            key = SeriesKey(lp.session().source.name, Symbol("700.HK"), Period(period))
            wanted[key] = union(wanted.get(key, ()), [Interval(int(stamps[0]), int(stamps[-1]) + 1)])
        now = stored(wanted)
        first = first or now
        for key, bars_of_key in now.items():
            np.testing.assert_array_equal(bars_of_key, first[key])
        lp.disconnect()
