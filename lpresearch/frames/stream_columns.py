"""The frozen contracts of what streams keep: pushes in the order they came. Values only, no pandas."""

from __future__ import annotations

from lpresearch.frames.column import SYMBOL, Column, Contract, count, count_or_missing, instant, money, price, text
from lpresearch.frames.columns import BROKERS, CANDLES, DEPTH, SESSION_WORDS, TRADE_STATUS, TRADES

_COMING: Contract = (
    SYMBOL,
    instant("received_at", "when it was received here"),
    count("sequence", "", "the broker's number of the push; 0 where it has none"),
)

#: Quotes; what a push does not fill is missing.
PUSHES: Contract = (
    *_COMING,
    price("last_done", "last price"),
    price("open", "first price of the session"),
    price("high", "highest price of the session"),
    price("low", "lowest price of the session"),
    instant("timestamp", "time of the last price"),
    count_or_missing("volume", "shares", "shares traded in the session", zero_is_missing=True),
    money("turnover", "money traded in the session"),
    text("trade_status", "whether it trades", words=TRADE_STATUS),
    text("session", "part of the trading day", words=SESSION_WORDS),
    Column("revised", "bool", "", "whether it restates data after the close"),
)
#: Books: the levels that each push names.
DEPTH_PUSHES: Contract = (*_COMING, *DEPTH)
#: Queues: the places that each push names.
BROKERS_PUSHES: Contract = (*_COMING, *BROKERS)
#: Trades, one row each, in the order of time.
TRADE_PUSHES: Contract = (*_COMING, *TRADES)
#: The newest candle of each symbol.
LATEST_CANDLES: Contract = (
    SYMBOL,
    instant("timestamp", "start of the bar"),
    *CANDLES[1:],
    Column("confirmed", "bool", "", "whether the broker told the bar after its end"),
)
