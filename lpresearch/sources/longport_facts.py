"""What is known of LongPort before it is asked: what it offers, its numbers for periods, the meaning of its errors."""

from __future__ import annotations

import re
from datetime import date
from typing import cast

from lpresearch.base.contracts import WarrantType
from lpresearch.base.errors import NoPermission, NoQuotes, RateLimited, ServerRejected, SubscriptionLimit
from lpresearch.base.markets import Market
from lpresearch.base.model import Adjust, Period, Sessions
from lpresearch.base.source import CalendarMonth, Caps, Pace
from lpresearch.wire.proto import quote_pb2

SYMBOLS_PER_REQUEST = 500
BARS_PER_REPLY = 1000
TRADES_PER_REQUEST = 1000
TRADING_DAYS_PER_REQUEST = 28  # the server allows a month, and February is one

BAD_REQUEST_CODE = 301600  # bad parameter, or a symbol that is not found
OUT_OF_REACH = "out of minute kline begin date"  # the message of a 301600 to command 27
TOO_MANY_CODE = 301607  # too many of something: of symbols in a request, of bars in a page, or of the month's symbols
_REFUSALS: dict[int, type[ServerRejected]] = {
    301603: NoQuotes,
    301604: NoPermission,
    301605: SubscriptionLimit,
    301606: RateLimited,
}
_HINTS = {
    301604: "The quote level of the account does not include it; see the quote cards in the app.",
    301605: "Unsubscribe other symbols first.",
    301606: "Wait a moment.",
}
#: The month's symbols, in the words of either age; seen with figures and without (longbridge/openapi#139,
#: longbridge/developers#1191).
_QUOTA_WORDS = re.compile(r"history (kline|candlestick) symbol count out of limit")
_REQUESTED = re.compile(r"requested\W{0,3}(\d+)")
_LIMIT = re.compile(r"limit\W{0,3}(\d+)")

#: longport.md 4, enum Period.
PERIODS = {
    **{period: cast("quote_pb2.Period", period.minutes) for period in Period if period.minutes},
    Period.DAY: quote_pb2.DAY,
    Period.WEEK: quote_pb2.WEEK,
    Period.MONTH: quote_pb2.MONTH,
    Period.QUARTER: quote_pb2.QUARTER,
    Period.YEAR: quote_pb2.YEAR,
}
ADJUSTS = {Adjust.NONE: quote_pb2.NO_ADJUST, Adjust.FORWARD: quote_pb2.FORWARD_ADJUST}
SESSIONS = {Sessions.REGULAR: 0, Sessions.ALL: 100}
#: longport.md 1 and 5, command 23: the position is the wire's number.
LANGUAGES = {language: number for number, language in enumerate(("zh-CN", "en", "zh-HK"))}
WARRANT_TYPES = tuple(WarrantType)
FIRST_WARRANT_STATUS = 2  # the wire's number of the first of WarrantStatus

_BRANDS = ("longbridge", "longportapp")
OFFICIAL_HOSTS = frozenset(
    f"openapi{part}.{brand}.{top}" for part in ("", "-quote", "-trade") for brand in _BRANDS for top in ("com", "cn")
)

#: No document says by which clock the month of the quota turns: Hong Kong's, where the broker is, its servers' UTC, or
#: New York's, of its American markets. All three are reckoned with.
QUOTA_MONTH = CalendarMonth("Asia/Hong_Kong", or_zones=("UTC", "America/New_York"))

#: longport.md 5, 5.1, 6 and 11.
CAPS = Caps(
    name="longport",
    periods=frozenset(Period),
    adjusts=frozenset(Adjust),
    sessions=frozenset(Sessions),
    page_bars=BARS_PER_REPLY,
    latest_bars=BARS_PER_REPLY,
    symbols_per_request=SYMBOLS_PER_REQUEST,
    quote_pace=Pace(calls=10, per_s=1.0, at_once=5),
    history_pace=Pace(calls=60, per_s=30.0),
    trade_pace=Pace(calls=30, per_s=30.0, gap_s=0.02),
    quota_rule=QUOTA_MONTH,
    quota_default=100,
    subscribe_default=500,
    first_day={Market.HK: date(2004, 6, 1), Market.US: date(2010, 6, 1), Market.CN: date(1999, 11, 1)},
    first_minute_day={Market.HK: date(2022, 9, 28), Market.US: date(2023, 12, 4), Market.CN: date(2022, 8, 25)},
    official_hosts=OFFICIAL_HOSTS,
)


def refusal(error: ServerRejected) -> ServerRejected:
    """The error by its meaning: a subclass of ServerRejected where the code has one."""
    kind = _REFUSALS.get(error.code)
    if kind is None:
        return error
    return kind(error.code, error.message, endpoint=error.endpoint, hint=_HINTS.get(error.code, ""))


def quota_refusal(error: ServerRejected) -> tuple[int, int] | None:
    """Units requested and the limit, where an error says that the history quota is used up.

    The code alone does not: it means too many of something else as well, so a text that is not known is none of it.

    Returns
    -------
    None for every other error; -1 for a figure that the server did not say.
    """
    if error.code != TOO_MANY_CODE or not _QUOTA_WORDS.search(error.message):
        return None
    requested, limit = (figure.search(error.message) for figure in (_REQUESTED, _LIMIT))
    return int(requested[1]) if requested else -1, int(limit[1]) if limit else -1


def compact_day(day: date) -> str:
    """A day as the wire writes it, YYYYMMDD."""
    return f"{day:%Y%m%d}"


def day_of_text(text: str) -> date:
    """The day that the wire wrote."""
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
