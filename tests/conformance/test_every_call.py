"""Every call that the contexts of both official SDKs have is made, over both transports, and reads what is true.

The synchronous contexts of both, those of 5.x over HTTP too, and its asynchronous ones.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.conformance.agreement import misread
from tests.conformance.every import OUTSIDE, VARIANTS, Made
from tests.conformance.truths import TRUTHS

Record = Callable[[str, object], None]

COLUMNS = {variant.name: variant for variant in VARIANTS}
PLAIN = ("longport", "longbridge")  # the other ways of the newer SDK are for the slow tests


def column(name: str, *more: str) -> object:
    """A parameter set of one column."""
    return pytest.param(name, *more, marks=[] if name in PLAIN else [pytest.mark.slow])


ROWS = [column(name, call) for name, variant in COLUMNS.items() for call in TRUTHS if call not in variant.without]


@pytest.mark.parametrize("made", [column(name) for name in COLUMNS], indirect=True)
def test_every_method_of_the_contexts_is_called_or_named_as_outside_the_protocol(made: Made) -> None:
    assert made.methods.keys() == OUTSIDE.keys()
    for context, methods in made.methods.items():
        not_called = set(methods["there"]) - set(methods["called"])
        assert not_called == set(methods["there"]) & OUTSIDE[context].keys()
        assert len(methods["called"]) > 15


@pytest.mark.parametrize("made", [column(name) for name in COLUMNS], indirect=True)
def test_every_row_of_the_table_is_made_and_no_other_call(made: Made) -> None:
    assert set(made.read) == set(TRUTHS) - made.variant.without


@pytest.mark.parametrize(("made", "call"), ROWS, indirect=["made"])
def test_a_call_reads_what_the_server_says(made: Made, call: str, record_property: Record) -> None:
    record_property("compared", "every call")
    record_property("call", call)
    record_property("brand", made.variant.name)
    found = list(misread(made.read[call], made.true[call]))
    assert not found, f"{call}: {len(found)} differences, such as " + "; ".join(found[:5])
