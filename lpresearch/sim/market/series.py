"""The bars of a simulated security over some days: made, cut at now, joined into longer bars.

Finished days are made once and kept by blocks of days; today is made once a day and cut at each look. Knows the clock
only as a number handed in.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.model import Adjust, Period, Sessions
from lpresearch.calendars.buckets import first_days
from lpresearch.sim.market.draws import Floats, Ints
from lpresearch.sim.market.feed import DayKind, Feed, grid_of
from lpresearch.sim.market.grids import Grid
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.minutes import CLOSE, HIGH, LOW, OPEN, TURNOVER, VOLUME, aggregate
from lpresearch.sim.market.paths import FIRST_DAY, LAST_DAY
from lpresearch.sim.market.schedule import Schedule, day_number, stamp, stamps
from lpresearch.sim.market.set_prices import Jump
from lpresearch.sim.market.tape import Tape
from lpresearch.sim.market.ticks import UNITS, on_ticks

_BLOCK_DAYS = 40  # calendar days made at once: arrays of 90 kB, below what costs a page fault each
_KEPT_BLOCKS = 4096  # of about 3 kB each
_KEPT_CLOSES = 4096
_KEPT_TAPES = 1200  # of at most 40 kB each: the minute now and the one before it, of all that can be watched
_ADJUSTED_STEP = UNITS // 1000  # adjusted prices have three digits, as the broker writes most prices
_KEPT_DAYS = 600  # live days, of 115 kB each where the day is open around the clock

T = TypeVar("T")


class Recent(OrderedDict[Hashable, T]):
    """A dictionary that forgets what was not used for longest."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size = size

    def keep(self, key: Hashable, value: T) -> T:
        """Store a value, and forget the oldest beyond the size."""
        self[key] = value
        if len(self) > self._size:
            self.popitem(last=False)
        return value

    def use(self, key: Hashable) -> T | None:
        """A stored value, now the most recent."""
        value = self.get(key)
        if value is not None:
            self.move_to_end(key)
        return value


@dataclass(frozen=True, eq=False)
class LiveDay:
    """One day's minutes, with what is needed to see it at any moment of it."""

    grid: Grid
    kind: DayKind
    day: int
    midnight: int
    bars: Ints  # (6, minutes)
    highs: Ints  # highest up to and including each minute
    lows: Ints
    volumes: Ints  # sums up to and including each minute
    turnovers: Ints
    starts: Ints  # seconds since midnight

    def done(self, now: float) -> int:
        """How many minutes are finished."""
        count = int(np.searchsorted(self.starts, now - self.midnight - 60, side="right"))
        if self.grid.auction and count >= len(self.grid) - 1:
            shown = now - self.midnight >= self.starts[-1] + self.grid.delay_s[-1]
            return len(self.grid) - (0 if shown else 1)
        return count

    def second(self, now: float, done: int) -> float | None:
        """Seconds since the start of the minute that is forming; None where none is."""
        if done >= len(self.grid) or (self.grid.auction and done == len(self.grid) - 1):
            return None
        since = now - self.midnight - float(self.starts[done])
        return since if 0 <= since < 60 else None


class Series:
    """The bars of simulated listings."""

    def __init__(self, feed: Feed, schedule: Schedule) -> None:
        self._feed = feed
        self._schedule = schedule
        self._blocks: Recent[tuple[Ints, Ints]] = Recent(_KEPT_BLOCKS)
        self._live: Recent[LiveDay] = Recent(_KEPT_DAYS)
        self._tapes: Recent[Tape] = Recent(_KEPT_TAPES)
        self._closes: Recent[int] = Recent(_KEPT_CLOSES)

    def daily(self, listing: Listing, first: int, last: int, now: float) -> tuple[Ints, Ints]:
        """Day numbers and daily bars (6, days) of the days from first to last, today as far as it has come."""
        first, last = listed(listing, first, last)
        today = self._schedule.today(listing.market)
        parts_days, parts = [], []
        for block in range(first // _BLOCK_DAYS, min(last, today - 1) // _BLOCK_DAYS + 1):
            days, bars = self._daily_block(listing, block)
            wanted = slice(np.searchsorted(days, first), np.searchsorted(days, min(last, today - 1), side="right"))
            parts_days.append(days[wanted])
            parts.append(bars[:, wanted])
        if first <= today <= last and len(self._schedule.days(listing.market, today, today)):
            seen = self.seen(listing, self._schedule.kind(listing.market, today), today, now)
            if seen.shape[1]:
                parts_days.append(np.array([today]))
                parts.append(aggregate(seen, np.array([0])))
        if not parts:
            return np.empty(0, dtype=np.int64), np.empty((6, 0), dtype=np.int64)
        return np.concatenate(parts_days), np.concatenate(parts, axis=1)

    def long_bars(
        self, listing: Listing, period: Period, first: int, last: int, now: float, *, adjust: Adjust = Adjust.NONE
    ) -> Floats:
        """The bar matrix of a period of a day or longer."""
        days, bars = self.daily(listing, first, last, now)
        if adjust is Adjust.FORWARD:
            bars = self._forward(listing, days, bars)
        begun = first_days(days.astype("datetime64[D]"), period).astype(np.int64)
        firsts = np.flatnonzero(np.diff(begun, prepend=-1))
        if len(firsts) < len(begun):
            bars = aggregate(bars, firsts)
        return matrix(stamps(listing.market, begun[firsts]), bars)

    def minute_bars(
        self,
        listing: Listing,
        period: Period,
        sessions: Sessions,
        days: Ints,
        now: float,
        *,
        adjust: Adjust = Adjust.NONE,
    ) -> Floats:
        """The bar matrix of a minute period over some trading days."""
        today = self._schedule.today(listing.market)
        finished, current = days[days < today], days[days >= today]
        early = self._schedule.halves(listing.market, finished)
        parts = []
        for half in (False, True):
            chosen = finished[early == half]
            for kind in _kinds(listing.market, sessions, DayKind.HALF if half else DayKind.FULL):
                if len(chosen):
                    block = self._feed.block(listing, kind, chosen)
                    if adjust is Adjust.FORWARD:
                        block = self._forward(listing, chosen, block)
                    parts.append(self._bars_of(listing.market, kind, period, chosen, block))
        for day in current.tolist():
            for kind in self._current_kinds(listing.market, sessions, day):
                block = self.seen(listing, kind, day, now)[:, None, :]
                if adjust is Adjust.FORWARD:
                    block = self._forward(listing, np.array([day]), block)
                parts.append(self._bars_of(listing.market, kind, period, np.array([day]), block))
        if not parts:
            return np.empty((8, 0))
        joined = np.concatenate(parts, axis=1)
        return joined[:, np.argsort(joined[0], kind="stable")] if len(parts) > 1 else joined

    def seen(self, listing: Listing, kind: DayKind, day: int, now: float) -> Ints:
        """The minutes of a day that have begun to trade, the forming one as far as it has come; shape (6, minutes)."""
        live = self.live(listing, kind, day)
        done = live.done(now)
        second = live.second(now, done)
        if second is None:
            return live.bars[:, :done]
        return np.column_stack([live.bars[:, :done], self._forming(listing, live, done, second)])

    def so_far(self, listing: Listing, kind: DayKind, day: int, now: float) -> tuple[Ints, int] | None:
        """The day's bar up to now (6 numbers) and the epoch second of its last trade; None before the first one."""
        live = self.live(listing, kind, day)
        done = live.done(now)
        second = live.second(now, done)
        if second is None and not done:
            return None
        last = done if second is not None else done - 1
        tape = self.tape(listing, live, last)
        traded = len(tape.moments) if second is None else tape.count(second)
        bar = tape.bars[:, traded - 1].copy()
        if last:
            before = last - 1
            bar[HIGH] = max(bar[HIGH], live.highs[before])
            bar[LOW] = min(bar[LOW], live.lows[before])
            bar[VOLUME] += live.volumes[before]
            bar[TURNOVER] += live.turnovers[before]
            bar[OPEN] = live.bars[OPEN, 0]
        return bar, live.midnight + int(live.starts[last] + tape.moments[traded - 1])

    def tape(self, listing: Listing, live: LiveDay, position: int) -> Tape:
        """The trades of one minute of a day, all of them."""
        key = (listing.symbol, live.midnight, int(live.starts[position]))
        kept = self._tapes.use(key)
        return kept if kept is not None else self._tapes.keep(key, self.new_tape(listing, live, position))

    def new_tape(self, listing: Listing, live: LiveDay, position: int) -> Tape:
        """As ``tape``, for a look at very many minutes: not kept."""
        return self._feed.tape(listing, live.kind, live.day, position, live.bars[:, position])

    def set_price(self, listing: Listing, jump: Jump) -> None:
        """Move a security from a moment on, and forget what was made before."""
        self._feed.set_price(listing, jump)
        for kept in (self._blocks, self._live, self._tapes, self._closes):
            kept.clear()

    def close(self, listing: Listing, day: int, *, until: int) -> int:
        """The regular close, in units, of a trading day that is over, as restated at the ex-dates until another day."""
        key = (listing.symbol, day, until)
        kept = self._closes.use(key)
        if kept is not None:
            return kept
        block = self._feed.block(listing, self._schedule.recorded_kind(listing.market, day), np.array([day]))
        return self._closes.keep(key, int(self._at(listing, day, block[:, 0, -1], until)[CLOSE]))

    def restated(self, listing: Listing, day: int, bar: Ints) -> Ints:
        """The bar of the last day that traded (6 numbers), as restated at the ex-dates since then."""
        return self._at(listing, day, bar, max(day, self._schedule.ex_day(listing.market)))

    def _at(self, listing: Listing, day: int, bar: Ints, until: int) -> Ints:
        """A day's bar in the shares, and less the dividends, of a later day; prices on ticks."""
        actions = self._feed.actions(listing)
        if not len(actions.between(day, until)):
            return bar
        found = bar.copy()
        factor = float(actions.factor(day, until))
        found[:VOLUME] = on_ticks(bar[:VOLUME].astype(np.float64) * factor / UNITS, listing.ticks)
        found[VOLUME] = round(int(bar[VOLUME]) * float(actions.shares(day) / actions.shares(until)))
        return found

    def live(self, listing: Listing, kind: DayKind, day: int) -> LiveDay:
        """One day of one listing, kept while it is looked at."""
        key = (listing.symbol, kind, day)
        kept = self._live.use(key)
        if kept is not None:
            return kept
        grid = grid_of(listing.market, kind)
        bars = self._feed.block(listing, kind, np.array([day]))[:, 0, :]
        return self._live.keep(
            key,
            LiveDay(
                grid,
                kind,
                day,
                stamp(listing.market, day),
                bars,
                np.maximum.accumulate(bars[HIGH]),
                np.minimum.accumulate(bars[LOW]),
                np.cumsum(bars[VOLUME]),
                np.cumsum(bars[TURNOVER]),
                grid.minutes * 60,
            ),
        )

    def forget(self, listing: Listing, kind: DayKind, day: int) -> None:
        """Let go of a day that is not looked at any more."""
        self._live.pop((listing.symbol, kind, day), None)

    def _forming(self, listing: Listing, live: LiveDay, done: int, second: float) -> Ints:
        tape = self.tape(listing, live, done)
        bar: Ints = tape.bars[:, tape.count(second) - 1]
        return bar

    def _forward(self, listing: Listing, days: Ints, bars: Ints) -> Ints:
        """Bars (6, days) or (6, days, minutes) at prices that compare with today's; volumes as they were traded."""
        factor = self._feed.actions(listing).factor(days, self._schedule.ex_day(listing.market))
        changed = factor != 1.0
        if not changed.any():
            return bars
        adjusted = bars.copy()
        factor = factor[changed] if bars.ndim == 2 else factor[changed][:, None]
        prices = np.rint(bars[:VOLUME, changed] * (factor / _ADJUSTED_STEP)).astype(np.int64) * _ADJUSTED_STEP
        adjusted[:VOLUME, changed] = np.maximum(prices, _ADJUSTED_STEP)
        return adjusted

    def _daily_block(self, listing: Listing, block: int) -> tuple[Ints, Ints]:
        """The calendar's trading days of a block of days and their daily bars."""
        kept = self._blocks.use((listing.symbol, block))
        if kept is not None:
            return kept
        days = self._schedule.recorded(listing.market, block * _BLOCK_DAYS, (block + 1) * _BLOCK_DAYS - 1)
        bars = np.empty((6, len(days)), dtype=np.int64)
        early = self._schedule.halves(listing.market, days)
        for kind, chosen in ((DayKind.FULL, ~early), (DayKind.HALF, early)):
            if chosen.any():
                minutes = self._feed.block(listing, kind, days[chosen])
                bars[:, chosen] = aggregate(minutes, np.array([0]))[:, :, 0]
        return self._blocks.keep((listing.symbol, block), (days, bars))

    def _bars_of(self, market: Market, kind: DayKind, period: Period, days: Ints, block: Ints) -> Floats:
        """A block of minutes as a bar matrix of the period."""
        grid = grid_of(market, kind)
        count = block.shape[2]
        if not count:
            return np.empty((8, 0))
        size = period.minutes or 1
        begun = grid.origins[:count] + (grid.minutes[:count] - grid.origins[:count]) // size * size
        if size > 1:
            firsts = np.flatnonzero(np.diff(begun, prepend=begun[0] - 1))
            block, begun = aggregate(block, firsts), begun[firsts]
            numbers = grid.sessions[:count][firsts]
        else:
            numbers = grid.sessions[:count]
        times = stamps(market, days)[:, None] + begun * 60
        return matrix(times.ravel(), block.reshape(6, -1), np.tile(numbers, len(days)))

    def _current_kinds(self, market: Market, sessions: Sessions, day: int) -> list[DayKind]:
        """What today, and the evening before tomorrow, may show."""
        extended = market is Market.US and sessions is Sessions.ALL
        if self._schedule.is_open_day(market, day):
            return [DayKind.OPEN]
        if not self._schedule.is_recorded(market, day) or self._schedule.is_open_day(market, day - 1):
            return []  # an open today has its evening to itself: no minute is in two sessions
        kind = self._schedule.kind(market, day)
        return list(_kinds(market, sessions, kind)) if extended else [kind]


def listed(listing: Listing, first: int, last: int) -> tuple[int, int]:
    """The part of a span of days in which a security trades; empty (first > last) where there is none."""
    first = max(first, FIRST_DAY + 1, day_number(listing.listing_date) if listing.listing_date else 0)
    last = min(last, LAST_DAY - 2)
    if listing.halted_from:
        last = min(last, day_number(listing.halted_from) - 1)
    return first, last


def matrix(times: Ints, bars: Ints, sessions: Ints | int = 0) -> Floats:
    """Whole-number bars as a bar matrix (8, n)."""
    result = np.empty((8, bars.shape[-1]))
    result[0] = times
    result[1:5] = bars[:VOLUME] / UNITS
    result[5] = bars[VOLUME]
    result[6] = bars[TURNOVER] / UNITS
    result[7] = sessions
    return result


def _kinds(market: Market, sessions: Sessions, kind: DayKind) -> tuple[DayKind, ...]:
    if market is not Market.US or sessions is not Sessions.ALL:
        return (kind,)
    return DayKind.BEFORE, kind, DayKind.AFTER_HALF if kind is DayKind.HALF else DayKind.AFTER
