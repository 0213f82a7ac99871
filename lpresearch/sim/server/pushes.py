"""Who watches what, and the pushes to them. Computes only what is watched; what a push holds is in ``push_kinds``."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from lpresearch.base.errors import SymbolError
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.links import Link
from lpresearch.sim.server.push_kinds import BROKERS, DEPTH, QUOTE, TRADE, PushMessage, kinds_of
from lpresearch.sim.server.refusal import Refusal
from lpresearch.wire.packets import Packet, PacketType, encode

_AHEAD_S = 0.004  # of a fixed rate, before it is worth a sleep
_AT_A_TIME = 8  # symbols between two turns of the loop at a fixed rate: a millisecond
_BEHIND_S = 0.5  # of it, from which on it is not caught up
_NOTHING_S = 0.02  # to wait after a round in which there was nothing to push


@dataclass
class _Line:
    """One kind of one symbol."""

    links: dict[Link, bool] = field(default_factory=dict)  # and whether each was told the whole
    told: object = None  # the state that they last were
    sequence: int = 0  # the number of that push

    def packet(self, command: int, message: PushMessage) -> bytes:
        """The bytes of a message under the line's number."""
        message.sequence = self.sequence
        return encode(Packet(PacketType.PUSH, command, message.SerializeToString()))


class QuotePushes:
    """The subscriptions of all quote links of the account, and their pushes.

    Parameters
    ----------
    market : what is watched.
    limits : how many symbols, and the pace.
    monotonic : seconds, for the pace alone.
    """

    def __init__(self, market: Market, limits: Limits, monotonic: Callable[[], float]) -> None:
        self._market = market
        self._limits = limits
        self._monotonic = monotonic
        self._kinds = kinds_of(market, partial=limits.partial_pushes)
        self._watched: dict[str, dict[int, _Line]] = {}
        self._some = asyncio.Event()

    @property
    def symbol_count(self) -> int:
        """How many symbols are watched."""
        return len(self._watched)

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
            lines = self._watched.setdefault(symbol, {})
            for kind in kinds:
                if kind not in lines:
                    # Trades are told from now on, the others from the first look: that can take some milliseconds.
                    lines[kind] = _Line(told=self._kinds[TRADE].look(symbol) if kind == TRADE else None)
                lines[kind].links.setdefault(link, False)
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
            lines = self._watched.get(symbol, {})
            for kind in set(kinds) & lines.keys():
                lines[kind].links.pop(link, None)
                if not lines[kind].links:
                    del lines[kind]
            if not lines:
                self._watched.pop(symbol, None)

    def subscriptions(self, link: Link) -> list[tuple[str, list[int]]]:
        """What a link watches."""
        found = [
            (symbol, sorted(kind for kind, line in lines.items() if link in line.links))
            for symbol, lines in self._watched.items()
        ]
        return [(symbol, kinds) for symbol, kinds in found if kinds]

    async def snapshot(self, link: Link, items: Iterable[tuple[str, list[int]]]) -> None:
        """Tell a link how things stand, but for trades; the others are told what changed, so that all know the same."""
        for symbol, kinds in items:
            for kind in kinds:
                line = self._watched.get(symbol, {}).get(kind)
                if line is not None and link in line.links and kind != TRADE:
                    self._tell_whole(link, symbol, kind, line)
            await asyncio.sleep(0)

    def gone(self, link: Link) -> None:
        """Forget a link that ended."""
        self.unsubscribe(link, (), (), everything=True)

    async def run(self) -> None:
        """Push for ever: whatever changed, at a fixed pace, or at a fixed rate; sleeps while nothing is watched."""
        while True:
            if not self._watched:
                self._some.clear()
                await self._some.wait()
            if self._limits.pushes_per_s:
                await self._push_at(self._limits.pushes_per_s)
            else:
                for symbol in list(self._watched):
                    self._tell_all(symbol, always=False)
                    await asyncio.sleep(0)  # requests are answered between two symbols, however many are watched
                await asyncio.sleep(self._limits.push_every_s)

    async def _push_at(self, per_s: float) -> None:
        """Push at a rate, spread evenly over what is watched, whether it changed or not, until nothing is."""
        due = self._monotonic()
        while self._watched:
            pushed = 0
            for number, symbol in enumerate(list(self._watched)):
                count = self._tell_all(symbol, always=True)
                pushed += count
                now = self._monotonic()
                due = max(due, now - _BEHIND_S) + count / per_s
                if due - now > _AHEAD_S:
                    await asyncio.sleep(due - now)
                elif number % _AT_A_TIME == 0:
                    await asyncio.sleep(0)
            if not pushed:
                await asyncio.sleep(_NOTHING_S)

    def _tell_whole(self, link: Link, symbol: str, kind: int, line: _Line) -> None:
        del line.links[link]
        self._tell(symbol, kind, always=False)
        line.links[link] = True
        message = self._kinds[kind].message(symbol, line.told, None, whole=True)
        if message is not None:
            line.sequence += 1
            link.push_bytes(line.packet(self._kinds[kind].command, message))

    def _tell_all(self, symbol: str, *, always: bool) -> int:
        """Push the kinds of a symbol; returns how many had something to tell."""
        return sum(self._tell(symbol, kind, always=always) for kind in sorted(self._watched.get(symbol, ())))

    def _tell(self, symbol: str, kind: int, *, always: bool) -> bool:
        """Push what changed since it was last told, or with ``always`` in any case; whether there was anything."""
        line, of_kind = self._watched[symbol][kind], self._kinds[kind]
        now, before = of_kind.look(symbol), line.told
        if now == before and not always:
            return False
        line.told = now
        if before is None or not line.links:
            return False
        change = of_kind.message(symbol, now, before, whole=False)
        if change is None:
            return False
        line.sequence += 1
        packet = line.packet(of_kind.command, change)
        entire = packet
        if not all(line.links.values()) and (whole := of_kind.message(symbol, now, before, whole=True)) is not None:
            entire = line.packet(of_kind.command, whole)
        for link, knows in list(line.links.items()):
            line.links[link] = True
            link.push_bytes(packet if knows else entire)
        return True

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
