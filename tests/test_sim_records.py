"""The account of a simulated broker outlives its process: what is kept at each change brings it back whole."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from lpresearch.base.errors import ConfigError
from lpresearch.base.markets import OrderType
from lpresearch.base.model import Session, SessionSpan, Side, TimeInForce
from lpresearch.sim.exchange.account import Flow
from lpresearch.sim.exchange.records import Journal
from tests.exchange_bench import Bench
from tests.fake_market import NOON

DAY_S = 86_400


class Kept:
    """A store of two columns, as text, beside the account that it keeps."""

    def __init__(self, bench: Bench) -> None:
        self.rows: dict[str, str] = {}
        self.bench = bench
        self.journal = Journal(bench.exchange, bench.account)

    def save(self) -> list[str]:
        """Keep what changed; returns the keys."""
        records = self.journal.changes()
        for key, value in records:
            if value is None:
                del self.rows[key]
            else:
                self.rows[key] = json.dumps(value)
        return [key for key, _ in records]

    def reopened(self) -> Bench:
        """A new exchange with what was kept."""
        self.save()
        after = Bench()
        after.clock.time = self.bench.clock.time
        Journal(after.exchange, after.account).restore(
            [(key, json.loads(text)) for key, text in self.rows.items()], after.market
        )
        return after


def busy() -> Kept:
    """An account that bought, sold out, and has a limit order, a partly filled one and a trailing stop open."""
    bench = Bench()
    kept = Kept(bench)
    kept.save()
    bench.market.show("700.HK", bids=[("499.8", 1000)], asks=[("500", 100)])
    bench.market.show("AAPL.US", bids=[("250", 500)], asks=[("251", 500)])
    bench.send(Side.BUY, 300, "500", key="partly")
    bench.send(Side.SELL, 50, symbol="AAPL.US")
    bench.send(Side.BUY, 500, "19", symbol="2800.HK", life=TimeInForce.GTD)
    terms = {"trailing_amount": Decimal(10), "limit_offset": Decimal(1)}
    bench.send(Side.SELL, 100, order_type=OrderType.TSLPAMT, terms=terms)
    return kept


def test_a_restored_account_is_the_one_that_was_kept() -> None:
    kept = busy()
    before, after = kept.bench, kept.reopened()
    assert after.exchange.orders == before.exchange.orders
    assert list(after.account.positions.items()) == list(before.account.positions.items())
    assert "AAPL.US" not in after.account.positions
    for name in ("cash", "fees", "flows", "pending", "holds"):
        assert getattr(after.account, name) == getattr(before.account, name), name


def test_a_restored_exchange_goes_on_where_it_stopped() -> None:
    kept = busy()
    before, after = kept.bench, kept.reopened()
    first = next(iter(before.exchange.orders))
    assert after.send(Side.BUY, 300, "500", key="partly").order_id == first
    after.market.show("700.HK", asks=[("499", 1000)])
    after.exchange.step()
    assert after.exchange.order(first).status == "FilledStatus"
    assert after.send(Side.BUY, 100, "400").order_id not in before.exchange.orders


def test_only_what_changed_is_told_and_money_together_with_its_order() -> None:
    kept = Kept(bench := Bench())
    assert kept.save() == ["cash", "position/700.HK", "position/AAPL.US"]
    bench.market.show("2800.HK", asks=[("20", 1000)])
    order = bench.send(Side.BUY, 500, "20", symbol="2800.HK")
    keys = kept.save()
    assert keys[:2] == ["cash", "position/2800.HK"]
    assert next(key for key in keys if key.startswith("flow/")) == "flow/000000000"
    assert keys[-1] == f"order/{order.order_id}"
    assert kept.save() == []


def test_flows_of_the_opening_are_kept_too() -> None:
    bench = Bench()
    opening = Flow(bench.clock.now(), "HKD", Decimal(1000), "", "Deposit", "")
    bench.account.flows.append(opening)
    assert Kept(bench).reopened().account.flows == [opening]


def test_a_trailing_stop_remembers_the_best_price_it_saw() -> None:
    kept = Kept(bench := Bench())
    bench.market.show("700.HK", bids=[("500", 1000)])
    terms = {"trailing_amount": Decimal(10)}
    order = bench.send(Side.SELL, 100, order_type=OrderType.TSMAMT, terms=terms)
    kept.save()
    bench.market.print_last("700.HK", "520")
    bench.exchange.step()
    assert kept.save() == [f"order/{order.order_id}"]
    assert kept.save() == []
    assert kept.reopened().exchange.order(order.order_id).trail_from == 520


def test_what_an_order_holds_stays_what_it_was_when_prices_move() -> None:
    kept = Kept(bench := Bench())
    bench.market.sessions = [SessionSpan(Session.REGULAR, 0, 60)]  # it rests, the market being closed
    order = bench.send(Side.BUY, 100, order_type=OrderType.MO)
    bench.market.print_last("700.HK", "300")
    assert kept.reopened().account.holds[order.order_id].price == 500


def test_a_day_order_of_an_earlier_day_expired_at_the_close_of_that_day() -> None:
    kept = Kept(bench := Bench())
    order = bench.send(Side.BUY, 100, "400")
    lasting = bench.send(Side.BUY, 100, "400", life=TimeInForce.GTC)
    bench.clock.time += 3 * DAY_S
    after = kept.reopened()
    after.market.sessions = [SessionSpan(Session.REGULAR, 570, 960)]
    after.exchange.expire()
    expired = after.exchange.order(order.order_id)
    assert expired.status == "ExpiredStatus"
    assert expired.updated_at == NOON + 4 * 3600  # Hong Kong closes at 16:00
    assert after.exchange.order(lasting.order_id).status == "NewStatus"
    assert set(after.account.holds) == {lasting.order_id}


def test_a_market_that_does_not_list_what_is_held_is_refused() -> None:
    kept = busy()
    kept.save()
    after = Bench()
    del after.market.listings["700.HK"], after.market.listings["2800.HK"]
    with pytest.raises(ConfigError, match=r"2800\.HK, 700\.HK"):
        Journal(after.exchange, after.account).restore(
            [(key, json.loads(text)) for key, text in kept.rows.items()], after.market
        )


def test_nothing_kept_leaves_a_fresh_account() -> None:
    bench = Bench()
    Journal(bench.exchange, bench.account).restore([], bench.market)
    assert bench.account.cash == {"HKD": 1_000_000, "USD": 100_000}
