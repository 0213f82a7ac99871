"""The simulated market: bars agree with each other and the quote, on ticks, in session, in any order."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from lpresearch.base.markets import MARKETS, tick_at
from lpresearch.base.markets import Market as Region
from lpresearch.base.model import Period, Session, Sessions, SessionSpan
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.clock import Clock, ClockKind, ManualClock
from lpresearch.sim.market.instruments import LISTINGS, Kind
from lpresearch.sim.market.market import Market

Floats = NDArray[np.float64]
STAMP, OPEN, HIGH, LOW, CLOSE, VOLUME, TURNOVER, SESSION = range(8)
DAY = 86_400
SYMBOLS = (
    "700.HK",
    "2800.HK",
    "HSI.HK",
    "13447.HK",
    "54688.HK",
    "AAPL.US",
    "BRK.A.US",
    "600519.SH",
    "510300.SH",
    "D05.SG",
)
symbols = st.sampled_from(SYMBOLS)
kinds = st.sampled_from(list(ClockKind))


def moment(text: str, market: Region = Region.HK) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(MARKETS[market].zone)).timestamp()


SATURDAY = moment("2026-11-21 11:55")
FRIDAY_EVENING = moment("2026-11-20 18:00")


def market_at(now: float = SATURDAY, kind: ClockKind = ClockKind.REAL, *, seed: int = 7) -> Market:
    return Market(seed, ManualClock(now, kind))


def bars(
    market: Market, symbol: str, period: Period, start: float, end: float, sessions: Sessions = Sessions.REGULAR
) -> Floats:
    return market.bars(symbol, period, sessions, start, end)


def local_minutes(symbol: str, stamps: Floats) -> list[int]:
    zone = ZoneInfo(MARKETS[Symbol(symbol).market].zone)
    times = [datetime.fromtimestamp(stamp, zone) for stamp in stamps.tolist()]
    return [time.hour * 60 + time.minute for time in times]


def joined(parts: Floats) -> list[object]:
    """What one longer bar of some shorter ones is, without its stamp."""
    sums = [float(parts[VOLUME].sum()), pytest.approx(float(parts[TURNOVER].sum()), rel=1e-12)]
    return [float(parts[OPEN, 0]), float(parts[HIGH].max()), float(parts[LOW].min()), float(parts[CLOSE, -1]), *sums]


def on_tick(symbol: str, price: float) -> bool:
    exact = Decimal(repr(price))
    return exact % tick_at(LISTINGS[symbol].ticks, exact) == 0


@settings(max_examples=40, deadline=None)
@given(symbols, st.integers(0, 1500), kinds)
def test_a_day_is_the_sum_of_its_minutes(symbol: str, days_ago: int, kind: ClockKind) -> None:
    market = market_at(kind=kind)
    before = SATURDAY - days_ago * DAY
    daily = bars(market, symbol, Period.DAY, before - 6 * DAY, before + 1)
    for day in daily.T:
        minutes = bars(market, symbol, Period.MIN_1, day[STAMP], day[STAMP] + DAY)
        assert day[OPEN:SESSION].tolist() == joined(minutes)


def test_half_days_end_early_and_still_add_up() -> None:
    christmas_eve = moment("2025-12-24 00:00")
    market = market_at()
    minutes = bars(market, "700.HK", Period.MIN_1, christmas_eve, christmas_eve + DAY)
    (daily,) = bars(market, "700.HK", Period.DAY, christmas_eve, christmas_eve + DAY).T
    assert (local_minutes("700.HK", minutes[STAMP])[0], local_minutes("700.HK", minutes[STAMP])[-1]) == (570, 720)
    assert daily[OPEN:SESSION].tolist() == joined(minutes)
    thanksgiving_friday = moment("2025-11-28 00:00", Region.US)
    minutes = bars(market, "AAPL.US", Period.MIN_1, thanksgiving_friday, thanksgiving_friday + DAY)
    assert local_minutes("AAPL.US", minutes[STAMP])[-1] == 12 * 60 + 59


@settings(max_examples=25, deadline=None)
@given(symbols, st.sampled_from([Period.WEEK, Period.MONTH, Period.QUARTER, Period.YEAR]), kinds)
def test_longer_bars_are_the_sums_of_their_days(symbol: str, period: Period, kind: ClockKind) -> None:
    market = market_at(kind=kind)
    longer = bars(market, symbol, period, SATURDAY - 900 * DAY, SATURDAY + 1)
    ends = [*longer[STAMP, 1:].tolist(), SATURDAY + 1]
    for bar, end in zip(longer.T, ends, strict=True):
        days = bars(market, symbol, Period.DAY, bar[STAMP], end)
        assert bar[OPEN:SESSION].tolist() == joined(days)


@settings(max_examples=40, deadline=None)
@given(symbols, st.sampled_from([p for p in Period if p.minutes]), st.integers(0, 20))
def test_longer_minute_bars_are_the_sums_of_their_minutes(symbol: str, period: Period, days_ago: int) -> None:
    market = market_at(kind=ClockKind.REAL)
    start = SATURDAY - (days_ago + 7) * DAY
    longer = bars(market, symbol, period, start, start + 3 * DAY)
    minutes = bars(market, symbol, Period.MIN_1, start, start + 4 * DAY)
    ends = np.append(longer[STAMP, 1:], np.inf)
    for bar, end in list(zip(longer.T, ends, strict=True))[:-1]:
        inside = minutes[:, (minutes[STAMP] >= bar[STAMP]) & (minutes[STAMP] < end)]
        assert bar[OPEN:SESSION].tolist() == joined(inside)


# longport.md 10.3, rules 3 and 4
@pytest.mark.parametrize(
    ("symbol", "period", "starts"),
    [
        ("600519.SH", Period.MIN_60, [570, 630, 780, 840, 900]),
        ("600519.SH", Period.MIN_240, [570, 780]),
        ("700.HK", Period.MIN_120, [570, 690, 780, 900]),
        ("700.HK", Period.MIN_60, [570, 630, 690, 780, 840, 900, 960]),
        ("AAPL.US", Period.MIN_60, [570, 630, 690, 750, 810, 870, 930]),
    ],
)
def test_buckets_restart_in_each_session(symbol: str, period: Period, starts: list[int]) -> None:
    day = moment("2026-11-18 00:00", Symbol(symbol).market)
    assert local_minutes(symbol, bars(market_at(), symbol, period, day, day + DAY)[STAMP]) == starts


def test_a_hong_kong_day_has_no_bar_at_lunch_and_one_of_the_closing_auction() -> None:
    day = moment("2026-11-18 00:00")
    minutes = local_minutes("700.HK", bars(market_at(), "700.HK", Period.MIN_1, day, day + DAY)[STAMP])
    assert minutes == [*range(570, 720), *range(780, 961)]


def test_a_us_day_has_all_its_hours_only_when_asked() -> None:
    day = moment("2026-11-18 00:00", Region.US)
    market = market_at()
    assert len(bars(market, "AAPL.US", Period.MIN_1, day, day + DAY).T) == 390
    every = bars(market, "AAPL.US", Period.MIN_1, day, day + DAY, Sessions.ALL)
    assert every.shape[1] == 1440
    wanted = [3] * 240 + [1] * 330 + [0] * 390 + [2] * 240 + [3] * 240
    assert every[SESSION].tolist() == wanted
    regular, outside = every[:, every[SESSION] == 0], every[:, every[SESSION] != 0]
    assert outside[VOLUME].sum() < 0.2 * regular[VOLUME].sum()


def test_sunday_evening_belongs_to_the_us_night_and_friday_evening_does_not() -> None:
    sunday = moment("2026-11-15 00:00", Region.US)
    market = market_at()
    night = bars(market, "AAPL.US", Period.MIN_1, sunday, sunday + DAY, Sessions.ALL)
    assert local_minutes("AAPL.US", night[STAMP]) == list(range(1200, 1440))
    friday = sunday - 2 * DAY
    evening = bars(market, "AAPL.US", Period.MIN_1, friday + 20 * 3600, sunday, Sessions.ALL)
    assert evening.shape == (8, 0)


@settings(max_examples=40, deadline=None)
@given(symbols, st.integers(0, 4000), st.integers(0, 2**31))
def test_prices_are_on_ticks_and_bars_are_possible(symbol: str, days_ago: int, seed: int) -> None:
    market = market_at(seed=seed)
    end = SATURDAY - days_ago * DAY
    lot, unit = LISTINGS[symbol].volume_step, LISTINGS[symbol].unit_size
    for period in (Period.MIN_1, Period.DAY):
        found = bars(market, symbol, period, end - 4 * DAY, end)
        assert all(on_tick(symbol, price) for price in np.unique(found[OPEN : CLOSE + 1]).tolist())
        assert np.all(found[LOW] <= np.minimum(found[OPEN], found[CLOSE]))
        assert np.all(found[HIGH] >= np.maximum(found[OPEN], found[CLOSE]))
        assert np.all(found[VOLUME] > 0)
        assert np.all(found[VOLUME] % lot == 0)
        average = found[TURNOVER] / found[VOLUME] / unit
        assert np.all((average >= found[LOW] * (1 - 1e-9)) & (average <= found[HIGH] * (1 + 1e-9)))
        assert np.all(np.diff(found[STAMP]) > 0)


@settings(max_examples=15, deadline=None)
@given(st.permutations([(s, p) for s in SYMBOLS[:4] for p in (Period.DAY, Period.MIN_5)]))
def test_the_order_of_calls_and_the_instance_change_nothing(calls: list[tuple[str, Period]]) -> None:
    asked, fresh = market_at(), market_at()
    for symbol, period in calls:
        asked.quote(symbol)
        got = bars(asked, symbol, period, SATURDAY - 90 * DAY, SATURDAY)
        for start in range(80, 90, 3):
            asked.bars(symbol, period, Sessions.REGULAR, SATURDAY - start * DAY, SATURDAY, limit=3, newest=False)
        assert got.tobytes() == bars(asked, symbol, period, SATURDAY - 90 * DAY, SATURDAY).tobytes()
    for symbol, period in reversed(calls):
        again = bars(fresh, symbol, period, SATURDAY - 90 * DAY, SATURDAY)
        assert again.tobytes() == bars(asked, symbol, period, SATURDAY - 90 * DAY, SATURDAY).tobytes()


def test_another_seed_is_another_market() -> None:
    one, other = market_at(seed=1), market_at(seed=2)
    assert one.mark == "seed-1"
    first = bars(one, "700.HK", Period.DAY, SATURDAY - 30 * DAY, SATURDAY)
    assert not np.array_equal(first, bars(other, "700.HK", Period.DAY, SATURDAY - 30 * DAY, SATURDAY))


@settings(max_examples=30, deadline=None)
@given(symbols, st.sampled_from([Period.MIN_1, Period.MIN_60, Period.DAY, Period.WEEK, Period.MONTH]), st.data())
def test_a_limit_keeps_the_newest_or_the_oldest_of_the_same_bars(
    symbol: str, period: Period, data: st.DataObject
) -> None:
    market = market_at()
    start = SATURDAY - data.draw(st.integers(1, 30 if period.minutes else 500)) * DAY
    limit = data.draw(st.integers(1, 1000))
    whole = bars(market, symbol, period, start, SATURDAY + 1)
    newest = market.bars(symbol, period, Sessions.REGULAR, start, SATURDAY + 1, limit=limit)
    oldest = market.bars(symbol, period, Sessions.REGULAR, start, SATURDAY + 1, limit=limit, newest=False)
    assert newest.tobytes() == np.ascontiguousarray(whole[:, -limit:]).tobytes()
    assert oldest.tobytes() == np.ascontiguousarray(whole[:, :limit]).tobytes()


@settings(max_examples=25, deadline=None)
@given(symbols, kinds, st.integers(0, 5 * DAY))
def test_the_quote_is_the_last_bar(symbol: str, kind: ClockKind, later: int) -> None:
    now = SATURDAY - 3 * DAY + later
    market = market_at(now, kind)
    quote = market.quote(symbol)
    days = market.bars(symbol, Period.DAY, Sessions.REGULAR, now - 30 * DAY, now + 1)
    minute = market.bars(symbol, Period.MIN_1, Sessions.REGULAR, now - 30 * DAY, now + 1, limit=1)
    assert float(quote.last_done) == days[CLOSE, -1] == minute[CLOSE, 0]
    assert (float(quote.open), float(quote.high), float(quote.low)) == tuple(days[OPEN:CLOSE, -1])
    assert (quote.volume, float(quote.turnover or 0)) == (days[VOLUME, -1], days[TURNOVER, -1])
    assert float(quote.prev_close) == days[CLOSE, -2]
    assert minute[STAMP, 0] <= quote.timestamp <= now


@settings(max_examples=20, deadline=None)
@given(symbols, st.integers(0, 86_000))
def test_a_forming_bar_only_grows_and_ends_as_the_finished_one(symbol: str, second: int) -> None:
    market_zone = Symbol(symbol).market
    start = moment("2026-11-21 00:00", market_zone) + second // 60 * 60
    clock = ManualClock(start)
    market = Market(7, clock)
    before: Floats | None = None
    for _ in range(61 * 2 - 3):
        bar = market.bars(symbol, Period.MIN_1, Sessions.REGULAR, start, start + 60)[:, 0]
        if before is not None:
            assert bar[OPEN] == before[OPEN]
            assert bar[HIGH] >= before[HIGH]
            assert bar[LOW] <= before[LOW]
            assert bar[VOLUME] >= before[VOLUME]
            assert bar[TURNOVER] >= before[TURNOVER]
        assert bar[LOW] <= bar[CLOSE] <= bar[HIGH]
        assert (
            bar[LOW] * (1 - 1e-9) <= bar[TURNOVER] / bar[VOLUME] / LISTINGS[symbol].unit_size <= bar[HIGH] * (1 + 1e-9)
        )
        before = bar
        clock.advance(0.5)
    clock.advance(start + 59.9 - clock.now())
    last = market.bars(symbol, Period.MIN_1, Sessions.REGULAR, start, start + 60)[:, 0]
    clock.advance(30)
    assert last.tolist() == market.bars(symbol, Period.MIN_1, Sessions.REGULAR, start, start + 60)[:, 0].tolist()


def test_an_open_clock_trades_around_the_clock_today_and_by_the_calendar_before() -> None:
    market = market_at(kind=ClockKind.OPEN)
    full, half = market.trading_days(Region.HK, date(2026, 11, 14), date(2026, 11, 21))
    assert full == [date(2026, 11, day) for day in (16, 17, 18, 19, 20, 21)]
    assert half == []
    assert market.sessions_today()[Region.US] == [SessionSpan(Session.REGULAR, 0, 1440)]
    assert market.trading_date(Region.HK) == date(2026, 11, 21)
    today = bars(market, "700.HK", Period.MIN_1, moment("2026-11-21 00:00"), SATURDAY + 1)
    assert local_minutes("700.HK", today[STAMP]) == list(range(11 * 60 + 56))


def test_on_an_open_evening_no_minute_is_in_two_sessions() -> None:
    now = moment("2026-11-19 21:10", Region.US)
    market = market_at(now, ClockKind.OPEN)
    seen = bars(market, "AAPL.US", Period.MIN_5, now - 3 * DAY, now + 1, Sessions.ALL)
    assert np.all(np.diff(seen[STAMP]) > 0)
    today = seen[:, seen[STAMP] >= moment("2026-11-19 00:00", Region.US)]
    assert set(today[SESSION].tolist()) == {0.0}
    overnight = market.quote("AAPL.US").overnight
    assert overnight is not None
    assert overnight.timestamp <= moment("2026-11-18 04:00", Region.US)


def test_a_real_clock_keeps_the_calendar_today_too() -> None:
    market = market_at()
    assert market.trading_date(Region.HK) == date(2026, 11, 20)
    assert market.sessions_today()[Region.HK] == [
        SessionSpan(Session.REGULAR, 570, 720),
        SessionSpan(Session.REGULAR, 780, 960),
    ]
    full, half = market.trading_days(Region.US, date(2026, 11, 25), date(2026, 11, 27))
    assert (full, half) == ([date(2026, 11, 25)], [date(2026, 11, 27)])
    assert bars(market, "700.HK", Period.MIN_1, moment("2026-11-21 00:00"), SATURDAY).shape == (8, 0)


def test_the_closing_auction_shows_when_it_prints() -> None:
    clock = ManualClock(moment("2026-11-20 16:05"), ClockKind.REAL)
    market = Market(7, clock)
    day = moment("2026-11-20 00:00")
    assert local_minutes("700.HK", bars(market, "700.HK", Period.MIN_1, day, day + DAY)[STAMP])[-1] == 959
    clock.advance(5 * 60)
    assert local_minutes("700.HK", bars(market, "700.HK", Period.MIN_1, day, day + DAY)[STAMP])[-1] == 960


def test_a_path_reaches_its_reference_price() -> None:
    market = market_at(FRIDAY_EVENING)
    for symbol in ("700.HK", "9988.HK", "HSI.HK"):
        assert float(market.last_price(symbol)) == pytest.approx(float(LISTINGS[symbol].reference_price), rel=1e-3)


def test_a_warrant_moves_with_its_underlying() -> None:
    market = market_at()
    closes = {
        symbol: market.bars(symbol, Period.MIN_15, Sessions.REGULAR, 0, SATURDAY, limit=200)[CLOSE]
        for symbol in ("700.HK", "17566.HK", "14821.HK")
    }
    assert np.corrcoef(closes["700.HK"], closes["17566.HK"])[0, 1] > 0.95
    assert np.corrcoef(closes["700.HK"], closes["14821.HK"])[0, 1] < -0.8


def test_no_bars_before_the_listing_and_none_after_a_halt() -> None:
    market = market_at()
    concentra = bars(market, "CON.US", Period.DAY, 0, SATURDAY)
    assert concentra[STAMP, 0] == moment("2024-07-25 00:00", Region.US)
    halted = market.quote("3333.HK")
    assert halted.trade_status == 1
    assert halted.timestamp < moment("2024-01-29 00:00")
    assert bars(market, "3333.HK", Period.DAY, moment("2024-01-29 00:00"), SATURDAY).shape == (8, 0)
    assert market.quote("6837.HK").trade_status == 10


def test_us_quotes_carry_the_hours_outside_the_regular_ones() -> None:
    quote = market_at(moment("2026-11-20 05:00", Region.US)).quote("AAPL.US")
    assert quote.pre is not None
    assert quote.post is not None
    assert quote.overnight is not None
    assert quote.pre.timestamp == moment("2026-11-20 05:00", Region.US)
    assert quote.post.timestamp == moment("2026-11-19 20:00", Region.US)
    assert quote.overnight.timestamp == moment("2026-11-20 04:00", Region.US)
    assert quote.pre.prev_close == quote.last_done
    assert market_at().quote("700.HK").pre is None


@settings(max_examples=80, deadline=None)
@given(symbols, st.integers(0, 10**6), st.integers(0, 2**31))
def test_a_book_is_never_crossed_and_holds_the_last_price(symbol: str, second: int, seed: int) -> None:
    market = market_at(SATURDAY + second, ClockKind.OPEN, seed=seed)
    asks, bids = market.depth(symbol)
    if LISTINGS[symbol].kind is Kind.INDEX:
        assert (asks, bids) == ([], [])
        return
    last = market.last_price(symbol)
    assert bids[0].price < asks[0].price
    assert bids[0].price <= last <= asks[0].price
    levels = {Region.HK: 10, Region.US: 1, Region.CN: 5, Region.SG: 5}[Symbol(symbol).market]
    assert len(asks) == levels
    assert 1 <= len(bids) <= levels
    for side, sign in ((asks, 1), (bids, -1)):
        prices = [sign * level.price for level in side]
        assert prices == sorted(set(prices))
        assert [level.position for level in side] == list(range(1, len(side) + 1))
    for level in (*asks, *bids):
        assert on_tick(symbol, float(level.price))
        assert level.volume > 0
        assert level.volume % LISTINGS[symbol].volume_step == 0
        assert 0 < level.orders <= level.volume // LISTINGS[symbol].volume_step
    assert (asks, bids) == market_at(SATURDAY + second, ClockKind.OPEN, seed=seed).depth(symbol)


def test_the_wall_clock_tells_the_time() -> None:
    before = datetime.now().timestamp()
    assert before <= Clock().now() <= datetime.now().timestamp() + 1
    assert Clock("real").kind is ClockKind.REAL


def test_an_unknown_symbol_has_no_listing() -> None:
    assert market_at().listing("NOPE.US") is None
    assert market_at().tick("700.HK", Decimal("632")) == Decimal("0.5")


def test_the_listings_are_what_the_exchanges_say() -> None:
    assert len(LISTINGS) >= 120
    # Board lots of HKEX's list of securities.
    lots = {
        "700": 100,
        "9988": 100,
        "5": 400,
        "1299": 200,
        "388": 100,
        "941": 500,
        "2800": 500,
        "3690": 100,
        "1810": 200,
    }
    assert {code: LISTINGS[f"{code}.HK"].lot_size for code in lots} == lots
    for symbol, listing in LISTINGS.items():
        assert symbol == listing.symbol == Symbol(symbol)
        assert listing.currency == MARKETS[listing.market].currency
        assert listing.contract is None or listing.contract.underlying in LISTINGS
        assert on_tick(symbol, float(listing.reference_price)), symbol


def test_the_index_of_volatility_keeps_its_level_and_goes_against_the_market() -> None:
    level, other = (
        bars(market_at(), symbol, Period.DAY, 0, SATURDAY)[CLOSE][-2500:] for symbol in (".VIX.US", ".SPX.US")
    )
    assert 6 < level.min() < np.median(level) < 30 < level.max() < 120
    assert 0.05 < np.diff(np.log(level)).std() < 0.12
    assert np.corrcoef(np.diff(np.log(level)), np.diff(np.log(other)))[0, 1] < -0.5
