"""The frozen contracts: which columns each frame has, in which order, dtype and unit. Values only, no pandas.

The first column of a contract is the index of the frame. What a column is stands in ``frames.column``; contracts of
options and warrants stand in ``frames.contract_columns``, those of reference data in ``frames.reference_columns``.
"""

from __future__ import annotations

from lpresearch.frames.column import (
    SYMBOL,
    Column,
    Contract,
    count,
    count_or_missing,
    instant,
    money,
    price,
    quantity,
    text,
)

# longport.md 4, enum TradeStatus; the position is the wire's number.
TRADE_STATUS = (
    "NORMAL", "HALTED", "DELISTED", "FUSE", "PREPARE_LIST", "CODE_MOVED", "TO_BE_OPENED", "SPLIT_STOCK_HALTS",
    "EXPIRED", "WARRANT_PREPARE_LIST", "SUSPEND_TRADE",
)  # fmt: skip
SESSION_WORDS = ("regular", "pre", "post", "overnight")  # longport.md 4, enum TradeSession

#: Bars. The index is in the exchange's zone for one symbol; see ``frames.candles`` for several.
CANDLES: Contract = (
    Column("timestamp", "datetime64[us, UTC]", "", "start of the bar; exchange-local midnight for a day and longer"),
    price("open", "first price"),
    price("high", "highest price"),
    price("low", "lowest price"),
    price("close", "last price; of a forming bar the price so far"),
    count("volume", "shares", "shares traded"),
    money("turnover", "money traded"),
)
#: Added to CANDLES where bars of all sessions are asked.
SESSION: Contract = (Column("session", "category", "", "part of the trading day", SESSION_WORDS),)

QUOTE: Contract = (
    SYMBOL,
    price("last_done", "last price"),
    price("prev_close", "close of the trading day before"),
    price("open", "first price of the day"),
    price("high", "highest price of the day"),
    price("low", "lowest price of the day"),
    instant("timestamp", "time of the last price"),
    count("volume", "shares", "shares traded today"),
    money("turnover", "money traded today"),
    text("trade_status", "whether it trades", words=TRADE_STATUS),
    price("change", "last_done less prev_close"),
    Column("change_rate", "float64", "percent", "change as a part of prev_close"),
)


def _outside_hours(prefix: str, words: str) -> Contract:
    return (
        price(f"{prefix}_last_done", f"last price {words}"),
        instant(f"{prefix}_timestamp", f"time of the last price {words}"),
        count_or_missing(f"{prefix}_volume", "shares", f"shares traded {words}"),
        money(f"{prefix}_turnover", f"money traded {words}"),
        price(f"{prefix}_high", f"highest price {words}"),
        price(f"{prefix}_low", f"lowest price {words}"),
        price(f"{prefix}_prev_close", f"the close that prices {words} are measured from"),
    )


#: Added to QUOTE where a US symbol is among those asked.
QUOTE_US: Contract = (
    *_outside_hours("pre", "before the open"),
    *_outside_hours("post", "after the close"),
    *_outside_hours("overnight", "overnight"),
)

STATIC_INFO: Contract = (
    SYMBOL,
    text("name_cn", "name in simplified Chinese"),
    text("name_en", "name in English"),
    text("name_hk", "name in traditional Chinese"),
    Column("listing_date", "datetime64[us]", "", "first day of trading"),
    text("exchange", "exchange"),
    text("currency", "currency it trades in"),
    count("lot_size", "shares", "shares in a board lot"),
    count("total_shares", "shares", "shares issued"),
    count("circulating_shares", "shares", "shares in circulation"),
    count("hk_shares", "shares", "shares issued in Hong Kong"),
    money("eps", "earnings per share, last year"),
    money("eps_ttm", "earnings per share, last four quarters"),
    money("bps", "book value per share"),
    money("dividend_yield", "dividend per share, as the broker gives it"),
    text("stock_derivatives", "derivatives of it: option, warrant, or both", words=("", "option", "warrant")),
    text("board", "board it is listed on"),
)

DEPTH: Contract = (
    count("position", "level", "distance from the best price, from 1"),
    price("bid_price", "price of the bids"),
    count_or_missing("bid_volume", "shares", "shares bid"),
    count_or_missing("bid_orders", "orders", "orders that bid"),
    price("ask_price", "price of the offers"),
    count_or_missing("ask_volume", "shares", "shares offered"),
    count_or_missing("ask_orders", "orders", "orders that offer"),
)

#: Who stands in the queues of a book in Hong Kong, from the best price on.
BROKERS: Contract = (
    count("broker_id", "", "number of the participant, as in participants()"),
    text("side", "bid or ask", words=("bid", "ask")),
    count("position", "level", "distance from the best price, from 1"),
    count("place", "", "place in the queue of the level, from 1"),
)

#: The newest trades in the order of time.
TRADES: Contract = (
    instant("timestamp", "when it was done, to the second"),
    price("price", "price"),
    count("volume", "shares", "shares traded"),
    text("trade_type", "the exchange's letter; missing for an automatic match"),
    text("direction", "up, down or neutral: which side took it", words=("neutral", "down", "up")),
    text("session", "part of the trading day", words=SESSION_WORDS),
)

#: The line of the day, minute by minute.
INTRADAY: Contract = (
    instant("timestamp", "start of the minute"),
    price("price", "last price of the minute"),
    count("volume", "shares", "shares traded in the minute"),
    money("turnover", "money traded in the minute"),
    price("avg_price", "average price of the day so far"),
)

CAPITAL_FLOW: Contract = (
    instant("timestamp", "start of the minute"),
    money("inflow", "net inflow"),
)

CAPITAL_DISTRIBUTION: Contract = (
    text("size", "large, medium or small orders"),
    money("capital_in", "money that came in today"),
    money("capital_out", "money that went out today"),
    instant("timestamp", "up to when"),
)

ORDERS: Contract = (
    text("order_id", "the broker's id of the order"),
    text("status", "state, such as NewStatus or FilledStatus"),
    text("stock_name", "name of the security"),
    quantity("quantity", "shares ordered"),
    quantity("executed_quantity", "shares filled"),
    price("price", "limit price; missing for a market order"),
    price("executed_price", "average price of the fills", zero_is_missing=True),
    instant("submitted_at", "when the order was taken"),
    text("side", "Buy or Sell"),
    SYMBOL,
    text("order_type", "order type, such as LO or MO"),
    price("last_done", "price of the last fill", zero_is_missing=True),
    price("trigger_price", "price that wakes the order"),
    text("msg", "the broker's words, such as why it refused"),
    text("tag", "Normal, GTC or Grey"),
    text("time_in_force", "Day, GTC or GTD"),
    Column("expire_date", "datetime64[us]", "", "last day of a GTD order"),
    instant("updated_at", "last change"),
    instant("trigger_at", "when the order woke"),
    price("trailing_amount", "distance that the trigger trails"),
    Column("trailing_percent", "float64", "percent", "distance that the trigger trails"),
    price("limit_offset", "limit price less trigger price"),
    text("trigger_status", "NOT_USED, DEACTIVE, ACTIVE or RELEASED"),
    text("currency", "currency of the prices"),
    text("outside_rth", "US: whether it fills outside regular hours"),
    count("limit_depth_level", "level", "depth level of the limit; 0 where not used"),
    count("trigger_count", "times", "how often the price must touch; 0 where not used"),
    price("monitor_price", "price from which trailing begins"),
    text("remark", "your own words"),
)

EXECUTIONS: Contract = (
    text("trade_id", "the broker's id of the fill"),
    text("order_id", "the order that was filled"),
    SYMBOL,
    instant("trade_done_at", "when it was filled"),
    quantity("quantity", "shares filled"),
    price("price", "price of the fill"),
    text("side", "Buy or Sell"),
)

POSITIONS: Contract = (
    SYMBOL,
    text("symbol_name", "name of the security"),
    quantity("quantity", "shares held; negative when sold short"),
    quantity("available_quantity", "shares that can be sold"),
    text("currency", "currency of the cost"),
    price("cost_price", "average price paid"),
    text("market", "market"),
    quantity("init_quantity", "shares held before today's open"),
    text("account_channel", "account: lb, or lb_papertrading"),
)

BALANCE: Contract = (
    text("currency", "currency of the amounts"),
    money("total_cash", "cash"),
    money("max_finance_amount", "credit granted"),
    money("remaining_finance_amount", "credit left"),
    count_or_missing("risk_level", "", "0 safe, 1 medium, 2 warning, 3 danger"),
    money("margin_call", "money to be paid in"),
    money("net_assets", "cash and holdings less debt"),
    money("init_margin", "margin to open the positions"),
    money("maintenance_margin", "margin to keep the positions"),
    money("buy_power", "money that can be spent on new positions"),
)

TRADING_DAYS: Contract = (
    Column("date", "datetime64[us]", "", "trading day, local to the exchange"),
    Column("half_day", "bool", "", "whether it closes early"),
)

#: What became of each symbol of a backfill, or would.
BACKFILL: Contract = (
    SYMBOL,
    text("outcome", "stored (already), complete, no quota, failed; in a dry run: to do"),
    text("missing", "spans that are not stored, in exchange time"),
    count("calls", "requests", "requests that were or would be made"),
    count("quota_units", "units", "units of the history quota that were or would be spent"),
    Column("seconds", "float64", "s", "in a dry run: how long that takes at the permitted rate"),
    text("detail", "why it failed"),
)

#: What a request for candles would cost.
PLAN: Contract = (
    SYMBOL,
    count("cached_bars", "bars", "bars that are on the disk"),
    text("missing", "spans that would be asked for, in exchange time"),
    text("route", "cache, latest, history, or several of them"),
    count("calls", "requests", "requests that would be made"),
    count("quota_units", "units", "units of the history quota that would be spent"),
    Column("seconds", "float64", "s", "how long that takes at the permitted rate"),
    Column("complete", "bool", "", "whether the quota allows all of it"),
)

_SERIES: Contract = (
    text("source", "the broker, or the simulator's mark"),
    SYMBOL,
    text("period", "as in candles"),
    text("adjust", "as in candles"),
    text("sessions", "as in candles"),
)
_BYTES = count("bytes", "bytes", "room on the disk")

#: What verify found.
FINDINGS: Contract = (
    *_SERIES,
    text("file", "file name; below the folder of bars where it belongs to no series"),
    text("kind", "what is not as it should be"),
    text("detail", "how many, where, and the rule"),
)
#: The files of an export.
EXPORTED: Contract = (
    *_SERIES,
    text("path", "the file"),
    count("bars", "bars", "bars in the file"),
    _BYTES,
    Column("written", "bool", "", "whether it was new or had changed"),
)
#: What prune deletes.
PRUNED: Contract = (
    *_SERIES,
    count("files", "files", "files, those set aside included"),
    count("bars", "bars", "bars on the disk"),
    _BYTES,
    instant("last_used", "the last day it was read or written"),
    text("outcome", "what became of it"),
)
#: What compact compresses.
COMPACTED: Contract = (
    *_SERIES,
    text("file", "file name"),
    count("bytes_before", "bytes", "room before"),
    count_or_missing("bytes_after", "bytes", "room after"),
)
#: What import_bars took.
IMPORTED: Contract = (
    *_SERIES,
    count("given", "bars", "bars given"),
    count("stored", "bars", "bars that are now stored"),
    text("covered", "spans that are now complete by your word, in exchange time"),
)
