"""The pull commands on what is dealt: book, queues, trades, the day's line, capital (14 to 18, 24, 25)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from lpresearch.base.markets import Market as Region
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.queues import participants
from lpresearch.sim.server import messages
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.server.requests import known, parse, sessions_of
from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2 as pb

MOST_TRADES = 1000  # longport.md 11
_MINUTES_A_TURN = 20  # of money flow, about 10 ms, before others are served


class DealingCommands:
    """Answers by their numbers: ``table``."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self.table: Mapping[int, Callable[[bytes], Message | Awaitable[Message]]] = {
            14: self._depth,
            15: self._brokers,
            16: self._participants,
            17: self._trades,
            18: self._intraday,
            24: self._capital_flow,
            25: self._capital_distribution,
        }

    def _depth(self, body: bytes) -> Message:
        symbol = self._symbol(body)
        asks, bids = self._market.depth(symbol)
        return pb.SecurityDepthResponse(symbol=symbol, ask=messages.levels(asks), bid=messages.levels(bids))

    def _brokers(self, body: bytes) -> Message:
        symbol = self._symbol(body)
        if known(self._market, symbol).market is not Region.HK:
            raise Refusal(7, 301600, f"bad parameter: {symbol!r} is not of HK, and others have no broker queue")
        asks, bids = self._market.brokers(symbol)
        return pb.SecurityBrokersResponse(
            symbol=symbol, ask_brokers=messages.queues(asks), bid_brokers=messages.queues(bids)
        )

    def _participants(self, body: bytes) -> Message:
        parse(pb.SubscriptionRequest, body)
        return pb.ParticipantBrokerIdsResponse(
            participant_broker_numbers=[
                pb.ParticipantInfo(
                    broker_ids=one.broker_ids,
                    participant_name_cn=one.name_cn,
                    participant_name_en=one.name_en,
                    participant_name_hk=one.name_hk,
                )
                for one in participants()
            ]
        )

    def _trades(self, body: bytes) -> Message:
        request = parse(pb.SecurityTradeRequest, body)
        known(self._market, request.symbol)
        if request.count > MOST_TRADES:
            raise Refusal(7, 301607, f"too many trades, requested:{request.count}/limit:{MOST_TRADES}")
        if request.count < 0:
            raise Refusal(7, 301600, f"bad parameter: count {request.count} is below 0")
        found = self._market.trades(request.symbol, limit=request.count)
        return pb.SecurityTradeResponse(symbol=request.symbol, trades=messages.trades(found))

    def _intraday(self, body: bytes) -> Message:
        request = parse(pb.SecurityIntradayRequest, body)
        known(self._market, request.symbol)
        found = self._market.intraday(request.symbol, sessions_of(request.trade_session))
        return pb.SecurityIntradayResponse(symbol=request.symbol, lines=messages.lines(found))

    async def _capital_flow(self, body: bytes) -> Message:
        request = parse(pb.CapitalFlowIntradayRequest, body)
        known(self._market, request.symbol)
        await reckon(self._market, request.symbol)
        found = self._market.capital_flow(request.symbol)
        return pb.CapitalFlowIntradayResponse(symbol=request.symbol, capital_flow_lines=messages.capital_flow(found))

    async def _capital_distribution(self, body: bytes) -> Message:
        symbol = self._symbol(body)
        await reckon(self._market, symbol)
        came, went = self._market.capital_distribution(symbol)
        return pb.CapitalDistributionResponse(
            symbol=symbol,
            timestamp=self._market.quote(symbol).timestamp,
            capital_in=messages.capital(came),
            capital_out=messages.capital(went),
        )

    def _symbol(self, body: bytes) -> str:
        symbol = parse(pb.SecurityRequest, body).symbol
        known(self._market, symbol)
        return symbol


async def reckon(market: Market, symbol: str) -> None:
    """Reckon the money of the day's minutes in turns, so that nobody waits for all of them."""
    reckoned = False
    while not reckoned:
        reckoned = market.reckon_capital(symbol, minutes=_MINUTES_A_TURN)
        await asyncio.sleep(0)
