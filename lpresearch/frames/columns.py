"""The frozen contracts: which columns each frame has, in which order, dtype and unit. Values only, no pandas.

The first column of a contract is the index of the frame. Dtypes are spelled so that they
mean the same under pandas 2.2 and 3: text is ``object`` by name, because what pandas infers from texts differs between
the two, and from an empty list in both. Missing text is NaN, a missing instant NaT, a missing whole number ``<NA>``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Dtype = Literal["float64", "int64", "Int64", "object", "bool", "category", "datetime64[us]", "datetime64[us, UTC]"]


@dataclass(frozen=True)
class Column:
    """One column of a frame.

    ``words`` are the texts that stand for a source's numbers 0, 1, ...; for a category they are all it can be.
    ``zero_is_missing``: the wire writes 0 where it has no value.
    """

    name: str
    dtype: Dtype
    unit: str
    meaning: str
    words: tuple[str, ...] = ()
    zero_is_missing: bool = False


Contract = tuple[Column, ...]


def _price(name: str, meaning: str, *, zero_is_missing: bool = False) -> Column:
    return Column(name, "float64", "price", meaning, zero_is_missing=zero_is_missing)


def _money(name: str, meaning: str) -> Column:
    return Column(name, "float64", "money", meaning)


def _quantity(name: str, meaning: str) -> Column:
    return Column(name, "float64", "shares", meaning)


def _count(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "int64", unit, meaning)


def _count_or_missing(name: str, unit: str, meaning: str, *, zero_is_missing: bool = False) -> Column:
    return Column(name, "Int64", unit, meaning, zero_is_missing=zero_is_missing)


def _text(name: str, meaning: str, *, words: tuple[str, ...] = ()) -> Column:
    return Column(name, "object", "", meaning, words)


def _instant(name: str, meaning: str) -> Column:
    return Column(name, "datetime64[us, UTC]", "", meaning, zero_is_missing=True)


_SYMBOL = _text("symbol", "the security as ticker.REGION")

# longport.md 4, enum TradeStatus; the position is the wire's number.
TRADE_STATUS = (
    "NORMAL", "HALTED", "DELISTED", "FUSE", "PREPARE_LIST", "CODE_MOVED", "TO_BE_OPENED", "SPLIT_STOCK_HALTS",
    "EXPIRED", "WARRANT_PREPARE_LIST", "SUSPEND_TRADE",
)  # fmt: skip
SESSION_WORDS = ("regular", "pre", "post", "overnight")  # longport.md 4, enum TradeSession

#: Bars. The index is in the exchange's zone for one symbol; see ``frames.candles`` for several.
CANDLES: Contract = (
    Column("timestamp", "datetime64[us, UTC]", "", "start of the bar; exchange-local midnight for a day and longer"),
    _price("open", "first price"),
    _price("high", "highest price"),
    _price("low", "lowest price"),
    _price("close", "last price; of a forming bar the price so far"),
    _count("volume", "shares", "shares traded"),
    _money("turnover", "money traded"),
)
#: Added to CANDLES where bars of all sessions are asked.
SESSION: Contract = (Column("session", "category", "", "part of the trading day", SESSION_WORDS),)

QUOTE: Contract = (
    _SYMBOL,
    _price("last_done", "last price"),
    _price("prev_close", "close of the trading day before"),
    _price("open", "first price of the day"),
    _price("high", "highest price of the day"),
    _price("low", "lowest price of the day"),
    _instant("timestamp", "time of the last price"),
    _count("volume", "shares", "shares traded today"),
    _money("turnover", "money traded today"),
    _text("trade_status", "whether it trades", words=TRADE_STATUS),
    _price("change", "last_done less prev_close"),
    Column("change_rate", "float64", "percent", "change as a part of prev_close"),
)


def _outside_hours(prefix: str, words: str) -> Contract:
    return (
        _price(f"{prefix}_last_done", f"last price {words}"),
        _instant(f"{prefix}_timestamp", f"time of the last price {words}"),
        _count_or_missing(f"{prefix}_volume", "shares", f"shares traded {words}"),
        _money(f"{prefix}_turnover", f"money traded {words}"),
        _price(f"{prefix}_high", f"highest price {words}"),
        _price(f"{prefix}_low", f"lowest price {words}"),
        _price(f"{prefix}_prev_close", f"the close that prices {words} are measured from"),
    )


#: Added to QUOTE where a US symbol is among those asked.
QUOTE_US: Contract = (
    *_outside_hours("pre", "before the open"),
    *_outside_hours("post", "after the close"),
    *_outside_hours("overnight", "overnight"),
)

#: Quote pushes in the order they came; what a push does not fill is missing.
PUSHES: Contract = (
    _SYMBOL,
    _count("sequence", "", "the broker's number of the push"),
    _price("last_done", "last price"),
    _price("open", "first price of the session"),
    _price("high", "highest price of the session"),
    _price("low", "lowest price of the session"),
    _instant("timestamp", "time of the last price"),
    _count_or_missing("volume", "shares", "shares traded in the session", zero_is_missing=True),
    _money("turnover", "money traded in the session"),
    _text("trade_status", "whether it trades", words=TRADE_STATUS),
    _text("session", "part of the trading day", words=SESSION_WORDS),
    Column("revised", "bool", "", "whether it restates data after the close"),
)

STATIC_INFO: Contract = (
    _SYMBOL,
    _text("name_cn", "name in simplified Chinese"),
    _text("name_en", "name in English"),
    _text("name_hk", "name in traditional Chinese"),
    Column("listing_date", "datetime64[us]", "", "first day of trading"),
    _text("exchange", "exchange"),
    _text("currency", "currency it trades in"),
    _count("lot_size", "shares", "shares in a board lot"),
    _count("total_shares", "shares", "shares issued"),
    _count("circulating_shares", "shares", "shares in circulation"),
    _count("hk_shares", "shares", "shares issued in Hong Kong"),
    _money("eps", "earnings per share, last year"),
    _money("eps_ttm", "earnings per share, last four quarters"),
    _money("bps", "book value per share"),
    _money("dividend_yield", "dividend per share, as the broker gives it"),
    _text("stock_derivatives", "derivatives of it: option, warrant, or both", words=("", "option", "warrant")),
    _text("board", "board it is listed on"),
)

DEPTH: Contract = (
    _count("position", "level", "distance from the best price, from 1"),
    _price("bid_price", "price of the bids"),
    _count_or_missing("bid_volume", "shares", "shares bid"),
    _count_or_missing("bid_orders", "orders", "orders that bid"),
    _price("ask_price", "price of the offers"),
    _count_or_missing("ask_volume", "shares", "shares offered"),
    _count_or_missing("ask_orders", "orders", "orders that offer"),
)

ORDERS: Contract = (
    _text("order_id", "the broker's id of the order"),
    _text("status", "state, such as NewStatus or FilledStatus"),
    _text("stock_name", "name of the security"),
    _quantity("quantity", "shares ordered"),
    _quantity("executed_quantity", "shares filled"),
    _price("price", "limit price; missing for a market order"),
    _price("executed_price", "average price of the fills", zero_is_missing=True),
    _instant("submitted_at", "when the order was taken"),
    _text("side", "Buy or Sell"),
    _SYMBOL,
    _text("order_type", "order type, such as LO or MO"),
    _price("last_done", "price of the last fill", zero_is_missing=True),
    _price("trigger_price", "price that wakes the order"),
    _text("msg", "the broker's words, such as why it refused"),
    _text("tag", "Normal, GTC or Grey"),
    _text("time_in_force", "Day, GTC or GTD"),
    Column("expire_date", "datetime64[us]", "", "last day of a GTD order"),
    _instant("updated_at", "last change"),
    _instant("trigger_at", "when the order woke"),
    _price("trailing_amount", "distance that the trigger trails"),
    Column("trailing_percent", "float64", "percent", "distance that the trigger trails"),
    _price("limit_offset", "limit price less trigger price"),
    _text("trigger_status", "NOT_USED, DEACTIVE, ACTIVE or RELEASED"),
    _text("currency", "currency of the prices"),
    _text("outside_rth", "US: whether it fills outside regular hours"),
    _count("limit_depth_level", "level", "depth level of the limit; 0 where not used"),
    _count("trigger_count", "times", "how often the price must touch; 0 where not used"),
    _price("monitor_price", "price from which trailing begins"),
    _text("remark", "your own words"),
)

EXECUTIONS: Contract = (
    _text("trade_id", "the broker's id of the fill"),
    _text("order_id", "the order that was filled"),
    _SYMBOL,
    _instant("trade_done_at", "when it was filled"),
    _quantity("quantity", "shares filled"),
    _price("price", "price of the fill"),
    _text("side", "Buy or Sell"),
)

POSITIONS: Contract = (
    _SYMBOL,
    _text("symbol_name", "name of the security"),
    _quantity("quantity", "shares held; negative when sold short"),
    _quantity("available_quantity", "shares that can be sold"),
    _text("currency", "currency of the cost"),
    _price("cost_price", "average price paid"),
    _text("market", "market"),
    _quantity("init_quantity", "shares held before today's open"),
    _text("account_channel", "account: lb, or lb_papertrading"),
)

BALANCE: Contract = (
    _text("currency", "currency of the amounts"),
    _money("total_cash", "cash"),
    _money("max_finance_amount", "credit granted"),
    _money("remaining_finance_amount", "credit left"),
    _count_or_missing("risk_level", "", "0 safe, 1 medium, 2 warning, 3 danger"),
    _money("margin_call", "money to be paid in"),
    _money("net_assets", "cash and holdings less debt"),
    _money("init_margin", "margin to open the positions"),
    _money("maintenance_margin", "margin to keep the positions"),
    _money("buy_power", "money that can be spent on new positions"),
)

TRADING_DAYS: Contract = (
    Column("date", "datetime64[us]", "", "trading day, local to the exchange"),
    Column("half_day", "bool", "", "whether it closes early"),
)

#: What a request for candles would cost.
PLAN: Contract = (
    _SYMBOL,
    _count("cached_bars", "bars", "bars that are on the disk"),
    _text("missing", "spans that would be asked for, in exchange time"),
    _text("route", "cache, latest, history, or several of them"),
    _count("calls", "requests", "requests that would be made"),
    _count("quota_units", "units", "units of the history quota that would be spent"),
    Column("seconds", "float64", "s", "how long that takes at the permitted rate"),
    Column("complete", "bool", "", "whether the quota allows all of it"),
)

_SERIES: Contract = (
    _text("source", "the broker, or the simulator's mark"),
    _SYMBOL,
    _text("period", "as in candles"),
    _text("adjust", "as in candles"),
    _text("sessions", "as in candles"),
)
_BYTES = _count("bytes", "bytes", "room on the disk")

#: What verify found.
FINDINGS: Contract = (
    *_SERIES,
    _text("file", "file name; below the folder of bars where it belongs to no series"),
    _text("kind", "what is not as it should be"),
    _text("detail", "how many, where, and the rule"),
)
#: The files of an export.
EXPORTED: Contract = (
    *_SERIES,
    _text("path", "the file"),
    _count("bars", "bars", "bars in the file"),
    _BYTES,
    Column("written", "bool", "", "whether it was new or had changed"),
)
#: What prune deletes.
PRUNED: Contract = (
    *_SERIES,
    _count("files", "files", "files, those set aside included"),
    _count("bars", "bars", "bars on the disk"),
    _BYTES,
    _instant("last_used", "the last day it was read or written"),
    _text("outcome", "what became of it"),
)
#: What compact compresses.
COMPACTED: Contract = (
    *_SERIES,
    _text("file", "file name"),
    _count("bytes_before", "bytes", "room before"),
    _count_or_missing("bytes_after", "bytes", "room after"),
)
#: What import_bars took.
IMPORTED: Contract = (
    *_SERIES,
    _count("given", "bars", "bars given"),
    _count("stored", "bars", "bars that are now stored"),
    _text("covered", "spans that are now complete by your word, in exchange time"),
)
