"""Options and warrants from LongPort: which there are, and what they cost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from lpresearch.base.contracts import Moneyness, SortOrder, WarrantExpiry, WarrantFilter, WarrantSort, WarrantStatus
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport_columns import (
    chain_columns,
    message_columns,
    option_columns,
    warrant_columns,
    warrant_list_columns,
)
from lpresearch.sources.longport_facts import (
    FIRST_WARRANT_STATUS,
    LANGUAGES,
    WARRANT_TYPES,
    compact_day,
    day_of_text,
)
from lpresearch.sources.longport_pulls import Pulls
from lpresearch.wire.proto import quote_pb2
from lpresearch.wire.proto.quote_pb2 import Command

_STATES, _EXPIRIES, _SORTS = tuple(WarrantStatus), tuple(WarrantExpiry), tuple(WarrantSort)
_PRICE_TYPES, _ORDERS = tuple(Moneyness), tuple(SortOrder)


class ContractCommands:
    """The part of the source that knows options and warrants.

    Parameters
    ----------
    language : of the names of warrants.
    """

    def __init__(self, pulls: Pulls, *, language: str) -> None:
        self._pulls = pulls
        self._language = LANGUAGES[language]

    async def option_expiries(self, symbol: Symbol) -> list[date]:
        """Command 20, ascending."""
        request = quote_pb2.SecurityRequest(symbol=symbol)
        answer = quote_pb2.OptionChainDateListResponse
        told = await self._pulls.ask(Command.QueryOptionChainDate, request, answer, [symbol])
        return sorted(map(day_of_text, told.expiry_date))

    async def option_chain(self, symbol: Symbol, expiry: date) -> Columns:
        """Command 21: the contracts of a date by their strikes."""
        request = quote_pb2.OptionChainDateStrikeInfoRequest(symbol=symbol, expiry_date=compact_day(expiry))
        answer = quote_pb2.OptionChainDateStrikeInfoResponse
        told = await self._pulls.ask(Command.QueryOptionChainDateStrikeInfo, request, answer, [symbol])
        return chain_columns(told.strike_price_info)

    async def option_quotes(self, symbols: Sequence[Symbol]) -> Columns:
        """Command 12, in the order asked."""
        answer = quote_pb2.OptionQuoteResponse
        rows = self._pulls.each(Command.QueryOptionQuote, answer, symbols, lambda told: told.secu_quote, kind="option")
        return option_columns(await rows)

    async def warrants(self, symbol: Symbol, wanted: WarrantFilter) -> tuple[Columns, int]:
        """Command 23: one page of the list, and how many pass the filter in all."""
        config = quote_pb2.FilterConfig(
            sort_by=_SORTS.index(wanted.sort_by),
            sort_order=_ORDERS.index(wanted.sort_order),
            sort_offset=wanted.offset,
            sort_count=wanted.count,
            type=[WARRANT_TYPES.index(one) for one in wanted.types],
            issuer=wanted.issuers,
            expiry_date=[_EXPIRIES.index(one) + 1 for one in wanted.expiries],
            price_type=[_PRICE_TYPES.index(one) + 1 for one in wanted.price_types],
            status=[_STATES.index(one) + FIRST_WARRANT_STATUS for one in wanted.states],
        )
        request = quote_pb2.WarrantFilterListRequest(symbol=symbol, filter_config=config, language=self._language)
        answer = quote_pb2.WarrantFilterListResponse
        told = await self._pulls.ask(Command.QueryWarrantFilterList, request, answer, [symbol])
        return warrant_list_columns(told.warrant_list), told.total_count

    async def warrant_quotes(self, symbols: Sequence[Symbol]) -> Columns:
        """Command 13, in the order asked."""
        answer = quote_pb2.WarrantQuoteResponse
        rows = self._pulls.each(
            Command.QueryWarrantQuote, answer, symbols, lambda told: told.secu_quote, kind="warrant"
        )
        return warrant_columns(await rows)

    async def warrant_issuers(self) -> Columns:
        """Command 22."""
        answer = await self._pulls.ask(Command.QueryWarrantIssuerInfo, None, quote_pb2.IssuerInfoResponse)
        return message_columns(quote_pb2.IssuerInfo, answer.issuer_info)
