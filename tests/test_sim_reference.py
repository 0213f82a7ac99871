"""Security list, market temperature, filings and short sales of the simulated broker (longport.md 9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from lpresearch.base.model import Period, Sessions
from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from tests.sim_client import Client
from tests.test_sim_rest import NOW, with_client

QUOTE = "/v1/quote/"


@pytest.fixture(scope="module")
def still() -> Iterator[Running]:
    """A server whose clock stands still."""
    with serve(clock=ManualClock(NOW), seed=5) as running:
        yield running


def get(running: Running, name: str, query: str) -> Any:
    """The data of an answer."""
    found: list[Any] = []

    async def work(one: Client) -> None:
        found.append(await one.data("GET", QUOTE + name, query=query))

    with_client(running, work)
    return found[0]


def refused(running: Running, name: str, query: str) -> tuple[int, object]:
    """Status and code of a refusal."""
    found: list[tuple[int, object]] = []

    async def work(one: Client) -> None:
        status, envelope, _ = await one.rest("GET", QUOTE + name, query=query)
        found.append((status, envelope["code"]))

    with_client(running, work)
    return found[0]


def test_the_security_list_is_the_us_shares_and_funds_and_no_index(still: Running) -> None:
    rows = get(still, "get_security_list", "market=US&category=Overnight")["list"]
    symbols = [row["symbol"] for row in rows]
    assert {"AAPL.US", "SPY.US"} <= set(symbols)
    assert all(symbol.endswith(".US") and not symbol.startswith(".") for symbol in symbols)
    assert rows[symbols.index("AAPL.US")]["name_en"] == "Apple Inc."


@pytest.mark.parametrize("region", ["HK", "US", "CN", "SG"])
def test_the_temperature_of_now_is_the_last_of_the_history(still: Running, region: str) -> None:
    now = get(still, "market_temperature", f"market={region}")
    history = get(still, "history_market_temperature", f"market={region}&start_date=20261101&end_date=20261231")
    last = history["list"][-1]
    assert {name: now[name] for name in ("temperature", "valuation", "sentiment")} == {
        name: last[name] for name in ("temperature", "valuation", "sentiment")
    }
    assert now["updated_at"] == str(int(NOW))
    assert now["description"].split(", ")[1] in ("rising", "falling", "steady")
    for row in history["list"]:
        assert 0 <= row["temperature"] <= 100
        assert row["temperature"] == pytest.approx((row["valuation"] + row["sentiment"]) / 2, abs=0.5)


@pytest.mark.parametrize(
    ("first", "last", "name", "readings"),
    [
        ("20260901", "20260930", "daily", 21),
        ("20260101", "20260630", "weekly", 27),
        ("20160101", "20261118", "monthly", 131),
    ],
)
def test_a_longer_history_is_told_less_often(still: Running, first: str, last: str, name: str, readings: int) -> None:
    history = get(still, "history_market_temperature", f"market=US&start_date={first}&end_date={last}")
    stamps = [int(row["timestamp"]) for row in history["list"]]
    assert history["type"] == name
    assert (len(stamps), stamps) == (readings, sorted(set(stamps)))


def test_a_reading_does_not_depend_on_what_else_is_asked(still: Running) -> None:
    short = get(still, "history_market_temperature", "market=HK&start_date=20250801&end_date=20250808")["list"]
    long = get(still, "history_market_temperature", "market=HK&start_date=20250601&end_date=20250830")["list"]
    assert len(short) == 6
    assert all(row in long for row in short)


def test_a_company_files_its_annual_report_once_a_year_and_an_index_nothing(still: Running) -> None:
    items = get(still, "filings", "symbol=AAPL.US")["items"]
    published = [int(item["publish_at"]) for item in items]
    assert published == sorted(published, reverse=True)
    assert published[0] <= NOW
    annual = [item for item in items if item["title"] == "Apple Inc.: 10-K"]
    assert [datetime.fromtimestamp(int(item["publish_at"]), UTC).year for item in annual] == [2026, 2025]
    assert len({item["id"] for item in items}) == len(items)
    assert all(item["file_name"] in item["file_urls"][0] for item in items)
    assert get(still, "filings", "symbol=.IXIC.US")["items"] == []


def test_short_positions_are_told_twice_a_month_in_the_us_and_weekly_in_hong_kong(still: Running) -> None:
    rows = get(still, "short-positions/us", "symbol=AAPL.US&count=4")["data"]
    days = [datetime.fromtimestamp(int(row["timestamp"]), UTC).strftime("%m%d") for row in rows]
    assert days == ["0915", "0930", "1015", "1031"]
    last = rows[-1]
    cover = int(last["current_shares_short"]) / int(last["avg_daily_share_volume"])
    assert float(last["days_to_cover"]) == pytest.approx(cover, abs=0.006)
    rows = get(still, "short-positions/hk", "symbol=700.HK&count=3")["data"]
    stamps = [int(row["timestamp"]) for row in rows]
    assert stamps == [stamps[0] + week * 7 * 86_400 for week in range(3)]
    assert float(rows[0]["amount"]) == pytest.approx(int(rows[0]["balance"]) * float(rows[0]["close"]))


def test_short_trades_are_a_part_of_the_day_that_the_bars_tell(still: Running) -> None:
    rows = get(still, "short-trades/hk", "counter_id=ST%2FHK%2F700&page_size=5")["data"]
    bars = still.market.bars("700.HK", Period.DAY, Sessions.REGULAR, 0, NOW, limit=6)
    assert [int(row["timestamp"]) for row in rows] == bars[0, :-1].astype(int).tolist()
    for row, bar in zip(rows, bars.T, strict=False):
        assert float(row["close"]) == pytest.approx(bar[4])
        assert int(row["balance"]) == pytest.approx(bar[5] * float(row["rate"]), rel=1e-4)
    us = get(still, "short-trades/us", "symbol=AAPL.US&page_size=1")["data"][0]
    assert int(us["nus_amount"]) + int(us["ny_amount"]) == int(us["total_amount"])


def test_reports_of_short_sales_go_on_from_a_moment_that_is_named(still: Running) -> None:
    newest = get(still, "short-positions/us", "symbol=AAPL.US&count=6")["data"]
    moment = int(newest[2]["timestamp"]) + 9 * 86_400
    earlier = get(still, "short-positions/us", f"symbol=AAPL.US&count=3&last_timestamp={moment}")["data"]
    assert earlier == newest[:3]


@pytest.mark.parametrize(
    ("name", "query", "code"),
    [
        ("get_security_list", "market=HK&category=Overnight", 310010),
        ("get_security_list", "market=US&category=Daytime", 310010),
        ("market_temperature", "market=JP", 400000),
        ("market_temperature", "", 400000),
        ("history_market_temperature", "market=US&start_date=20151231&end_date=20200101", 400000),
        ("history_market_temperature", "market=US&start_date=20200102&end_date=20200101", 400000),
        ("history_market_temperature", "market=US&start_date=2020-01-02&end_date=20200101", 400000),
        ("filings", "symbol=NOPE.US", 400000),
        ("filings", "symbol=nonsense", 400000),
        ("short-positions/us", "symbol=700.HK", 400000),
        ("short-positions/hk", "counter_id=700", 400000),
        ("short-trades/us", "symbol=AAPL.US&page_size=0", 400000),
        ("short-trades/us", "symbol=AAPL.US&page_size=101", 400000),
        ("short-trades/us", "symbol=AAPL.US&last_timestamp=soon", 400000),
        ("short-trades/us", "symbol=AAPL.US&last_timestamp=99999999999999999999", 400000),
    ],
)
def test_a_wrong_parameter_is_refused(still: Running, name: str, query: str, code: int) -> None:
    assert refused(still, name, query) == (400, code)
