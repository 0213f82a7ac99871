"""Bars that a user has, into the store: checked strictly, every problem named at once, nothing repaired."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal, get_args
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from lpresearch.base.errors import DateRangeError, InputError
from lpresearch.base.markets import MARKETS
from lpresearch.base.model import Adjust, Interval, Period, SeriesKey, Session, Sessions
from lpresearch.base.symbols import Symbol, parse_symbols
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.choices import parse_choice, parse_text
from lpresearch.data.moments import Moment, epoch_of
from lpresearch.frames.columns import IMPORTED
from lpresearch.frames.series import series_columns, series_table
from lpresearch.history.bars import FIELDS, TIMESTAMP, Bars, between
from lpresearch.history.checks import Oddity, odd_values, off_calendar, out_of_order
from lpresearch.history.intervals import Intervals, difference
from lpresearch.history.store import Store

_NUMBERS = FIELDS[1:-1]
Existing = Literal["keep", "replace"]
_KEPT = {"inconsistent"}  # a broker's own bars are so at times; verify() names them
_SCHEMA = "timestamp (with a zone), open, high, low, close, volume, turnover"


@both
async def import_bars(
    bars: pd.DataFrame | str | Path,
    symbol: str,
    period: str = "1d",
    *,
    covered: tuple[Moment, Moment],
    adjust: str = "none",
    sessions: str = "regular",
    source: str | None = None,
    existing: Existing = "keep",
) -> pd.DataFrame:
    """Put bars that you have into the store, so that ``candles`` spends nothing on them.

    Parameters
    ----------
    bars : a frame as ``candles`` returns it for one symbol, or the path of a CSV or Parquet file with the columns
        ``timestamp open high low close volume turnover`` (and ``session`` with ``sessions="all"``). Times have a zone;
        dates of a day and longer may have none.
    symbol, period, adjust, sessions : what they are of, as in ``candles``.
    covered : first and last moment between which these bars are all that the broker has: your word, by which nothing
        there is asked again. A date as the second includes its whole session.
    source : the broker they are of; None for the one connected to.
    existing : ``"keep"`` takes your bars only where the store is not complete already; ``"replace"`` lets yours stand
        for everything in ``covered``.

    Returns
    -------
    pandas.DataFrame
        One row: ``source symbol period adjust sessions given stored covered``.

    Raises
    ------
    InputError : the bars break rules; it lists every one, and nothing was stored.
    DateRangeError : ``covered`` is not a span, or reaches beyond what is final.
    StoreError : a full or read-only disk.

    Notes
    -----
    Costs no quota and no request for candles. Bars with open or close beyond high or low are taken; ``verify`` names
    them.

    Examples
    --------
    >>> import lpresearch as lp
    >>> bars = lp.candles("700.HK", "1d", start="2024-01-02", end="2024-03-28")
    >>> int(lp.import_bars(bars, "700.HK", covered=("2024-01-02", "2024-03-28")).loc[0, "given"]) == len(bars)
    True
    """
    (named,) = parse_symbols([symbol], parameter="symbol")
    if existing not in get_args(Existing):
        raise InputError("existing", existing, f"existing is one of {', '.join(get_args(Existing))}")
    parts = Period.parse(period), parse_choice("adjust", adjust, Adjust), parse_choice("sessions", sessions, Sessions)
    if source is not None:
        parse_text("source", source, hint="None is the broker connected to.")
    session = await current()
    key = SeriesKey(source or session.source.name, named, *parts)
    calendar = await session.calendar(named.market)
    final_before = calendar.final_before(key.period, key.sessions, session.now())
    span = _covered(covered, key, calendar, final_before)
    frame = await session.disk(read_bars, bars)
    matrix = checked_bars(frame, key, calendar, covered=span, final_before=final_before)
    gaps = await session.disk(_imported, session.store, key, matrix, span, existing)
    stored = sum(between(matrix, gap.start, gap.end).shape[1] for gap in gaps)
    row = {"given": matrix.shape[1], "stored": stored, "covered": _spans_in_words(gaps, named)}
    return series_table([series_columns(key) | row], IMPORTED, attrs=session.marks())


def read_bars(bars: pd.DataFrame | str | Path) -> pd.DataFrame:
    """The frame given, or that in a CSV or Parquet file.

    Raises
    ------
    InputError : something else, a file that is not there or not readable, a missing pyarrow.
    """
    if isinstance(bars, pd.DataFrame):
        return bars
    if not isinstance(bars, str | Path):
        raise InputError("bars", bars, "bars are a DataFrame or the path of a CSV or Parquet file")
    path = Path(bars).expanduser()
    try:
        if path.suffix == ".csv":
            return pd.read_csv(path)
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
    except ImportError as exc:
        raise InputError("bars", str(bars), "Parquet needs pyarrow", hint="pip install 'lpresearch[arrow]'") from exc
    except (OSError, ValueError) as exc:  # pandas' and pyarrow's own errors are values
        raise InputError("bars", str(bars), f"the file cannot be read: {exc}") from exc
    raise InputError("bars", str(bars), "a file of bars ends in .csv or .parquet")


def checked_bars(
    frame: pd.DataFrame, key: SeriesKey, calendar: MarketCalendar, *, covered: Interval, final_before: int
) -> Bars:
    """The bar matrix of a frame.

    Raises
    ------
    InputError : every rule that the frame breaks.
    """
    frame = _flat(frame)
    problems = _shape_problems(frame, key)
    if not problems:
        bars = _matrix(frame, key)
        problems = [_in_words(oddity, key) for oddity in _oddities(bars, key, calendar)]
        outside = bars.shape[1] - between(bars, covered.start, covered.end).shape[1] if not problems else 0
        if outside:
            problems.append(f"{outside} bars lie outside covered; it says where your bars are all there are")
    if not problems and bars.shape[1] and bars[TIMESTAMP, -1] >= final_before:
        problems.append(f"bars from {_moment(final_before, key)} on are not final yet")
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        rule = f"{len(problems)} problem(s); nothing was stored:\n{listed}\n"
        raise InputError("bars", f"{len(frame)} rows", rule, hint="Correct them and import again.")
    return bars


def _flat(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with its stamps as a column."""
    return frame.reset_index() if frame.index.name == "timestamp" and "timestamp" not in frame else frame


def _shape_problems(frame: pd.DataFrame, key: SeriesKey) -> list[str]:
    needed = ["timestamp", *_NUMBERS, *(["session"] if key.sessions is Sessions.ALL else [])]
    absent = [name for name in needed if name not in frame]
    if isinstance(frame.index, pd.MultiIndex) or "symbol" in frame:
        return ["there are several symbols; import one at a time: bars.loc[symbol]"]
    if absent:
        return [f"columns are missing: {', '.join(absent)}; bars have {_SCHEMA}"]
    problems = []
    for name in _NUMBERS:
        if not pd.api.types.is_numeric_dtype(frame[name]) or pd.api.types.is_bool_dtype(frame[name]):
            problems.append(f"column {name} is {frame[name].dtype}, not numbers")
    try:
        stamps = _instants(frame["timestamp"], key)
    except (ValueError, TypeError) as exc:
        return [*problems, f"timestamp: {exc}"]
    if stamps.isna().any():
        problems.append(f"{int(stamps.isna().sum())} stamps are missing")
    if "session" in needed:
        words = {str(session) for session in Session}
        strange = sorted({str(word) for word in frame["session"].unique()} - words)
        if strange:
            problems.append(f"sessions {', '.join(strange)} are not one of {', '.join(Session)}")
    return problems


def _instants(stamps: pd.Series, key: SeriesKey) -> pd.Series:
    """Stamps as UTC instants; dates without a zone are the exchange's days, times without one are refused."""
    parsed = pd.to_datetime(stamps, format="ISO8601") if stamps.dtype.kind not in "M" else stamps
    if not isinstance(parsed.dtype, pd.DatetimeTZDtype):
        if parsed.dtype.kind != "M":
            raise ValueError("stamps are not times of one zone")
        if key.period.minutes is not None or (parsed != parsed.dt.normalize()).any():
            raise ValueError("times have no zone; write them with one, or tz_localize the index")
        parsed = parsed.dt.tz_localize(MARKETS[key.symbol.market].zone)
    return parsed.dt.tz_convert("UTC")


def _matrix(frame: pd.DataFrame, key: SeriesKey) -> Bars:
    stamps = _instants(frame["timestamp"], key).dt.tz_localize(None).to_numpy()
    bars = np.zeros((len(FIELDS), len(frame)))
    bars[TIMESTAMP] = stamps.astype("M8[us]").astype(np.int64) / 1e6
    for row, name in enumerate(_NUMBERS, start=1):
        bars[row] = frame[name].to_numpy(dtype=np.float64, na_value=np.nan)
    if key.sessions is Sessions.ALL:
        bars[-1] = frame["session"].astype(str).map({str(word): n for n, word in enumerate(Session)}).to_numpy()
    return bars


def _oddities(bars: Bars, key: SeriesKey, calendar: MarketCalendar) -> list[Oddity]:
    unordered = list(out_of_order(bars))
    strange = [oddity for oddity in odd_values(bars) if oddity.kind not in _KEPT]
    return [*unordered, *strange, *(() if unordered else off_calendar(bars, key, calendar))]


def _in_words(oddity: Oddity, key: SeriesKey) -> str:
    count, first = len(oddity.stamps), _moment(float(oddity.stamps[0]), key)
    return f"{oddity.kind}: {count} bar(s), the first at {first}; {oddity.rule}"


def _moment(stamp: float, key: SeriesKey) -> str:
    return datetime.fromtimestamp(stamp, ZoneInfo(MARKETS[key.symbol.market].zone)).isoformat(" ")


def _imported(store: Store, key: SeriesKey, bars: Bars, span: Interval, existing: Existing) -> Intervals:
    """Store the bars; the spans that they now answer for."""
    if existing == "replace":
        store.write(key, bars, span, only=True)
        return (span,)
    gaps = difference([span], store.coverage(key))
    for gap in gaps:
        store.write(key, between(bars, gap.start, gap.end), gap)
    return gaps


def _covered(covered: tuple[Moment, Moment], key: SeriesKey, calendar: MarketCalendar, final_before: int) -> Interval:
    if not isinstance(covered, tuple) or len(covered) != 2:
        raise DateRangeError("covered", covered, 'covered is a pair such as ("2020-01-01", "2023-12-31")')
    market = key.symbol.market
    first, last = epoch_of(covered[0], "covered", market), epoch_of(covered[1], "covered", market, end=True)
    if first >= last:
        raise DateRangeError("covered", covered, "its first moment is not after its last", hint="Swap them.")
    if calendar.next_start(key.period, key.sessions, final_before) < last:
        until = datetime.fromtimestamp(final_before, ZoneInfo(MARKETS[market].zone))
        raise DateRangeError("covered", covered, f"bars from {until:%Y-%m-%d %H:%M} on are not final yet")
    return Interval(first, min(last, final_before))


def _spans_in_words(spans: Intervals, symbol: Symbol) -> str:
    zone = ZoneInfo(MARKETS[symbol.market].zone)
    ends = [[datetime.fromtimestamp(at, zone).isoformat(" ", "minutes") for at in (s.start, s.end)] for s in spans]
    return ", ".join(f"{start} to {end}" for start, end in ends)
