"""What is dealt today, from LongPort: broker queues, trades, the day's line, money flow, calculated indexes."""

from __future__ import annotations

from collections.abc import Sequence

from lpresearch.base.model import Sessions
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport_columns import (
    broker_columns,
    distribution_columns,
    message_columns,
    participant_columns,
    trade_columns,
)
from lpresearch.sources.longport_facts import SESSIONS
from lpresearch.sources.longport_pulls import Pulls
from lpresearch.wire.proto import quote_pb2
from lpresearch.wire.proto.quote_pb2 import Command

_CALC_INDEX_FIELDS = quote_pb2.SecurityCalcIndex.DESCRIPTOR.fields_by_name


class TapeCommands:
    """The part of the source that tells what is dealt."""

    def __init__(self, pulls: Pulls) -> None:
        self._pulls = pulls

    async def brokers(self, symbol: Symbol) -> Columns:
        """Command 15: who stands in the queues; Hong Kong only."""
        request = quote_pb2.SecurityRequest(symbol=symbol)
        answer = quote_pb2.SecurityBrokersResponse
        return broker_columns(await self._pulls.ask(Command.QueryBrokers, request, answer, [symbol]))

    async def participants(self) -> Columns:
        """Command 16."""
        answer = quote_pb2.ParticipantBrokerIdsResponse
        return participant_columns(await self._pulls.ask(Command.QueryParticipantBrokerIds, None, answer))

    async def trades(self, symbol: Symbol, count: int) -> Columns:
        """Command 17: the newest trades, at most 1000."""
        request = quote_pb2.SecurityTradeRequest(symbol=symbol, count=count)
        answer = quote_pb2.SecurityTradeResponse
        return trade_columns((await self._pulls.ask(Command.QueryTrade, request, answer, [symbol])).trades)

    async def intraday(self, symbol: Symbol, sessions: Sessions) -> Columns:
        """Command 18: a line for each minute of the day."""
        request = quote_pb2.SecurityIntradayRequest(symbol=symbol, trade_session=SESSIONS[sessions])
        answer = await self._pulls.ask(Command.QueryIntraday, request, quote_pb2.SecurityIntradayResponse, [symbol])
        return message_columns(quote_pb2.Line, answer.lines)

    async def capital_flow(self, symbol: Symbol) -> Columns:
        """Command 24: net inflow, minute by minute."""
        request = quote_pb2.CapitalFlowIntradayRequest(symbol=symbol)
        answer = quote_pb2.CapitalFlowIntradayResponse
        told = await self._pulls.ask(Command.QueryCapitalFlowIntraday, request, answer, [symbol])
        return message_columns(answer.CapitalFlowLine, told.capital_flow_lines)

    async def capital_distribution(self, symbol: Symbol) -> Columns:
        """Command 25: money that came and went by the size of orders."""
        request = quote_pb2.SecurityRequest(symbol=symbol)
        answer = quote_pb2.CapitalDistributionResponse
        return distribution_columns(
            await self._pulls.ask(Command.QueryCapitalFlowDistribution, request, answer, [symbol])
        )

    async def calc_indexes(self, symbols: Sequence[Symbol], indexes: Sequence[str]) -> Columns:
        """Command 26, in the order asked. An index has the number of its field, less one."""
        numbers = [quote_pb2.CalcIndex.Name(_CALC_INDEX_FIELDS[name].number - 1) for name in indexes]
        rows = await self._pulls.each(
            Command.QuerySecurityCalcIndex,
            quote_pb2.SecurityCalcQuoteResponse,
            symbols,
            lambda told: told.security_calc_index,
            request=lambda part: quote_pb2.SecurityCalcQuoteRequest(symbols=part, calc_index=numbers),
        )
        return message_columns(quote_pb2.SecurityCalcIndex, rows, only=("symbol", *indexes))
