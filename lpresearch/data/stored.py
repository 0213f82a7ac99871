"""What the store answers alone: spans that are final and wholly stored, of many symbols in a few looks at the disk.

Everything else takes a journey.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lpresearch.base.errors import StoreCorrupt
from lpresearch.base.markets import Market
from lpresearch.base.model import Interval, SeriesKey
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.client.session import Session
from lpresearch.data.journey import ALL_ROWS, Answer
from lpresearch.data.moments import Wanted
from lpresearch.history.bars import Bars
from lpresearch.history.intervals import within
from lpresearch.history.plan import first_moment


def stored_answers(
    session: Session,
    series: Mapping[SeriesKey, Wanted],
    calendars: Mapping[Market, MarketCalendar],
    rows: Sequence[int],
) -> dict[Symbol, Answer]:
    """The answers that need no journey. Disk work.

    Parameters
    ----------
    series : what is wanted of which series.
    rows : the rows of the bar matrix that are wanted, the timestamp first.
    """
    answers: dict[Symbol, Answer] = {}
    for span, keys in _by_span(session, series, calendars).items():
        bars = _field(session, keys, span, rows[1]) if len(rows) == 2 else _whole(session, keys, span, rows)
        answers |= {key.symbol: _for_nothing(matrix) for key, matrix in bars.items()}
    return answers


def _by_span(
    session: Session, series: Mapping[SeriesKey, Wanted], calendars: Mapping[Market, MarketCalendar]
) -> dict[Interval, list[SeriesKey]]:
    """The series by the span that is wanted of them, where that is a span of final bars within the documented reach."""
    found: dict[Interval, list[SeriesKey]] = {}
    spans: dict[tuple[Market, Wanted], Interval | None] = {}
    for key, wanted in series.items():
        case = key.symbol.market, wanted
        if case not in spans:
            spans[case] = _final_span(session, key, wanted, calendars[key.symbol.market])
        span = spans[case]
        if span is not None:
            found.setdefault(span, []).append(key)
    return found


def _final_span(session: Session, key: SeriesKey, wanted: Wanted, calendar: MarketCalendar) -> Interval | None:
    if wanted.start is None or wanted.end is None or wanted.count is not None or wanted.start >= wanted.end:
        return None
    first = first_moment(key, calendar, session.caps) if session.documented_reach else None
    final = wanted.end <= calendar.final_before(key.period, key.sessions, session.now())
    return Interval(wanted.start, wanted.end) if final and (first is None or wanted.start >= first) else None


def _field(session: Session, keys: Sequence[SeriesKey], span: Interval, row: int) -> dict[SeriesKey, Bars]:
    found = session.store.rows(keys, row, span.start, span.end, complete=True)
    return {key: np.stack(pair) for key, pair in found.items()}


def _whole(session: Session, keys: Sequence[SeriesKey], span: Interval, rows: Sequence[int]) -> dict[SeriesKey, Bars]:
    store, found = session.store, dict[SeriesKey, Bars]()
    for key, covered in store.coverages(keys).items():
        if not within(span, covered):
            continue
        try:
            bars = store.read(key, span.start, span.end, relied_on=(span,)) if rows else np.empty((0, 0))
        except StoreCorrupt:  # changed meanwhile: its journey will see
            continue
        found[key] = bars if tuple(rows) in (ALL_ROWS, ()) else bars[list(rows)]
    return found


def _for_nothing(bars: Bars) -> Answer:
    return Answer(bars, from_broker=0, calls=0, units=0, forming=False, left_out=())
