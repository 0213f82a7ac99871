"""The ledger: booked before a packet leaves, shared by processes, never under-counted."""

from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lpresearch.base.errors import QuotaExhausted
from lpresearch.base.source import CalendarMonth
from lpresearch.history.ledger import Ledger, Reservation
from lpresearch.history.quota import QuotaState

MONTH = CalendarMonth("Asia/Hong_Kong")
NOW = datetime(2026, 11, 5, 3, tzinfo=UTC).timestamp()
NEXT_MONTH = datetime(2026, 12, 1, 3, tzinfo=UTC).timestamp()


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
