"""The same calls by our client: once through the public functions, and once over the seam, request for request."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import lpresearch as lp
from lpresearch.base.errors import LpError, ServerRejected
from lpresearch.base.markets import Market, OrderType
from lpresearch.base.model import Adjust, AnchorPage, DatePage, OrderPush, Period, Sessions, Side, Ticket
from lpresearch.base.symbols import Symbol
from lpresearch.client.session import Session
from lpresearch.net.http import Http
from tests.conformance.our_words import (
    SESSION_WORDS,
    candles,
    depth,
    order_push,
    orders,
    positions,
    quotes,
    rows,
    static_info,
)
from tests.conformance.sdk_calls import BOOKS, DEADLINE_S, SYMBOLS

Call = tuple[str, Callable[[], Any]]
TENCENT, APPLE, MOUTAI = Symbol("700.HK"), Symbol("AAPL.US"), Symbol("600519.SH")


def outcome(work: Callable[[], Any]) -> Any:
    """What a call gives, or the code and message of the server's refusal, or the error with which ours refused it."""
    try:
        return work()
    except LpError as exc:
        cause: BaseException | None = exc
        while cause is not None and not isinstance(cause, ServerRejected):
            cause = cause.__cause__
        if cause is None:
            return {"error": type(exc).__name__, "names": getattr(exc, "value", None)}
        return {"code": cause.code, "message": cause.message}


def wait_for(found: Callable[[], Any]) -> Any:
    """What ``found`` gives as soon as it gives something."""
    deadline = time.monotonic() + DEADLINE_S
    while not (value := found()):
        if time.monotonic() > deadline:
            raise TimeoutError("waited in vain for a push")
        time.sleep(0.01)
    return value


class Ours:
    """Our session, and the calls on it.

    Parameters
    ----------
    given : the same parameters that the SDK was told.
    theirs : the values of the SDK, for the ids of its orders.
    """

    def __init__(self, environment: Mapping[str, str], given: Mapping[str, str], theirs: Mapping[str, Any]) -> None:
        self.environment = {name.removeprefix("LONGPORT_").lower(): value for name, value in environment.items()}
        self.given = given
        self.theirs = theirs
        self.pushes: list[OrderPush] = []

    @property
    def session(self) -> Session:
        return lp.session()

    def seam(self, work: Any) -> Any:
        """Let the source do something."""
        return self.session.io(work).block()

    # ------------------------------------------------------------------ through the public functions

    def public(self) -> Iterator[Call]:
        """Every call of the SDK that a public function of ours answers."""
        yield "connect quotes", self.connect
        yield "static_info", lambda: static_info(lp.static_info(SYMBOLS))
        yield "quote", lambda: quotes(lp.quote(SYMBOLS))
        for symbol in BOOKS:
            yield f"depth {symbol}", partial(self.depth, symbol)
        yield "trading_session", self.trading_session
        for market in ("HK", "US", "CN", "SG"):
            yield f"trading_days {market}", partial(self.trading_days, market)
        yield "quote of two of whom one is unknown", lambda: lp.quote(["700.HK", "NOSUCH.HK"])
        yield "refused: depth of an unknown symbol", lambda: lp.depth("NOSUCH.HK")
        yield from self.bars()
        yield from self.live()
        yield "connect trade", self.connect_trade
        yield from self.reads()
        yield from self.trades()

    def connect(self) -> Any:
        names = ("app_key", "app_secret", "access_token", "http_url", "quote_ws_url", "trade_ws_url", "region")
        settings: dict[str, Any] = {name: self.environment[name] for name in names}
        profile = lp.connect(**settings).profile
        return {"member_id": int(profile.member_id), "quote_level": profile.quote_level}

    def depth(self, symbol: str) -> Any:
        return depth(lp.depth(symbol))

    def trading_session(self) -> Any:
        """The seam's spans: the public function comes with a later slice. The SDK knows no 24:00, and reads 23:59."""

        def clock(minutes: int) -> str:
            minutes = min(minutes, 24 * 60 - 1)
            return f"{minutes // 60:02}:{minutes % 60:02}:00"

        return [
            {
                "market": market.value,
                "trade_sessions": [
                    {
                        "begin_time": clock(span.start),
                        "end_time": clock(span.end),
                        "trade_session": SESSION_WORDS[span.session],
                    }
                    for span in spans
                ],
            }
            for market, spans in self.seam(self.session.source.market_sessions()).items()
        ]

    def trading_days(self, market: str) -> Any:
        found = rows(lp.trading_days(market, self.given["calendar_start"], self.given["calendar_end"]))
        return {
            "trading_days": [row["date"] for row in found if not row["half_day"]],
            "half_trading_days": [row["date"] for row in found if row["half_day"]],
        }

    def bars(self) -> Iterator[Call]:
        def bars(name: str, symbol: str, *args: Any, **kwargs: Any) -> Call:
            return name, lambda: candles(lp.candles(symbol, *args, **kwargs))

        today = self.given["today"]
        day, moment = {"start": "2024-01-02", "end": "2024-03-28"}, "2024-03-05 10:35"
        yield bars("candlesticks day", "700.HK", count=100)
        yield bars("candlesticks 5m all sessions", "AAPL.US", "5m", count=200, sessions="all")
        yield bars("candlesticks forward", "600519.SH", "1w", count=10, adjust="forward")
        yield bars("history by date", "700.HK", **day)
        yield bars("history by date from a start", "700.HK", start=day["start"], count=1000)
        yield bars("history by date to an end", "700.HK", end=day["end"], count=1000)
        yield bars("history by date of all", "700.HK")
        one = day["end"]
        yield bars(
            "history by date 5m all sessions", "AAPL.US", "5m", start=one, end=one, adjust="forward", sessions="all"
        )
        yield bars("history by offset backward", "700.HK", count=7)
        yield bars("history by offset backward from", "700.HK", "5m", end=moment, count=9)
        yield bars("history by offset forward from", "AAPL.US", "5m", start=moment, count=9, sessions="all")
        yield bars("history by offset forward", "700.HK", start=today, count=3)
        yield bars("here: history of one symbol too many", "9988.HK", start="2015-01-05", end="2015-01-30")
        yield bars("here: minutes before the reach", "700.HK", "5m", start="2020-01-02", end="2020-01-03")

    def live(self) -> Iterator[Call]:
        yield "subscribe", self.subscribe
        yield "first push of quote", lambda: self.push(1)
        yield "first push of depth", lambda: depth(lp.depth("700.HK"))
        yield "next push of quote", lambda: self.push(2)
        yield "next push of depth", lambda: depth(lp.depth("700.HK"))
        yield "unsubscribe", lambda: self.stream.close()

    def subscribe(self) -> None:
        self.stream = lp.stream("700.HK")

    def push(self, number: int) -> Any:
        """The newest values once that many pushes came."""
        wait_for(lambda: len(self.stream.frame()) >= number)
        row = quotes(self.stream.latest)[0]
        names = ("last_done", "open", "high", "low", "timestamp", "volume", "turnover", "trade_status")
        session = self.stream.frame()["session"].iloc[number - 1]
        return {name: row[name] for name in names} | {"trade_session": SESSION_WORDS[session]}

    def connect_trade(self) -> None:
        self.session.on_order(self.pushes.append)
        self.seam(self.session.source.watch_orders())

    def reads(self) -> Iterator[Call]:
        filled = self.theirs["submit a market order"]
        wanted = ["700.HK", "AAPL.US"]
        yield "today_orders", lambda: orders(lp.orders())
        yield (
            "today_orders filtered",
            lambda: [
                row
                for row in orders(lp.orders("700.HK"))
                if row["status"] in ("Filled", "New") and row["side"] == "Buy"
            ],
        )
        yield "today_orders by id", lambda: orders(lp.order(filled))
        yield "order_detail", lambda: orders(lp.order(filled))[0]
        yield "today_executions", lambda: rows(lp.executions())
        yield "today_executions by symbol", lambda: rows(lp.executions("700.HK"))
        yield "today_executions by id", lambda: rows(lp.executions(order=filled))
        yield "here: the lists of the balance", self.read_lists
        yield "account_balance", lambda: self.balance(None)
        yield "account_balance USD", lambda: self.balance("USD")
        yield "stock_positions", lambda: positions(lp.positions())
        yield "stock_positions of two", lambda: positions(lp.positions(wanted))
        yield "margin_ratio", lambda: self.get("/v1/risk/margin-ratio", [("symbol", "700.HK")])
        yield (
            "estimate_max_purchase_quantity",
            lambda: self.get(
                "/v1/trade/estimate/buy_limit",
                [
                    ("symbol", "700.HK"),
                    ("order_type", "LO"),
                    ("price", self.given["resting_price"]),
                    ("side", "Buy"),
                    ("fractional_shares", "false"),
                ],
            ),
        )

    def read_lists(self) -> None:
        """The two lists of the balance that only the seam tells so far; they are the same in every currency."""
        columns = self.seam(self.session.source.account_balance())
        self.lists = {name: columns[name][0] for name in ("cash_infos", "frozen_transaction_fees")}

    def balance(self, currency: str | None) -> Any:
        return [row | self.lists for row in rows(lp.balance(currency))]

    def get(self, path: str, query: list[tuple[str, str]]) -> Any:
        """A signed request whose public function comes with a later slice."""

        async def ask() -> object:
            http = Http(self.session.settings)
            try:
                return await http.request("GET", path, query=query)
            finally:
                await http.close()

        return self.seam(ask())

    def trades(self) -> Iterator[Call]:
        price, other = self.given["resting_price"], self.given["other_price"]
        ids: dict[str, str] = {}

        def send(name: str, *args: Any, **kwargs: Any) -> str:
            ids[name] = str(lp.submit(*args, **kwargs))
            return ids[name]

        yield "submit a limit order", lambda: send("resting", "700.HK", "Buy", 200, price=price, remark="hello")
        yield "push of a new order", lambda: self.told(ids["resting"], "NewStatus")
        yield "replace", lambda: lp.replace(ids["resting"], quantity=100, price=other) and None
        yield "submit a market order", lambda: send("filled", "700.HK", "Buy", 100)
        yield "push of a fill", lambda: self.told(ids["filled"], "FilledStatus")
        yield "submit another", lambda: send("cancelled", "AAPL.US", "Buy", 1, price=self.given["us_price"])
        yield "cancel", lambda: lp.cancel(ids["cancelled"])
        yield "push of a cancelled order", lambda: self.told(ids["cancelled"], "CanceledStatus")
        yield "refused: cancel of an unknown order", lambda: lp.cancel("1")
        yield "here: an odd quantity", lambda: lp.submit("700.HK", "Buy", 150, price=price)

    def told(self, order_id: str, status: str) -> Any:
        """The order push of an order in a state."""
        found = wait_for(lambda: [p for p in self.pushes if p.order_id == order_id and p.status == status])
        return order_push(found[-1])

    # ------------------------------------------------------------------ over the seam

    def over_the_seam(self) -> Iterator[Call]:
        """The requests that a public function makes only when its plan or its checks let it."""
        source = self.session.source
        first, last = (date.fromisoformat(self.given[name]) for name in ("calendar_start", "calendar_end"))
        none, forward = Adjust.NONE, Adjust.FORWARD
        regular, every = Sessions.REGULAR, Sessions.ALL
        day, week, five = Period.DAY, Period.WEEK, Period.MIN_5
        begin, end, anchor = date(2024, 1, 2), date(2024, 3, 28), date(2024, 3, 5)
        early, late = date(2020, 1, 2), date(2020, 1, 3)

        def ask(name: str, work: Callable[[], Any]) -> Call:
            return name, lambda: self.seam(work()) and None

        def latest(name: str, *args: Any) -> Call:
            return name, lambda: len(self.seam(source.latest_bars(*args)))

        def history(name: str, *args: Any) -> Call:
            return name, lambda: len(self.seam(source.history_bars(*args)))

        for market in Market:
            yield ask(f"trading_days {market}", partial(source.trading_days, market, first, last))
        yield latest("candlesticks day", TENCENT, day, none, regular, 100)
        yield latest("candlesticks 5m all sessions", APPLE, five, none, every, 200)
        yield latest("candlesticks forward", MOUTAI, week, forward, regular, 10)
        yield history("history by date", TENCENT, day, none, regular, DatePage(begin, end))
        yield history("history by date 5m all sessions", APPLE, five, forward, every, DatePage(end, end))
        page = AnchorPage(anchor, "1035", forward=False, count=9)
        yield history("history by offset backward from", TENCENT, five, none, regular, page)
        page_on = AnchorPage(anchor, "1035", forward=True, count=9)
        yield history("history by offset forward from", APPLE, five, none, every, page_on)
        third = Symbol("9988.HK")
        yield history("refused: history of one symbol too many", third, day, none, regular, DatePage(begin, end))
        yield history("refused: minutes before the reach", TENCENT, five, none, regular, DatePage(early, late))
        yield ask("refused: an odd quantity", lambda: source.submit(self.ticket(TENCENT, 150), "odd"))
        unknown = self.ticket(Symbol("NOSUCH.HK"), 100)
        yield ask("refused: an order for an unknown symbol", lambda: source.submit(unknown, "unknown"))

    def ticket(self, symbol: Symbol, quantity: int) -> Ticket:
        price = Decimal(self.given["resting_price"])
        return Ticket(symbol, Side.BUY, Decimal(quantity), OrderType.LO, price)
