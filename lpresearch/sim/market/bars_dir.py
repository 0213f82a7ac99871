"""The user's own bars: a folder of ``SYMBOL.csv`` and ``SYMBOL.parquet`` files (``bars_files``), served unchanged.

Reads when made, never writes. Where all bars of a file are at local midnight it is daily and serves days and longer;
otherwise it serves its own bar size and longer. A turnover that is missing stays missing: an empty text on the wire,
NaN for a client. Adjusted or not, the bars are as given. A leading underscore in a file's name is not part of the
symbol (``_CON.US.csv``, for Windows).
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

import numpy as np

from lpresearch.base.errors import ConfigError, SymbolError
from lpresearch.base.markets import Market
from lpresearch.base.model import Period, Session, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.buckets import first_days
from lpresearch.calendars.sessions import CLOSING_TAIL, spans
from lpresearch.calendars.zones import DAY_MINUTES, days_of, midnights
from lpresearch.sim.market.bars_files import READERS
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.instruments import Listing, plain_listing
from lpresearch.sim.market.snapshots import QuoteSnapshot

_NUMBERS = list(Session)


@dataclass(frozen=True, eq=False)
class OwnSeries:
    """The bars of one file, as a bar matrix."""

    symbol: Symbol
    matrix: Floats
    minutes: int | None  # size of the bars in minutes; None for daily ones

    def bars(self, period: Period, sessions: Sessions) -> Floats:
        """The bar matrix of a period; empty where the file's bars are longer than that."""
        if period.minutes is not None and (self.minutes is None or period.minutes < self.minutes):
            return np.empty((8, 0))
        market = self.symbol.market
        matrix = self.matrix
        if sessions is Sessions.REGULAR or period.minutes is None:
            matrix = matrix[:, matrix[7] == 0]
        own_size = period is Period.DAY if self.minutes is None else period.minutes == self.minutes
        if own_size:
            return matrix
        times = matrix[0].astype(np.int64)
        days = days_of(market, times)
        if period.minutes is None:
            begun = midnights(market, first_days(days, period))
        else:
            minute = np.minimum((times - midnights(market, days)) // 60, DAY_MINUTES - 1)
            origin = _origins(market)[0][minute]
            begun = midnights(market, days) + (origin + (minute - origin) // period.minutes * period.minutes) * 60
        return _joined(matrix, begun)


class BarsDir:
    """All series of a folder.

    Parameters
    ----------
    folder : where the files are.
    clock : bars that start after its now are not shown.

    Raises
    ------
    ConfigError : no folder, no files, or a file that breaks the rules, with its name, line, value and rule; Parquet
        where pyarrow is missing.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._clock = clock
        self._series: dict[str, OwnSeries] = {}
        digest = hashlib.sha256()
        if not folder.is_dir():
            raise ConfigError(
                f"bars={str(folder)!r}: there is no such folder.",
                hint="It holds files named SYMBOL.csv or SYMBOL.parquet.",
            )
        for path in sorted(path for path in folder.iterdir() if path.suffix in READERS):
            content = _content(path)
            digest.update(path.name.encode() + b"\0" + content + b"\0")
            series = _series(path, content)
            if series.symbol in self._series:
                raise ConfigError(f"{path.name}: there is another file for {series.symbol}.", hint="Keep one of them.")
            self._series[series.symbol] = series
        if not self._series:
            raise ConfigError(
                f"bars={str(folder)!r}: it holds no SYMBOL.csv and no SYMBOL.parquet.", hint="Example: 700.HK.csv."
            )
        self.digest = digest.hexdigest()[:8]

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._series

    def listing(self, symbol: str) -> Listing | None:
        """A listing made up for a symbol of the folder."""
        series = self._series.get(symbol)
        return plain_listing(series.symbol, _decimal(series.matrix[4, -1])) if series else None

    def bars(self, symbol: str, period: Period, sessions: Sessions, start: float, end: float) -> Floats:
        """The bar matrix of the bars that start in [start, end); one that is begun holds what is known by now."""
        matrix = self._visible(symbol).bars(period, sessions)
        return matrix[:, np.searchsorted(matrix[0], start) : np.searchsorted(matrix[0], end)]

    def stamps(self, symbol: str, *, after: float, until: float) -> list[float]:
        """When the bars begin that begin after one moment and until another."""
        times = self._series[symbol].matrix[0]
        found: list[float] = times[(times > after) & (times <= until)].tolist()
        return found

    def quote(self, symbol: str) -> QuoteSnapshot:
        """The values of the last bar that has begun, and of its day; of the first one where none has."""
        visible = self._visible(symbol)
        days = visible.bars(Period.DAY, Sessions.REGULAR)
        if not days.shape[1]:
            days = visible.matrix
        _, opened, high, low, close, volume, turnover, _ = days[:, -1].tolist()
        before = days[4, -2] if days.shape[1] > 1 else opened
        return QuoteSnapshot(
            last_done=_decimal(close),
            prev_close=_decimal(before),
            open=_decimal(opened),
            high=_decimal(high),
            low=_decimal(low),
            timestamp=int(visible.matrix[0, -1]),
            volume=int(volume),
            turnover=None if math.isnan(turnover) else _decimal(turnover),
        )

    def _visible(self, symbol: str) -> OwnSeries:
        """The bars that have begun by now; the first one where none has."""
        series = self._series[symbol]
        shown = max(int(np.searchsorted(series.matrix[0], self._clock.now(), side="right")), 1)
        return series if shown == series.matrix.shape[1] else replace(series, matrix=series.matrix[:, :shown])


def _decimal(value: float) -> Decimal:
    return Decimal(repr(float(value)))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        raise ConfigError(f"{path.name}: it cannot be read ({exc.strerror}).") from exc


def _series(path: Path, content: bytes) -> OwnSeries:
    """The bars of one file, its rules held."""
    try:
        symbol = Symbol(path.stem.removeprefix("_"))
    except SymbolError as exc:
        raise ConfigError(f"{path.name}: the name before {path.suffix} is not a symbol.", hint=exc.hint) from exc
    matrix = READERS[path.suffix](path.name, content, symbol.market)
    times = matrix[0].astype(np.int64)
    seconds = times - midnights(symbol.market, days_of(symbol.market, times))
    if not seconds.any():
        return OwnSeries(symbol, matrix, None)
    matrix[7] = _origins(symbol.market)[1][np.minimum(seconds // 60, DAY_MINUTES - 1)]
    return OwnSeries(symbol, matrix, max(int(np.diff(times).min()) // 60, 1) if len(times) > 1 else 1)


def _origins(market: Market) -> tuple[Ints, Ints]:
    """For each minute of a day: where the session that it belongs to starts, and the session's wire number."""
    origins = np.zeros(DAY_MINUTES, dtype=np.int64)
    sessions = np.zeros(DAY_MINUTES, dtype=np.int64)
    for span in spans(market, sessions=Sessions.ALL):
        origins[span.start : span.end] = span.start
        sessions[span.start : span.end] = _NUMBERS.index(span.session)
    last = spans(market)[-1]
    origins[last.end : last.end + CLOSING_TAIL[market]] = last.start
    return origins, sessions


def _joined(matrix: Floats, begun: Ints) -> Floats:
    """Bars joined where they belong to the same longer one."""
    if not len(begun):
        return matrix
    firsts = np.flatnonzero(np.diff(begun, prepend=begun[0] - 1))
    lasts = np.append(firsts[1:], len(begun)) - 1
    longer = matrix[:, firsts].copy()
    longer[0] = begun[firsts]
    longer[2] = np.maximum.reduceat(matrix[2], firsts)
    longer[3] = np.minimum.reduceat(matrix[3], firsts)
    longer[4] = matrix[4, lasts]
    longer[5:7] = np.add.reduceat(matrix[5:7], firsts, axis=1)
    return longer
