"""What a user asks of history, checked at the door, and the journeys that answer it. Shared by candles and plan."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import cast, get_args

from lpresearch.base.errors import InputError
from lpresearch.base.model import Adjust, Period, SeriesKey, Sessions
from lpresearch.base.symbols import Symbol, parse_symbols
from lpresearch.client.session import Session
from lpresearch.data.choices import parse_choice
from lpresearch.data.journey import ALL_ROWS, Answer, Journey
from lpresearch.data.moments import Moment, Wanted, parse_wanted
from lpresearch.data.progress import Progress
from lpresearch.data.reach import reach_of
from lpresearch.data.stored import stored_answers
from lpresearch.data.survey import check_quota
from lpresearch.data.travel import travel
from lpresearch.data.usage import quota_state
from lpresearch.history.grid import EARLIEST, Grid
from lpresearch.history.plan import OnQuota, first_moment


@dataclass(frozen=True)
class Request:
    """Bars of some symbols, as asked; each market has its own reading of dates."""

    wanted: dict[Symbol, Wanted]
    period: Period
    adjust: Adjust
    sessions: Sessions
    on_quota: OnQuota
    refresh: bool

    def key(self, session: Session, symbol: Symbol) -> SeriesKey:
        """The series of one of the symbols."""
        return SeriesKey(session.source.name, symbol, self.period, self.adjust, self.sessions)


def parse_request(
    symbols: str | Iterable[str],
    period: str,
    *,
    start: Moment | None,
    end: Moment | None,
    count: int | None,
    adjust: str,
    sessions: str,
    refresh: bool,
    on_quota: OnQuota,
) -> Request:
    """Check everything that can be checked without a server.

    Raises
    ------
    SymbolError, InputError, DateRangeError : what breaks which rule.
    """
    named = parse_symbols(symbols)
    parsed = Period.parse(period), parse_choice("adjust", adjust, Adjust), parse_choice("sessions", sessions, Sessions)
    if on_quota not in get_args(OnQuota):
        raise InputError("on_quota", on_quota, f"on_quota is one of {', '.join(get_args(OnQuota))}")
    wanted = {symbol: parse_wanted(start, end, count, symbol.market) for symbol in named}
    return Request(wanted, *parsed, on_quota, refresh)


async def answers_to(session: Session, request: Request, *, rows: Sequence[int] = ALL_ROWS) -> dict[Symbol, Answer]:
    """The bars of each symbol, with a progress bar where it takes longer than a moment.

    Parameters
    ----------
    rows : the rows of the bar matrix that are wanted, the timestamp first.
    """
    answers = {} if request.refresh else await _stored(session, request, rows)
    journeys = await journeys_of(session, request, rows=rows, but=answers)
    if len(journeys) > 1 and request.on_quota == "raise":
        await session.disk(check_quota, session, journeys, await session.disk(quota_state, session))
    await travel(session, journeys, progress=Progress(f"candles {request.period}"))
    answers |= {journey.key.symbol: cast("Answer", journey.answer) for journey in journeys}
    return {symbol: answers[symbol] for symbol in request.wanted}


async def journeys_of(
    session: Session, request: Request, *, rows: Sequence[int] = ALL_ROWS, but: Container[Symbol] = ()
) -> list[Journey]:
    """One journey for each symbol, but some; asks for the calendars of their markets where they are not known yet."""
    journeys = []
    for symbol, wanted in request.wanted.items():
        if symbol in but:
            continue
        calendar = await session.calendar(symbol.market)
        key = request.key(session, symbol)
        floor = first_moment(key, calendar, session.caps) if session.documented_reach else None
        reach = reach_of(wanted, Grid(key, calendar), now=session.now(), floor=floor or EARLIEST)
        journeys.append(
            Journey(session, key, reach, calendar, refresh=request.refresh, on_quota=request.on_quota, rows=rows)
        )
    return journeys


async def _stored(session: Session, request: Request, rows: Sequence[int]) -> dict[Symbol, Answer]:
    series = {request.key(session, symbol): wanted for symbol, wanted in request.wanted.items()}
    calendars = {market: await session.calendar(market) for market in {symbol.market for symbol in request.wanted}}
    return await session.disk(stored_answers, session, series, calendars, rows)
