"""Options, warrants and CBBCs that end: what they pay, when, and what becomes of positions, orders and statements."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal

import pytest

from lpresearch.base.markets import Market as Region
from lpresearch.base.model import Adjust, Period, Side, TimeInForce
from lpresearch.sim.exchange.entitlements import Entitlements
from lpresearch.sim.exchange.expiries import FLOW_NAME, Expiries
from lpresearch.sim.exchange.statements import Kind, Span, Statements
from lpresearch.sim.exchange.trade_api import open_trading
from lpresearch.sim.market.clock import ClockKind, ManualClock
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.timeline import Timeline
from tests.exchange_bench import Bench
from tests.fake_market import FIRST_DAY, OPTION, FakeAction
from tests.test_sim_corporate_actions import bars
from tests.test_sim_market import CLOSE
from tests.test_sim_server import NOW
from tests.test_sim_set_price import Bench as Priced

DAY_S = 86_400.0
WEEK = date(2026, 11, 27)  # of options and of the day after


class Ending:
    """An exchange on a fake market with an option that ends."""

    def __init__(self, payout: str) -> None:
        self.bench = Bench()
        self.account = self.bench.account
        self.bench.market.paid_out = {OPTION: (FIRST_DAY + timedelta(1), Decimal(payout))}
        self.expiries = Expiries(self.bench.market, self.account, self.bench.exchange)
        self.bench.market.show(OPTION, bids=[("9.9", 50)], asks=[("10", 50)])

    def sleep(self) -> None:
        for _ in range(2):  # noon in Hong Kong is yesterday evening in New York
            self.bench.clock.next_day()
        self.expiries.step(self.bench.clock.now())

    def flows(self) -> list[tuple[Decimal, str]]:
        return [(flow.amount, flow.description) for flow in self.account.flows if flow.name == FLOW_NAME]


def test_a_position_is_paid_out_once_and_is_gone() -> None:
    ending = Ending("3.25")
    ending.bench.send(Side.BUY, 2, symbol=OPTION)
    ending.expiries.step(ending.bench.clock.now())
    cash = ending.account.cash["USD"]
    assert OPTION in ending.account.positions
    ending.sleep()
    ending.sleep()
    assert ending.flows() == [(Decimal(650), "AAPL Call expired at 3.25, 2 units")]
    assert ending.account.cash["USD"] == cash + 650
    assert OPTION not in ending.account.positions


def test_what_ends_worthless_leaves_a_trace_in_the_cash_flow() -> None:
    ending = Ending("0")
    ending.bench.send(Side.BUY, 1, symbol=OPTION)
    ending.sleep()
    assert ending.flows() == [(Decimal(0), "AAPL Call expired at 0, 1 units")]


def test_open_orders_of_what_ended_are_cancelled_and_hold_nothing() -> None:
    ending = Ending("1")
    order = ending.bench.send(Side.BUY, 1, "5", symbol=OPTION, life=TimeInForce.GTC)
    other = ending.bench.send(Side.BUY, 100, "400", life=TimeInForce.GTC)
    ending.sleep()
    assert (order.status, other.status) == ("CanceledStatus", "NewStatus")
    assert set(ending.account.holds) == {other.order_id}


def still(moment: float = NOW) -> Market:
    """A market that stands still."""
    return Market(7, ManualClock(moment, ClockKind.REAL))


def moved_to(day: date, market: Region = Region.US) -> Market:
    """The same market at noon of a day."""
    return still(NOW + (day - date(2026, 11, 18)).days * DAY_S + (DAY_S / 2 if market is Region.US else 0))


@pytest.mark.parametrize("right", "CP")
def test_an_option_pays_its_intrinsic_value_at_the_close_of_its_last_day(right: str) -> None:
    before = still()
    strikes, spot = before.option_strikes("AAPL.US", WEEK), before.last_price("AAPL.US")
    near = min(strikes, key=lambda level: abs(level - spot))
    side = 1 if right == "C" else -1
    deep = near - side * 30
    symbols = {strike: f"AAPL{WEEK:%y%m%d}{right}{int(strike * 1000)}.US" for strike in (near, deep)}
    later = moved_to(WEEK + timedelta(1))
    close = Decimal(str(bars(later, "AAPL.US", Period.DAY, WEEK, WEEK, Adjust.NONE)[CLOSE][0]))
    for strike, symbol in symbols.items():
        assert before.payout(symbol) is moved_to(WEEK).payout(symbol) is None
        assert later.payout(symbol) == max(side * (close - strike), Decimal(0))
    assert later.payout("AAPL.US") is None


def test_warrants_and_inline_warrants_pay_by_their_terms() -> None:
    before = still()
    for listing in before.warrants("700.HK"):
        contract = listing.contract
        assert contract is not None
        assert before.payout(listing.symbol) is None
        later = moved_to(contract.expiry + timedelta(1), Region.HK)
        payout = later.payout(listing.symbol)
        assert payout is not None
        assert payout >= 0
        if listing.kind == "inline":
            assert payout in (Decimal(1), Decimal("0.25"))


def test_a_called_bear_contract_pays_what_is_left_the_day_after() -> None:
    bench = Priced("HSI.HK", seed=7)
    bench.set(40)
    bench.clock.advance(120)
    residue = bench.market.last_price("54688.HK")
    assert bench.market.payout("54688.HK") is None
    bench.clock.advance(DAY_S)
    assert bench.market.payout("54688.HK") == residue


def test_an_option_of_the_market_is_bought_held_over_its_end_and_paid_out() -> None:
    clock = ManualClock(NOW)
    market = Market(7, clock)
    trade = open_trading(market, clock)
    parts = (market, trade.account, trade.exchange)
    timeline = Timeline(market, clock, trade.exchange, Entitlements(*parts), Expiries(*parts))
    spot = market.last_price("AAPL.US")
    strike = min(market.option_strikes("AAPL.US", WEEK), key=lambda level: abs(level - (spot - 20)))
    symbol = f"AAPL{WEEK:%y%m%d}C{int(strike * 1000)}.US"
    body = {"symbol": symbol, "order_type": "MO", "side": "Buy", "submitted_quantity": "1", "time_in_force": "Day"}
    trade.handle("POST", "/v1/trade/order", (), body)
    assert symbol in trade.account.positions
    asyncio.run(timeline.advance(12 * DAY_S))
    payout = market.payout(symbol)
    assert payout is not None
    (flow,) = (flow for flow in trade.account.flows if flow.name == FLOW_NAME)
    assert (flow.symbol, flow.amount) == (symbol, 100 * payout)
    assert symbol not in trade.account.positions


def test_statements_of_days_before_tell_what_was_held_then() -> None:
    bench = Bench()
    bench.market.paid_out = {OPTION: (FIRST_DAY + timedelta(2), Decimal(1))}
    bench.market.acted["700.HK"] = [FakeAction(FIRST_DAY + timedelta(2), FIRST_DAY + timedelta(2), ratio=Decimal(5))]
    parts = (bench.market, bench.account, bench.exchange)
    mornings = (Entitlements(*parts), Expiries(*parts))
    bench.market.show(OPTION, asks=[("10", 50)])
    bench.market.show("700.HK", asks=[("500", 500)])
    bench.send(Side.BUY, 3, symbol=OPTION)
    bench.send(Side.BUY, 100)
    for _ in range(3):
        bench.clock.next_day()
        for morning in mornings:
            morning.step(bench.clock.now())
    bench.send(Side.BUY, 200)
    statements = Statements(bench.account, bench.exchange, bench.clock, bench.market)

    def held(day: int) -> dict[str, str]:
        span = Span(FIRST_DAY + timedelta(day), FIRST_DAY + timedelta(day))
        rows = statements.document(Kind.DAILY, span)["positions"]
        assert isinstance(rows, list)
        return {row["symbol"]: row["quantity"] for row in rows}

    assert held(-1) == {"700.HK": "400", "AAPL.US": "50"}
    assert held(0) == held(1) == {"700.HK": "500", "AAPL.US": "50", OPTION: "3"}
    assert held(2) == {"700.HK": "2500", "AAPL.US": "50", OPTION: "3"}  # noon is yesterday evening in New York
    assert held(3) == {"700.HK": "2700", "AAPL.US": "50"}
