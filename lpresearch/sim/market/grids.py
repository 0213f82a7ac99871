"""The minutes of a trading day: which there are, how lively each is and how much trades in it. Knows no prices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.model import Session, Sessions, SessionSpan
from lpresearch.calendars.sessions import CLOSING_TAIL, EVENING, spans
from lpresearch.calendars.zones import DAY_MINUTES
from lpresearch.sim.market.draws import Floats, Ints

OPEN_DAY = (SessionSpan(Session.REGULAR, 0, DAY_MINUTES),)
_WIRE_NUMBER = {session: number for number, session in enumerate(Session)}
# Share of the day's volume in the closing auction, and seconds after the close at which it prints.
_AUCTION = {Market.HK: (0.09, 480), Market.CN: (0.012, 3), Market.SG: (0.06, 60)}
EXTENDED_VOLUME = 0.06  # US volume outside regular hours, of the regular day's
EXTENDED_SCALE = 0.45  # and its standard deviation there, of the regular session's


@dataclass(frozen=True, eq=False)
class Grid:
    """The minutes of one kind of day, ascending, counted from local midnight; the evening before is negative."""

    minutes: Ints
    origins: Ints  # start of the session that each belongs to, from which longer bars are counted
    sessions: Ints  # wire numbers
    variance: Floats  # share of the day's, sum 1
    volume: Floats  # share of the day's, sum 1
    delay_s: Ints  # seconds from a minute's start to its first trade: the closing auction prints late
    auction: bool  # whether the last minute is a closing auction: one price

    def __len__(self) -> int:
        return len(self.minutes)


@cache
def regular(market: Market, *, half: bool) -> Grid:
    """The regular sessions of a day, and the closing auction where there is one."""
    day = spans(market, half=half)
    minutes, origins = _minutes_of(day)
    elapsed = np.arange(len(minutes)) + 0.5
    left = elapsed[::-1]
    variance = 1.0 + 3.0 * np.exp(-elapsed / 12) + 0.8 * np.exp(-elapsed / 60) + 0.5 * np.exp(-left / 20)
    volume = 0.75 + 2.6 * np.exp(-elapsed / 15) + 0.9 * np.exp(-elapsed / 70) + 1.9 * np.exp(-left / 14)
    volume += 0.5 * np.exp(-left / 70)
    for span in day[1:]:
        reopened = minutes - span.start
        lift = np.where(reopened >= 0, np.exp(-np.maximum(reopened, 0) / 12), 0.0)
        variance, volume = variance + 0.7 * lift, volume + 0.7 * lift
    auction = CLOSING_TAIL[market] > 0
    delay = np.zeros(len(minutes), dtype=np.int64)
    if auction:
        share, late = _AUCTION[market]
        minutes, origins = np.append(minutes, day[-1].end), np.append(origins, day[-1].start)
        variance = np.append(variance, 0.6)
        volume = np.append(volume, volume.sum() * share / (1 - share))
        delay = np.append(delay, late)
    sessions = np.zeros(len(minutes), dtype=np.int64)
    return Grid(minutes, origins, sessions, variance / variance.sum(), volume / volume.sum(), delay, auction)


@cache
def open_day() -> Grid:
    """A day that is one session from midnight to midnight, livelier at some hours than at others."""
    minutes, origins = _minutes_of(OPEN_DAY)
    wave = 1.0 + 0.35 * np.sin(minutes / 47.0) + 0.25 * np.sin(minutes / 131.0)
    zeros = np.zeros(len(minutes), dtype=np.int64)
    return Grid(minutes, origins, zeros, wave / wave.sum(), wave / wave.sum(), zeros, auction=False)


@cache
def before_open() -> Grid:
    """US: the evening before, the night and the pre-market of a trading day."""
    spans_before = [
        SessionSpan(EVENING.session, EVENING.start - DAY_MINUTES, EVENING.end - DAY_MINUTES),
        *(span for span in spans(Market.US, sessions=Sessions.ALL) if span.end <= spans(Market.US)[0].start),
    ]
    return _extended(spans_before, {Session.OVERNIGHT: 0.25, Session.PRE: 0.8}, rising=True)


@cache
def after_close(*, half: bool) -> Grid:
    """US: the post-market of a trading day."""
    day = spans(Market.US, half=half, sessions=Sessions.ALL)
    return _extended([span for span in day if span.session is Session.POST], {Session.POST: 0.5}, rising=False)


def _extended(day: list[SessionSpan], level: dict[Session, float], *, rising: bool) -> Grid:
    minutes, origins = _minutes_of(day)
    sessions = np.concatenate(
        [np.full(span.end - span.start, _WIRE_NUMBER[span.session], dtype=np.int64) for span in day]
    )
    base = np.concatenate([np.full(span.end - span.start, level[span.session]) for span in day])
    near = np.arange(len(minutes)) + 0.5
    near = near[::-1] if rising else near
    shape = base + 2.5 * np.exp(-near / 30)
    zeros = np.zeros(len(minutes), dtype=np.int64)
    return Grid(minutes, origins, sessions, shape / shape.sum(), shape / shape.sum(), zeros, auction=False)


def _minutes_of(day: tuple[SessionSpan, ...] | list[SessionSpan]) -> tuple[Ints, Ints]:
    minutes = np.concatenate([np.arange(span.start, span.end) for span in day])
    origins = np.concatenate([np.full(span.end - span.start, span.start) for span in day])
    return minutes.astype(np.int64), origins.astype(np.int64)
