"""Our frames and records in the words and shapes of the official SDKs: missing is None."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from lpresearch.base.model import OrderPush

SESSION_WORDS = {"regular": "Intraday", "pre": "Pre", "post": "Post", "overnight": "Overnight"}
DERIVATIVES = {"option": "Option", "warrant": "Warrant"}
OUTSIDE_RTH = {"RTH_ONLY": "RTHOnly", "ANY_TIME": "AnyTime", "UnknownOutsideRth": None}
EXTENDED = {"pre_market_quote": "pre", "post_market_quote": "post", "overnight_quote": "overnight"}
QUOTE_FIELDS = ("symbol", "last_done", "prev_close", "open", "high", "low", "timestamp", "volume", "turnover")
BAR_FIELDS = ("open", "high", "low", "close", "volume", "turnover")


def plain(value: Any) -> Any:
    """A value of a frame as JSON: epoch seconds for an instant, an ISO date for a day, None for what is missing."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.timestamp() if value.tzinfo else value.date().isoformat()
    return value.item() if hasattr(value, "item") else value


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a frame, its index among the fields."""
    table = frame.reset_index().astype(object)
    return [{str(name): plain(value) for name, value in row.items()} for row in table.to_dict("records")]


def candles(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Bars in the SDK's shape."""
    bars = rows(frame)
    return [
        {name: bar[name] for name in BAR_FIELDS}
        | {"timestamp": bar["timestamp"], "trade_session": SESSION_WORDS[bar.get("session", "regular")]}
        for bar in bars
    ]


def static_info(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The SDK has no listing date; it makes 0 of figures that are not given, and lists the derivatives."""
    found = rows(frame)
    for row in found:
        del row["listing_date"]
        row |= {name: row[name] or 0.0 for name in ("eps", "eps_ttm", "bps", "dividend_yield")}
        row["stock_derivatives"] = [DERIVATIVES[word] for word in (row["stock_derivatives"] or "").split()]
    return found


def quotes(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Trading outside regular hours as parts of their own; change and change rate are ours alone."""
    found = []
    for row in rows(frame):
        parts = {}
        for part, prefix in EXTENDED.items():
            begin = f"{prefix}_"
            fields = {name.removeprefix(begin): value for name, value in row.items() if name.startswith(begin)}
            parts[part] = fields if fields.get("last_done") is not None else None
        main = {name: row[name] for name in QUOTE_FIELDS}
        found.append(main | parts | {"trade_status": words(row["trade_status"])})
    return found


def words(name: str) -> str:
    """SUSPEND_TRADE -> SuspendTrade."""
    return name.title().replace("_", "")


def depth(frame: pd.DataFrame) -> dict[str, Any]:
    """Two sides, each as long as it is."""

    def side(name: str) -> list[dict[str, Any]]:
        return [
            {
                "position": row["position"],
                "price": row[f"{name}_price"],
                "volume": row[f"{name}_volume"],
                "order_num": row[f"{name}_orders"],
            }
            for row in rows(frame)
            if row[f"{name}_orders"] is not None
        ]

    return {"asks": side("ask"), "bids": side("bid")}


def orders(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The SDK's words for states, and None for what is not used."""
    found = rows(frame)
    for row in found:
        row["status"] = row["status"].removesuffix("Status")
        row["outside_rth"] = OUTSIDE_RTH[row["outside_rth"]]
        row["trigger_status"] = None if row["trigger_status"] == "NOT_USED" else row["trigger_status"]
        row |= {name: row[name] or "" for name in ("msg", "remark")}
        row |= {name: row[name] or None for name in ("limit_depth_level", "trigger_count")}
    return found


def order_push(push: OrderPush) -> dict[str, Any]:
    """The fields of an order push as the SDK reads them (longport.md 8)."""
    row: dict[str, Any] = dict(push.fields)
    for name in ("executed_price", "trigger_at", "trigger_price", "trailing_amount", "trailing_percent"):
        row[name] = None if row[name] in ("", "0") else row[name]
    row |= {name: row[name] or None for name in ("limit_offset", "last_share", "last_price")}
    row |= {name: float(row[name]) for name in ("submitted_at", "updated_at")}
    row["status"] = row["status"].removesuffix("Status")
    row["trigger_status"] = None if row["trigger_status"] == "NOT_USED" else row["trigger_status"]
    return row


def positions(frame: pd.DataFrame) -> dict[str, Any]:
    """Holdings below the account channels that they are in."""
    found = rows(frame)
    channels = list(dict.fromkeys(row["account_channel"] for row in found))
    return {
        "channels": [
            {
                "account_channel": channel,
                "positions": [
                    {name: value for name, value in row.items() if name != "account_channel"}
                    for row in found
                    if row["account_channel"] == channel
                ],
            }
            for channel in channels
        ]
    }
