"""Made-up US shares for tests of scale: ``U0001.US``, ``U0002.US`` and so on, as many as wanted. Holds no prices."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from lpresearch.base.symbols import Symbol
from lpresearch.sim.market import draws
from lpresearch.sim.market.instruments import Listing, plain_listing

_SYMBOL = re.compile(r"U(\d{4,6})\.US\Z")
_KEPT = 4096


def symbols(size: int) -> list[str]:
    """The symbols of a universe of so many."""
    return [f"U{number:04d}.US" for number in range(1, size + 1)]


def listing(symbol: str, size: int) -> Listing | None:
    """One of the first ``size`` made-up shares; None for any other symbol."""
    found = _SYMBOL.match(symbol)
    number = int(found[1]) if found else 0
    return _listing(number) if 1 <= number <= size and symbol == f"U{number:04d}.US" else None


@lru_cache(maxsize=_KEPT)
def _listing(number: int) -> Listing:
    word = draws.stream_key(0, f"universe {number}")
    plain = plain_listing(Symbol(f"U{number:04d}.US"), Decimal(500 + word % 30_000) / 100)
    shares = 50_000_000 + (word >> 40) % 2_000 * 1_000_000
    name = f"Universe {number:04d}"
    return replace(
        plain,
        name_en=name,
        name_cn=name,
        name_hk=name,
        annual_volatility=0.15 + (word >> 16) % 60 / 100,
        daily_volume=200_000 + (word >> 24) % 20_000_000,
        total_shares=shares,
        circulating_shares=shares,
    )
