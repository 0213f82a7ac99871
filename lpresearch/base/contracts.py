"""Options and warrants in neutral words: what kinds there are, and what a list of warrants is filtered by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class WarrantType(StrEnum):
    """Kinds of warrants; the position in the class is the wire's number (longport.md 5, command 23)."""

    CALL = "Call"
    PUT = "Put"
    BULL = "Bull"
    BEAR = "Bear"
    INLINE = "Inline"


class WarrantExpiry(StrEnum):
    """How long a warrant still runs; the position in the class is the wire's number, from 1."""

    BELOW_3 = "<3m"
    FROM_3_TO_6 = "3-6m"
    FROM_6_TO_12 = "6-12m"
    ABOVE_12 = ">12m"


class Moneyness(StrEnum):
    """Whether a warrant is in the money, or the underlying within the bounds of an inline warrant; from 1."""

    IN = "in"
    OUT = "out"


class WarrantStatus(StrEnum):
    """Whether a warrant trades; the position in the class is the wire's number, from 2."""

    SUSPEND = "Suspend"
    PREPARE = "Prepare"
    NORMAL = "Normal"


class WarrantSort(StrEnum):
    """What a list of warrants is sorted by; the position in the class is the wire's number."""

    LAST_DONE = "last_done"
    CHANGE_RATE = "change_rate"
    CHANGE_VAL = "change_val"
    VOLUME = "volume"
    TURNOVER = "turnover"
    EXPIRY_DATE = "expiry_date"
    STRIKE_PRICE = "strike_price"
    UPPER_STRIKE_PRICE = "upper_strike_price"
    LOWER_STRIKE_PRICE = "lower_strike_price"
    OUTSTANDING_QTY = "outstanding_qty"
    OUTSTANDING_RATIO = "outstanding_ratio"
    PREMIUM = "premium"
    ITM_OTM = "itm_otm"
    IMPLIED_VOLATILITY = "implied_volatility"
    DELTA = "delta"
    CALL_PRICE = "call_price"
    TO_CALL_PRICE = "to_call_price"
    EFFECTIVE_LEVERAGE = "effective_leverage"
    LEVERAGE_RATIO = "leverage_ratio"
    CONVERSION_RATIO = "conversion_ratio"
    BALANCE_POINT = "balance_point"
    STATUS = "status"


class SortOrder(StrEnum):
    """Which way a list is sorted; the position in the class is the wire's number."""

    ASCENDING = "asc"
    DESCENDING = "desc"


@dataclass(frozen=True)
class WarrantFilter:
    """Which warrants are wanted; an empty tuple lets all pass. ``count`` 0 is all of them from ``offset`` on."""

    types: tuple[WarrantType, ...] = ()
    issuers: tuple[int, ...] = ()
    expiries: tuple[WarrantExpiry, ...] = ()
    price_types: tuple[Moneyness, ...] = ()
    states: tuple[WarrantStatus, ...] = ()
    sort_by: WarrantSort = WarrantSort.TURNOVER
    sort_order: SortOrder = SortOrder.DESCENDING
    offset: int = 0
    count: int = 0
