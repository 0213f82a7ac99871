"""One symbol's candles as arrays, read from a frame, and what a chart says of them in words. Never draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lpresearch.base.errors import InputError
from lpresearch.base.markets import MARKETS
from lpresearch.base.symbols import Symbol

Floats = NDArray[np.float64]
_PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class CandleBars:
    """What is drawn: one symbol's bars as arrays, and what is known of them."""

    index: pd.DatetimeIndex  # in the exchange's zone
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    symbol: str
    period: str
    simulated: bool
    forming: bool

    @property
    def intraday(self) -> bool:
        return bool((self.index != self.index.normalize()).any())

    @property
    def rising(self) -> NDArray[np.bool_]:
        return self.close >= self.open

    @property
    def decimals(self) -> int:
        """How many decimals the closes are quoted with."""
        closes = self.close[np.isfinite(self.close)][-250:]
        least = 0 if closes.size and abs(closes[-1]) >= 10_000 else 2
        exact = (digits for digits in range(least, 5) if np.allclose(closes, closes.round(digits), rtol=0, atol=1e-7))
        return next(exact, 4)

    def price_text(self, price: float) -> str:
        """A price with thousands separators, in as many decimals as the closes have."""
        return f"{price:,.{self.decimals}f}"

    def last_and_before(self) -> tuple[float, float]:
        """The last close, and the price that its change is counted from.

        Daily and longer: the close of the bar before. Minutes: the last close of the day before, else the first open.
        """
        known = np.flatnonzero(np.isfinite(self.close))
        last = known[-1]
        if not self.intraday:
            return float(self.close[last]), float(self.close[known[-2]] if known.size > 1 else self.open[last])
        days = self.index.normalize()
        earlier = known[np.asarray(days[known] < days[last])]
        if earlier.size:
            return float(self.close[last]), float(self.close[earlier[-1]])
        return float(self.close[last]), float(self.open[known[0]])

    def span(self) -> str:
        """From when to when, how many bars, in which zone."""
        if not len(self.index):
            return "no bars"
        first, last = self.index[0], self.index[-1]
        days = f"{first.day} {first:%b %Y}"
        if first.date() != last.date():
            days += f" – {last.day} {last:%b %Y}"
        count = f"{len(self.index):,} bar{'s' if len(self.index) > 1 else ''}"
        zone = f"{str(self.index.tz).rpartition('/')[2].replace('_', ' ')} time" if self.index.tz is not None else ""
        forming = "the last bar still forms" if self.forming else ""
        return "  ·  ".join(part for part in (days, count, zone if self.intraday else "", forming) if part)


def read_bars(frame: pd.DataFrame) -> CandleBars:
    """The arrays of a candles frame of one symbol, in the exchange's zone.

    Raises
    ------
    InputError : anything else; it names what is wrong and the next step.
    """
    _check(frame)
    facts: dict[str, Any] = frame.attrs.get("lpresearch", {})
    asked = facts.get("symbol", "")
    symbols = [asked] if isinstance(asked, str) else list(asked)
    if isinstance(frame.index, pd.MultiIndex):
        symbols = [str(name) for name in frame.index.get_level_values(0).unique()]
        if len(symbols) > 1:
            raise InputError("candles", symbols, "must have one symbol", hint=f"Try candles.loc[[{symbols[0]!r}]].")
        frame = frame.droplevel(0)
    symbol = symbols[0] if len(symbols) == 1 else ""
    index = pd.DatetimeIndex(frame.index)
    if index.tz is not None and str(index.tz) == "UTC" and symbol:
        index = index.tz_convert(MARKETS[Symbol(symbol).market].zone)
    blank = np.full(len(frame), np.nan)
    columns = {name: frame[name].to_numpy(float) for name in _PRICES}
    return CandleBars(
        index=index,
        **columns,
        volume=frame["volume"].to_numpy(float) if "volume" in frame.columns else blank,
        symbol=symbol,
        period=str(facts.get("period", "")),
        simulated=bool(facts.get("simulated", False)),
        forming=_last_forms(index, symbols, facts.get("forming_bars", {})),
    )


def _check(frame: object) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise InputError("candles", frame, "must be a frame of candles(), or one symbol", hint="Try '700.HK'.")
    missing = [name for name in _PRICES if name not in frame.columns]
    if missing:
        raise InputError("candles", list(frame.columns), f"must be a frame of candles(); it lacks {missing}")
    words = [name for name in _PRICES if not pd.api.types.is_numeric_dtype(frame[name])]
    if words:
        raise InputError("candles", words, "these columns must be numbers", hint="Try candles.astype(float).")
    stamps = frame.index.levels[-1] if isinstance(frame.index, pd.MultiIndex) else frame.index
    if not isinstance(stamps, pd.DatetimeIndex):
        kind = type(stamps).__name__
        raise InputError("candles", kind, "the index must be timestamps", hint="Try candles.set_index('timestamp').")


def _last_forms(index: pd.DatetimeIndex, symbols: list[str], forming: dict[str, str]) -> bool:
    """Whether the last bar still forms. The facts are of the frame as it came; this may be a slice that ends before."""
    if not len(index) or not symbols:
        return False
    last = index[-1]
    starts = [pd.Timestamp(forming[symbol]) for symbol in symbols if symbol in forming]
    if last.tz is None:  # days of several symbols are naive local dates
        starts = [start.tz_localize(None) for start in starts]
    return len(starts) == len(symbols) and all(last == start for start in starts)
