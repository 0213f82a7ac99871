"""How many units of quota an account has, and why: the brokers' tables as values. Pure reckoning.

An account's real limit is what its server says; this explains it. LongPort: longport.md 6. Futu: its documents of 2020
to 2026, which agree on the figures, and not on whether assets must reach a threshold or pass it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

FUTURES_SHARE = 0.1  # Futu counts a tenth of the value of futures trades


@dataclass(frozen=True)
class Step:
    """One tier: its units, and what earns it. Any one of the marks is enough; None means that it does not count.

    ``option_units``: chains of options, where these have a quota of their own.
    """

    units: int
    assets_hkd: float | None = None
    orders: int | None = None
    turnover_hkd: float | None = None
    option_units: int | None = None


@dataclass(frozen=True)
class TierTable:
    """The tiers of a broker, lowest first. Orders and turnover must be passed; assets passed, or only reached."""

    broker: str
    steps: tuple[Step, ...]
    assets_reached: bool


@dataclass(frozen=True)
class Standing:
    """What a broker looks at. Months are calendar months; turnover is at spot, futures by ``futures_turnover``.

    ``assets_hkd`` is the total over all accounts; ``assets_before_hkd`` that of the last trading day of the month
    before, which LongPort takes where it is larger.
    """

    assets_hkd: float = 0.0
    assets_before_hkd: float = 0.0
    orders_last_month: int = 0
    orders_this_month: int = 0
    turnover_last_month_hkd: float = 0.0
    turnover_this_month_hkd: float = 0.0


@dataclass(frozen=True)
class Tier:
    """Units of quota, and the marks that earned them (none for the lowest tier)."""

    units: int
    because: tuple[str, ...]
    option_units: int | None = None


@dataclass(frozen=True)
class FuturesTrade:
    """One futures trade; ``fx`` is HKD for one unit of the contract's currency."""

    quantity: float
    price: float
    multiplier: float
    fx: float = 1.0


LONGPORT = TierTable(
    "LongPort",
    (
        Step(100),
        Step(400, assets_hkd=10_000),
        Step(600, assets_hkd=80_000),
        Step(1000, assets_hkd=400_000, orders=160),
        Step(2000, assets_hkd=4_000_000, orders=1600),
        Step(3000, assets_hkd=6_000_000, orders=2500),
    ),
    assets_reached=True,
)
#: The same units hold for the history of symbols and for subscriptions. Only the newest documents know of the chains.
FUTU = TierTable(
    "Futu",
    (
        Step(100, option_units=20),
        Step(300, assets_hkd=10_000, option_units=60),
        Step(1000, assets_hkd=500_000, orders=200, turnover_hkd=2_000_000, option_units=200),
        Step(2000, assets_hkd=5_000_000, orders=2000, turnover_hkd=20_000_000, option_units=400),
    ),
    assets_reached=False,
)


def tier(table: TierTable, standing: Standing) -> Tier:
    """The highest tier that any one mark earns.

    Of orders and of turnover the larger month counts, never the sum of two.
    """
    for step in reversed(table.steps):
        because = _earned_by(step, standing, reached=table.assets_reached)
        if because:
            return Tier(step.units, because, step.option_units)
    return Tier(table.steps[0].units, (), table.steps[0].option_units)


def futures_turnover(trades: Iterable[FuturesTrade]) -> float:
    """What futures trades add to a month's turnover, in HKD: a tenth of quantity x price x multiplier x FX."""
    return FUTURES_SHARE * sum(trade.quantity * trade.price * trade.multiplier * trade.fx for trade in trades)


def _earned_by(step: Step, standing: Standing, *, reached: bool) -> tuple[str, ...]:
    """The marks of a tier that an account has earned, in words."""
    assets = max(standing.assets_hkd, standing.assets_before_hkd)
    orders = max(standing.orders_last_month, standing.orders_this_month)
    turnover = max(standing.turnover_last_month_hkd, standing.turnover_this_month_hkd)
    found = []
    if step.assets_hkd is not None and (assets > step.assets_hkd or (reached and assets == step.assets_hkd)):
        found.append(f"assets of HKD {assets:,.2f} {'reach' if reached else 'are above'} {step.assets_hkd:,.0f}")
    if step.orders is not None and orders > step.orders:
        found.append(f"{orders:,} filled orders in a month are more than {step.orders:,}")
    if step.turnover_hkd is not None and turnover > step.turnover_hkd:
        found.append(f"a turnover of HKD {turnover:,.0f} in a month is more than {step.turnover_hkd:,.0f}")
    return tuple(found)
