"""What a user asks of history, checked at the door, and the journeys that answer it. Shared by candles and plan."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import get_args

from lpresearch.base.errors import InputError
from lpresearch.base.model import Adjust, Period, SeriesKey, Sessions
from lpresearch.base.symbols import Symbol, parse_symbols
from lpresearch.client.session import Session
from lpresearch.data.choices import parse_choice
from lpresearch.data.journey import Journey
from lpresearch.data.moments import Moment, Wanted, parse_wanted
from lpresearch.data.reach import reach_of
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


async def journeys_of(session: Session, request: Request) -> list[Journey]:
    """One journey for each symbol; asks for the calendars of their markets where they are not known yet."""
    journeys = []
    for symbol, wanted in request.wanted.items():
        calendar = await session.calendar(symbol.market)
        key = SeriesKey(session.source.name, symbol, request.period, request.adjust, request.sessions)
        floor = first_moment(key, calendar, session.caps) if session.documented_reach else None
        reach = reach_of(wanted, Grid(key, calendar), now=session.now(), floor=floor or EARLIEST)
        journeys.append(Journey(session, key, reach, calendar, refresh=request.refresh, on_quota=request.on_quota))
    return journeys
