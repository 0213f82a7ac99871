"""Opening streams: the public door to ``client.streams``."""

from __future__ import annotations

from collections.abc import Iterable

from lpresearch.base.errors import InputError
from lpresearch.base.model import Period
from lpresearch.base.pushes import Kind
from lpresearch.base.symbols import parse_symbols
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.streams import CANDLE, Stream
from lpresearch.data.choices import parse_names

KINDS = (*(kind.value for kind in Kind), CANDLE)


@both
async def stream(
    symbols: str | Iterable[str], *, kinds: str | Iterable[str] = ("quote",), period: str | None = None
) -> Stream:
    """Live values: subscribe to symbols and keep the newest in a frame.

    Parameters
    ----------
    symbols : one symbol or several; the account may watch 500 at once, counted by symbol over all streams.
    kinds : what to watch, one or several: ``"quote"``, ``"depth"``, ``"brokers"`` (Hong Kong only), ``"trade"``,
        ``"candle"``.
    period : of candles, as in ``candles()``; needed for them, and for nothing else.

    Returns
    -------
    Stream
        ``.latest`` (for quotes a frame like ``quote()``), ``.table(kind)``, ``.frame(kind)`` (the pushes),
        ``.on(callback)``, ``async for``, ``.close()``.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    InputError : an unknown kind or period, candles without a period, a period without candles.
    SubscriptionLimit : more symbols than the account may watch at once.
    LinkTaken : another process holds the link of the account.

    Notes
    -----
    Costs a quote request and a subscription request for each 500 symbols; no history quota. Source: commands 6 and 7,
    pushes 101 to 104; after a loss commands 11, 14, 15 and 17. Candles cost two requests for each symbol at the
    beginning and when a bar has ended: commands 19 and 17, which spend no quota either.

    Examples
    --------
    >>> import lpresearch as lp
    >>> with lp.stream("700.HK") as live:
    ...     list(live.latest.index)
    ['700.HK']
    """
    wanted, asked = parse_symbols(symbols), _parse_kinds(kinds)
    of_candles = _parse_period(period, asked)
    session = await current()
    calendars = {market: await session.calendar(market) for market in {symbol.market for symbol in wanted}}
    live = Stream(
        session.hub, wanted, asked, session.marks(wanted), period=of_candles, calendars=calendars, now=session.now
    )
    await session.hub.add(live)
    return live


def _parse_kinds(kinds: str | Iterable[str]) -> list[str]:
    """The kinds, each once."""
    return [str(kind) for kind in parse_names("kinds", kinds, KINDS)]


def _parse_period(period: str | None, kinds: list[str]) -> Period | None:
    """The period of candles; None where there are none."""
    if CANDLE not in kinds:
        if period is not None:
            raise InputError("period", period, "only candles have a period", hint='Add "candle" to kinds.')
        return None
    if period is None:
        raise InputError("period", period, "candles need one", hint='Give period="1m", or another one of candles().')
    return Period.parse(period)
