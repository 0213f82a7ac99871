"""What a quota would be: the tier of given figures, and what given requests and subscriptions use. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypedDict

from lpresearch.base.errors import InputError
from lpresearch.base.markets import Market
from lpresearch.base.source import CalendarMonth, QuotaRule, RollingDays
from lpresearch.base.symbols import Symbol
from lpresearch.data.moments import Moment, epoch_of
from lpresearch.history.quota import QuotaState, Use, state
from lpresearch.history.tiers import FUTU, LONGPORT, FuturesTrade, Standing, Tier, TierTable, futures_turnover, tier

Months = float | tuple[float, float]  # this month, or (last month, this month)
Trade = tuple[float, float, float] | tuple[float, float, float, float]  # quantity, price, multiplier, FX (1)
FUTU_WINDOW_DAYS = 30  # the founding documents; newer ones say 7
LONGPORT_SUBSCRIPTIONS = 500  # symbols, whatever the tier and however many kinds (longport.md 5, command 6)


class QuotaFacts(TypedDict, total=False):
    """The figures a calculation goes by; amounts in HKD."""

    assets: float
    assets_before: float
    orders: Months
    turnover: Months
    futures: Iterable[Trade]
    futures_before: Iterable[Trade]
    limit: int
    reserve: int
    asked: Iterable[str | tuple[str, Moment]]
    subscriptions: Iterable[tuple[str, str]]
    at: Moment
    window_days: int
    options_apart: bool


@dataclass(frozen=True)
class Calculation:
    """What figures come to: the history quota, what earned it, and what was asked about besides.

    ``options``: the quota of option chains, where options are counted apart. ``subscribed``: units used and units there
    are, where subscriptions were given.
    """

    history: QuotaState
    tier: Tier
    options: QuotaState | None = None
    subscribed: tuple[int, int] | None = None


def calculate(rule: QuotaRule | str, facts: QuotaFacts, *, now: float) -> Calculation:
    """What the figures come to.

    Raises
    ------
    InputError : an unknown rule or fact.
    """
    unknown = set(facts) - set(QuotaFacts.__annotations__)
    if unknown:
        known = ", ".join(QuotaFacts.__annotations__)
        raise InputError("facts", ", ".join(sorted(unknown)), f"a fact is one of {known}")
    quota_rule, table = _rule_and_tiers(rule, facts)
    earned = tier(table, _standing(facts)) if table is not None else Tier(facts.get("limit", 0), ())
    limit = facts.get("limit", earned.units)
    at = epoch_of(facts["at"], "at", Market.HK) if "at" in facts else now
    uses = [use for use in (_use(asked, at) for asked in facts.get("asked", ())) if use.at <= at]
    chains: QuotaState | None = None
    if facts.get("options_apart"):
        in_chains = [Use(chain, use.at) for use in uses if (chain := chain_of(use.unit))]
        chains = state(in_chains, quota_rule, earned.option_units or 0, at)
        uses = [use for use in uses if not chain_of(use.unit)]
    history = state(uses, quota_rule, limit, at, reserve=checked_reserve(facts.get("reserve", 0)))
    return Calculation(history, earned, chains, _subscribed(facts, limit, by_symbol=table is LONGPORT))


def chain_of(symbol: str) -> str | None:
    """The unit of an option where options are counted apart: its chain, all contracts of one expiry; else None."""
    terms = Symbol(symbol).option
    return None if terms is None else f"{terms.root} {terms.expiry}"


def checked_reserve(units: object) -> int:
    """A number of units to keep back, as a user gave it."""
    if isinstance(units, bool) or not isinstance(units, int) or units < 0:
        raise InputError("reserve", units, "a reserve is a whole number of units from 0 up")
    return units


def _rule_and_tiers(rule: QuotaRule | str, facts: QuotaFacts) -> tuple[QuotaRule, TierTable | None]:
    if isinstance(rule, CalendarMonth | RollingDays):
        if "limit" not in facts:
            raise InputError(
                "limit", None, "a rule alone says no limit", hint='Give limit=..., or name a broker: "futu".'
            )
        return rule, None
    if rule == "longport":
        return CalendarMonth("Asia/Hong_Kong"), LONGPORT
    if rule == "futu":
        return RollingDays(facts.get("window_days", FUTU_WINDOW_DAYS)), FUTU
    raise InputError("rule", rule, "a rule is longport, futu, or a CalendarMonth or RollingDays")


def _standing(facts: QuotaFacts) -> Standing:
    orders_before, orders = _months(facts.get("orders", 0))
    turnover_before, turnover = _months(facts.get("turnover", 0.0))
    return Standing(
        assets_hkd=facts.get("assets", 0.0),
        assets_before_hkd=facts.get("assets_before", 0.0),
        orders_last_month=int(orders_before),
        orders_this_month=int(orders),
        turnover_last_month_hkd=turnover_before + _of_futures(facts.get("futures_before", ())),
        turnover_this_month_hkd=turnover + _of_futures(facts.get("futures", ())),
    )


def _months(figure: Months) -> tuple[float, float]:
    return figure if isinstance(figure, tuple) else (0.0, figure)


def _of_futures(trades: Iterable[Trade]) -> float:
    return futures_turnover(FuturesTrade(*trade) for trade in trades)


def _use(asked: str | tuple[str, Moment], at: float) -> Use:
    """A request: a symbol asked now, or a symbol and when."""
    symbol, when = (asked, None) if isinstance(asked, str) else asked
    return Use(Symbol(symbol), at if when is None else epoch_of(when, "asked", Market.HK))


def _subscribed(facts: QuotaFacts, limit: int, *, by_symbol: bool) -> tuple[int, int] | None:
    """Units of subscriptions: one for each symbol and kind, or for each symbol."""
    if "subscriptions" not in facts:
        return None
    pairs = {(Symbol(symbol), "" if by_symbol else kind.upper()) for symbol, kind in facts["subscriptions"]}
    return len(pairs), LONGPORT_SUBSCRIPTIONS if by_symbol else limit
