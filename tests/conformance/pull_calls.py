"""Makes every quote call of one official SDK that asks and is answered: a program of its own.

``python -m tests.conformance.pull_calls longport|longbridge PARAMETERS``: it speaks as ``sdk_calls`` does, a line of
JSON per call.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from tests.conformance.contexts import Call, Sdk
from tests.conformance.quote_calls import QuoteCalls
from tests.conformance.sdk_calls import outcome


def calls_of(calls: QuoteCalls) -> Iterator[Call]:
    """Name and work of each call, in the order in which they are to be made."""
    yield "connect quotes", calls.connect_quotes
    yield from calls.prices()
    yield from calls.contracts()
    yield from calls.calendar_and_money()
    yield from calls.watchlist()
    yield from calls.reference()


def main() -> None:
    for name, work in calls_of(QuoteCalls(Sdk(sys.argv[1], "sync", json.loads(sys.argv[2])))):
        print(json.dumps([name, outcome(work, Exception)]), flush=True)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
