"""Makes every call of the slice with one official SDK: a program of its own, because the SDKs hold the GIL in calls.

``python -m tests.conformance.sdk_calls longport|longbridge PARAMETERS``: the server is named by the SDK's own
environment variables. One line of JSON per call, ``[name, value]``; a refused call gives
``{"code": ..., "message": ...}``. After each line it waits for a line on stdin, so that the one who started it can tell
the calls apart and move the clock of the market.
It ends after the last call, or when stdin does. Knows nothing of lpresearch.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date, datetime
from datetime import time as day_time
from decimal import Decimal
from functools import partial
from importlib import import_module
from typing import Any

DEADLINE_S = 20.0
SYMBOLS = ["700.HK", "AAPL.US", "600519.SH", "D05.SG", "HSI.HK"]
BOOKS = ["700.HK", "AAPL.US", "600519.SH"]


def plain(value: Any) -> Any:
    """A value of the SDK as JSON: decimals as text, enumerations by name, instants as epoch seconds."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date | day_time):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    names = [name for name in dir(value) if not name.startswith("_")]
    if any(isinstance(getattr(type(value), name), type(value)) for name in names):
        return str(value).rpartition(".")[2]
    return {name: plain(getattr(value, name)) for name in names if not callable(getattr(value, name))}


def wait_for(found: Callable[[], Any], rest: Callable[[], None] = lambda: time.sleep(0.01)) -> Any:
    """What ``found`` gives as soon as it gives something; it is asked again after a ``rest``."""
    deadline = time.monotonic() + DEADLINE_S
    while not (value := found()):
        if time.monotonic() > deadline:
            raise TimeoutError("waited in vain for a push")
        rest()
    return value


class Calls:
    """One SDK, connected, and the pushes it was told."""

    def __init__(self, brand: str, parameters: dict[str, Any]) -> None:
        self.sdk = import_module(f"{brand}.openapi")
        self.given = parameters
        config = self.sdk.Config
        self.config = config.from_env() if brand == "longport" else config.from_apikey_env()
        self.pushes: list[tuple[str, str, Any]] = []
        self.order_pushes: list[dict[str, Any]] = []

    def all(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        """Name and work of each call, in the order in which they are to be made."""
        yield "connect quotes", self.connect_quotes
        yield from self.quotes()
        yield from self.bars()
        yield from self.live()
        yield "connect trade", self.connect_trade
        yield from self.orders()
        yield from self.account()

    def connect_quotes(self) -> Any:
        self.quote = self.sdk.QuoteContext(self.config)
        for kind in ("quote", "depth"):
            getattr(self.quote, f"set_on_{kind}")(
                lambda symbol, event, kind=kind: self.pushes.append((kind, symbol, plain(event)))
            )
        return {"member_id": self.quote.member_id(), "quote_level": self.quote.quote_level()}

    def quotes(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        sdk, quote = self.sdk, self.quote
        yield "static_info", lambda: quote.static_info(SYMBOLS)
        yield "quote", lambda: quote.quote(SYMBOLS)
        for symbol in BOOKS:
            yield f"depth {symbol}", partial(quote.depth, symbol)
        yield "trading_session", quote.trading_session
        first, last = (date.fromisoformat(self.given[name]) for name in ("calendar_start", "calendar_end"))
        for market in ("HK", "US", "CN", "SG"):
            yield f"trading_days {market}", partial(quote.trading_days, getattr(sdk.Market, market), first, last)
        yield "refused: depth of an unknown symbol", lambda: quote.depth("NOSUCH.HK")
        yield "quote of two of whom one is unknown", lambda: quote.quote(["700.HK", "NOSUCH.HK"])

    def bars(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        sdk, quote = self.sdk, self.quote
        none, forward = sdk.AdjustType.NoAdjust, sdk.AdjustType.ForwardAdjust
        day, week, five = sdk.Period.Day, sdk.Period.Week, sdk.Period.Min_5
        regular, every = sdk.TradeSessions.Intraday, sdk.TradeSessions.All
        by_date, by_offset = quote.history_candlesticks_by_date, quote.history_candlesticks_by_offset
        first, last, moment = date(2024, 1, 2), date(2024, 3, 28), datetime(2024, 3, 5, 10, 35)
        early, late = date(2020, 1, 2), date(2020, 1, 3)
        yield "candlesticks day", lambda: quote.candlesticks("700.HK", day, 100, none, regular)
        yield "candlesticks 5m all sessions", lambda: quote.candlesticks("AAPL.US", five, 200, none, every)
        yield "candlesticks forward", lambda: quote.candlesticks("600519.SH", week, 10, forward, regular)
        yield "history by date", lambda: by_date("700.HK", day, none, first, last, regular)
        yield "history by date from a start", lambda: by_date("700.HK", day, none, first, None, regular)
        yield "history by date to an end", lambda: by_date("700.HK", day, none, None, last, regular)
        yield "history by date of all", lambda: by_date("700.HK", day, none, None, None, regular)
        yield "history by date 5m all sessions", lambda: by_date("AAPL.US", five, forward, last, last, every)
        yield "history by offset backward", lambda: by_offset("700.HK", day, none, False, 7, None, regular)
        yield "history by offset backward from", lambda: by_offset("700.HK", five, none, False, 9, moment, regular)
        yield "history by offset forward from", lambda: by_offset("AAPL.US", five, none, True, 9, moment, every)
        yield "history by offset forward", lambda: by_offset("700.HK", day, none, True, 3, None, regular)
        yield "refused: history of one symbol too many", lambda: by_date("9988.HK", day, none, first, last, regular)
        yield "refused: minutes before the reach", lambda: by_date("700.HK", five, none, early, late, regular)

    def live(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        sdk, quote = self.sdk, self.quote
        prices, book = [sdk.SubType.Quote], [sdk.SubType.Depth]
        yield "subscribe", lambda: quote.subscribe(["700.HK"], prices)
        yield "first push of quote", lambda: self.push("quote", 1)
        yield "subscribe to depth", lambda: quote.subscribe(["700.HK"], book)
        yield "first push of depth", lambda: self.push("depth", 1)
        yield "next push of quote", lambda: self.push("quote", 2)
        yield "next push of depth", lambda: self.push("depth", 2)
        yield "subscriptions", quote.subscriptions
        yield "unsubscribe from depth", lambda: quote.unsubscribe(["700.HK"], book)
        yield "unsubscribe", lambda: quote.unsubscribe(["700.HK"], prices)

    def push(self, kind: str, number: int) -> Any:
        """The push of a kind with that number, from 1."""

        def found() -> list[Any]:
            return [event for event_kind, symbol, event in self.pushes if event_kind == kind and symbol == "700.HK"]

        wait_for(lambda: len(found()) >= number)
        return found()[number - 1]

    def connect_trade(self) -> Any:
        self.trade = self.sdk.TradeContext(self.config)
        self.trade.set_on_order_changed(lambda event: self.order_pushes.append(plain(event)))
        self.trade.subscribe([self.sdk.TopicType.Private])

    def submit(self, symbol: str, side: str, quantity: int, price: str | None, remark: str | None = None) -> str:
        """Send a limit order, or without a price a market order; returns its id."""
        sdk = self.sdk
        reply = self.trade.submit_order(
            symbol,
            sdk.OrderType.LO if price else sdk.OrderType.MO,
            getattr(sdk.OrderSide, side),
            Decimal(quantity),
            sdk.TimeInForceType.Day,
            submitted_price=Decimal(price) if price else None,
            remark=remark,
        )
        order_id: str = reply.order_id
        return order_id

    def told(self, order_id: str, status: str) -> Any:
        """The order push of an order in a state."""
        return wait_for(
            lambda: [push for push in self.order_pushes if push["order_id"] == order_id and push["status"] == status]
        )[-1]

    def orders(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        trade, price, other = self.trade, self.given["resting_price"], self.given["other_price"]
        ids: dict[str, str] = {}

        def send(name: str, *order: Any) -> str:
            ids[name] = self.submit(*order)
            return ids[name]

        yield "submit a limit order", lambda: send("resting", "700.HK", "Buy", 200, price, "hello")
        yield "push of a new order", lambda: self.told(ids["resting"], "New")
        yield "replace", lambda: trade.replace_order(ids["resting"], Decimal(100), Decimal(other))
        yield "submit a market order", lambda: send("filled", "700.HK", "Buy", 100, None)
        yield "push of a fill", lambda: self.told(ids["filled"], "Filled")
        yield "submit another", lambda: send("cancelled", "AAPL.US", "Buy", 1, self.given["us_price"])
        yield "cancel", lambda: trade.cancel_order(ids["cancelled"])
        yield "push of a cancelled order", lambda: self.told(ids["cancelled"], "Canceled")
        yield "refused: an odd quantity", lambda: self.submit("700.HK", "Buy", 150, price)
        yield "refused: an order for an unknown symbol", lambda: self.submit("NOSUCH.HK", "Buy", 100, price)
        yield "refused: cancel of an unknown order", lambda: trade.cancel_order("1")
        yield "today_orders", trade.today_orders
        yield (
            "today_orders filtered",
            lambda: trade.today_orders(
                symbol="700.HK",
                status=[self.sdk.OrderStatus.Filled, self.sdk.OrderStatus.New],
                side=self.sdk.OrderSide.Buy,
                market=self.sdk.Market.HK,
            ),
        )
        yield "today_orders by id", lambda: trade.today_orders(order_id=ids["filled"])
        yield "order_detail", lambda: trade.order_detail(ids["filled"])
        yield "today_executions", trade.today_executions
        yield "today_executions by symbol", lambda: trade.today_executions(symbol="700.HK")
        yield "today_executions by id", lambda: trade.today_executions(order_id=ids["filled"])

    def account(self) -> Iterator[tuple[str, Callable[[], Any]]]:
        sdk, trade, price = self.sdk, self.trade, self.given["resting_price"]
        yield "account_balance", trade.account_balance
        yield "account_balance USD", lambda: trade.account_balance("USD")
        yield "stock_positions", trade.stock_positions
        yield "stock_positions of two", lambda: trade.stock_positions(["700.HK", "AAPL.US"])
        yield "margin_ratio", lambda: trade.margin_ratio("700.HK")
        yield (
            "estimate_max_purchase_quantity",
            lambda: trade.estimate_max_purchase_quantity("700.HK", sdk.OrderType.LO, sdk.OrderSide.Buy, Decimal(price)),
        )


def outcome(work: Callable[[], Any], refused: type[Exception]) -> Any:
    """What a call gives, or how it was refused."""
    try:
        return plain(work())
    except refused as exc:
        return {"code": getattr(exc, "code", None), "message": getattr(exc, "message", str(exc))}


def main() -> None:
    calls = Calls(sys.argv[1], json.loads(sys.argv[2]))
    for name, work in calls.all():
        print(json.dumps([name, outcome(work, calls.sdk.OpenApiException)]), flush=True)
        if not sys.stdin.readline():
            return


if __name__ == "__main__":
    main()
