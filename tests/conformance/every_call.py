"""Makes every call of the contexts of one official SDK, the synchronous or the asynchronous ones: a program of its own.

``python -m tests.conformance.every_call longport|longbridge sync|async PARAMETERS``: it speaks as ``sdk_calls`` does, a
line of JSON per call, and at last tells which methods each context has and which of them were called.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

from tests.conformance.contexts import Call, Sdk
from tests.conformance.quote_calls import QuoteCalls
from tests.conformance.sdk_calls import outcome
from tests.conformance.trade_calls import TradeCalls


def calls_of(sdk: Sdk) -> Iterator[Call]:
    """Name and work of each call, in the order in which they are to be made."""
    quotes = QuoteCalls(sdk)
    trade = TradeCalls(sdk, quotes)
    yield from quotes.all()
    yield from trade.all()
    yield "methods", lambda: {"QuoteContext": quotes.quote.methods(), "TradeContext": trade.trade.methods()}


def main() -> None:
    for name, work in calls_of(Sdk(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]))):
        print(json.dumps([name, outcome(work, Exception)]), flush=True)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
