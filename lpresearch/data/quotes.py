"""Quotes and facts of securities: the newest price, and what does not change within a day."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence

import pandas as pd

from lpresearch.base.errors import SymbolError
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol, parse_symbols
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.session import Session
from lpresearch.frames.columns import STATIC_INFO
from lpresearch.frames.tables import quote_table, symbol_table


@both
async def quote(symbols: str | Iterable[str]) -> pd.DataFrame:
    """The newest quotes, one row per symbol in the order asked.

    Parameters
    ----------
    symbols : one symbol or several, such as ``"700.HK"`` or ``["700.HK", "AAPL.US"]``.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. Columns ``last_done prev_close open high low`` (float64, price), ``timestamp`` (UTC),
        ``volume`` (int64, shares), ``turnover`` (float64, money), ``trade_status``, ``change`` (price) and
        ``change_rate`` (percent). With a US symbol among them also ``pre_*``, ``post_*`` and ``overnight_*``, each
        ``last_done timestamp volume turnover high low prev_close``; missing where the session has no quote.

    Raises
    ------
    SymbolError : a malformed symbol, or symbols the broker does not know (all of them are named).

    Notes
    -----
    Costs one request per 500 symbols; no history quota. Source: command 11.

    Examples
    --------
    >>> import lpresearch as lp
    >>> list(lp.quote("HK.00700").index)
    ['700.HK']
    """
    wanted = parse_symbols(symbols)
    session = await current()
    columns = await in_batches(session, session.source.quotes, wanted)
    return quote_table(columns, wanted, attrs=session.marks())


@both
async def static_info(symbols: str | Iterable[str]) -> pd.DataFrame:
    """Names, board, currency, lot size and share counts, one row per symbol in the order asked.

    Parameters
    ----------
    symbols : one symbol or several.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. Columns ``name_cn name_en name_hk listing_date exchange currency`` (text; the date naive),
        ``lot_size total_shares circulating_shares hk_shares`` (int64, shares), ``eps eps_ttm bps dividend_yield``
        (float64, money per share), ``stock_derivatives`` and ``board`` (text).

    Raises
    ------
    SymbolError : a malformed symbol, or symbols the broker does not know (all of them are named).

    Notes
    -----
    Costs one request per 500 symbols; no history quota. Source: command 10.

    Examples
    --------
    >>> import lpresearch as lp
    >>> int(lp.static_info("700.HK").loc["700.HK", "lot_size"])
    100
    """
    wanted = parse_symbols(symbols)
    session = await current()
    columns = await in_batches(session, session.source.static_info, wanted)
    return symbol_table(columns, STATIC_INFO, wanted, attrs=session.marks())


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
