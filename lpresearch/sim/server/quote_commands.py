"""The pull commands of the quote link: bytes of a request to bytes of its answer. Knows no sockets and no pace."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from lpresearch.base.markets import Market
from lpresearch.base.model import Session, SessionSpan
from lpresearch.calendars.zones import day_of
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.market.market import Market as SimulatedMarket
from lpresearch.sim.server import messages
from lpresearch.sim.server.dealing_commands import DealingCommands
from lpresearch.sim.server.history_rules import (
    BarsWanted,
    HistoryQuota,
    Today,
    history_wanted,
    latest_wanted,
    parse_day,
)
from lpresearch.sim.server.index_commands import IndexCommands
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.option_commands import OptionCommands
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.server.requests import known, parse, symbols_of
from lpresearch.sim.server.warrant_commands import WarrantCommands
from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2 as pb

PROFILE, HISTORY = 4, 27
FIRST_PULL = 8  # commands below belong to the link itself: profile and subscriptions
CALENDAR_SPAN = timedelta(days=31)  # longport.md 5, command 9: at most one month ...
CALENDAR_REACH = timedelta(days=366)  # ... of the most recent year


class QuoteCommands:
    """Answers the pulls of this account.

    Parameters
    ----------
    market : where every value comes from.
    clock : the simulated present.
    limits : the most symbols in a request, and the pace that the profile announces.
    quota : the month's distinct symbols of command 27.
    member_id : the account's number.
    """

    def __init__(
        self, market: SimulatedMarket, clock: Clock, limits: Limits, quota: HistoryQuota, *, member_id: int
    ) -> None:
        self._market = market
        self._member_id = member_id
        self._clock = clock
        self._limits = limits
        self._quota = quota
        self._commands: Mapping[int, Callable[[bytes], Message | Awaitable[Message]]] = {
            PROFILE: self._profile,
            8: self._sessions,
            9: self._trading_days,
            10: self._static_info,
            11: self._quotes,
            19: self._latest_bars,
            HISTORY: self._history_bars,
            **DealingCommands(market).table,
            **OptionCommands(market, limits).table,
            **WarrantCommands(market, limits).table,
            **IndexCommands(market, limits).table,
        }

    async def answer(self, command: int, body: bytes) -> Message:
        """The answer, or Refusal. What takes long is made in turns with whatever else there is to do."""
        handler = self._commands.get(command)
        if handler is None:
            raise Refusal(3, 301600, f"command {command} is not supported")
        made = handler(body)
        return await made if isinstance(made, Awaitable) else made

    def _profile(self, body: bytes) -> Message:
        parse(pb.UserQuoteProfileRequest, body)
        level = f"SIMULATED {self._market.mark}"
        package = pb.UserQuoteLevelDetail.PackageDetail(
            key="SIMULATED", name="Simulated quotes", description=level, start=1_577_836_800, end=4_102_444_800
        )
        detail = pb.UserQuoteLevelDetail(by_package_key={package.key: package})
        for code in ("HK", "US", "CN", "USOption"):
            detail.by_market_code[code].packages.append(package)
        per_s = int(self._limits.pulls_per_s or 1000)
        return pb.UserQuoteProfileResponse(
            member_id=self._member_id,
            quote_level=level,
            subscribe_limit=self._limits.subscriptions,
            history_candlestick_limit=self._quota.limit,
            rate_limit=[
                pb.RateLimit(command=pb.Command.Name(number), limit=per_s, burst=per_s)
                for number in sorted(self._commands)
                if number >= FIRST_PULL
            ],
            quote_level_detail=detail,
        )

    def _sessions(self, body: bytes) -> Message:
        parse(pb.SubscriptionRequest, body)
        today = self._market.sessions_today()
        return pb.MarketTradePeriodResponse(
            market_trade_session=[
                pb.MarketTradePeriod(market=market.value, trade_session=[_trade_period(span) for span in today[market]])
                for market in Market
                if market in today
            ]
        )

    def _trading_days(self, body: bytes) -> Message:
        request = parse(pb.MarketTradeDayRequest, body)
        if request.market not in set(Market):
            raise Refusal(7, 301600, f"bad parameter: market {request.market!r} is not one of HK US CN SG")
        market = Market(request.market)
        first, last = parse_day(request.beg_day), parse_day(request.end_day)
        today = day_of(market, self._clock.now())
        if first > last:
            raise Refusal(7, 301600, "bad parameter: beg_day is after end_day")
        if last - first > CALENDAR_SPAN:
            raise Refusal(7, 301600, "bad parameter: the interval is longer than one month")
        if first < today - CALENDAR_REACH:
            raise Refusal(7, 301600, "bad parameter: only the most recent year can be asked for")
        full, half = self._market.trading_days(market, first, last)
        return pb.MarketTradeDayResponse(
            trade_day=[f"{day:%Y%m%d}" for day in full], half_trade_day=[f"{day:%Y%m%d}" for day in half]
        )

    def _static_info(self, body: bytes) -> Message:
        found = [
            listing
            for symbol in symbols_of(body, self._limits)
            if (listing := self._market.listing(symbol)) is not None
        ]
        return pb.SecurityStaticInfoResponse(secu_static_info=[messages.static_info(listing) for listing in found])

    async def _quotes(self, body: bytes) -> Message:
        found = []
        for symbol in symbols_of(body, self._limits):
            if self._market.listing(symbol) is not None:
                found.append(messages.quote(symbol, self._market.quote(symbol)))
                await asyncio.sleep(0)  # the first quote of a symbol's day takes some milliseconds
        return pb.SecurityQuoteResponse(secu_quote=found)

    def _latest_bars(self, body: bytes) -> Message:
        request = parse(pb.SecurityCandlestickRequest, body)
        known(self._market, request.symbol)
        wanted = latest_wanted(request, self._clock.now(), limited=self._market.reach_is_documented(request.symbol))
        return self._bars(request.symbol, wanted)

    def _history_bars(self, body: bytes) -> Message:
        """The bars asked for. Only a request that is right in every other way costs a unit."""
        request = parse(pb.SecurityHistoryCandlestickRequest, body)
        symbol = known(self._market, request.symbol).symbol
        today = Today(self._clock.now(), self._market.trading_date)
        wanted = history_wanted(request, today, limited=self._market.reach_is_documented(symbol))
        self._quota.count(symbol, self._clock.now())
        return self._bars(symbol, wanted)

    def _bars(self, symbol: str, wanted: BarsWanted) -> Message:
        matrix = self._market.bars(
            symbol,
            wanted.period,
            wanted.sessions,
            wanted.start,
            wanted.end,
            limit=wanted.limit,
            newest=wanted.newest,
            adjust=wanted.adjust,
        )
        return messages.candlesticks(symbol, matrix)


def _trade_period(span: SessionSpan) -> pb.TradePeriod:
    number = list(Session).index(span.session)
    return pb.TradePeriod(
        beg_time=_clock_number(span.start), end_time=_clock_number(span.end), trade_session=pb.TradeSession.Name(number)
    )


def _clock_number(minute: int) -> int:
    """Minutes since midnight as HHMM. The end of the day is 2359: both SDKs refuse 2400 as no time of day."""
    minute = min(minute, 24 * 60 - 1)
    return minute // 60 * 100 + minute % 60
