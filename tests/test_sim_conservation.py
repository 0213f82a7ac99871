"""Whatever is sent to the simulated exchange, money and shares are neither made nor lost."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lpresearch.base.markets import OrderType
from lpresearch.base.model import Side, TimeInForce
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange.account import OPENING_CASH, OPENING_SHARES
from lpresearch.sim.exchange.attached import Attachment, Leg
from lpresearch.sim.exchange.entitlements import FLOW_NAME, Entitlements
from lpresearch.sim.exchange.orders import Fill, Order
from lpresearch.sim.server.refusal import Refusal
from tests.exchange_bench import Bench
from tests.fake_market import FIRST_DAY, FakeAction

SYMBOLS = ("700.HK", "2800.HK", "AAPL.US")
LOTS = {"700.HK": 100, "2800.HK": 500, "AAPL.US": 1}
# Days are slept through one by one: each comes into force in a run that sleeps that often.
ACTIONS = {
    "700.HK": (FakeAction(FIRST_DAY + timedelta(1), FIRST_DAY + timedelta(2), dividend=Decimal("2.4")),),
    "2800.HK": (FakeAction(FIRST_DAY + timedelta(2), FIRST_DAY + timedelta(2), ratio=Decimal(2)),),
    "AAPL.US": (
        FakeAction(FIRST_DAY + timedelta(1), FIRST_DAY + timedelta(3), dividend=Decimal("0.26")),
        FakeAction(FIRST_DAY + timedelta(2), FIRST_DAY + timedelta(2), ratio=Decimal(4)),
    ),
}


class Conservation(RuleBasedStateMachine):
    """Whatever is sent, money and shares are neither made nor lost."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.value = {"HKD": Decimal(0), "USD": Decimal(0)}
        self.shares = dict(OPENING_SHARES)
        self.bench.exchange.on_change(self.note)
        self.bench.market.acted = {symbol: list(actions) for symbol, actions in ACTIONS.items()}
        self.entitlements = Entitlements(self.bench.market, self.bench.account, self.bench.exchange)

    def note(self, order: Order, fill: Fill | None) -> None:
        if fill is not None:
            signed = fill.quantity if order.side is Side.BUY else -fill.quantity
            self.value[order.currency] += signed * fill.price
            self.shares[order.symbol] = self.shares.get(order.symbol, Decimal(0)) + signed

    @rule(
        symbol=st.sampled_from(SYMBOLS), ticks=st.integers(-40, 40), volumes=st.lists(st.integers(0, 900), max_size=3)
    )
    def quote(self, symbol: str, ticks: int, volumes: list[int]) -> None:
        market = self.bench.market
        last = market.listings[symbol].reference_price + Decimal(ticks) / 2
        market.last[symbol] = last
        bids = [(str(last - Decimal(i + 1) / 2), volume) for i, volume in enumerate(volumes)]
        asks = [(str(last + Decimal(i + 1) / 2), volume) for i, volume in enumerate(volumes)]
        market.show(symbol, bids=bids, asks=asks)
        self.bench.exchange.step()

    @rule(
        symbol=st.sampled_from(SYMBOLS),
        side=st.sampled_from(Side),
        lots=st.integers(1, 40),
        ticks=st.none() | st.integers(-30, 30),
    )
    def submit(self, symbol: str, side: Side, lots: int, ticks: int | None) -> None:
        reference = self.bench.market.listings[symbol].reference_price
        price = None if ticks is None else str(reference + Decimal(ticks) / 2)
        self.tried(lambda: self.bench.send(side, lots * LOTS[symbol], price, symbol=symbol))

    @rule(
        symbol=st.sampled_from(SYMBOLS),
        side=st.sampled_from(Side),
        kind=st.sampled_from((OrderType.MIT, OrderType.TSMAMT, OrderType.TSMPCT)),
        ticks=st.integers(1, 30),
    )
    def submit_conditional(self, symbol: str, side: Side, kind: OrderType, ticks: int) -> None:
        reference = self.bench.market.listings[symbol].reference_price
        terms: dict[str, Decimal | int] = {
            "trigger_price": reference + Decimal(ticks) / 2,
            "trailing_amount": Decimal(ticks) / 2,
            "trailing_percent": Decimal(ticks) / 10,
        }
        self.tried(lambda: self.bench.send(side, LOTS[symbol], symbol=symbol, order_type=kind, terms=terms))

    @rule(symbol=st.sampled_from(SYMBOLS), side=st.sampled_from(Side), lots=st.integers(1, 9), ticks=st.integers(1, 20))
    def submit_bracket(self, symbol: str, side: Side, lots: int, ticks: int) -> None:
        reference = self.bench.market.listings[symbol].reference_price
        above, below = reference + Decimal(ticks) / 2, reference - Decimal(ticks) / 2
        take, stop = (above, below) if side is Side.BUY else (below, above)
        legs = (Leg("PROFIT_TAKER", take, None, TimeInForce.DAY), Leg("STOP_LOSS", stop, None, TimeInForce.DAY))
        self.tried(lambda: self.bench.send(side, lots * LOTS[symbol], symbol=symbol, attachment=Attachment(legs)))

    @rule(pick=st.integers(0, 1000), lots=st.integers(1, 40), ticks=st.integers(-30, 30))
    def change(self, pick: int, lots: int, ticks: int) -> None:
        order = self.picked(pick)
        if order is not None:
            price = self.bench.market.listings[order.symbol].reference_price + Decimal(ticks) / 2
            terms = replace(order.terms, quantity=Decimal(lots * LOTS[order.symbol]), price=price)
            self.tried(lambda: self.bench.exchange.replace(order.order_id, terms))

    @rule(pick=st.integers(0, 1000))
    def withdraw(self, pick: int) -> None:
        order = self.picked(pick)
        if order is not None:
            self.tried(lambda: self.bench.exchange.cancel(order.order_id))

    @rule()
    def sleep(self) -> None:
        self.bench.clock.next_day()
        self.entitlements.step(self.bench.clock.now())
        for symbol, actions in ACTIONS.items():
            for action in actions:
                if symbol in self.shares and action.ex_date == self.bench.market.ex_date(Symbol(symbol).market):
                    self.shares[symbol] *= action.ratio
        self.bench.exchange.step()

    @invariant()
    def cash_and_fees_and_trades_add_up(self) -> None:
        account = self.bench.account
        for currency, opening in OPENING_CASH.items():
            paid = [flow.amount for flow in account.flows if flow.name == FLOW_NAME and flow.currency == currency]
            assert account.cash[currency] + account.fees[currency] + self.value[currency] == opening + sum(paid)
            assert account.frozen_cash(currency) >= 0

    @invariant()
    def positions_are_the_sum_of_fills(self) -> None:
        held = {symbol: position.quantity for symbol, position in self.bench.account.positions.items()}
        assert held == {symbol: quantity for symbol, quantity in self.shares.items() if quantity}
        assert all(quantity > 0 for symbol, quantity in held.items() if symbol.endswith(".HK"))

    @invariant()
    def no_order_fills_too_much_and_only_open_ones_hold(self) -> None:
        orders = self.bench.exchange.orders.values()
        assert all(order.executed_quantity <= order.terms.quantity for order in orders)
        assert set(self.bench.account.holds) == {order.order_id for order in orders if order.is_carried}

    def picked(self, number: int) -> Order | None:
        orders = list(self.bench.exchange.orders.values())
        return orders[number % len(orders)] if orders else None

    def tried(self, act: Callable[[], object]) -> None:
        with suppress(Refusal):
            act()


TestConservation = Conservation.TestCase
TestConservation.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,  # a run that fails must fail again
    suppress_health_check=[HealthCheck.too_slow],  # a busy machine is no finding
)
