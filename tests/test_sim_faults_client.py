"""What our own client makes of each fault: a clear error, nothing sent twice, and back at work by itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest

import lpresearch as lp
from lpresearch.client.session import Session
from lpresearch.sim import Fault, Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.trading.journal import Journal, Outcome
from tests.conftest import MONDAY_NOON
from tests.hasty import hasty_session

ORDER, TODAY = "/v1/trade/order", "/v1/trade/order/today"
DEPTH, TRADE_SUBSCRIBE, ORDER_PUSH = 14, 16, 18
WAIT_S = 20.0
IMPATIENT_S = 0.5


@pytest.fixture
def market() -> Iterator[Running]:
    """A simulator, and a session with it that comes back at once."""
    with simulator() as running, hasty_session(running):
        yield running


def simulator(*faults: Fault) -> AbstractContextManager[Running]:
    """A market that stands still."""
    return serve(seed=7, clock=ManualClock(MONDAY_NOON), limits=Limits.unpaced(), faults=faults)


@pytest.fixture
def impatient() -> Iterator[Running]:
    """The same with a deadline that passes soon."""
    with simulator() as running, hasty_session(running, timeout_s=IMPATIENT_S):
        yield running


def sent(market: Running, path: str = ORDER) -> int:
    """How many requests of a path the server heard."""
    return sum(heard.path == path for heard in market.recorded)


def asked(market: Running, command: int) -> int:
    """How often the server heard a command."""
    return sum(heard.kind == "ws" and heard.command == command for heard in market.recorded)


@pytest.mark.parametrize(
    ("fault", "taken"),
    [
        (Fault("lose_reply", path=ORDER), True),
        (Fault("lose_reply", path=ORDER, status=504), True),
        (Fault("cut", path=ORDER), True),
        (Fault("garble", path=ORDER), True),
        (Fault("drop", path=ORDER), False),
        (Fault("refuse", path=ORDER, status=500), False),
        (Fault("refuse", path=ORDER, status=502, json=False), False),
    ],
    ids=lambda value: f"{value.kind} {value.status or ''}" if isinstance(value, Fault) else "",
)
def test_an_order_without_an_answer_is_of_unknown_outcome_and_sent_once(
    market: Running, fault: Fault, taken: bool
) -> None:
    outcome_unknown(market, fault, taken=taken)


@pytest.mark.parametrize(("kind", "taken"), [("delay", True), ("silence", False)])
def test_an_order_whose_deadline_passes_is_of_unknown_outcome_and_sent_once(
    impatient: Running, kind: str, taken: bool
) -> None:
    outcome_unknown(impatient, Fault(kind, path=ORDER, seconds=2 * IMPATIENT_S), taken=taken)


def outcome_unknown(market: Running, fault: Fault, *, taken: bool) -> None:
    """An order that a fault strikes is of unknown outcome, whether the broker took it or not."""
    market.faults.add(fault)
    with pytest.raises(lp.OrderOutcomeUnknown) as caught:
        lp.buy("700.HK", 100)
    [line] = Journal(lp.session().account_file).lines()
    assert (line.key, line.outcome) == (caught.value.key, Outcome.UNKNOWN)
    with pytest.raises(lp.DuplicateOrder, match="outcome is unknown"):
        lp.buy("700.HK", 100)
    assert sent(market) == 1
    assert len(lp.orders()) == taken


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault("refuse", path=ORDER), lp.RateLimited, "code 429002"),
        (Fault("refuse", path=ORDER, json=False), lp.RateLimited, "429 Too Many Requests"),
        (Fault("refuse", path=ORDER, status=400, code=602315, message="not here"), lp.ServerRejected, "not here"),
        (Fault("refuse_auth", path=ORDER), lp.AuthFailed, "code 401004"),
        (Fault("expire_session", path=ORDER), lp.AuthFailed, "The access token has expired: make a new one"),
    ],
    ids=lambda value: f"{value.kind} {value.status} {value.json}" if isinstance(value, Fault) else "",
)
def test_a_refused_order_says_why_and_may_be_sent_again(
    market: Running, fault: Fault, error: type[Exception], words: str
) -> None:
    market.faults.add(fault)
    with pytest.raises(error, match=words):
        lp.buy("700.HK", 100)
    assert sent(market) == 1
    assert lp.orders().empty
    lp.buy("700.HK", 100)
    assert sent(market) == 2
    assert len(lp.orders()) == 1


@pytest.mark.parametrize(
    "fault", [Fault("cut", path=TODAY), Fault("refuse", path=TODAY, json=False)], ids=lambda fault: str(fault.kind)
)
def test_a_read_over_http_is_asked_again(market: Running, fault: Fault) -> None:
    market.faults.add(fault)
    assert lp.orders().empty
    assert sent(market, TODAY) == 2


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (Fault("refuse", path=TODAY, status=503, json=False), lp.ServerRejected, "503 Service Unavailable"),
        (Fault("garble", path=TODAY), lp.ServerRejected, "not an answer of the API"),
        (Fault("refuse_auth", path=TODAY), lp.AuthFailed, "token invalid"),
    ],
    ids=lambda value: str(value.kind) if isinstance(value, Fault) else "",
)
def test_a_read_over_http_that_cannot_be_answered_says_why(
    market: Running, fault: Fault, error: type[Exception], words: str
) -> None:
    market.faults.add(fault)
    with pytest.raises(error, match=words):
        lp.orders()
    assert lp.orders().empty


@pytest.mark.parametrize(
    "fault",
    [
        Fault("cut", command=DEPTH),
        Fault("garble", command=DEPTH),
        Fault("expire_session", command=DEPTH),
        Fault("refuse", command=DEPTH),
    ],
    ids=lambda fault: str(fault.kind),
)
def test_a_read_over_the_link_is_asked_again(market: Running, fault: Fault) -> None:
    market.faults.add(fault)
    assert len(lp.depth("700.HK")) == 10
    assert asked(market, DEPTH) == 2


def test_a_silent_link_is_given_up_and_the_read_asked_on_the_next() -> None:
    with (
        serve(seed=7, clock=ManualClock(MONDAY_NOON), limits=replace(Limits.unpaced(), ping_every_s=0.1)) as market,
        hasty_session(market, silence_s=1.0),
    ):
        market.faults.add(Fault("silence", command=DEPTH))
        assert len(lp.depth("700.HK")) == 10
        assert asked(market, DEPTH) == 2


def test_a_read_that_is_not_answered_is_told_at_the_deadline(impatient: Running) -> None:
    impatient.faults.add(Fault("drop", command=DEPTH), Fault("silence", path=TODAY))
    with pytest.raises(lp.RequestTimeout, match="command 14"):
        lp.depth("700.HK")
    with pytest.raises(lp.RequestTimeout, match=f"{TODAY}.* {IMPATIENT_S} s"):
        lp.orders()
    assert len(lp.depth("700.HK")) == 10
    assert lp.orders().empty


def test_a_late_answer_and_one_that_comes_twice_are_no_answers_to_others(market: Running) -> None:
    faults = [Fault("duplicate", command=DEPTH), Fault("delay", command=DEPTH, nth=2, seconds=0.1)]
    market.faults.add(*faults)
    books = {symbol: lp.depth(symbol).attrs["lpresearch"]["symbol"] for symbol in ("700.HK", "5.HK", "9988.HK")}
    assert books == {symbol: symbol for symbol in books}
    assert asked(market, DEPTH) == 3


def test_a_refusal_without_an_end_is_told(market: Running) -> None:
    market.faults.add(Fault("refuse", command=DEPTH, status=7, code=301602, message="server error", times="always"))
    with pytest.raises(lp.ServerRejected, match="301602"):
        lp.depth("700.HK")


def test_a_session_that_is_refused_is_replaced_by_a_new_one(market: Running) -> None:
    market.faults.add(Fault("cut", command=DEPTH), Fault("refuse_auth", on="quote"))
    assert len(lp.depth("700.HK")) == 10
    ways_in = [heard.command for heard in market.recorded if heard.kind == "ws" and heard.command in (2, 3)]
    assert ways_in == [2, 3, 2]


def test_a_password_that_is_refused_says_so() -> None:
    with (
        simulator(Fault("refuse_auth", on="quote")) as market,
        pytest.raises(lp.AuthFailed, match="refused the one-time password with code 401003"),
        hasty_session(market),
    ):
        pass


def watched(session: Session) -> list[str]:
    """The states of orders, as they are pushed from now on."""
    heard: list[str] = []
    session.on_order(lambda push: heard.append(push.status))
    session.io(session.source.watch_orders()).block()
    return heard


def wait_until(done: Callable[[], bool]) -> None:
    """Look again and again."""
    until = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


@pytest.mark.parametrize("kind", ["cut", "garble", "expire_session"])
def test_orders_are_pushed_again_after_a_break_and_a_refused_subscription(market: Running, kind: str) -> None:
    heard = watched(lp.session())
    refusals = Fault("refuse", command=TRADE_SUBSCRIBE, status=7, code=500000, message="server error", times=2)
    market.faults.add(Fault(kind, on="trade", command=ORDER_PUSH), refusals)
    lp.buy("700.HK", 100)
    wait_until(lambda: asked(market, TRADE_SUBSCRIBE) == 4)
    heard.clear()
    wait_until(lambda: not market.faults.active)
    lp.buy("5.HK", 400)
    wait_until(lambda: "FilledStatus" in heard)
    assert heard == ["WaitToNew", "NewStatus", "FilledStatus"]


def test_orders_are_pushed_once_a_refused_subscription_is_asked_for_again(market: Running) -> None:
    market.faults.add(Fault("refuse", command=TRADE_SUBSCRIBE, status=7, code=500000, message="server error"))
    session = lp.session()
    with pytest.raises(lp.ServerRejected, match="server error"):
        session.io(session.source.watch_orders()).block()
    heard = watched(session)
    lp.buy("700.HK", 100)
    wait_until(lambda: "FilledStatus" in heard)


def test_a_push_of_an_order_that_comes_twice_is_heard_as_it_comes(market: Running) -> None:
    """Each push holds the whole order, so hearing one again changes nothing."""
    heard = watched(lp.session())
    market.faults.add(Fault("duplicate", on="trade", command=ORDER_PUSH, nth=2))
    lp.buy("700.HK", 100)
    wait_until(lambda: "FilledStatus" in heard)
    assert heard == ["WaitToNew", "NewStatus", "NewStatus", "FilledStatus"]


def test_an_order_that_is_told_filled_first_is_filled(market: Running) -> None:
    heard = watched(lp.session())
    market.faults.add(Fault("filled_first"))
    receipt = lp.buy("700.HK", 100)
    wait_until(lambda: "NewStatus" in heard)
    assert heard == ["WaitToNew", "FilledStatus", "NewStatus"]
    assert lp.order(receipt)["status"].item() == "FilledStatus"
