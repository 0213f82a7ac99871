"""The history quota of the account: how many symbols it may ask for, how many it has, and when units come back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from html import escape

from lpresearch.base.source import CalendarMonth, QuotaRule
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.session import Session
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
    account, simulated : whose quota it is; the simulator's mark, empty at a real broker.
    """

    limit: int
    used: int
    remaining: int
    refill: datetime | None
    rule: QuotaRule
    account: str
    simulated: str
    symbols: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        mark = f" (SIMULATED {self.simulated})" if self.simulated else ""
        lines = [f"history quota of account {self.account}{mark}: {self.used} of {self.limit} symbols used"]
        lines.append(f"  remaining  {self.remaining}")
        lines.append(f"  counted    {_in_words(self.rule)}")
        if self.refill is not None:
            lines.append(f"  refill     {self.refill:%Y-%m-%d %H:%M %Z}")
        if self.symbols:
            lines.append(f"  free now   {', '.join(self.symbols)}")
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


@both
async def quota() -> Quota:
    """The history quota of this account: limit, used, remaining, refill, and the symbols that count.

    Returns
    -------
    Quota
        ``limit used remaining`` (distinct symbols), ``refill`` (zone-aware), ``symbols``, ``rule``.

    Notes
    -----
    Costs no request. The limit is the server's word at connect (command 4); use is counted here, by a ledger that all
    processes of this user share, because the server reports none.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.quota().remaining <= lp.quota().limit
    True
    """
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


def _in_words(rule: QuotaRule) -> str:
    if isinstance(rule, CalendarMonth):
        return f"distinct symbols in a calendar month ({rule.zone})"
    return f"distinct symbols within {rule.days} days"
