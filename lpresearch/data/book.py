"""The order book of a security, and who stands in it."""

from __future__ import annotations

import pandas as pd

from lpresearch.base.errors import SymbolError
from lpresearch.base.markets import Market
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.asking import of_one, parse_symbol
from lpresearch.frames.columns import BROKERS
from lpresearch.frames.reference_columns import PARTICIPANTS
from lpresearch.frames.tables import depth_table, id_table


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
    wanted = parse_symbol(symbol)
    session = await current()
    columns = await of_one(session, session.source.depth(wanted))
    return depth_table(columns, symbol=wanted, attrs=session.marks([wanted]))


@both
async def brokers(symbol: str) -> pd.DataFrame:
    """Who stands in the queues of a Hong Kong book, one row for each place, the bids first.

    Parameters
    ----------
    symbol : one symbol of Hong Kong, such as ``"700.HK"``.

    Returns
    -------
    pandas.DataFrame
        Index ``broker_id`` (may repeat). Columns ``side`` (``bid`` or ``ask``), ``position`` (int64, the level; 1 is
        the best) and ``place`` (int64, in the queue of the level, from 1). ``join(participants())`` adds the names.

    Raises
    ------
    SymbolError : a malformed or unknown symbol, or one that is not of Hong Kong.
    NoPermission : the account's quote level has no queues.

    Notes
    -----
    Costs one request; no history quota. Source: command 15.

    Examples
    --------
    >>> import lpresearch as lp
    >>> queues = lp.brokers("700.HK").join(lp.participants())
    >>> "participant_name_en" in queues
    True
    """
    wanted = parse_symbol(symbol)
    if wanted.market is not Market.HK:
        raise SymbolError("symbol", str(wanted), "only Hong Kong has broker queues", hint="Use depth() for the book.")
    session = await current()
    columns = await of_one(session, session.source.brokers(wanted))
    return id_table(columns, BROKERS, attrs={"symbol": str(wanted), **session.marks([wanted])})


@both
async def participants() -> pd.DataFrame:
    """The participants of the Hong Kong exchange, one row for each number that they have in broker queues.

    Returns
    -------
    pandas.DataFrame
        Index ``broker_id``. Columns ``participant_name_cn participant_name_en participant_name_hk`` (text).

    Notes
    -----
    Costs one request; no history quota. The list changes from day to day. Source: command 16.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.participants().index.name
    'broker_id'
    """
    session = await current()
    return id_table(await session.io(session.source.participants()), PARTICIPANTS, attrs=session.marks())
