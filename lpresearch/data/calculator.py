"""What a quota would be: the tier of given figures, and what given requests and subscriptions use. Asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from typing import SupportsIndex, TypedDict, cast
from zoneinfo import ZoneInfo

from lpresearch.base.errors import InputError
from lpresearch.base.markets import Market
from lpresearch.base.source import CalendarMonth, QuotaRule, RollingDays
from lpresearch.base.symbols import Symbol, parse_symbols
from lpresearch.data.choices import parse_number, parse_whole, several
from lpresearch.data.moments import Moment, epoch_of
from lpresearch.history.quota import QuotaState, Use, state
from lpresearch.history.tiers import FUTU, LONGPORT, FuturesTrade, Standing, Tier, TierTable, futures_turnover, tier

Months = float | tuple[float, float]  # this month, or (last month, this month)
Trade = tuple[float, float, float] | tuple[float, float, float, float]  # quantity, price, multiplier, FX (1)
FUTU_WINDOW_DAYS = 30  # the founding documents; newer ones say 7
MOST_WINDOW_DAYS = 3660
MOST_RESERVE = 1_000_000  # units; no quota comes near
LONGPORT_SUBSCRIPTIONS = 500  # symbols, whatever the tier and however many kinds (longport.md 5, command 6)
_TRADES = "is a list of trades: quantity, price, multiplier and, if not 1, FX", "[(10, 20_000, 50)]"
_OF_MONTHS = "is this month's figure, or a pair of last month's and this month's"
_SEVERAL = {  # what is of several parts: the rule, an example
    "orders": (_OF_MONTHS, "(250, 180)"),
    "turnover": (_OF_MONTHS, "(1.9e6, 1.5e6)"),
    "futures": _TRADES,
    "futures_before": _TRADES,
    "asked": ("is a list of symbols, or of pairs of symbol and date", '["700.HK", ("5.HK", "2026-06-01")]'),
    "or_zones": ("is a list of zones", '("UTC",)'),
    "subscriptions": ("is a list of pairs of symbol and kind", '[("700.HK", "QUOTE")]'),
}


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
    asked: str | Iterable[str | tuple[str, Moment]]
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
    InputError : an unknown rule or fact, or a fact that is not of its kind.
    """
    unknown = set(facts) - set(QuotaFacts.__annotations__)
    if unknown:
        known = ", ".join(QuotaFacts.__annotations__)
        raise InputError("facts", ", ".join(sorted(unknown)), f"a fact is one of {known}")
    quota_rule, table = _rule_and_tiers(rule, facts)
    standing, given_limit = _standing(facts), parse_whole("limit", facts.get("limit", 0), low=0)
    earned = tier(table, standing) if table is not None else Tier(given_limit, ())
    limit = given_limit if "limit" in facts else earned.units
    at = epoch_of(facts["at"], "at", Market.HK) if "at" in facts else now
    uses = [use for use in _uses(facts.get("asked", ()), at) if use.at <= at]
    chains: QuotaState | None = None
    apart = facts.get("options_apart", False)
    if not isinstance(apart, bool):
        raise InputError("options_apart", apart, "options_apart is True or False")
    if apart:
        in_chains = [Use(chain, use.at) for use in uses if (chain := chain_of(use.unit))]
        chains = state(in_chains, quota_rule, earned.option_units or 0, at)
        uses = [use for use in uses if not chain_of(use.unit)]
    history = state(uses, quota_rule, limit, at, reserve=checked_reserve(facts.get("reserve", 0)))
    return Calculation(history, earned, chains, _subscribed(facts, limit, by_symbol=table is LONGPORT))


def chain_of(symbol: str) -> str | None:
    """The unit of an option where options are counted apart: its chain, all contracts of one expiry; else None."""
    terms = Symbol(symbol).option
    return None if terms is None else f"{terms.root} {terms.expiry}"


def checked_reserve(units: SupportsIndex) -> int:
    """A number of units to keep back, as a user gave it."""
    return parse_whole("reserve", units, low=0, high=MOST_RESERVE)


def _rule_and_tiers(rule: QuotaRule | str, facts: QuotaFacts) -> tuple[QuotaRule, TierTable | None]:
    days = parse_whole("window_days", facts.get("window_days", FUTU_WINDOW_DAYS), low=1, high=MOST_WINDOW_DAYS)
    if isinstance(rule, CalendarMonth | RollingDays):
        _check_rule(rule)
        if "limit" not in facts:
            raise InputError(
                "limit", None, "a rule alone says no limit", hint='Give limit=..., or name a broker: "futu".'
            )
        return rule, None
    if isinstance(rule, str) and rule == "longport":
        return CalendarMonth("Asia/Hong_Kong"), LONGPORT
    if isinstance(rule, str) and rule == "futu":
        return RollingDays(days), FUTU
    raise InputError("rule", rule, "a rule is longport, futu, or a CalendarMonth or RollingDays")


def _check_rule(rule: QuotaRule) -> None:
    """Refuse days and zones that there are not."""
    zones: list[object] = [rule.zone]
    if isinstance(rule, CalendarMonth):
        zones += _list("or_zones", rule.or_zones)
    else:
        parse_whole("days", rule.days, low=1, high=MOST_WINDOW_DAYS)
        if rule.boundary not in ("date", "exact"):
            raise InputError("boundary", rule.boundary, "boundary is one of date, exact")
    for zone in zones:
        try:
            ZoneInfo(cast("str", zone))
        except (LookupError, ValueError, TypeError, AttributeError, OSError):
            hint = "Write one as Asia/Hong_Kong."
            raise InputError("zone", zone, "a zone is a name of the IANA time zones", hint=hint) from None


def _standing(facts: QuotaFacts) -> Standing:
    orders_before, orders = _months("orders", facts.get("orders", 0))
    turnover_before, turnover = _months("turnover", facts.get("turnover", 0.0))
    return Standing(
        assets_hkd=parse_number("assets", facts.get("assets", 0.0)),
        assets_before_hkd=parse_number("assets_before", facts.get("assets_before", 0.0)),
        orders_last_month=parse_whole("orders", cast("int", orders_before), low=0),
        orders_this_month=parse_whole("orders", cast("int", orders), low=0),
        turnover_last_month_hkd=parse_number("turnover", turnover_before) + _of_futures("futures_before", facts),
        turnover_this_month_hkd=parse_number("turnover", turnover) + _of_futures("futures", facts),
    )


def _months(parameter: str, figure: Months) -> tuple[float, float]:
    """Last month's and this month's figure, still to be checked."""
    if not isinstance(figure, Iterable) or isinstance(figure, str):
        return 0, figure
    before, now = _row(parameter, figure, (2,))
    return cast("float", before), cast("float", now)


def _of_futures(parameter: str, facts: Mapping[str, object]) -> float:
    trades = [_row(parameter, trade, (3, 4)) for trade in _list(parameter, facts.get(parameter, ()))]
    return futures_turnover(
        FuturesTrade(*(parse_number(parameter, cast("float", figure)) for figure in trade)) for trade in trades
    )


def _uses(asked: object, at: float) -> list[Use]:
    """The requests: of a symbol now, or of a symbol and when."""
    if isinstance(asked, str):
        return [Use(symbol, at) for symbol in parse_symbols(asked, parameter="asked")]
    return [_use(one, at) for one in _list("asked", asked)]


def _use(asked: object, at: float) -> Use:
    if isinstance(asked, str):
        return Use(_symbol("asked", asked), at)
    symbol, when = _row("asked", asked, (2,))
    return Use(_symbol("asked", symbol), epoch_of(cast("Moment", when), "asked", Market.HK))


def _subscribed(facts: QuotaFacts, limit: int, *, by_symbol: bool) -> tuple[int, int] | None:
    """Units of subscriptions: one for each symbol and kind, or for each symbol."""
    if "subscriptions" not in facts:
        return None
    units = set()
    for pair in _list("subscriptions", facts["subscriptions"]):
        symbol, kind = _row("subscriptions", pair, (2,))
        if not isinstance(kind, str) or not kind.strip():
            raise _unlike("subscriptions", pair)
        word = kind.strip().upper()
        units.add((_symbol("subscriptions", symbol), "" if by_symbol else word))
    return len(units), LONGPORT_SUBSCRIPTIONS if by_symbol else limit


def _symbol(parameter: str, text: object) -> Symbol:
    (symbol,) = parse_symbols([cast("str", text)], parameter=parameter)
    return symbol


def _list(parameter: str, given: object) -> list[object]:
    things = several(cast("Iterable[object]", given))
    if things is None:
        raise _unlike(parameter, given)
    return things


def _row(parameter: str, given: object, lengths: tuple[int, ...]) -> list[object]:
    """Several things of a known number, in order."""
    things = None if isinstance(given, Set) else several(cast("Iterable[object]", given))
    if things is None or len(things) not in lengths:
        raise _unlike(parameter, given)
    return things


def _unlike(parameter: str, given: object) -> InputError:
    rule, example = _SEVERAL[parameter]
    return InputError(parameter, given, f"{parameter} {rule}", hint=f"Write it as {parameter}={example}.")
