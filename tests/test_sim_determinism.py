"""The same seed, the same moments and the same calls give the same bytes, over the link and over HTTP."""

from __future__ import annotations

import asyncio

import pytest

from lpresearch.sim import Limits, Running, serve
from lpresearch.sim.market.clock import ClockKind, ManualClock
from lpresearch.wire.http_pulls import BY_COMMAND
from lpresearch.wire.proto import quote_pb2 as pb
from lpresearch.wire.proto_json import from_json
from tests.sim_client import Client, client
from tests.test_sim_quote_http import BODIES
from tests.test_sim_rest import NOW

CHAIN_OF_A_DATE = pb.OptionChainDateStrikeInfoRequest(symbol="AAPL.US", expiry_date="20261218")
BUY = {"symbol": "700.HK", "side": "Buy", "time_in_force": "Day", "submitted_quantity": "100"}
ORDERS = (
    {"order_type": "MO"},
    {"order_type": "LO", "submitted_price": "1.000"},
    {"order_type": "TSMPCT", "side": "Sell", "trailing_percent": "2"},
)
READ = (
    "/v1/trade/order/today",
    "/v1/trade/execution/today",
    "/v1/asset/account",
    "/v1/asset/stock",
    "/v1/quote/market_temperature?market=HK",
    "/v1/quote/option-volume-stats/daily?symbol=AAPL.US",
    "/v1/quote/short-trades/hk?symbol=700.HK&page_size=5",
)


async def pulled(one: Client) -> list[bytes]:
    """The bodies of the answers to every pull."""
    async with one.link() as wire:
        found = [await wire.ask(number, from_json(BY_COMMAND[number].request, body)) for number, body in BODIES.items()]
        return [*found, await wire.ask(21, CHAIN_OF_A_DATE)]


async def pushed(one: Client, broker: Running) -> list[bytes]:
    """The pushes of every kind at first, and after the clock moved: so many as come for sure."""
    async with one.link() as wire:
        request = pb.SubscribeRequest(symbol=["700.HK"], sub_type=[pb.QUOTE, pb.DEPTH, pb.BROKERS], is_first_push=True)
        await wire.ask(6, request)
        found = [(await wire.push()).body for _ in range(3)]
        await asyncio.to_thread(broker.set_price, "700.HK", "600")
        await asyncio.to_thread(broker.advance, "1h")
        return found


async def traded(one: Client) -> list[object]:
    """The data of the answers to some orders, and to what is read afterwards."""
    sent = [await one.data("POST", "/v1/trade/order", body=BUY | terms) for terms in ORDERS]
    parts = (path.partition("?") for path in READ)
    return [*sent, *[await one.data("GET", path, query=query) for path, _, query in parts]]


def run(seed: int) -> tuple[list[bytes], list[bytes], list[object], list[bytes]]:
    """All that a fresh simulator answers and pushes."""

    async def main() -> tuple[list[bytes], list[bytes], list[object], list[bytes]]:
        async with client(broker.urls) as one:
            return await pulled(one), await pushed(one, broker), await traded(one), await pulled(one)

    clock = ManualClock(NOW - 1800, ClockKind.REAL)  # while Hong Kong trades, and an hour later does not
    with serve(seed=seed, clock=clock, limits=Limits.unpaced()) as broker:
        return asyncio.run(main())


@pytest.mark.slow
def test_the_same_seed_and_calls_give_the_same_bytes_and_another_seed_others() -> None:
    one, same, other = run(7), run(7), run(8)
    assert one == same
    assert all(mine != theirs for mine, theirs in zip(one, other, strict=True))
