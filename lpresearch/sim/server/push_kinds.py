"""What can be pushed of a symbol, by sub type: how it is looked at, and the message of a change. Knows no links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from lpresearch.sim.market.market import Market
from lpresearch.sim.market.snapshots import Level, Queue, QuoteSnapshot
from lpresearch.sim.server import messages
from lpresearch.wire.proto import quote_pb2 as pb

QUOTE, DEPTH, BROKERS, TRADE = 1, 2, 3, 4
MOST_TRADES = 20_000  # of one push: more come only where a clock was moved by hours

S = TypeVar("S")
PushMessage = pb.PushQuote | pb.PushDepth | pb.PushBrokers | pb.PushTrade


class PushKind(Protocol[S]):
    """One sub type. A state is how a symbol stands; equal states need no push."""

    command: int

    def look(self, symbol: str) -> S:
        """How the symbol stands now."""
        ...

    def message(self, symbol: str, now: S, before: S | None, *, whole: bool) -> PushMessage | None:
        """What to tell after a state that was told before; ``whole`` to who was not. None: there is nothing to tell."""
        ...


class Quotes:
    """Push 101. With ``partial`` a change fills only the fields that changed, as longport.md 5 has it."""

    command = 101

    def __init__(self, market: Market, *, partial: bool) -> None:
        self._partial = partial
        self.look = market.quote

    def message(self, symbol: str, now: QuoteSnapshot, before: QuoteSnapshot | None, *, whole: bool) -> PushMessage:
        """The quote, and what was traded since."""
        return messages.push_quote(symbol, now, before, whole=whole or not self._partial)


class Depth:
    """Push 102: every level, because no client forgets one that is left out."""

    command = 102

    def __init__(self, market: Market) -> None:
        self.look = market.depth

    def message(
        self, symbol: str, now: tuple[list[Level], list[Level]], before: object, *, whole: bool
    ) -> PushMessage | None:
        """The book; none of what has no book."""
        asks, bids = now
        if not asks and not bids:
            return None
        return pb.PushDepth(symbol=symbol, ask=messages.levels(asks), bid=messages.levels(bids))


class Brokers:
    """Push 103: every queue."""

    command = 103

    def __init__(self, market: Market) -> None:
        self.look = market.brokers

    def message(
        self, symbol: str, now: tuple[list[Queue], list[Queue]], before: object, *, whole: bool
    ) -> PushMessage | None:
        """The queues; none where no queues are shown."""
        asks, bids = now
        if not asks and not bids:
            return None
        return pb.PushBrokers(symbol=symbol, ask_brokers=messages.queues(asks), bid_brokers=messages.queues(bids))


class Trades:
    """Push 104: the trades since the last look, whose state is therefore only its moment."""

    command = 104

    def __init__(self, market: Market) -> None:
        self._market = market

    def look(self, symbol: str) -> float:
        """The moment up to which trades are told."""
        return self._market.now()

    def message(self, symbol: str, now: float, before: float | None, *, whole: bool) -> PushMessage | None:
        """The trades between two looks, if any; there is nothing to tell at the first one."""
        if before is None:
            return None
        found = self._market.trades(symbol, after=before, until=now, limit=MOST_TRADES)
        return pb.PushTrade(symbol=symbol, trade=messages.trades(found)) if found else None


def kinds_of(market: Market, *, partial: bool) -> Mapping[int, PushKind[Any]]:
    """The kinds by sub type. Each is given back states of its own only, whatever they are."""
    return {
        QUOTE: Quotes(market, partial=partial),
        DEPTH: Depth(market),
        BROKERS: Brokers(market),
        TRADE: Trades(market),
    }
