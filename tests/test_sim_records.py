"""The account of a simulated broker outlives its process: what is kept at each change brings it back whole."""

from __future__ import annotations

import json
from decimal import Decimal

from lpresearch.base.markets import OrderType
from lpresearch.base.model import Side, TimeInForce
from lpresearch.sim.exchange.records import Journal, restore
from tests.exchange_bench import Bench


class Kept:
    """A store of two columns, as text."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}

    def write(self, records: list[tuple[str, object]]) -> None:
        self.rows |= {key: json.dumps(value) for key, value in records}

    def read(self) -> list[tuple[str, object]]:
        return [(key, json.loads(text)) for key, text in self.rows.items()]


def busy_bench(kept: Kept) -> Bench:
    """An account that bought, sold out, and has a limit order, a partly filled one and a trailing stop open."""
    bench = Bench()
    Journal(bench.exchange, bench.account, kept.write)
    bench.market.show("700.HK", bids=[("499.8", 1000)], asks=[("500", 100)])
    bench.market.show("AAPL.US", bids=[("250", 500)], asks=[("251", 500)])
    bench.send(Side.BUY, 300, "500", key="partly")
    bench.send(Side.SELL, 50, symbol="AAPL.US")
    bench.send(Side.BUY, 500, "19", symbol="2800.HK", life=TimeInForce.GTD)
    terms = {"trailing_amount": Decimal(10), "limit_offset": Decimal(1)}
    bench.send(Side.SELL, 100, order_type=OrderType.TSLPAMT, terms=terms)
    return bench


def test_a_restored_account_is_the_one_that_was_kept() -> None:
    kept = Kept()
    before = busy_bench(kept)
    after = Bench()
    restore(kept.read(), after.exchange, after.account)
    assert after.exchange.orders == before.exchange.orders
    assert after.account.positions == before.account.positions
    assert "AAPL.US" not in after.account.positions
    for name in ("cash", "fees", "flows", "pending", "holds"):
        assert getattr(after.account, name) == getattr(before.account, name), name


def test_a_restored_exchange_goes_on_where_it_stopped() -> None:
    kept = Kept()
    before = busy_bench(kept)
    after = Bench()
    restore(kept.read(), after.exchange, after.account)
    first = next(iter(before.exchange.orders))
    assert after.send(Side.BUY, 300, "500", key="partly").order_id == first
    after.market.show("700.HK", asks=[("499", 1000)])
    after.exchange.step()
    assert after.exchange.order(first).status == "FilledStatus"
    assert after.send(Side.BUY, 100, "400").order_id not in before.exchange.orders


def test_money_and_order_of_one_fill_are_kept_together() -> None:
    bench, batches = Bench(), list[list[str]]()
    Journal(bench.exchange, bench.account, lambda records: batches.append([key for key, _ in records]))
    bench.market.show("2800.HK", asks=[("20", 1000)])
    order = bench.send(Side.BUY, 500, "20", symbol="2800.HK")
    assert batches[1:3] == [[f"order/{order.order_id}"]] * 2
    assert batches[3][:2] == ["cash", "position/2800.HK"]
    assert batches[3][-1] == f"order/{order.order_id}"


def test_nothing_kept_leaves_a_fresh_account() -> None:
    bench = Bench()
    restore([], bench.exchange, bench.account)
    assert bench.account.cash == {"HKD": 1_000_000, "USD": 100_000}
