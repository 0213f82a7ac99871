"""Statements of the account, by day and by month: what moved, what was held and owed at the end (longport.md 7.4).

Figures are reckoned backwards from the account as it is: what came later is taken off. The broker's document is not
described anywhere; this one has the names of the API. Days are those of Hong Kong.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum

from lpresearch.base.markets import Market
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.zones import day_of, midnight
from lpresearch.sim.exchange import trade_json as shapes
from lpresearch.sim.exchange.account import ZERO, Account
from lpresearch.sim.exchange.entitlements import ActingMarket
from lpresearch.sim.exchange.exchange import Exchange
from lpresearch.sim.exchange.expiries import FLOW_NAME as EXPIRY
from lpresearch.sim.exchange.market_view import ClockView
from lpresearch.sim.exchange.orders import Fill, Order
from lpresearch.sim.exchange.trade_json import Json

_HOME = Market.HK


class Kind(IntEnum):
    """What span a statement is of, by its wire number."""

    DAILY = 1
    MONTHLY = 2


@dataclass(frozen=True, order=True)
class Span:
    """The days of one statement, both included."""

    first: date
    last: date

    @property
    def start(self) -> float:
        """Its first epoch second."""
        return midnight(_HOME, self.first)

    @property
    def end(self) -> float:
        """The first epoch second after it."""
        return midnight(_HOME, self.last + timedelta(days=1))


class Statements:
    """The statements of one account. There is one of each span that is over and in which cash moved."""

    def __init__(self, account: Account, exchange: Exchange, clock: ClockView, market: ActingMarket) -> None:
        self._market = market
        self._account = account
        self._exchange = exchange
        self._clock = clock

    def spans(self, kind: Kind) -> list[Span]:
        """The spans of which there is a statement, ascending."""
        days = {day_of(_HOME, flow.time) for flow in self._account.flows}
        found = {_span(kind, day) for day in days}
        return sorted(span for span in found if span.end <= self._clock.now())

    def document(self, kind: Kind, span: Span) -> Json:
        """One statement, as JSON values."""
        flows = [flow for flow in self._account.flows if span.start <= flow.time < span.end]
        return {
            "statement_type": kind.name.lower(),
            "start_date": span.first.isoformat(),
            "end_date": span.last.isoformat(),
            "account_no": shapes.ACCOUNT_NO,
            "account_channel": shapes.ACCOUNT_CHANNEL,
            "cash": self._cash(span),
            "positions": self._positions(span),
            "trades": [shapes.execution_json(*trade) for trade in self._trades(span.start, span.end)],
            "flows": [shapes.flow_json(flow) for flow in flows],
        }

    def _cash(self, span: Span) -> list[Json]:
        rows: list[Json] = []
        for currency, now in self._account.cash.items():
            amounts = [(flow.time, flow.amount) for flow in self._account.flows if flow.currency == currency]
            closing = now - sum((amount for time, amount in amounts if time >= span.end), ZERO)
            moved = sum((amount for time, amount in amounts if span.start <= time < span.end), ZERO)
            rows.append(
                {
                    "currency": currency,
                    "opening_balance": shapes.number(closing - moved),
                    "closing_balance": shapes.number(closing),
                }
            )
        return rows

    def _positions(self, span: Span) -> list[Json]:
        names = {position.symbol: position.name for position in self._account.positions.values()}
        names |= {order.symbol: order.name for order in self._exchange.orders.values() if order.fills}
        held = {symbol: self._held(symbol, span.end) for symbol in sorted(names)}
        return [
            {"symbol": symbol, "symbol_name": names[symbol], "quantity": shapes.number(quantity)}
            for symbol, quantity in held.items()
            if quantity
        ]

    def _held(self, symbol: str, end: float) -> Decimal:
        """How many were held at a moment: what is held now, without what came since, the latest first."""
        position = self._account.positions.get(symbol)
        quantity = position.quantity if position else ZERO
        trades = self._trades(0, math.inf)
        fills = [(fill.time, _signed(order, fill)) for order, fill in trades if order.symbol == symbol]
        came = [(time, Decimal(1), signed) for time, signed in fills]
        came += [(time, ratio, ZERO) for time, ratio in self._splits(symbol, end)]
        for flow in self._account.flows:
            if flow.name == EXPIRY and flow.symbol == symbol:  # a contract is never split: its fills are all it was
                came.append(
                    (flow.time, Decimal(1), -sum((signed for time, signed in fills if time <= flow.time), ZERO))
                )
        for time, ratio, signed in sorted(came, reverse=True):
            quantity = quantity / ratio - signed if time >= end else quantity
        return quantity

    def _splits(self, symbol: str, end: float) -> list[tuple[float, Decimal]]:
        """When the splits since a moment came into force, and their ratios."""
        region = Symbol(symbol).market
        after, until = day_of(region, end) - timedelta(days=1), self._market.ex_date(region)
        return [
            (midnight(region, action.ex_date), action.ratio)
            for action in self._market.actions(symbol, after=after, until=until)
            if action.ratio != 1
        ]

    def _trades(self, start: float, end: float) -> list[tuple[Order, Fill]]:
        trades: Iterable[tuple[Order, Fill]] = (
            (order, fill)
            for order in self._exchange.orders.values()
            for fill in order.fills
            if start <= fill.time < end
        )
        return sorted(trades, key=lambda trade: trade[1].time)


def _span(kind: Kind, day: date) -> Span:
    if kind is Kind.DAILY:
        return Span(day, day)
    first = day.replace(day=1)
    return Span(first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1))


def _signed(order: Order, fill: Fill) -> Decimal:
    return fill.quantity if order.side == "Buy" else -fill.quantity
