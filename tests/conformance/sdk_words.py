"""The words of the SDKs for the numbers and short words of the wire; a list is told by its places."""

from __future__ import annotations

TRADE_STATES = (
    "Normal", "Halted", "Delisted", "Fuse", "PrepareList", "CodeMoved", "ToBeOpened", "SplitStockHalts", "Expired",
    "WarrantPrepareList", "SuspendTrade",
)  # fmt: skip
SESSIONS = ("Intraday", "Pre", "Post", "Overnight")
DIRECTIONS = ("Neutral", "Down", "Up")
DERIVATIVES = ("", "Option", "Warrant")
CHARGES = {"BROKER_FEES": "Broker", "THIRD_FEES": "Third"}
TIMES_IN_FORCE = {"Day": "Day", "GTC": "GoodTilCanceled", "GTD": "GoodTilDate"}
WARRANT_TYPES = ("Call", "Put", "Bull", "Bear", "Inline")
WARRANT_STATES = ("", "", "Suspend", "PrepareList", "Normal")
OPTION_TYPES = {"": "Monthly", "W": "Weekly"}
STANDARDS = {"": "Normal"}
RIGHTS = {"C": "Call", "P": "Put"}
CONTRACT_TYPES = {"A": "American", "U": "Europe"}
EXTENDED = {"pre_market_quote": "pre", "post_market_quote": "post", "overnight_quote": "overnight"}
LAST_MINUTE = 24 * 60 - 1  # the SDKs know no 24:00
FLOW_DIRECTIONS = ("", "Out", "In")
FLOW_KINDS = ("", "Cash", "Stock", "Fund")

#: Of the list of warrants: what both SDKs leave out of an inline one, and where 3.0.18 tells the last price instead.
UNREAD_OF_INLINES = frozenset({"conversion_ratio", "implied_volatility", "itm_otm"})
PRICES_OF_WARRANTS = frozenset(
    {
        "balance_point", "conversion_ratio", "delta", "effective_leverage", "implied_volatility", "itm_otm",
        "strike_price",
    }
)  # fmt: skip
