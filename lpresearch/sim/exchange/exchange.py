"""The simulated exchange: the life of every order from submit to its end. Knows no JSON and no sockets.

Call it from one thread only: ``submit``, ``replace``, ``cancel`` for clients, and ``step`` as often as resting orders
should look at the market. Every change of an order is told to the listeners, in the order it happens, before the call
returns.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal

from lpresearch.base.markets import Market, OrderType
from lpresearch.base.model import Side, TimeInForce
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange import fees, triggers
from lpresearch.sim.exchange.account import Account, Hold
from lpresearch.sim.exchange.book import Book
from lpresearch.sim.exchange.glimpse import Glimpse
from lpresearch.sim.exchange.market_view import ClockView, ListingView, MarketView
from lpresearch.sim.exchange.order_rules import check, check_terms, tradable
from lpresearch.sim.exchange.orders import CONDITIONAL_TYPES, LIMIT_TYPES, Fill, Order, OrderRequest, Terms
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

    def submit(self, request: OrderRequest, *, client_request_id: str = "") -> Order:
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
        look = Glimpse(self._market, now)
        order = self._new_order(replace(request, symbol=listing.symbol), listing, look)
        self._account.reserve(order.order_id, self._hold(order, listing, order.terms))
        self._listings[order.symbol] = listing
        self.orders[order.order_id] = self._open[order.order_id] = order
        if client_request_id:
            order.key = client_request_id
            self._keys[client_request_id] = order
        if order.order_type in CONDITIONAL_TYPES:
            triggers.arm(order, look.last_price(order.symbol))
            self._tell(order, "VarietiesNotReported", now)
        else:
            order.limit = order.terms.price if order.order_type in LIMIT_TYPES else None
            self._tell(order, "WaitToNew", now)
            self._tell(order, "NewStatus", now)
        self._work(order, look)
        return order

    def replace(self, order_id: str, terms: Terms) -> None:
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
        if terms.quantity <= order.executed_quantity:
            raise Refusal(400, NOT_CHANGEABLE, f"quantity must exceed the executed {order.executed_quantity}")
        self._account.reserve(order_id, self._hold(order, listing, terms))
        self._tell(order, "WaitToReplace", look.now)
        self._tell(order, "PendingReplaceStatus", look.now)
        order.terms = terms
        order.priority = next(self._serial)
        if order.waits_for_trigger:
            triggers.arm(order, look.last_price(order.symbol))
        elif order.order_type in LIMIT_TYPES:
            order.limit = terms.price
        self._tell(order, "ReplacedStatus", look.now)
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

    def restore(self, orders: Iterable[Order]) -> None:
        """Take back the orders that an exchange before this one had; nobody is told."""
        for order in orders:
            self.orders[order.order_id] = order
            if order.key:
                self._keys[order.key] = order
            if order.is_open:
                listing = tradable(order.symbol, self._market)
                self._listings[order.symbol], self._open[order.order_id] = listing, order
                self._account.holds[order.order_id] = self._hold(order, listing, order.terms)
        self._serial = itertools.count(1 + max((order.priority for order in self.orders.values()), default=0))

    def step(self, now: float | None = None) -> None:
        """Let resting orders look at the market: expire, trigger and fill them.

        Parameters
        ----------
        now : epoch seconds of the changes. None asks the clock.
        """
        look = Glimpse(self._market, self._clock.now() if now is None else now)
        for order in sorted(self._open.values(), key=_price_then_time):
            if _is_expired(order, look):
                self._end(order, "ExpiredStatus", look.now)
            else:
                self._work(order, look)

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
            day=look.order_day(region),
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
        if not look.is_open(order.market):
            return
        if order.waits_for_trigger:
            if not triggers.is_touched(order, look.last_price(order.symbol), look.now):
                return
            order.trigger_status, order.trigger_at = "RELEASED", look.now
            order.limit = triggers.limit_after(order, look)
            self._tell(order, "NewStatus", look.now)
        for price, quantity in self._book.take(look, order.symbol, order.side, order.remaining, limit=order.limit):
            self._fill(order, quantity, price, look)
        if order.order_type is OrderType.SLO and order.is_open:
            status = "PartialWithdrawal" if order.fills else "CanceledStatus"
            self._end(order, status, look.now, message="the part that did not fill at once is withdrawn")

    def _fill(self, order: Order, quantity: Decimal, price: Decimal, look: Glimpse) -> None:
        listing = self._listings[order.symbol]
        trade_id = f"{order.order_id}-{len(order.fills) + 1}"
        fill = Fill(trade_id, quantity, price, look.now, look.order_day(order.market))
        order.fills.append(fill)
        self._account.book(
            listing,
            order.side,
            quantity,
            price,
            charges=_charge(order, listing),
            time=look.now,
            settles=look.settlement_day(order.market),
        )
        if order.remaining:
            hold = self._hold(order, listing, order.terms)
            self._account.shrink(order.order_id, order.remaining, fee=hold.fee)
            self._tell(order, "PartialFilledStatus", look.now, fill=fill)
        else:
            self._end(order, "FilledStatus", look.now, fill=fill)

    def _end(self, order: Order, status: str, now: float, *, message: str = "", fill: Fill | None = None) -> None:
        self._account.release(order.order_id)
        del self._open[order.order_id]
        if order.waits_for_trigger:
            order.trigger_status = "DEACTIVE"
        self._tell(order, status, now, message=message, fill=fill)

    def _tell(self, order: Order, status: str, now: float, *, message: str = "", fill: Fill | None = None) -> None:
        order.change(status, now, message=message, fill=fill)
        for listener in self._listeners:
            listener(order, fill)


def _charge(order: Order, listing: ListingView) -> list[tuple[str, Decimal]]:
    """Note the fees that an order owes after its latest fill; the name and amount of each that was added."""
    value = sum((fill.quantity * fill.price for fill in order.fills), Decimal(0)) * fees.contract_size(order.symbol)
    added = []
    for charge in fees.charges(listing, order.side, order.executed_quantity, value):
        added.append((charge.fee.name, charge.amount - order.charged.get(charge.fee.code, Decimal(0))))
        order.charged[charge.fee.code] = charge.amount
    return added


def _is_expired(order: Order, look: Glimpse) -> bool:
    """Whether the last day of an order is over; GTC orders have none."""
    last = order.day if order.request.time_in_force is TimeInForce.DAY else order.request.expire_date
    return last is not None and look.order_day(order.market) > last


def _price_then_time(order: Order) -> tuple[bool, Decimal, int]:
    """Market orders first, then the better price, then the earlier order."""
    if order.limit is None:
        return (False, Decimal(0), order.priority)
    return (True, -order.limit if order.side is Side.BUY else order.limit, order.priority)
