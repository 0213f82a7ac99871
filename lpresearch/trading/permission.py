"""The user's word that orders may go to a real account: ``arm`` and ``disarm``. The rules live in ``arming``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lpresearch.base.errors import InputError
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.trading.arming import DEFAULT_MINUTES, AccountKind, Arming, make_arming, proven_kind, require_kind
from lpresearch.trading.reading import Number, exact
from lpresearch.trading.sending import set_arming

if TYPE_CHECKING:
    from lpresearch.client.session import Session


@both
async def arm(
    account: str, *, kind: str, per_order: Number, per_day: Number, minutes: float = DEFAULT_MINUTES
) -> Arming:
    """Allow orders to a real account, up to caps and for a time; returns what was allowed.

    Without it nothing is sent to a real account, so that Run All on a notebook trades nothing. The simulator is always
    armed.

    Parameters
    ----------
    account : the account's id, as ``session()`` shows it: say which one you mean.
    kind : ``paper`` or ``live``. The server must prove a paper account to be one.
    per_order, per_day : the most that an order, and all orders of a day, may be worth: price times quantity, in the
        currency of the security, each currency apart.
    minutes : after which it ends by itself, at most a day.

    Raises
    ------
    InputError : another account than the session's, or caps that contradict each other.
    TradingDisabled : the server does not prove what ``kind`` says.

    Notes
    -----
    Costs one request. Source: ``account_channel`` of ``GET /v1/asset/stock``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.arm(lp.session().account, kind="paper", per_order=10_000, per_day=50_000, minutes=5)
    <Armed: PAPER account ...>
    >>> lp.disarm()
    """
    session = await current()
    if str(account) != session.account:
        raise InputError("account", account, f"this session trades account {session.account}")
    caps = {"per_order": exact("per_order", per_order), "per_day": exact("per_day", per_day)}
    arming = make_arming(session.account, kind, minutes=minutes, now=session.now(), **caps)
    require_kind(arming.kind, await _proven_kind(session))
    set_arming(session, arming)
    return arming


@both
async def disarm() -> None:
    """Allow no more orders to a real account. Orders that stand are not touched.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.disarm()
    """
    set_arming(await current(), None)


async def _proven_kind(session: Session) -> AccountKind | None:
    """What the server proves the account to be; the simulator counts as paper."""
    if session.simulated:
        return AccountKind.PAPER
    held = await session.io(session.source.stock_positions())
    return proven_kind(held.get("account_channel", ()), paper_asked=session.settings.paper)
