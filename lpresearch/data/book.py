"""The order book of a security."""

from __future__ import annotations

import pandas as pd

from lpresearch.base.errors import SymbolError
from lpresearch.base.symbols import parse_symbols
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.frames.tables import depth_table


@both
async def depth(symbol: str) -> pd.DataFrame:
    """The book of one symbol as a ladder, best prices first.

    Parameters
    ----------
    symbol : one symbol, such as ``"700.HK"``.

    Returns
    -------
    pandas.DataFrame
        Index ``position`` (1 is the best). Columns ``bid_price`` (float64), ``bid_volume bid_orders`` (Int64),
        ``ask_price`` (float64), ``ask_volume ask_orders`` (Int64). A side with fewer levels is missing below.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    NoPermission : the account's quote level has no depth for this market.

    Notes
    -----
    Costs one request; no history quota. Source: command 14.

    Examples
    --------
    >>> import lpresearch as lp
    >>> book = lp.depth("700.HK")
    >>> bool(book.loc[1, "bid_price"] < book.loc[1, "ask_price"])
    True
    """
    (wanted,) = parse_symbols([symbol], parameter="symbol")
    session = await current()
    try:
        columns = await session.io(session.source.depth(wanted))
    except SymbolError as exc:
        raise exc.of("symbol") from exc.__cause__  # what the server said
    return depth_table(columns, symbol=wanted, attrs=session.marks())
