"""What both official SDKs make of each fault: they come back, tell the code they are told, and send no order twice.

But for one case: an order that a gateway refuses with HTTP 429 and no envelope, they send again by themselves.
"""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from lpresearch.sim import Fault, Running, serve
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.recorder import Recorded
from tests.conformance.bench import BRANDS, START, talk
from tests.conformance.our_calls import wait_for
from tests.conformance.test_reconnects import CALENDAR, SPEED

pytestmark = pytest.mark.slow  # the SDKs wait for two seconds before each attempt to come back

PROGRAM = "tests.conformance.fault_calls"
ORDER, TODAY, TOKEN = "POST /v1/trade/order", "GET /v1/trade/order/today", "GET /v1/socket/token"
RESUMED: list[int | str] = [3, 6]
ANEW: list[int | str] = [3, TOKEN, 2, 6]


@dataclass(frozen=True)
class Case:
    """A step of the program amid a fault.

    ``told`` is what the step gives: a value, a code of the broker's, or words; ``sent`` what the SDK sends meanwhile,
    with what it sends to come back.
    """

    step: str
    fault: Fault
    told: bool | int | str | list[str]
    sent: list[int | str]


def push(kind: str) -> Fault:
    """Strikes the next push of a quote."""
    return Fault(kind, on="quote", command=101)


def depth(kind: str, **more: Any) -> Fault:
    """Strikes the next answer about a book."""
    return Fault(kind, command=14, **more)


def order(kind: str, **more: Any) -> Fault:
    """Strikes the next order."""
    return Fault(kind, method="POST", path="/v1/trade/order", **more)


def today(kind: str, **more: Any) -> Fault:
    """Strikes the next question for the orders of today."""
    return Fault(kind, path="/v1/trade/order/today", **more)


CASES = (
    Case("pushes: cut", push("cut"), True, RESUMED),
    Case("pushes: garbled", push("garble"), True, RESUMED),
    Case("pushes: expired session", push("expire_session"), True, ANEW),
    Case("pushes: dropped", push("drop"), True, []),
    Case("pushes: twice", push("duplicate"), True, []),
    Case("pushes: reordered", push("reorder"), True, []),
    Case("pushes: delayed", push("delay"), True, []),
    Case("depth: delayed", depth("delay"), 10, [14]),
    Case("depth: twice", depth("duplicate"), 10, [14]),
    Case("depth: refused", depth("refuse", status=7, code=301604, message="no access"), 301604, [14]),
    Case("submit: too fast", order("refuse"), 429002, [ORDER]),
    Case("submit: server error", order("refuse", status=500), 500000, [ORDER]),
    Case("submit: a gateway's page", order("refuse", status=502, json=False), "502 Bad Gateway", [ORDER]),
    Case("submit: not heard", order("drop"), "error sending request", [ORDER]),
    Case("submit: token invalid", order("refuse_auth"), 401004, [ORDER]),
    Case("submit: token expired", order("expire_session"), 401003, [ORDER]),
    Case("orders: none was taken", today("delay", seconds=0.0), 0, [TODAY]),
    Case("submit: reply lost", order("lose_reply"), "error sending request", [ORDER]),
    Case("submit: a page for a reply", order("lose_reply", status=504), "504 Gateway Timeout", [ORDER]),
    Case("submit: reply cut", order("cut"), "error decoding response body", [ORDER]),
    Case("submit: reply garbled", order("garble"), "deserialize response body error", [ORDER]),
    Case("orders: all four were taken", today("delay", seconds=0.0), 4, [TODAY]),
    Case("submit: 429 without an envelope", order("refuse", json=False), "", [ORDER, ORDER]),
    Case("orders: too fast", today("refuse"), 429002, [TODAY]),
    Case("orders: 429 without an envelope", today("refuse", json=False), 5, [TODAY, TODAY]),
    Case("orders: reply lost", today("drop"), "error sending request", [TODAY]),
    Case("orders: reply cut", today("cut"), "error decoding response body", [TODAY]),
    Case("life: filled first", Fault("filled_first"), ["WaitToNew", "Filled", "New"], [ORDER]),
)


def heard(recorded: list[Recorded]) -> list[int | str]:
    """Commands and endpoints, but for the calendars that 5.x asks for late."""
    named = [one.command if one.kind == "ws" else f"{one.method} {one.path}" for one in recorded]
    return [name for name in named if name != CALENDAR]


def set_fault(server: Running, case: Case) -> None:
    """Set a fault; one of pushes strikes by itself, and the next push must be one that came after."""
    before = len(server.faults.happened())
    server.faults.add(case.fault)
    if case.step.startswith("pushes"):
        wait_for(lambda: len(server.faults.happened()) > before)


@pytest.mark.parametrize("brand", BRANDS)
def test_an_sdk_lives_through_every_fault(brand: str) -> None:
    steps = json.dumps(["connect", *(case.step for case in CASES)])
    with (
        serve(clock=Clock(start=START, speed=SPEED), limits=Limits.unpaced()) as server,
        closing(talk(server, PROGRAM, brand, steps)) as calls,
    ):
        assert next(calls) == ("connect", None)
        for case in CASES:
            since = len(server.recorded)
            set_fault(server, case)
            step, told = next(calls)
            assert step == case.step
            as_expected(case, told)
            assert heard(server.recorded[since:]) == case.sent, case.step
        assert len(server.faults.happened()) == len(CASES)


def as_expected(case: Case, told: Any) -> None:
    """A value, or an error by its code or its words."""
    if isinstance(told, dict) and isinstance(case.told, str):
        assert case.told in told["message"], case.step
        assert told["code"] is None, case.step
    elif isinstance(told, dict):
        assert told["code"] == case.told, case.step
    else:
        assert told == case.told or (case.told == "" and told), case.step
