"""Static charts of candles, drawn by matplotlib on a figure of their own: pyplot is never touched, so nothing leaks."""

from __future__ import annotations

from io import BytesIO

import numpy as np
import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from lpresearch.base.errors import InputError
from lpresearch.base.symbols import Symbol
from lpresearch.data.candles import candles as ask_candles
from lpresearch.data.moments import Moment
from lpresearch.ui.candle_bars import CandleBars, read_bars
from lpresearch.ui.candle_drawing import (
    INK,
    QUIET,
    draw_candles,
    draw_volume,
    dress,
    mark_last,
    say_empty,
    watermark,
    write_dates,
)
from lpresearch.ui.palette import Convention, UpDown, up_down

_DPI = 100.0
_LEAST_WIDTH, _LEAST_HEIGHT = 3.0, 2.5  # inches; title and dates need that much
_MOST_INCHES = 100.0
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


def plot_candles(
    candles: pd.DataFrame | str,
    period: str = "1d",
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    count: int | None = None,
    adjust: str = "none",
    sessions: str = "regular",
    title: str | None = None,
    volume: bool = True,
    colors: Convention = "green-up",
    width: float = 10.0,
    height: float = 5.6,
) -> Figure:
    """A chart of candles with the volume below; closed hours leave no gap.

    Parameters
    ----------
    candles : a frame of ``candles()`` with one symbol; or one symbol, whose candles are asked for.
    period, start, end, count, adjust, sessions : as in ``candles()``, where a symbol is given.
    title : what to write above instead of symbol and period.
    volume : whether the panel of volumes is drawn.
    colors : ``green-up`` or ``red-up``.
    width, height : size in inches, at least 3 by 2.5.

    Returns
    -------
    A matplotlib figure: the last line of a cell shows it, ``savefig`` writes it. A bar that still forms is hollow. An
    empty frame gives a chart that says so.

    Raises
    ------
    InputError : a frame of several symbols, or one without candles.
    LpError : as ``candles()``, where a symbol is given.

    Notes
    -----
    Costs nothing for a frame; for a symbol what ``candles()`` costs.

    Examples
    --------
    >>> import lpresearch as lp
    >>> float(lp.plot_candles("700.HK", count=60).get_figwidth())
    10.0
    """
    palette = up_down(colors)
    _check_size("width", width, _LEAST_WIDTH)
    _check_size("height", height, _LEAST_HEIGHT)
    if isinstance(candles, str):
        candles = ask_candles(
            Symbol(candles), period, start=start, end=end, count=count, adjust=adjust, sessions=sessions
        )
    elif (start, end, count) != (None, None, None):
        raise InputError("candles", "a frame", "has its bars already; start, end and count go with a symbol")
    bars = read_bars(candles)
    chart = Chart(width, height)
    rows, ratios = (2, [3.6, 1.0]) if volume else (1, [1.0])
    grid = chart.add_gridspec(
        rows, 1, height_ratios=ratios, hspace=0.06, left=0.03, right=0.915, top=1 - 0.74 / height, bottom=0.64 / height
    )
    axes = [chart.add_subplot(grid[row]) for row in range(rows)]
    for ax in axes:
        dress(ax, len(bars.index))
    if bars.simulated:
        watermark(axes[0])
    _write_title(chart, bars, title, palette)
    if not np.isfinite(bars.close).any():
        say_empty(axes)
        return chart
    draw_candles(axes[0], bars, palette)
    mark_last(axes[0], bars, palette)
    if volume:
        draw_volume(axes[1], bars, palette)
    write_dates(axes, bars, most=max(3, int(width * 1.15)))
    return chart


def _check_size(parameter: str, inches: float, least: float) -> None:
    if not least <= inches <= _MOST_INCHES:
        raise InputError(parameter, inches, f"a chart has {least:g} to {_MOST_INCHES:g} inches of {parameter}")


def _write_title(chart: Chart, bars: CandleBars, title: str | None, palette: UpDown) -> None:
    upper, lower = (1 - inches / chart.get_figheight() for inches in (0.36, 0.6))
    name = title if title is not None else "  ".join(part for part in (bars.symbol, bars.period) if part)
    chart.text(0.03, upper, name or "Candles", fontsize=15, fontweight="bold", color=INK, va="center")
    chart.text(0.03, lower, bars.span(), fontsize=9, color=QUIET, va="center")
    if not np.isfinite(bars.close).any():
        return
    last, before = bars.last_and_before()
    change = last - before
    color = palette.up if change > 0 else palette.down if change < 0 else QUIET
    signed = f"{change:+,.{bars.decimals}f}" + (f" ({change / before:+.2%})" if before else "")
    chart.text(0.915, upper, bars.price_text(last), fontsize=15, fontweight="bold", color=INK, va="center", ha="right")
    chart.text(0.915, lower, signed.replace("-", "−"), fontsize=9.5, color=color, va="center", ha="right")
