"""Opening streams: the public door to ``client.streams``."""

from __future__ import annotations

from collections.abc import Iterable

from lpresearch.base.errors import InputError
from lpresearch.base.symbols import parse_symbols
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.streams import Stream

KINDS = ("quote",)


@both
async def stream(symbols: str | Iterable[str], *, kinds: Iterable[str] = ("quote",)) -> Stream:
    """Live quotes: subscribe to symbols and keep their latest values in a frame.

    Parameters
    ----------
    symbols : one symbol or several; the account may watch 500 at once, counted by symbol over all streams.
    kinds : what to watch; ``"quote"``.

    Returns
    -------
    Stream
        ``.latest`` (a frame like ``quote()``), ``.frame()`` (the pushes), ``.on(callback)``, ``async for``,
        ``.close()``.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    SubscriptionLimit : more symbols than the account may watch at once.

    Notes
    -----
    Costs one quote request and one subscription request; no history quota. Source: commands 6, 7 and push 101.

    Examples
    --------
    >>> import lpresearch as lp
    >>> with lp.stream("700.HK") as live:
    ...     list(live.latest.index)
    ['700.HK']
    """
    wanted = parse_symbols(symbols)
    asked = (kinds,) if isinstance(kinds, str) else tuple(kinds)
    if not asked or not set(asked) <= set(KINDS):
        raise InputError("kinds", asked, f"kinds are some of {', '.join(KINDS)}")
    session = await current()
    live = Stream(session.hub, wanted, session.marks())
    await session.hub.add(live)
    return live
