"""The warrants on one underlying, filtered, sorted and paged as command 23 asks (longport.md 5). Asks no market."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum

from lpresearch.sim.market.contract_values import ContractValues
from lpresearch.sim.market.instruments import Kind, Listing, TradeStatus
from lpresearch.sim.market.snapshots import QuoteSnapshot
from lpresearch.sim.market.warrants import WarrantType

_BUCKET_MONTHS = (3, 6, 12)  # upper ends of the first three expiry buckets
IN_BOUNDS, OUT_OF_BOUNDS = 1, 2


class WarrantStatus(IntEnum):
    """States by the numbers of command 23."""

    SUSPENDED = 2
    TO_BE_LISTED = 3
    NORMAL = 4


@dataclass(frozen=True, slots=True)
class WarrantRow:
    """One warrant as the list shows it."""

    listing: Listing
    expiry: date
    quote: QuoteSnapshot
    values: ContractValues

    @property
    def type(self) -> WarrantType:
        """Call, put, bull, bear or inline."""
        return type_of(self.listing)

    @property
    def status(self) -> WarrantStatus:
        """What can be done with it."""
        if self.listing.trade_status == TradeStatus.TO_BE_LISTED:
            return WarrantStatus.TO_BE_LISTED
        return WarrantStatus.SUSPENDED if self.listing.trade_status else WarrantStatus.NORMAL

    @property
    def change(self) -> Decimal:
        """Since the previous close."""
        return self.quote.last_done - self.quote.prev_close

    @property
    def change_percent(self) -> float:
        """Since the previous close, in percent."""
        return 100 * float(self.change / self.quote.prev_close)


@dataclass(frozen=True, slots=True)
class WarrantFilter:
    """Which rows are wanted; an empty set wants all. The numbers are the wire's."""

    types: frozenset[int] = frozenset()
    issuers: frozenset[int] = frozenset()
    expiries: frozenset[int] = frozenset()
    price_types: frozenset[int] = frozenset()
    states: frozenset[int] = frozenset()

    def wants(self, row: WarrantRow, today: date) -> bool:
        """Whether a row passes every filter."""
        contract = row.listing.contract
        bound = IN_BOUNDS if row.values.in_the_money_percent >= 0 else OUT_OF_BOUNDS
        asked = (
            (self.types, row.type),
            (self.issuers, contract.issuer if contract else 0),
            (self.expiries, expiry_bucket(row.expiry, today)),
            (self.price_types, bound),
            (self.states, row.status),
        )
        return all(not wanted or number in wanted for wanted, number in asked)


# What each number of sort_by sorts by.
SORT_KEYS: tuple[Callable[[WarrantRow], float | Decimal | date | None], ...] = (
    lambda row: row.quote.last_done,
    lambda row: row.change_percent,
    lambda row: row.change,
    lambda row: row.quote.volume,
    lambda row: row.quote.turnover,
    lambda row: row.expiry,
    lambda row: row.values.strike,
    lambda row: row.values.upper_strike,
    lambda row: row.values.lower_strike,
    lambda row: row.values.outstanding,
    lambda row: row.values.outstanding_percent,
    lambda row: row.values.premium_percent,
    lambda row: row.values.in_the_money_percent,
    lambda row: row.values.implied_volatility,
    lambda row: row.values.delta,
    lambda row: row.values.call_price,
    lambda row: row.values.to_call_percent,
    lambda row: row.values.effective_leverage,
    lambda row: row.values.leverage,
    lambda row: row.values.conversion_ratio,
    lambda row: row.values.balance_point,
    lambda row: row.status,
)


def type_of(listing: Listing) -> WarrantType:
    """The type of a warrant."""
    if listing.kind is Kind.INLINE:
        return WarrantType.INLINE
    call = listing.contract is not None and listing.contract.call
    if listing.kind is Kind.CBBC:
        return WarrantType.BULL if call else WarrantType.BEAR
    return WarrantType.CALL if call else WarrantType.PUT


def expiry_bucket(expiry: date, today: date) -> int:
    """1 for less than three months ahead, 2 for less than six, 3 for up to twelve, 4 for more."""
    for bucket, months in enumerate(_BUCKET_MONTHS, 1):
        end = _months_after(today, months)
        if expiry < end or (bucket == len(_BUCKET_MONTHS) and expiry == end):
            return bucket
    return len(_BUCKET_MONTHS) + 1


def arranged(
    rows: Iterable[WarrantRow], *, sort_by: int, descending: bool, offset: int, count: int
) -> list[WarrantRow]:
    """Rows in order, one page of them; a count of 0 is no paging. Rows without the value come last, ties by symbol."""
    key = SORT_KEYS[sort_by]
    keyed = [(key(row), row) for row in sorted(rows, key=lambda row: row.listing.symbol)]
    valued = [(value, row) for value, row in keyed if value is not None]
    valued.sort(key=lambda pair: pair[0], reverse=descending)
    found = [row for _, row in valued] + [row for value, row in keyed if value is None]
    return found[offset : offset + count] if count else found


def _months_after(day: date, months: int) -> date:
    """The same day some months later, or that month's last."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
