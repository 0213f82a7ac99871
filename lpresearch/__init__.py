"""lpresearch: a research toolkit for Jupyter and IPython over the LongPort (Longbridge) OpenAPI.

``import lpresearch as lp`` imports nothing else: every name below is loaded when it is first used.

>>> import lpresearch as lp
>>> lp.quote("700.HK")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from lpresearch.base.errors import AuthFailed as AuthFailed
    from lpresearch.base.errors import ConfigError as ConfigError
    from lpresearch.base.errors import DateRangeError as DateRangeError
    from lpresearch.base.errors import DuplicateOrder as DuplicateOrder
    from lpresearch.base.errors import InputError as InputError
    from lpresearch.base.errors import LinkClosed as LinkClosed
    from lpresearch.base.errors import LinkError as LinkError
    from lpresearch.base.errors import LinkTaken as LinkTaken
    from lpresearch.base.errors import LpError as LpError
    from lpresearch.base.errors import NoPermission as NoPermission
    from lpresearch.base.errors import NoQuotes as NoQuotes
    from lpresearch.base.errors import OrderOutcomeUnknown as OrderOutcomeUnknown
    from lpresearch.base.errors import QuotaExhausted as QuotaExhausted
    from lpresearch.base.errors import RateLimited as RateLimited
    from lpresearch.base.errors import RequestTimeout as RequestTimeout
    from lpresearch.base.errors import ServerRejected as ServerRejected
    from lpresearch.base.errors import StoreCorrupt as StoreCorrupt
    from lpresearch.base.errors import StoreError as StoreError
    from lpresearch.base.errors import StoreLocked as StoreLocked
    from lpresearch.base.errors import SubscriptionLimit as SubscriptionLimit
    from lpresearch.base.errors import SymbolError as SymbolError
    from lpresearch.base.errors import TicketRejected as TicketRejected
    from lpresearch.base.errors import TradingDisabled as TradingDisabled
    from lpresearch.base.errors import UsageError as UsageError
    from lpresearch.base.errors import WireError as WireError
    from lpresearch.base.symbols import Symbol as Symbol
    from lpresearch.client.connection import connect as connect
    from lpresearch.client.connection import disconnect as disconnect
    from lpresearch.client.connection import session as session
    from lpresearch.client.doctor import doctor as doctor
    from lpresearch.client.loops import allow_nested_loops as allow_nested_loops
    from lpresearch.client.streams import Stream as Stream
    from lpresearch.data.archive import compact as compact
    from lpresearch.data.archive import export as export
    from lpresearch.data.archive import prune as prune
    from lpresearch.data.archive import verify as verify
    from lpresearch.data.backfill import backfill as backfill
    from lpresearch.data.book import brokers as brokers
    from lpresearch.data.book import depth as depth
    from lpresearch.data.book import participants as participants
    from lpresearch.data.candles import candles as candles
    from lpresearch.data.importing import import_bars as import_bars
    from lpresearch.data.live import stream as stream
    from lpresearch.data.options import option_chain as option_chain
    from lpresearch.data.options import option_expiries as option_expiries
    from lpresearch.data.options import option_quote as option_quote
    from lpresearch.data.panel import panel as panel
    from lpresearch.data.preview import plan as plan
    from lpresearch.data.quotes import calc_indexes as calc_indexes
    from lpresearch.data.quotes import quote as quote
    from lpresearch.data.quotes import static_info as static_info
    from lpresearch.data.reference import filings as filings
    from lpresearch.data.reference import market_temperature as market_temperature
    from lpresearch.data.reference import securities as securities
    from lpresearch.data.reference import trading_days as trading_days
    from lpresearch.data.reference import trading_sessions as trading_sessions
    from lpresearch.data.tape import capital_distribution as capital_distribution
    from lpresearch.data.tape import capital_flow as capital_flow
    from lpresearch.data.tape import intraday as intraday
    from lpresearch.data.tape import trades as trades
    from lpresearch.data.usage import quota as quota
    from lpresearch.data.warrants import warrant_issuers as warrant_issuers
    from lpresearch.data.warrants import warrant_quote as warrant_quote
    from lpresearch.data.warrants import warrants as warrants
    from lpresearch.data.watchlist import watchlist as watchlist
    from lpresearch.data.watchlist import watchlist_add as watchlist_add
    from lpresearch.data.watchlist import watchlist_remove as watchlist_remove
    from lpresearch.trading.orders import buy as buy
    from lpresearch.trading.orders import cancel as cancel
    from lpresearch.trading.orders import cancel_all as cancel_all
    from lpresearch.trading.orders import replace as replace
    from lpresearch.trading.orders import sell as sell
    from lpresearch.trading.orders import submit as submit
    from lpresearch.trading.permission import arm as arm
    from lpresearch.trading.permission import disarm as disarm
    from lpresearch.trading.portfolio import balance as balance
    from lpresearch.trading.portfolio import positions as positions
    from lpresearch.trading.today import executions as executions
    from lpresearch.trading.today import order as order
    from lpresearch.trading.today import orders as orders
    from lpresearch.ui.board import board as board
    from lpresearch.ui.charts import plot_candles as plot_candles
    from lpresearch.ui.ticket import ticket as ticket

__version__ = "0.1.0"

#: Module -> the public names that live there. The block above says the same to editors; a test holds them equal.
_MODULES = {
    "base.errors": (
        "AuthFailed ConfigError DateRangeError DuplicateOrder InputError LinkClosed LinkError LinkTaken LpError "
        "NoPermission NoQuotes OrderOutcomeUnknown QuotaExhausted RateLimited RequestTimeout ServerRejected "
        "StoreCorrupt StoreError StoreLocked SubscriptionLimit SymbolError TicketRejected TradingDisabled "
        "UsageError WireError"
    ),
    "base.symbols": "Symbol",
    "client.doctor": "doctor",
    "client.loops": "allow_nested_loops",
    "client.connection": "connect disconnect session",
    "client.streams": "Stream",
    "data.archive": "compact export prune verify",
    "data.backfill": "backfill",
    "data.book": "brokers depth participants",
    "data.candles": "candles",
    "data.importing": "import_bars",
    "data.live": "stream",
    "data.options": "option_chain option_expiries option_quote",
    "data.panel": "panel",
    "data.preview": "plan",
    "data.quotes": "calc_indexes quote static_info",
    "data.reference": "filings market_temperature securities trading_days trading_sessions",
    "data.tape": "capital_distribution capital_flow intraday trades",
    "data.usage": "quota",
    "data.warrants": "warrant_issuers warrant_quote warrants",
    "data.watchlist": "watchlist watchlist_add watchlist_remove",
    "trading.orders": "buy cancel cancel_all replace sell submit",
    "trading.permission": "arm disarm",
    "trading.portfolio": "balance positions",
    "trading.today": "executions order orders",
    "ui.board": "board",
    "ui.charts": "plot_candles",
    "ui.ticket": "ticket",
}
_HOME = {name: module for module, names in _MODULES.items() for name in names.split()}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'lpresearch' has no attribute {name!r}")
    value: object = getattr(import_module(f"lpresearch.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """What tab completion offers: the public names, and not the folders that happen to be loaded."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})


def load_ipython_extension(ipython: InteractiveShell) -> None:
    """``%load_ext lpresearch``: register the magics."""
    import_module("lpresearch.ui.magics").load_ipython_extension(ipython)


def unload_ipython_extension(ipython: InteractiveShell) -> None:
    """``%unload_ext lpresearch``: take the magics away."""
    import_module("lpresearch.ui.magics").unload_ipython_extension(ipython)
