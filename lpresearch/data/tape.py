"""What is dealt today in one security: trades, the day's line, and where the money goes."""

from __future__ import annotations

from typing import SupportsIndex

import pandas as pd

from lpresearch.base.model import Sessions
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.asking import of_one, parse_symbol
from lpresearch.data.choices import parse_choice, parse_whole
from lpresearch.frames.columns import CAPITAL_DISTRIBUTION, CAPITAL_FLOW, INTRADAY, TRADES
from lpresearch.frames.tables import id_table, time_table

MOST_TRADES = 1000  # longport.md 11


@both
async def trades(symbol: str, count: SupportsIndex = MOST_TRADES) -> pd.DataFrame:
    """The newest trades of a symbol in the order of time.

    Parameters
    ----------
    symbol : one symbol, such as ``"700.HK"``.
    count : how many at most, 1 to 1000.

    Returns
    -------
    pandas.DataFrame
        Index ``timestamp`` in the exchange's zone (to the second, so it may repeat). Columns ``price`` (float64),
        ``volume`` (int64, shares; CN: lots), ``trade_type`` (the exchange's letter; missing for an automatic match),
        ``direction`` (``up``, ``down`` or ``neutral``) and ``session``.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    InputError : a count out of range.
    NoPermission : the account's quote level has no trades of this market.

    Notes
    -----
    Costs one request; no history quota. Source: command 17.

    Examples
    --------
    >>> import lpresearch as lp
    >>> len(lp.trades("700.HK", 20)) <= 20
    True
    """
    wanted = parse_symbol(symbol)
    most = parse_whole("count", count, low=1, high=MOST_TRADES)
    session = await current()
    columns = await of_one(session, session.source.trades(wanted, most))
    return time_table(columns, TRADES, wanted.market, attrs={"symbol": str(wanted), **session.marks([wanted])})


@both
async def intraday(symbol: str, *, sessions: str = "regular") -> pd.DataFrame:
    """The line of the day, one row for each minute.

    Parameters
    ----------
    symbol : one symbol, such as ``"700.HK"``.
    sessions : ``"regular"``, or ``"all"`` for the minutes before the open, after the close and overnight too.

    Returns
    -------
    pandas.DataFrame
        Index ``timestamp`` (start of the minute, in the exchange's zone). Columns ``price`` (float64, the last of the
        minute), ``volume`` (int64, shares; CN: lots), ``turnover`` (float64, money), ``avg_price`` (float64, of the
        day so far).

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    InputError : a word that is not one of the two.

    Notes
    -----
    Costs one request; no history quota. Source: command 18.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.intraday("700.HK").columns.tolist()
    ['price', 'volume', 'turnover', 'avg_price']
    """
    wanted, which = parse_symbol(symbol), parse_choice("sessions", sessions, Sessions)
    session = await current()
    columns = await of_one(session, session.source.intraday(wanted, which))
    attrs = {"symbol": str(wanted), "sessions": str(which), **session.marks([wanted])}
    return time_table(columns, INTRADAY, wanted.market, attrs=attrs)


@both
async def capital_flow(symbol: str) -> pd.DataFrame:
    """The net inflow of money today, minute by minute.

    Parameters
    ----------
    symbol : one symbol, such as ``"700.HK"``.

    Returns
    -------
    pandas.DataFrame
        Index ``timestamp`` (start of the minute, in the exchange's zone). Column ``inflow`` (float64, money).

    Raises
    ------
    SymbolError : a malformed or unknown symbol.

    Notes
    -----
    Costs one request; no history quota. Source: command 24.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.capital_flow("700.HK").columns.tolist()
    ['inflow']
    """
    wanted = parse_symbol(symbol)
    session = await current()
    columns = await of_one(session, session.source.capital_flow(wanted))
    return time_table(columns, CAPITAL_FLOW, wanted.market, attrs={"symbol": str(wanted), **session.marks([wanted])})


@both
async def capital_distribution(symbol: str) -> pd.DataFrame:
    """The money that came in and went out today, by the size of the orders.

    Parameters
    ----------
    symbol : one symbol, such as ``"700.HK"``.

    Returns
    -------
    pandas.DataFrame
        Index ``size`` (``large``, ``medium``, ``small``). Columns ``capital_in capital_out`` (float64, money) and
        ``timestamp`` (UTC; up to when).

    Raises
    ------
    SymbolError : a malformed or unknown symbol.

    Notes
    -----
    Costs one request; no history quota. Source: command 25.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.capital_distribution("700.HK").index.tolist()
    ['large', 'medium', 'small']
    """
    wanted = parse_symbol(symbol)
    session = await current()
    columns = await of_one(session, session.source.capital_distribution(wanted))
    return id_table(columns, CAPITAL_DISTRIBUTION, attrs={"symbol": str(wanted), **session.marks([wanted])})
