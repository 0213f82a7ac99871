"""What becomes of contracts that end: their positions are paid out in cash, their open orders are cancelled.

Options, warrants and inline warrants pay what they are worth at the close of their last day, on the day after it; a
CBBC that was called pays what is left of it on the day after the call. Options are settled in cash too: no shares
move. Knows no prices.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Protocol

from lpresearch.base.markets import Market
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange.account import Account, Flow
from lpresearch.sim.exchange.exchange import Exchange

FLOW_NAME = "Contract Expiry"


class EndingMarket(Protocol):
    """The market as expiries see it."""

    def ex_date(self, market: Market, /) -> date:
        """The day that is in force."""
        ...

    def payout(self, symbol: str, /) -> Decimal | None:
        """What one unit of a contract that has ended pays; None for one that has not, and for what is none."""
        ...


class Expiries:
    """The ends of the contracts that one account holds or has orders for."""

    def __init__(self, market: EndingMarket, account: Account, exchange: Exchange) -> None:
        self._market = market
        self._account = account
        self._exchange = exchange
        self._done: dict[Market, date] = {}

    def step(self, now: float) -> None:
        """Settle what has ended, once a day and market; ``now`` is the epoch second of the payments."""
        for region in Market:
            today = self._market.ex_date(region)
            if self._done.get(region) != today:
                self._settle(region, now)
                self._done[region] = today

    def _settle(self, region: Market, now: float) -> None:
        orders = [order for order in self._exchange.orders.values() if order.is_open and order.market is region]
        held = {symbol for symbol in self._account.positions if Symbol(symbol).market is region}
        for symbol in sorted(held | {order.symbol for order in orders}):
            payout = self._market.payout(symbol)
            if payout is None:
                continue
            for order in orders:
                if order.symbol == symbol and order.is_open:  # it may have ended with one that it was attached to
                    self._exchange.cancel(order.order_id)
            if symbol in held:
                self._pay(symbol, payout, now)

    def _pay(self, symbol: str, payout: Decimal, now: float) -> None:
        position = self._account.positions.pop(symbol)
        amount = position.units * payout
        self._account.cash[position.currency] += amount
        text = f"{position.name} expired at {payout}, {position.quantity} units"
        self._account.flows.append(Flow(now, position.currency, amount, symbol, FLOW_NAME, text))
