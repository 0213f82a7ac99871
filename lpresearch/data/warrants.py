"""Warrants, callable bull and bear contracts and inline warrants of Hong Kong: the list, quotes, issuers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import SupportsIndex

import pandas as pd

from lpresearch.base.contracts import (
    Moneyness,
    SortOrder,
    WarrantExpiry,
    WarrantFilter,
    WarrantSort,
    WarrantStatus,
    WarrantType,
)
from lpresearch.base.errors import SymbolError
from lpresearch.base.markets import Market
from lpresearch.base.symbols import Symbol, parse_symbols
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.asking import in_batches, of_one, parse_symbol
from lpresearch.data.choices import parse_choice, parse_choices, parse_whole
from lpresearch.frames.contract_columns import WARRANT_ISSUERS, WARRANT_QUOTE, WARRANTS
from lpresearch.frames.tables import contract_quote_table, id_table

Words = str | Iterable[str] | None


@both
async def warrants(
    symbol: str,
    *,
    type: Words = None,
    issuer: SupportsIndex | Iterable[SupportsIndex] | None = None,
    expiry_date: Words = None,
    price_type: Words = None,
    status: Words = None,
    sort_by: str = "turnover",
    sort_order: str = "desc",
    offset: SupportsIndex = 0,
    count: SupportsIndex | None = None,
) -> pd.DataFrame:
    """The warrants on a Hong Kong security, filtered and sorted by the broker.

    Parameters
    ----------
    symbol : the underlying security, such as ``"700.HK"``.
    type : one or several of ``"Call" "Put" "Bull" "Bear" "Inline"``. None, here and below, lets all pass.
    issuer : one number or several, of ``warrant_issuers``.
    expiry_date : how long they still run, one or several of ``"<3m" "3-6m" "6-12m" ">12m"``.
    price_type : ``"in"`` or ``"out"``: of the money, or of the bounds of an inline warrant.
    status : one or several of ``"Suspend" "Prepare" "Normal"``.
    sort_by : a column below, all but ``name`` and ``type``.
    sort_order : ``"asc"`` or ``"desc"``.
    offset, count : a page of the sorted list: how many to leave out, how many to give; None is all that follow.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. Columns ``name``, prices ``last_done change_val strike_price upper_strike_price
        lower_strike_price call_price balance_point`` (float64), fractions ``change_rate outstanding_ratio premium
        itm_otm implied_volatility to_call_price`` (float64; 0.25 is a quarter), ``volume`` (int64, units), ``turnover``
        (float64, money), ``expiry_date`` (naive), ``outstanding_qty`` (Int64, units), plain numbers ``delta
        effective_leverage leverage_ratio conversion_ratio``, ``status`` and ``type``. ``attrs["lpresearch"]["total"]``
        is how many pass the filter on all pages.

    Raises
    ------
    SymbolError : a malformed or unknown symbol, or one that is not of Hong Kong.
    InputError : a word that the filter does not have, or an issuer that is no number.

    Notes
    -----
    Costs one request; no history quota. Source: command 23.

    Examples
    --------
    >>> import lpresearch as lp
    >>> bulls = lp.warrants("700.HK", type="Bull", status="Normal", sort_by="effective_leverage", count=5)
    >>> set(bulls["type"]) <= {"Bull"}
    True
    """
    wanted = parse_symbol(symbol)
    _check_hong_kong("symbol", [wanted])
    chosen = WarrantFilter(
        types=parse_choices("type", type, WarrantType),
        issuers=_parse_issuers(issuer),
        expiries=parse_choices("expiry_date", expiry_date, WarrantExpiry),
        price_types=parse_choices("price_type", price_type, Moneyness),
        states=parse_choices("status", status, WarrantStatus),
        sort_by=parse_choice("sort_by", sort_by, WarrantSort),
        sort_order=parse_choice("sort_order", sort_order, SortOrder),
        offset=parse_whole("offset", offset, low=0),
        count=0 if count is None else parse_whole("count", count, low=1),
    )
    session = await current()
    columns, total = await of_one(session, session.source.warrants(wanted, chosen))
    return id_table(columns, WARRANTS, attrs={"underlying": str(wanted), "total": total, **session.marks([wanted])})


@both
async def warrant_quote(symbols: str | Iterable[str]) -> pd.DataFrame:
    """The newest quotes of warrants, one row per warrant in the order asked.

    Parameters
    ----------
    symbols : one warrant or several, such as ``"13447.HK"``; ``warrants`` names them.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. The columns of ``quote``, then ``implied_volatility`` (float64, a fraction a year),
        ``expiry_date last_trade_date`` (naive), ``outstanding_ratio`` (float64, a fraction), ``outstanding_qty``
        (int64, units), ``conversion_ratio`` (float64), ``category`` (``Call Put Bull Bear Inline``), prices
        ``strike_price upper_strike_price lower_strike_price call_price`` (float64; missing where the category has none)
        and ``underlying_symbol``.

    Raises
    ------
    SymbolError : symbols that are not of Hong Kong, or no warrants that the broker knows (all of them are named).

    Notes
    -----
    Costs one request per 500 warrants; no history quota. Source: command 13.

    Examples
    --------
    >>> import lpresearch as lp
    >>> newest = lp.warrant_quote(lp.warrants("700.HK", count=3).index)
    >>> set(newest["underlying_symbol"])
    {'700.HK'}
    """
    wanted = parse_symbols(symbols)
    _check_hong_kong("symbols", wanted)
    session = await current()
    columns = await in_batches(session, session.source.warrant_quotes, wanted)
    return contract_quote_table(columns, WARRANT_QUOTE, wanted, attrs=session.marks(wanted))


@both
async def warrant_issuers() -> pd.DataFrame:
    """The issuers of warrants, by the numbers that ``warrants(issuer=...)`` takes.

    Returns
    -------
    pandas.DataFrame
        Index ``id`` (int64). Columns ``name_cn name_en name_hk`` (text).

    Notes
    -----
    Costs one request; no history quota. Source: command 22.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.warrant_issuers().columns.tolist()
    ['name_cn', 'name_en', 'name_hk']
    """
    session = await current()
    return id_table(await session.io(session.source.warrant_issuers()), WARRANT_ISSUERS, attrs=session.marks())


def _parse_issuers(given: SupportsIndex | Iterable[SupportsIndex] | None) -> tuple[int, ...]:
    numbers = [given] if isinstance(given, SupportsIndex | str) else list(given or ())
    return tuple(parse_whole("issuer", number, low=0, hint="See warrant_issuers().") for number in numbers)


def _check_hong_kong(parameter: str, symbols: Sequence[Symbol]) -> None:
    others = [symbol for symbol in symbols if symbol.market is not Market.HK]
    if others:
        raise SymbolError(parameter, ", ".join(others), "warrants are of Hong Kong only", hint="Write one as 700.HK.")
