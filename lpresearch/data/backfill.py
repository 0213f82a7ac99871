"""Filling the store ahead of time: a universe of symbols, as far as the quota goes, to be gone on with at any time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from lpresearch.base.errors import (
    AuthFailed,
    DateRangeError,
    InputError,
    LinkError,
    LinkTaken,
    QuotaExhausted,
    RateLimited,
    RequestTimeout,
    ServerRejected,
    SymbolError,
)
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.session import Session
from lpresearch.data.choices import parse_whole
from lpresearch.data.journey import Journey
from lpresearch.data.moments import Moment
from lpresearch.data.progress import Progress
from lpresearch.data.request import Request, journeys_of, parse_request
from lpresearch.data.survey import Prospect, survey
from lpresearch.data.travel import Verdict, travel
from lpresearch.data.usage import quota_state
from lpresearch.frames.columns import BACKFILL
from lpresearch.frames.tables import id_table

_PASSING = (LinkError, RequestTimeout, RateLimited)  # may be gone when asked again
_OF_THE_SYMBOL = (ServerRejected, InputError, QuotaExhausted, *_PASSING)
_MOST_TRIES = 3
_MOST_IN_VAIN = 6  # failures in a row, of whichever symbols: the server is gone


@both
async def backfill(
    symbols: str | Iterable[str],
    period: str = "1d",
    *,
    start: Moment,
    end: Moment | None = None,
    adjust: str = "none",
    sessions: str = "regular",
    max_quota: int | None = None,
    dry_run: bool = False,
) -> pd.DataFrame:
    """Fill the store with the candles of many symbols, at the permitted rate and with a progress bar.

    What is stored already is not asked again, so a backfill that was interrupted, by Ctrl-C or worse, goes on where it
    was when it is called again. A symbol that fails does not hold up the others.

    Parameters
    ----------
    symbols, period, start, end, adjust, sessions : as in ``candles``; without an end up to the newest final bar.
    max_quota : spend at most so many units of the history quota; None for as many as there are. Of symbols beyond,
        what the newest 1000 bars hold is stored, for free.
    dry_run : only say what would be done.

    Returns
    -------
    pandas.DataFrame
        Index ``symbol``. Columns ``outcome`` (``stored``: it was there already; ``complete``; ``no quota``: units ran
        out; ``failed``; in a dry run ``to do``), ``missing`` (spans in exchange time that are not stored now),
        ``calls``, ``quota_units`` (int64), ``seconds`` (float64, in a dry run: how long at the permitted rate) and
        ``detail`` (why it failed).

    Raises
    ------
    SymbolError, InputError, DateRangeError : as ``candles``, before anything is asked.
    LinkError, RequestTimeout : the server does not answer any more; what came is stored.
    StoreError : the disk is full or read-only; what was stored stays.

    Notes
    -----
    Costs one request per 1000 bars, 60 in 30 s, and one unit of the history quota per symbol that is new this month.
    Memory does not grow with the range. No bars are returned: read them with ``candles`` or ``panel``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> done = lp.backfill(["700.HK", "5.HK"], start="2024-01-02", end="2024-03-28")
    >>> done["outcome"].tolist()
    ['complete', 'complete']
    """
    if max_quota is not None:
        max_quota = parse_whole("max_quota", max_quota, low=0, hint="None is without a bound.")
    if start is None:
        raise DateRangeError("start", start, "a backfill has a start", hint='Give a date such as "2024-01-02".')
    request = parse_request(
        symbols,
        period,
        start=start,
        end=end,
        count=None,
        adjust=adjust,
        sessions=sessions,
        refresh=False,
        on_quota="partial",
    )
    session = await current()
    request = await _final_bars_of(session, request)
    journeys = await journeys_of(session, request, rows=())
    quota = await session.disk(quota_state, session)
    prospects = await session.disk(survey, session, journeys, quota, most_units=max_quota)
    fates = {prospect.journey: _Fate(prospect) for prospect in prospects}
    if not dry_run:
        await _carry_out(session, fates)
    rows = await session.disk(_rows, list(fates.values()), dry_run=dry_run)
    columns = {column.name: [row[column.name] for row in rows] for column in BACKFILL}
    attrs = {**session.marks(), "period": str(request.period), "adjust": str(request.adjust)}
    return id_table(columns, BACKFILL, attrs=attrs)


@dataclass
class _Fate:
    """What became of one symbol."""

    prospect: Prospect
    tries: int = 0
    failure: BaseException | None = None


async def _final_bars_of(session: Session, request: Request) -> Request:
    """The same without bars that still form: they could not be stored."""
    wanted = {}
    for symbol, one in request.wanted.items():
        calendar = await session.calendar(symbol.market)
        final = calendar.final_before(request.period, request.sessions, session.now())
        if one.start is not None and one.start >= final:
            raise DateRangeError(
                "start", str(calendar.day_of(one.start)), "no bar from there on is final yet", hint="Begin earlier."
            )
        wanted[symbol] = replace(one, end=final if one.end is None else min(one.end, final))
    return replace(request, wanted=wanted)


async def _carry_out(session: Session, fates: dict[Journey, _Fate]) -> None:
    to_do = [journey for journey, fate in fates.items() if fate.prospect.calls]
    for journey in await _unknown(session, to_do):
        to_do.remove(journey)
        fates[journey].failure = SymbolError(
            "symbols", str(journey.key.symbol), "the broker does not know this symbol", hint="Check ticker and region."
        )
    answered_at_last, in_vain = -1, 0

    def judge(journey: Journey, failure: BaseException) -> Verdict:
        nonlocal answered_at_last, in_vain
        fate = fates[journey]
        fate.failure, fate.tries = failure, fate.tries + 1
        if isinstance(failure, AuthFailed | LinkTaken) or not isinstance(failure, _OF_THE_SYMBOL):
            return "raise"
        if not isinstance(failure, _PASSING):
            return "give up"
        answered = sum(one.answered for one in fates)
        in_vain = in_vain + 1 if answered == answered_at_last else 1
        answered_at_last = answered
        if in_vain >= _MOST_IN_VAIN:
            return "raise"
        return "again" if fate.tries < _MOST_TRIES else "give up"

    await travel(session, to_do, progress=Progress("backfill", stays=True), judge=judge)


async def _unknown(session: Session, journeys: Sequence[Journey]) -> list[Journey]:
    """Those of symbols that the broker does not know: better found by one request than by one for each."""
    symbols = [journey.key.symbol for journey in journeys]
    if not symbols:
        return []
    try:
        await session.io(session.source.static_info(symbols))
    except SymbolError as error:
        named = {name.strip() for name in str(error.value).split(",")}
        return [journey for journey in journeys if journey.key.symbol in named]
    except ServerRejected:  # it does not tell; each symbol's own request will
        pass
    return []


def _rows(fates: Iterable[_Fate], *, dry_run: bool) -> list[dict[str, object]]:
    return [_row(fate, dry_run=dry_run) for fate in fates]


def _row(fate: _Fate, *, dry_run: bool) -> dict[str, object]:
    prospect, journey = fate.prospect, fate.prospect.journey
    row: dict[str, object] = {"symbol": str(journey.key.symbol), "missing": "", "detail": "", "seconds": 0.0}
    if dry_run:
        outcome = "to do" if prospect.calls else "stored" if prospect.complete else "no quota"
        return row | {
            "outcome": outcome,
            "missing": prospect.missing,
            "calls": prospect.calls,
            "quota_units": prospect.units,
            "seconds": prospect.seconds,
        }
    row |= {"calls": journey.calls, "quota_units": journey.units}
    answer = journey.answer
    if answer is not None:
        outcome = "no quota" if answer.left_out else "complete"
        return row | {"outcome": outcome, "missing": journey.in_words(answer.left_out)}
    if fate.failure is None:
        outcome = "stored" if prospect.complete else "no quota"
        return row | {"outcome": outcome, "missing": prospect.missing}
    outcome = "no quota" if isinstance(fate.failure, QuotaExhausted) else "failed"
    return row | {"outcome": outcome, "missing": journey.missing(), "detail": str(fate.failure)}
