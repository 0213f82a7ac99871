"""The quotes of 500 symbols to a DataFrame: lpresearch beside both official SDKs on one server. Run it as a script.

::

    python -m tests.bench.bench_quotes

The server is a process of its own and answers from memory, so that it is not what is measured. No pace is kept. Hong
Kong has the regular quote, US symbols the pre-market, post-market and overnight quotes besides.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import lpresearch as lp
from lpresearch.base.source import Pace
from lpresearch.sources import longport_facts, longport_pulls
from tests.bench.sdk_history import milliseconds
from tests.bench.turns import serve_from_memory, take_turns

TURNS, ROUNDS, SYMBOLS = 3, 25, 500
NOW = 1_741_636_800.0  # Monday 2025-03-10 20:00 UTC: the close of New York
QUOTES = 11
LISTS = {
    f"{SYMBOLS} HK": [f"{number}.HK" for number in range(1, SYMBOLS + 1)],
    f"{SYMBOLS} US": [f"U{number:03}.US" for number in range(1, SYMBOLS + 1)],
}


def ours() -> dict[str, list[float]]:
    """The times of our client, as ``sdk_quotes`` takes them; of the documented pace only the keeping is left."""
    unpaced = replace(longport_facts.CAPS, quote_pace=Pace(calls=10**6, per_s=1.0))
    setattr(longport_pulls, "CAPS", unpaced)  # noqa: B010 (for this program only, behind the back of the types)
    for symbols in LISTS.values():
        assert len(lp.quote(symbols)) == SYMBOLS
    times = {name: milliseconds(partial(lp.quote, symbols), ROUNDS) for name, symbols in LISTS.items()}
    lp.disconnect()
    return times


def main() -> None:
    """Print the table. The clients take turns, so that a busy machine is no client's alone."""
    program = [sys.executable, "-m", "tests.bench.bench_quotes"]
    sdk = [sys.executable, "-m", "tests.bench.sdk_quotes"]
    clients = {
        "lpresearch": [*program, "ours"],
        **{brand: [*sdk, brand, str(ROUNDS), json.dumps(LISTS)] for brand in ("longport", "longbridge")},
    }
    overnight = {"LONGPORT_ENABLE_OVERNIGHT": "true", "LONGBRIDGE_ENABLE_OVERNIGHT": "true"}
    times = take_turns([*program, "serve"], clients, measures=LISTS, turns=TURNS, settings=overnight)
    for word, of in (("median", statistics.median), ("best", min)):
        figures = {name: {what: of(all_of) for what, all_of in found.items()} for name, found in times.items()}
        print(f"{word + ', quotes of':<18}" + "".join(f"{what:>22}" for what in LISTS))
        for name, found in figures.items():
            cells = (f"{found[what]:.2f} ms {found[what] / figures['lpresearch'][what]:>6.1f}x" for what in LISTS)
            print(f"{name:<18}" + "".join(f"{cell:>22}" for cell in cells))


ROLES: dict[str, Callable[[], None]] = {
    "serve": lambda: serve_from_memory(QUOTES, now=NOW, universe=2 * SYMBOLS),
    "ours": lambda: print(json.dumps(ours())),
}
if __name__ == "__main__":
    ROLES.get(" ".join(sys.argv[1:]), main)()
