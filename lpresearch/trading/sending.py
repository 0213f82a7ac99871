"""How an order leaves: permission, checks, the key saved, one request, its outcome saved. Nothing is sent twice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import uuid4
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from lpresearch.base.errors import (
    InputError,
    LpError,
    NoPermission,
    NoQuotes,
    OrderOutcomeUnknown,
    StoreError,
    TicketRejected,
    TradingDisabled,
)
from lpresearch.base.markets import MARKETS
from lpresearch.base.model import Ticket
from lpresearch.base.symbols import Symbol
from lpresearch.trading.arming import Arming, worth
from lpresearch.trading.journal import Journal, Line, Outcome, line_of, outcome_of
from lpresearch.trading.ticket import check

if TYPE_CHECKING:
    from lpresearch.client.session import Session

_NOTHING = Decimal(0)
_BROKEN_OFF = (KeyboardInterrupt, asyncio.CancelledError)
_armings: WeakKeyDictionary[Session, Arming] = WeakKeyDictionary()


@dataclass(frozen=True, repr=False)
class Receipt:
    """The broker took the order. ``str(receipt)`` is the order's id; ``cancel`` and ``order`` take the receipt itself.

    ``simulated`` is the simulator's mark, empty at a real broker. ``key`` names the request in the journal.
    """

    order_id: str
    key: str
    ticket: Ticket
    simulated: str = ""

    def __str__(self) -> str:
        return self.order_id

    def __repr__(self) -> str:
        return f"<{'SIMULATED order' if self.simulated else 'Order'} {self.order_id}: {self.ticket}>"


def id_of(order: str | Receipt) -> str:
    """The broker's id of an order, given by it or by its receipt.

    Raises
    ------
    InputError : something else, such as the None of a cell that failed.
    """
    text = str(order).strip() if isinstance(order, str | Receipt) else ""
    if not text:
        raise InputError("order", order, "must be a receipt or an order's id, a text", hint="orders() lists them.")
    return text


def set_arming(session: Session, arming: Arming | None) -> None:
    """Arm the session, or with None disarm it."""
    if arming is None:
        _armings.pop(session, None)
    else:
        _armings[session] = arming


def permit(session: Session) -> Arming | None:
    """The arming that allows orders now; None for the simulator, which needs none.

    Raises
    ------
    TradingDisabled : a real account that is not armed, or no longer.
    """
    if session.simulated:
        return None
    arming = _armings.get(session)
    if arming is None:
        raise TradingDisabled(f"orders to account {session.account} are not armed")
    arming.allow(session.account, session.now())
    return arming


async def send(session: Session, ticket: Ticket, *, again: bool) -> Receipt:
    """Check the ticket and send it once.

    Raises
    ------
    TradingDisabled, TicketRejected, DuplicateOrder : nothing was sent.
    OrderOutcomeUnknown : it may have been sent; its key is in the journal.
    """
    arming = permit(session)
    line = await checked_line(session, ticket, arming, before=_NOTHING)
    order_id = await carry(session, line, lambda: session.source.submit(ticket, line.key), arming, again=again)
    return Receipt(order_id, line.key, ticket, session.simulated)


async def checked_line(session: Session, ticket: Ticket, arming: Arming | None, *, before: Decimal) -> Line:
    """The journal's line of a ticket that keeps the rules and the cap per order.

    Parameters
    ----------
    before : what already counts to the day of an order that is being replaced.
    """
    instrument = await session.instrument(ticket.symbol)
    last_price = await _last_price(session, ticket.symbol)
    problems = check(ticket, instrument, today=_market_time(session, ticket.symbol).date(), last_price=last_price)
    if problems:
        raise TicketRejected(problems)
    value = worth(ticket, last_price)
    if arming is not None:
        arming.allow_value(value, instrument.currency, _NOTHING)
    more = max(_NOTHING, (value or _NOTHING) - before)
    return line_of(ticket, key=uuid4().hex, currency=instrument.currency, value=more, now=session.now())


async def carry(
    session: Session,
    line: Line,
    request: Callable[[], Coroutine[object, object, str]],
    arming: Arming | None,
    *,
    again: bool,
) -> str:
    """Save the line, perform the request once, save its outcome; returns the order's id."""
    journal = Journal(session.account_file)
    midnight = _market_time(session, line.symbol).replace(hour=0, minute=0, second=0, microsecond=0)

    def allow(spent: Decimal) -> None:
        if arming is not None:
            arming.allow_value(line.value, line.currency, spent)

    await session.disk(journal.reserve, line, again=again, day_start=midnight.timestamp(), allow=allow)
    try:
        order_id = await session.io(request())
        await session.disk(journal.record, line.key, Outcome.ACCEPTED, order_id=order_id)
    except (LpError, *_BROKEN_OFF) as exc:
        outcome = outcome_of(exc)
        with suppress(StoreError):  # a line without an outcome counts as unknown by itself
            await session.disk(journal.record, line.key, outcome, note=str(exc) or type(exc).__name__)
        if outcome is Outcome.UNKNOWN:
            reason = "it was broken off" if isinstance(exc, _BROKEN_OFF) else str(exc).rstrip(".")
            raise OrderOutcomeUnknown(line.key, reason=reason) from exc
        raise
    return order_id


async def _last_price(session: Session, symbol: Symbol) -> Decimal | None:
    """The last price; None where the broker has none for this account."""
    try:
        columns = await session.io(session.source.quotes([symbol]))
    except (NoQuotes, NoPermission):
        return None
    prices = [Decimal(str(price)) for price in columns["last_done"] if price not in (None, "")]
    return prices[0] if prices and prices[0].is_finite() and prices[0] > 0 else None


def _market_time(session: Session, symbol: Symbol) -> datetime:
    return datetime.fromtimestamp(session.now(), ZoneInfo(MARKETS[symbol.market].zone))
