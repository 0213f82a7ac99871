"""What an order costs: the fees of the broker and of the exchanges, as tables by market. Books nothing.

Rates are those of the public fee tables, simplified: no plans, no discounts, no minimum tiers. A table is one constant:
change the rate there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from enum import StrEnum

from lpresearch.base.model import Side
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange.market_view import ListingView
from lpresearch.sim.exchange.orders import Order

OPTION_SIZE = 100  # shares that one US option contract stands for
_CENT, _WHOLE, _ZERO = Decimal("0.01"), Decimal(1), Decimal(0)
_FREE_OF_STAMP_DUTY = frozenset({"fund", "warrant", "cbbc"})


class Category(StrEnum):
    """Who gets a fee, by the wire's names (longport.md 7.1)."""

    BROKER = "BROKER_FEES"
    THIRD = "THIRD_FEES"


@dataclass(frozen=True)
class Fee:
    """One line of a fee table: so much per order, per unit (share or contract) and per money traded."""

    code: str
    name: str
    category: Category
    per_order: Decimal = _ZERO
    per_unit: Decimal = _ZERO
    per_value: Decimal = _ZERO
    least: Decimal = _ZERO
    most: Decimal | None = None
    step: Decimal = _CENT
    sells_only: bool = False

    def amount(self, quantity: Decimal, value: Decimal) -> Decimal:
        """The fee of an order that traded so many units for so much money."""
        raw = max(self.per_order + self.per_unit * quantity + self.per_value * value, self.least)
        capped = raw if self.most is None else min(raw, self.most)
        return capped.quantize(self.step, ROUND_HALF_UP if self.step == _CENT else ROUND_CEILING)


@dataclass(frozen=True)
class Charge:
    """One fee of one order."""

    fee: Fee
    amount: Decimal


def _broker(code: str, name: str, **rates: Decimal) -> Fee:
    return Fee(code, name, Category.BROKER, **rates)  # type: ignore[arg-type]  # rates are the decimal fields


_STAMP_DUTY = Fee("STAMP_DUTY", "Stamp Duty", Category.THIRD, per_value=Decimal("0.001"), step=_WHOLE)
_HK: tuple[Fee, ...] = (
    _broker("PLATFORM", "Platform Fee", per_order=Decimal(15)),
    Fee("TRADING", "Trading Fee", Category.THIRD, per_value=Decimal("0.0000565"), least=_CENT),
    Fee("SFC_LEVY", "Transaction Levy", Category.THIRD, per_value=Decimal("0.000027"), least=_CENT),
    Fee("AFRC_LEVY", "AFRC Transaction Levy", Category.THIRD, per_value=Decimal("0.0000015")),
    Fee("SETTLEMENT", "Settlement Fee", Category.THIRD, per_value=Decimal("0.000042")),
)
_US: tuple[Fee, ...] = (
    _broker("PLATFORM", "Platform Fee", per_unit=Decimal("0.005"), least=Decimal(1)),
    Fee("SETTLEMENT", "Settlement Fee", Category.THIRD, per_unit=Decimal("0.003")),
    Fee("SEC", "SEC Fee", Category.THIRD, per_value=Decimal("0.0000278"), least=_CENT, sells_only=True),
    Fee(
        "TAF",
        "Trading Activity Fee",
        Category.THIRD,
        per_unit=Decimal("0.000166"),
        least=_CENT,
        most=Decimal("8.30"),
        sells_only=True,
    ),
)
_US_OPTION: tuple[Fee, ...] = (
    _broker("PLATFORM", "Platform Fee", per_unit=Decimal("0.3")),
    Fee("CLEARING", "Option Clearing Fee", Category.THIRD, per_unit=Decimal("0.02"), most=Decimal(55)),
    Fee("ORF", "Option Regulatory Fee", Category.THIRD, per_unit=Decimal("0.02"), least=_CENT),
    Fee("SEC", "SEC Fee", Category.THIRD, per_value=Decimal("0.0000278"), least=_CENT, sells_only=True),
)


def fee_table(listing: ListingView) -> Sequence[Fee]:
    """The fees that apply to a security."""
    symbol = Symbol(listing.symbol)
    if symbol.is_us_option:
        return _US_OPTION
    if symbol.region == "US":
        return _US
    return _HK if listing.kind in _FREE_OF_STAMP_DUTY else (*_HK, _STAMP_DUTY)


def charges(listing: ListingView, side: Side, quantity: Decimal, value: Decimal) -> list[Charge]:
    """The fees of an order that traded ``quantity`` units for ``value`` of money; none for one that did not trade."""
    if not quantity:
        return []
    table = (fee for fee in fee_table(listing) if side is Side.SELL or not fee.sells_only)
    return [Charge(fee, fee.amount(quantity, value)) for fee in table]


def charge(order: Order, listing: ListingView) -> list[tuple[str, Decimal]]:
    """Note the fees that an order owes after its latest fill; the name and amount of each that was added."""
    value = sum((fill.quantity * fill.price for fill in order.fills), _ZERO) * contract_size(order.symbol)
    added = []
    for due in charges(listing, order.side, order.executed_quantity, value):
        added.append((due.fee.name, due.amount - order.charged.get(due.fee.code, _ZERO)))
        order.charged[due.fee.code] = due.amount
    return added


def total(listing: ListingView, side: Side, quantity: Decimal, price: Decimal) -> Decimal:
    """What all fees of an order come to if it fills at a price."""
    value = quantity * price * contract_size(listing.symbol)
    return sum((charge.amount for charge in charges(listing, side, quantity, value)), _ZERO)


def contract_size(symbol: str) -> int:
    """How many shares one traded unit of a security stands for: 100 for a US option, else one."""
    return OPTION_SIZE if Symbol(symbol).is_us_option else 1
