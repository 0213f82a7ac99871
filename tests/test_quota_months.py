"""The turn of the month, where no document says by whose clock: free only what every clock counts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lpresearch as lp
from lpresearch.base.source import CalendarMonth
from lpresearch.history.quota import QuotaState, Shortfall, Use, state
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running
from lpresearch.sources.longport_facts import CAPS

ZONES = ("Asia/Hong_Kong", "UTC", "America/New_York")
MONTH = CalendarMonth(ZONES[0], or_zones=ZONES[1:])
DAY_S = 86_400.0

#: Turns of a month, in UTC, as the zone database has them: New York is on summer time until the morning of 1 November
#: 2026, and again from 8 March 2026 on.
TURNS = [
    ("2026-02-28T16:00:00", "2026-03-01T00:00:00", "2026-03-01T05:00:00"),
    ("2026-03-31T16:00:00", "2026-04-01T00:00:00", "2026-04-01T04:00:00"),
    ("2026-10-31T16:00:00", "2026-11-01T00:00:00", "2026-11-01T04:00:00"),
    ("2026-11-30T16:00:00", "2026-12-01T00:00:00", "2026-12-01T05:00:00"),
    ("2026-12-31T16:00:00", "2027-01-01T00:00:00", "2027-01-01T05:00:00"),
]


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def after(uses: dict[str, float], at: float, *, limit: int = 3) -> QuotaState:
    return state([Use(unit, moment) for unit, moment in uses.items()], MONTH, limit, at)


def test_longports_month_turns_in_hong_kong_first_and_in_new_york_last() -> None:
    assert CAPS.quota_rule == MONTH


@pytest.mark.parametrize(("first", "middle", "last"), TURNS)
def test_a_symbol_of_the_old_month_is_free_to_the_second_before_the_first_turn(
    first: str, middle: str, last: str
) -> None:
    uses = {"700.HK": utc(first) - 10 * DAY_S}
    before = after(uses, utc(first) - 1)
    assert (before.is_free("700.HK"), before.in_doubt) == (True, ())
    for moment in (utc(first), utc(middle) - 1, utc(middle), utc(last) - 1):
        turning = after(uses, moment)
        assert (turning.is_free("700.HK"), turning.in_doubt) == (False, ("700.HK",))
    assert (after(uses, utc(last)).used, after(uses, utc(last)).in_doubt) == ({}, ())


@pytest.mark.parametrize(("first", "middle", "last"), TURNS)
def test_the_units_of_the_old_month_are_back_when_the_last_zone_has_turned(first: str, middle: str, last: str) -> None:
    uses = {name: utc(first) - DAY_S for name in ("1.HK", "2.HK", "3.HK")}
    for moment in (utc(first) - 1, utc(first), utc(middle), utc(last) - 1):
        old = after(uses, moment)
        assert old.remaining == 0
        assert old.refill is not None
        assert old.refill.timestamp() == utc(last)
    assert after(uses, utc(last)).remaining == 3


@pytest.mark.parametrize(("first", "middle", "last"), TURNS)
def test_a_symbol_asked_while_the_month_turns_counts_in_both_and_is_free_in_neither(
    first: str, middle: str, last: str
) -> None:
    for asked_at, sure_from in ((utc(first), None), (utc(middle), None), (utc(last) - 1, None), (utc(last), utc(last))):
        uses = {"700.HK": asked_at}
        later = after(uses, utc(last) + 20 * DAY_S)
        assert later.remaining == 2
        assert later.is_free("700.HK") is (sure_from is not None)
        assert later.allows("700.HK")


def test_while_the_month_turns_a_known_symbol_passes_where_each_clock_counts_it_or_leaves_a_unit() -> None:
    first, _, last = (utc(turn) for turn in TURNS[2])
    full_old_month = dict.fromkeys(("1.HK", "2.HK", "3.HK"), first - DAY_S)
    turning = after(full_old_month, first + 60)
    assert turning.allows("1.HK"), "counted by New York's month, and a unit is left in Hong Kong's"
    assert not turning.allows("4.HK"), "New York's month leaves no unit"
    both_full = after(full_old_month | dict.fromkeys(("4.HK", "5.HK", "6.HK"), first + 1), first + 60, limit=6)
    assert both_full.remaining == 0
    assert not both_full.allows("7.HK")
    assert after(full_old_month, last).allows("4.HK")


def test_a_refusal_of_the_old_month_holds_until_the_last_zone_has_turned() -> None:
    first, _, last = (utc(turn) for turn in TURNS[3])

    def left(at: float) -> int:
        return state([], MONTH, 100, at, shortfalls=[Shortfall(100, first - 60)]).remaining

    assert [left(moment) for moment in (first - 60, first, last - 1, last)] == [0, 0, 0, 100]


def test_a_refusal_while_the_month_turns_is_taken_for_the_old_months() -> None:
    first, middle, last = (utc(turn) for turn in TURNS[3])
    for refused_at in (first, middle, last - 1):
        gap = Shortfall(100, refused_at)
        before, after_ = (state([], MONTH, 100, moment, shortfalls=[gap]) for moment in (last - 1, last))
        assert (before.remaining, after_.remaining) == (0, 100)
        assert before.refill is not None
        assert before.refill.timestamp() == last
    assert state([], MONTH, 100, last + 20 * DAY_S, shortfalls=[Shortfall(100, last)]).remaining == 0


def test_one_zone_alone_turns_at_once() -> None:
    one = CalendarMonth("Asia/Hong_Kong")
    first = utc(TURNS[2][0])
    uses = [Use("700.HK", first - 1)]
    assert [state(uses, one, 3, moment).free for moment in (first - 1, first)] == [("700.HK",), ()]


def test_while_the_month_turns_a_new_symbol_waits_for_the_last_zone(broker: Running, clock: ManualClock) -> None:
    def old(symbol: str) -> int:
        return len(lp.candles(symbol, start="2015-01-01", end="2015-12-31"))

    def wait_until(moment: float) -> None:
        clock.advance(moment - clock.now())
        lp.disconnect()  # the next session asks the server what time it is

    turned_in_hong_kong, turned_in_new_york = utc("2025-03-31T16:00:00"), utc("2025-04-01T04:00:00")
    wait_until(turned_in_hong_kong - DAY_S)
    assert all(old(symbol) for symbol in ("700.HK", "5.HK", "AAPL.US"))
    wait_until(turned_in_hong_kong + 60)
    assert lp.quota().in_doubt == ("5.HK", "700.HK", "AAPL.US")
    with pytest.raises(lp.QuotaExhausted, match=r"3 of 3 are used\..*2025-04-01 12:00 HKT"):
        old("MSFT.US")
    assert lp.candles("700.HK", start="2014-01-02", end="2014-12-31").attrs["lpresearch"]["quota_spent"] == 1
    wait_until(turned_in_new_york)
    assert old("MSFT.US")
    assert lp.quota().in_doubt == ("700.HK",)
    assert broker.recorded


MOMENTS = st.floats(utc("2026-10-20T00:00:00"), utc("2026-12-10T00:00:00"))


@given(st.lists(st.tuples(st.sampled_from(["1", "2", "3", "4"]), MOMENTS), max_size=12), MOMENTS, st.integers(0, 4))
def test_what_all_zones_allow_is_allowed_by_each(asked: list[tuple[str, float]], at: float, limit: int) -> None:
    uses = [Use(unit, moment) for unit, moment in asked]
    together = state(uses, MONTH, limit, at)
    alone = [state(uses, CalendarMonth(zone), limit, at) for zone in ZONES]
    assert together.remaining == min(one.remaining for one in alone)
    for unit in "12345":
        assert together.is_free(unit) == all(one.is_free(unit) for one in alone)
        assert together.allows(unit) == all(one.is_free(unit) or one.remaining for one in alone)
    if together.refill is not None:
        fewer = state(uses, MONTH, limit, together.refill.timestamp())
        assert len(fewer.used) < len(together.used)


def test_the_calculator_shows_what_is_in_doubt() -> None:
    asked = [("700.HK", "2026-11-05"), ("5.HK", "2026-11-01 09:00")]
    shown = lp.quota(MONTH, limit=100, asked=asked, at="2026-11-08 08:30")
    assert (shown.symbols, shown.in_doubt, shown.certain) == (("700.HK",), ("5.HK",), False)
    assert "in doubt   5.HK" in str(shown)
    assert lp.quota(MONTH, limit=100, asked=asked[:1], at="2026-11-08 08:30").certain
