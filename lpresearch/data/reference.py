"""Reference data of markets and securities: days, sessions, lists, temperature, filings."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from lpresearch.base.errors import DateRangeError, InputError
from lpresearch.base.markets import MARKETS, Market
from lpresearch.base.source import Columns
from lpresearch.calendars.zones import day_of
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.asking import of_one, parse_symbol
from lpresearch.data.choices import parse_market
from lpresearch.data.moments import Moment, parse_day
from lpresearch.frames.columns import TRADING_DAYS
from lpresearch.frames.reference_columns import FILINGS, MARKET_TEMPERATURE, SECURITIES, TRADING_SESSIONS
from lpresearch.frames.tables import id_table, time_table

ASKED_DAYS = 28  # command 9 answers for a month at most
DEFAULT_DAYS = 30
FIRST_TEMPERATURE = date(2016, 1, 1)  # longport.md 9
CATEGORY = "Overnight"  # the one list of securities that there is, of US securities (longport.md 9)


@both
async def trading_days(market: str, start: Moment | None = None, end: Moment | None = None) -> pd.DataFrame:
    """The trading days of a market between two dates, both included.

    Parameters
    ----------
    market : ``"HK"``, ``"US"``, ``"CN"`` or ``"SG"``.
    start : the first date; today in the market where None.
    end : the last date; 30 days after the start where None.

    Returns
    -------
    pandas.DataFrame
        Index ``date`` (naive, local to the exchange). Column ``half_day`` (bool): whether it closes early.

    Raises
    ------
    InputError : an unknown market.
    DateRangeError : start after end, or dates the broker does not answer for (it knows the most recent year only).

    Notes
    -----
    Costs one request per four weeks; no history quota. Source: command 9.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.trading_days("HK").columns.tolist()
    ['half_day']
    """
    wanted = parse_market(market)
    session = await current()
    today = (await session.calendar(wanted)).day_of(session.now())
    first = parse_day(start, "start") or today
    last = parse_day(end, "end") or first + timedelta(days=DEFAULT_DAYS)
    _check_order(first, last)
    days: dict[date, bool] = {}
    for begin in _range_by(first, last, ASKED_DAYS):
        full, half = await session.io(
            session.source.trading_days(wanted, begin, min(last, begin + timedelta(days=ASKED_DAYS - 1)))
        )
        days |= dict.fromkeys(full, False) | dict.fromkeys(half, True)
    dates = sorted(days)
    columns: Columns = {"date": dates, "half_day": [days[day] for day in dates]}
    return id_table(columns, TRADING_DAYS, attrs={"market": str(wanted), **session.marks()})


@both
async def trading_sessions(market: str | None = None) -> pd.DataFrame:
    """The sessions of today, of one market or of all.

    Parameters
    ----------
    market : ``"HK"``, ``"US"``, ``"CN"`` or ``"SG"``; all where None.

    Returns
    -------
    pandas.DataFrame
        Index ``market``. Columns ``session`` (``regular``, ``pre``, ``post`` or ``overnight``), ``begin_time end_time``
        (text HH:MM local to the exchange; the end is not included, and 24:00 is midnight) and ``zone``.

    Raises
    ------
    InputError : an unknown market.

    Notes
    -----
    Costs one request; no history quota. Source: command 8.

    Examples
    --------
    >>> import lpresearch as lp
    >>> set(lp.trading_sessions("HK")["zone"])
    {'Asia/Hong_Kong'}
    """
    wanted = list(Market) if market is None else [parse_market(market)]
    session = await current()
    told = await session.io(session.source.market_sessions())
    rows = [(place, span) for place in wanted for span in told.get(place, ())]
    columns: Columns = {
        "market": [str(place) for place, _ in rows],
        "session": [str(span.session) for _, span in rows],
        "begin_time": [_clock(span.start) for _, span in rows],
        "end_time": [_clock(span.end) for _, span in rows],
        "zone": [MARKETS[place].zone for place, _ in rows],
    }
    return id_table(columns, TRADING_SESSIONS, attrs=session.marks())


@both
async def securities(market: str = "US", category: str = CATEGORY) -> pd.DataFrame:
    """The securities of a list that the broker keeps; the one there is names the US securities that trade overnight.

    Parameters
    ----------
    market : ``"US"``.
    category : ``"Overnight"``.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. Columns ``name_cn name_hk name_en`` (text).

    Raises
    ------
    InputError : another market or category.

    Notes
    -----
    Costs one request; no history quota. Source: ``GET /v1/quote/get_security_list``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> "AAPL.US" in lp.securities().index
    True
    """
    wanted = parse_market(market)
    if wanted is not Market.US:
        raise InputError("market", market, "the broker lists securities of US only")
    if category != CATEGORY:
        raise InputError("category", category, f"the one category is {CATEGORY}")
    session = await current()
    columns = await session.io(session.source.securities(wanted, category))
    return id_table(columns, SECURITIES, attrs={"market": str(wanted), "category": category, **session.marks()})


@both
async def market_temperature(market: str, start: Moment | None = None, end: Moment | None = None) -> pd.DataFrame:
    """How hot a market is: the newest reading, or those of a span of days.

    Parameters
    ----------
    market : ``"HK"``, ``"US"``, ``"CN"`` or ``"SG"``.
    start, end : the first and the last date; the newest reading alone where both are None. Without an end up to today.

    Returns
    -------
    pandas.DataFrame
        Index ``timestamp`` in the exchange's zone. Columns ``temperature valuation sentiment`` (int64, 0 to 100),
        ``description`` (text; of the newest reading only) and ``granularity`` (``daily``, ``weekly`` or ``monthly``;
        missing for the newest reading).

    Raises
    ------
    InputError : an unknown market.
    DateRangeError : an end without a start, start after end, or a start before 2016.

    Notes
    -----
    Costs one request; no history quota. Readings of a long span are of weeks or months. Source: ``GET
    /v1/quote/market_temperature`` and ``/v1/quote/history_market_temperature``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> bool(lp.market_temperature("HK")["temperature"].between(0, 100).all())
    True
    """
    wanted = parse_market(market)
    first, last = parse_day(start, "start"), parse_day(end, "end")
    if first is None and last is not None:
        raise DateRangeError("end", str(last), "an end needs a start", hint="Give start too, or neither.")
    if first is not None and first < FIRST_TEMPERATURE:
        raise DateRangeError("start", str(first), f"readings begin on {FIRST_TEMPERATURE}")
    session = await current()
    if first is None:
        columns = await session.io(session.source.market_temperature(wanted))
    else:
        last = last or day_of(wanted, session.now())
        _check_order(first, last)
        columns = await session.io(session.source.market_temperatures(wanted, first, last))
    return time_table(columns, MARKET_TEMPERATURE, wanted, attrs={"market": str(wanted), **session.marks()})


@both
async def filings(symbol: str) -> pd.DataFrame:
    """The filings of a company, in the order of the broker: the newest first.

    Parameters
    ----------
    symbol : one symbol, such as ``"AAPL.US"``.

    Returns
    -------
    pandas.DataFrame
        Index ``id`` (text). Columns ``title description file_name`` (text), ``file_urls`` (text; several have blanks
        between them) and ``publish_at`` (UTC).

    Raises
    ------
    SymbolError : a malformed or unknown symbol.

    Notes
    -----
    Costs one request; no history quota. Source: ``GET /v1/quote/filings``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.filings("AAPL.US").index.name
    'id'
    """
    wanted = parse_symbol(symbol)
    session = await current()
    columns = await of_one(session, session.source.filings(wanted))
    return id_table(columns, FILINGS, attrs={"symbol": str(wanted), **session.marks()})


def _check_order(first: date, last: date) -> None:
    if first > last:
        raise DateRangeError("start", str(first), f"start is not after end ({last})", hint="Swap them.")


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _range_by(first: date, last: date, step: int) -> list[date]:
    return [first + timedelta(days=offset) for offset in range(0, (last - first).days + 1, step)]
