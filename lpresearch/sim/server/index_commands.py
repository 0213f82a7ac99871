"""The pull command of calculated indexes (26): any of the forty for shares, indexes, options and warrants."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from lpresearch.sim.market.calc_indexes import CAPITAL_FLOW, INDEXES, index_values
from lpresearch.sim.market.market import Market
from lpresearch.sim.server import contract_messages
from lpresearch.sim.server.dealing_commands import reckon
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.server.requests import checked_symbols, parse
from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2 as pb


class IndexCommands:
    """Answers by their numbers: ``table``."""

    def __init__(self, market: Market, limits: Limits) -> None:
        self._market = market
        self._limits = limits
        self.table: Mapping[int, Callable[[bytes], Message | Awaitable[Message]]] = {26: self._indexes}

    async def _indexes(self, body: bytes) -> Message:
        """The indexes that each symbol has; symbols that are not listed are left out."""
        request = parse(pb.SecurityCalcQuoteRequest, body)
        wanted = frozenset(request.calc_index)
        if not wanted <= INDEXES:
            unknown = ", ".join(map(str, sorted(wanted - INDEXES)))
            raise Refusal(7, 301600, f"bad parameter: calc_index {unknown} is none that the command has")
        found = []
        for symbol in checked_symbols(request.symbols, self._limits):
            if self._market.listing(symbol) is not None:
                if CAPITAL_FLOW in wanted:
                    await reckon(self._market, symbol)
                found.append(contract_messages.calc_index(symbol, index_values(self._market, symbol, wanted)))
                await asyncio.sleep(0)  # a year of bars takes some milliseconds
        return pb.SecurityCalcQuoteResponse(security_calc_index=found)
