"""Any interleaving of two processes, with clocks that go wrong, against a broker that counts for itself."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import cast

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from lpresearch.base.errors import QuotaExhausted
from lpresearch.base.source import CalendarMonth, QuotaRule, RollingDays
from lpresearch.history.ledger import Ledger, Reservation
from lpresearch.history.quota import QuotaState, Use, state

UNITS = st.sampled_from([f"{number}.HK" for number in range(6)])
PROCESSES = st.sampled_from([0, 1])
LIMIT = 3
START = datetime(2026, 10, 20, tzinfo=UTC).timestamp()
HOUR_S, DAY_S = 3600.0, 86_400.0


class TwoProcesses(RuleBasedStateMachine):
    """Two ledgers on one file; whatever was not surely kept from the broker counts there."""

    asked = Bundle("asked")

    def __init__(self, quota_rule: QuotaRule) -> None:
        super().__init__()
        self.quota_rule = quota_rule
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "account.sqlite"
        self.ledgers = [Ledger(path), Ledger(path)]
        self.now = START
        self.packets: list[Use] = []  # what reached the broker
        self.in_flight: list[Use] = []

    def broker_counts(self, at: float) -> frozenset[str]:
        """What the broker itself has counted, by its own right clock."""
        return frozenset(state(self.packets, self.quota_rule, LIMIT, at).used)

    def told(self, process: int, *, error_s: float = 0.0) -> QuotaState:
        return self.ledgers[process].state(self.quota_rule, self.now + error_s, default_limit=LIMIT)

    @rule(hours=st.sampled_from([0.1, 5, 24, 24 * 9]))
    def time_passes(self, hours: float) -> None:
        self.now += hours * HOUR_S
        for process in (0, 1):
            self.told(process)  # seen by a clock that is right

    @rule(target=asked, process=PROCESSES, unit=UNITS, error_s=st.sampled_from([0.0, 0.0, -HOUR_S, -40 * DAY_S]))
    def reserve(self, process: int, unit: str, error_s: float) -> object:
        """Book before a packet leaves; the clock may be set back while it is booked."""
        try:
            booked = self.ledgers[process].reserve(
                unit, at=self.now + error_s, rule=self.quota_rule, default_limit=LIMIT
            )
        except QuotaExhausted:
            return multiple()
        return booked, self.now

    @rule(one=consumes(asked), process=PROCESSES)
    def the_answer_comes(self, one: tuple[Reservation, float], process: int) -> None:
        booked, at = one
        self.packets.append(Use(booked.unit, at))
        self.ledgers[process].settle(booked, "spent")

    @rule(one=consumes(asked), process=PROCESSES)
    def no_packet_leaves(self, one: tuple[Reservation, float], process: int) -> None:
        self.ledgers[process].settle(one[0], "returned")

    @rule(one=consumes(asked))
    def the_process_is_killed(self, one: tuple[Reservation, float]) -> None:
        """The packet left and nobody settles."""
        booked, at = one
        self.packets.append(Use(booked.unit, at))

    @rule(process=PROCESSES)
    def a_kernel_restarts(self, process: int) -> None:
        path = Path(self.folder.name) / "account.sqlite"
        self.ledgers[process].close()
        self.ledgers[process] = Ledger(path)

    @invariant()
    def what_the_broker_counts_is_in_the_book(self) -> None:
        for process in (0, 1):
            assert self.broker_counts(self.now) <= set(self.told(process).used)
        assert set(self.told(0).used) == set(self.told(1).used)

    def teardown(self) -> None:
        for ledger in self.ledgers:
            ledger.close()
        self.folder.cleanup()


class RightClocks(TwoProcesses):
    """With clocks that are right, the broker is never asked for more than it gives."""

    @rule(target=TwoProcesses.asked, process=PROCESSES, unit=UNITS)
    def reserve(self, process: int, unit: str) -> object:
        before = self.told(1 - process)
        try:
            booked = self.ledgers[process].reserve(unit, at=self.now, rule=self.quota_rule, default_limit=LIMIT)
        except QuotaExhausted:
            assert before.remaining == 0
            assert not before.is_free(unit)
            return multiple()
        assert booked.free == before.is_free(unit), "a unit is spent once, whoever asks"
        return booked, self.now

    @invariant()
    def the_broker_has_never_more_to_refuse_than_it_gives(self) -> None:
        assert len(self.broker_counts(self.now)) <= LIMIT
        assert len(self.told(0).used) <= LIMIT


@pytest.mark.parametrize(
    "quota_rule", [CalendarMonth("Asia/Hong_Kong"), RollingDays(30), RollingDays(7, restart=False)]
)
@pytest.mark.parametrize("machine", [TwoProcesses, RightClocks])
def test_any_interleaving_spends_each_unit_once(machine: type[TwoProcesses], quota_rule: QuotaRule) -> None:
    few = settings(max_examples=20, stateful_step_count=25, deadline=None)
    made = cast("type[RuleBasedStateMachine]", partial(machine, quota_rule))  # it is only called
    run_state_machine_as_test(made, settings=few)
