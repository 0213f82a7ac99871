"""How LongPort is asked, over either transport: in pace, within a deadline, again where that may help, and with errors
by their meaning. Knows no command's meaning."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from lpresearch.base.errors import LinkClosed, LpError, NoPermission, RateLimited, ServerRejected, SymbolError
from lpresearch.base.levels import QuoteLevel
from lpresearch.base.symbols import Symbol
from lpresearch.net.limits import Limiter
from lpresearch.sources.longport_facts import (
    BAD_REQUEST_CODE,
    CAPS,
    OUT_OF_REACH,
    SYMBOLS_PER_REQUEST,
    refusal,
)
from lpresearch.sources.longport_levels import no_permission
from lpresearch.sources.longport_transport import Transport
from lpresearch.wire.messages import Message, parse
from lpresearch.wire.proto import quote_pb2
from lpresearch.wire.proto.quote_pb2 import Command

M = TypeVar("M", bound=Message)


class OfSymbol(Protocol):
    """A row that names its symbol."""

    @property
    def symbol(self) -> str: ...


R = TypeVar("R", bound=OfSymbol)

TRIES = 3  # of a read whose link broke, or that came too fast; longport.md 3.2
RETRY_DELAY_S = 0.2  # doubles with each retry
PROBES = 20  # the most requests spent on finding out which symbols are unknown
_NEXT_STEPS = {
    "option": "See the contracts of a date with option_chain().",
    "warrant": "See the warrants on a security with warrants().",
}


class Pulls:
    """Requests of one account.

    Parameters
    ----------
    transport : carries them; a pull is a command and a body whichever it is.
    timeout_s : the deadline of each.
    """

    def __init__(self, transport: Transport, *, timeout_s: float) -> None:
        self.limits = Limiter(CAPS.quote_pace, {Command.QueryHistoryCandlestick: CAPS.history_pace})
        self._transport = transport
        self._timeout_s = timeout_s
        self.levels: tuple[QuoteLevel, ...] = ()  # what the account may see, as far as the server told

    async def ask(self, command: int, request: Message | None, answer: type[M], symbols: Sequence[Symbol] = ()) -> M:
        """The decoded answer; parameters and errors as for :meth:`pull`."""
        return parse(answer, await self.pull(command, request, symbols))

    async def each(
        self,
        command: int,
        answer: type[M],
        symbols: Sequence[Symbol],
        rows: Callable[[M], Iterable[R]],
        *,
        request: Callable[[Sequence[Symbol]], Message] = lambda symbols: quote_pb2.MultiSecurityRequest(symbol=symbols),
        kind: str = "symbol",
    ) -> list[R]:
        """A row for each symbol, in the order asked, by as many requests as it takes.

        Parameters
        ----------
        rows : those of an answer; each names its symbol.
        request : the request for some symbols.
        kind : what the symbols are, for the error that names those of which the server has none.
        """
        found: dict[str, R] = {}
        for part in in_parts(symbols):
            told = await self.ask(command, request(part), answer, part)
            found |= {row.symbol: row for row in rows(told)}
        unknown = [symbol for symbol in symbols if symbol not in found]  # the server leaves them out
        if unknown:
            raise unknown_symbols(unknown, kind)
        return [found[symbol] for symbol in symbols]

    async def pull(self, command: int, request: Message | None, symbols: Sequence[Symbol] = ()) -> bytes:
        """The body of the answer.

        Parameters
        ----------
        request : None for an empty body.
        symbols : what the server may refuse because it does not know it.

        Raises
        ------
        SymbolError : symbols that the server does not know, all of them named.
        ServerRejected, NoQuotes, NoPermission, SubscriptionLimit, RateLimited : its refusals.
        RequestTimeout, LinkClosed : no answer.
        """
        body = request.SerializeToString() if request is not None else b""
        try:
            return await self._persist(command, body)
        except NoPermission as exc:
            raise no_permission(exc, self.levels, symbols) from exc.__cause__
        except ServerRejected as exc:
            if exc.code != BAD_REQUEST_CODE or OUT_OF_REACH in exc.message or not symbols:
                raise
            unknown = await self.unknown_among(symbols)
            if unknown:
                raise unknown_symbols(unknown) from exc
            raise

    async def _persist(self, command: int, body: bytes) -> bytes:
        """Ask up to three times within the deadline. The wait for a slot is not a wait for the server."""
        now = asyncio.get_running_loop().time
        deadline = float("inf")
        for attempt in range(1, TRIES + 1):
            async with self.limits.slot(command):
                asked_at = now()
                deadline = min(deadline, asked_at + self._timeout_s)
                left_s = self._timeout_s if attempt == 1 else max(deadline - asked_at, 0.001)  # the packet tells it
                try:
                    return await self._transport.request(command, body, timeout_s=left_s)
                except ServerRejected as exc:
                    failure: LpError = refusal(exc)
                except LinkClosed as exc:
                    failure = exc
            delay_s = RETRY_DELAY_S * 2**attempt
            if not isinstance(failure, RateLimited | LinkClosed) or now() + delay_s >= deadline:
                break
            await asyncio.sleep(delay_s)
        raise failure

    async def unknown_among(self, symbols: Sequence[Symbol]) -> list[Symbol]:
        """Which symbols the server has no static info of, by halving what it refuses as a whole."""
        unknown: list[Symbol] = []
        suspects = [list(symbols)]
        for _ in range(PROBES):
            if not suspects:
                break
            part = suspects.pop()
            body = quote_pb2.MultiSecurityRequest(symbol=part).SerializeToString()
            try:
                answer = await self._persist(Command.QuerySecurityStaticInfo, body)
            except ServerRejected as exc:
                if exc.code != BAD_REQUEST_CODE:
                    raise
                half = len(part) // 2
                if half:
                    suspects += [part[half:], part[:half]]
                else:
                    unknown += part
            else:
                known = {row.symbol for row in parse(quote_pb2.SecurityStaticInfoResponse, answer).secu_static_info}
                unknown += [symbol for symbol in part if symbol not in known]
        return unknown


def in_parts(symbols: Sequence[Symbol]) -> Iterable[list[Symbol]]:
    """The symbols in lists that one request can carry."""
    for start in range(0, len(symbols), SYMBOLS_PER_REQUEST):
        yield list(symbols[start : start + SYMBOLS_PER_REQUEST])


def unknown_symbols(symbols: Sequence[Symbol], kind: str = "symbol") -> SymbolError:
    """The error for symbols that the server does not know, or not as what they are taken for."""
    names = ", ".join(symbols)
    rule = f"the broker does not know this {kind}" if len(symbols) == 1 else f"the broker does not know these {kind}s"
    hint = _NEXT_STEPS.get(kind, "Check ticker and region, such as 700.HK or AAPL.US.")
    return SymbolError("symbols", names, rule, hint=hint)
