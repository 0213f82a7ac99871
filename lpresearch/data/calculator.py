"""What a quota would be: the tier of given figures, and what given requests and subscriptions use. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypedDict

from lpresearch.base.errors import InputError
from lpresearch.base.markets import Market
from lpresearch.base.source import CalendarMonth, QuotaRule, RollingDays
from lpresearch.base.symbols import Symbol
from lpresearch.data.moments import Moment, epoch_of
from lpresearch.history.quota import QuotaState, Use, state
from lpresearch.history.tiers import FUTU, LONGPORT, Standing, Tier, TierTable, tier

Months = float | tuple[float, float]  # this month, or (last month, this month)
FUTU_WINDOW_DAYS = 30  # the founding documents; newer ones say 7


class QuotaFacts(TypedDict, total=False):
    """The figures a calculation goes by; amounts in HKD."""

    assets: float
    assets_before: float
    orders: Months
    turnover: Months
    limit: int
    reserve: int
    asked: Iterable[str | tuple[str, Moment]]
    subscriptions: Iterable[tuple[str, str]]
    at: Moment
    window_days: int


def calculate(rule: QuotaRule | str, facts: QuotaFacts, *, now: float) -> tuple[QuotaState, Tier, int | None]:
    """The state of the history quota, the tier that the figures earn, and the subscription units in use (if asked).

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
    at = epoch_of(facts["at"], "at", Market.HK) if "at" in facts else now
    uses = [_use(asked, at) for asked in facts.get("asked", ())]
    subscriptions = facts.get("subscriptions")
    used = None if subscriptions is None else len({(Symbol(symbol), kind.upper()) for symbol, kind in subscriptions})
    limit, reserve = facts.get("limit", earned.units), checked_reserve(facts.get("reserve", 0))
    return state(uses, quota_rule, limit, at, reserve=reserve), earned, used


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
        turnover_last_month_hkd=turnover_before,
        turnover_this_month_hkd=turnover,
    )


def _months(figure: Months) -> tuple[float, float]:
    return figure if isinstance(figure, tuple) else (0.0, figure)


def _use(asked: str | tuple[str, Moment], at: float) -> Use:
    """A request: a symbol asked now, or a symbol and when."""
    symbol, when = (asked, None) if isinstance(asked, str) else asked
    return Use(Symbol(symbol), at if when is None else epoch_of(when, "asked", Market.HK))
