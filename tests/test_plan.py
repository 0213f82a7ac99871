"""Plans: the cheapest route by tables, and complete answers by a model broker that obeys the document (5.1)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpresearch.base.errors import DateRangeError, InputError, QuotaExhausted
from lpresearch.base.markets import MARKETS, Market
from lpresearch.base.model import Adjust, AnchorPage, DatePage, Interval, Period, SeriesKey, Sessions
from lpresearch.base.source import CalendarMonth, Caps, Pace
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.history.bars import Bars, between, merge, no_bars
from lpresearch.history.intervals import Intervals, difference, intersection, normalised, union
from lpresearch.history.plan import Newest, OnQuota, ReadHistory, ReadLatest, SeriesPlan, Span, plan_series
from lpresearch.history.quota import QuotaState, Reading
from lpresearch.history.settle import absorb

MONTH = CalendarMonth("Asia/Hong_Kong")
PACE = Pace(10, 1.0)
CAPS = Caps(
    name="LongPort",
    periods=frozenset(Period) - {Period.MIN_240},
    adjusts=frozenset(Adjust),
    sessions=frozenset(Sessions),
    page_bars=1000,
    latest_bars=1000,
    symbols_per_request=500,
    quote_pace=PACE,
    history_pace=PACE,
    trade_pace=PACE,
    quota_rule=MONTH,
    quota_default=100,
    subscribe_default=500,
    first_day={Market.HK: date(2004, 6, 1), Market.US: date(2010, 6, 1)},
    first_minute_day={Market.HK: date(2022, 9, 28), Market.US: date(2023, 12, 4)},
    official_hosts=frozenset(),
)
TENCENT = SeriesKey("longport", Symbol("700.HK"), Period.DAY)
APPLE_ALL = SeriesKey("longport", Symbol("AAPL.US"), Period.MIN_1, sessions=Sessions.ALL)
FRESH = QuotaState(MONTH, 100)
GONE = QuotaState(MONTH, 1, (Reading({"5.HK": 0.0}),), datetime(2025, 8, 1, tzinfo=ZoneInfo("Asia/Hong_Kong")))
COUNTED = QuotaState(MONTH, 1, (Reading({"700.HK": 0.0, "AAPL.US": 0.0}),))


def at(text: str, market: Market = Market.HK) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(MARKETS[market].zone)).timestamp())


SATURDAY = at("2025-07-12 12:00")
THURSDAY = at("2025-07-10 11:00")


def plan(
    request: Span | Newest,
    *,
    key: SeriesKey = TENCENT,
    coverage: Intervals = (),
    now: int = SATURDAY,
    quota: QuotaState = FRESH,
    on_quota: OnQuota = "raise",
    documented_reach: bool = True,
) -> SeriesPlan:
    return plan_series(
        key,
        request,
        coverage=coverage,
        calendar=MarketCalendar(key.symbol.market),
        now=now,
        quota=quota,
        caps=CAPS,
        on_quota=on_quota,
        documented_reach=documented_reach,
    )


def span(start: str, end: str) -> Span:
    return Span(at(start), at(end))


# Routes


def test_what_is_stored_costs_no_call() -> None:
    wanted = span("2025-07-01", "2025-07-12")
    found = plan(wanted, coverage=(Interval(at("2025-06-01"), at("2025-07-12")),))
    assert (found.steps, found.units, found.forming) == ((), 0, False)
    assert found.cached == (Interval(wanted.start, wanted.end),)


def test_a_weekend_beside_what_is_stored_is_nothing_missing() -> None:
    covered = (Interval(at("2025-07-07"), at("2025-07-11 18:30")),)
    assert plan(span("2025-07-05", "2025-07-13"), coverage=covered).steps == ()


def test_the_newest_thousand_days_cost_one_free_call() -> None:
    found = plan(Newest(1000), quota=GONE)
    (step,) = found.steps
    assert isinstance(step, ReadLatest)
    assert (step.count, found.units) == (1000, 0)


def test_a_range_within_the_newest_bars_asks_for_just_enough_and_no_quota() -> None:
    found = plan(span("2025-07-07", "2025-07-12"), quota=GONE)
    (step,) = found.steps
    assert isinstance(step, ReadLatest)
    assert (step.count, found.units) == (6, 0)  # five days and the one before


def test_the_bar_of_today_asks_for_the_newest_two_each_time() -> None:
    covered = (Interval(at("2024-01-02"), at("2025-07-09 22:00")),)
    for _ in range(2):
        found = plan(Newest(100, known_since=at("2025-02-14")), coverage=covered, now=THURSDAY)
        assert [step.count for step in found.steps if isinstance(step, ReadLatest)] == [2]
        assert (len(found.steps), found.forming) == (1, True)


def test_older_bars_come_by_date_and_the_newest_by_the_free_call() -> None:
    found = plan(span("2016-01-01", "2025-07-12"))
    pages = [step.page for step in found.steps if isinstance(step, ReadHistory)]
    assert all(isinstance(page, DatePage) for page in pages)
    assert (len(pages), found.units) == (2, 1)  # 2344 days, of which 999 are the newest
    assert isinstance(found.steps[-1], ReadLatest)


def test_history_of_a_counted_symbol_is_free() -> None:
    found = plan(span("2010-01-01", "2011-01-01"), quota=COUNTED)
    (step,) = found.steps
    assert isinstance(step, ReadHistory)
    assert step.page == DatePage(date(2010, 1, 1), date(2010, 12, 31))
    assert found.units == 0


def test_small_gaps_share_a_page() -> None:
    covered = tuple(Interval(at(f"2010-{month:02}-05"), at(f"2010-{month:02}-25")) for month in range(1, 13))
    found = plan(span("2010-01-01", "2011-01-01"), coverage=covered)
    assert len(found.steps) == 1
    assert difference([found.wanted], found.cached) == found.fetched
    assert found.cached == intersection(found.cached, covered)


def test_far_gaps_do_not_share_a_page() -> None:
    covered = (Interval(at("2005-02-01"), at("2019-01-01")),)
    found = plan(span("2005-01-01", "2019-02-01"), coverage=covered)
    assert [step.page for step in found.steps if isinstance(step, ReadHistory)] == [
        DatePage(date(2005, 1, 1), date(2005, 1, 31)),
        DatePage(date(2019, 1, 1), date(2019, 1, 31)),
    ]


def test_a_closed_weekend_where_the_newest_bars_begin_is_not_asked_for() -> None:
    saturday = at("2021-06-19")
    now = [day for day in DAYS if day >= saturday][998] + 20 * 3600  # the newest 999 days begin after that weekend
    found = plan(span("2021-06-01", "2021-06-20"), now=now, quota=COUNTED)
    assert [type(step) for step in found.steps] == [ReadHistory]


def test_a_day_of_1440_minutes_needs_two_forward_pages_from_the_minute_before() -> None:
    day = Span(at("2025-03-05", Market.US), at("2025-03-06", Market.US))
    pages = [step.page for step in plan(day, key=APPLE_ALL).steps if isinstance(step, ReadHistory)]
    assert pages == [
        AnchorPage(date(2025, 3, 4), "2359", forward=True, count=1000),
        AnchorPage(date(2025, 3, 5), "1638", forward=True, count=1000),
    ]


# Quota


def test_a_new_symbol_is_refused_when_the_quota_is_gone() -> None:
    with pytest.raises(QuotaExhausted, match=r"700\.HK.*1 of 1.*2025-08-01"):
        plan(span("2010-01-01", "2011-01-01"), quota=GONE)


def test_partial_takes_what_is_free_and_names_the_rest() -> None:
    found = plan(span("2010-01-01", "2025-07-12"), quota=GONE, on_quota="partial")
    assert [type(step) for step in found.steps] == [ReadLatest]
    assert (found.units, found.left_out[0].start) == (0, at("2010-01-01"))


def test_cache_asks_nobody() -> None:
    found = plan(span("2010-01-01", "2025-07-12"), quota=GONE, on_quota="cache")
    assert (found.steps, found.fetched, found.units) == ((), (), 0)


# Bad input


def test_minutes_before_the_brokers_first_day_are_refused_with_that_day() -> None:
    minutes = SeriesKey("longport", TENCENT.symbol, Period.MIN_5)
    with pytest.raises(DateRangeError, match=r"2020-01-02.*2022-09-28"):
        plan(span("2020-01-02", "2020-02-01"), key=minutes)
    found = plan(span("2020-01-02", "2020-02-01"), key=minutes, documented_reach=False)
    assert found.wanted.start == at("2020-01-02")


def test_days_before_the_brokers_first_day_are_clipped_and_refused_where_none_is_left() -> None:
    assert plan(span("2001-01-01", "2005-01-01")).wanted.start == at("2004-06-01")
    with pytest.raises(DateRangeError, match=r"2004-06-01"):
        plan(span("2001-01-01", "2002-01-01"))


@pytest.mark.parametrize(("start", "end"), [("2025-07-20", "2025-07-25"), ("2025-07-10", "2025-07-09")])
def test_a_range_in_the_future_or_backwards_is_refused(start: str, end: str) -> None:
    with pytest.raises(DateRangeError):
        plan(span(start, end))


@pytest.mark.parametrize("count", [0, -5, 1001])
def test_a_count_out_of_range_is_refused(count: int) -> None:
    with pytest.raises(InputError, match=r"count.*1 to 1000"):
        plan(Newest(count))


def test_a_period_the_broker_lacks_is_refused() -> None:
    with pytest.raises(InputError, match=r"period='240m'"):
        plan(Newest(5), key=SeriesKey("longport", TENCENT.symbol, Period.MIN_240))


# Adjusted series


def test_an_adjusted_series_asks_one_stored_bar_again_when_it_is_extended() -> None:
    adjusted = SeriesKey("longport", TENCENT.symbol, Period.DAY, Adjust.FORWARD)
    covered = (Interval(at("2010-03-01"), at("2010-06-01")),)
    found = plan(span("2010-03-01", "2010-12-31"), key=adjusted, coverage=covered, quota=COUNTED)
    (step,) = found.steps
    assert isinstance(step, ReadHistory)
    assert step.page == DatePage(date(2010, 5, 31), date(2010, 12, 30))


# Complete answers


@dataclass
class ModelBroker:
    """Bars of one series, served by the rules of the document, and a count of calls."""

    key: SeriesKey
    starts: list[int]  # of all bars there are, ascending
    anchor_included: bool = True
    calls: int = 0

    def answer(self, step: ReadLatest | ReadHistory, now: int) -> Bars:
        self.calls += 1
        market = self.key.symbol.market
        have = [start for start in self.starts if start <= now]
        if isinstance(step, ReadLatest):
            assert step.count <= CAPS.latest_bars
            return made(have[-step.count :])
        page = step.page
        if isinstance(page, DatePage):
            end = at(str(page.end + timedelta(days=1)), market)
            return made([start for start in have if at(str(page.start), market) <= start < end][-CAPS.page_bars :])
        clock = f"{page.minute[:2]}:{page.minute[2:]}"
        anchor = at(f"{page.anchor} {clock}", market)
        after = [start for start in have if start > anchor or (start == anchor and self.anchor_included)]
        return made(after[: page.count])


@dataclass
class Shelf:
    """A store in memory."""

    coverage: Intervals = ()
    bars: Bars = field(default_factory=no_bars)

    def run(self, found: SeriesPlan, broker: ModelBroker, now: int) -> Bars:
        """Carry a plan out and return the wanted bars."""
        forming = no_bars()
        for step in found.steps:
            reply = broker.answer(step, now)
            part = absorb(
                step,
                reply,
                key=found.key,
                calendar=MarketCalendar(found.key.symbol.market),
                now=now,
                page_bars=CAPS.page_bars,
            )
            self.bars = merge(self.bars, part.final)
            self.coverage = union(self.coverage, [part.covered])
            forming = merge(forming, part.forming)
        return between(merge(self.bars, forming), found.wanted.start, found.wanted.end)


def made(starts: list[int]) -> Bars:
    return np.tile(np.array(starts, dtype=np.float64), (8, 1))


def market_bars(key: SeriesKey, start: str, end: str, *, holes: int) -> list[int]:
    """The bars a symbol really has: the expected ones, but for every ``holes``-th."""
    calendar = MarketCalendar(key.symbol.market)
    market = key.symbol.market
    starts = calendar.starts(key.period, key.sessions, at(start, market), at(end, market))
    return [int(start) for number, start in enumerate(starts.tolist()) if not holes or number % holes]


DAYS = market_bars(TENCENT, "2012-03-01", "2025-07-13", holes=0)
HALTED_DAYS = [start for start in DAYS if not at("2018-01-10") < start < at("2018-05-20")]
US_MINUTES = market_bars(APPLE_ALL, "2025-06-25", "2025-07-12", holes=7)
HOURLY = SeriesKey("longport", TENCENT.symbol, Period.MIN_60)
HOURS = market_bars(HOURLY, "2022-09-28", "2025-07-13", holes=0)
FIRST, LAST = at("2010-01-01"), at("2025-08-01")
spans = st.builds(lambda a, b: Span(min(a, b), max(a, b) + 1), st.integers(FIRST, SATURDAY), st.integers(FIRST, LAST))


@settings(deadline=None, max_examples=60)
@given(st.lists(spans, min_size=1, max_size=4), st.sampled_from([DAYS, HALTED_DAYS]), st.integers(FIRST, SATURDAY))
def test_any_order_of_requests_is_answered_whole_and_a_second_time_without_a_call_over_final_bars(
    requests: list[Span], truth: list[int], now: int
) -> None:
    broker, shelf = ModelBroker(TENCENT, truth), Shelf()
    now = max(now, *(request.start for request in requests))
    for request in requests:
        found = plan(request, coverage=shelf.coverage, now=now, quota=COUNTED)
        assert normalised((*found.cached, *found.fetched, *found.left_out)) == normalised([found.wanted])
        assert intersection(found.fetched, (*found.cached, *shelf.coverage)) == ()
        bars = shelf.run(found, broker, now)
        expected = [start for start in truth if found.wanted.start <= start < found.wanted.end]
        assert bars[0].tolist() == expected
        again = plan(request, coverage=shelf.coverage, now=now, quota=COUNTED)
        assert len(again.steps) == int(again.forming)
        assert all(isinstance(step, ReadLatest) for step in again.steps)
        assert shelf.run(again, broker, now)[0].tolist() == expected


@pytest.mark.parametrize("anchor_included", [True, False])
@pytest.mark.parametrize(("start", "end"), [("2025-07-07", "2025-07-12"), ("2025-07-01", "2025-07-03")])
def test_minutes_of_all_us_sessions_are_whole_whichever_way_the_anchor_is_meant(
    start: str, end: str, anchor_included: bool
) -> None:
    now = at("2025-07-12 12:00", Market.US)
    request = Span(at(start, Market.US), at(end, Market.US))
    broker, shelf = ModelBroker(APPLE_ALL, US_MINUTES, anchor_included), Shelf()
    found = plan(request, key=APPLE_ALL, now=now, quota=COUNTED)
    bars = shelf.run(found, broker, now)
    assert bars[0].tolist() == [start for start in US_MINUTES if request.start <= start < request.end]
    assert plan(request, key=APPLE_ALL, coverage=shelf.coverage, now=now, quota=COUNTED).steps == ()


@settings(deadline=None, max_examples=25)
@given(st.integers(at("2022-09-29"), SATURDAY), st.integers(1, 200 * 86_400), st.integers(0, 40 * 86_400))
def test_hours_are_extended_by_what_is_missing_only(start: int, length: int, more: int) -> None:
    broker, shelf = ModelBroker(HOURLY, HOURS), Shelf()
    first = Span(start, min(start + length, SATURDAY))
    if first.start >= first.end:
        return
    shelf.run(plan(first, key=HOURLY, quota=COUNTED), broker, SATURDAY)
    wider = Span(first.start, first.end + more)
    found = plan(wider, key=HOURLY, coverage=shelf.coverage, quota=COUNTED)
    assert intersection(found.fetched, shelf.coverage) == ()
    bars = shelf.run(found, broker, SATURDAY)
    assert bars[0].tolist() == [start for start in HOURS if found.wanted.start <= start < found.wanted.end]


def test_a_young_listing_is_known_to_its_beginning_after_one_call() -> None:
    young = DAYS[-40:]
    broker, shelf = ModelBroker(TENCENT, young), Shelf()
    shelf.run(plan(Newest(1000)), broker, SATURDAY)
    assert shelf.coverage[0].start == 0
    assert plan(Newest(1000, known_since=0), coverage=shelf.coverage).steps == ()
    assert plan(span("2010-01-01", "2025-07-12"), coverage=shelf.coverage, quota=GONE).steps == ()


def test_a_forming_bar_is_returned_and_never_stored() -> None:
    broker, shelf = ModelBroker(TENCENT, DAYS), Shelf()
    bars = shelf.run(plan(Newest(10), now=THURSDAY), broker, THURSDAY)
    assert bars[0, -1] == at("2025-07-10")
    assert shelf.bars[0, -1] == at("2025-07-09")
    assert shelf.coverage[-1].end <= at("2025-07-10")


def test_an_empty_answer_is_known_empty() -> None:
    broker, shelf = ModelBroker(TENCENT, []), Shelf()
    request = span("2010-01-01", "2011-01-01")
    assert shelf.run(plan(request, quota=COUNTED), broker, SATURDAY).shape == (8, 0)
    assert plan(request, coverage=shelf.coverage, quota=COUNTED).steps == ()
    assert broker.calls == 1


def test_an_empty_answer_of_the_newest_bars_is_not_taken_for_the_beginning() -> None:
    broker, shelf = ModelBroker(TENCENT, []), Shelf()
    request = span("2025-07-01", "2025-07-12")
    shelf.run(plan(request), broker, SATURDAY)
    assert plan(request, coverage=shelf.coverage).steps == ()
    assert shelf.coverage[0].start == request.start


def test_a_year_of_daily_use_needs_no_quota_after_the_first_day() -> None:
    broker, shelf = ModelBroker(TENCENT, DAYS), Shelf()
    start = at("2013-01-01")
    spent = 0
    for day in range(0, 360, 3):
        now = at("2024-01-03 20:00") + day * 86_400
        found = plan(Span(start, now), coverage=shelf.coverage, now=now)
        spent += found.units
        shelf.run(found, broker, now)
    assert spent == 1
