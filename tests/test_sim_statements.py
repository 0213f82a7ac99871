"""Statements of the simulated account: what they tell adds up with the account (longport.md 7.4)."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from tests.sim_client import Client
from tests.test_sim_rest import NOW, with_client

DAY_S = 86_400.0
ORDER = {"symbol": "700.HK", "order_type": "MO", "side": "Buy", "submitted_quantity": "100", "time_in_force": "Day"}


async def statements(one: Client, kind: int, query: str = "") -> list[dict[str, Any]]:
    """The rows of the list."""
    rows = (await one.data("GET", "/v1/statement/list", query=f"statement_type={kind}&limit=20{query}"))["list"]
    assert isinstance(rows, list)
    return rows


async def document(one: Client, row: dict[str, Any]) -> dict[str, Any]:
    """The file of a statement, fetched without signature as a browser would."""
    query = f"file_key={row['file_key'].replace('/', '%2F')}"
    url = (await one.data("GET", "/v1/statement/download", query=query))["url"]
    async with one.session.get(str(url)) as reply:
        assert reply.headers["x-lpresearch-simulator"] == "seed-5"
        found: dict[str, Any] = await reply.json()
        return found


def test_a_statement_comes_when_the_day_is_over_and_tells_what_moved_on_it() -> None:
    clock = ManualClock(NOW)
    found: list[dict[str, Any]] = []

    async def work(one: Client) -> None:
        await one.data("POST", "/v1/trade/order", body=ORDER)
        assert await statements(one, 1) == []
        clock.advance(DAY_S)
        await one.data("POST", "/v1/trade/order", body=ORDER | {"side": "Sell", "submitted_quantity": "300"})
        (row,) = await statements(one, 1)
        assert row == {"dt": 20261118, "file_key": "/statement_data/daily/20261118.json"}
        found.append(await document(one, row))
        clock.advance(DAY_S)
        assert [row["dt"] for row in await statements(one, 1)] == [20261118, 20261119]
        assert [row["dt"] for row in await statements(one, 1, "&start_date=20261119")] == [20261119]
        assert [row["dt"] for row in await statements(one, 1, "&start_date=1&limit=20")] == [20261118, 20261119]
        assert await statements(one, 2) == []

    with serve(clock=clock, seed=5) as running:
        with_client(running, work)
    (paper,) = found
    assert (paper["statement_type"], paper["start_date"], paper["end_date"]) == ("daily", "2026-11-18", "2026-11-18")
    (trade,) = paper["trades"]
    assert (trade["symbol"], trade["quantity"], trade["side"]) == ("700.HK", "100", "Buy")
    held = {row["symbol"]: row["quantity"] for row in paper["positions"]}
    assert held == {"700.HK": "500", "AAPL.US": "50"}
    cash = {row["currency"]: row for row in paper["cash"]}
    assert cash["HKD"]["opening_balance"] == "1000000"
    moved = sum(Decimal(flow["balance"]) for flow in paper["flows"])
    assert Decimal(cash["HKD"]["closing_balance"]) - Decimal(cash["HKD"]["opening_balance"]) == moved
    assert moved < -100 * Decimal(trade["price"])
    assert cash["USD"]["opening_balance"] == cash["USD"]["closing_balance"] == "100000"


def test_a_month_has_one_statement_and_begins_where_the_one_before_ended() -> None:
    clock = ManualClock(NOW)
    papers: list[dict[str, Any]] = []

    async def work(one: Client) -> None:
        for _ in range(2):
            await one.data("POST", "/v1/trade/order", body=ORDER)
            clock.advance(16 * DAY_S)
        await one.data("POST", "/v1/trade/order", body=ORDER)
        clock.advance(16 * DAY_S)
        rows = await statements(one, 2)
        assert [row["dt"] for row in rows] == [202611, 202612]
        papers.extend([await document(one, row) for row in rows])

    with serve(clock=clock, seed=5) as running:
        with_client(running, work)
    november, december = papers
    assert (november["start_date"], november["end_date"]) == ("2026-11-01", "2026-11-30")
    assert [len(paper["trades"]) for paper in papers] == [1, 2]
    closing = {row["currency"]: row["closing_balance"] for row in november["cash"]}
    assert {row["currency"]: row["opening_balance"] for row in december["cash"]} == closing


def refused(running: Running, path: str, query: str) -> tuple[int, object]:
    """Status and code of a refusal."""
    found: list[tuple[int, object]] = []

    async def work(one: Client) -> None:
        status, envelope, _ = await one.rest("GET", path, query=query)
        found.append((status, envelope["code"]))

    with_client(running, work)
    return found[0]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("list", "statement_type=3"),
        ("list", "statement_type=daily"),
        ("list", "statement_type=1&limit=0"),
        ("download", ""),
        ("download", "file_key=%2Fetc%2Fpasswd"),
        ("download", "file_key=%2Fstatement_data%2Fdaily%2F20261118.json"),
        ("download", "file_key=%2Fstatement_data%2Fdaily%2F20269918.json"),
        ("download", "file_key=%2Fstatement_data%2Fmonthly%2F20261101.json"),
    ],
)
def test_a_statement_that_is_none_is_refused(path: str, query: str) -> None:
    with serve(clock=ManualClock(NOW), seed=5) as running:
        assert refused(running, f"/v1/statement/{path}", query) == (400, 400000)


def test_a_link_without_its_code_opens_nothing() -> None:
    clock = ManualClock(NOW)

    async def work(one: Client) -> None:
        await one.data("POST", "/v1/trade/order", body=ORDER)
        clock.advance(DAY_S)
        (row,) = await statements(one, 1)
        for query in ("", "?signature=0", "?signature="):
            async with one.session.get(one.urls["http_url"] + row["file_key"] + query) as reply:
                assert (reply.status, json.loads(await reply.text())["code"]) == (403, 403203)

    with serve(clock=clock, seed=5) as running:
        with_client(running, work)


def test_the_days_are_those_of_hong_kong() -> None:
    """Nine in the evening of the 18th in New York is the 19th in Hong Kong, and the money moved there."""
    clock = ManualClock(datetime(2026, 11, 19, 2, tzinfo=UTC).timestamp())

    async def work(one: Client) -> None:
        await one.data("POST", "/v1/trade/order", body=ORDER)
        clock.advance(DAY_S)
        assert [row["dt"] for row in await statements(one, 1)] == [20261119]

    with serve(clock=clock, seed=5) as running:
        with_client(running, work)
