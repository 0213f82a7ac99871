"""What the account owns: cash and credit, and the positions. Changes nothing."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from lpresearch.base.errors import InputError
from lpresearch.base.symbols import parse_symbols
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.frames.columns import BALANCE, POSITIONS
from lpresearch.frames.tables import id_table

CURRENCIES = ("HKD", "USD", "CNH")  # longport.md 7.1, of the account query


@both
async def balance(currency: str | None = None) -> pd.DataFrame:
    """Cash, credit, margins and buying power of the account.

    Parameters
    ----------
    currency : the currency that everything is shown in: ``HKD``, ``USD`` or ``CNH``; the account's own where None.

    Returns
    -------
    pandas.DataFrame
        Index ``currency``. Columns ``total_cash max_finance_amount remaining_finance_amount`` (float64, money),
        ``risk_level`` (Int64: 0 safe, 1 medium, 2 warning, 3 danger), ``margin_call net_assets init_margin
        maintenance_margin buy_power`` (float64, money).

    Raises
    ------
    InputError : another currency.

    Notes
    -----
    Costs one request. Source: ``GET /v1/asset/account``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> bool(lp.balance("HKD").loc["HKD", "buy_power"] > 0)
    True
    """
    wanted = None if currency is None else currency.strip().upper()
    if wanted is not None and wanted not in CURRENCIES:
        raise InputError("currency", currency, f"must be one of {', '.join(CURRENCIES)}")
    session = await current()
    columns = await session.io(session.source.account_balance(wanted))
    return id_table(columns, BALANCE, "currency", attrs=session.marks())


@both
async def positions(symbols: str | Iterable[str] | None = None) -> pd.DataFrame:
    """The securities held, one row each; an empty frame where there are none.

    Parameters
    ----------
    symbols : only of these; all where None.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. Columns ``symbol_name`` (text), ``quantity available_quantity`` (float64, shares; less than 0
        when sold short), ``currency`` (text), ``cost_price`` (float64, price), ``market`` (text), ``init_quantity``
        (float64, shares before today's open), ``account_channel`` (text).

    Raises
    ------
    SymbolError : a malformed symbol.

    Notes
    -----
    Costs one request. Source: ``GET /v1/asset/stock``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.positions().index.name
    'symbol'
    """
    wanted = () if symbols is None else parse_symbols(symbols)
    session = await current()
    columns = await session.io(session.source.stock_positions(wanted))
    return id_table(columns, POSITIONS, "symbol", attrs=session.marks())
