"""The trade part of LongPort: orders, fills, holdings over HTTP; changes of orders over the trade link.

Nothing that changes an order is ever sent twice; what a failure means is told in ``net.http``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from decimal import Decimal

from lpresearch.base.errors import LinkClosed, ServerRejected, WireError
from lpresearch.base.model import OrderPush, Ticket
from lpresearch.base.settings import Settings
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol
from lpresearch.net.http import Http, common_headers
from lpresearch.net.limits import Limiter
from lpresearch.net.link import Link, LinkStatus
from lpresearch.sources.longport_facts import CAPS
from lpresearch.sources.longport_orders import (
    balance_columns,
    execution_columns,
    order_columns,
    order_push,
    position_columns,
    replace_body,
    submit_body,
)
from lpresearch.sources.longport_token import one_time_password
from lpresearch.wire.messages import parse
from lpresearch.wire.proto import trade_pb2

log = logging.getLogger("lpresearch.longport")

ORDER = "/v1/trade/order"
TOPIC = "private"

OrderListener = Callable[[OrderPush], None]


class TradeCommands:
    """The trade part of the source."""

    def __init__(self, settings: Settings, http: Http) -> None:
        self._settings = settings
        self._http = http
        self._trade_limits = Limiter(CAPS.trade_pace)
        self._order_listeners: list[OrderListener] = []
        self._watching = asyncio.Lock()
        self._trade_link = Link(
            settings.trade_ws_url,
            otp=lambda: one_time_password(http, settings.http_url),
            headers=common_headers(settings),
            connect_timeout_s=settings.connect_timeout_s,
            handshake_timeout_s=settings.timeout_s,
            reconnect_delay_s=settings.reconnect_delay_s,
            silence_s=settings.silence_s,
        )
        self._trade_link.on_push(self._take_trade_push)
        self._trade_link.on_reconnected(self._subscribe_orders)  # a refusal is one more failure to come back

    async def submit(self, ticket: Ticket, key: str) -> str:
        """``POST /v1/trade/order``; the id of the order.

        Raises
        ------
        LinkError : (itself) nothing was sent.
        ServerRejected, AuthFailed : the server refused it.
        RequestTimeout, LinkClosed : the outcome is unknown.
        """
        answer = await self._call("POST", ORDER, body=submit_body(ticket, key))
        order_id = answer.get("order_id") if isinstance(answer, dict) else None
        if not order_id:
            raise LinkClosed(self._settings.http_url, f"the answer to POST {ORDER} names no order")
        return str(order_id)

    async def replace(self, order_id: str, quantity: Decimal, price: Decimal | None) -> None:
        """``PUT /v1/trade/order``; errors as for :meth:`submit`."""
        await self._call("PUT", ORDER, body=replace_body(order_id, quantity, price))

    async def cancel(self, order_id: str) -> None:
        """``DELETE /v1/trade/order``; errors as for :meth:`submit`."""
        await self._call("DELETE", ORDER, query=[("order_id", order_id)])

    async def orders_today(self, symbol: Symbol | None = None, order_id: str | None = None) -> Columns:
        """``GET /v1/trade/order/today``."""
        return order_columns(await self._call("GET", f"{ORDER}/today", query=_given(symbol=symbol, order_id=order_id)))

    async def executions_today(self, symbol: Symbol | None = None, order_id: str | None = None) -> Columns:
        """``GET /v1/trade/execution/today``."""
        query = _given(symbol=symbol, order_id=order_id)
        return execution_columns(await self._call("GET", "/v1/trade/execution/today", query=query))

    async def account_balance(self, currency: str | None = None) -> Columns:
        """``GET /v1/asset/account``: one row for each currency."""
        return balance_columns(await self._call("GET", "/v1/asset/account", query=_given(currency=currency)))

    async def stock_positions(self, symbols: Sequence[Symbol] = ()) -> Columns:
        """``GET /v1/asset/stock``: all holdings, or those of some symbols."""
        query = [("symbol", str(symbol)) for symbol in symbols]
        return position_columns(await self._call("GET", "/v1/asset/stock", query=query))

    async def watch_orders(self) -> None:
        """Open the trade link and subscribe to changes of orders. Once is enough: the link mends itself."""
        async with self._watching:
            if self._trade_link.status is LinkStatus.CLOSED:
                await self._trade_link.open()
                try:
                    await self._subscribe_orders()
                except BaseException:  # open, but deaf: the next call begins anew
                    await self._trade_link.close()
                    raise

    def on_order(self, listener: OrderListener) -> Callable[[], None]:
        """Call ``listener`` on the I/O thread for each change of an order; returns a function that ends it."""
        self._order_listeners.append(listener)
        return lambda: self._order_listeners.remove(listener) if listener in self._order_listeners else None

    async def _call(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: dict[str, object] | None = None,
    ) -> object:
        async with self._trade_limits.slot():
            return await self._http.request(method, path, query=query, body=body)

    async def _subscribe_orders(self) -> None:
        request = trade_pb2.Sub(topics=[TOPIC]).SerializeToString()
        body = await self._trade_link.request(trade_pb2.CMD_SUB, request, timeout_s=self._settings.timeout_s)
        answer = parse(trade_pb2.SubResponse, body)
        for failure in answer.fail:
            raise ServerRejected(0, failure.reason, endpoint=f"subscribe to {failure.topic}")

    def _take_trade_push(self, command: int, body: bytes) -> None:
        if command != trade_pb2.CMD_NOTIFY:
            return
        try:
            push = order_push(parse(trade_pb2.Notification, body).data)
        except WireError as exc:
            log.warning("A push of the trade link is dropped: %s", exc)
            return
        if push is not None:
            for listener in self._order_listeners:
                listener(push)


def _given(**parameters: str | None) -> list[tuple[str, str]]:
    """Query pairs of the parameters that are given."""
    return [(name, str(value)) for name, value in parameters.items() if value is not None]
