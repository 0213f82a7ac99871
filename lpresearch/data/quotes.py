"""Tables by symbol: the newest prices, what does not change within a day, and indexes that the broker calculates."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from lpresearch.base.symbols import parse_symbols
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.asking import in_batches
from lpresearch.data.choices import parse_names
from lpresearch.frames.column import SYMBOL
from lpresearch.frames.columns import STATIC_INFO
from lpresearch.frames.contract_columns import CALC_INDEXES
from lpresearch.frames.tables import quote_table, symbol_table

_INDEXES = {column.name: column for column in CALC_INDEXES}


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
        ``volume`` (int64, shares; CN: lots), ``turnover`` (float64, money), ``trade_status``, ``change`` (price) and
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
    return quote_table(columns, wanted, attrs=session.marks(wanted))


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


@both
async def calc_indexes(symbols: str | Iterable[str], indexes: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Indexes that the broker calculates, one row per symbol in the order asked.

    Parameters
    ----------
    symbols : one symbol or several: shares, indexes, options or warrants.
    indexes : the names of some columns below, such as ``"pe_ttm_ratio pb_ratio"``; all of them where None.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. Columns in the order asked, missing where a security has no such index:

        - prices ``last_done change_val``, ``volume`` (int64, shares; CN: lots), ``turnover
          total_market_value capital_flow`` (money);
        - percent ``change_rate ytd_change_rate turnover_rate amplitude dividend_ratio_ttm five_day_change_rate
          ten_day_change_rate half_year_change_rate five_minutes_change_rate``; ratios ``volume_ratio pe_ttm_ratio
          pb_ratio``;
        - of options and warrants ``expiry_date``, prices ``strike_price upper_strike_price lower_strike_price
          call_price balance_point``, percent ``outstanding_ratio premium itm_otm implied_volatility to_call_price``,
          ``outstanding_qty open_interest`` (Int64; 0 is missing, because the wire writes 0 for none), plain numbers
          ``warrant_delta effective_leverage leverage_ratio conversion_ratio delta gamma``, and ``theta vega rho`` as
          the broker sends them: divide by 100.

    Raises
    ------
    SymbolError : a malformed symbol, or symbols the broker does not know (all of them are named).
    InputError : an index that there is not.

    Notes
    -----
    Costs one request per 500 symbols; no history quota. Source: command 26.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.calc_indexes(["700.HK", "AAPL.US"], "pe_ttm_ratio pb_ratio").columns.tolist()
    ['pe_ttm_ratio', 'pb_ratio']
    """
    wanted = parse_symbols(symbols)
    names = parse_names("indexes", list(_INDEXES) if indexes is None else indexes, _INDEXES)
    session = await current()
    columns = await in_batches(session, lambda part: session.source.calc_indexes(part, names), wanted)
    contract = (SYMBOL, *(_INDEXES[name] for name in names))
    return symbol_table(columns, contract, wanted, attrs=session.marks(wanted))
