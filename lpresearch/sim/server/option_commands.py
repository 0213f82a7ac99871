"""The pull commands on US options: quotes, the expiry dates of a security, the strikes of a date (12, 20, 21)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal

from lpresearch.base.model import Adjust, Period, Sessions
from lpresearch.base.symbols import OptionTerms, Symbol
from lpresearch.sim.market import volatility
from lpresearch.sim.market.instruments import Kind
from lpresearch.sim.market.market import Market
from lpresearch.sim.server import contract_messages
from lpresearch.sim.server.history_rules import parse_day
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.requests import known, parse, symbols_of
from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2 as pb

_HISTORY_DAYS = 30  # of the underlying, for its historical volatility
_CLOSE = 4


class OptionCommands:
    """Answers by their numbers: ``table``."""

    def __init__(self, market: Market, limits: Limits) -> None:
        self._market = market
        self._limits = limits
        self.table: Mapping[int, Callable[[bytes], Message | Awaitable[Message]]] = {
            12: self._quotes,
            20: self._expiries,
            21: self._strikes,
        }

    async def _quotes(self, body: bytes) -> Message:
        """The options among the symbols asked for; others are left out."""
        found = []
        historical: dict[str, float | None] = {}  # by underlying
        for symbol in symbols_of(body, self._limits):
            listing = self._market.listing(symbol)
            moment = self._market.moment(symbol) if listing and listing.kind is Kind.OPTION else None
            if moment is not None:
                underlying = moment.terms.contract.underlying
                if underlying not in historical:
                    historical[underlying] = self._historical_volatility(underlying)
                quote = self._market.quote(symbol)
                found.append(contract_messages.option_quote(symbol, quote, moment, historical[underlying]))
                await asyncio.sleep(0)  # as for quotes: the first of a day takes some milliseconds
        return pb.OptionQuoteResponse(secu_quote=found)

    def _expiries(self, body: bytes) -> Message:
        """The dates; none for a security without options."""
        symbol = parse(pb.SecurityRequest, body).symbol
        known(self._market, symbol)
        return pb.OptionChainDateListResponse(
            expiry_date=[f"{day:%Y%m%d}" for day in self._market.option_expiries(symbol)]
        )

    def _strikes(self, body: bytes) -> Message:
        """The strikes, each with its call and its put; none on a date on which nothing expires."""
        request = parse(pb.OptionChainDateStrikeInfoRequest, body)
        symbol, expiry = known(self._market, request.symbol).symbol, parse_day(request.expiry_date)

        def contract(strike: Decimal, *, call: bool) -> Symbol:
            return OptionTerms(symbol.ticker, expiry, call, strike).symbol

        return pb.OptionChainDateStrikeInfoResponse(
            strike_price_info=[
                pb.StrikePriceInfo(
                    price=f"{strike:f}",
                    call_symbol=contract(strike, call=True),
                    put_symbol=contract(strike, call=False),
                    standard=True,
                )
                for strike in self._market.option_strikes(symbol, expiry)
            ]
        )

    def _historical_volatility(self, symbol: str) -> float | None:
        now = self._market.now()
        bars = self._market.bars(
            symbol, Period.DAY, Sessions.REGULAR, 0.0, now + 1, limit=_HISTORY_DAYS + 1, adjust=Adjust.FORWARD
        )
        return volatility.realised(bars[_CLOSE])
