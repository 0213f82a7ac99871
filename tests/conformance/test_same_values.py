"""Every quote call of both official SDKs, and ours beside it: the same values, field by field, over both transports.

Each pair of calls is made at the same moment of the same server, whose clock stands still.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import pytest

import lpresearch as lp
from tests.conformance.agreement import differences
from tests.conformance.bench import open_bench, talk
from tests.conformance.our_calls import outcome
from tests.conformance.our_pulls import OURS, Asked, comparable

Record = Callable[[str, object], None]

PROGRAM = "tests.conformance.pull_calls"
OVERNIGHT = {"LONGPORT_ENABLE_OVERNIGHT": "true", "LONGBRIDGE_ENABLE_OVERNIGHT": "true"}
OVER_HTTP = {"LONGPORT_QUOTE_TRANSPORT": "http", "LONGBRIDGE_QUOTE_TRANSPORT": "http"}
#: A column of the table: the brand of the SDK, and how both sides ask.
SIDES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "longport": ("longport", {}),
    "longbridge": ("longbridge", {}),
    "longbridge http": ("longbridge", OVER_HTTP),
}
#: What 3.x has no method for.
LAST = "filings"  # what follows has no function of ours
NEWER = frozenset({"filings"})
ROWS = [
    (name, call) for name, (brand, _) in SIDES.items() for call in OURS if brand == "longbridge" or call not in NEWER
]


@dataclass
class Compared:
    """What an SDK was answered and what ours gave, by the names of the calls."""

    theirs: dict[str, Any] = field(default_factory=dict)
    ours: dict[str, Any] = field(default_factory=dict)


@cache
def compare(name: str) -> Compared:
    """Every call of one column, ours straight after the SDK's; they are made once."""
    brand, settings = SIDES[name]
    made = Compared()
    with pytest.MonkeyPatch.context() as patch, open_bench() as bench:
        for variable, value in (bench.server.environment() | OVERNIGHT | dict(settings)).items():
            patch.setenv(variable, value)
        asked = Asked(brand, bench.parameters(), made.theirs)
        calls = talk(bench.server, PROGRAM, brand, json.dumps(asked.given), settings=OVERNIGHT | dict(settings))
        try:
            for call, value in calls:
                made.theirs[call] = value
                if call in OURS:
                    made.ours[call] = outcome(partial(OURS[call], asked))
                if call == LAST:
                    break
        finally:
            calls.close()
            lp.disconnect()
    return made


@pytest.mark.parametrize(
    ("name", "call"),
    [pytest.param(*row, marks=[pytest.mark.slow] if row[0] == "longbridge http" else []) for row in ROWS],
)
def test_a_call_gives_the_values_that_the_sdk_gives(name: str, call: str, record_property: Record) -> None:
    compared = compare(name)
    record_property("compared", "our quote functions")
    record_property("call", call)
    record_property("brand", name)
    theirs = comparable(call, compared.theirs[call])
    assert theirs or call.startswith("watchlist"), "an empty answer shows nothing"
    found = list(differences(theirs, compared.ours[call], SIDES[name][0]))
    assert not found, f"{call}: {len(found)} differences, such as " + "; ".join(found[:5])
