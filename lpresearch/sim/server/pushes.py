"""Who watches what, and pushes of quotes and depth to them. Computes only what is watched, sends only what changed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lpresearch.base.errors import SymbolError
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.market import Level, Market, QuoteSnapshot
from lpresearch.sim.server import messages
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.links import Link
from lpresearch.sim.server.refusal import Refusal
from lpresearch.wire.packets import Packet, PacketType, encode
from lpresearch.wire.proto import quote_pb2 as pb

PUSH_EVERY_S = 0.3
QUOTE, DEPTH, BROKERS, TRADE = 1, 2, 3, 4
PUSHED = (QUOTE, DEPTH)
_PUSH_COMMAND = {QUOTE: 101, DEPTH: 102}

_Book = tuple[list[Level], list[Level]]  # asks, bids


@dataclass
class _Watched:
    """One symbol: its links by sub type, what was last told of it, and the number of that push."""

    links: dict[int, set[Link]] = field(default_factory=dict)
    told: dict[int, QuoteSnapshot | _Book] = field(default_factory=dict)
    sequence: dict[int, int] = field(default_factory=dict)

    def is_idle(self) -> bool:
        return not any(self.links.values())


class QuotePushes:
    """The subscriptions of all quote links of the account, and their pushes."""

    def __init__(self, market: Market, limits: Limits) -> None:
        self._market = market
        self._limits = limits
        self._watched: dict[str, _Watched] = {}
        self._some = asyncio.Event()

    def subscribe(self, link: Link, symbols: Sequence[str], kinds: Sequence[int]) -> list[tuple[str, list[int]]]:
        """Watch symbols; returns what the link is now told of each. Unknown symbols among known ones are left out.

        Raises
        ------
        Refusal : no known symbol, no valid kind, too many symbols.
        """
        wanted = self._check(symbols, kinds)
        known = [symbol for symbol in wanted if self._market.listing(symbol) is not None]
        if not known:
            raise Refusal(7, 301600, f"symbol not found: {', '.join(map(repr, symbols[:5]))}")
        total = len(self._watched.keys() | set(known))
        if total > self._limits.subscriptions:
            raise Refusal(7, 301605, f"too many subscriptions, requested:{total}/limit:{self._limits.subscriptions}")
        for symbol in known:
            watched = self._watched.setdefault(symbol, _Watched())
            for kind in kinds:
                watched.links.setdefault(kind, set()).add(link)
        self._some.set()
        return [(symbol, sorted(set(kinds))) for symbol in known]

    def unsubscribe(self, link: Link, symbols: Sequence[str], kinds: Sequence[int], *, everything: bool) -> None:
        """Stop watching: these kinds of these symbols; with ``everything`` all kinds of them, or all there is."""
        if everything:
            names = [_canonical(symbol) for symbol in symbols] or list(self._watched)
            kinds = (QUOTE, DEPTH, BROKERS, TRADE)
        else:
            names = self._check(symbols, kinds)
        for symbol in names:
            watched = self._watched.get(symbol)
            if watched is None:
                continue
            for kind in kinds:
                watched.links.get(kind, set()).discard(link)
            if watched.is_idle():
                del self._watched[symbol]

    def subscriptions(self, link: Link) -> list[tuple[str, list[int]]]:
        """What a link watches."""
        found = [
            (symbol, sorted(kind for kind, links in watched.links.items() if link in links))
            for symbol, watched in self._watched.items()
        ]
        return [(symbol, kinds) for symbol, kinds in found if kinds]

    def snapshot(self, link: Link, items: Iterable[tuple[str, list[int]]]) -> None:
        """Tell a link at once how things stand."""
        for symbol, kinds in items:
            for kind in kinds:
                if kind in PUSHED:
                    now = self._now(symbol, kind)
                    link.push_bytes(self._encoded(symbol, kind, now))
                    self._watched[symbol].told.setdefault(kind, now)

    def gone(self, link: Link) -> None:
        """Forget a link that ended."""
        self.unsubscribe(link, (), (), everything=True)

    async def run(self) -> None:
        """Push for ever, at a fixed pace, whatever changed; sleeps while nothing is watched."""
        while True:
            if not self._watched:
                self._some.clear()
                await self._some.wait()
            for symbol in list(self._watched):
                self._tell_changes(symbol)
                await asyncio.sleep(0)  # requests are answered between two symbols, however many are watched
            await asyncio.sleep(PUSH_EVERY_S)

    def _tell_changes(self, symbol: str) -> None:
        """Push what changed of a symbol since it was last told; what was never told is where changes start from."""
        watched = self._watched.get(symbol)
        for kind in PUSHED:
            links = watched.links.get(kind) if watched is not None else None
            if watched is None or not links:
                continue
            now = self._now(symbol, kind)
            if kind in watched.told and watched.told[kind] != now:
                data = self._encoded(symbol, kind, now)
                for link in links:
                    link.push_bytes(data)
            watched.told[kind] = now

    def _now(self, symbol: str, kind: int) -> QuoteSnapshot | _Book:
        return self._market.quote(symbol) if kind == QUOTE else self._market.depth(symbol)

    def _encoded(self, symbol: str, kind: int, now: QuoteSnapshot | _Book) -> bytes:
        watched = self._watched[symbol]
        sequence = watched.sequence[kind] = watched.sequence.get(kind, 0) + 1
        message: pb.PushQuote | pb.PushDepth
        if isinstance(now, tuple):
            asks, bids = now
            message = pb.PushDepth(
                symbol=symbol, sequence=sequence, ask=messages.levels(asks), bid=messages.levels(bids)
            )
        else:
            before = watched.told.get(kind)
            message = messages.push_quote(symbol, sequence, now, None if isinstance(before, tuple) else before)
        return encode(Packet(PacketType.PUSH, _PUSH_COMMAND[kind], message.SerializeToString()))

    def _check(self, symbols: Sequence[str], kinds: Sequence[int]) -> list[str]:
        if len(symbols) > self._limits.symbols_per_request:
            raise Refusal(7, 301607, f"too many symbols, limit:{self._limits.symbols_per_request}")
        if not symbols or not kinds or not set(kinds) <= {QUOTE, DEPTH, BROKERS, TRADE}:
            raise Refusal(3, 301600, "invalid request: symbols and sub types of 1 to 4 are needed")
        return list(dict.fromkeys(_canonical(symbol) for symbol in symbols))


def _canonical(symbol: str) -> str:
    """The symbol without leading zeros; a text that is no symbol stays as it is, and is then not found."""
    try:
        return Symbol(symbol)
    except SymbolError:
        return symbol
