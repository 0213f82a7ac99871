"""The trades of a security: the newest, those since a moment, the line of its day and where its money went.

Everything is read from the tapes of single minutes, so nothing before a minute is made to know it. Holds no clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.model import Sessions
from lpresearch.sim.market.draws import Ints
from lpresearch.sim.market.feed import DayKind
from lpresearch.sim.market.instruments import Kind, Listing
from lpresearch.sim.market.minutes import CLOSE, HIGH, LOW, TURNOVER, VOLUME
from lpresearch.sim.market.schedule import Schedule
from lpresearch.sim.market.series import LiveDay, Recent, Series, listed
from lpresearch.sim.market.snapshots import Capital, CapitalFlow, Line, Trade
from lpresearch.sim.market.tape import DOWN, UP, Tape
from lpresearch.sim.market.ticks import UNITS, decimal_of

_LOOK_BACK_DAYS = 40  # calendar days within which there are as many trades as can be asked for
_USUAL_TRADES = 300_000  # a day, of at least a lot each
_LARGE, _MEDIUM = 4, 2  # times the money of such a trade
_KEPT_FLOWS = 64  # of 70 kB each
_SIZES = 3
_MINUTE_S, _AFTERWARDS_S = 60, 1e-5  # a trade is seen just after its moment: floats round
_WHOLE_DAY = 1_000_000  # minutes: all there are


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of trading without a break in its numbering, and how many of its minutes have begun."""

    live: LiveDay
    begun: int


@dataclass(slots=True)
class _Flow:
    """Money by minute: (2, sizes, minutes), in and out; the first ``known`` minutes are reckoned."""

    money: Ints
    known: int = 0


class Dealing:
    """Trades and what follows from them."""

    def __init__(self, series: Series, schedule: Schedule) -> None:
        self._series = series
        self._schedule = schedule
        self._flows: Recent[_Flow] = Recent(_KEPT_FLOWS)

    def trades(self, listing: Listing, now: float, *, after: float, limit: int) -> list[Trade]:
        """The newest trades later than ``after`` and not later than ``now``, ascending. An index has none."""
        found: list[list[Trade]] = []
        count = 0
        if listing.kind is Kind.INDEX:
            return []
        for phase in self.phases(listing, now):
            for position in range(phase.begun - 1, -1, -1):
                start = phase.live.midnight + int(phase.live.starts[position])
                tape = self._series.tape(listing, phase.live, position)
                first, last = tape.count(after - start), tape.count(now - start)
                first = max(first, last - (limit - count))
                found.append(_trades(tape, first, last, start, int(phase.live.grid.sessions[position])))
                count += last - first
                if count >= limit or first:
                    return [trade for part in reversed(found) for trade in part]
            if phase.live.midnight + int(phase.live.starts[0]) <= after:
                break
        return [trade for part in reversed(found) for trade in part]

    def turning_points(
        self, listing: Listing, *, after: float, until: float, below: float, above: float
    ) -> list[float]:
        """The moments after one and until another at which a minute's trades reach its highest and its lowest price.

        Only those of the minutes that come down to ``below`` or up to ``above``.
        """
        found: list[float] = []
        for phase in self.phases(listing, until):
            live = phase.live
            if live.midnight + int(live.starts[phase.begun - 1]) + _MINUTE_S + int(live.grid.delay_s[-1]) < after:
                break
            first = max(int(np.searchsorted(live.starts, after - live.midnight - _MINUTE_S)) - 1, 0)
            bars = live.bars[:, first : phase.begun]
            wanted = (bars[LOW] <= below * UNITS) | (bars[HIGH] >= above * UNITS)
            for position in (first + np.flatnonzero(wanted)).tolist():
                tape = self._series.tape(listing, live, position)
                start = live.midnight + int(live.starts[position])
                extremes = {int(tape.prices.argmax()), int(tape.prices.argmin())}
                found += [start + float(tape.moments[place]) + _AFTERWARDS_S for place in extremes]
        return sorted(moment for moment in found if after < moment <= until)

    def line(self, listing: Listing, sessions: Sessions, now: float) -> list[Line]:
        """The current trading day by minutes: each one's close, and the day's average price up to it."""
        parts = []
        for phase in self._today(listing, sessions, now):
            seen = self._series.seen(listing, phase.live.kind, phase.live.day, now)
            parts.append((phase.live.midnight + phase.live.starts[: seen.shape[1]], seen))
        if not parts:
            return []
        starts = np.concatenate([part[0] for part in parts])
        bars = np.concatenate([part[1] for part in parts], axis=1)
        shares, turnovers = np.cumsum(bars[VOLUME]) * listing.unit_size, np.cumsum(bars[TURNOVER])
        return [
            Line(decimal_of(price), start, volume, decimal_of(turnover), decimal_of(whole // held))
            for price, start, volume, turnover, whole, held in zip(
                bars[CLOSE].tolist(),
                starts.tolist(),
                bars[VOLUME].tolist(),
                bars[TURNOVER].tolist(),
                turnovers.tolist(),
                shares.tolist(),
                strict=True,
            )
        ]

    def capital_flow(self, listing: Listing, now: float) -> list[CapitalFlow]:
        """What came in, less what went out, from the day's first minute up to each one."""
        starts, money = self._money(listing, now)
        net = np.cumsum(money[0].sum(axis=0) - money[1].sum(axis=0))
        return [CapitalFlow(decimal_of(inflow), start) for inflow, start in zip(net.tolist(), starts, strict=True)]

    def capital(self, listing: Listing, now: float) -> tuple[Capital, Capital]:
        """What came in and what went out today, by the size of the trades."""
        _, money = self._money(listing, now)
        came, went = money.sum(axis=2).tolist()
        return Capital(*map(decimal_of, came)), Capital(*map(decimal_of, went))

    def reckon(self, listing: Listing, now: float, minutes: int) -> bool:
        """Reckon the money of so many more minutes that are over; whether that was all of them."""
        if listing.kind is Kind.INDEX:
            return True
        for phase in self._today(listing, Sessions.REGULAR, now):
            flow, over = self._flow(listing, phase.live), phase.live.done(now)
            last = min(over, flow.known + minutes)
            minutes -= last - flow.known
            for position in range(flow.known, last):
                tape = self._series.new_tape(listing, phase.live, position)
                flow.money[:, :, position] = _by_size(tape, len(tape.prices), listing)
            flow.known = max(flow.known, last)
            if flow.known < over:
                return False
        return True

    def _money(self, listing: Listing, now: float) -> tuple[list[int], Ints]:
        """The starts of the day's minutes and (2, sizes, minutes) of money; what is over is reckoned once."""
        starts: list[int] = []
        parts: list[Ints] = [np.zeros((2, _SIZES, 0), dtype=np.int64)]
        if listing.kind is Kind.INDEX:
            return starts, parts[0]
        self.reckon(listing, now, _WHOLE_DAY)
        for phase in self._today(listing, Sessions.REGULAR, now):
            live, over = phase.live, phase.live.done(now)
            money = self._flow(listing, live).money[:, :, : phase.begun].copy()
            if phase.begun > over:
                tape = self._series.tape(listing, live, over)
                second = now - live.midnight - int(live.starts[over])
                money[:, :, over] = _by_size(tape, tape.count(second), listing)
            starts += (live.midnight + live.starts[: phase.begun]).tolist()
            parts.append(money)
        return starts, np.concatenate(parts, axis=2)

    def _flow(self, listing: Listing, live: LiveDay) -> _Flow:
        key = (listing.symbol, live.midnight)
        kept = self._flows.use(key)
        return kept or self._flows.keep(key, _Flow(np.zeros((2, _SIZES, len(live.grid)), dtype=np.int64)))

    def _today(self, listing: Listing, sessions: Sessions, now: float) -> list[Phase]:
        """What the latest trading day has shown so far, ascending."""
        phases: list[Phase] = []
        for phase in self.phases(listing, now):
            if phases and phase.live.day != phases[-1].live.day:
                break
            if sessions is Sessions.ALL or phase.live.kind.regular:
                phases.append(phase)
        return phases[::-1]

    def phases(self, listing: Listing, now: float) -> Iterator[Phase]:
        """Stretches of trading that have begun, the latest first."""
        today = self._schedule.today(listing.market)
        first, last = listed(listing, 0, today + (listing.market is Market.US))
        first = max(first, last - _LOOK_BACK_DAYS)
        for day in self._schedule.days(listing.market, first, last)[::-1].tolist():
            for kind in self.kinds(listing, day):
                live = self._series.live(listing, kind, day)
                done = live.done(now)
                begun = done + (live.second(now, done) is not None)
                if begun:
                    yield Phase(live, begun)

    def kinds(self, listing: Listing, day: int) -> tuple[DayKind, ...]:
        """The stretches of a trading day, the latest first. A day beyond today has its evening before only."""
        kind = self._schedule.kind(listing.market, day)
        if kind is DayKind.OPEN or not listing.extended_hours:
            return (kind,)
        if self._schedule.is_open_day(listing.market, day - 1):
            return ()
        return DayKind.AFTER_HALF if kind is DayKind.HALF else DayKind.AFTER, kind, DayKind.BEFORE


def _trades(tape: Tape, first: int, last: int, start: int, session: int) -> list[Trade]:
    """Some trades of a minute."""
    chosen = slice(first, last)
    return [
        Trade(decimal_of(price), volume, start + int(moment), kind, direction, session)
        for price, volume, moment, kind, direction in zip(
            tape.prices[chosen].tolist(),
            tape.volumes[chosen].tolist(),
            tape.moments[chosen].tolist(),
            tape.types[chosen],
            tape.directions[chosen].tolist(),
            strict=True,
        )
    ]


def _by_size(tape: Tape, count: int, listing: Listing) -> Ints:
    """The money of a minute's first trades: bought and sold, by large, medium and small. Neutral trades are neither."""
    money = tape.prices[:count] * tape.volumes[:count] * listing.unit_size
    usual = (
        float(listing.reference_price)
        * UNITS
        * listing.unit_size
        * max(listing.usual_volume / _USUAL_TRADES, listing.volume_step)
    )
    size = np.searchsorted((-_LARGE * usual, -_MEDIUM * usual), -money, side="left")
    directions = tape.directions[:count]
    result = np.zeros((2, _SIZES), dtype=np.int64)
    for row, direction in enumerate((UP, DOWN)):
        chosen = directions == direction
        np.add.at(result[row], size[chosen], money[chosen])
    return result
