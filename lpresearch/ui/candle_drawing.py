"""Drawing candles and volumes on matplotlib axes whose x counts bars. Knows no frames and no figures of its own."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from lpresearch.ui.axis import date_ticks, decimals_of, short_number
from lpresearch.ui.candle_bars import CandleBars, Floats
from lpresearch.ui.palette import UpDown

INK = "#24292f"
QUIET = "#6e7781"
_GRID = "#eaeef2"
_BODY = 0.72  # width of a candle's body, in bars


def dress(ax: Axes, count: int) -> None:
    """Quiet axes, prices on the right."""
    ax.set_facecolor("white")
    ax.set_axisbelow(True)
    ax.yaxis.tick_right()
    ax.grid(visible=True, color=_GRID, linewidth=0.8)
    ax.tick_params(colors=QUIET, labelsize=9, length=0, pad=5)
    for name, spine in ax.spines.items():
        spine.set_visible(name == "bottom")
        spine.set_color("#d0d7de")
    room = max(0.6, 0.012 * count)
    lone = max(0.0, (12 - count) / 2)  # few bars stand in the middle, not as wide as barns
    ax.set_xlim(-room - lone, count - 1 + room + lone)


def draw_candles(ax: Axes, bars: CandleBars, palette: UpDown) -> None:
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
            list(boxes[final]), facecolors=colors[final].tolist(), edgecolors=colors[final].tolist(), linewidths=wick
        )
    )
    if bars.forming and known[-1]:
        ax.add_collection(PolyCollection([boxes[-1]], facecolors="white", edgecolors=[colors[-1]], linewidths=1.1))
    low, high = float(np.nanmin(bars.low)), float(np.nanmax(bars.high))
    room = 0.06 * (high - low) or abs(high) * 0.01 or 1.0
    ax.set_ylim(low - room, high + room)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 2.5, 5, 10]))
    ticks = ax.yaxis.get_majorticklocs()
    decimals = decimals_of(float(ticks[1] - ticks[0])) if len(ticks) > 1 else 2
    covered = 0.045 * (high - low + 2 * room)  # the tag of the last price would stand over these
    last = bars.last_and_before()[0]
    ax.yaxis.set_major_formatter(
        FuncFormatter(lambda value, _: "" if abs(value - last) < covered else f"{value:,.{decimals}f}")
    )


def _boxes(x: Floats, bottom: Floats, top: Floats) -> Floats:
    """The corners of one rectangle per bar, of shape (n, 4, 2)."""
    left, right = x - _BODY / 2, x + _BODY / 2
    corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
    return np.stack([np.column_stack(corner) for corner in corners], axis=1)


def _line_width(ax: Axes, count: int) -> float:
    """Points: thinner as bars crowd."""
    figure = ax.get_figure()
    inches = figure.get_figwidth() if isinstance(figure, Figure) else 10.0
    return float(np.clip(0.16 * inches * 72 / max(count, 1), 0.3, 1.1))


def draw_volume(ax: Axes, bars: CandleBars, palette: UpDown) -> None:
    """Volumes as bars in the colours of their candles."""
    x = np.arange(len(bars.close), dtype=float)
    volume = np.nan_to_num(bars.volume)
    colors = np.where(bars.rising, palette.up, palette.down)
    ax.add_collection(
        PolyCollection(
            list(_boxes(x, np.zeros_like(volume), volume)), facecolors=colors.tolist(), edgecolors="none", alpha=0.45
        )
    )
    ax.set_ylim(0, float(volume.max()) * 1.08 or 1.0)
    ax.yaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 2.5, 5, 10], prune="upper"))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: short_number(value) if value else ""))
    ax.text(0.004, 0.93, "volume", transform=ax.transAxes, color=QUIET, fontsize=8, va="top")


def mark_last(ax: Axes, bars: CandleBars, palette: UpDown) -> None:
    """The last close as a thin line and a tag on the axis."""
    last, before = bars.last_and_before()
    color = palette.up if last > before else palette.down if last < before else QUIET
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


def write_dates(axes: list[Axes], bars: CandleBars, *, most: int) -> None:
    """Dates below the lowest axes; lines at the same places in all."""
    ticks = date_ticks(bars.index, most=most, intraday=bars.intraday)
    for ax in axes:
        ax.set_xticks(ticks.positions)
        ax.set_xticklabels([])
    axes[-1].set_xticklabels(ticks.labels)


def watermark(ax: Axes) -> None:
    """The word SIMULATED, behind everything."""
    ax.text(
        0.5, 0.5, "SIMULATED", transform=ax.transAxes, ha="center", va="center",
        fontsize=44, fontweight="bold", color=INK, alpha=0.055, zorder=0,
    )  # fmt: skip


def say_empty(axes: list[Axes]) -> None:
    """A note where bars would be."""
    for ax in axes:
        ax.set_xticks([])
        ax.set_yticks([])
    axes[0].text(0.5, 0.56, "no bars in this range", transform=axes[0].transAxes, ha="center", fontsize=12, color=QUIET)
