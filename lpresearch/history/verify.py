"""The full check of the store, file by file: bytes, order, values, coverage and calendar. Heals what it can.

Reading makes the cheap checks (see ``store``). Here every byte is read again, whatever was verified before, and every
bar is looked at. A damaged file is set aside and its span forgotten, so that it is asked for again; everything else is
told and left as it is: a broker's own bars are kept, odd or not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from lpresearch.base.errors import StoreLocked
from lpresearch.base.markets import MARKETS
from lpresearch.base.model import SeriesKey
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.history.bars import TIMESTAMP, Bars, Floats
from lpresearch.history.checks import odd_values, off_calendar, session_counts
from lpresearch.history.intervals import Intervals, intersection
from lpresearch.history.layout import FOLDER, PACKED, PLAIN, key_of, span_of
from lpresearch.history.store import Store

_OURS = (PLAIN, PACKED, ".lock", ".used")


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be: in which series and file, of what kind, and the particulars.

    Kinds: ``damaged`` (set aside now), ``set aside`` (earlier), ``foreign``, ``leftover`` (of a killed writer),
    ``not counted`` (bars that no coverage names), ``locked`` (not checked), ``not finite``, ``negative``,
    ``inconsistent`` (open or close beyond high or low), ``off calendar``, ``gap`` (days without a bar), ``short``
    (days with fewer bars than can be).
    """

    series: str
    file: str
    kind: str
    detail: str


def stored_series(store: Store, chosen: Callable[[SeriesKey], bool]) -> list[tuple[str, SeriesKey]]:
    """The series of a store that are chosen, by name."""
    named = ((series, key_of(series)) for series in store.index.series())
    return [(series, key) for series, key in named if key is not None and chosen(key)]


def verify_series(store: Store, series: str, key: SeriesKey, calendar: MarketCalendar) -> Iterator[Finding]:
    """What is wrong with one series. Holds its lock, a file's bars at a time in memory."""
    store.forget_checked()
    try:
        with store.writing(series):
            for name in sorted(store.index.files(series)):
                told: list[str] = []
                opened = store.healed(series, name, told=told.append)
                if opened is None:
                    yield Finding(series, store.path(series, name).name, "damaged", " ".join(told))
                    continue
                file = next(path.name for path in store.paths(series) if path.stem == store.path(series, name).stem)
                spans = intersection(store.index.spans(series), [span_of(name)])
                for kind, detail in _of_bars(opened.bars, spans, key, calendar):
                    yield Finding(series, file, kind, detail)
            recorded = {store.path(series, name).stem for name in store.index.files(series)}
            for path in store.paths(series):
                if path.stem not in recorded:
                    yield Finding(series, path.name, "not counted", "no record names it; its bars count for nothing")
    except StoreLocked as exc:
        yield Finding(series, "", "locked", f"not checked: {exc.reason}")


def verify_folder(store: Store) -> Iterator[Finding]:
    """What lies in the folder of bars and does not belong there, or is a reminder of earlier damage."""
    root, recorded = store.cache / FOLDER, set(store.index.series())
    for path in sorted(root.rglob("*")):
        if path.is_dir():
            continue
        name = path.relative_to(root).as_posix()
        series = next((part for part in _possible_series(path, root) if key_of(part) is not None), "")
        if ".corrupt-" in path.name:
            yield Finding(series, name, "set aside", f"{path.stat().st_size} bytes of a file that was damaged")
        elif path.suffix == ".tmp" and series:
            yield Finding(series, name, "leftover", "of a writer that was killed; cleared at the next write")
        elif not series or path.suffix not in _OURS:
            yield Finding("", name, "foreign", "not a file of the store")
        elif path.suffix in (PLAIN, PACKED) and series not in recorded:
            yield Finding(series, name, "not counted", "no record names its series; its bars count for nothing")


def _possible_series(path: Path, root: Path) -> Iterator[str]:
    """The names of series that a file may belong to: with and without a year, a suffix, a temporary ending."""
    folder = path.parent.relative_to(root).as_posix()
    stem = path.name.partition(".")[0]
    parts = stem.split("-")
    yield f"{folder}/{stem}"
    if len(parts) > 3 and parts[3].isdigit():
        yield f"{folder}/{'-'.join(parts[:3])}"
    if path.suffix == ".tmp":
        yield from (f"{folder}/{'-'.join([*parts[:2], word])}" for word in ("regular", "all") if word in stem)


def _of_bars(bars: Bars, spans: Intervals, key: SeriesKey, calendar: MarketCalendar) -> Iterator[tuple[str, str]]:
    for oddity in (*odd_values(bars), *off_calendar(bars, key, calendar)):
        yield oddity.kind, f"{_some(oddity.stamps, key)}; {oddity.rule}"
    outside = _outside(bars, spans)
    if outside:
        yield "not counted", f"{outside} bars outside the spans that are complete; they count for nothing"
    counts = session_counts(bars, spans, key, calendar)
    for first, last, days in counts.missing():
        between = f"on {_day(first, key)}" if days == 1 else f"between {_day(first, key)} and {_day(last, key)}"
        yield "gap", f"{days} trading days without a bar {between}; the broker had none, or the calendar errs"
    short = (counts.found > 0) & (counts.found < counts.expected)
    if short.any():
        least = int(np.flatnonzero(short)[np.argmin(counts.found[short])])
        yield (
            "short",
            (
                f"{int(short.sum())} of {counts.days.size} trading days have fewer bars than there can be; the least, "
                f"{counts.found[least]} of {counts.expected[least]}, on {_day(int(counts.days[least]), key)}"
            ),
        )


def _outside(bars: Bars, spans: Intervals) -> int:
    within = sum(int(np.diff(bars[TIMESTAMP].searchsorted((span.start, span.end)))[0]) for span in spans)
    return int(bars.shape[1]) - within


def _some(stamps: Floats, key: SeriesKey) -> str:
    return f"{len(stamps)} bars, the first at {_moment(float(stamps[0]), key)}"


def _moment(stamp: float, key: SeriesKey) -> str:
    if not np.isfinite(stamp):
        return str(stamp)
    moment = datetime.fromtimestamp(stamp, ZoneInfo(MARKETS[key.symbol.market].zone))
    return moment.isoformat(" ") if key.period.minutes else moment.date().isoformat()


def _day(stamp: int, key: SeriesKey) -> str:
    return datetime.fromtimestamp(stamp, ZoneInfo(MARKETS[key.symbol.market].zone)).date().isoformat()
