"""The history quota of the account: how many symbols it may ask for, how many it has, and when units come back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Unpack

from lpresearch.base.errors import InputError
from lpresearch.base.source import CalendarMonth, QuotaRule
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.session import Session
from lpresearch.data.calculator import QuotaFacts, calculate
from lpresearch.history.quota import QuotaState


@dataclass(frozen=True)
class Quota:
    """The history quota at a moment; made by ``quota()``.

    Attributes
    ----------
    limit, used, remaining : distinct symbols in the current window.
    refill : when units come back; None where none is used.
    symbols : the symbols that count now, oldest first; asking for their history again is free.
    rule : how the broker counts.
    account, simulated : whose quota it is (empty for a calculation); the simulator's mark, empty at a real broker.
    because : for a calculation, what earned the limit.
    subscriptions_used, subscriptions_remaining : for a calculation with subscriptions, units of one symbol and kind.
    """

    limit: int
    used: int
    remaining: int
    refill: datetime | None
    rule: QuotaRule
    symbols: tuple[str, ...]
    account: str = ""
    simulated: str = ""
    because: tuple[str, ...] = ()
    subscriptions_used: int | None = None
    subscriptions_remaining: int | None = None

    def __str__(self) -> str:
        mark = f" (SIMULATED {self.simulated})" if self.simulated else ""
        whose = f"of account {self.account}{mark}" if self.account else "by calculation"
        lines = [f"history quota {whose}: {self.used} of {self.limit} symbols used"]
        lines += [f"  because    {reason}" for reason in self.because]
        lines.append(f"  remaining  {self.remaining}")
        lines.append(f"  counted    {_in_words(self.rule)}")
        if self.refill is not None:
            lines.append(f"  refill     {self.refill:%Y-%m-%d %H:%M %Z}")
        if self.symbols:
            lines.append(f"  free now   {', '.join(self.symbols)}")
        if self.subscriptions_used is not None:
            lines.append(f"  subscribed {self.subscriptions_used} units, {self.subscriptions_remaining} left")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


@both
async def quota(rule: QuotaRule | str | None = None, **facts: Unpack[QuotaFacts]) -> Quota:
    """The history quota of this account: limit, used, remaining, refill, and the symbols that count.

    With a rule it is a calculator instead, and asks nobody.

    Parameters
    ----------
    rule : ``"longport"`` or ``"futu"`` for the tiers of a broker, or a ``CalendarMonth`` or ``RollingDays`` of
        ``lpresearch.base.source``; None for this account.
    facts : what a calculation goes by. ``assets`` and ``assets_before`` (HKD; the latter at the end of last month),
        ``orders`` and ``turnover`` (this month's, or a pair of last month's and this month's; HKD), ``limit`` (instead
        of a tier's), ``asked`` (symbols, or pairs of symbol and date), ``subscriptions`` (pairs of symbol and kind),
        ``at`` (the moment; now), ``window_days`` (Futu's window: 30; newer documents say 7).

    Returns
    -------
    Quota
        ``limit used remaining`` (distinct symbols), ``refill`` (zone-aware), ``symbols``, ``rule``.

    Raises
    ------
    InputError : an unknown rule or fact, or a rule without a limit.

    Notes
    -----
    Costs no request. The limit is the server's word at connect (command 4); use is counted here, by a ledger that all
    processes of this user share, because the server reports none.

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
    if facts:
        raise InputError("rule", None, "facts are for a calculation", hint='Name a rule: quota("longport", ...).')
    session = await current()
    state = await session.disk(quota_state, session)
    return Quota(
        limit=state.limit,
        used=len(state.used),
        remaining=state.remaining,
        refill=state.refill,
        rule=state.rule,
        account=session.account,
        simulated=session.simulated,
        symbols=tuple(state.used),
    )


def quota_state(session: Session) -> QuotaState:
    """What the ledger says now. Disk work."""
    caps = session.caps
    return session.ledger.state(caps.quota_rule, session.now(), default_limit=caps.quota_default)


def _calculated(rule: QuotaRule | str, facts: QuotaFacts) -> Quota:
    state, tier, subscriptions = calculate(rule, facts, now=time.time())
    return Quota(
        limit=state.limit,
        used=len(state.used),
        remaining=state.remaining,
        refill=state.refill,
        rule=state.rule,
        symbols=tuple(state.used),
        because=tier.because,
        subscriptions_used=subscriptions,
        subscriptions_remaining=None if subscriptions is None else max(0, state.limit - subscriptions),
    )


def _in_words(rule: QuotaRule) -> str:
    if isinstance(rule, CalendarMonth):
        return f"distinct symbols in a calendar month ({rule.zone})"
    return f"distinct symbols within {rule.days} days"
