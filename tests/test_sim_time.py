"""Time in the simulator: past days at any speed, jumps ahead in which orders meet every price, and standing still."""

from __future__ import annotations

import asyncio
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

import pytest

from lpresearch.base.errors import ConfigError, InputError, UsageError
from lpresearch.base.markets import Market as Region
from lpresearch.base.markets import OrderType
from lpresearch.base.model import Period, Sessions, Side, TimeInForce
from lpresearch.sim.exchange.entitlements import Entitlements
from lpresearch.sim.exchange.orders import Order, OrderRequest, Terms
from lpresearch.sim.exchange.trade_api import open_trading
from lpresearch.sim.market.clock import Clock, ClockKind, ManualClock, seconds_of
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.timeline import Timeline
from lpresearch.sim.threaded import Running, serve
from lpresearch.wire.proto import quote_pb2 as pb
from tests.sim_client import client

HONG_KONG, NEW_YORK = ZoneInfo("Asia/Hong_Kong"), ZoneInfo("America/New_York")
SEED = 40  # the default one
MORNING = datetime(2026, 11, 18, 10, 0, tzinfo=HONG_KONG).timestamp()


class Bench:
    """A market, its exchange and its time, on a clock that moves only when told."""

    def __init__(self, start: float = MORNING) -> None:
        self.clock = ManualClock(start, ClockKind.REAL)
        self.market = Market(SEED, self.clock)
        trade = open_trading(self.market, self.clock)
        self.exchange, self.account = trade.exchange, trade.account
        entitlements = Entitlements(self.market, self.account, self.exchange)
        self.timeline = Timeline(self.market, self.clock, self.exchange, entitlements)

    def send(self, side: Side, quantity: int, price: Decimal, *, trigger: Decimal | None = None) -> Order:
        kind = OrderType.LO if trigger is None else OrderType.LIT
        asked = Terms(Decimal(quantity), price, trigger_price=trigger)
        return self.exchange.submit(OrderRequest("700.HK", side, kind, asked, time_in_force=TimeInForce.DAY))

    def advance(self, step: str) -> None:
        asyncio.run(self.timeline.advance(seconds_of(step)))

    def minutes(self, hours: float) -> list[list[float]]:
        """The minutes to come, as another clock sees them."""
        now = self.clock.now()
        later = Market(SEED, ManualClock(now + hours * 3600, ClockKind.REAL))
        found = later.bars("700.HK", Period.MIN_1, Sessions.REGULAR, now, now + hours * 3600)
        rows: list[list[float]] = found.T.tolist()
        return rows


def test_a_replay_begins_in_the_morning_of_its_day() -> None:
    for region, zone, opens in ((Region.HK, HONG_KONG, "09:25"), (Region.US, NEW_YORK, "09:25")):
        shown = datetime.fromtimestamp(Clock.replay("2026-03-02", market=region).now(), zone)
        assert f"{shown:%Y-%m-%d %H:%M}" == f"2026-03-02 {opens}"
    begun = datetime.fromtimestamp(Clock.replay(date(2026, 3, 2), market="US", start="11:30").now(), NEW_YORK)
    assert f"{begun:%Y-%m-%d %H:%M}" == "2026-03-02 11:30"


def test_a_replay_runs_at_its_speed_stands_still_and_runs_on() -> None:
    before = time.time()
    clock = Clock.replay("2026-03-02", speed=1000)
    first = clock.now()
    while clock.now() < first + 5:
        pass
    assert clock.now() - first <= (time.time() - before) * 1000
    clock.pause()
    clock.pause()
    stands = clock.now()
    assert clock.now() == stands
    clock.advance(60)
    assert clock.now() == stands + 60
    clock.resume()
    assert clock.now() >= stands + 60


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"day": "2026-03-01"}, "HK does not trade on that day. The day before it is 2026-02-27"),
        ({"day": "2226-03-02"}, "a replay is of a past day"),
        ({"day": "1990-03-02"}, "a replay is of a past day. From 1999-01-04"),
        ({"day": "Monday"}, "day='Monday': it is not a date. Write it as 2026-03-02"),
        ({"day": "2026-03-02", "speed": 0}, "speed=0: it is a number above 0"),
        ({"day": "2026-03-02", "speed": float("nan")}, "speed=nan"),
        ({"day": "2026-03-02", "market": "XX"}, "market='XX': no such market. One of HK, US, CN, SG"),
        ({"day": "2026-03-02", "start": "25:00"}, "from='25:00': it is not a time of day"),
    ],
)
def test_what_cannot_be_replayed_is_refused(given: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Clock.replay(**given)  # type: ignore[arg-type]  # wrong on purpose


def test_in_a_replay_everything_is_as_of_its_moment() -> None:
    clock = Clock.replay("2026-03-02", start="10:30")
    clock.pause()
    market = Market(SEED, clock)
    quote = market.quote("700.HK")
    assert 0 <= clock.now() - quote.timestamp < 60
    days = market.bars("700.HK", Period.DAY, Sessions.REGULAR, clock.now() - 40 * 86_400, clock.now() + 86_400)
    assert datetime.fromtimestamp(days[0, -1], HONG_KONG).date() == date(2026, 3, 2)
    assert float(quote.last_done) == days[4, -1]
    minutes = market.bars("700.HK", Period.MIN_1, Sessions.REGULAR, clock.now() - 86_400, clock.now() + 86_400)
    assert datetime.fromtimestamp(minutes[0, -1], HONG_KONG).strftime("%H:%M") == "10:30"
    assert market.trades("700.HK", limit=1)[0].timestamp <= clock.now()
    assert market.trading_date(Region.HK) == date(2026, 3, 2)
    clock.advance(86_400)
    assert market.trading_date(Region.HK) == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("step", "seconds"),
    [(90, 90), ("90s", 90), ("30m", 1800), ("1.5h", 5400), ("1d", 86_400), (timedelta(minutes=2), 120)],
)
def test_a_stretch_of_time_is_said_in_many_ways(step: float | str | timedelta, seconds: float) -> None:
    assert seconds_of(step) == seconds


@pytest.mark.parametrize("step", [0, -5, "1w", "", "m", "-5m", float("inf"), timedelta(0), None])
def test_a_clock_goes_forward_only(step: float | str | timedelta) -> None:
    with pytest.raises(ConfigError, match="a clock goes forward only"):
        seconds_of(step)


def test_an_order_meets_a_low_that_neither_end_of_the_jump_shows() -> None:
    bench = Bench()
    minutes = bench.minutes(1.0)
    lowest = min(minutes, key=lambda bar: bar[3])
    assert lowest[3] < min(minutes[0][3], minutes[-1][3])
    tick = bench.market.tick("700.HK", Decimal(str(lowest[3])))
    order = bench.send(Side.BUY, 100, Decimal(str(lowest[3])) + 2 * tick)
    assert order.status == "NewStatus"
    bench.advance("1h")
    assert order.status == "FilledStatus"
    assert order.fills[0].time < bench.clock.now() - 60
    assert bench.clock.now() == MORNING + 3600


def test_a_stop_that_is_touched_on_the_way_is_triggered_at_its_moment() -> None:
    bench = Bench()
    minutes = bench.minutes(1.0)
    highest = max(minutes, key=lambda bar: bar[2])
    level = Decimal(str(highest[2]))
    order = bench.send(Side.SELL, 100, level / 2 // 1, trigger=level)
    bench.advance("1h")
    assert order.trigger_status == "RELEASED"
    assert highest[0] <= order.trigger_at < highest[0] + 60
    assert order.status == "FilledStatus"


def test_a_day_order_expires_at_the_close_that_passes_and_a_later_one_lives() -> None:
    bench = Bench()
    order = bench.send(Side.BUY, 100, Decimal(100))
    bench.advance("1d")
    assert order.status == "ExpiredStatus"
    close = datetime(2026, 11, 18, 16, 0, tzinfo=HONG_KONG).timestamp()
    assert close <= order.updated_at <= close + 900
    assert bench.clock.now() == MORNING + 86_400


def test_in_steps_or_at_once_the_same_happens() -> None:
    told = []
    for steps in (["2h"], ["30m"] * 4, ["7m"] * 17 + ["1m"]):
        bench = Bench()
        last = bench.market.last_price("700.HK")
        tick = bench.market.tick("700.HK", last)
        orders = [bench.send(Side.BUY, 100, last - 3 * number * tick) for number in range(1, 7)]
        for step in steps:
            bench.advance(step)
        told.append([(order.status, [(fill.price, round(fill.time, 3)) for fill in order.fills]) for order in orders])
    assert told[0] == told[1] == told[2]
    assert any(status == "FilledStatus" for status, _ in told[0])


def test_a_dividend_and_its_payment_are_passed_on_the_way() -> None:
    bench = Bench(datetime(2026, 12, 1, 12, tzinfo=NEW_YORK).timestamp())
    (action,) = bench.market.actions("AAPL.US", after=date(2026, 12, 1), until=date(2027, 1, 15))
    held, cash = bench.account.positions["AAPL.US"].quantity, bench.account.cash["USD"]
    bench.advance("45d")
    (flow,) = bench.account.flows
    paid = datetime.fromtimestamp(flow.time, NEW_YORK)
    assert (flow.name, flow.amount, flow.symbol) == ("Cash Dividend", held * action.dividend, "AAPL.US")
    assert (paid.date(), paid.hour) == (action.pay_date, 0)
    assert bench.account.cash["USD"] == cash + flow.amount


def test_a_server_is_steered_from_another_thread() -> None:
    with serve(clock=ManualClock(MORNING, ClockKind.REAL)) as broker:
        broker.advance("30m")
        assert broker.market.now() == MORNING + 1800
        wished = broker.market.last_price("700.HK") * 2
        price = wished // broker.market.tick("700.HK", wished) * broker.market.tick("700.HK", wished)
        broker.set_price("700.HK", price)
        assert broker.market.last_price("700.HK") == price
        with pytest.raises(InputError, match="price='0'"):
            broker.set_price("700.HK", "0")
        with pytest.raises(ConfigError, match="forward only"):
            broker.advance(-1)
        broker.resume()
        broker.pause()
        stands = broker.market.now()
        assert broker.market.now() == stands >= MORNING + 1800
    set_price = partial(broker.set_price, "700.HK", price)
    for call in (partial(broker.advance, "1d"), broker.pause, broker.resume, set_price):
        with pytest.raises(UsageError, match="has ended"):
            call()


def test_who_watches_is_told_of_a_price_that_is_set_and_of_what_time_brings() -> None:
    price = "600.000"

    async def watch(broker: Running) -> tuple[str, list[str], int]:
        async with client(broker.urls) as one, one.link() as wire:
            request = pb.SubscribeRequest(symbol=["700.HK"], sub_type=[pb.QUOTE, pb.TRADE], is_first_push=True)
            await wire.ask(6, request)
            await asyncio.to_thread(broker.set_price, "700.HK", price)
            traded: list[str] = []
            told = ""
            while told != price or price not in traded:
                push = await wire.push()
                if push.command == 101:
                    told = pb.PushQuote.FromString(push.body).last_done
                elif push.command == 104:
                    traded += [trade.price for trade in pb.PushTrade.FromString(push.body).trade]
            await asyncio.to_thread(broker.advance, "30s")
            while (push := await wire.push()).command != 101:
                pass
            return told, traded, pb.PushQuote.FromString(push.body).timestamp

    with serve(clock=ManualClock(MORNING, ClockKind.REAL)) as broker:
        told, traded, moment = asyncio.run(watch(broker))
    assert (told, traded) == (price, [price])
    assert MORNING < moment <= MORNING + 30


def test_a_fast_replay_lets_orders_meet_what_passes_between_two_looks() -> None:
    clock = Clock.replay("2026-03-02", start="10:00", speed=3600)
    clock.pause()
    with serve(clock=clock) as broker:
        later = Market(SEED, ManualClock(clock.now() + 1800, ClockKind.REAL))
        bars = later.bars("700.HK", Period.MIN_1, Sessions.REGULAR, clock.now(), clock.now() + 1800)
        low = Decimal(str(bars[3].min()))
        exchange = broker._server.timeline._exchange  # no client of ours can submit and look at one moment
        terms = Terms(Decimal(100), low + 2 * broker.market.tick("700.HK", low))
        order = exchange.submit(OrderRequest("700.HK", Side.BUY, OrderType.LO, terms, time_in_force=TimeInForce.GTC))
        broker.resume()
        while broker.market.now() < clock.replay("2026-03-02", start="10:30").now():
            time.sleep(0.01)
        broker.pause()
        assert order.status == "FilledStatus"
