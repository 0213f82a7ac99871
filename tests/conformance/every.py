"""Lets an official SDK make every call it has, in each way that it can make them, and asks the server what is true."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.conformance.asked import Asked
from tests.conformance.bench import START, open_bench, talk
from tests.conformance.truths import TRUTHS

PROGRAM = "tests.conformance.every_call"
#: After which call the clock moves, in seconds from START: prices change, and pushes follow.
MOVES = {"first push of brokers": 300.0, "subscriptions": 430.0}
OVERNIGHT = {"LONGPORT_ENABLE_OVERNIGHT": "true", "LONGBRIDGE_ENABLE_OVERNIGHT": "true"}
NEWER = frozenset(
    call
    for call in TRUTHS
    if call.startswith(("update_pinned", "filings", "short_", "all_executions", "option_volume"))
    or call.endswith(
        (": a bracket", "attached", "again", "afterwards", "delayed", "at once", "no more", "several legs")
    )
) - {"watchlist afterwards"}
#: Methods that stand outside the protocol document, and why.
OUTSIDE = {
    "QuoteContext": {"us_crypto_overview": "an endpoint of the US data centre, not in longport.md 9"},
    "TradeContext": {
        "set_on_grid_order_changed": "pushes of grid orders are not in longport.md 8",
        **dict.fromkeys(
            (
                "us_asset_overview", "us_available_holding", "us_cash_and_buy_power", "us_exchange_rates",
                "us_order_detail", "us_query_orders", "us_realized_pl", "us_transaction_history",
            ),
            "accounts of the US data centre have endpoints of their own (longport.md 7.4)",
        ),
    },
}  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """One way of calling: a column of the table.

    Parameters
    ----------
    without : the rows that it has no method for.
    """

    name: str
    brand: str
    way: str = "sync"
    settings: Mapping[str, str] = field(default_factory=dict, hash=False)
    without: frozenset[str] = frozenset()


VARIANTS = (
    Variant("longport", "longport", without=NEWER),
    Variant("longbridge", "longbridge"),
    Variant("longbridge http", "longbridge", settings={"LONGBRIDGE_QUOTE_TRANSPORT": "http"}),
    Variant("longbridge async", "longbridge", "async", without=frozenset({"option_volume", "option_volume_daily"})),
)


@dataclass
class Made:
    """What a variant read and what is true, by the names of the calls; and the methods of its contexts."""

    variant: Variant
    read: dict[str, Any] = field(default_factory=dict)
    true: dict[str, Any] = field(default_factory=dict)
    methods: dict[str, dict[str, list[str]]] = field(default_factory=dict)


@cache
def make_every_call(variant: Variant) -> Made:
    """A fresh server, and all the calls of a variant; they are made once."""
    made = Made(variant)
    with open_bench() as bench:
        asked = Asked(bench, variant.brand)
        given = bench.parameters() | {"later": str(START + 3600)}
        calls = talk(
            bench.server,
            PROGRAM,
            variant.brand,
            variant.way,
            json.dumps(given),
            settings=OVERNIGHT | dict(variant.settings),
        )
        for name, value in calls:
            if name == "methods":
                made.methods = value
                continue
            made.read[name] = asked.values[name] = value
            made.true[name] = truth_of(asked, TRUTHS.get(name))
            if name in MOVES:
                bench.clock.advance(START + MOVES[name] - bench.clock.now())
    return made


def truth_of(asked: Asked, truth: Callable[[Asked], Any] | None) -> Any:
    """What a call should read. Where the truth rests on a call before that failed, that is the difference told."""
    try:
        return truth(asked) if truth else "no truth is known of this call"
    except (KeyError, TypeError, IndexError) as exc:
        return f"no truth without the calls before: {exc!r}"
