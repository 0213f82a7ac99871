"""Today's orders and fills as tables. Changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from lpresearch.base.errors import InputError
from lpresearch.base.model import FINAL_STATUSES
from lpresearch.base.source import Columns
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.frames.columns import EXECUTIONS, ORDERS
from lpresearch.frames.tables import id_table
from lpresearch.trading.reading import one_symbol
from lpresearch.trading.sending import Receipt, id_of

if TYPE_CHECKING:
    from lpresearch.client.session import Session


@both
async def orders(symbol: str | None = None, *, standing: bool = False) -> pd.DataFrame:
    """Today's orders, one row each, as the broker lists them; an empty frame where there are none.

    Parameters
    ----------
    symbol : only of this security; all where None.
    standing : only those that can still fill or be cancelled.

    Returns
    -------
    pandas.DataFrame
        Index ``order_id``. Columns by the wire's names, in its order: ``status stock_name quantity executed_quantity
        price executed_price submitted_at side symbol order_type ...``; quantities and prices float64, instants UTC, the
        rest text.

    Raises
    ------
    SymbolError : a malformed symbol.

    Notes
    -----
    Costs one request. Source: ``GET /v1/trade/order/today``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.orders("700.HK").columns[:3].tolist()
    ['status', 'stock_name', 'quantity']
    """
    wanted = None if symbol is None else one_symbol(symbol)
    session = await current()
    frame = id_table(await session.io(session.source.orders_today(wanted)), ORDERS, "order_id", attrs=session.marks())
    return frame.loc[~frame["status"].isin(FINAL_STATUSES)] if standing else frame


@both
async def order(order: str | Receipt) -> pd.DataFrame:
    """One of today's orders as it is now, in one row.

    Parameters
    ----------
    order : the receipt or the id.

    Returns
    -------
    pandas.DataFrame
        As ``orders()``.

    Raises
    ------
    InputError : no such order today.

    Notes
    -----
    Costs one request. Source: ``GET /v1/trade/order/today``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.order(lp.buy("700.HK", 500))["symbol"].item()
    '700.HK'
    """
    order_id = id_of(order)
    session = await current()
    return id_table(await columns_of(session, order_id), ORDERS, "order_id", attrs=session.marks())


@both
async def executions(symbol: str | None = None, *, order: str | Receipt | None = None) -> pd.DataFrame:
    """Today's fills, one row each; an empty frame where there are none.

    Parameters
    ----------
    symbol : only of this security; all where None.
    order : only of this order (receipt or id).

    Returns
    -------
    pandas.DataFrame
        Index ``trade_id``. Columns ``order_id symbol`` (text), ``trade_done_at`` (UTC), ``quantity`` (float64, shares),
        ``price`` (float64, price), ``side`` (text).

    Raises
    ------
    SymbolError : a malformed symbol.

    Notes
    -----
    Costs one request. Source: ``GET /v1/trade/execution/today``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.executions().index.name
    'trade_id'
    """
    wanted = None if symbol is None else one_symbol(symbol)
    order_id = None if order is None else id_of(order)
    session = await current()
    columns = await session.io(session.source.executions_today(wanted, order_id))
    return id_table(columns, EXECUTIONS, "trade_id", attrs=session.marks())


async def columns_of(session: Session, order_id: str) -> Columns:
    """The columns of one of today's orders, in the broker's texts.

    Raises
    ------
    InputError : no such order today.
    """
    columns = await session.io(session.source.orders_today(order_id=order_id))
    if order_id not in [str(one) for one in columns.get("order_id", ())]:
        raise InputError("order", order_id, "there is no such order today", hint="orders() lists them.")
    return columns
