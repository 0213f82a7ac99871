"""The journal: keys before packets, no order twice by mistake, caps across processes, outcomes told honestly."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path

import pytest

from lpresearch.base.errors import (
    AuthFailed,
    DuplicateOrder,
    LinkClosed,
    LinkError,
    LpError,
    RateLimited,
    RequestTimeout,
    ServerRejected,
    TradingDisabled,
    WireError,
)
from lpresearch.trading.journal import Journal, Line, Outcome, line_of, outcome_of
from lpresearch.trading.ticket import make_ticket

NOW = 1795226400.0
DAY_START = NOW - 7200
NO_CAP = 10**9


def line(key: str, *, price: str = "50", now: float = NOW) -> Line:
    ticket = make_ticket("700.HK", "Buy", 100, price)
    return line_of(ticket, key=key, currency="HKD", value=Decimal(price) * 100, now=now)


def reserve(journal: Journal, entry: Line, *, again: bool = False, cap: int = NO_CAP) -> None:
    def allow(spent: Decimal) -> None:
        if spent + entry.value > cap:
            raise TradingDisabled("cap")

    journal.reserve(entry, again=again, day_start=DAY_START, allow=allow)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "account" / "orders.sqlite")


def test_a_line_is_written_before_anything_is_known_of_its_fate(journal: Journal) -> None:
    reserve(journal, line("k1"))
    assert journal.lines() == [line("k1")]
    assert journal.lines()[0].outcome is Outcome.SENT


def test_an_outcome_is_kept_with_its_order(journal: Journal) -> None:
    reserve(journal, line("k1"))
    journal.record("k1", Outcome.ACCEPTED, order_id="77")
    (kept,) = journal.lines()
    assert (kept.outcome, kept.order_id) == (Outcome.ACCEPTED, "77")


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.ACCEPTED, Outcome.UNKNOWN])
def test_an_order_that_may_stand_is_not_sent_twice(journal: Journal, outcome: Outcome) -> None:
    reserve(journal, line("k1"))
    journal.record("k1", outcome, order_id="77")
    with pytest.raises(DuplicateOrder, match="again=True") as caught:
        reserve(journal, line("k2", now=NOW + 599))
    assert (caught.value.key, caught.value.order_id, caught.value.age_s) == ("k1", "77", 599)
    assert [kept.key for kept in journal.lines()] == ["k1"]


@pytest.mark.parametrize("outcome", [Outcome.REFUSED, Outcome.NOT_SENT])
def test_an_order_that_never_stood_may_be_sent_again(journal: Journal, outcome: Outcome) -> None:
    reserve(journal, line("k1"))
    journal.record("k1", outcome)
    reserve(journal, line("k2"))


def test_the_same_order_is_new_after_ten_minutes_or_by_word(journal: Journal) -> None:
    reserve(journal, line("k1"))
    reserve(journal, line("k2", now=NOW + 1), again=True)
    reserve(journal, line("k3", now=NOW + 601))


def test_another_price_is_another_order(journal: Journal) -> None:
    reserve(journal, line("k1", price="50"))
    reserve(journal, line("k2", price="50.05"))


def test_the_cap_of_a_day_counts_what_may_stand_and_nothing_of_the_day_before(journal: Journal) -> None:
    reserve(journal, line("before", price="49", now=DAY_START - 1))
    reserve(journal, line("k1", price="50"))
    reserve(journal, line("refused", price="51"))
    journal.record("refused", Outcome.REFUSED)
    reserve(journal, line("k2", price="52"), cap=10_200)
    with pytest.raises(TradingDisabled):
        reserve(journal, line("k3", price="53"), cap=10_200)
    assert "k3" not in [kept.key for kept in journal.lines()]


def test_of_two_kernels_with_the_same_order_one_sends_it(journal: Journal) -> None:
    barrier = threading.Barrier(4)
    refused: list[str] = []

    def kernel(key: str) -> None:
        barrier.wait()
        try:
            reserve(journal, line(key))
        except DuplicateOrder:
            refused.append(key)

    kernels = [threading.Thread(target=kernel, args=(f"k{number}",)) for number in range(4)]
    for thread in kernels:
        thread.start()
    for thread in kernels:
        thread.join()
    assert len(refused) == 3
    assert len(journal.lines()) == 1


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (LinkError("http://h", "cannot connect"), Outcome.NOT_SENT),
        (LinkClosed("http://h", "broke"), Outcome.UNKNOWN),
        (RequestTimeout("http://h", 30), Outcome.UNKNOWN),
        (WireError("not JSON"), Outcome.UNKNOWN),
        (KeyboardInterrupt(), Outcome.UNKNOWN),
        (AuthFailed("http://h", "refused"), Outcome.REFUSED),
        (ServerRejected(602001, "time in force not support"), Outcome.REFUSED),
        (RateLimited(429002, "too fast"), Outcome.REFUSED),
        (ServerRejected(500000, "internal error"), Outcome.UNKNOWN),
    ],
)
def test_only_what_is_certain_is_concluded_of_a_failure(failure: LpError | KeyboardInterrupt, outcome: Outcome) -> None:
    assert outcome_of(failure) is outcome
