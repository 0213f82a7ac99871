"""How the functions ask the source: of one symbol, or of many in as many requests as it takes."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TypeVar

from lpresearch.base.errors import SymbolError
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol, parse_symbols
from lpresearch.client.session import Session

T = TypeVar("T")


def parse_symbol(symbol: str) -> Symbol:
    """The one symbol that a user wrote.

    Raises
    ------
    SymbolError : it is malformed.
    """
    (parsed,) = parse_symbols([symbol], parameter="symbol")
    return parsed


async def of_one(session: Session, work: Coroutine[object, object, T]) -> T:
    """What the source tells of one symbol.

    Raises
    ------
    SymbolError : the broker does not know it; the error names the parameter ``symbol``.
    """
    try:
        return await session.io(work)
    except SymbolError as exc:
        raise exc.of("symbol") from exc.__cause__  # what the server said


async def in_batches(
    session: Session,
    ask: Callable[[Sequence[Symbol]], Coroutine[object, object, Columns]],
    symbols: Sequence[Symbol],
) -> dict[str, list[object]]:
    """The columns of all symbols, asked in requests of as many as the broker takes at once.

    Raises
    ------
    SymbolError : symbols the broker does not know; of all requests, not of the first that fails.
    """
    size = session.caps.symbols_per_request
    joined: dict[str, list[object]] = {}
    unknown: list[SymbolError] = []
    for start in range(0, len(symbols), size):
        try:
            columns = await session.io(ask(symbols[start : start + size]))
        except SymbolError as error:
            unknown.append(error)
            continue
        for name, values in columns.items():
            joined.setdefault(name, []).extend(values)
    if unknown:
        names = ", ".join(str(error.value) for error in unknown)
        raise SymbolError(unknown[0].parameter, names, unknown[0].rule, hint=unknown[0].hint)
    return joined
