"""What each market fixes for everyone: zone, currency, tick tables, order types. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Market(StrEnum):
    """A market as the broker names it in calendars and sessions."""

    HK = "HK"
    US = "US"
    CN = "CN"
    SG = "SG"


class OrderType(StrEnum):
    """Order types by their wire names (longport.md 7.1)."""

    LO = "LO"
    ELO = "ELO"
    MO = "MO"
    AO = "AO"
    ALO = "ALO"
    ODD = "ODD"
    LIT = "LIT"
    MIT = "MIT"
    TSLPAMT = "TSLPAMT"
    TSLPPCT = "TSLPPCT"
    TSMAMT = "TSMAMT"
    TSMPCT = "TSMPCT"
    SLO = "SLO"


@dataclass(frozen=True)
class MarketRules:
    """The fixed facts of one market."""

    market: Market
    zone: str  # IANA name
    currency: str
    tradable: bool  # whether the platform takes orders there
    order_types: frozenset[OrderType]


_US_TYPES = frozenset({OrderType.LO, OrderType.MO, OrderType.LIT, OrderType.MIT, OrderType.TSLPAMT, OrderType.TSLPPCT})
_HK_TYPES = frozenset(OrderType) - {OrderType.TSMAMT, OrderType.TSMPCT}

# longport.md 7.1 (order types), 10.2 (zones); the platform trades HK and US only.
MARKETS: dict[Market, MarketRules] = {
    Market.HK: MarketRules(Market.HK, "Asia/Hong_Kong", "HKD", True, _HK_TYPES),
    Market.US: MarketRules(Market.US, "America/New_York", "USD", True, _US_TYPES),
    Market.CN: MarketRules(Market.CN, "Asia/Shanghai", "CNY", False, frozenset()),
    Market.SG: MarketRules(Market.SG, "Asia/Singapore", "SGD", False, frozenset()),
}

TickTable = tuple[tuple[Decimal, Decimal], ...]  # (price from which, step), ascending


def _table(*rows: tuple[str, str]) -> TickTable:
    return tuple((Decimal(start), Decimal(step)) for start, step in rows)


# HKEX spread table, part A (shares, warrants, CBBCs), as in force since phase 1 of its reduction (2025-08-04).
HK_TICKS = _table(
    ("0", "0.001"), ("0.25", "0.005"), ("0.5", "0.01"), ("10", "0.01"), ("20", "0.02"), ("50", "0.05"),
    ("100", "0.1"), ("200", "0.2"), ("500", "0.5"), ("1000", "1"), ("2000", "2"), ("5000", "5"),
)  # fmt: skip
# HKEX spread table for exchange-traded funds (part D).
HK_ETF_TICKS = _table(
    ("0", "0.001"), ("1", "0.002"), ("5", "0.005"), ("10", "0.01"), ("20", "0.02"), ("100", "0.05"),
    ("200", "0.1"), ("500", "0.2"), ("1000", "0.5"), ("2000", "1"),
)  # fmt: skip
# SEC rule 612: a cent from one dollar up, a hundredth of a cent below.
US_TICKS = _table(("0", "0.0001"), ("1", "0.01"))
CN_TICKS = _table(("0", "0.01"))
CN_FUND_TICKS = _table(("0", "0.001"))
SG_TICKS = _table(("0", "0.001"), ("0.2", "0.005"), ("1", "0.01"))


def tick_table(market: Market, *, fund: bool = False) -> TickTable:
    """The tick table of a market's shares, or of its exchange-traded funds."""
    if market is Market.HK:
        return HK_ETF_TICKS if fund else HK_TICKS
    if market is Market.CN:
        return CN_FUND_TICKS if fund else CN_TICKS
    return US_TICKS if market is Market.US else SG_TICKS


def tick_at(table: TickTable, price: Decimal) -> Decimal:
    """The price step that applies at a price."""
    step = table[0][1]
    for start, candidate in table:
        if price < start:
            break
        step = candidate
    return step
