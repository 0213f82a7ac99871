"""What dividends and splits do to the account: claims, payments, more shares at a lower cost. Knows no prices.

Who holds shares when the ex-date begins is entitled; who is short owes the dividend. It is paid on its pay date as one
movement of cash, gross. A split multiplies the shares and divides their cost; open orders of the security are
cancelled, because their prices and quantities mean the old shares. A dividend leaves orders as they are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Protocol, cast

from lpresearch.base.markets import Market
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange.account import Account, Flow, Position
from lpresearch.sim.exchange.exchange import Exchange
from lpresearch.sim.exchange.orders import Order

FLOW_NAME = "Cash Dividend"


class ActionView(Protocol):
    """One dividend or split."""

    @property
    def ex_date(self) -> date: ...
    @property
    def pay_date(self) -> date: ...
    @property
    def dividend(self) -> Decimal:
        """Per share, in the security's currency; zero for a split."""
        ...

    @property
    def ratio(self) -> Decimal:
        """New shares for one old share; one for a dividend."""
        ...


class ActingMarket(Protocol):
    """The market as entitlements see it."""

    def ex_date(self, market: Market, /) -> date:
        """The day whose dividends and splits are in force."""
        ...

    def trading_date(self, market: Market, /) -> date:
        """The market's current or latest trading day."""
        ...

    def actions(self, symbol: str, /, *, after: date, until: date) -> Sequence[ActionView]:
        """Dividends and splits with an ex-date later than one day and not later than another, ascending."""
        ...


@dataclass(frozen=True)
class Claim:
    """A dividend that is to be paid, or with an amount below zero to be collected."""

    symbol: str
    currency: str
    amount: Decimal
    pay_date: date
    text: str

    @property
    def market(self) -> Market:
        """Whose days count."""
        return Symbol(self.symbol).market


class Entitlements:
    """The corporate actions of what one account holds or has orders for."""

    def __init__(self, market: ActingMarket, account: Account, exchange: Exchange) -> None:
        self._market = market
        self._account = account
        self._exchange = exchange
        self.claims: list[Claim] = []
        self.in_force = {region: market.ex_date(region) for region in Market}  # the day up to which all is done

    def step(self, now: float) -> None:
        """Do what has come into force since the last step; ``now`` is the epoch second of the payments."""
        for region, before in list(self.in_force.items()):
            today = self._market.ex_date(region)
            if today > before:
                self._come_into_force(region, before, today)
                self.in_force[region] = today
        if self.claims:
            self._pay(now)

    def snapshot(self) -> dict[str, object]:
        """What is to be paid, and up to which days all is done, as JSON values."""
        claims = [
            asdict(claim) | {"amount": str(claim.amount), "pay_date": str(claim.pay_date)} for claim in self.claims
        ]
        return {"claims": claims, "in_force": {region.value: str(day) for region, day in self.in_force.items()}}

    def restore(self, kept: Mapping[str, object], /) -> None:
        """Go on from a snapshot: what came into force since is made up for at the next step."""
        self.in_force |= {
            Market(name): date.fromisoformat(day) for name, day in cast("dict[str, str]", kept["in_force"]).items()
        }
        self.claims = [
            Claim(**row | {"amount": Decimal(row["amount"]), "pay_date": date.fromisoformat(row["pay_date"])})
            for row in cast("list[dict[str, Any]]", kept["claims"])
        ]

    def _come_into_force(self, region: Market, after: date, until: date) -> None:
        """Do the actions whose ex-date is later than one day and not later than another."""
        orders = [order for order in self._exchange.orders.values() if order.is_open and order.market is region]
        held = {symbol for symbol in self._account.positions if Symbol(symbol).market is region}
        for symbol in sorted(held | {order.symbol for order in orders}):
            for action in self._market.actions(symbol, after=after, until=until):
                if action.ratio != 1:
                    self._cancel([order for order in orders if order.symbol == symbol])
                if symbol in self._account.positions:
                    self._entitle(self._account.positions[symbol], action)

    def _cancel(self, orders: list[Order]) -> None:
        for order in orders:
            if order.is_open:  # it may have ended with one that it was attached to
                self._exchange.cancel(order.order_id)

    def _entitle(self, position: Position, action: ActionView) -> None:
        if action.ratio != 1:
            position.quantity *= action.ratio
            position.opening_quantity *= action.ratio
            position.cost /= action.ratio
        if action.dividend:
            text = f"{position.name} dividend {action.dividend} a share, {position.quantity} shares"
            amount = position.quantity * action.dividend
            self.claims.append(Claim(position.symbol, position.currency, amount, action.pay_date, text))

    def _pay(self, now: float) -> None:
        """Pay what is due: a pay date begins at midnight of the exchange."""
        due = [claim for claim in self.claims if claim.pay_date <= self._market.trading_date(claim.market)]
        self.claims = [claim for claim in self.claims if claim not in due]
        for claim in due:
            self._account.cash[claim.currency] += claim.amount
            self._account.flows.append(Flow(now, claim.currency, claim.amount, claim.symbol, FLOW_NAME, claim.text))
