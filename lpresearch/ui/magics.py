"""IPython magics: the functions of the package with fewer keys to type. Each calls one function and returns its result.

Holds no rules, and asks nothing when it is loaded.
"""

from __future__ import annotations

import re
from argparse import Namespace
from types import SimpleNamespace
from typing import TYPE_CHECKING

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_magic, magics_class

from lpresearch.base.model import Period
from lpresearch.data.book import depth
from lpresearch.data.candles import candles
from lpresearch.data.quotes import quote
from lpresearch.data.tape import trades
from lpresearch.data.usage import Quota, quota
from lpresearch.trading.portfolio import positions
from lpresearch.trading.today import orders
from lpresearch.ui.arguments import option, takes
from lpresearch.ui.board import Board, board
from lpresearch.ui.charts import plot_candles
from lpresearch.ui.known_symbols import completions, symbols_in
from lpresearch.ui.ticket import TicketForm, ticket

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell
    from matplotlib.figure import Figure

NAMES = ("quote", "candles", "kline", "depth", "trades", "quota", "positions", "orders", "watch", "ticket")
#: Where symbols are completed: also right of an assignment.
_WITH_SYMBOLS = re.compile(r"(.*=\s*)?%?(quote|candles|kline|depth|trades|positions|orders|watch|ticket)\s")


@magics_class
class LpMagics(Magics):
    """The magics of lpresearch; ``%load_ext lpresearch`` brings them."""

    @line_magic
    @takes(option("symbols", nargs="+", help="one or more symbols, such as 700.HK AAPL.US"))
    def quote(self, asked: Namespace) -> pd.DataFrame:
        """The newest quotes.

        ::

            %quote 700.HK AAPL.US
            df = %quote 700.HK
        """
        return quote(asked.symbols)

    @line_magic
    @takes(
        option("what", nargs="+", help="one or more symbols, then the period: 1m 5m 15m 30m 60m 1d 1w 1M ... (1d)"),
        option("-n", "--count", type=int, help="how many bars"),
        option("-s", "--start", help="first day or time, such as 2026-01-05"),
        option("-e", "--end", help="last day or time"),
        option("-a", "--adjust", default="none", help="none, or forward to restate prices for splits (none)"),
        option("--sessions", default="regular", help="regular, or all for bars outside regular hours too (regular)"),
        option("-p", "--plot", action="store_true", help="a chart of one symbol instead of the frame"),
    )
    def candles(self, asked: Namespace) -> pd.DataFrame | Figure:
        """Candles from the cache or the broker, as a frame or a chart.

        ::

            %candles 700.HK 1d -n 60 --plot
            df = %candles 700.HK AAPL.US 5m -n 100
        """
        symbols, period = _symbols_and_period(asked.what)
        frame = candles(
            symbols[0] if len(symbols) == 1 else symbols,
            period,
            start=asked.start,
            end=asked.end,
            count=asked.count,
            adjust=asked.adjust,
            sessions=asked.sessions,
        )
        return plot_candles(frame) if asked.plot else frame

    @line_magic
    @takes(option("symbol", help="one symbol"))
    def depth(self, asked: Namespace) -> pd.DataFrame:
        """The order book of a symbol: ``%depth 700.HK``."""
        return depth(asked.symbol)

    @line_magic
    @takes(
        option("symbol", help="one symbol"),
        option("-n", "--count", type=int, default=50, help="how many of the newest, at most 1000 (50)"),
    )
    def trades(self, asked: Namespace) -> pd.DataFrame:
        """The newest trades of a symbol: ``%trades 700.HK -n 20``."""
        return trades(asked.symbol, asked.count)

    @line_magic
    @takes(option("-r", "--reserve", type=int, help="keep so many units back for other uses from now on"))
    def quota(self, asked: Namespace) -> Quota:
        """The history quota: what is used, what is left, when it comes back: ``%quota`` or ``%quota --reserve 10``."""
        return quota() if asked.reserve is None else quota(reserve=asked.reserve)

    @line_magic
    @takes(option("symbols", nargs="*", help="only these symbols"))
    def positions(self, asked: Namespace) -> pd.DataFrame:
        """What the account holds: ``%positions`` or ``%positions 700.HK``."""
        return positions(asked.symbols or None)

    @line_magic
    @takes(option("symbol", nargs="?", help="only this symbol"))
    def orders(self, asked: Namespace) -> pd.DataFrame:
        """Today's orders: ``%orders`` or ``%orders 700.HK``."""
        return orders(asked.symbol)

    @line_magic
    @takes(option("symbols", nargs="+", help="one or more symbols"))
    def watch(self, asked: Namespace) -> Board:
        """A live board: ``%watch 700.HK AAPL.US``."""
        return board(asked.symbols)

    @line_magic
    @takes(
        option("symbol", nargs="?", help="the symbol to begin with"),
        option("side", nargs="?", default="Buy", help="Buy or Sell (Buy)"),
    )
    def ticket(self, asked: Namespace) -> TicketForm:
        """An order ticket: ``%ticket 700.HK sell``. Nothing is sent before two clicks."""
        return ticket(asked.symbol, asked.side)


def _symbols_and_period(words: list[str]) -> tuple[list[str], str]:
    """The words of %candles: the last one may be a period, all others are symbols."""
    if "." in words[-1]:  # only symbols have dots
        return words, Period.DAY
    period = Period.parse(words[-1])
    if len(words) == 1:
        raise UsageError(f"a symbol is missing before the period: %candles 700.HK {words[0]}")
    return words[:-1], period


def _complete(shell: InteractiveShell, event: SimpleNamespace) -> list[str]:
    """Symbols for the word under the cursor: those of earlier cells first. Asks no server."""
    cells = shell.history_manager.input_hist_parsed if shell.history_manager is not None else []
    return completions(event.symbol, symbols_in(cells))


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """Register the magics and the completion of symbols."""
    ipython.register_magics(LpMagics)
    ipython.magics_manager.register_alias("kline", "candles", "line")
    ipython.set_hook("complete_command", _complete, re_key=_WITH_SYMBOLS)  # type: ignore[no-untyped-call]


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """Take the magics and the completion away."""
    for name in NAMES:
        ipython.magics_manager.magics["line"].pop(name, None)
    completers = ipython.strdispatchers.get("complete_command")
    if completers is not None:
        completers.regexs.pop(_WITH_SYMBOLS, None)
