"""What an account may see of each market, and which prices come late because of that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lpresearch.base.symbols import Symbol

US_OPTIONS = "USOption"  # quote cards of options are apart from those of their market


@dataclass(frozen=True)
class QuoteLevel:
    """The quote cards that an account has of a market.

    Parameters
    ----------
    market : HK, US, CN, SG or USOption.
    cards : their names, as the server tells them.
    live : how many symbols of a request come without delay; None for all of them.
    """

    market: str
    cards: tuple[str, ...]
    live: int | None = None

    def __str__(self) -> str:
        late = {None: "", 0: ", delayed"}.get(self.live, f", delayed beyond {self.live} symbols")
        return f"{self.market}: {', '.join(self.cards) or 'no card'}{late}"


def cards_market(symbol: Symbol) -> str:
    """The market whose quote cards a symbol needs."""
    return US_OPTIONS if symbol.is_us_option else str(symbol.market)


def delayed(levels: Iterable[QuoteLevel], symbols: Iterable[Symbol]) -> list[str]:
    """The symbols, of those asked together, whose prices come late by what the account may see."""
    left = {level.market: level.live for level in levels if level.live is not None}
    late = []
    for symbol in symbols if left else ():
        market = cards_market(symbol)
        if market in left:
            if left[market] <= 0:
                late.append(str(symbol))
            left[market] -= 1
    return late
