"""A simulator with a state: after a restart a client sees what it saw before, and what does not fit is refused."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from lpresearch.base.errors import ConfigError, StoreCorrupt, StoreLocked
from lpresearch.base.markets import OrderType
from lpresearch.base.model import Side, TimeInForce
from lpresearch.sim import serve
from lpresearch.sim.exchange.attached import Attachment, Leg
from lpresearch.sim.exchange.records import Journal
from lpresearch.sim.exchange.trade_api import TradeApi
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.history_rules import HistoryQuota
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.state import State
from lpresearch.sim.state_file import StateFile
from lpresearch.wire.proto import quote_pb2 as pb
from tests.exchange_bench import Bench
from tests.sim_client import KEYS, Client, client
from tests.test_sim_command import ready, simulator

NOW = 1_795_147_200.0  # Friday 2026-11-20 12:00 in Hong Kong
SYMBOLS = ("700.HK", "2800.HK", "AAPL.US")
LOTS = {"700.HK": 100, "2800.HK": 500, "AAPL.US": 1}
ALWAYS = [("start_at", "1"), ("end_at", "4000000000"), ("start_time", "1"), ("end_time", "4000000000")]
QUOTA = 3


class Broker(Bench):
    """An exchange, its REST side and a quota, kept in a file; another market's prices and time may be taken over."""

    def __init__(self, path: Path, before: Broker | None = None) -> None:
        super().__init__(before)
        self.path = path
        self.trade = TradeApi(self.exchange, self.account, self.clock)
        self.state = State(path, seed=None)
        self.quota = HistoryQuota(QUOTA, on_count=self.state.save)
        parts = {"history-quota": self.quota}
        self.state.attach(Journal(self.exchange, self.account), parts, clock=self.clock, market=self.market)
        self.state.save()

    def killed(self) -> Broker:
        """The next one, that starts with what is on disk at this moment; this one never gets to say goodbye."""
        path = self.path.with_name(f"{int(self.path.stem) + 1}.state")
        for end in ("", "-wal"):
            shutil.copy(f"{self.path}{end}", f"{path}{end}")
        return Broker(path, self)

    def view(self) -> str:
        """Everything that a client can ask about the account."""

        def ask(path: str, **query: str) -> object:
            return self.trade.handle("GET", path, [*query.items(), *ALWAYS], None)

        orders = [ask("/v1/trade/order", order_id=order_id) for order_id in self.exchange.orders]
        assets = [ask("/v1/asset/account", currency=currency) for currency in ("HKD", "USD")]
        paths = ("/v1/trade/order/today", "/v1/trade/order/history", "/v3/trade/execution/all", "/v1/asset/stock")
        cash = ask("/v1/asset/cashflow", size="10000")
        answers = [orders, assets, [ask(path) for path in paths], cash, self.state.member_id, self.quota.snapshot()]
        return json.dumps(answers, indent=1)


class Restarts(RuleBasedStateMachine):
    """Whatever was done, a simulator that is killed after any request comes back as it was."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.broker = Broker(Path(self.folder.name) / "0.state")

    def request(self, call: Callable[[], object]) -> None:
        """Do what one request does, as the server does it."""
        try:
            with suppress(Refusal):
                call()
        finally:
            self.broker.state.save()

    @rule(
        symbol=st.sampled_from(SYMBOLS), ticks=st.integers(-40, 40), volumes=st.lists(st.integers(0, 900), max_size=3)
    )
    def quote(self, symbol: str, ticks: int, volumes: list[int]) -> None:
        market = self.broker.market
        last = market.listings[symbol].reference_price + Decimal(ticks) / 10
        market.last[symbol] = last
        bids = [(str(last - Decimal(i + 1) / 10), volume) for i, volume in enumerate(volumes)]
        asks = [(str(last + Decimal(i + 1) / 10), volume) for i, volume in enumerate(volumes)]
        market.show(symbol, bids=bids, asks=asks)
        self.request(self.broker.exchange.step)

    @rule(
        symbol=st.sampled_from(SYMBOLS),
        side=st.sampled_from(Side),
        lots=st.integers(1, 9),
        ticks=st.none() | st.integers(-30, 30),
        life=st.sampled_from(TimeInForce),
        key=st.sampled_from(("", "a", "b")),
    )
    def submit(self, symbol: str, side: Side, lots: int, ticks: int | None, life: TimeInForce, key: str) -> None:
        reference = self.broker.market.listings[symbol].reference_price
        price = None if ticks is None else str(reference + Decimal(ticks) / 10)
        quantity = lots * LOTS[symbol]
        self.request(lambda: self.broker.send(side, quantity, price, symbol=symbol, life=life, key=key))

    @rule(
        symbol=st.sampled_from(SYMBOLS),
        side=st.sampled_from(Side),
        kind=st.sampled_from((OrderType.MIT, OrderType.LIT, OrderType.TSMAMT, OrderType.TSLPPCT)),
        ticks=st.integers(1, 30),
    )
    def submit_conditional(self, symbol: str, side: Side, kind: OrderType, ticks: int) -> None:
        reference = self.broker.market.listings[symbol].reference_price
        trigger = reference + Decimal(ticks) / 10
        terms: dict[str, Decimal | int] = {
            "trigger_price": trigger,
            "trailing_amount": Decimal(ticks) / 10,
            "trailing_percent": Decimal(ticks) / 10,
            "limit_offset": Decimal("0.2"),
        }
        if kind is OrderType.LIT:
            terms["price"] = trigger
        self.request(lambda: self.broker.send(side, LOTS[symbol], symbol=symbol, order_type=kind, terms=terms))

    @rule(symbol=st.sampled_from(SYMBOLS), side=st.sampled_from(Side), ticks=st.integers(1, 20))
    def submit_bracket(self, symbol: str, side: Side, ticks: int) -> None:
        reference = self.broker.market.listings[symbol].reference_price
        away = Decimal(ticks) / 10 if side is Side.BUY else -Decimal(ticks) / 10
        legs = (
            Leg("PROFIT_TAKER", reference + away, None, TimeInForce.GTC),
            Leg("STOP_LOSS", reference - away, reference - 2 * away, TimeInForce.DAY),
        )
        self.request(
            lambda: self.broker.send(
                side, LOTS[symbol], str(reference), symbol=symbol, attachment=Attachment(legs=legs)
            )
        )

    @rule(number=st.integers(0, 30), ticks=st.integers(-20, 20), lots=st.integers(1, 5))
    def replace(self, number: int, ticks: int, lots: int) -> None:
        orders = list(self.broker.exchange.orders.values())
        if orders:
            order = orders[number % len(orders)]
            price = self.broker.market.listings[order.symbol].reference_price + Decimal(ticks) / 10
            body = {"order_id": order.order_id, "quantity": str(lots * LOTS[order.symbol]), "price": str(price)}
            self.request(lambda: self.broker.trade.handle("PUT", "/v1/trade/order", [], body))

    @rule(number=st.integers(0, 30))
    def cancel(self, number: int) -> None:
        orders = list(self.broker.exchange.orders)
        if orders:
            self.request(lambda: self.broker.exchange.cancel(orders[number % len(orders)]))

    @rule(symbol=st.sampled_from((*SYMBOLS, "D05.SG")))
    def ask_for_history(self, symbol: str) -> None:
        with suppress(Refusal):
            self.broker.quota.count(symbol, self.broker.clock.now())

    @rule(hours=st.integers(1, 60))
    def wait(self, hours: int) -> None:
        self.broker.clock.time += hours * 3600
        self.request(self.broker.exchange.step)

    @rule()
    def kill(self) -> None:
        before, self.broker = self.broker, self.broker.killed()
        before.state.close()
        assert self.broker.view() == before.view()

    def teardown(self) -> None:
        self.kill()
        self.broker.state.close()
        self.folder.cleanup()


Restarts.TestCase.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestRestarts = Restarts.TestCase


def with_client(urls: dict[str, str], work: Callable[[Client], Awaitable[None]]) -> None:
    """Do ``work`` with a client of a server."""

    async def main() -> None:
        async with client(urls) as one:
            await work(one)

    asyncio.run(main())


def order_of(quantity: int, price: str) -> dict[str, object]:
    """The body of a limit order to buy Tencent."""
    words = {"symbol": "700.HK", "side": "Buy", "order_type": "LO", "time_in_force": "GTC"}
    return {**words, "submitted_quantity": str(quantity), "submitted_price": price}


async def member_id(one: Client) -> int:
    """The account's number."""
    async with one.link() as wire:
        return pb.UserQuoteProfileResponse.FromString(await wire.ask(4)).member_id


async def history(one: Client, symbol: str) -> None:
    """Ask for history, which counts the symbol."""
    async with one.link() as wire:
        dates = pb.SecurityHistoryCandlestickRequest.DateQuery(start_date="20261102", end_date="20261103")
        await wire.ask(
            27,
            pb.SecurityHistoryCandlestickRequest(
                symbol=symbol, period=pb.DAY, query_type=pb.QUERY_BY_DATE, date_request=dates
            ),
        )


def test_a_restarted_server_knows_account_orders_watchlist_and_quota(tmp_path: Path) -> None:
    seen: list[object] = []

    async def first(one: Client) -> None:
        for price in ("1.000", "900.000"):
            await one.data("POST", "/v1/trade/order", body=order_of(100, price))
        await one.data("POST", "/v1/watchlist/groups", body={"name": "mine", "securities": ["700.HK"]})
        await history(one, "700.HK")
        await look(one)

    async def look(one: Client) -> None:
        paths = ("/v1/trade/order/today", "/v1/trade/execution/today", "/v1/asset/stock", "/v1/watchlist/groups")
        seen.append([await one.data("GET", path) for path in paths] + [await member_id(one)])

    async def again(one: Client) -> None:
        await look(one)
        with pytest.raises(Exception, match="requested:2/limit:1"):
            await history(one, "5.HK")

    clock = ManualClock(NOW)
    for work in (first, again):
        with serve(state=tmp_path / "a.state", clock=clock, history_quota=1, limits=Limits.unpaced()) as running:
            with_client(running.urls, work)
    assert seen[0] == seen[1]


def test_a_refreshed_token_is_the_one_after_a_restart_unless_another_is_given(tmp_path: Path) -> None:
    refreshed: dict[str, str] = {}

    async def refresh(one: Client) -> None:
        refreshed["access_token"] = str((await one.data("GET", "/v1/token/refresh"))["token"])

    async def use(one: Client) -> None:
        assert (await one.rest("GET", "/v1/asset/stock", keys=refreshed))[0] == 200
        assert (await one.rest("GET", "/v1/asset/stock"))[0] == 401

    async def use_another(one: Client) -> None:
        assert (await one.rest("GET", "/v1/asset/stock", keys={"access_token": "new"}))[0] == 200

    with serve(state=tmp_path / "a.state") as running:
        with_client(running.urls, refresh)
    with serve(state=tmp_path / "a.state") as running:
        assert running.environment()["LONGPORT_ACCESS_TOKEN"] == refreshed["access_token"] != KEYS["access_token"]
        with_client(running.urls, use)
    with serve(state=tmp_path / "a.state", access_token="new") as running:
        with_client(running.urls, use_another)


def test_a_state_keeps_its_seed_and_refuses_another(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    with serve(state=path, seed=9) as running:
        assert running.market.seed == 9
    with serve(state=path) as running:
        assert running.market.seed == 9
    with pytest.raises(ConfigError, match=r"seed 8: the state .* belongs to seed 9.* Leave the seed out, give 9"):
        serve(state=path, seed=8).__enter__()
    with serve(state=path, seed=9):  # what was refused let go of the file
        pass


def test_a_clock_before_the_last_change_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    with serve(state=path, clock=ManualClock(NOW)):
        pass
    with pytest.raises(ConfigError, match=r"shows 2026-11-19 04:00:00 UTC, before .* 2026-11-20 04:00"):
        serve(state=path, clock=ManualClock(NOW - 86_400)).__enter__()


def test_a_state_that_another_server_has_open_is_refused(tmp_path: Path) -> None:
    with serve(state=tmp_path / "a.state"), pytest.raises(StoreLocked, match="another simulator has it open"):
        serve(state=tmp_path / "a.state").__enter__()


def test_records_that_make_no_account_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "a.state"
    with serve(state=path):
        pass
    file = StateFile(path)
    file.write([("position/700.HK", {"symbol": "700.HK"})])
    file.close()
    with pytest.raises(StoreCorrupt, match=r"a\.state: its records do not make an account"):
        serve(state=path).__enter__()


def test_a_day_order_of_days_ago_has_expired_when_the_server_is_back(tmp_path: Path) -> None:
    statuses: list[list[object]] = []

    async def submit(one: Client) -> None:
        for life in ("Day", "GTC"):
            await one.data("POST", "/v1/trade/order", body=order_of(100, "1.000") | {"time_in_force": life})

    async def look(one: Client) -> None:
        for path in ("/v1/trade/order/history", "/v1/trade/order/today"):
            orders = (await one.data("GET", path))["orders"]
            assert isinstance(orders, list)
            statuses.append([(order["status"], order["updated_at"]) for order in orders])

    path = tmp_path / "a.state"
    with serve(state=path, clock=ManualClock(NOW, "real")) as running:
        with_client(running.urls, submit)
    with serve(state=path, clock=ManualClock(NOW + 3 * 86_400, "real")) as running:
        with_client(running.urls, look)
    assert statuses == [[("ExpiredStatus", str(int(NOW) + 4 * 3600))], [("NewStatus", str(int(NOW)))]]


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no such signal")
def test_a_killed_process_comes_back_with_every_order_that_it_answered(tmp_path: Path) -> None:
    options = ("--state", str(tmp_path / "a.state"))
    answered: list[str] = []

    async def trade(one: Client, pid: int) -> None:
        for number in range(20):
            data = await one.data("POST", "/v1/trade/order", body=order_of(100, f"{number + 1}.000"))
            answered.append(str(data["order_id"]))
        os.kill(pid, signal.SIGKILL)

    async def look(one: Client) -> None:
        orders = (await one.data("GET", "/v1/trade/order/today"))["orders"]
        assert isinstance(orders, list)
        assert [order["order_id"] for order in orders] == answered[::-1]

    with simulator(*options) as process:
        pid = process.pid
        with_client(ready(process), lambda one: trade(one, pid))
        assert process.wait() == -signal.SIGKILL
    with simulator(*options) as process:
        with_client(ready(process), look)
