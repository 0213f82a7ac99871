"""The quotes of US trading before the open, after the close and overnight, from the bars of those hours."""

from __future__ import annotations

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.model import Session
from lpresearch.sim.market.feed import DayKind, grid_of
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.minutes import CLOSE, HIGH, LOW, TURNOVER, VOLUME, aggregate
from lpresearch.sim.market.schedule import Schedule
from lpresearch.sim.market.series import Recent, Series, listed
from lpresearch.sim.market.snapshots import SubQuote
from lpresearch.sim.market.ticks import decimal_of

_LOOK_BACK_DAYS = 6
_KEPT = 4096
_SESSIONS = list(Session)

SubQuotes = tuple[SubQuote | None, SubQuote | None, SubQuote | None]


class ExtendedHours:
    """Pre, post and overnight quotes of US listings."""

    def __init__(self, series: Series, schedule: Schedule) -> None:
        self._series = series
        self._schedule = schedule
        self._finished: Recent[dict[Session, SubQuote]] = Recent(_KEPT)
        self._settled: Recent[SubQuotes] = Recent(_KEPT)

    def quotes(self, listing: Listing, now: float) -> SubQuotes:
        """The latest pre, post and overnight quotes; None for what the security does not have."""
        if not listing.extended_hours:
            return None, None, None
        tomorrow = self._schedule.today(listing.market) + 1
        settled = self._settled.use((listing.symbol, tomorrow))
        if settled is not None:
            return settled
        found: dict[Session, SubQuote] = {}
        all_over = True
        first, last = listed(listing, tomorrow - _LOOK_BACK_DAYS, tomorrow)
        for day in self._schedule.recorded(listing.market, first, last)[::-1].tolist():
            if len(found) == 3:
                break
            for kind in self._kinds(day):
                found = self._of_day(listing, kind, day, now) | found
                all_over &= (listing.symbol, kind, day) in self._finished
        quotes = found.get(Session.PRE), found.get(Session.POST), found.get(Session.OVERNIGHT)
        return self._settled.keep((listing.symbol, tomorrow), quotes) if all_over else quotes

    def _kinds(self, day: int) -> tuple[DayKind, ...]:
        """What a trading day has outside regular hours, latest first; nothing in an open session."""
        if self._schedule.is_open_day(Market.US, day) or self._schedule.is_open_day(Market.US, day - 1):
            return ()
        half = self._schedule.kind(Market.US, day) is DayKind.HALF
        return DayKind.AFTER_HALF if half else DayKind.AFTER, DayKind.BEFORE

    def _of_day(self, listing: Listing, kind: DayKind, day: int, now: float) -> dict[Session, SubQuote]:
        key = (listing.symbol, kind, day)
        kept = self._finished.use(key)
        if kept is not None:
            return kept
        grid = grid_of(Market.US, kind)
        seen = self._series.seen(listing, kind, day, now)
        count = seen.shape[1]
        quotes = {}
        for number in np.unique(grid.sessions[:count]).tolist():
            inside = np.flatnonzero(grid.sessions[:count] == number)
            bar = aggregate(seen[:, inside], np.array([0]))[:, 0].tolist()
            before = self._schedule.latest(Market.US, day - 1) if kind is DayKind.BEFORE else day
            end = self._series.live(listing, kind, day).midnight + int(grid.minutes[inside[-1]] + 1) * 60
            quotes[_SESSIONS[number]] = SubQuote(
                last_done=decimal_of(bar[CLOSE]),
                timestamp=min(end, int(now)),
                volume=bar[VOLUME],
                turnover=decimal_of(bar[TURNOVER]),
                high=decimal_of(bar[HIGH]),
                low=decimal_of(bar[LOW]),
                prev_close=decimal_of(self._series.close(listing, before, until=day)),
            )
        if count < len(grid):
            return quotes
        self._series.forget(listing, kind, day)
        return self._finished.keep(key, quotes)
