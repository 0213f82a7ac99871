"""Which bars a request of commands 19 and 27 means, and what it costs (longport.md 5.1, 6). Makes no bars itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import cast

from lpresearch.base.markets import Market
from lpresearch.base.model import Adjust, Period, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.zones import day_of, midnight, zone
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.server.requests import sessions_of
from lpresearch.wire.proto import quote_pb2 as pb

PAGE_BARS = 1000
DEFAULT_COUNT = 10
YEARS = range(1970, 2200)  # dates beyond are no dates of bars

# longport.md 5.1, documented reach: (daily and longer, minutes). Nothing is documented for SG.
REACH: dict[Market, tuple[date, date]] = {
    Market.HK: (date(2004, 6, 1), date(2022, 9, 28)),
    Market.US: (date(2010, 6, 1), date(2023, 12, 4)),
    Market.CN: (date(1999, 11, 1), date(2022, 8, 25)),
    Market.SG: (date(2010, 6, 1), date(2023, 12, 4)),
}

PERIODS: dict[int, Period] = {
    **{period.minutes: period for period in Period if period.minutes is not None},
    1000: Period.DAY,
    2000: Period.WEEK,
    3000: Period.MONTH,
    3500: Period.QUARTER,
    4000: Period.YEAR,
}


@dataclass(frozen=True)
class BarsWanted:
    """Bars whose start lies in [start, end) epoch seconds; of more than ``limit``, the newest or the oldest."""

    period: Period
    sessions: Sessions
    start: float
    end: float
    limit: int
    newest: bool
    adjust: Adjust = Adjust.NONE


@dataclass(frozen=True)
class Today:
    """What a rule needs to know of the present: the epoch second, and the latest trading day of a market."""

    now: float
    trading_date: Callable[[Market], date]


def latest_wanted(request: pb.SecurityCandlestickRequest, now: float, *, limited: bool = True) -> BarsWanted:
    """The newest bars that command 19 asks for."""
    period = _period(request.period)
    adjust = _adjust(request.adjust_type)
    sessions = _sessions(request.trade_session, period)
    if not 1 <= request.count <= PAGE_BARS:
        raise _bad(f"count {request.count} is not within 1 and {PAGE_BARS}")
    market = Symbol(request.symbol).market
    return BarsWanted(
        period,
        sessions,
        _reach(market, period, limited=limited),
        _after(now),
        request.count,
        newest=True,
        adjust=adjust,
    )


def history_wanted(request: pb.SecurityHistoryCandlestickRequest, today: Today, *, limited: bool = True) -> BarsWanted:
    """The bars that command 27 asks for.

    Parameters
    ----------
    request : the message as it came.
    today : the present.
    limited : whether the documented reach applies; bars of the user's own have none.

    Raises
    ------
    Refusal : a request that contradicts the rules, or a minute query that begins before the reach.
    """
    period = _period(request.period)
    adjust = _adjust(request.adjust_type)
    sessions = _sessions(request.trade_session, period)
    market = Symbol(request.symbol).market
    reach = _reach(market, period, limited=limited)
    if request.query_type == pb.QUERY_BY_DATE:
        start, end, limit, newest = _by_date(request.date_request, market, today)
    elif request.query_type == pb.QUERY_BY_OFFSET:
        start, end, limit, newest = _by_offset(request.offset_request, market, period, today)
    else:
        raise Refusal(3, 301600, f"invalid request: query_type {request.query_type} is neither 1 nor 2")
    asked_from = end if start is None else start
    if period.minutes is not None and asked_from < reach:
        raise Refusal(7, 301600, "out of minute kline begin date")
    return BarsWanted(period, sessions, max(reach, start or reach), min(end, _after(today.now)), limit, newest, adjust)


_Span = tuple[float | None, float, int, bool]  # start (None: as far back as there is), end, limit, newest


def _by_date(query: pb.SecurityHistoryCandlestickRequest.DateQuery, market: Market, today: Today) -> _Span:
    """By date: of more than 1000 bars those nearest the start when only a start is given, else nearest the end."""
    first, last = _day(query.start_date), _day(query.end_date)
    if first and last and first > last:
        raise _bad(f"start_date {query.start_date} is after end_date {query.end_date}")
    start = midnight(market, first) if first else None
    end = midnight(market, last + timedelta(days=1)) if last else _after(today.now)
    return start, end, PAGE_BARS, not (first and not last)


def _by_offset(
    query: pb.SecurityHistoryCandlestickRequest.OffsetQuery, market: Market, period: Period, today: Today
) -> _Span:
    """By offset: ``count`` bars from the anchor on, the anchor included, towards older or newer ones."""
    count = query.count or DEFAULT_COUNT
    if not 1 <= count <= PAGE_BARS:
        raise _bad(f"count {query.count} is not within 1 and {PAGE_BARS}")
    if query.direction not in (pb.BACKWARD, pb.FORWARD):
        raise _bad(f"direction {query.direction} is neither 0 nor 1")
    anchor = _day(query.date) or today.trading_date(market)
    minute = _minute(query.minute) if period.minutes is not None else None
    first = midnight(market, anchor) if minute is None else _local(market, anchor, minute)
    if query.direction == pb.FORWARD:
        return first, _after(today.now), count, False
    after = midnight(market, anchor + timedelta(days=1)) if minute is None else first + 1
    return None, after, count, True


def _local(market: Market, day: date, at: time) -> float:
    return datetime.combine(day, at, zone(market)).timestamp()


def _after(now: float) -> float:
    return float(int(now) + 1)


def _reach(market: Market, period: Period, *, limited: bool) -> float:
    days, minutes = REACH[market]
    day = days if period.minutes is None else minutes
    return midnight(market, day if limited else date(1970, 1, 2))


def _period(number: int) -> Period:
    if number not in PERIODS:
        raise _bad(f"period {number} is unknown")
    return PERIODS[number]


def _sessions(number: int, period: Period) -> Sessions:
    """Daily and longer bars exist of the regular session only (longport.md 10.3, rule 6)."""
    sessions = sessions_of(number)
    return sessions if period.minutes is not None else Sessions.REGULAR


def _adjust(number: int) -> Adjust:
    if number not in (pb.NO_ADJUST, pb.FORWARD_ADJUST):
        raise _bad(f"adjust_type {number} is neither 0 nor 1")
    return Adjust.FORWARD if number == pb.FORWARD_ADJUST else Adjust.NONE


def _day(text: str) -> date | None:
    """A date of the wire, None for an empty text; exactly ``YYYYMMDD``."""
    if not text:
        return None
    return parse_day(text)


def parse_day(text: str) -> date:
    """The date that ``YYYYMMDD`` means, or Refusal."""
    if len(text) == 8 and text.isascii() and text.isdigit() and int(text[:4]) in YEARS:
        try:
            return date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            pass
    raise _bad(f"{text!r} is not a date as YYYYMMDD")


def _minute(text: str) -> time | None:
    """A time of the wire, None for an empty text; exactly ``HHMM``."""
    if not text:
        return None
    if len(text) == 4 and text.isascii() and text.isdigit() and int(text[:2]) < 24 and int(text[2:]) < 60:
        return time(int(text[:2]), int(text[2:]))
    raise _bad(f"{text!r} is not a time as HHMM")


def _bad(detail: str) -> Refusal:
    return Refusal(7, 301600, f"bad parameter: {detail}")


class HistoryQuota:
    """The distinct symbols of command 27 in the current calendar month; the same symbol again is free.

    Parameters
    ----------
    limit : how many, or what tells it each time.
    on_count : called when a symbol was counted, before the bars are made.
    """

    def __init__(self, limit: int | Callable[[], int], *, on_count: Callable[[], None] = lambda: None) -> None:
        self._limit = limit
        self._on_count = on_count
        self._month = ""
        self._counted: set[str] = set()

    @property
    def limit(self) -> int:
        """How many there may be in this month."""
        return self._limit if isinstance(self._limit, int) else self._limit()

    def snapshot(self) -> dict[str, object]:
        """The month and its symbols, for ``restore``."""
        return {"month": self._month, "symbols": sorted(self._counted)}

    def restore(self, kept: Mapping[str, object]) -> None:
        """Go on counting where a snapshot was taken."""
        self._month, self._counted = str(kept["month"]), set(cast("list[str]", kept["symbols"]))

    def count(self, symbol: str, now: float) -> None:
        """Count a symbol, or raise Refusal where it would be one too many."""
        month = f"{day_of(Market.HK, now):%Y%m}"
        if month != self._month:
            self._month, self._counted = month, set()
        requested = len(self._counted | {symbol})
        limit = self.limit
        if requested > limit and symbol not in self._counted:
            raise Refusal(7, 301607, f"history kline symbol count out of limit, requested:{requested}/limit:{limit}")
        if symbol not in self._counted:
            self._counted.add(symbol)
            self._on_count()
