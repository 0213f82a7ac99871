"""What a request for candles would cost, before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.session import Session
from lpresearch.data.journey import Journey
from lpresearch.data.moments import Moment
from lpresearch.data.request import journeys_of, parse_request
from lpresearch.data.usage import quota_state
from lpresearch.frames.columns import PLAN
from lpresearch.frames.tables import id_table
from lpresearch.history.plan import ReadHistory, SeriesPlan


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


def _rows(session: Session, journeys: Iterable[Journey]) -> list[dict[str, object]]:
    """The rows in order, each under the quota that the ones before it would leave. Disk work."""
    quota = quota_state(session)
    rows = []
    for journey in journeys:
        planned = journey.preview(quota, journey.coverage(), on_quota="partial")
        rows.append(_row(session, journey, planned))
        if planned is not None and planned.units:
            quota = quota.spending(journey.key.symbol, session.now())
    return rows


def _row(session: Session, journey: Journey, planned: SeriesPlan | None) -> dict[str, object]:
    row: dict[str, object] = {"symbol": str(journey.key.symbol), "missing": "", "route": "cache", "complete": True}
    if planned is None:
        return row | {"cached_bars": 0, "calls": 0, "quota_units": 0, "seconds": 0.0}
    history = sum(isinstance(step, ReadHistory) for step in planned.steps)
    latest = len(planned.steps) - history
    stored = [session.store.read(journey.key, span.start, span.end).shape[1] for span in planned.cached]
    routes = [name for name, calls in (("history", history), ("latest", latest)) if calls]
    return row | {
        "cached_bars": sum(stored),
        "missing": journey.in_words((*planned.fetched, *planned.left_out)),
        "route": " + ".join(routes) or "cache",
        "calls": len(planned.steps),
        "quota_units": planned.units,
        "seconds": _seconds(session, history, latest),
        "complete": not planned.left_out,
    }


def _seconds(session: Session, history: int, latest: int) -> float:
    """At the permitted rate: history calls have a pace of their own, below that of all calls."""
    caps = session.caps
    slow, fast = caps.history_pace, caps.quote_pace
    return round(history * slow.per_s / slow.calls + latest * fast.per_s / fast.calls, 1)
