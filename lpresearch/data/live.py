"""Opening streams: the public door to ``client.streams``."""

from __future__ import annotations

from collections.abc import Iterable

from lpresearch.base.errors import InputError
from lpresearch.base.pushes import Kind
from lpresearch.base.symbols import parse_symbols
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.streams import Stream


@both
async def stream(symbols: str | Iterable[str], *, kinds: str | Iterable[str] = ("quote",)) -> Stream:
    """Live values: subscribe to symbols and keep the newest in a frame.

    Parameters
    ----------
    symbols : one symbol or several; the account may watch 500 at once, counted by symbol over all streams.
    kinds : what to watch, one or several: ``"quote"``, ``"depth"``, ``"brokers"`` (Hong Kong only), ``"trade"``.

    Returns
    -------
    Stream
        ``.latest`` (for quotes a frame like ``quote()``), ``.table(kind)``, ``.frame(kind)`` (the pushes),
        ``.on(callback)``, ``async for``, ``.close()``.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    SubscriptionLimit : more symbols than the account may watch at once.
    LinkTaken : another process holds the link of the account.

    Notes
    -----
    Costs a quote request and a subscription request for each 500 symbols; no history quota. Source: commands 6 and 7,
    pushes 101 to 104; after a loss commands 11, 14, 15 and 17.

    Examples
    --------
    >>> import lpresearch as lp
    >>> with lp.stream("700.HK") as live:
    ...     list(live.latest.index)
    ['700.HK']
    """
    wanted, asked = parse_symbols(symbols), _parse_kinds(kinds)
    session = await current()
    calendars = {market: await session.calendar(market) for market in {symbol.market for symbol in wanted}}
    live = Stream(session.hub, wanted, asked, session.marks(wanted), calendars=calendars, now=session.now)
    await session.hub.add(live)
    return live


def _parse_kinds(kinds: str | Iterable[str]) -> list[Kind]:
    """The kinds, each once."""
    asked = [kinds] if isinstance(kinds, str) else list(kinds)
    if not asked or not set(asked) <= set(Kind):
        raise InputError("kinds", asked, f"kinds are some of {', '.join(Kind)}")
    return [Kind(kind) for kind in dict.fromkeys(asked)]
