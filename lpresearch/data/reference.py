"""Reference data of markets: which days they trade."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd

from lpresearch.base.errors import DateRangeError, InputError
from lpresearch.base.markets import Market
from lpresearch.base.source import Columns
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.moments import parse_day
from lpresearch.frames.columns import TRADING_DAYS
from lpresearch.frames.tables import id_table

ASKED_DAYS = 28  # command 9 answers for a month at most
DEFAULT_DAYS = 30


@both
async def trading_days(
    market: str, start: str | date | datetime | None = None, end: str | date | datetime | None = None
) -> pd.DataFrame:
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
    wanted = _parse_market(market)
    session = await current()
    today = (await session.calendar(wanted)).day_of(session.now())
    first = parse_day(start, "start") or today
    last = parse_day(end, "end") or first + timedelta(days=DEFAULT_DAYS)
    if first > last:
        raise DateRangeError("start", str(first), f"start is not after end ({last})", hint="Swap them.")
    days: dict[date, bool] = {}
    for begin in _range_by(first, last, ASKED_DAYS):
        full, half = await session.io(
            session.source.trading_days(wanted, begin, min(last, begin + timedelta(days=ASKED_DAYS - 1)))
        )
        days |= dict.fromkeys(full, False) | dict.fromkeys(half, True)
    dates = sorted(days)
    columns: Columns = {"date": dates, "half_day": [days[day] for day in dates]}
    return id_table(columns, TRADING_DAYS, attrs={"market": str(wanted), **session.marks()})


def _parse_market(market: str) -> Market:
    try:
        return Market(market.upper())
    except ValueError:
        raise InputError("market", market, f"a market is one of {', '.join(Market)}") from None


def _range_by(first: date, last: date, step: int) -> list[date]:
    return [first + timedelta(days=offset) for offset in range(0, (last - first).days + 1, step)]
