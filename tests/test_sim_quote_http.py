"""The quote pulls over HTTP: the same commands, pace and quota as on the link (longport.md 9.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.wire.http_pulls import BY_COMMAND, HttpPull
from lpresearch.wire.proto import quote_pb2 as pb
from lpresearch.wire.proto_json import from_json
from tests.sim_client import Client, Refused, client
from tests.test_sim_rest import NOW, with_client

HISTORY = {
    "symbol": "700.HK",
    "period": 1000,
    "query_type": 2,
    "date_request": {"start_date": "20261102", "end_date": "20261106"},
}
BODIES: dict[int, dict[str, object]] = {
    8: {},
    9: {"market": "HK", "beg_day": "20261102", "end_day": "20261113"},
    10: {"symbol": ["700.HK", "AAPL.US"]},
    11: {"symbol": ["700.HK", "AAPL.US"]},
    12: {"symbol": ["AAPL261218C250000.US", "AAPL261218P250000.US"]},
    13: {"symbol": ["13922.HK", "47021.HK"]},
    14: {"symbol": "700.HK"},
    15: {"symbol": "700.HK"},
    16: {},
    17: {"symbol": "700.HK", "count": 20},
    18: {"symbol": "700.HK", "trade_session": 0},
    19: {"symbol": "700.HK", "period": 1000, "count": 30},
    20: {"symbol": "AAPL.US"},
    22: {},
    23: {"symbol": "700.HK", "filter_config": {"sort_by": 3, "sort_order": 1, "type": [0, 2]}, "language": 1},
    24: {"symbol": "700.HK"},
    25: {"symbol": "700.HK"},
    26: {"symbols": ["700.HK", "13922.HK"], "calc_index": [1, 3, 9, 23, 25]},
    27: HISTORY,
}


async def pull(one: Client, what: HttpPull, body: dict[str, object]) -> tuple[int, object, dict[str, object]]:
    """Status, code and data of a pull."""
    status, envelope, _ = await one.rest("POST", f"/quote/{what.path}", body=body)
    data = envelope["data"]
    assert isinstance(data, dict)
    return status, envelope["code"], data


@pytest.fixture(scope="module")
def still() -> Iterator[Running]:
    """A server whose clock stands still, without pace."""
    with serve(clock=ManualClock(NOW), limits=Limits.unpaced()) as running:
        yield running


@pytest.mark.parametrize("command", BODIES)
def test_a_pull_over_http_gives_what_the_link_gives(still: Running, command: int) -> None:
    what = BY_COMMAND[command]

    async def work(one: Client) -> None:
        status, code, data = await pull(one, what, BODIES[command])
        assert (status, code) == (200, 0)
        async with one.link() as wire:
            body = await wire.ask(command, from_json(what.request, BODIES[command]))
        assert from_json(what.answer, data) == what.answer.FromString(body)
        assert data

    with_client(still, work)


@pytest.mark.parametrize(
    ("command", "body", "code"),
    [
        (14, {"symbol": "NOPE.US"}, 301600),
        (14, {"symbol": 7}, 301600),
        (19, {"symbol": "700.HK", "period": 1000, "count": 1001}, 301600),
        (17, {"symbol": "700.HK", "count": 1001}, 301607),
        (10, {"symbol": [f"{number}.HK" for number in range(1, 502)]}, 301607),
        (9, {"market": "MARS", "beg_day": "20261102", "end_day": "20261103"}, 301600),
    ],
)
def test_a_refusal_is_an_envelope_with_the_code_of_the_link(
    still: Running, command: int, body: dict[str, object], code: int
) -> None:
    async def work(one: Client) -> None:
        assert (await pull(one, BY_COMMAND[command], body))[:2] == (400, code)

    with_client(still, work)


def test_the_month_of_history_is_counted_for_both_transports_together() -> None:
    async def work(one: Client) -> None:
        assert (await pull(one, BY_COMMAND[27], HISTORY))[1] == 0
        async with one.link() as wire:
            await wire.ask(27, from_json(pb.SecurityHistoryCandlestickRequest, HISTORY))
            with pytest.raises(Refused) as caught:
                await wire.ask(27, from_json(pb.SecurityHistoryCandlestickRequest, HISTORY | {"symbol": "5.HK"}))
        assert caught.value.code == 301607
        assert (await pull(one, BY_COMMAND[27], HISTORY | {"symbol": "5.HK"}))[:2] == (400, 301607)

    with serve(clock=ManualClock(NOW), history_quota=1) as running:
        with_client(running, work)


def test_the_pace_is_one_for_both_transports_and_has_a_code_of_its_own_over_http() -> None:
    async def work(one: Client) -> None:
        history = from_json(pb.SecurityHistoryCandlestickRequest, HISTORY)
        async with one.link() as wire:
            await wire.ask(27, history)
            assert (await pull(one, BY_COMMAND[27], HISTORY))[1] == 0
            assert (await pull(one, BY_COMMAND[27], HISTORY))[:2] == (429, 429002)
            with pytest.raises(Refused) as caught:
                await wire.ask(27, history)
            assert caught.value.code == 301606

    with serve(clock=ManualClock(NOW), limits=Limits(history_calls=2)) as running:
        with_client(running, work)


def test_slow_answers_do_not_hold_each_other_up_and_count_as_at_once() -> None:
    async def main(running: Running) -> list[int]:
        async with client(running.urls) as one:
            answers = await asyncio.gather(*(pull(one, BY_COMMAND[8], {}) for _ in range(7)))
        return sorted(status for status, _, _ in answers)

    with serve(clock=ManualClock(NOW), limits=Limits(answer_delay_s=0.5)) as running:
        assert asyncio.run(main(running)) == [200] * 5 + [429] * 2


def test_only_post_pulls_quotes() -> None:
    async def work(one: Client) -> None:
        status, envelope, _ = await one.rest("GET", "/quote/quotes")
        assert (status, envelope["code"]) == (404, 404001)

    with serve() as running:
        with_client(running, work)
