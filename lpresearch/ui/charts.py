"""Static charts of candles, drawn by matplotlib on a figure of their own: pyplot is never touched, so nothing leaks."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from lpresearch.base.errors import InputError
from lpresearch.base.markets import MARKETS
from lpresearch.base.symbols import Symbol
from lpresearch.ui.axis import date_ticks, decimals_of, short_number
from lpresearch.ui.palette import Convention, UpDown, up_down

Floats = NDArray[np.float64]

_INK = "#24292f"
_QUIET = "#6e7781"
_GRID = "#eaeef2"
_BODY = 0.72  # width of a candle's body, in bars
_DPI = 100.0
_SCREEN_SCALE = 2  # pixels per point of the picture in a notebook, for sharp screens


class Chart(Figure):
    """A matplotlib figure that shows itself in a notebook without pyplot."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=_DPI, facecolor="white")
        FigureCanvasAgg(self)

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        picture = BytesIO()
        self.savefig(picture, format="png", dpi=_DPI * _SCREEN_SCALE)
        width, height = (self.get_size_inches() * _DPI).astype(int).tolist()
        return picture.getvalue(), {"width": width, "height": height}


@dataclass(frozen=True)
class _Bars:
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


def plot_candles(
    candles: pd.DataFrame,
    *,
    title: str | None = None,
    volume: bool = True,
    colors: Convention = "green-up",
    width: float = 10.0,
    height: float = 5.6,
) -> Figure:
    """A chart of candles with the volume below; closed hours leave no gap.

    Parameters
    ----------
    candles : a frame of ``candles()`` with one symbol.
    title : what to write above instead of symbol and period.
    volume : whether the panel of volumes is drawn.
    colors : ``green-up`` or ``red-up``.
    width, height : size in inches.

    Returns
    -------
    A matplotlib figure: the last line of a cell shows it, ``savefig`` writes it. A bar that still forms is hollow and
    dashed.

    Raises
    ------
    InputError : a frame of several symbols or without candles.

    Examples
    --------
    >>> plot_candles(candles("700.HK", count=60)).savefig("tencent.png")  # doctest: +SKIP
    """
    palette = up_down(colors)
    bars = _bars(candles)
    chart = Chart(width, height)
    rows, ratios = (2, [3.6, 1.0]) if volume else (1, [1.0])
    grid = chart.add_gridspec(
        rows, 1, height_ratios=ratios, hspace=0.06, left=0.03, right=0.915, top=0.87, bottom=0.115
    )
    axes = [chart.add_subplot(grid[row]) for row in range(rows)]
    for ax in axes:
        _dress(ax, len(bars.index))
    if bars.simulated:
        _watermark(axes[0])
    _write_title(chart, bars, title, palette)
    if not np.isfinite(bars.close).any():
        _say_empty(axes)
        return chart
    _draw_candles(axes[0], bars, palette)
    _mark_last(axes[0], bars, palette)
    if volume:
        _draw_volume(axes[1], bars, palette)
    _write_dates(axes, bars, most=max(3, int(width * 1.15)))
    return chart


def _bars(frame: pd.DataFrame) -> _Bars:
    """The arrays of a candles frame of one symbol, in the exchange's zone."""
    facts: dict[str, Any] = frame.attrs.get("lpresearch", {})
    symbol = str(facts.get("symbol", "")) if isinstance(facts.get("symbol", ""), str) else ""
    missing = [name for name in ("open", "high", "low", "close") if name not in frame.columns]
    if missing:
        raise InputError("candles", list(frame.columns), f"a frame of candles() is needed; it lacks {missing}")
    if isinstance(frame.index, pd.MultiIndex):
        names = frame.index.get_level_values(0).unique()
        if len(names) > 1:
            raise InputError("candles", list(names), "one symbol is drawn", hint=f"Try candles.loc[{names[0]!r}].")
        symbol = str(names[0]) if len(names) else symbol
        frame = frame.droplevel(0)
    index = pd.DatetimeIndex(frame.index)
    if index.tz is not None and str(index.tz) == "UTC" and symbol:
        index = index.tz_convert(_zone(symbol))
    blank = np.full(len(frame), np.nan)
    columns = {name: frame[name].to_numpy(float) for name in ("open", "high", "low", "close")}
    return _Bars(
        index=index,
        **columns,
        volume=frame["volume"].to_numpy(float) if "volume" in frame.columns else blank,
        symbol=symbol,
        period=str(facts.get("period", "")),
        simulated=bool(facts.get("simulated", False)),
        forming=bool(facts.get("forming", False)),
    )


def _zone(symbol: str) -> str:
    return MARKETS[Symbol(symbol).market].zone


def _dress(ax: Axes, count: int) -> None:
    ax.set_facecolor("white")
    ax.set_axisbelow(True)
    ax.yaxis.tick_right()
    ax.grid(visible=True, color=_GRID, linewidth=0.8)
    ax.tick_params(colors=_QUIET, labelsize=9, length=0, pad=5)
    for name, spine in ax.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color("#d0d7de")
    room = max(0.6, 0.012 * count)
    lone = max(0.0, (12 - count) / 2)  # few bars stand in the middle, not as wide as barns
    ax.set_xlim(-room - lone, count - 1 + room + lone)


def _draw_candles(ax: Axes, bars: _Bars, palette: UpDown) -> None:
    """Wicks as one collection, bodies as another; the forming bar apart."""
    known = np.isfinite(bars.open + bars.high + bars.low + bars.close)
    x = np.arange(len(bars.close), dtype=float)
    colors = np.where(bars.rising, palette.up, palette.down)
    top, bottom = np.maximum(bars.open, bars.close), np.minimum(bars.open, bars.close)
    wick = _line_width(ax, len(x))
    upper = np.stack([np.column_stack([x, top]), np.column_stack([x, bars.high])], axis=1)
    lower = np.stack([np.column_stack([x, bars.low]), np.column_stack([x, bottom])], axis=1)
    ax.add_collection(
        LineCollection(
            [*upper[known], *lower[known]], colors=np.r_[colors[known], colors[known]].tolist(), linewidths=wick
        )
    )
    final = known.copy()
    if bars.forming:
        final[-1] = False
    boxes = _boxes(x, bottom, top)
    ax.add_collection(
        PolyCollection(
            boxes[final], facecolors=colors[final].tolist(), edgecolors=colors[final].tolist(), linewidths=wick
        )
    )
    if bars.forming and known[-1]:
        ax.add_collection(
            PolyCollection(
                boxes[-1:], facecolors="white", edgecolors=[colors[-1]], linewidths=1.1, linestyles=[(0, (2.2, 1.4))]
            )
        )
    low, high = float(np.nanmin(bars.low)), float(np.nanmax(bars.high))
    room = 0.06 * (high - low) or abs(high) * 0.01 or 1.0
    ax.set_ylim(low - room, high + room)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    ticks = ax.yaxis.get_majorticklocs()
    decimals = decimals_of(float(ticks[1] - ticks[0])) if len(ticks) > 1 else 2
    covered = 0.045 * (high - low + 2 * room)  # the tag of the last price would stand over these
    last = _last_and_before(bars)[0]
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: "" if abs(value - last) < covered else f"{value:,.{decimals}f}")
    )


def _boxes(x: Floats, bottom: Floats, top: Floats) -> Floats:
    left, right = x - _BODY / 2, x + _BODY / 2
    corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
    return np.stack([np.column_stack(corner) for corner in corners], axis=1)


def _line_width(ax: Axes, count: int) -> float:
    """Points: thinner as bars crowd."""
    figure = ax.get_figure()
    inches = figure.get_figwidth() if isinstance(figure, Figure) else 10.0
    return float(np.clip(0.16 * inches * 72 / max(count, 1), 0.3, 1.1))


def _draw_volume(ax: Axes, bars: _Bars, palette: UpDown) -> None:
    x = np.arange(len(bars.close), dtype=float)
    volume = np.nan_to_num(bars.volume)
    colors = np.where(bars.rising, palette.up, palette.down)
    ax.add_collection(
        PolyCollection(
            _boxes(x, np.zeros_like(volume), volume), facecolors=colors.tolist(), edgecolors="none", alpha=0.45
        )
    )
    ax.set_ylim(0, float(volume.max()) * 1.08 or 1.0)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 2.5, 5, 10], prune="upper"))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value) if value else ""))
    ax.text(0.004, 0.93, "volume", transform=ax.transAxes, color=_QUIET, fontsize=8, va="top")


def _mark_last(ax: Axes, bars: _Bars, palette: UpDown) -> None:
    """The last close as a thin line and a tag on the axis."""
    last, before = _last_and_before(bars)
    color = palette.up if last > before else palette.down if last < before else _QUIET
    ax.axhline(last, color=color, linewidth=0.8, linestyle=(0, (1, 2)), zorder=1)
    ax.annotate(
        bars.price_text(last),
        xy=(1, last),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=9,
        color="white",
        bbox={"boxstyle": "round,pad=0.25", "facecolor": color, "edgecolor": "none"},
    )


def _last_and_before(bars: _Bars) -> tuple[float, float]:
    """The last close, and the price that its change is counted from.

    Daily and longer: the close of the bar before. Minutes: the last close of the day before, else the day's first open.
    """
    known = np.flatnonzero(np.isfinite(bars.close))
    last = known[-1]
    if not bars.intraday:
        return float(bars.close[last]), float(bars.close[known[-2]] if known.size > 1 else bars.open[last])
    days = bars.index.normalize()
    earlier = known[np.asarray(days[known] < days[last])]
    if earlier.size:
        return float(bars.close[last]), float(bars.close[earlier[-1]])
    return float(bars.close[last]), float(bars.open[known[0]])


def _write_title(chart: Chart, bars: _Bars, title: str | None, palette: UpDown) -> None:
    name = title if title is not None else "  ".join(part for part in (bars.symbol, bars.period) if part)
    chart.text(0.03, 0.935, name or "Candles", fontsize=15, fontweight="bold", color=_INK, va="center")
    chart.text(0.03, 0.895, _span(bars), fontsize=9, color=_QUIET, va="center")
    if not np.isfinite(bars.close).any():
        return
    last, before = _last_and_before(bars)
    change = last - before
    color = palette.up if change > 0 else palette.down if change < 0 else _QUIET
    signed = f"{change:+,.{bars.decimals}f}" + (f" ({change / before:+.2%})" if before else "")
    chart.text(0.915, 0.935, bars.price_text(last), fontsize=15, fontweight="bold", color=_INK, va="center", ha="right")
    chart.text(0.915, 0.895, signed.replace("-", "−"), fontsize=9.5, color=color, va="center", ha="right")


def _span(bars: _Bars) -> str:
    if not len(bars.index):
        return "no bars"
    first, last = bars.index[0], bars.index[-1]
    days = f"{first.day} {first:%b %Y}"
    if first.date() != last.date():
        days += f" – {last.day} {last:%b %Y}"
    count = f"{len(bars.index):,} bar{'s' if len(bars.index) > 1 else ''}"
    zone = f"{str(bars.index.tz).rpartition('/')[2].replace('_', ' ')} time" if bars.index.tz is not None else ""
    forming = "the last bar still forms" if bars.forming else ""
    return "  ·  ".join(part for part in (days, count, zone if bars.intraday else "", forming) if part)


def _write_dates(axes: list[Axes], bars: _Bars, *, most: int) -> None:
    ticks = date_ticks(bars.index, most=most, intraday=bars.intraday)
    for ax in axes:
        ax.set_xticks(ticks.positions)
        ax.set_xticklabels([])
    axes[-1].set_xticklabels(ticks.labels)


def _watermark(ax: Axes) -> None:
    ax.text(
        0.5, 0.5, "SIMULATED", transform=ax.transAxes, ha="center", va="center",
        fontsize=44, fontweight="bold", color=_INK, alpha=0.055, zorder=0,
    )  # fmt: skip


def _say_empty(axes: list[Axes]) -> None:
    for ax in axes:
        ax.set_xticks([])
        ax.set_yticks([])
    axes[0].text(
        0.5, 0.56, "no bars in this range", transform=axes[0].transAxes, ha="center", fontsize=12, color=_QUIET
    )
