"""The trade and asset endpoints of the simulated broker: method, path, query and body in, the envelope's data out.

Knows no HTTP server and no signatures. Called from one thread, as the exchange below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from lpresearch.base.errors import SymbolError
from lpresearch.base.markets import OrderType
from lpresearch.base.model import Side
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange import trade_json as shapes
from lpresearch.sim.exchange.account import Account, margin_factors
from lpresearch.sim.exchange.attached import read_attachment
from lpresearch.sim.exchange.exchange import Exchange
from lpresearch.sim.exchange.market_view import ClockView, MarketView
from lpresearch.sim.exchange.order_rules import (
    NOT_TRADABLE,
    bad,
    decimal,
    market_of,
    needed,
    read_request,
    read_terms,
    text,
    word,
)
from lpresearch.sim.exchange.orders import Fill, Order
from lpresearch.sim.exchange.trade_json import Json
from lpresearch.sim.server.refusal import Refusal

NO_SUCH_PATH = 404001
MAX_ROWS = 1000  # longport.md 7.2, 7.3
DEFAULT_WINDOW_S = 90 * 86400
FLOW_PAGE = 50
MAX_FLOW_PAGE = 10_000

Query = Sequence[tuple[str, str]]
Body = Mapping[str, object]
Handler = Callable[[dict[str, list[str]], Body], object]
Trade = tuple[Order, Fill]


def open_trading(market: MarketView, clock: ClockView) -> TradeApi:
    """The trade endpoints of a fresh account on a market."""
    account = Account(market)
    return TradeApi(Exchange(market, clock, account), account, clock)


class TradeApi:
    """The REST side of trading, and the payloads of its order pushes."""

    def __init__(self, exchange: Exchange, account: Account, clock: ClockView) -> None:
        self.exchange = exchange
        self.account = account
        self._clock = clock
        self._routes: dict[tuple[str, str], Handler] = {
            ("POST", "/v1/trade/order"): self._submit,
            ("POST", "/v1/trade/order/multileg"): self._submit_multileg,
            ("PUT", "/v1/trade/order"): self._replace,
            ("DELETE", "/v1/trade/order"): self._cancel,
            ("GET", "/v1/trade/order"): self._detail,
            ("GET", "/v1/trade/order/today"): self._orders_today,
            ("GET", "/v1/trade/order/history"): self._orders_before,
            ("GET", "/v1/trade/execution/today"): self._trades_today,
            ("GET", "/v1/trade/execution/history"): self._trades_before,
            ("GET", "/v3/trade/execution/all"): self._trades_all,
            ("GET", "/v1/trade/estimate/buy_limit"): self._max_quantity,
            ("GET", "/v1/asset/account"): self._balance,
            ("GET", "/v1/asset/stock"): self._positions,
            ("GET", "/v1/asset/fund"): self._funds,
            ("GET", "/v1/asset/cashflow"): self._cash_flow,
            ("GET", "/v1/risk/margin-ratio"): self._margin_ratio,
        }

    def handle(self, method: str, path: str, query: Query, body: Body | None) -> object:
        """The ``data`` of the reply's envelope.

        Raises
        ------
        Refusal : the broker would not do it, or there is no such endpoint.
        """
        handler = self._routes.get((method.upper(), path))
        if handler is None:
            raise Refusal(404, NO_SUCH_PATH, f"{method.upper()} {path} not found")
        lists: dict[str, list[str]] = {}
        for name, value in query:
            if value:
                lists.setdefault(name, []).append(value)
        return handler(lists, body or {})

    @property
    def order_count(self) -> int:
        """How many orders there have been."""
        return len(self.exchange.orders)

    def on_order_change(self, callback: Callable[[dict[str, str]], None]) -> None:
        """Call ``callback`` with the 25-key data of an order push, at each change of an order."""
        self.exchange.on_change(lambda order, fill: callback(shapes.push_json(order, fill)))

    def _submit(self, query: dict[str, list[str]], body: Body) -> Json:
        key = text(body, "client_request_id")
        attachment = read_attachment(body)
        order = self.exchange.submit(read_request(body), client_request_id=key, attachment=attachment)
        return {"order_id": order.order_id}

    def _submit_multileg(self, query: dict[str, list[str]], body: Body) -> Json:
        """No option combinations: a paper account trades no options (longport.md 7.4)."""
        raise Refusal(400, NOT_TRADABLE, "option combinations are not supported by a paper account")

    def _replace(self, query: dict[str, list[str]], body: Body) -> Json:
        order = self.exchange.order(needed(body, "order_id"))
        self.exchange.replace(order.order_id, read_terms(body, order.terms), attachment=read_attachment(body))
        return {}

    def _cancel(self, query: dict[str, list[str]], body: Body) -> Json:
        self.exchange.cancel(_first(query, "order_id", required=True))
        return {}

    def _detail(self, query: dict[str, list[str]], body: Body) -> Json:
        order = self.exchange.order(_first(query, "order_id", required=True))
        attached = shapes.attached_json(self.exchange.attached_to(order))
        return shapes.detail_json(order, self.exchange.listing(order.symbol)) | attached

    def _orders_today(self, query: dict[str, list[str]], body: Body) -> Json:
        rows = [order for order in self._matching(query) if self._is_of_today(order)]
        return {"orders": [self._row(order) for order in rows]}

    def _row(self, order: Order) -> Json:
        return shapes.order_json(order) | shapes.attached_json(self.exchange.attached_to(order))

    def _orders_before(self, query: dict[str, list[str]], body: Body) -> Json:
        start, end = self._window(query)
        rows = [
            order
            for order in self._matching(query)
            if not self._is_of_today(order) and start <= order.submitted_at <= end
        ]
        return {"has_more": len(rows) > MAX_ROWS, "orders": [self._row(order) for order in rows[:MAX_ROWS]]}

    def _trades_today(self, query: dict[str, list[str]], body: Body) -> Json:
        rows = [trade for trade in self._trades(query) if self._is_trade_of_today(trade)]
        return {"trades": [shapes.execution_json(*trade) for trade in rows]}

    def _trades_before(self, query: dict[str, list[str]], body: Body) -> Json:
        return self._trade_rows(query, (trade for trade in self._trades(query) if not self._is_trade_of_today(trade)))

    def _trades_all(self, query: dict[str, list[str]], body: Body) -> Json:
        return self._trade_rows(query, self._trades(query))

    def _trade_rows(self, query: dict[str, list[str]], trades: Iterable[Trade]) -> Json:
        start, end = self._window(query)
        skip = (_int(query, "page", 1, low=1) - 1) * MAX_ROWS
        rows = [trade for trade in trades if start <= trade[1].time <= end][skip:]
        return {
            "has_more": len(rows) > MAX_ROWS,
            "trades": [shapes.execution_json(*trade) for trade in rows[:MAX_ROWS]],
        }

    def _max_quantity(self, query: dict[str, list[str]], body: Body) -> Json:
        fields = {name: values[0] for name, values in query.items()}
        word(OrderType, needed(fields, "order_type"), "order type")
        side = word(Side, needed(fields, "side"), "side")
        listing = self.exchange.listing(needed(fields, "symbol"))
        price = self.exchange.estimate_price(listing.symbol, decimal(fields, "price"))
        own, margin = self.account.max_quantity(listing, side, price, without=fields.get("order_id", ""))
        return {"cash_max_qty": shapes.number(own), "margin_max_qty": shapes.number(margin)}

    def _balance(self, query: dict[str, list[str]], body: Body) -> Json:
        currency = _first(query, "currency") or "HKD"
        if currency not in shapes.currencies():
            raise bad("currency not support")
        return {"list": [shapes.balance_json(self.account, currency)]}

    def _positions(self, query: dict[str, list[str]], body: Body) -> Json:
        wanted = {_canonical(symbol) for symbol in query.get("symbol", ())}
        rows = [row for row in self.account.positions.values() if not wanted or row.symbol in wanted]
        return shapes.positions_json(self.account, rows)

    def _funds(self, query: dict[str, list[str]], body: Body) -> Json:
        return {"list": [{"account_channel": shapes.ACCOUNT_CHANNEL, "fund_info": []}]}

    def _cash_flow(self, query: dict[str, list[str]], body: Body) -> Json:
        _first(query, "start_time", required=True)
        _first(query, "end_time", required=True)
        start, end = _int(query, "start_time", 0), _int(query, "end_time", 0)
        size = _int(query, "size", FLOW_PAGE, low=1, high=MAX_FLOW_PAGE)
        skip = (_int(query, "page", 1, low=1) - 1) * size
        symbol = _canonical(_first(query, "symbol"))
        rows = [
            row
            for row in map(shapes.flow_json, self.account.flows)
            if start <= int(str(row["business_time"])) <= end
            and symbol in ("", row["symbol"])
            and _first(query, "business_type") in ("", str(row["business_type"]))
        ]
        return {"list": rows[skip : skip + size]}

    def _margin_ratio(self, query: dict[str, list[str]], body: Body) -> Json:
        return shapes.margin_json(margin_factors(self.exchange.listing(_first(query, "symbol", required=True))))

    def _matching(self, query: dict[str, list[str]]) -> list[Order]:
        """The orders that the filters let through, newest first."""
        symbol, order_id = _canonical(_first(query, "symbol")), _first(query, "order_id")
        side = _first(query, "side") and word(Side, _first(query, "side"), "side")
        market = _first(query, "market") and market_of(_first(query, "market"))
        statuses = query.get("status", ())
        attached = _first(query, "is_attached") == "true"
        return [
            order
            for order in reversed(self.exchange.orders.values())
            if bool(order.main_id) == attached
            and symbol in ("", order.symbol)
            and order_id in ("", order.order_id)
            and side in ("", order.side)
            and market in ("", order.market)
            and (not statuses or order.status in statuses)
        ]

    def _trades(self, query: dict[str, list[str]]) -> list[Trade]:
        """The trades of the orders that the filters let through, newest first."""
        orders = [*self._matching(query), *self._matching(query | {"is_attached": ["true"]})]
        trades = [(order, fill) for order in orders for fill in reversed(order.fills)]
        return sorted(trades, key=lambda trade: trade[1].time, reverse=True)

    def _is_of_today(self, order: Order) -> bool:
        return order.is_open or order.day >= self.exchange.trading_date(order.market)

    def _is_trade_of_today(self, trade: Trade) -> bool:
        order, fill = trade
        return fill.day == self.exchange.trading_date(order.market)

    def _window(self, query: dict[str, list[str]]) -> tuple[float, float]:
        """The asked span of time; its missing sides follow from 90 days up to now."""
        end = _int(query, "end_at", 0) or self._clock.now()
        return _int(query, "start_at", 0) or end - DEFAULT_WINDOW_S, end


def _first(query: dict[str, list[str]], name: str, *, required: bool = False) -> str:
    values = query.get(name)
    if not values and required:
        raise bad(f"{name} is required")
    return values[0] if values else ""


def _int(query: dict[str, list[str]], name: str, default: int, *, low: int = 0, high: int | None = None) -> int:
    value = _first(query, name)
    if not value:
        return default
    if not value.isdecimal() or int(value) < low or (high is not None and int(value) > high):
        raise bad(f"{name} {value!r} is out of range")
    return int(value)


def _canonical(symbol: str) -> str:
    """The symbol in its one form; a malformed one stays as it is and matches nothing."""
    try:
        return str(Symbol(symbol)) if symbol else ""
    except SymbolError:
        return symbol
