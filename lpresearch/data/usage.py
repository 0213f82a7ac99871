"""The history quota of the account: how many symbols it may ask for, how many it has, and when units come back."""

from __future__ import annotations

import textwrap
import time
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import Unpack

from lpresearch.base.errors import InputError
from lpresearch.base.source import QuotaRule, RollingDays
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.session import Session
from lpresearch.data.calculator import QuotaFacts, calculate, checked_reserve
from lpresearch.history.quota import QuotaState

_WIDTH = 100  # of the lines of symbols, in characters


@dataclass(frozen=True)
class Quota:
    """The history quota at a moment; made by ``quota()``.

    Attributes
    ----------
    limit, used, remaining : distinct symbols in the current window.
    reserve : units kept back; they are not part of ``remaining``.
    refill : when units come back; None where none is used.
    symbols : the symbols that count now, oldest first; asking for their history again is free.
    in_doubt : symbols that count by the clock of one zone and not by another's, as while a month turns: the documents
        do not say whose clock the broker goes by. Asking for them may cost a unit and is planned so.
    elsewhere : of ``used``, units that were not asked from here; the broker's refusal told of them.
    latest_counts : whether the broker counts the newest bars too; a refusal said so, against its documents.
    rule : how the broker counts.
    account, simulated : whose quota it is (empty for a calculation); the simulator's mark, empty at a real broker.
    because : for a calculation, what earned the limit.
    subscriptions_used, subscriptions_remaining : for a calculation with subscriptions, units of one symbol and kind
        (Futu) or of one symbol (LongPort).
    options_used, options_remaining : for a calculation with options counted apart, chains of one expiry.
    """

    limit: int
    used: int
    remaining: int
    refill: datetime | None
    rule: QuotaRule
    symbols: tuple[str, ...]
    reserve: int = 0
    in_doubt: tuple[str, ...] = ()
    elsewhere: int = 0
    latest_counts: bool = False
    account: str = ""
    simulated: str = ""
    because: tuple[str, ...] = ()
    subscriptions_used: int | None = None
    subscriptions_remaining: int | None = None
    options_used: int | None = None
    options_remaining: int | None = None

    @property
    def certain(self) -> bool:
        """Whether every reading of the rule comes to the same symbols."""
        return not self.in_doubt

    def __str__(self) -> str:
        lines = [self._title()]
        for name, text in self._lines():
            lines += textwrap.wrap(text, _WIDTH, initial_indent=f"  {name:11}", subsequent_indent=" " * 13)
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        rows = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in self._lines())
        return f"<table><caption>{escape(self._title())}</caption>{''.join(rows)}</table>"

    def _title(self) -> str:
        mark = f" (SIMULATED {self.simulated})" if self.simulated else ""
        whose = f"of account {self.account}{mark}" if self.account else "by calculation"
        return f"history quota {whose}: {self.used} of {self.limit} symbols used"

    def _lines(self) -> list[tuple[str, str]]:
        """What there is to say, by name."""
        lines = [("because", reason) for reason in self.because]
        lines.append(("remaining", str(self.remaining)))
        if self.reserve:
            how = " (lp.quota(reserve=0) frees them)" if self.account else ""
            lines.append(("kept back", f"{self.reserve}{how}"))
        lines.append(("counted", _in_words(self.rule)))
        if self.refill is not None:
            lines.append(("refill", f"{self.refill:%Y-%m-%d %H:%M %Z}"))
        if self.symbols:
            lines.append(("free now", ", ".join(self.symbols)))
        if self.in_doubt:
            lines.append(("in doubt", f"{', '.join(self.in_doubt)}: count by one zone's month and not by another's"))
        if self.elsewhere:
            lines.append(("elsewhere", f"{self.elsewhere} of the used were not asked from here, says a refusal"))
        if self.latest_counts:
            lines.append(("newest bars", "cost a unit too, says a refusal"))
        if self.subscriptions_used is not None:
            lines.append(("subscribed", f"{self.subscriptions_used} units, {self.subscriptions_remaining} left"))
        if self.options_used is not None:
            lines.append(("options", f"{self.options_used} chains, {self.options_remaining} left"))
        return lines


@both
async def quota(rule: QuotaRule | str | None = None, **facts: Unpack[QuotaFacts]) -> Quota:
    """The history quota of this account: limit, used, remaining, refill, and the symbols that count.

    With ``reserve`` alone it keeps so many units back for other uses, from now on, for all processes of the account:
    no function here takes one of the last so many. With a rule it is a calculator, and asks nobody.

    Parameters
    ----------
    rule : ``"longport"`` or ``"futu"`` for the tiers of a broker, or a ``CalendarMonth`` or ``RollingDays`` of
        ``lpresearch.base.source``; None for this account.
    facts : what a calculation goes by. ``assets`` and ``assets_before`` (HKD; the latter at the end of last month),
        ``orders`` and ``turnover`` (this month's, or a pair of last month's and this month's; HKD), ``futures`` and
        ``futures_before`` (this and last month's futures trades: quantity, price, multiplier and HKD for one unit of
        the currency, 1 if left out; a tenth counts as turnover), ``limit`` (instead of a tier's), ``reserve`` (units
        kept back), ``asked`` (a symbol, several, or pairs of symbol and date), ``subscriptions`` (pairs of symbol and
        kind), ``at`` (the moment; now), ``window_days`` (Futu's window: 30; newer documents say 7), ``options_apart``
        (as in the newest: options count by chain, in a quota of their own).

    Returns
    -------
    Quota
        ``limit used remaining reserve`` (distinct symbols), ``refill`` (zone-aware), ``symbols in_doubt rule``.

    Raises
    ------
    InputError : an unknown rule or fact, a rule without a limit, or a fact that is not of its kind.

    Notes
    -----
    Costs no request. The limit is the server's word at connect (command 4); use is counted here, by a ledger that all
    processes of this user share, because the server reports none. Where the broker refuses a symbol though units
    seem to be left, they are taken to be used elsewhere until the window ends, and no further symbol asks in vain.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.quota().remaining <= lp.quota().limit
    True
    >>> lp.quota("futu", assets=400_000, orders=(250, 180), turnover=(1.9e6, 1.5e6)).limit
    1000
    """
    if rule is not None:
        return _calculated(rule, facts)
    if set(facts) - {"reserve"}:
        raise InputError("rule", None, "facts are for a calculation", hint='Name a rule: quota("longport", ...).')
    session = await current()
    if "reserve" in facts:
        units = checked_reserve(facts["reserve"])
        await session.disk(session.ledger.keep_back, units, at=session.now())
    state = await session.disk(quota_state, session)
    return replace(_shown(state), account=session.account, simulated=session.simulated)


def quota_state(session: Session) -> QuotaState:
    """What the ledger says now. Disk work."""
    caps = session.caps
    return session.ledger.state(caps.quota_rule, session.now(), default_limit=caps.quota_default)


def _calculated(rule: QuotaRule | str, facts: QuotaFacts) -> Quota:
    found = calculate(rule, facts, now=time.time())
    used, limit = found.subscribed or (None, None)
    return replace(
        _shown(found.history),
        because=found.tier.because,
        subscriptions_used=used,
        subscriptions_remaining=None if used is None or limit is None else max(0, limit - used),
        options_used=None if found.options is None else found.options.spent,
        options_remaining=None if found.options is None else found.options.remaining,
    )


def _shown(state: QuotaState) -> Quota:
    return Quota(
        limit=state.limit,
        used=state.spent,
        remaining=state.remaining,
        refill=state.refill,
        rule=state.rule,
        symbols=state.free,
        reserve=state.reserve,
        in_doubt=state.in_doubt,
        elsewhere=state.spent - len(state.used),
        latest_counts=state.latest_counts,
    )


def _in_words(rule: QuotaRule) -> str:
    if isinstance(rule, RollingDays):
        return f"distinct symbols within {rule.days} days"
    if not rule.or_zones:
        return f"distinct symbols in a calendar month ({rule.zone})"
    others = " and ".join(rule.or_zones)
    return f"distinct symbols in a calendar month; until it has turned in {rule.zone}, {others}, the stricter counts"
