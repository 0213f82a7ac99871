"""Where a series lies on disk: the names of its folders and files, and back. Touches no disk.

Layout, version 2 (the version stands in ``coverage.sqlite``)::

    <cache>/coverage.sqlite                                which spans are complete; of each file its bars and checksum
    <cache>/bars/v1/<source>/<symbol>/<series>.npy         bars of a day and longer, a series in one file
    <cache>/bars/v1/<source>/<symbol>/<series>-<year>.npy  minutes, by year (UTC)
    ... .packed instead of .npy                            a year that is over, compressed on request
    ... <series>.lock, <series>.used                       held by its one writer; touched on a day of use

``<series>`` is ``<period>-<adjust>-<sessions>``, such as ``1min-none-regular``; source and symbol are written by
``accounts.places.safe_name``. Version 1 had no checksums in ``coverage.sqlite`` and a shorter footer behind the bars
(``bar_file``). It is migrated when it is opened: the column is added at once, each file is written anew when it is next
added to, and read as it is until then. A store of a later version than this one is refused, and left as it is.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import numpy as np

from lpresearch.accounts.places import original_text, safe_name
from lpresearch.base.errors import LpError
from lpresearch.base.model import Adjust, Interval, Period, SeriesKey, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.history.bars import TIMESTAMP, Bars

FOLDER = "bars/v1"
WHOLE = ""  # the file of a series that is not split by year
PLAIN, PACKED = ".npy", ".packed"
# Words, because 1m and 1M are one name on a case-blind disk.
_PERIOD_WORDS = {period: f"{period.minutes}min" if period.minutes else f"1{period.name.lower()}" for period in Period}
_PERIODS = {word: period for period, word in _PERIOD_WORDS.items()}


@lru_cache(maxsize=4096)
def series_name(key: SeriesKey) -> str:
    """The name of a series in the store: folders and the beginning of its file names."""
    folder = f"{safe_name(key.source)}/{safe_name(key.symbol)}"
    return f"{folder}/{_PERIOD_WORDS[key.period]}-{key.adjust}-{key.sessions}"


def key_of(series: str) -> SeriesKey | None:
    """The series of a name; None where no series has it."""
    try:
        source, symbol, parts = series.split("/")
        period, adjust, sessions = parts.split("-")
        key = SeriesKey(
            original_text(source),
            Symbol(original_text(symbol)),
            _PERIODS[period],
            Adjust(adjust),
            Sessions(sessions),
        )
    except (ValueError, KeyError, LpError):
        return None
    return key if series_name(key) == series else None


def file_name(series: str, name: str, suffix: str = PLAIN) -> str:
    """A file of a series, below the folder of bars."""
    return f"{series}-{name}{suffix}" if name else f"{series}{suffix}"


def by_file(key: SeriesKey, bars: Bars) -> list[tuple[str, Bars]]:
    """The bars of each file: all in one, or minutes by year."""
    if bars.shape[1] == 0:
        return []
    if key.period.minutes is None:
        return [(WHOLE, bars)]
    years = bars[TIMESTAMP].astype("datetime64[s]").astype("datetime64[Y]")
    return [(str(year), bars[:, years == year]) for year in np.unique(years)]


@lru_cache(maxsize=256)
def span_of(name: str) -> Interval:
    """The time that a file answers for."""
    if name == WHOLE:
        return Interval(-(2**62), 2**62)
    year = int(name)
    first, following = (datetime(number, 1, 1, tzinfo=UTC) for number in (year, year + 1))
    return Interval(int(first.timestamp()), int(following.timestamp()))
