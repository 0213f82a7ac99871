"""The pull commands on the warrants of Hong Kong: quotes, issuers, the filtered list (13, 22, 23)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterable, Mapping
from datetime import date

from lpresearch.base.markets import Market as Region
from lpresearch.calendars.zones import day_of
from lpresearch.sim.market.contract_values import contract_values
from lpresearch.sim.market.instruments import Kind, Listing
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.warrant_list import (
    IN_BOUNDS,
    OUT_OF_BOUNDS,
    SORT_KEYS,
    WarrantFilter,
    WarrantRow,
    WarrantStatus,
    arranged,
)
from lpresearch.sim.market.warrants import WarrantType, issuers
from lpresearch.sim.server import contract_messages
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.server.requests import known, parse, symbols_of
from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2 as pb

LARGEST_PAGE = 500  # the broker has a limit (7/301607) and tells no number
_WARRANTS = frozenset({Kind.WARRANT, Kind.CBBC, Kind.INLINE})
_ORDERS = range(2)  # ascending, descending
_EXPIRIES = range(1, 5)
_BOUNDS = (IN_BOUNDS, OUT_OF_BOUNDS)


class WarrantCommands:
    """Answers by their numbers: ``table``."""

    def __init__(self, market: Market, limits: Limits) -> None:
        self._market = market
        self._limits = limits
        self.table: Mapping[int, Callable[[bytes], Message | Awaitable[Message]]] = {
            13: self._quotes,
            22: self._issuers,
            23: self._list,
        }

    async def _quotes(self, body: bytes) -> Message:
        """The warrants among the symbols asked for; others are left out."""
        found = []
        for symbol in symbols_of(body, self._limits):
            listing = self._market.listing(symbol)
            if listing is not None and listing.kind in _WARRANTS:
                row = self._row(listing)
                last_day = self._market.last_trading_day(listing)
                found.append(contract_messages.warrant_quote(listing, row.quote, row.values, last_day))
                await asyncio.sleep(0)  # as for quotes: the first of a day takes some milliseconds
        return pb.WarrantQuoteResponse(secu_quote=found)

    def _issuers(self, body: bytes) -> Message:
        parse(pb.SubscriptionRequest, body)
        return pb.IssuerInfoResponse(
            issuer_info=[
                pb.IssuerInfo(id=one.id, name_cn=one.name_cn, name_en=one.name_en, name_hk=one.name_hk)
                for one in issuers().values()
            ]
        )

    async def _list(self, body: bytes) -> Message:
        """One page of the warrants on a security, and how many pass the filters; none where there are none."""
        request = parse(pb.WarrantFilterListRequest, body)
        known(self._market, request.symbol)
        config, language = request.filter_config, request.language
        _check_config(config, language)
        wanted = WarrantFilter(
            types=frozenset(config.type),
            issuers=frozenset(config.issuer),
            expiries=frozenset(config.expiry_date),
            price_types=frozenset(config.price_type),
            states=frozenset(config.status),
        )
        today, rows = self._today(), []
        for listing in self._market.warrants(request.symbol):
            row = self._row(listing)
            if wanted.wants(row, today):
                rows.append(row)
            await asyncio.sleep(0)
        page = arranged(
            rows,
            sort_by=config.sort_by,
            descending=config.sort_order == _ORDERS[-1],
            offset=config.sort_offset,
            count=config.sort_count,
        )
        return pb.WarrantFilterListResponse(
            warrant_list=[contract_messages.filter_warrant(row, language) for row in page], total_count=len(rows)
        )

    def _row(self, listing: Listing) -> WarrantRow:
        moment = self._market.moment(listing.symbol)
        assert moment is not None  # it is a contract
        quote = self._market.quote(listing.symbol)
        return WarrantRow(listing, moment.terms.contract.expiry, quote, contract_values(moment))

    def _today(self) -> date:
        return day_of(Region.HK, self._market.now())


def _check_config(config: pb.FilterConfig, language: int) -> None:
    """Refuse numbers that mean nothing, and pages that are too large."""
    if config.sort_count > LARGEST_PAGE:
        raise Refusal(7, 301607, f"page too large, requested:{config.sort_count}/limit:{LARGEST_PAGE}")
    for name, number in (("sort_offset", config.sort_offset), ("sort_count", config.sort_count)):
        if number < 0:
            raise Refusal(7, 301600, f"bad parameter: {name} {number} is below 0")
    _check("sort_by", [config.sort_by], range(len(SORT_KEYS)))
    _check("sort_order", [config.sort_order], _ORDERS)
    _check("type", config.type, tuple(WarrantType))
    _check("issuer", config.issuer, issuers())
    _check("expiry_date", config.expiry_date, _EXPIRIES)
    _check("price_type", config.price_type, _BOUNDS)
    _check("status", config.status, tuple(WarrantStatus))
    _check("language", [language], contract_messages.LANGUAGES)


def _check(name: str, numbers: Iterable[int], valid: Container[int]) -> None:
    for number in numbers:
        if number not in valid:
            raise Refusal(7, 301600, f"bad parameter: {name} {number} is none that the command has")
