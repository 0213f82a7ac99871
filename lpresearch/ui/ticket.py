"""The order ticket as a form with two clicks: Review shows what would be sent, Confirm sends it once.

Holds no rules: tickets are made and checked by ``trading.ticket`` and sent by ``trading.orders.submit_ticket``.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from enum import StrEnum

from lpresearch.base.errors import (
    DuplicateOrder,
    InputError,
    LinkError,
    LpError,
    Problem,
    RequestTimeout,
    TicketRejected,
)
from lpresearch.base.markets import Market, OrderType
from lpresearch.base.model import Instrument, OrderPush, Side, Ticket, TimeInForce
from lpresearch.base.symbols import Symbol
from lpresearch.client.connection import session
from lpresearch.client.facade import drive
from lpresearch.client.session import Session
from lpresearch.client.streams import Stream
from lpresearch.data.live import stream
from lpresearch.trading.arming import proven_kind
from lpresearch.trading.orders import submit_ticket
from lpresearch.trading.portfolio import positions
from lpresearch.trading.reading import Number, plain
from lpresearch.trading.ticket import USES, check, make_ticket
from lpresearch.ui import ticket_views as views
from lpresearch.ui.ticket_fields import TicketFields, fillable_types

log = logging.getLogger("lpresearch.ticket")


class Step(StrEnum):
    """Where the form stands."""

    EDIT = "edit"
    REVIEW = "review"
    SENDING = "sending"
    SENT = "sent"


def ticket(
    symbol: str | None = None,
    side: str = "Buy",
    *,
    quantity: Number | None = None,
    price: Number | None = None,
) -> TicketForm:
    """An order ticket as a form; the last line of a cell shows it. Nothing is sent before Review and Confirm.

    Parameters
    ----------
    symbol : the symbol to begin with; its lot and last price are filled in where quantity and price are not given.
    side : ``Buy`` or ``Sell``.
    quantity : shares.
    price : limit price.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    InputError : another side.

    Notes
    -----
    Costs one subscription while a symbol is shown, and opens the order push. Real accounts must be armed as for
    ``submit``.

    Examples
    --------
    >>> import lpresearch as lp
    >>> form = lp.ticket("700.HK", "Buy")
    >>> form.close()
    """
    known = {one.lower(): one for one in Side}
    if side.lower() not in known:
        raise InputError("side", side, f"must be one of {', '.join(Side)}")
    form = TicketForm(session(), side=known[side.lower()])
    form.fields.quantity.value = "" if quantity is None else str(quantity)
    form.fields.price.value = "" if price is None else str(price)
    if symbol is not None:
        try:
            form.show_symbol(symbol)
        except LpError:
            form.close()
            raise
    return form


class TicketForm:
    """The form. Made by ``ticket()``.

    Attributes
    ----------
    widget : the ipywidget, to put into a layout of your own.
    fields : the fields and buttons, such as ``fields.price`` and ``fields.review``.
    step : where it stands.
    order_id : the id of the order that was sent last; empty before.
    closed : whether it was closed.
    """

    def __init__(self, live: Session, *, side: Side = Side.BUY) -> None:
        self.order_id = ""
        self.step = Step.EDIT
        self.closed = False
        self.fields = TicketFields(side, fillable_types(None))
        self.widget = self.fields.whole
        self._session = live
        self._kind = _account_kind(live)
        self._instrument: Instrument | None = None
        self._symbol_problem: Problem | None = None
        self._stream: Stream | None = None
        self._reviewed: Ticket | None = None
        self._sent: Ticket | None = None
        self._again = False
        self._pushes: dict[str, OrderPush] = {}
        self._stop_orders = live.on_order(self._take_push)
        self.fields.head.value = views.head(self._kind, live.account)
        self._listen()
        self._watch_orders()
        self._show_facts()
        self._edit()

    def __repr__(self) -> str:
        fields = self.fields
        texts = (fields.side.value, fields.quantity.value, fields.symbol.value, fields.price.value)
        state = "closed" if self.closed else str(self.step)
        order = f", order {self.order_id}" if self.order_id else ""
        return f"<Order ticket {self._kind}: {' '.join(filter(None, texts))}, {state}{order}>"

    def _repr_mimebundle_(self, **options: object) -> dict[str, object]:
        bundle: dict[str, object] = dict(self.widget._repr_mimebundle_() or {})
        return bundle | {"text/plain": repr(self)}

    def close(self) -> None:
        """End the subscription and disable the form. Orders that were sent stand. Closing twice does no harm."""
        self.closed = True
        self._stop_orders()
        self._follow(None)
        self.fields.disable()

    def _listen(self) -> None:
        fields = self.fields
        fields.symbol.observe(self._on_symbol, "value")
        for field in fields.inputs:
            field.observe(self._on_change, "value")
        fields.review.on_click(lambda _: self._on_review())
        fields.confirm.on_click(lambda _: self._on_confirm())
        fields.back.on_click(lambda _: self._edit())

    # The security

    def show_symbol(self, text: str) -> None:
        """Follow another security; fills in its lot and last price where nothing is written.

        Raises
        ------
        SymbolError : a malformed or unknown symbol.
        """
        symbol = Symbol(text)
        if self._instrument is None or self._instrument.symbol != symbol:
            if self._instrument is not None:
                self.fields.price.value = ""  # the price was meant for another security
            self._follow(None)
            live = stream(symbol)
            try:
                self._instrument = drive(self._session.instrument(symbol))
            except LpError:
                live.close()
                raise
            self._follow(live)
            self._offerfillable_types(symbol.market)
        fields = self.fields
        last = self._last_price()
        if self._instrument is not None and not fields.quantity.value:
            fields.quantity.value = str(self._instrument.lot_size)
        if last is not None and not fields.price.value:
            fields.price.value = plain(last)
        fields.symbol.value = str(symbol)

    def _follow(self, live: Stream | None) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = live
        if live is None:
            self._instrument = None
        else:
            live.on(lambda changed: self._show_facts())
        self._show_facts()

    def _offerfillable_types(self, market: Market) -> None:
        field, types = self.fields.order_type, fillable_types(market)
        kept = field.value if field.value in types else OrderType.LO
        field.options = types
        field.value = kept

    def _last_price(self) -> Decimal | None:
        live = self._stream
        if live is None:
            return None
        last = Decimal(str(live.latest["last_done"].iloc[0]))
        return last if last.is_finite() and last > 0 else None

    def _show_facts(self) -> None:
        """Also called on the stream's thread: sets one trait."""
        live = self._stream
        change = None if live is None else float(live.latest["change_rate"].iloc[0])
        self.fields.facts.value = views.facts(self._instrument, self._last_price(), change)

    def _on_symbol(self, change: object) -> None:
        self._symbol_problem = None
        if not self.fields.symbol.value.strip():
            self._follow(None)
            return
        try:
            self.show_symbol(self.fields.symbol.value)
        except InputError as exc:
            self._follow(None)
            self._symbol_problem = exc.problem
        except LpError as exc:
            self._follow(None)
            self.fields.outcome.value = views.notice(str(exc))

    # The two clicks

    def _read(self) -> tuple[Ticket | None, list[Problem], list[str]]:
        """The ticket as written, every problem of it, and the fields that are still empty."""
        fields = self.fields
        priced = fields.order_type.value in USES["price"]
        ends = fields.time_in_force.value == TimeInForce.GTD
        needed = {"symbol": True, "quantity": True, "price": priced, "expire_date": ends}
        missing = [name for name, used in needed.items() if used and not getattr(fields, name).value.strip()]
        if missing or self._symbol_problem:
            return None, [self._symbol_problem] if self._symbol_problem else [], missing
        try:
            made = make_ticket(
                fields.symbol.value,
                fields.side.value,
                fields.quantity.value,
                fields.price.value if priced else None,
                order_type=fields.order_type.value,
                time_in_force=fields.time_in_force.value,
                expire_date=fields.expire_date.value if ends else None,
            )
        except TicketRejected as exc:
            return None, list(exc.problems), []
        except InputError as exc:
            return None, [exc.problem], []
        return made, check(made, self._instrument, last_price=self._last_price()), []

    def _on_change(self, change: object) -> None:
        if self.step is not Step.SENDING and not self.closed:
            self._edit()

    def _edit(self) -> None:
        """Back to editing: whatever was reviewed is forgotten."""
        self.step, self._reviewed, self._again = Step.EDIT, None, False
        fields = self.fields
        made, problems, missing = self._read()
        fields.problems.value = views.problems(problems, missing)
        fields.summary.value = ""
        fields.price.disabled = fields.order_type.value not in USES["price"]
        fields.expire_date.layout.display = "" if fields.time_in_force.value == TimeInForce.GTD else "none"
        self._show_buttons(ready=made is not None and not problems)

    def _show_buttons(self, *, ready: bool) -> None:
        words = "Send it once more" if self._again else f"Confirm {self.fields.side.value}"
        self.fields.show_buttons(ready=ready, reviewing=self.step is Step.REVIEW, confirm_text=words)

    def _on_review(self) -> None:
        made, problems, _ = self._read()
        if made is None or problems or self.closed:
            self._edit()
            return
        self._reviewed, self.step = made, Step.REVIEW
        account, last = self._session.account, self._last_price()
        self.fields.summary.value = views.review(made, self._kind, account, self._instrument, last)
        self.fields.outcome.value = ""
        self._show_buttons(ready=True)

    def _on_confirm(self) -> None:
        """Send what was reviewed. A second click finds the step changed, and does nothing."""
        made, again = self._reviewed, self._again
        if self.step is not Step.REVIEW or made is None or self.closed:
            return
        self.step, self._reviewed = Step.SENDING, None
        self.fields.confirm.disabled = self.fields.back.disabled = True
        try:
            self._send(made, again=again)
        finally:
            self.fields.back.disabled = False

    def _send(self, made: Ticket, *, again: bool) -> None:
        outcome = self.fields.outcome
        if not self._session.healthy:
            self._edit()
            outcome.value = views.notice("The session of this ticket has ended, nothing was sent. Make a new ticket.")
            return
        try:
            receipt = submit_ticket(made, again=again)
        except DuplicateOrder as exc:
            self.step, self._reviewed, self._again = Step.REVIEW, made, True
            self._show_buttons(ready=True)
            outcome.value = views.notice(str(exc))
        except LpError as exc:
            self._edit()
            outcome.value = views.notice(str(exc))
        except Exception as exc:  # the edge to the browser: what is raised here would be seen by nobody
            log.exception("an order from a ticket failed: %s", made)
            self._edit()
            outcome.value = views.notice(f"{type(exc).__name__}: {exc}. Look at orders() before you send it again.")
        else:
            self._edit()
            self.step, self._sent, self.order_id = Step.SENT, made, receipt.order_id
            self._show_outcome()

    # What became of it

    def _watch_orders(self) -> None:
        try:
            self._session.io(self._session.source.watch_orders()).block()
        except (LinkError, RequestTimeout) as exc:
            self.fields.outcome.value = views.notice(f"Changes of orders cannot be followed here. {exc}", problem=False)

    def _take_push(self, push: OrderPush) -> None:
        """On the I/O thread: remember the newest state of each order, and show that of ours."""
        self._pushes[push.order_id] = push
        if push.order_id == self.order_id:
            self._show_outcome()

    def _show_outcome(self) -> None:
        """Set until it shows the newest push: one may come between reading and setting."""
        while self._sent is not None:
            push = self._pushes.get(self.order_id)
            self.fields.outcome.value = views.outcome(self._sent, self.order_id, push)
            if push is self._pushes.get(self.order_id):
                return


def _account_kind(live: Session) -> str:
    """SIMULATED, PAPER or LIVE. What the server does not prove to be paper is shown as live."""
    if live.simulated:
        return "SIMULATED"
    return str(proven_kind(positions()["account_channel"], paper_asked=live.settings.paper) or "live").upper()
