"""The quote calls by our public functions, in the words and shapes of the official SDKs: a row for each call.

An SDK writes 0 for a price or a ratio that the wire leaves empty; our frames say that it is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pandas as pd

import lpresearch as lp
from tests.conformance.contexts import SHARE, US_SHARE
from tests.conformance.our_words import SESSION_WORDS, candles, depth, plain, quotes, rows, static_info, words
from tests.conformance.sdk_calls import SYMBOLS
from tests.conformance.sdk_words import PRICES_OF_WARRANTS, UNREAD_OF_INLINES

Json = dict[str, Any]
STATES = {"Suspend": "Suspend", "Prepare": "PrepareList", "Normal": "Normal"}
STYLES = {"American": "American", "European": "Europe"}
NAMES = ("name_cn", "name_en", "name_hk")


@dataclass(frozen=True)
class Asked:
    """What both sides were told, and what the SDK was answered so far.

    Parameters
    ----------
    brand : 3.x and 5.x have two shapes for the chain of options.
    """

    brand: str
    given: Mapping[str, str]
    theirs: dict[str, Any] = field(default_factory=dict)

    @property
    def span(self) -> tuple[str, str]:
        return self.given["calendar_start"], self.given["calendar_end"]

    @property
    def contracts(self) -> list[str]:
        """The option and the warrants of which the SDK asks for indexes."""
        return [self.theirs["option_quote"][0]["symbol"], *(row["symbol"] for row in self.theirs["warrant_quote"])]


def brokers(frame: pd.DataFrame) -> Json:
    """Two sides, and the queue of each level."""

    def side(name: str) -> list[Json]:
        of_side = [row for row in rows(frame) if row["side"] == name]
        return [
            {"position": position, "broker_ids": [row["broker_id"] for row in queue]}
            for position, queue in groupby(of_side, key=lambda row: row["position"])
        ]

    return {"ask_brokers": side("ask"), "bid_brokers": side("bid")}


def participants(frame: pd.DataFrame) -> list[Json]:
    """A participant with all its numbers."""
    found = [{name.removeprefix("participant_"): value for name, value in row.items()} for row in rows(frame)]
    return [
        {"broker_ids": [row["broker_id"] for row in same], **dict(zip(NAMES, names, strict=True))}
        for names, same in groupby(found, key=lambda row: tuple(row[name] for name in NAMES))
    ]


def trades(frame: pd.DataFrame) -> list[Json]:
    """No letter for an automatic match is an empty text."""
    found = rows(frame)
    for row in found:
        row |= {"trade_type": row["trade_type"] or "", "direction": row["direction"].title()}
        row["trade_session"] = SESSION_WORDS[row.pop("session")]
    return found


def distribution(frame: pd.DataFrame) -> Json:
    """Both directions with their sizes."""
    (moment,) = set(frame["timestamp"])
    return {"timestamp": plain(moment), **{name: frame[name].to_dict() for name in ("capital_in", "capital_out")}}


def chain(asked: Asked) -> list[Json]:
    """3.x has a row for each strike, 5.x one for each contract."""
    expiry = asked.theirs["option_chain_expiry_date_list"][3]
    found = rows(lp.option_chain(US_SHARE, expiry))
    if asked.brand == "longport":
        return [{"price": row.pop("strike_price"), **row} for row in found]
    return [
        {
            "symbol": row[f"{right.lower()}_symbol"],
            "strike_price": row["strike_price"],
            "direction": right,
            "expiry_date": expiry,
            "standard_attr": "Normal" if row["standard"] else None,
        }
        for row in found
        for right in ("Call", "Put")
    ]


def contract_quotes(frame: pd.DataFrame, *, zero: tuple[str, ...] = ()) -> list[Json]:
    """Change and change rate are ours alone; ``zero``: where the SDK has 0 for what is missing."""
    found = rows(frame.drop(columns=["change", "change_rate"]))
    for row in found:
        row["trade_status"] = words(row["trade_status"])
        row |= {name: row[name] or 0.0 for name in zero}
        if "contract_type" in row:
            row["contract_type"] = STYLES[row["contract_type"]]
        if "outstanding_qty" in row:
            row["outstanding_quantity"] = row.pop("outstanding_qty")
    return found


def warrants(asked: Asked, **filters: str) -> list[Json]:
    """The list of warrants, as an SDK reads it: not all of an inline one, and 3.x its price in other fields."""
    found = rows(lp.warrants(SHARE, sort_by="volume", **filters))  # type: ignore[arg-type]  # no page is asked for
    for row in found:
        if row["type"] == "Inline":
            row |= dict.fromkeys(UNREAD_OF_INLINES)
        elif asked.brand == "longport":
            row |= {name: row["last_done"] for name in PRICES_OF_WARRANTS if row[name] is not None}
        row |= {name: row[name] or 0.0 for name in ("premium", "leverage_ratio")}
        row |= {"status": STATES[row["status"]], "warrant_type": row.pop("type"), "change_value": row.pop("change_val")}
    return found


def indexes(symbols: list[str]) -> list[Json]:
    """All of them."""
    found = rows(lp.calc_indexes(symbols))
    for row in found:
        row |= {name: row[name] or 0 for name in ("outstanding_qty", "open_interest")}
        row["change_value"] = row.pop("change_val")
    return found


def sessions(frame: pd.DataFrame) -> list[Json]:
    """The spans of each market; an SDK knows no 24:00, and reads 23:59."""
    return [
        {
            "market": market,
            "trade_sessions": [
                {
                    "begin_time": f"{row['begin_time']}:00",
                    "end_time": f"{row['end_time']}:00".replace("24:00:00", "23:59:00"),
                    "trade_session": SESSION_WORDS[row["session"]],
                }
                for row in same
            ],
        }
        for market, same in groupby(rows(frame), key=lambda row: row["market"])
    ]


def days(asked: Asked, market: str) -> Json:
    """Full and half days."""
    found = rows(lp.trading_days(market, *asked.span))
    return {
        "trading_days": [row["date"] for row in found if not row["half_day"]],
        "half_trading_days": [row["date"] for row in found if row["half_day"]],
    }


def watchlist(asked: Asked) -> list[Json]:
    """The groups, empty ones too; 3.x does not read what is pinned."""
    frame = lp.watchlist()
    if asked.brand == "longport":
        frame = frame.drop(columns="is_pinned")
    names: dict[str, str] = frame.attrs["lpresearch"]["groups"]
    found = rows(frame)
    return [
        {
            "id": int(number),
            "name": name,
            "securities": [
                {key: value for key, value in row.items() if not key.startswith("group_")}
                for row in found
                if row["group_id"] == int(number)
            ],
        }
        for number, name in names.items()
    ]


def filings(frame: pd.DataFrame) -> list[Json]:
    """The addresses as a list."""
    found = rows(frame)
    for row in found:
        row |= {"file_urls": row["file_urls"].split(), "published_at": row.pop("publish_at")}
    return found


def temperature(frame: pd.DataFrame) -> Json:
    """The newest reading."""
    (row,) = rows(frame.drop(columns="granularity"))
    return row


def temperatures(frame: pd.DataFrame) -> Json:
    """The readings of a span."""
    found = rows(frame)
    (granularity,) = {row.pop("granularity") for row in found}
    for row in found:
        row["description"] = row["description"] or ""
    return {"granularity": granularity.title(), "records": found}


def by_offset(asked: Asked) -> list[Json]:
    """The minutes up to a moment."""
    anchor = pd.Timestamp(asked.span[1]) - pd.Timedelta(days=4) + pd.Timedelta(hours=10, minutes=35)
    return candles(lp.candles(SHARE, "1m", end=anchor, count=60))


#: Where a warrant has 0 in an SDK for what it has not.
NO_WARRANT_TERMS = ("implied_volatility", "strike_price", "upper_strike_price", "lower_strike_price", "call_price")

OURS: Mapping[str, Callable[[Asked], Any]] = {
    "static_info": lambda a: static_info(lp.static_info(SYMBOLS)),
    "quote": lambda a: quotes(lp.quote(SYMBOLS)),
    "depth": lambda a: depth(lp.depth(SHARE)),
    "depth of a US share": lambda a: depth(lp.depth(US_SHARE)),
    "brokers": lambda a: brokers(lp.brokers(SHARE)),
    "participants": lambda a: participants(lp.participants()),
    "trades": lambda a: trades(lp.trades(SHARE, 50)),
    "intraday": lambda a: rows(lp.intraday(SHARE)),
    "intraday of all sessions": lambda a: rows(lp.intraday(US_SHARE, sessions="all")),
    "candlesticks": lambda a: candles(lp.candles(SHARE, count=100)),
    "candlesticks of all sessions": lambda a: candles(lp.candles(US_SHARE, "1m", count=300, sessions="all")),
    "history_candlesticks_by_date": lambda a: candles(lp.candles(SHARE, start=a.span[0], end=a.span[1])),
    "history_candlesticks_by_offset": by_offset,
    "option_chain_expiry_date_list": lambda a: [row["expiry_date"] for row in rows(lp.option_expiries(US_SHARE))],
    "option_chain_info_by_date": chain,
    "option_quote": lambda a: contract_quotes(lp.option_quote(a.theirs["option_quote"][0]["symbol"])),
    "warrant_issuers": lambda a: [{"issuer_id": row.pop("id"), **row} for row in rows(lp.warrant_issuers())],
    "warrant_list": warrants,
    "warrant_list filtered": lambda a: warrants(a, type="Bull", expiry_date="6-12m", status="Normal"),
    "warrant_quote": lambda a: contract_quotes(
        lp.warrant_quote([row["symbol"] for row in a.theirs["warrant_quote"]]), zero=NO_WARRANT_TERMS
    ),
    "calc_indexes of shares": lambda a: indexes([SHARE, US_SHARE]),
    "calc_indexes of contracts": lambda a: indexes(a.contracts),
    "trading_session": lambda a: sessions(lp.trading_sessions()),
    "trading_days HK": lambda a: days(a, "HK"),
    "trading_days US": lambda a: days(a, "US"),
    "trading_days CN": lambda a: days(a, "CN"),
    "trading_days SG": lambda a: days(a, "SG"),
    "capital_flow": lambda a: rows(lp.capital_flow(SHARE)),
    "capital_distribution": lambda a: distribution(lp.capital_distribution(SHARE)),
    "watchlist": watchlist,
    "watchlist afterwards": watchlist,
    "security_list": lambda a: rows(lp.securities("US", "Overnight")),
    "market_temperature": lambda a: temperature(lp.market_temperature("HK")),
    "history_market_temperature": lambda a: temperatures(lp.market_temperature("HK", "2026-10-01", "2026-11-20")),
    "filings": lambda a: filings(lp.filings(US_SHARE)),
}


def comparable(call: str, theirs: Any) -> Any:
    """What the SDK was answered, without what no frame of ours holds: empty queues, and two fields of 5.x.

    5.x reads the chain of a date over HTTP, which tells the kind of an option and the days left for each contract.
    """
    if call == "brokers":
        return {side: [queue for queue in queues if queue["broker_ids"]] for side, queues in theirs.items()}
    if call == "option_chain_info_by_date":
        left_out = ("option_type", "days_to_expiry")
        return [{name: value for name, value in row.items() if name not in left_out} for row in theirs]
    return theirs
