"""What to ask of a broker so that a wanted span of bars is complete: the cheapest route, as a value. Asks nobody.

Routes, in this order: the store (no call), the newest bars (command 19, no quota), history of a symbol already counted
(command 27, free), history of a new symbol (one unit). Coverage, calendar, moment and quota are passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from lpresearch.base.errors import DateRangeError, InputError
from lpresearch.base.model import Adjust, AnchorPage, DatePage, Interval, SeriesKey
from lpresearch.base.source import Caps
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.history.grid import Grid
from lpresearch.history.intervals import Intervals, contains, difference, intersection, normalised
from lpresearch.history.pages import history_pages
from lpresearch.history.quota import QuotaState

OnQuota = Literal["raise", "partial", "cache"]
LEAST_LATEST = 2  # the newest bar and one that is final: their seam proves that nothing lies between


@dataclass(frozen=True)
class Span:
    """A request for the bars that start in ``[start, end)``, in epoch seconds."""

    start: int
    end: int


@dataclass(frozen=True)
class Newest:
    """A request for the newest ``count`` bars.

    ``known_since``: what ``Store.newest_start`` says, None where the store holds too few bars.
    """

    count: int
    known_since: int | None = None


@dataclass(frozen=True)
class ReadLatest:
    """Ask for the newest ``count`` bars (command 19)."""

    count: int
    expected: Interval  # what the reply is asked for


@dataclass(frozen=True)
class ReadHistory:
    """Ask for one page of history (command 27)."""

    page: DatePage | AnchorPage
    expected: Interval


Step = ReadLatest | ReadHistory


@dataclass(frozen=True)
class SeriesPlan:
    """How one request for one series is answered. ``cached``, ``fetched`` and ``left_out`` make up ``wanted``."""

    key: SeriesKey
    wanted: Interval
    cached: Intervals
    fetched: Intervals
    left_out: Intervals  # what the quota does not allow, under on_quota "partial" or "cache"
    steps: tuple[Step, ...]
    units: int  # of the history quota, 0 or 1
    forming: bool  # whether bars are wanted that are not final yet


def plan_series(
    key: SeriesKey,
    request: Span | Newest,
    *,
    coverage: Intervals,
    calendar: MarketCalendar,
    now: float,
    quota: QuotaState,
    caps: Caps,
    on_quota: OnQuota = "raise",
    documented_reach: bool = True,
) -> SeriesPlan:
    """The cheapest way to answer a request.

    Parameters
    ----------
    coverage : what the store holds of the series, complete and final.
    now : the present moment, epoch seconds.
    quota : what is used of the history quota now; ``quota.is_free(key.symbol)`` makes history free. Where the broker
        turned out to count the newest bars as well (``quota.latest_counts``), so does this.
    documented_reach : whether the broker's documented first days apply (not so for a simulator with bars of its own).

    Raises
    ------
    DateRangeError : the range is empty, in the future, or before the broker's first day.
    InputError : a period, adjustment, session kind or count that the broker does not have.
    QuotaExhausted : a unit is needed and none is left, under ``on_quota="raise"``.
    """
    _check_offer(key, caps)
    grid = Grid(key, calendar)
    first = first_moment(key, calendar, caps) if documented_reach else None
    end = calendar.present(key.period, now)
    final = calendar.final_before(key.period, key.sessions, now)
    if isinstance(request, Newest) and request.known_since is None:
        whole = _newest_unknown(grid, request, end, final, first or 0, caps)
        return whole if not quota.latest_counts else _within_quota(whole, quota, on_quota)
    wanted = _clipped(grid, request, now, end, first)
    missing = grid.with_bars(difference([wanted], coverage))
    asked = _overlapped(grid, missing, coverage) if key.adjust is Adjust.FORWARD else missing
    latest, pages = _routes(grid, asked, end, caps)
    steps: tuple[Step, ...] = (*pages, *latest)
    fetched = intersection(missing, [step.expected for step in steps])
    left_out = difference(missing, fetched)
    cached = difference([wanted], missing)
    forming = grid.count(Interval(max(final, wanted.start), wanted.end)) > 0
    return _within_quota(SeriesPlan(key, wanted, cached, fetched, left_out, steps, 0, forming), quota, on_quota)


def counts(step: Step, quota: QuotaState) -> bool:
    """Whether the broker counts a step in the history quota."""
    return isinstance(step, ReadHistory) or quota.latest_counts


def _within_quota(plan: SeriesPlan, quota: QuotaState, on_quota: OnQuota) -> SeriesPlan:
    """The plan with the units that it costs; without the steps that the quota does not allow."""
    symbol = plan.key.symbol
    if not any(counts(step, quota) for step in plan.steps):
        return plan
    if quota.allows(symbol):
        return replace(plan, units=int(not quota.is_free(symbol)))
    if on_quota == "raise":
        raise quota.exhausted(symbol)
    steps = tuple(step for step in plan.steps if on_quota == "partial" and not counts(step, quota))
    fetched = intersection(plan.fetched, [step.expected for step in steps])
    left_out = normalised([*plan.left_out, *difference(plan.fetched, fetched)])
    return replace(plan, steps=steps, fetched=fetched, left_out=left_out)


def first_moment(key: SeriesKey, calendar: MarketCalendar, caps: Caps) -> int | None:
    """The epoch second at which the documented history of a series begins; None where the documents name none."""
    days = caps.first_day if key.period.minutes is None else caps.first_minute_day
    day = days.get(calendar.market)
    return None if day is None else calendar.midnight(day)


def _check_offer(key: SeriesKey, caps: Caps) -> None:
    for parameter, value, offered in (
        ("period", key.period, caps.periods),
        ("adjust", key.adjust, caps.adjusts),
        ("sessions", key.sessions, caps.sessions),
    ):
        if value not in offered:
            raise InputError(parameter, str(value), f"{caps.name} has only {' '.join(sorted(offered))}")


def _newest_unknown(grid: Grid, request: Newest, end: int, final: int, first: int, caps: Caps) -> SeriesPlan:
    """The newest bars where the store cannot say since when: one call, whatever is stored."""
    if not 1 <= request.count <= caps.latest_bars:
        raise InputError("count", request.count, f"a count is 1 to {caps.latest_bars}", hint="Give a start for more.")
    since = grid.reach_of_newest(request.count, end, not_before=max(first, grid.surely_before(request.count, end)))
    wanted = Interval(since, end)
    step = ReadLatest(request.count, wanted)
    return SeriesPlan(grid.key, wanted, (), (wanted,), (), (step,), 0, grid.count(Interval(max(final, since), end)) > 0)


def _clipped(grid: Grid, request: Span | Newest, now: float, end: int, first: int | None) -> Interval:
    """The wanted span up to ``end``, what the broker has by now; empty where it begins with a day without a bar yet."""
    if isinstance(request, Newest):
        return Interval(max(request.known_since or 0, first or 0), end)
    day = grid.calendar.day_of
    if request.start >= request.end:
        raise DateRangeError("end", f"{day(request.end)}", f"the range ends before it begins ({day(request.start)})")
    if request.start > now:
        raise DateRangeError(
            "start", f"{day(request.start)}", "the range lies in the future", hint="Give an earlier start."
        )
    wanted = Interval(request.start, max(request.start, min(request.end, end)))
    if first is None or wanted.start >= first:
        return wanted
    if grid.key.period.minutes is not None or wanted.end <= first:
        what = "minute bars" if grid.key.period.minutes is not None else f"{grid.key.period} bars"
        rule = f"the broker has {what} of {grid.calendar.market} from {day(first)} on"
        raise DateRangeError("start", f"{day(request.start)}", rule, hint=f"Begin at {day(first)}.")
    return Interval(first, wanted.end)


def _overlapped(grid: Grid, missing: Intervals, coverage: Intervals) -> Intervals:
    """Each missing span with one stored bar on either side, to be compared: adjusted prices may have been restated."""
    widened = []
    for span in missing:
        before, after = grid.previous_start(span.start), grid.next_start(span.end)
        start = before if contains(coverage, before) else span.start
        widened.append(Interval(start, after + 1 if contains(coverage, after) else span.end))
    return normalised(widened)


def _routes(
    grid: Grid, asked: Intervals, end: int, caps: Caps
) -> tuple[tuple[ReadLatest, ...], tuple[ReadHistory, ...]]:
    """The call for what lies within the newest bars, and the pages of history for what is older."""
    if not asked:
        return (), ()
    reach = asked[0].start
    if grid.count(Interval(reach, end)) >= caps.latest_bars:
        reach = grid.reach_of_newest(caps.latest_bars - 1, end, not_before=reach)
    recent = grid.with_bars(intersection(asked, [Interval(reach, end)]))
    latest: tuple[ReadLatest, ...] = ()
    if recent:
        # One bar more than can be missing: its start proves that nothing lies between it and the first one wanted.
        count = max(LEAST_LATEST, grid.count(Interval(recent[0].start, end)) + 1)
        latest = (ReadLatest(count, Interval(recent[0].start, recent[-1].end)),)
    older = grid.with_bars(difference(asked, [Interval(reach, end)]))
    return latest, tuple(ReadHistory(page, span) for page, span in history_pages(grid, older, caps.page_bars))
