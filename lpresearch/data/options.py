"""US options: which contracts there are on a security, and what they cost."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from lpresearch.base.errors import DateRangeError, SymbolError
from lpresearch.base.source import Columns
from lpresearch.base.symbols import parse_symbols
from lpresearch.calendars.zones import day_of
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.asking import in_batches, of_one, parse_symbol
from lpresearch.data.moments import Moment, parse_day
from lpresearch.frames.contract_columns import OPTION_CHAIN, OPTION_EXPIRIES, OPTION_QUOTE
from lpresearch.frames.tables import contract_quote_table, id_table


@both
async def option_expiries(symbol: str) -> pd.DataFrame:
    """The dates on which options on a security expire.

    Parameters
    ----------
    symbol : the underlying security, such as ``"AAPL.US"``.

    Returns
    -------
    pandas.DataFrame
        Index ``expiry_date`` (naive, ascending). Column ``days_left`` (int64, calendar days from today in its market).
        Empty for a security without options.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.

    Notes
    -----
    Costs one request; no history quota. Source: command 20.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.option_expiries("AAPL.US").columns.tolist()
    ['days_left']
    """
    wanted = parse_symbol(symbol)
    session = await current()
    dates = await of_one(session, session.source.option_expiries(wanted))
    today = day_of(wanted.market, session.now())
    columns: Columns = {"expiry_date": dates, "days_left": [(day - today).days for day in dates]}
    return id_table(columns, OPTION_EXPIRIES, attrs={"symbol": str(wanted), **session.marks()})


@both
async def option_chain(symbol: str, expiry: Moment) -> pd.DataFrame:
    """The options on a security that expire on a date, one row for each strike.

    Parameters
    ----------
    symbol : the underlying security, such as ``"AAPL.US"``.
    expiry : one of the dates of ``option_expiries``.

    Returns
    -------
    pandas.DataFrame
        Index ``strike_price`` (float64). Columns ``call_symbol put_symbol`` (text) and ``standard`` (bool). Empty for a
        date on which nothing expires.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    DateRangeError : something that is no date.

    Notes
    -----
    Costs one request; no history quota. Source: command 21; over HTTP ``POST /v1/quote/options/strikes``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> chain = lp.option_chain("AAPL.US", lp.option_expiries("AAPL.US").index[0])
    >>> chain.columns.tolist()
    ['call_symbol', 'put_symbol', 'standard']
    """
    wanted, day = parse_symbol(symbol), parse_day(expiry, "expiry")
    if day is None:
        raise DateRangeError("expiry", expiry, "a date is needed", hint="See option_expiries().")
    session = await current()
    columns = await of_one(session, session.source.option_chain(wanted, day))
    attrs = {"symbol": str(wanted), "expiry_date": day.isoformat(), **session.marks()}
    return id_table(columns, OPTION_CHAIN, attrs=attrs)


@both
async def option_quote(symbols: str | Iterable[str]) -> pd.DataFrame:
    """The newest quotes of US options, one row per contract in the order asked.

    Parameters
    ----------
    symbols : one contract or several, such as ``"AAPL260417C250000.US"``; ``option_chain`` names them.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. The columns of ``quote``, then ``implied_volatility`` (float64, a fraction a year),
        ``open_interest`` (int64, contracts), ``expiry_date`` (naive), ``strike_price`` (float64), ``contract_multiplier
        contract_size`` (float64, shares), ``contract_type`` (``American`` or ``European``), ``direction`` (``Call`` or
        ``Put``), ``historical_volatility`` (float64, a fraction a year) and ``underlying_symbol``.

    Raises
    ------
    SymbolError : symbols that are no US options, or that the broker does not know (all of them are named).
    NoPermission : the account's quote level has no options.

    Notes
    -----
    Costs one request per 500 contracts; no history quota. Source: command 12.

    Examples
    --------
    >>> import lpresearch as lp
    >>> chain = lp.option_chain("AAPL.US", lp.option_expiries("AAPL.US").index[0])
    >>> lp.option_quote(chain["call_symbol"].head(3))["direction"].tolist()
    ['Call', 'Call', 'Call']
    """
    wanted = parse_symbols(symbols)
    others = [symbol for symbol in wanted if not symbol.is_us_option]
    if others:
        rule = "an option is written as AAPL260417C250000.US"
        raise SymbolError("symbols", ", ".join(others), rule, hint="See the contracts of a date with option_chain().")
    session = await current()
    columns = await in_batches(session, session.source.option_quotes, wanted)
    return contract_quote_table(columns, OPTION_QUOTE, wanted, attrs=session.marks(wanted))
