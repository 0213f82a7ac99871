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
from lpresearch.sim.exchange.expiries import FLOW_NAME as EXPIRY
from lpresearch.sim.exchange.expiries import Expiries
from lpresearch.sim.exchange.fees import contract_size
from lpresearch.sim.exchange.orders import CONDITIONAL_TYPES, Fill, Order
from lpresearch.sim.server.refusal import Refusal
from tests.exchange_bench import Bench
from tests.fake_market import FIRST_DAY, OPTION, WARRANT, FakeAction

SYMBOLS = ("700.HK", "2800.HK", "AAPL.US", OPTION, WARRANT)
LOTS = {"700.HK": 100, "2800.HK": 500, "AAPL.US": 1, OPTION: 1, WARRANT: 10_000}
# Contracts end in a run that sleeps as often; an option stands for a hundred shares.
PAID_OUT = {OPTION: (FIRST_DAY + timedelta(2), Decimal("3.25")), WARRANT: (FIRST_DAY + timedelta(3), Decimal(0))}
STEPS = {"700.HK": "0.5", "2800.HK": "0.1", "AAPL.US": "0.5", OPTION: "0.1", WARRANT: "0.005"}  # of the prices below
CONDITIONAL = tuple(sorted(CONDITIONAL_TYPES))
OTHERS = (OrderType.ELO, OrderType.ALO, OrderType.AO, OrderType.SLO, OrderType.ODD)
# Days are slept through one by one: each comes into force in a run that sleeps that often.
ACTIONS = {
    "700.HK": (FakeAction(FIRST_DAY + timedelta(1), FIRST_DAY + timedelta(2), dividend=Decimal("2.4")),),
    "2800.HK": (FakeAction(FIRST_DAY + timedelta(2), FIRST_DAY + timedelta(2), ratio=Decimal(2)),),
    "AAPL.US": (
        FakeAction(FIRST_DAY + timedelta(1), FIRST_DAY + timedelta(3), dividend=Decimal("0.26")),
        FakeAction(FIRST_DAY + timedelta(2), FIRST_DAY + timedelta(2), ratio=Decimal(4)),
    ),
}


def priced(near: Decimal, symbol: str, steps: int) -> Decimal:
    """A price so many steps away from another one."""
    return near + steps * Decimal(STEPS[symbol])


class Conservation(RuleBasedStateMachine):
    """Whatever is sent, money and shares are neither made nor lost."""

    def __init__(self) -> None:
        super().__init__()
        self.bench = Bench()
        self.value = {"HKD": Decimal(0), "USD": Decimal(0)}
        self.shares = dict(OPENING_SHARES)
        self.bench.exchange.on_change(self.note)
        self.bench.market.acted = {symbol: list(actions) for symbol, actions in ACTIONS.items()}
        self.bench.market.paid_out = dict(PAID_OUT)
        parts = (self.bench.market, self.bench.account, self.bench.exchange)
        self.entitlements, self.expiries = Entitlements(*parts), Expiries(*parts)

    def note(self, order: Order, fill: Fill | None) -> None:
        if fill is not None:
            signed = fill.quantity if order.side is Side.BUY else -fill.quantity
            self.value[order.currency] += signed * fill.price * contract_size(order.symbol)
            self.shares[order.symbol] = self.shares.get(order.symbol, Decimal(0)) + signed

    @rule(
        symbol=st.sampled_from(SYMBOLS), ticks=st.integers(-40, 40), volumes=st.lists(st.integers(0, 900), max_size=3)
    )
    def quote(self, symbol: str, ticks: int, volumes: list[int]) -> None:
        market = self.bench.market
        last = priced(market.listings[symbol].reference_price, symbol, ticks)
        market.last[symbol] = last
        bids = [(str(priced(last, symbol, -i - 1)), volume) for i, volume in enumerate(volumes)]
        asks = [(str(priced(last, symbol, i + 1)), volume) for i, volume in enumerate(volumes)]
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
        price = None if ticks is None else str(priced(reference, symbol, ticks))
        self.tried(lambda: self.bench.send(side, lots * LOTS[symbol], price, symbol=symbol))

    @rule(
        symbol=st.sampled_from(SYMBOLS),
        side=st.sampled_from(Side),
        kind=st.sampled_from(CONDITIONAL),
        ticks=st.integers(1, 30),
    )
    def submit_conditional(self, symbol: str, side: Side, kind: OrderType, ticks: int) -> None:
        reference = self.bench.market.listings[symbol].reference_price
        terms: dict[str, Decimal | int] = {
            "price": reference,
            "trigger_price": priced(reference, symbol, ticks),
            "trailing_amount": priced(Decimal(0), symbol, ticks),
            "trailing_percent": Decimal(ticks) / 10,
            "limit_offset": priced(Decimal(0), symbol, ticks % 3),
        }
        self.tried(lambda: self.bench.send(side, LOTS[symbol], symbol=symbol, order_type=kind, terms=terms))

    @rule(
        symbol=st.sampled_from(SYMBOLS),
        side=st.sampled_from(Side),
        kind=st.sampled_from(OTHERS),
        lots=st.integers(1, 9),
    )
    def submit_of_hong_kong(self, symbol: str, side: Side, kind: OrderType, lots: int) -> None:
        quantity = lots if kind is OrderType.ODD else lots * LOTS[symbol]
        price = None if kind is OrderType.AO else str(self.bench.market.listings[symbol].reference_price)
        self.tried(lambda: self.bench.send(side, quantity, price, symbol=symbol, order_type=kind))

    @rule(symbol=st.sampled_from(SYMBOLS), side=st.sampled_from(Side), lots=st.integers(1, 9), ticks=st.integers(1, 20))
    def submit_bracket(self, symbol: str, side: Side, lots: int, ticks: int) -> None:
        reference = self.bench.market.listings[symbol].reference_price
        above, below = priced(reference, symbol, ticks), priced(reference, symbol, -ticks)
        take, stop = (above, below) if side is Side.BUY else (below, above)
        legs = (Leg("PROFIT_TAKER", take, None, TimeInForce.DAY), Leg("STOP_LOSS", stop, None, TimeInForce.DAY))
        self.tried(lambda: self.bench.send(side, lots * LOTS[symbol], symbol=symbol, attachment=Attachment(legs)))

    @rule(pick=st.integers(0, 1000), lots=st.integers(1, 40), ticks=st.integers(-30, 30))
    def change(self, pick: int, lots: int, ticks: int) -> None:
        order = self.picked(pick)
        if order is not None:
            price = priced(self.bench.market.listings[order.symbol].reference_price, order.symbol, ticks)
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
        self.expiries.step(self.bench.clock.now())
        for symbol, actions in ACTIONS.items():
            for action in actions:
                if symbol in self.shares and action.ex_date == self.bench.market.ex_date(Symbol(symbol).market):
                    self.shares[symbol] *= action.ratio
        for symbol, (day, _) in PAID_OUT.items():
            if self.bench.market.ex_date(Symbol(symbol).market) >= day:
                assert not [
                    order for order in self.bench.exchange.orders.values() if order.symbol == symbol and order.is_open
                ]
                self.paid_out(symbol, self.shares.pop(symbol, Decimal(0)))
        self.bench.exchange.step()

    def paid_out(self, symbol: str, units: Decimal) -> None:
        """Whoever held a contract is paid for it, once."""
        paid = [flow.amount for flow in self.bench.account.flows if flow.name == EXPIRY and flow.symbol == symbol]
        if units:
            assert paid[-1] == units * contract_size(symbol) * PAID_OUT[symbol][1]

    @invariant()
    def cash_and_fees_and_trades_add_up(self) -> None:
        account = self.bench.account
        for currency, opening in OPENING_CASH.items():
            kinds = (FLOW_NAME, EXPIRY)
            paid = [flow.amount for flow in account.flows if flow.name in kinds and flow.currency == currency]
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
