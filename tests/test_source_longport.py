"""The LongPort source against the simulated broker: every method over the real wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from numpy.typing import NDArray

from lpresearch import sim
from lpresearch.base.errors import AuthFailed, DateRangeError, ServerRejected, SymbolError
from lpresearch.base.markets import Market, OrderType
from lpresearch.base.model import (
    Adjust,
    AnchorPage,
    DatePage,
    OrderPush,
    Period,
    Sessions,
    Side,
    Ticket,
)
from lpresearch.base.pushes import Kind
from lpresearch.base.settings import Secret, Settings, resolve
from lpresearch.base.source import Source
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport import LongPort, quota_refusal
from tests.fake_server import until

TENCENT, APPLE, NOBODY = Symbol("700.HK"), Symbol("AAPL.US"), Symbol("NOBODY.US")
Scene = Callable[[LongPort], Awaitable[None]]


@pytest.fixture(scope="module")
def server() -> Iterator[sim.Running]:
    with sim.serve(seed=7, history_quota=5) as running:
        yield running


def settings_of(server: sim.Running) -> Settings:
    settings = resolve(server.environment())
    assert settings is not None
    return settings


def run(server: sim.Running, scene: Scene) -> None:
    async def whole() -> None:
        source = LongPort(settings_of(server))
        try:
            await source.open()
            await scene(source)
        finally:
            await source.close()

    asyncio.run(whole())


def ascending(bars: NDArray[np.float64]) -> bool:
    return bool((bars[0, 1:] > bars[0, :-1]).all())


def test_the_profile_and_the_name_come_from_the_servers_mark(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        seam: Source[NDArray[np.float64]] = source
        assert seam.profile.simulated == server.market.mark
        assert seam.name == f"sim-{server.market.mark}"
        assert seam.profile.history_limit == 5
        assert seam.profile.subscribe_limit > 0
        assert seam.profile.member_id.isdigit()
        assert source.skew_s == pytest.approx(0, abs=2)

    run(server, scene)


def test_quotes_come_in_the_order_asked_with_the_columns_of_the_wire(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        columns = await source.quotes([APPLE, TENCENT])
        assert list(columns)[:10] == [
            "symbol", "last_done", "prev_close", "open", "high", "low", "timestamp", "volume", "turnover",
            "trade_status",
        ]  # fmt: skip
        parts = ("last_done", "timestamp", "volume", "turnover", "high", "low", "prev_close")
        assert list(columns)[10:] == [f"{kind}_{part}" for kind in ("pre", "post", "overnight") for part in parts]
        assert columns["symbol"] == ["AAPL.US", "700.HK"]
        assert columns["trade_status"] == ["NORMAL", "NORMAL"]
        assert columns["pre_last_done"][1] is None

    run(server, scene)


def test_all_unknown_symbols_are_named(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        other = Symbol("99999.HK")
        for work in (source.quotes, source.static_info):
            with pytest.raises(SymbolError, match=r"NOBODY\.US, 99999\.HK"):
                await work([TENCENT, NOBODY, APPLE, other])
        bars = (Period.DAY, Adjust.NONE, Sessions.REGULAR)
        with pytest.raises(SymbolError, match=r"NOBODY\.US"):
            await source.depth(NOBODY)
        with pytest.raises(SymbolError, match=r"NOBODY\.US"):
            await source.latest_bars(NOBODY, *bars, 10)
        with pytest.raises(SymbolError, match=r"NOBODY\.US"):
            await source.history_bars(NOBODY, *bars, DatePage(date(2024, 1, 1), date(2024, 1, 31)))

    run(server, scene)


def test_static_info_has_every_field(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        columns = await source.static_info([TENCENT])
        listing = server.market.listing("700.HK")
        assert listing is not None
        assert columns["symbol"] == ["700.HK"]
        assert columns["name_en"] == [listing.name_en]
        assert columns["lot_size"] == [100]
        assert columns["eps"] == [float(listing.eps)]
        assert columns["board"] == [listing.board]
        assert columns["stock_derivatives"] == [list(listing.stock_derivatives)]

    run(server, scene)


def test_depth_is_a_ladder_from_the_best_price_on(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        columns = await source.depth(TENCENT)
        assert list(columns) == [
            "position", "bid_price", "bid_volume", "bid_orders", "ask_price", "ask_volume", "ask_orders",
        ]  # fmt: skip
        assert columns["position"] == list(range(1, 11))
        bids, asks = np.array(columns["bid_price"], float), np.array(columns["ask_price"], float)
        assert (np.diff(bids) < 0).all()
        assert (np.diff(asks) > 0).all()
        assert bids[0] < asks[0]

    run(server, scene)


def test_latest_and_history_bars_are_ascending_matrices_that_agree(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        key = (TENCENT, Period.DAY, Adjust.NONE, Sessions.REGULAR)
        latest = await source.latest_bars(*key, 1000)
        assert latest.shape == (8, 1000)
        assert ascending(latest)
        days = [date.fromtimestamp(stamp + 8 * 3600) for stamp in latest[0, [100, 300]]]
        page = await source.history_bars(*key, DatePage(days[0], days[1]))
        assert ascending(page)
        np.testing.assert_array_equal(page, latest[:, 100:301])
        anchored = await source.history_bars(*key, AnchorPage(days[0], "", forward=True, count=50))
        assert ascending(anchored)
        assert 49 <= anchored.shape[1] <= 50

    run(server, scene)


def test_minutes_out_of_reach_are_a_date_error(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        page = DatePage(date(2015, 1, 5), date(2015, 1, 9))
        with pytest.raises(DateRangeError, match=r"2015-01-05.*no 1m bars of 700\.HK so far back"):
            await source.history_bars(TENCENT, Period.MIN_1, Adjust.NONE, Sessions.REGULAR, page)

    run(server, scene)


def test_a_spent_quota_is_told_by_its_figures(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        page = DatePage(date(2024, 1, 2), date(2024, 1, 31))
        refused: ServerRejected | None = None
        for name in ("1.HK", "5.HK", "9988.HK", "AAPL.US", "TSLA.US", "NVDA.US"):
            try:
                await source.history_bars(Symbol(name), Period.DAY, Adjust.NONE, Sessions.REGULAR, page)
            except ServerRejected as exc:
                refused = exc
        assert refused is not None
        assert refused.code == 301607
        figures = quota_refusal(refused)
        assert figures is not None
        assert figures[1] in (5, -1)

    run(server, scene)


def test_trading_days_of_many_weeks_are_put_together(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        today = server.market.trading_date(Market.HK)
        start = date.fromordinal(today.toordinal() - 100)
        days, halves = await source.trading_days(Market.HK, start, today)
        assert (days, halves) == server.market.trading_days(Market.HK, start, today)
        with pytest.raises(DateRangeError, match="2015-01-01"):
            await source.trading_days(Market.HK, date(2015, 1, 1), date(2015, 1, 20))

    run(server, scene)


def test_sessions_are_told_for_each_market(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        sessions = await source.market_sessions()
        assert set(sessions) == set(Market)
        assert all(span.start < span.end for spans in sessions.values() for span in spans)

    run(server, scene)


def test_pushes_of_every_kind_reach_their_channels_until_they_are_unwatched(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        channels = [*(source.channel(kind, TENCENT) for kind in Kind), source.channel(Kind.QUOTE, APPLE)]
        await source.watch(channels)
        state = [channel for channel in channels if channel.kind is not Kind.TRADE]
        await until(lambda: not any(channel.suspect for channel in state))
        values = {(channel.kind, channel.symbol): channel.values() for channel in channels}
        assert set(values[Kind.DEPTH, TENCENT]) == set(await source.depth(TENCENT))
        assert set(values[Kind.BROKERS, TENCENT]) == set(await source.brokers(TENCENT))
        assert values[Kind.QUOTE, APPLE]["symbol"] == ("AAPL.US",)
        await source.unwatch(channels)
        heard: list[bytes] = []
        channels[0].listeners = (lambda channel, body: heard.append(body),)
        await source.quotes([TENCENT])
        assert heard == []

    run(server, scene)


def test_an_order_goes_out_is_changed_cancelled_and_pushed(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        changes: list[OrderPush] = []
        source.on_order(changes.append)
        await source.watch_orders()
        await source.watch_orders()
        low = Decimal(str((await source.depth(TENCENT))["bid_price"][-1]))
        ticket = Ticket(TENCENT, Side.BUY, Decimal(100), OrderType.LO, low, remark="test")
        order_id = await source.submit(ticket, "source-test-1")
        await source.replace(order_id, Decimal(200), low)
        await source.cancel(order_id)
        await until(lambda: any(c.order_id == order_id and c.status == "CanceledStatus" for c in changes))
        orders = await source.orders_today(TENCENT, order_id)
        assert orders["order_id"] == [order_id]
        assert orders["status"] == ["CanceledStatus"]
        assert orders["quantity"] == ["200"]
        assert orders["remark"] == ["test"]
        with pytest.raises(ServerRejected):
            await source.cancel("1")

    run(server, scene)


def test_a_market_order_fills_and_moves_executions_positions_and_balance(server: sim.Running) -> None:
    async def scene(source: LongPort) -> None:
        order_id = await source.submit(Ticket(APPLE, Side.BUY, Decimal(3), OrderType.MO), "source-test-2")
        async with asyncio.timeout(30):
            while not (trades := await source.executions_today(order_id=order_id))["trade_id"]:
                pass  # each round is a request at the permitted pace
        assert trades["symbol"][0] == "AAPL.US"
        positions = await source.stock_positions([APPLE])
        assert positions["symbol"] == ["AAPL.US"]
        balance = await source.account_balance()
        assert balance["currency"][0] in ("HKD", "USD")

    run(server, scene)


def test_wrong_credentials_fail_at_open(server: sim.Running) -> None:
    async def whole() -> None:
        settings = settings_of(server)
        wrong = replace(settings, credentials=replace(settings.credentials, app_secret=Secret("not-the-secret")))
        source = LongPort(wrong)
        with pytest.raises(AuthFailed, match="403201"):
            await source.open()
        await source.close()

    asyncio.run(whole())
