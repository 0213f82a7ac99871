"""The contracts of reference data: participants, sessions, lists, temperature, filings. Values only, no pandas."""

from __future__ import annotations

from lpresearch.frames.column import SYMBOL, Column, Contract, count, instant, price, text

#: One row for each number that a participant has in the broker queues of Hong Kong.
PARTICIPANTS: Contract = (
    count("broker_id", "", "number in the broker queue"),
    text("participant_name_cn", "name in simplified Chinese"),
    text("participant_name_en", "name in English"),
    text("participant_name_hk", "name in traditional Chinese"),
)

TRADING_SESSIONS: Contract = (
    text("market", "market"),
    text("session", "part of the trading day: regular, pre, post or overnight"),
    text("begin_time", "first minute, HH:MM local to the exchange"),
    text("end_time", "end, HH:MM local to the exchange, not included; 24:00 is midnight"),
    text("zone", "time zone of the exchange"),
)

SECURITIES: Contract = (
    SYMBOL,
    text("name_cn", "name in simplified Chinese"),
    text("name_hk", "name in traditional Chinese"),
    text("name_en", "name in English"),
)

#: One row for each security in each group.
WATCHLIST: Contract = (
    SYMBOL,
    text("name", "name in the session's language"),
    text("market", "market"),
    count("group_id", "", "the broker's number of the group"),
    text("group_name", "name of the group"),
    price("watched_price", "price when it was put on the list"),
    instant("watched_at", "when it was put on the list"),
    Column("is_pinned", "bool", "", "whether it stands at the top"),
)

MARKET_TEMPERATURE: Contract = (
    instant("timestamp", "time of the reading"),
    count("temperature", "0 to 100", "how hot the market is"),
    count("valuation", "0 to 100", "how dear it is"),
    count("sentiment", "0 to 100", "how confident it is"),
    text("description", "the broker's words; of the newest reading only"),
    text("granularity", "daily, weekly or monthly; missing for the newest reading"),
)

FILINGS: Contract = (
    text("id", "the broker's id of the filing"),
    text("title", "title"),
    text("description", "what it is about"),
    text("file_name", "name of the file"),
    text("file_urls", "addresses of the files, with blanks between them"),
    instant("publish_at", "when it was published"),
)
