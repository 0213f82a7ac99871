"""The board: live quotes of some symbols as a table that ticks. Decides nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import ipywidgets as widgets
import pandas as pd

from lpresearch.base.markets import MARKETS
from lpresearch.base.symbols import Symbol, parse_symbols
from lpresearch.client.streams import Stream
from lpresearch.data.live import stream
from lpresearch.data.quotes import static_info
from lpresearch.ui.axis import short_number
from lpresearch.ui.looks import STYLE, badge, text
from lpresearch.ui.palette import Convention, up_down

FLASH_S = 0.9  # how long a change is lit
_HEADINGS = ("symbol", "name", "last", "change", "%", "volume", "time", "status")
_SHOWN = ("last_done", "change", "change_rate", "volume", "timestamp", "trade_status")
_TEXTS = ("symbol", "name", "time", "status")


@dataclass(frozen=True)
class Row:
    """One line of the board, as texts."""

    symbol: str
    name: str
    last: str
    change: str
    percent: str
    volume: str
    time: str
    status: str
    direction: int  # of the day: 1 up, -1 down, 0 neither

    def cells(self) -> tuple[str, ...]:
        """The texts in the order of the headings."""
        return (self.symbol, self.name, self.last, self.change, self.percent, self.volume, self.time, self.status)


def board(symbols: str | Iterable[str], *, colors: Convention = "green-up") -> Board:
    """A live table of quotes; the last line of a cell shows it.

    Parameters
    ----------
    symbols : one symbol or several, shown in this order.
    colors : ``green-up`` or ``red-up``.

    Returns
    -------
    The board. Outside Jupyter it prints as plain text; ``close()`` ends its subscription.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    SubscriptionLimit : more symbols at once than the account may watch.

    Notes
    -----
    Costs two requests and one subscription per symbol; no history quota. Times are those of each exchange.

    Examples
    --------
    >>> import lpresearch as lp
    >>> live = lp.board(["700.HK", "AAPL.US"])
    >>> live.close()
    """
    up_down(colors)
    wanted = parse_symbols(symbols)
    names = static_info(wanted)["name_en"]
    return Board(stream(wanted), {symbol: str(names[symbol]) for symbol in wanted}, colors=colors)


class Board:
    """Live quotes as a table. Made by ``board()``.

    Attributes
    ----------
    widget : the ipywidget, to put into a layout of your own.
    stream : the stream that it shows; its ``latest`` is the table as a frame.
    """

    def __init__(self, stream: Stream, names: Mapping[str, str], *, colors: Convention = "green-up") -> None:
        self.stream = stream
        self._names = names
        self._colors = colors
        self._lit: dict[str, tuple[float, int]] = {}  # symbol -> when its price last moved, and which way
        self._prices: dict[str, float] = {}
        self._table = widgets.HTML()
        self.widget = widgets.VBox([widgets.HTML(STYLE, layout=widgets.Layout(display="none")), self._table])
        self._show()
        self._ended = False
        self._unsubscribe = stream.on(lambda changed: self._show())

    def __repr__(self) -> str:
        return plain_table(self._rows(self.stream.latest), self._words())

    def _repr_mimebundle_(self, **options: object) -> dict[str, object]:
        bundle: dict[str, object] = dict(self.widget._repr_mimebundle_() or {})
        return bundle | {"text/plain": repr(self)}

    @property
    def closed(self) -> bool:
        """Whether the board no longer ticks."""
        return self.stream.closed

    def close(self) -> None:
        """End the subscription; the last prices stay, marked as closed. Closing twice does no harm."""
        if not self._ended:
            self._ended = True
            self._unsubscribe()
            self.stream.close()
            self._show()

    def _show(self) -> None:
        """Set the one trait that shows it all. Runs on the stream's thread; never prints."""
        frame = self.stream.latest
        now = time.monotonic()
        for symbol, price in zip(frame.index, frame["last_done"], strict=True):
            before = self._prices.get(symbol, price)
            if price != before:
                self._lit[symbol] = (now, 1 if price > before else -1)
            self._prices[symbol] = price
        self._table.value = self._html(self._rows(frame), now)

    def _rows(self, frame: pd.DataFrame) -> list[Row]:
        quotes = frame[list(_SHOWN)].to_dict("records")  # a lookup per row took 20 ms for 100 symbols, the whole now 8
        return [make_row(str(symbol), self._names, quote) for symbol, quote in zip(frame.index, quotes, strict=True)]

    def _words(self) -> list[str]:
        """What stands above the table: simulated, delayed, stale, closed."""
        told = self.stream.latest.attrs["lpresearch"]
        words = [word for word in ("SIMULATED", "DELAYED") if told.get(word.lower())]
        return [*words, "CLOSED"] if self.stream.closed else [*words, "STALE"] if self.stream.stale else words

    def _html(self, rows: list[Row], now: float) -> str:
        # The browser itself marks a board that nobody updates any more: the animation of .lpr-late starts after 60 s.
        kind = " lpr-stale" if self.stream.stale else ""
        words = self._words()
        late = "" if self.stream.closed else '<span class="lpr-late">no news for a minute</span>'
        head = "".join(
            f'<th class="lpr-text">{name}</th>' if name in _TEXTS else f"<th>{name}</th>" for name in _HEADINGS
        )
        body = "".join(_html_row(row, self._lit.get(row.symbol), now) for row in rows)
        return (
            f'<div class="lpr lpr-board lpr-{self._colors}{kind}">'
            f'<div class="lpr-head">{"".join(badge(word) for word in words if word != "STALE")}{late}</div>'
            f'<table class="lpr-old"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'
        )


def make_row(symbol: str, names: Mapping[str, str], quote: Mapping[Any, Any]) -> Row:
    """The texts of one quote."""
    change = float(quote["change"])
    last, decimals = _price(float(quote["last_done"]))
    stamp = quote["timestamp"]
    local = "" if pd.isna(stamp) else f"{stamp.tz_convert(MARKETS[Symbol(symbol).market].zone):%H:%M:%S}"
    known = change == change
    return Row(
        symbol=symbol,
        name=names.get(symbol, ""),
        last=last,
        change=_signed(change, decimals) if known else "–",
        percent=f"{_signed(float(quote['change_rate']), 2)}%" if known else "–",
        volume=short_number(float(quote["volume"])),
        time=local,
        status="" if quote["trade_status"] == "NORMAL" else str(quote["trade_status"]).replace("_", " ").lower(),
        direction=(change > 0) - (change < 0),
    )


def plain_table(rows: list[Row], words: Iterable[str] = ()) -> str:
    """The board as plain text, for a terminal."""
    lines = [_HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEADINGS))]
    texts = [
        "  ".join(
            cell.ljust(width) if name in _TEXTS else cell.rjust(width)
            for name, cell, width in zip(_HEADINGS, line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]
    head = " ".join(words)
    return "\n".join([head, *texts] if head else texts)


def _price(price: float) -> tuple[str, int]:
    """A price in the fewest decimals that show it whole, at least two; and how many those are."""
    if price != price:
        return "–", 2
    decimals = next((digits for digits in (2, 3) if abs(price - round(price, digits)) < 1e-7), 4)
    return f"{price:,.{decimals}f}", decimals


def _signed(change: float, decimals: int) -> str:
    """A change with its sign; none where it rounds to nothing."""
    size = f"{abs(change):,.{decimals}f}"
    return size if not float(size.replace(",", "")) else f"{'−' if change < 0 else '+'}{size}"


def _html_row(row: Row, lit: tuple[float, int] | None, now: float) -> str:
    """One line. A change stays lit for its whole time, although every update replaces the table."""
    flash = ""
    if lit is not None and now - lit[0] < FLASH_S:
        flash = f' class="lpr-{"rose" if lit[1] > 0 else "fell"}" style="animation-delay:-{now - lit[0]:.2f}s"'
    direction = {1: ' class="lpr-up"', -1: ' class="lpr-down"', 0: ""}[row.direction]
    return (
        f'<tr><td class="lpr-text"><b>{text(row.symbol)}</b></td>'
        f'<td class="lpr-text lpr-name lpr-quiet">{text(row.name)}</td>'
        f"<td{flash}><b>{text(row.last)}</b></td>"
        f"<td{direction}>{text(row.change)}</td><td{direction}>{text(row.percent)}</td>"
        f"<td>{text(row.volume)}</td>"
        f'<td class="lpr-text lpr-quiet">{text(row.time)}</td>'
        f'<td class="lpr-text lpr-quiet">{text(row.status)}</td></tr>'
    )
