"""One market's calendar as a value: the recorded calendar corrected by what the server said. Never asks anybody.

The server's word counts where it spoke: which days trade and which are half days (command 9, about the last year), and
today's sessions (command 8). The simulator's open clock makes of any today one session of 24 hours that way.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.model import Period, Session, Sessions, SessionSpan
from lpresearch.calendars import zones
from lpresearch.calendars.buckets import bucket_minute, bucket_starts, first_day, first_days, next_first_day
from lpresearch.calendars.days import half_days, session_days
from lpresearch.calendars.sessions import CLOSING_TAIL, DAY_CHANGE, EVENING, spans
from lpresearch.calendars.zones import Days, Ints

#: A minute bar is final this long after its end: late prints, and boards that close at 16:15 (longport.md 10.2).
SETTLE_MINUTES_S = 20 * 60
#: Bars of a day and longer are final this long after the last close: revised totals are pushed after it (command 101).
SETTLE_DAYS_S = 2 * 3600
ONE_DAY = timedelta(days=1)
_WHOLE_DAY = (SessionSpan(Session.REGULAR, 0, zones.DAY_MINUTES),)
_LONGEST_CLOSURE = timedelta(days=15)  # Shanghai closed for 12 days in early 2020


@dataclass(frozen=True)
class MarketCalendar:
    """When one market trades. Build it plain for the recorded calendar, or with :meth:`corrected`."""

    market: Market
    told_from: date | None = None  # the dates between which the server named every trading day
    told_to: date | None = None
    told_days: tuple[date, ...] = ()
    told_half_days: frozenset[date] = frozenset()
    today: date | None = None
    today_spans: tuple[SessionSpan, ...] = ()  # all sessions of today, as the server said

    @classmethod
    def corrected(
        cls,
        market: Market,
        *,
        start: date,
        end: date,
        full_days: Iterable[date],
        half: Iterable[date] = (),
        today: date | None = None,
        today_spans: Iterable[SessionSpan] = (),
    ) -> MarketCalendar:
        """The calendar with the server's trading days between two dates, both included, and today's sessions."""
        halves = frozenset(half)
        days = tuple(sorted(halves.union(full_days)))
        return cls(market, start, end, days, halves, today, tuple(sorted(today_spans, key=lambda span: span.start)))

    def is_stale(self, now: float) -> bool:
        """Whether the market's day has changed since the server spoke of today."""
        return self.today != self.day_of(now)

    # Days and moments

    def midnight(self, day: date) -> int:
        """The epoch second at which an exchange-local day begins."""
        return zones.midnight(self.market, day)

    def day_of(self, epoch: float) -> date:
        """The exchange-local day of a moment."""
        return zones.day_of(self.market, epoch)

    def days(self, start: date, end: date) -> Days:
        """Trading days between two dates, both included."""
        if self._is_told(start) and self._is_told(end):
            return np.array([day for day in self.told_days if start <= day <= end], dtype="datetime64[D]")
        recorded = session_days(self.market, start, end)
        if self.told_from is None or self.told_to is None or end < self.told_from or start > self.told_to:
            return recorded
        told = np.array(self.told_days, dtype="datetime64[D]")
        first, last = np.datetime64(self.told_from, "D"), np.datetime64(self.told_to, "D")
        inside = told[(told >= np.datetime64(start, "D")) & (told <= np.datetime64(end, "D"))]
        return np.concatenate((recorded[recorded < first], inside, recorded[recorded > last]))

    def is_trading_day(self, day: date) -> bool:
        """Whether the market trades on a day."""
        return day in self.told_days if self._is_told(day) else self.days(day, day).size > 0

    def _is_told(self, day: date) -> bool:
        """Whether the server named every trading day around this one."""
        return self.told_from is not None and self.told_to is not None and self.told_from <= day <= self.told_to

    def half_days(self, start: date, end: date) -> frozenset[date]:
        """Trading days that end early, between two dates, both included."""
        recorded = half_days(self.market, start, end)
        if self.told_from is None or self.told_to is None:
            return recorded
        unspoken = {day for day in recorded if not self.told_from <= day <= self.told_to}
        return frozenset(unspoken | {day for day in self.told_half_days if start <= day <= end})

    @property
    def is_open_today(self) -> bool:
        """Whether the server made of today one session of 24 hours; such a day is never final."""
        return self.today_spans == _WHOLE_DAY

    def spans(self, day: date, sessions: Sessions = Sessions.REGULAR) -> tuple[SessionSpan, ...]:
        """The sessions of a day in order, in minutes since local midnight; empty where nothing trades."""
        everything = sessions is Sessions.ALL
        if self.is_trading_day(day):
            if day == self.today and self.today_spans:
                regular = tuple(span for span in self.today_spans if span.session is Session.REGULAR)
                return self._whole_today() if everything else regular
            return spans(self.market, half=day in self.half_days(day, day), sessions=sessions)
        if everything and self.market is Market.US and self.is_trading_day(day + ONE_DAY):
            return (EVENING,)
        return ()

    def _whole_today(self) -> tuple[SessionSpan, ...]:
        """Today's sessions; the overnight ones are added where the server did not list them."""
        listed = self.today_spans
        if self.market is not Market.US or self.is_open_today or any(s.session is Session.OVERNIGHT for s in listed):
            return listed
        overnight = (s for s in spans(Market.US, sessions=Sessions.ALL) if s.session is Session.OVERNIGHT)
        return tuple(sorted((*listed, *overnight), key=lambda span: span.start))

    def trades_at(self, epoch: float) -> bool:
        """Whether a regular session goes on at a moment."""
        minute = zones.minute_of_day(self.market, epoch)
        return any(span.start <= minute < span.end for span in self.spans(self.day_of(epoch)))

    # Bars

    def starts(self, period: Period, sessions: Sessions, start: int, end: int) -> Ints:
        """The epoch seconds in ``[start, end)`` at which bars may start, ascending."""
        if end <= start:
            return np.empty(0, dtype=np.int64)
        first, last = self.day_of(start), self.day_of(end - 1)
        if period.minutes is None:
            found = zones.midnights(self.market, self._stamps(period, first, last))
        else:
            parts = [self._starts_of_day(day, period, sessions) for day in self._candidates(first, last, sessions)]
            found = np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)
        return found[(found >= start) & (found < end)]

    def start_of(self, period: Period, epoch: float) -> int | None:
        """The start of the bar of regular trading that holds a moment; None where nothing trades."""
        day = self.day_of(epoch)
        grid = Period.MIN_1 if period.minutes is None else period
        minute = zones.minute_of_day(self.market, epoch)
        start = bucket_minute(minute, self.spans(day), grid, tail=self._tail(day))
        if start is None:
            return None
        if period.minutes is None:
            return self.midnight(first_day(day, period))
        return int(zones.epochs_of_minutes(self.market, day, [start])[0])

    def expected_bars(self, period: Period, sessions: Sessions, start: int, end: int) -> int:
        """The most bars that can start in ``[start, end)``; there may be fewer, since a symbol need not trade."""
        if end <= start:
            return 0
        first, last = self.day_of(start), self.day_of(end - 1)
        if period.minutes is None or first == last:
            return int(self.starts(period, sessions, start, end).size)
        inner_first, inner_last = first + ONE_DAY, last - ONE_DAY
        edges = self.starts(period, sessions, start, self.midnight(inner_first)).size
        edges += self.starts(period, sessions, self.midnight(last), end).size
        return int(edges) + int(self.bars_by_day(period, sessions, inner_first, inner_last).sum())

    def bars_by_day(self, period: Period, sessions: Sessions, first: date, last: date) -> Ints:
        """The most bars that can start on each calendar day between two dates, both included."""
        days = zones.days_between(first, last)
        if last < first or period.minutes is None:
            return np.isin(days, self._stamps(period, first, last)).astype(np.int64)
        trading = np.isin(days, self.days(first, last))
        half = np.isin(days, np.array(list(self.half_days(first, last)), dtype="datetime64[D]"))
        tail = CLOSING_TAIL[self.market]
        full_bars, half_bars = (
            bucket_starts(spans(self.market, half=short, sessions=sessions), period, tail=tail).size
            for short in (False, True)
        )
        counts = np.where(trading, np.where(half, half_bars, full_bars), 0)
        for day in (self.today, last):  # the last one may be the eve of a trading day beyond
            if day is not None and first <= day <= last:
                counts[(day - first).days] = self._starts_of_day(day, period, sessions).size
        if self.market is Market.US and sessions is Sessions.ALL:
            eve = ~trading[:-1] & trading[1:]
            counts[:-1][eve] = bucket_starts((EVENING,), period).size
        return counts

    def reach_of_newest(self, period: Period, sessions: Sessions, count: int, end: int, *, not_before: int) -> int:
        """The earliest moment, from the day of ``not_before`` on, with at most ``count`` bars up to ``end``."""
        first = self.day_of(not_before)
        offsets = range((self.day_of(end) - first).days + 2)

        def fits(offset: int) -> bool:
            since = self.midnight(first + timedelta(days=offset))
            return self.expected_bars(period, sessions, since, end) <= count

        reach = first + timedelta(days=bisect_left(offsets, True, key=fits))
        if period.minutes is not None:  # a part of the day before may fit as well
            starts = self.starts(period, sessions, self.midnight(reach - ONE_DAY), end)
            if reach > first and starts.size > count:
                return int(starts[-count])
        return self.midnight(reach)

    def previous_start(self, period: Period, sessions: Sessions, epoch: int) -> int:
        """The last bar start before a moment."""
        if period.minutes is None:
            before = self.starts(period, sessions, epoch - _look_around(period), epoch)
            return int(before[-1]) if before.size else epoch - 1
        day = self.day_of(epoch)
        for back in range(_LONGEST_CLOSURE.days):
            starts = self._starts_of_day(day - back * ONE_DAY, period, sessions)
            if starts.size and starts[0] < epoch:
                return int(starts[starts < epoch][-1])
        return epoch - 1

    def next_start(self, period: Period, sessions: Sessions, epoch: int) -> int:
        """The first bar start at a moment or after it."""
        if period.minutes is None:
            after = self.starts(period, sessions, epoch, epoch + _look_around(period))
            return int(after[0]) if after.size else epoch
        day = self.day_of(epoch)
        for ahead in range(_LONGEST_CLOSURE.days):
            starts = self._starts_of_day(day + ahead * ONE_DAY, period, sessions)
            if starts.size and starts[-1] >= epoch:
                return int(starts[starts >= epoch][0])
        return epoch

    def present(self, period: Period, now: float) -> int:
        """The epoch second before which every bar that can exist by now starts.

        A bar of a day and longer exists from the day change of its first trading day on, not from midnight.
        """
        end = int(now) + 1
        if period.minutes is not None:
            return end
        today = self.day_of(now)
        stamp = first_day(today, period)
        trading = self.days(stamp, today)
        if trading.size:
            first: date = trading[0].item()
            change = min(DAY_CHANGE[self.market], self.spans(first)[0].start)
            if self.midnight(first) + change * 60 <= now:
                return end
        return self.midnight(stamp)

    def final_before(self, period: Period, sessions: Sessions, now: float) -> int:
        """The epoch second before which every bar that starts is final: ended, its closing tail too, and settled."""
        settle = SETTLE_DAYS_S if period.minutes is None else SETTLE_MINUTES_S
        cutoff = int(now) - settle
        day = self.day_of(cutoff)
        final = self._first_unfinished(period, sessions, day, cutoff)
        if self.is_open_today and self.today is not None:
            stamp = first_day(self.today, period) if period.minutes is None else self.today
            final = min(final, self.midnight(stamp))
        return final

    def _first_unfinished(self, period: Period, sessions: Sessions, day: date, cutoff: int) -> int:
        """The start of the first bar that had not ended at ``cutoff``, or ``cutoff`` where all had."""
        if period.minutes is None:
            stamp = first_day(day, period)
            trading = self.days(stamp, next_first_day(day, period) - ONE_DAY)
            unfinished = trading.size > 0 and self._close(trading[-1].item()) > cutoff
            return min(self.midnight(stamp), cutoff) if unfinished else cutoff
        starts = self._starts_of_day(day, period, sessions)
        open_bars = starts[self._ends_of_day(day, period, sessions) > cutoff]
        return min(int(open_bars[0]), cutoff) if open_bars.size else cutoff

    def _close(self, day: date) -> int:
        """When the last regular session of a trading day is over, its closing tail included."""
        last = self.spans(day)[-1].end + CLOSING_TAIL[self.market]
        return self.midnight(day) + last * 60

    def _starts_of_day(self, day: date, period: Period, sessions: Sessions) -> Ints:
        grid = bucket_starts(self.spans(day, sessions), period, tail=self._tail(day))
        return zones.epochs_of_minutes(self.market, day, grid)

    def _ends_of_day(self, day: date, period: Period, sessions: Sessions) -> Ints:
        """When each bar of a day is over: at its full length or the next bar's start, the last one after the tail."""
        starts = self._starts_of_day(day, period, sessions)
        if starts.size == 0:
            return starts
        ends = starts + (period.minutes or 0) * 60
        ends[:-1] = np.minimum(ends[:-1], starts[1:])
        over = zones.epochs_of_minutes(self.market, day, [self.spans(day, sessions)[-1].end + self._tail(day)])[0]
        ends[-1] = over
        return ends

    def _tail(self, day: date) -> int:
        """The closing tail of a day; a day of 24 hours has none."""
        return 0 if self.is_open_today and day == self.today else CLOSING_TAIL[self.market]

    def _stamps(self, period: Period, first: date, last: date) -> Days:
        if period is Period.DAY:
            return self.days(first, last)
        return np.unique(first_days(zones.days_between(first, last), period))

    def _candidates(self, first: date, last: date, sessions: Sessions) -> list[date]:
        """The days on which minutes may trade: trading days, and in the US the evenings before them."""
        days = self.days(first, last + ONE_DAY)
        if self.market is Market.US and sessions is Sessions.ALL:
            days = np.union1d(days, days - zones.NEXT_DAY)
        found: list[date] = days[(days >= np.datetime64(first)) & (days <= np.datetime64(last))].tolist()
        return found


def _look_around(period: Period) -> int:
    """Seconds within which a neighbouring bar of a day or longer is sure to lie."""
    bar_days = {Period.MONTH: 31, Period.QUARTER: 92, Period.YEAR: 366}.get(period, 7)
    return int((timedelta(days=bar_days) + _LONGEST_CLOSURE).total_seconds())
