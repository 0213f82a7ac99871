"""The ledger: booked before a packet leaves, shared by processes, never under-counted."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lpresearch.accounts.database import Database
from lpresearch.base.errors import QuotaExhausted
from lpresearch.base.source import CalendarMonth, QuotaRule, RollingDays
from lpresearch.history import ledger as ledger_module
from lpresearch.history.ledger import Ledger, Reservation
from lpresearch.history.quota import QuotaState

MONTH = CalendarMonth("Asia/Hong_Kong")
NOW = datetime(2026, 11, 5, 3, tzinfo=UTC).timestamp()
NEXT_MONTH = datetime(2026, 12, 1, 3, tzinfo=UTC).timestamp()
TURN = datetime(2026, 11, 30, 16, tzinfo=UTC).timestamp()  # midnight in Hong Kong
HOUR_S, DAY_S = 3600.0, 86_400.0


def reserve(ledger: Ledger, unit: str, *, limit: int = 2, at: float = NOW) -> Reservation:
    return ledger.reserve(unit, at=at, rule=MONTH, default_limit=limit)


def state(ledger: Ledger, *, limit: int = 2, at: float = NOW) -> QuotaState:
    return ledger.state(MONTH, at, default_limit=limit)


def test_a_new_symbol_costs_a_unit_and_the_same_again_is_free(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    assert not reserve(ledger, "700.HK").free
    assert reserve(ledger, "700.HK").free
    assert state(ledger).used == {"700.HK": NOW}
    assert state(ledger).remaining == 1
    ledger.close()


def test_a_unit_known_to_be_spent_this_month_is_not_booked_again(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    ledger.settle(reserve(ledger, "700.HK"), "spent")
    for _ in range(3):
        again = reserve(ledger, "700.HK", at=NOW + HOUR_S)
        assert (again.free, again.id) == (True, None)
        ledger.settle(again, "returned")
    assert state(ledger).used == {"700.HK": NOW}
    for rule in (RollingDays(30), RollingDays(30, restart=False)):
        assert ledger.reserve("700.HK", at=NOW + HOUR_S, rule=rule, default_limit=2).id is not None
    ledger.close()


def test_while_the_month_turns_a_unit_is_booked_again_until_every_zone_counts_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    two = CalendarMonth("Asia/Hong_Kong", or_zones=("UTC",))
    booked = []
    for at in (TURN - 60, TURN + 60, TURN + 8 * HOUR_S, TURN + 9 * HOUR_S):
        one = ledger.reserve("700.HK", at=at, rule=two, default_limit=2)
        ledger.settle(one, "spent")
        booked.append((one.id is not None, one.free))
    assert booked == [(True, False), (True, False), (True, False), (False, True)]
    ledger.close()


def test_the_last_unit_is_the_last_and_known_symbols_still_pass(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    reserve(ledger, "700.HK")
    reserve(ledger, "5.HK")
    with pytest.raises(QuotaExhausted, match=r"9988\.HK.*2 of 2.*2026-12-01"):
        reserve(ledger, "9988.HK")
    assert reserve(ledger, "5.HK").free
    assert set(state(ledger).used) == {"700.HK", "5.HK"}
    ledger.close()


def test_a_returned_unit_is_free_for_another_symbol_and_an_unsettled_one_is_not(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    ledger.settle(reserve(ledger, "700.HK", limit=1), "returned")
    reserve(ledger, "5.HK", limit=1)
    ledger.close()
    again = Ledger(tmp_path / "a.sqlite")
    with pytest.raises(QuotaExhausted):
        reserve(again, "9988.HK", limit=1)
    again.close()


def test_a_symbol_stays_counted_when_only_one_of_its_two_requests_is_returned(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    first, second = reserve(ledger, "700.HK"), reserve(ledger, "700.HK")
    ledger.settle(second, "spent")
    ledger.settle(first, "returned")
    assert set(state(ledger).used) == {"700.HK"}
    ledger.close()


def test_the_next_month_begins_with_all_units(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    ledger.settle(reserve(ledger, "700.HK"), "spent")
    assert state(ledger, at=NEXT_MONTH).remaining == 2
    assert not reserve(ledger, "700.HK", at=NEXT_MONTH).free
    ledger.close()


def test_a_limit_once_learnt_replaces_the_default(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    ledger.learn_limit(1, at=NOW)
    reserve(ledger, "700.HK", limit=100)
    with pytest.raises(QuotaExhausted):
        reserve(ledger, "5.HK", limit=100)
    ledger.learn_limit(400, at=NOW)
    assert state(ledger).limit == 400
    ledger.close()


def test_of_two_threads_racing_for_the_last_unit_exactly_one_wins(tmp_path: Path) -> None:
    path, outcomes, gate = tmp_path / "a.sqlite", [], threading.Barrier(2)
    Ledger(path).close()

    def race(unit: str) -> None:
        ledger = Ledger(path)
        gate.wait(timeout=30)
        try:
            reserve(ledger, unit, limit=1)
            outcomes.append("won")
        except QuotaExhausted:
            outcomes.append("refused")
        ledger.close()

    racers = [threading.Thread(target=race, args=(unit,)) for unit in ("700.HK", "5.HK")]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert sorted(outcomes) == ["refused", "won"]


_RACER = f"""
import sys
from pathlib import Path
from lpresearch.base.errors import QuotaExhausted
from lpresearch.base.source import CalendarMonth
from lpresearch.history.ledger import Ledger
rule = CalendarMonth("Asia/Hong_Kong")
ledger = Ledger(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
won = 0
for number in range(20):
    try:
        ledger.reserve(f"{{sys.argv[2]}}{{number}}.HK", at={NOW}, rule=rule, default_limit=15)
        won += 1
    except QuotaExhausted:
        pass
print(won)
"""


def test_processes_together_never_book_more_than_the_limit(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _RACER, str(tmp_path / "a.sqlite")]
    root = Path(__file__).parent.parent
    racers = [
        subprocess.Popen([*command, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root)
        for name in ("1", "2")
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    won = []
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    for racer in racers:
        output, _ = racer.communicate(timeout=60)
        won.append(int(output))
    assert sum(won) == 15


def test_what_is_booked_after_the_clock_was_set_back_over_the_turn_counts_in_the_new_month(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    reserve(ledger, "700.HK", at=TURN + 600)
    reserve(ledger, "5.HK", at=TURN + 1200 - HOUR_S)
    assert set(state(ledger, at=TURN + 1800).used) == {"700.HK", "5.HK"}
    ledger.close()


def test_a_unit_of_the_old_month_asked_under_a_clock_that_was_set_back_counts_in_the_new_one(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    ledger.settle(reserve(ledger, "700.HK", at=NOW), "spent")
    assert state(ledger, at=TURN + 600).used == {}
    ledger.settle(reserve(ledger, "700.HK", at=TURN + 1200 - HOUR_S), "spent")
    assert set(state(ledger, at=TURN + 1800).used) == {"700.HK"}
    ledger.close()


def test_a_clock_that_was_right_when_the_ledger_was_asked_is_enough(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    assert state(ledger, at=TURN + 600).used == {}
    reserve(ledger, "5.HK", at=TURN + 1200 - HOUR_S)
    assert set(state(ledger, at=TURN + 1800).used) == {"5.HK"}
    ledger.close()


@pytest.mark.parametrize("rule", [MONTH, RollingDays(30), RollingDays(30, restart=False), RollingDays(7)])
def test_a_clock_a_month_ahead_loses_no_unit_when_it_is_right_again(tmp_path: Path, rule: QuotaRule) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    for unit, at in (("1.HK", NOW), ("2.HK", NOW + 31 * DAY_S), ("3.HK", NOW + HOUR_S)):
        ledger.reserve(unit, at=at, rule=rule, default_limit=5)
    right = ledger.state(rule, NOW + 2 * HOUR_S, default_limit=5)
    assert set(right.used) == {"1.HK", "2.HK", "3.HK"}
    assert right.remaining == 2
    ledger.close()


def test_a_refusal_without_figures_takes_what_was_held_to_be_left_until_the_window_ends(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    reserve(ledger, "700.HK", limit=100)
    now = ledger.learn_refusal(at=NOW, rule=MONTH, default_limit=100, limit=None)
    assert (now.remaining, now.limit, now.spent, now.free) == (0, 100, 100, ("700.HK",))
    with pytest.raises(QuotaExhausted, match="100 of 100 are used"):
        reserve(ledger, "5.HK", limit=100)
    assert reserve(ledger, "700.HK", limit=100).free
    assert state(ledger, limit=100, at=NEXT_MONTH).remaining == 100
    ledger.close()


def test_a_refusal_with_figures_teaches_the_limit_for_good(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    now = ledger.learn_refusal(at=NOW, rule=MONTH, default_limit=100, limit=3)
    assert (now.limit, now.spent, now.remaining) == (3, 3, 0)
    assert state(ledger, limit=100, at=NEXT_MONTH).remaining == 3
    ledger.close()


def test_the_second_of_two_refusals_at_once_takes_what_the_first_left(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    first, second = reserve(ledger, "700.HK", limit=10), reserve(ledger, "5.HK", limit=10)
    for booked in (first, second):
        ledger.settle(booked, "returned")
        ledger.learn_refusal(at=NOW, rule=MONTH, default_limit=10, limit=None)
    assert state(ledger, limit=10).remaining == 0
    ledger.close()


def test_what_is_kept_back_is_taken_by_no_new_unit(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    ledger.keep_back(1, at=NOW)
    reserve(ledger, "700.HK")
    with pytest.raises(QuotaExhausted, match=r"1 of 2 are used and 1 kept back \(lp\.quota\(reserve=0\)"):
        reserve(ledger, "5.HK")
    assert reserve(ledger, "700.HK").free
    ledger.close()
    again = Ledger(tmp_path / "a.sqlite")
    assert (state(again).reserve, state(again).remaining) == (1, 0)
    again.keep_back(0, at=NOW)
    assert not reserve(again, "5.HK").free
    again.close()


def test_a_reserve_above_the_limit_leaves_nothing_and_says_so(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    ledger.keep_back(50, at=NOW)
    assert state(ledger).remaining == 0
    with pytest.raises(QuotaExhausted, match="0 of 2 are used and 50 kept back"):
        reserve(ledger, "700.HK")
    ledger.close()


def test_that_the_newest_bars_count_is_remembered(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    assert not state(ledger).latest_counts
    ledger.learn_refusal(at=NOW, rule=MONTH, default_limit=2, limit=None, latest=True)
    ledger.close()
    again = Ledger(tmp_path / "a.sqlite")
    assert state(again, at=NEXT_MONTH).latest_counts
    again.close()


def test_a_book_of_the_first_version_keeps_its_limit_and_its_uses(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    first = Database(path, ledger_module._MIGRATIONS[:1], subject="ledger")
    with first.transaction() as connection:
        connection.execute("INSERT INTO uses (unit, at) VALUES ('700.HK', ?)", (NOW,))
        connection.executemany("INSERT INTO limits (units, at) VALUES (?, ?)", [(100, NOW), (400, NOW)])
    first.close()
    ledger = Ledger(path)
    assert (state(ledger).limit, state(ledger).free) == (400, ("700.HK",))
    ledger.close()
