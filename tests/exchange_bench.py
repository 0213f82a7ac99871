"""An exchange on a fake market, ready to take orders in one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from lpresearch.base.markets import OrderType
from lpresearch.base.model import OutsideRth, Side, TimeInForce
from lpresearch.sim.exchange.account import Account
from lpresearch.sim.exchange.attached import NOTHING_ATTACHED, Attachment
from lpresearch.sim.exchange.exchange import Exchange
from lpresearch.sim.exchange.orders import Order, OrderRequest, Terms
from tests.fake_market import FIRST_DAY, FakeClock, FakeMarket


class Bench:
    """An exchange on a fake market, its own or that of another bench, with every change that it told."""

    def __init__(self, other: Bench | None = None) -> None:
        self.clock: FakeClock = other.clock if other else FakeClock()
        self.market: FakeMarket = other.market if other else FakeMarket(self.clock)
        self.account = Account(self.market)
        self.exchange = Exchange(self.market, self.clock, self.account)
        self.statuses: list[str] = []
        self.exchange.on_change(lambda order, fill: self.statuses.append(order.status))

    def send(
        self,
        side: Side,
        quantity: int,
        price: str | None = None,
        *,
        symbol: str = "700.HK",
        order_type: OrderType | None = None,
        key: str = "",
        life: TimeInForce = TimeInForce.DAY,
        terms: Mapping[str, Decimal | int] | None = None,
        outside: OutsideRth | None = None,
        attachment: Attachment = NOTHING_ATTACHED,
    ) -> Order:
        """Submit an order: LO with a price, MO without."""
        kind = order_type or (OrderType.LO if price else OrderType.MO)
        asked = replace(Terms(Decimal(quantity), Decimal(price) if price else None), **(terms or {}))  # type: ignore[arg-type]  # a test's words
        expire = FIRST_DAY + timedelta(days=1) if life is TimeInForce.GTD else None
        request = OrderRequest(symbol, side, kind, asked, time_in_force=life, expire_date=expire, outside_rth=outside)
        return self.exchange.submit(request, client_request_id=key, attachment=attachment)
