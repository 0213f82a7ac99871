"""Made-up shares for tests of scale: any well-formed symbol of a share, as many as wanted. Holds no prices.

The first symbols that are asked for are those that are listed. What a share is like depends on its symbol alone.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from lpresearch.base.errors import SymbolError
from lpresearch.base.markets import tick_at
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market import draws
from lpresearch.sim.market.instruments import Listing, plain_listing

_TICKERS = {
    "HK": re.compile(r"[1-9]\d{0,4}"),
    "US": re.compile(r"[A-Z][A-Z0-9]{0,5}([.-][A-Z]{1,2})?"),
    "SH": re.compile(r"\d{6}"),
    "SZ": re.compile(r"\d{6}"),
    "SG": re.compile(r"[A-Z0-9]{3,4}"),
}


class Universe:
    """The made-up shares of one market.

    Parameters
    ----------
    size : how many there are at most.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._listed: dict[str, Listing] = {}

    def find(self, symbol: str) -> Listing | None:
        """A share; None where the symbol is none of a share, or as many as wanted are listed already."""
        kept = self._listed.get(symbol)
        if kept is not None or len(self._listed) >= self._size or not _is_share(symbol):
            return kept
        return self._listed.setdefault(symbol, _made_up(Symbol(symbol)))


def _is_share(symbol: str) -> bool:
    try:
        known = Symbol(symbol)
    except SymbolError:
        return False
    return known == symbol and _TICKERS[known.region].fullmatch(known.ticker) is not None


def _made_up(symbol: Symbol) -> Listing:
    word = draws.stream_key(0, f"universe {symbol}")
    price = Decimal(500 + word % 30_000) / 100
    plain = plain_listing(symbol, price)
    shares = 50_000_000 + (word >> 40) % 2_000 * 1_000_000
    return replace(
        plain,
        reference_price=price // tick_at(plain.ticks, price) * tick_at(plain.ticks, price),
        name_en=f"Universe {symbol.ticker}",
        annual_volatility=0.15 + (word >> 16) % 60 / 100,
        daily_volume=200_000 + (word >> 24) % 20_000_000,
        total_shares=shares,
        circulating_shares=shares,
    )
