"""The quote part of LongPort: pulls, bars, calendars. Knows no quotas: callers plan them."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from lpresearch.base.errors import DateRangeError, ServerRejected
from lpresearch.base.markets import Market
from lpresearch.base.model import (
    Adjust,
    AnchorPage,
    DatePage,
    Period,
    Sessions,
    SessionSpan,
)
from lpresearch.base.settings import Settings
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol
from lpresearch.net.http import Http
from lpresearch.sources.longport_columns import depth_columns, quote_columns, session_spans, static_columns
from lpresearch.sources.longport_facts import (
    ADJUSTS,
    BAD_REQUEST_CODE,
    CAPS,
    OUT_OF_REACH,
    PERIODS,
    SESSIONS,
    TRADING_DAYS_PER_REQUEST,
    compact_day,
    day_of_text,
)
from lpresearch.sources.longport_line import QuoteLine
from lpresearch.sources.longport_pulls import Pulls
from lpresearch.wire.bars import TIMESTAMP, decode_candlesticks
from lpresearch.wire.proto import quote_pb2
from lpresearch.wire.proto.quote_pb2 import Command

log = logging.getLogger("lpresearch.longport")

R = TypeVar("R")
Bars = NDArray[np.float64]


class QuoteCommands:
    """The quote part of the source."""

    def __init__(self, settings: Settings, http: Http, line: QuoteLine) -> None:
        self._settings = settings
        self._http = http
        self._line = line
        self._pulls = Pulls(self._line, timeout_s=settings.timeout_s)

    async def quotes(self, symbols: Sequence[Symbol]) -> Columns:
        """Command 11, in the order asked."""
        answer = quote_pb2.SecurityQuoteResponse
        rows = self._pulls.each(Command.QuerySecurityQuote, answer, symbols, lambda told: told.secu_quote)
        return quote_columns(await rows)

    async def static_info(self, symbols: Sequence[Symbol]) -> Columns:
        """Command 10, in the order asked."""
        answer = quote_pb2.SecurityStaticInfoResponse
        rows = self._pulls.each(Command.QuerySecurityStaticInfo, answer, symbols, lambda told: told.secu_static_info)
        return static_columns(await rows)

    async def depth(self, symbol: Symbol) -> Columns:
        """Command 14."""
        request = quote_pb2.SecurityRequest(symbol=symbol)
        return depth_columns(
            await self._pulls.ask(Command.QueryDepth, request, quote_pb2.SecurityDepthResponse, [symbol])
        )

    async def latest_bars(self, symbol: Symbol, period: Period, adjust: Adjust, sessions: Sessions, count: int) -> Bars:
        """Command 19: the newest bars, the forming one included. Not part of the history quota."""
        request = quote_pb2.SecurityCandlestickRequest(
            symbol=symbol,
            period=PERIODS[period],
            count=count,
            adjust_type=ADJUSTS[adjust],
            trade_session=SESSIONS[sessions],
        )
        body = await self._pulls.pull(Command.QueryCandlestick, request, [symbol])
        return _ascending(decode_candlesticks(body))

    async def history_bars(
        self, symbol: Symbol, period: Period, adjust: Adjust, sessions: Sessions, page: DatePage | AnchorPage
    ) -> Bars:
        """Command 27: a page of history; the symbol counts in the month's quota.

        Raises
        ------
        DateRangeError : minutes before the broker's first day.
        ServerRejected : also where the quota is used up; ``quota_refusal`` tells.
        """
        request = quote_pb2.SecurityHistoryCandlestickRequest(
            symbol=symbol, period=PERIODS[period], adjust_type=ADJUSTS[adjust], trade_session=SESSIONS[sessions]
        )
        if isinstance(page, DatePage):
            request.query_type = quote_pb2.QUERY_BY_DATE
            request.date_request.start_date = compact_day(page.start)
            request.date_request.end_date = compact_day(page.end)
        else:
            request.query_type = quote_pb2.QUERY_BY_OFFSET
            request.offset_request.direction = quote_pb2.FORWARD if page.forward else quote_pb2.BACKWARD
            request.offset_request.date = compact_day(page.anchor)
            request.offset_request.minute = page.minute
            request.offset_request.count = page.count
        try:
            body = await self._pulls.pull(Command.QueryHistoryCandlestick, request, [symbol])
        except ServerRejected as exc:
            if OUT_OF_REACH not in exc.message:
                raise
            first = CAPS.first_minute_day.get(symbol.market)
            since = f" Documented reach: {first} to now." if first else ""
            value = page.start if isinstance(page, DatePage) else page.anchor
            rule = f"the broker has no {period} bars of {symbol} so far back"
            raise DateRangeError("start", str(value), rule, hint=f"Ask for later bars, or for days.{since}") from exc
        return _ascending(decode_candlesticks(body))

    async def trading_days(self, market: Market, start: date, end: date) -> tuple[list[date], list[date]]:
        """Command 9, a month at a time: full days and half days, both ascending.

        Raises
        ------
        DateRangeError : further back than the broker tells, which is a year.
        """
        days: list[date] = []
        halves: list[date] = []
        while start <= end:
            last = min(end, start + timedelta(days=TRADING_DAYS_PER_REQUEST - 1))
            request = quote_pb2.MarketTradeDayRequest(
                market=market, beg_day=compact_day(start), end_day=compact_day(last)
            )
            try:
                answer = await self._pulls.ask(Command.QueryMarketTradeDay, request, quote_pb2.MarketTradeDayResponse)
            except ServerRejected as exc:
                if exc.code != BAD_REQUEST_CODE:
                    raise
                rule = f"the broker does not tell the trading days of {market} from {start} to {last}"
                raise DateRangeError("start", str(start), rule, hint="It knows the most recent year.") from exc
            days.extend(map(day_of_text, answer.trade_day))
            halves.extend(map(day_of_text, answer.half_trade_day))
            start = last + timedelta(days=1)
        return sorted(days), sorted(halves)

    async def market_sessions(self) -> Mapping[Market, Sequence[SessionSpan]]:
        """Command 8."""
        answer = await self._pulls.ask(Command.QueryMarketTradePeriod, None, quote_pb2.MarketTradePeriodResponse)
        return session_spans(answer)


def _ascending(bars: Bars) -> Bars:
    """Bars by time; the order of the reply is not documented."""
    times = bars[TIMESTAMP]
    return bars if (times[1:] >= times[:-1]).all() else bars[:, np.argsort(times, kind="stable")]
