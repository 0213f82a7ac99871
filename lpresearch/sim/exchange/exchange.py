"""The simulated exchange: the life of every order from submit to its end. Knows no JSON and no sockets.

Call it from one thread only: ``submit``, ``replace``, ``cancel`` for clients, and ``step`` as often as resting orders
should look at the market. Every change of an order is told to the listeners, in the order it happens, before the call
returns.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from lpresearch.base.markets import Market, OrderType
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange import fees, triggers
from lpresearch.sim.exchange.account import Account, Hold
from lpresearch.sim.exchange.attached import NOTHING_ATTACHED, Attachment, Leg
from lpresearch.sim.exchange.book import Book
from lpresearch.sim.exchange.glimpse import Glimpse
from lpresearch.sim.exchange.market_view import ClockView, ListingView, MarketView
from lpresearch.sim.exchange.order_rules import CLEAR_DELAY, check, check_delay, check_terms, tradable
from lpresearch.sim.exchange.orders import (
    CONDITIONAL_TYPES,
    LIMIT_TYPES,
    Fill,
    Order,
    OrderRequest,
    Terms,
    price_then_time,
)
from lpresearch.sim.server.refusal import Refusal

NO_SUCH_ORDER = 602030  # the broker publishes no list of trade codes; these two are ours
NOT_CHANGEABLE = 602031
KEY_LIFE_S = 600.0  # longport.md 7.2: the server remembers client_request_id for 10 minutes

Listener = Callable[[Order, Fill | None], None]


class Exchange:
    """All orders of one account on one simulated market."""

    def __init__(self, market: MarketView, clock: ClockView, account: Account) -> None:
        self._market = market
        self._clock = clock
        self._account = account
        self._book = Book()
        self._listings: dict[str, ListingView] = {}
        self._open: dict[str, Order] = {}
        self._attached: dict[str, list[Order]] = {}  # by the id of the main order
        self._keys: dict[str, Order] = {}  # client_request_id -> order
        self._serial = itertools.count(1)
        self._listeners: list[Listener] = []
        self.orders: dict[str, Order] = {}

    @property
    def has_open_orders(self) -> bool:
        """Whether a step could change anything."""
        return bool(self._open)

    def on_change(self, listener: Listener) -> None:
        """Call ``listener`` with the order, and with the fill if it is one, at each change of an order."""
        self._listeners.append(listener)

    def order(self, order_id: str) -> Order:
        """The order with an id.

        Raises
        ------
        Refusal : there is none.
        """
        try:
            return self.orders[order_id]
        except KeyError as exc:
            raise Refusal(400, NO_SUCH_ORDER, f"order {order_id} not found") from exc

    def submit(
        self, request: OrderRequest, *, client_request_id: str = "", attachment: Attachment = NOTHING_ATTACHED
    ) -> Order:
        """The new order; the earlier one where the key was seen within ten minutes.

        Raises
        ------
        Refusal : the order breaks a rule, or the account cannot carry it.
        """
        now = self._clock.now()
        self._keys = {key: seen for key, seen in self._keys.items() if now - seen.submitted_at < KEY_LIFE_S}
        if client_request_id in self._keys:
            return self._keys[client_request_id]
        listing = check(request, self._market)
        check_delay(request.order_type, request.terms, now)
        for leg in attachment.legs:
            check(leg.request(request, request.terms), self._market)
        look = Glimpse(self._market, now)
        order = self._new_order(replace(request, symbol=listing.symbol), listing, look)
        self._account.reserve(order.order_id, self._hold(order, listing, order.terms))
        self._listings[order.symbol] = listing
        self.orders[order.order_id] = self._open[order.order_id] = order
        if client_request_id:
            order.key = client_request_id
            self._keys[client_request_id] = order
        if order.terms.delayed_until > now:
            order.limit = order.terms.price
            self._tell(order, "DelayedNotReported", now)
        elif order.order_type in CONDITIONAL_TYPES:
            triggers.arm(order, look.last_price(order.symbol))
            self._tell(order, "VarietiesNotReported", now)
        else:
            self._report(order, look)
        for leg in attachment.legs:
            self._attach(order, leg, listing, look)
        self._work(order, look)
        return order

    def replace(self, order_id: str, terms: Terms, *, attachment: Attachment = NOTHING_ATTACHED) -> None:
        """Give an open order new terms; it goes to the back of the queue.

        Raises
        ------
        Refusal : no such order, it cannot be changed, or its new terms break a rule.
        """
        order = self._changeable(order_id)
        if order.order_type is OrderType.SLO:
            raise Refusal(400, NOT_CHANGEABLE, "a special limit order cannot be replaced")
        look = Glimpse(self._market, self._clock.now())
        listing = self._listings[order.symbol]
        check_terms(order.order_type, terms, listing, self._market)
        if terms.delayed_until != order.terms.delayed_until:
            check_delay(order.order_type, terms, look.now)
        for leg in attachment.legs:
            check(leg.request(order.request, terms), self._market)
        if terms.quantity <= order.executed_quantity:
            raise Refusal(400, NOT_CHANGEABLE, f"quantity must exceed the executed {order.executed_quantity}")
        if order.is_carried:
            self._account.reserve(order_id, self._hold(order, listing, terms))
        delayed = order.is_delayed and terms.delayed_until != CLEAR_DELAY
        self._tell(order, "WaitToReplace", look.now)
        self._tell(order, "PendingReplaceStatus", look.now)
        order.terms = terms
        order.priority = next(self._serial)
        if order.waits_for_trigger:
            triggers.arm(order, look.last_price(order.symbol))
        elif order.order_type in LIMIT_TYPES:
            order.limit = terms.price
        self._tell(order, "ReplacedStatus", look.now)
        if delayed:
            self._tell(order, "DelayedNotReported", look.now)
        if attachment.legs or attachment.cancel_all:
            self._cancel_attached(order, look.now)
        for leg in attachment.legs:
            self._attach(order, leg, listing, look)
        self._work(order, look)

    def cancel(self, order_id: str) -> None:
        """End an open order; what it filled stays.

        Raises
        ------
        Refusal : no such order, or it is over.
        """
        order, now = self._changeable(order_id), self._clock.now()
        self._tell(order, "WaitToCancel", now)
        self._tell(order, "PendingCancelStatus", now)
        self._end(order, "CanceledStatus", now)

    def restore(self, orders: Iterable[Order], listings: Mapping[str, ListingView]) -> None:
        """Take back the orders that an exchange before this one had, and the listings of those open; nobody is told."""
        for order in orders:
            self.orders[order.order_id] = order
            if order.key:
                self._keys[order.key] = order
            if order.main_id:
                self._attached.setdefault(order.main_id, []).append(order)
            if order.is_open:
                self._listings[order.symbol] = listings[order.symbol]
                if not order.is_asleep:
                    self._open[order.order_id] = order
        self._serial = itertools.count(1 + max((order.priority for order in self.orders.values()), default=0))

    def step(self, now: float | None = None) -> None:
        """Let resting orders look at the market: expire, trigger and fill them. ``now`` is in epoch seconds."""
        look = self.expire(now)
        for order in sorted(self._open.values(), key=price_then_time):
            # An attached order may be over by another one of this step; a moment may precede an order.
            if order.is_open and order.submitted_at <= look.now:
                self._work(order, look)

    def expire(self, now: float | None = None) -> Glimpse:
        """End the orders whose last day is over, as of its close; returns the look at the market. Fills nothing."""
        look = Glimpse(self._market, self._clock.now() if now is None else now)
        for order in list(self._open.values()):
            if order.is_open and not order.is_delayed and look.is_past(order):
                self._end(order, "ExpiredStatus", max(look.end_of(order), order.updated_at))
        return look

    def listing(self, symbol: str) -> ListingView:
        """The facts of a security that the platform trades; a :class:`Refusal` for any other."""
        return tradable(symbol, self._market)

    def trading_date(self, market: Market) -> date:
        """The market's current or latest trading day."""
        return self._market.trading_date(market)

    def estimate_price(self, symbol: str, price: Decimal | None) -> Decimal:
        """The price that an order is reckoned at before it fills: its own, else the last one."""
        return price if price is not None and price > 0 else self._market.last_price(symbol)

    def _new_order(self, request: OrderRequest, listing: ListingView, look: Glimpse) -> Order:
        serial = next(self._serial)
        region = Symbol(request.symbol).market
        return Order(
            order_id=f"{int(look.now):010d}{serial:08d}",
            request=request,
            terms=request.terms,
            name=listing.name_en,
            market=region,
            currency=listing.currency,
            submitted_at=look.now,
            day=look.order_day(region, request.outside_rth),
            priority=serial,
        )

    def _hold(self, order: Order, listing: ListingView, terms: Terms) -> Hold:
        """What the open part of an order may need."""
        limit = terms.price if order.order_type in LIMIT_TYPES else order.limit
        price = self.estimate_price(listing.symbol, limit)
        fee = max(fees.total(listing, order.side, terms.quantity, price) - order.fee, Decimal(0))
        return Hold(listing, order.side, terms.quantity - order.executed_quantity, price, fee)

    def _changeable(self, order_id: str) -> Order:
        order = self.order(order_id)
        if not order.is_open:
            raise Refusal(400, NOT_CHANGEABLE, f"order {order_id} is {order.status} and cannot be changed")
        return order

    def _work(self, order: Order, look: Glimpse) -> None:
        """Trigger an order if the last price says so, then fill what the book gives; nothing while the market rests."""
        if order.is_asleep:
            return
        if order.is_delayed:
            if look.now < order.terms.delayed_until:
                return
            order.day = look.order_day(order.market, order.request.outside_rth)
            self._report(order, look)
        if not look.is_open(order.market, order.request.outside_rth):
            return
        if order.waits_for_trigger:
            if not triggers.is_touched(order, look.last_price(order.symbol), look.now):
                return
            order.trigger_status, order.trigger_at = "RELEASED", look.now
            order.limit = triggers.limit_after(order, look)
            if order.main_id and not self._can_carry(order):
                self._end(order, "RejectedStatus", look.now, message="the account cannot carry the attached order")
                return
            self._tell(order, "NewStatus", look.now)
        for price, quantity in self._book.take(look, order.symbol, order.side, order.remaining, limit=order.limit):
            self._fill(order, quantity, price, look)
        if order.order_type is OrderType.SLO and order.is_open:
            status = "PartialWithdrawal" if order.fills else "CanceledStatus"
            self._end(order, status, look.now, message="the part that did not fill at once is withdrawn")

    def _fill(self, order: Order, quantity: Decimal, price: Decimal, look: Glimpse) -> None:
        listing = self._listings[order.symbol]
        trade_id = f"{order.order_id}-{len(order.fills) + 1}"
        fill = Fill(trade_id, quantity, price, look.now, look.order_day(order.market, order.request.outside_rth))
        order.fills.append(fill)
        self._account.book(
            listing,
            order.side,
            quantity,
            price,
            charges=fees.charge(order, listing),
            time=look.now,
            settles=look.settlement_day(order.market, fill.day),
        )
        if order.remaining:
            hold = self._hold(order, listing, order.terms)
            self._account.shrink(order.order_id, order.remaining, fee=hold.fee)
            self._tell(order, "PartialFilledStatus", look.now, fill=fill)
        else:
            self._end(order, "FilledStatus", look.now, fill=fill)

    def _end(self, order: Order, status: str, now: float, *, message: str = "", fill: Fill | None = None) -> None:
        self._account.release(order.order_id)
        self._open.pop(order.order_id, None)
        if order.waits_for_trigger:
            order.trigger_status = "DEACTIVE"
        self._tell(order, status, now, message=message, fill=fill)
        self._after(order, now)

    def attached_to(self, order: Order) -> list[Order]:
        """The orders attached to one, in the order in which they were asked for."""
        return self._attached.get(order.order_id, [])

    def _report(self, order: Order, look: Glimpse) -> None:
        """Pass an order without a trigger on to the market."""
        order.limit = order.terms.price if order.order_type in LIMIT_TYPES else None
        self._tell(order, "WaitToNew", look.now)
        self._tell(order, "NewStatus", look.now)

    def _attach(self, main: Order, leg: Leg, listing: ListingView, look: Glimpse) -> None:
        order = self._new_order(leg.request(main.request, main.terms), listing, look)
        order.main_id, order.attached_kind, order.trigger_status = main.order_id, leg.kind, "DEACTIVE"
        self.orders[order.order_id] = order
        self._attached.setdefault(main.order_id, []).append(order)
        self._tell(order, "VarietiesNotReported", look.now)

    def _cancel_attached(self, main: Order, now: float) -> None:
        for other in self.attached_to(main):
            if other.is_open:
                self._end(other, "CanceledStatus", now)

    def _after(self, order: Order, now: float) -> None:
        """What the end of an order means for those attached to it, or attached with it."""
        if order.main_id:
            if order.fills:
                self._cancel_attached(self.orders[order.main_id], now)
        elif not order.fills:
            self._cancel_attached(order, now)
        else:
            self._wake_attached(order, now)

    def _wake_attached(self, main: Order, now: float) -> None:
        look = Glimpse(self._market, now)
        for other in self.attached_to(main):
            if other.is_open:
                other.terms = replace(other.terms, quantity=main.executed_quantity)
                other.day = look.order_day(other.market, other.request.outside_rth)
                self._open[other.order_id] = other
                triggers.arm(other, look.last_price(other.symbol))
                self._tell(other, "VarietiesNotReported", now)

    def _can_carry(self, order: Order) -> bool:
        """Hold what an attached order needs from the moment it is touched."""
        try:
            self._account.reserve(order.order_id, self._hold(order, self._listings[order.symbol], order.terms))
        except Refusal:
            return False
        return True

    def _tell(self, order: Order, status: str, now: float, *, message: str = "", fill: Fill | None = None) -> None:
        order.change(status, now, message=message, fill=fill)
        for listener in self._listeners:
            listener(order, fill)
