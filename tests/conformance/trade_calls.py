"""Every call of the trade context of an SDK, in the order in which they are made, and the pushes it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from tests.conformance.contexts import CHEAP_SHARE, CN_SHARE, SHARE, Call, Sdk
from tests.conformance.quote_calls import QuoteCalls
from tests.conformance.sdk_calls import plain


class TradeCalls:
    """The calls. Where an order needs a price or a contract of the market, the quote calls are asked."""

    def __init__(self, sdk: Sdk, quotes: QuoteCalls) -> None:
        self.sdk = sdk
        self.quotes = quotes
        self.ids: dict[str, str] = {}
        self.orders_told: list[dict[str, Any]] = []

    def all(self) -> Iterator[Call]:
        """Name and work of each call."""
        yield "connect trade", self.connect_trade
        yield from self.orders()
        yield from self.attached()
        yield from self.account()

    def connect_trade(self) -> Any:
        self.trade = self.sdk.context("TradeContext")
        self.trade.set_on_order_changed(self.sdk.listen(lambda event: self.orders_told.append(plain(event))))
        self.trade.subscribe([self.sdk.api.TopicType.Private])

    def submit(self, name: str, kind: str, side: str, quantity: int, price: Any = None, **more: Any) -> Any:
        """Send an order, keep its id under a name."""
        sdk = self.sdk.api
        terms = {"submitted_price": Decimal(price)} if price else {}
        reply = self.trade.submit_order(
            more.pop("symbol", SHARE),
            getattr(sdk.OrderType, kind),
            getattr(sdk.OrderSide, side),
            Decimal(quantity),
            sdk.TimeInForceType.Day,
            **terms,
            **more,
        )
        self.ids[name] = reply.order_id
        return reply.order_id

    def told(self, name: str, last: str) -> Any:
        """The states an order went through, as they were pushed, once they end with that one."""
        order_id = self.ids[name]

        def found() -> list[str]:
            return [push["status"] for push in self.orders_told if push["order_id"] == order_id]

        self.sdk.wait(lambda: last in found()[-1:])
        return found()

    def sweep(self) -> Any:
        """Buy more than is offered at the best price, and no dearer."""
        best = self.quotes.quote.depth(CHEAP_SHARE).asks[0]
        lot = self.quotes.quote.static_info([CHEAP_SHARE])[0].lot_size
        return self.submit("sweep", "LO", "Buy", best.volume + lot, best.price, symbol=CHEAP_SHARE)

    def orders(self) -> Iterator[Call]:
        given, trade = self.sdk.given, self.trade
        resting, other = given["resting_price"], given["other_price"]
        trail = {"trailing_amount": Decimal(10), "limit_offset": Decimal(1)}
        yield "submit_order: a limit", lambda: self.submit("limit", "LO", "Buy", 200, resting, remark="hello")
        yield "pushes: New", lambda: self.told("limit", "New")
        yield "replace_order", lambda: trade.replace_order(self.ids["limit"], Decimal(100), Decimal(other))
        yield "pushes: Replaced", lambda: self.told("limit", "Replaced")
        yield "cancel_order", lambda: trade.cancel_order(self.ids["limit"])
        yield "pushes: Canceled", lambda: self.told("limit", "Canceled")
        yield "submit_order: a market order", lambda: self.submit("market", "MO", "Buy", 200)
        yield "pushes: Filled", lambda: self.told("market", "Filled")
        yield "submit_order: more than the best ask holds", self.sweep
        yield "pushes: PartialFilled", lambda: self.told("sweep", "PartialFilled")
        yield "cancel_order: the rest", lambda: trade.cancel_order(self.ids["sweep"])
        yield "pushes: the rest is cancelled", lambda: self.told("sweep", "Canceled")
        yield "submit_order: trailing", lambda: self.submit("trailing", "TSLPAMT", "Sell", 100, **trail)
        yield "pushes: waits for its trigger", lambda: self.told("trailing", "VarietiesNotReported")
        yield "refused: an odd quantity", lambda: self.submit("odd", "LO", "Buy", 150, resting)
        yield "submit_order: a US option", lambda: self.submit("option", "LO", "Buy", 1, "1", symbol=self.quotes.option)
        yield "refused: a share of CN", lambda: self.submit("CN", "LO", "Buy", 100, resting, symbol=CN_SHARE)
        yield "refused: cancel of an unknown order", lambda: trade.cancel_order("1")
        states = [self.sdk.api.OrderStatus.Filled, self.sdk.api.OrderStatus.Canceled]
        filters = {"status": states, "side": self.sdk.api.OrderSide.Buy, "market": self.sdk.api.Market.HK}
        yield "today_orders", trade.today_orders
        yield "today_orders filtered", lambda: trade.today_orders(SHARE, **filters)
        yield "order_detail", lambda: trade.order_detail(self.ids["market"])
        yield "today_executions", trade.today_executions
        yield "today_executions of one order", lambda: trade.today_executions(order_id=self.ids["market"])

    def attached(self) -> Iterator[Call]:
        """What 5.x alone can say with an order: a bracket, a delay, several legs; and the list of all executions."""
        sdk, trade, price = self.sdk.api, self.trade, Decimal(self.sdk.given["resting_price"])
        if not trade.has("all_executions"):
            return
        bracket, every = sdk.AttachedOrderType.Bracket, partial(sdk.ReplaceAttachedParams, cancel_all_attached=True)
        legs = {"profit_taker_price": int(price / 5) * Decimal(10), "stop_loss_price": int(price / 20) * Decimal(10)}
        later = datetime.fromtimestamp(float(self.sdk.given["later"]))  # the SDK reads local time

        def submit(name: str, **more: Any) -> Any:
            return self.submit(name, "LO", "Buy", 100, str(price), **more)

        def change(name: str, **more: Any) -> Any:
            return trade.replace_order(self.ids[name], Decimal(100), price, **more)

        def leg() -> Any:
            return trade.order_detail(self.ids["bracket"]).attached_orders[0].order_id

        params = sdk.SubmitAttachedParams(bracket, **legs)
        yield "submit_order: a bracket", lambda: submit("bracket", attached_params=params, client_request_id="b-1")
        yield "submit_order: the same request again", lambda: submit("bracket", client_request_id="b-1")
        yield "order_detail: a bracket", lambda: trade.order_detail(self.ids["bracket"])
        yield "today_orders: attached", lambda: trade.today_orders(is_attached=True)
        yield "order_detail: attached", lambda: trade.order_detail(leg(), is_attached=True)
        yield "cancel_order: attached", lambda: trade.cancel_order(leg(), is_attached=True)
        yield "replace_order: nothing attached", lambda: change("bracket", attached_params=every(bracket))
        yield "today_orders: a bracket afterwards", lambda: trade.today_orders(order_id=self.ids["bracket"])
        yield "submit_order: delayed", lambda: submit("delayed", delayed_until=later)
        yield "pushes: delayed", lambda: self.told("delayed", "DelayedNotReported")
        yield "replace_order: at once", lambda: change("delayed", clear_delayed_until=True)
        yield "pushes: delayed no more", lambda: self.told("delayed", "Replaced")
        yield (
            "refused: several legs",
            lambda: trade.submit_multileg(
                sdk.OrderSide.Buy,
                sdk.OrderType.LO,
                Decimal(1),
                sdk.MultiLegStrategy.Straddle,
                [(self.quotes.option, Decimal(1)), (self.quotes.option.replace("C", "P"), Decimal(1))],
                submitted_price=Decimal(1),
            ),
        )
        yield "all_executions", trade.all_executions

    def account(self) -> Iterator[Call]:
        sdk, trade = self.sdk.api, self.trade
        now = datetime.fromtimestamp(float(self.sdk.given["later"]))  # the SDK reads local time
        span = (now - timedelta(days=30), now)
        price = Decimal(self.sdk.given["resting_price"])
        yield "history_orders", lambda: trade.history_orders(start_at=span[0], end_at=span[1])
        yield "history_executions", lambda: trade.history_executions(SHARE)
        yield "account_balance", trade.account_balance
        yield "account_balance USD", lambda: trade.account_balance("USD")
        yield "cash_flow", lambda: trade.cash_flow(*span)
        yield "fund_positions", trade.fund_positions
        yield "stock_positions", trade.stock_positions
        yield "margin_ratio", lambda: trade.margin_ratio(SHARE)
        yield (
            "estimate_max_purchase_quantity",
            lambda: trade.estimate_max_purchase_quantity(SHARE, sdk.OrderType.LO, sdk.OrderSide.Buy, price),
        )
        yield "unsubscribe orders", lambda: trade.unsubscribe([sdk.TopicType.Private])
