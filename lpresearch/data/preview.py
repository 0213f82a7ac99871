"""What a request for candles would cost, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.session import Session
from lpresearch.data.journey import Journey
from lpresearch.data.moments import Moment
from lpresearch.data.request import journeys_of, parse_request
from lpresearch.data.survey import Prospect, survey
from lpresearch.data.usage import quota_state
from lpresearch.frames.columns import PLAN
from lpresearch.frames.tables import id_table


@both
async def plan(
    symbols: str | Iterable[str],
    period: str = "1d",
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    count: int | None = None,
    adjust: str = "none",
    sessions: str = "regular",
    refresh: bool = False,
) -> pd.DataFrame:
    """What ``candles`` with the same arguments would ask for and cost, one row per symbol.

    Parameters
    ----------
    symbols, period, start, end, count, adjust, sessions, refresh : as in ``candles``.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. Columns ``cached_bars`` (int64), ``missing`` (spans in exchange time), ``route`` (``cache``,
        ``latest``: the newest bars, free; ``history``), ``calls`` (int64, requests), ``quota_units`` (int64),
        ``seconds`` (float64, at the permitted rate) and ``complete``: whether the quota allows all of it. Units are
        counted down the rows, as they would be spent.

    Raises
    ------
    SymbolError, InputError, DateRangeError : as ``candles``.

    Notes
    -----
    Costs no quota and no request for candles; the market's recent calendar is asked where it is not known yet. Whether
    the broker knows a symbol shows only when it is asked.

    Examples
    --------
    >>> import lpresearch as lp
    >>> costs = lp.plan(["700.HK", "5.HK"], start="2010-01-01", end="2010-12-31")
    >>> int(costs["quota_units"].sum()) <= 2
    True
    """
    request = parse_request(
        symbols,
        period,
        start=start,
        end=end,
        count=count,
        adjust=adjust,
        sessions=sessions,
        refresh=refresh,
        on_quota="partial",
    )
    session = await current()
    journeys = await journeys_of(session, request)
    rows = await session.disk(_rows, session, journeys)
    columns = {column.name: [row[column.name] for row in rows] for column in PLAN}
    attrs = {**session.marks(), "period": str(request.period), "adjust": str(request.adjust)}
    return id_table(columns, PLAN, attrs=attrs)


def _rows(session: Session, journeys: Sequence[Journey]) -> list[dict[str, object]]:
    return [_row(session, prospect) for prospect in survey(session, journeys, quota_state(session))]


def _row(session: Session, prospect: Prospect) -> dict[str, object]:
    key, cached = prospect.journey.key, prospect.plan.cached if prospect.plan is not None else ()
    return {
        "symbol": str(key.symbol),
        "cached_bars": sum(session.store.read(key, span.start, span.end).shape[1] for span in cached),
        "missing": prospect.missing,
        "route": prospect.route,
        "calls": prospect.calls,
        "quota_units": prospect.units,
        "seconds": prospect.seconds,
        "complete": prospect.complete,
    }
