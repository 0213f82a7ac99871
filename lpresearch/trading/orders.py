"""Orders: send, change and cancel them. The rules live in ``ticket``, ``arming`` and ``sending``."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, TypedDict, Unpack

import pandas as pd

from lpresearch.base.errors import InputError, ServerRejected
from lpresearch.base.markets import OrderType
from lpresearch.base.model import FINAL_STATUSES, Side, Ticket, TimeInForce
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.trading.arming import worth
from lpresearch.trading.reading import Number, exact
from lpresearch.trading.sending import Receipt, carry, checked_line, id_of, permit, send
from lpresearch.trading.ticket import make_ticket
from lpresearch.trading.today import columns_of, orders

if TYPE_CHECKING:
    from lpresearch.client.session import Session


class TicketOptions(TypedDict, total=False):
    """What ``buy`` and ``sell`` pass on to ``submit``."""

    order_type: str | None
    time_in_force: str
    expire_date: str | date | None
    trigger_price: Number | None
    trailing_amount: Number | None
    trailing_percent: Number | None
    limit_offset: Number | None
    outside_rth: str | None
    remark: str
    again: bool


@both
async def submit(
    symbol: str,
    side: str,
    quantity: Number,
    *,
    price: Number | None = None,
    order_type: str | None = None,
    time_in_force: str = TimeInForce.DAY,
    expire_date: str | date | None = None,
    trigger_price: Number | None = None,
    trailing_amount: Number | None = None,
    trailing_percent: Number | None = None,
    limit_offset: Number | None = None,
    outside_rth: str | None = None,
    remark: str = "",
    again: bool = False,
) -> Receipt:
    """Send an order once; returns a receipt with its id.

    Parameters
    ----------
    symbol : one security of HK or US.
    side : ``Buy`` or ``Sell``.
    quantity : shares; in HK a multiple of the lot. US options: contracts.
    price : the limit, on the market's price step. Texts and ``Decimal`` are exact, a float counts by its shortest text.
    order_type : ``LO`` with a price and ``MO`` without where None; else ``ELO AO ALO ODD SLO`` (HK), ``LIT MIT TSLPAMT
        TSLPPCT`` (HK and US).
    time_in_force : ``Day``, ``GTC`` or ``GTD``.
    expire_date : the last day of a GTD order.
    trigger_price : of LIT and MIT.
    trailing_amount, trailing_percent : of TSLPAMT and TSLPPCT.
    limit_offset : of TSLPAMT and TSLPPCT: limit less trigger.
    outside_rth : US: ``RTH_ONLY``, ``ANY_TIME`` or ``OVERNIGHT``.
    remark : your own words, at most 255 characters.
    again : send an order that equals one of the last ten minutes once more.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    TicketRejected : the ticket breaks rules; all of them are named. Nothing was sent.
    TradingDisabled : a real account that is not armed, or a cap is reached. Nothing was sent.
    DuplicateOrder : the same order was sent within ten minutes. Nothing was sent.
    ServerRejected : the broker refused the order.
    OrderOutcomeUnknown : no answer came, or you interrupted; the order may stand. It is not sent again.

    Notes
    -----
    Costs one request, and one each for the security's facts and last price. Source: ``POST /v1/trade/order``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> price = lp.depth("700.HK").loc[1, "bid_price"]
    >>> receipt = lp.submit("700.HK", "Buy", 100, price=price)
    >>> receipt.simulated != ""
    True
    """
    ticket = make_ticket(
        symbol,
        side,
        quantity,
        price,
        order_type=order_type,
        time_in_force=time_in_force,
        expire_date=expire_date,
        trigger_price=trigger_price,
        trailing_amount=trailing_amount,
        trailing_percent=trailing_percent,
        limit_offset=limit_offset,
        outside_rth=outside_rth,
        remark=remark,
    )
    return await submit_ticket.core(ticket, again=again)


@both
async def submit_ticket(ticket: Ticket, *, again: bool = False) -> Receipt:
    """Send a ticket that was already made; for forms and the like. See ``submit``."""
    return await send(await current(), ticket, again=again)


@both
async def buy(symbol: str, quantity: Number, price: Number | None = None, **options: Unpack[TicketOptions]) -> Receipt:
    """Send a buy order once; returns a receipt with its id.

    Parameters
    ----------
    symbol, quantity, price : as in ``submit``; without a price a market order.
    options : everything else that ``submit`` takes.

    Raises
    ------
    LpError : as ``submit``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.buy("AAPL.US", 1, remark="from the docs").ticket.order_type
    <OrderType.MO: 'MO'>
    """
    return await submit.core(symbol, Side.BUY, quantity, price=price, **options)


@both
async def sell(symbol: str, quantity: Number, price: Number | None = None, **options: Unpack[TicketOptions]) -> Receipt:
    """Send a sell order once; returns a receipt with its id.

    Parameters
    ----------
    symbol, quantity, price : as in ``submit``; without a price a market order.
    options : everything else that ``submit`` takes.

    Raises
    ------
    LpError : as ``submit``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> bought = lp.buy("AAPL.US", 2)
    >>> str(lp.sell("AAPL.US", 2).ticket.side)
    'Sell'
    """
    return await submit.core(symbol, Side.SELL, quantity, price=price, **options)


@both
async def replace(order: str | Receipt, *, quantity: Number | None = None, price: Number | None = None) -> Receipt:
    """Change quantity or price of an order that stands; returns a receipt with its new ticket.

    Parameters
    ----------
    order : the receipt or the id.
    quantity : the new total, what is filled included; as before where None.
    price : the new limit; as before where None.

    Raises
    ------
    InputError : no such order today, one that cannot be changed, or nothing to change.
    TicketRejected, TradingDisabled, ServerRejected, OrderOutcomeUnknown : as ``submit``.

    Notes
    -----
    Costs two requests, and one for the last price. Source: ``PUT /v1/trade/order``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> low = lp.depth("700.HK").loc[10, "bid_price"]
    >>> standing = lp.buy("700.HK", 200, low)
    >>> str(lp.replace(standing, quantity=100).ticket.quantity)
    '100'
    """
    if quantity is None and price is None:
        raise InputError("quantity", None, "a new quantity or a new price is needed")
    order_id = id_of(order)
    session = await current()
    arming = permit(session)
    before = await _standing_ticket(session, order_id)
    ticket = changed(
        before,
        quantity=before.quantity if quantity is None else exact("quantity", quantity),
        price=before.price if price is None else exact("price", price),
    )
    line = await checked_line(session, ticket, arming, before=worth(before, None) or Decimal(0))

    async def request() -> str:
        await session.source.replace(order_id, ticket.quantity, ticket.price)
        return order_id

    await carry(session, line, request, arming, again=True)
    return Receipt(order_id, line.key, ticket, session.simulated)


@both
async def cancel(order: str | Receipt) -> None:
    """Cancel an order that stands.

    Parameters
    ----------
    order : the receipt or the id.

    Raises
    ------
    InputError : neither a receipt nor an id.
    TradingDisabled : a real account that is not armed.
    ServerRejected : no such order, or nothing of it stands any more.
    RequestTimeout, LinkClosed : no answer came; ``order()`` tells whether it stands. Cancelling again does no harm.

    Notes
    -----
    Costs one request. Source: ``DELETE /v1/trade/order``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> low = lp.depth("700.HK").loc[10, "bid_price"]
    >>> lp.cancel(lp.buy("700.HK", 300, low))
    """
    order_id = id_of(order)
    session = await current()
    permit(session)
    await session.io(session.source.cancel(order_id))


@both
async def cancel_all(symbol: str | None = None) -> pd.DataFrame:
    """Cancel every order that stands; returns those orders as they are now.

    Parameters
    ----------
    symbol : only of this security; all where None.

    Returns
    -------
    pandas.DataFrame
        As ``orders()``. An order that filled in the meantime says so in ``status``.

    Raises
    ------
    TradingDisabled : a real account that is not armed.

    Notes
    -----
    Costs one request per order and two for the tables. Source: ``DELETE /v1/trade/order``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> lp.cancel_all().index.name
    'order_id'
    """
    session = await current()
    permit(session)
    standing = await orders.core(symbol, standing=True)
    for order_id in standing.index:
        try:
            await session.io(session.source.cancel(str(order_id)))
        except ServerRejected:  # filled or cancelled in the meantime: the table below says which
            continue
    now = await orders.core(symbol)
    return now.loc[now.index.isin(standing.index)]


async def _standing_ticket(session: Session, order_id: str) -> Ticket:
    """An order of today as the ticket that it now is, exact from the broker's texts."""
    row = {name: str(values[0] or "") for name, values in (await columns_of(session, order_id)).items()}
    if row["status"] in FINAL_STATUSES:
        raise InputError("order", order_id, f"nothing of it stands any more, it is {row['status']}")
    if row["order_type"] == OrderType.SLO:
        raise InputError("order", order_id, "a special limit order cannot be changed", hint="Cancel it.")
    return make_ticket(
        row["symbol"],
        row["side"],
        row["quantity"],
        _optional(row["price"]),
        order_type=row["order_type"],
        time_in_force=row["time_in_force"],
        expire_date=row["expire_date"] or None,
        trigger_price=_optional(row["trigger_price"]),
        trailing_amount=_optional(row["trailing_amount"]),
        trailing_percent=_optional(row["trailing_percent"]),
        limit_offset=_optional(row["limit_offset"]),
    )


def _optional(text: str) -> Decimal | None:
    """A number that the wire leaves empty, or writes as 0, where there is none."""
    return Decimal(text) if text and Decimal(text) != 0 else None
