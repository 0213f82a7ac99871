"""How many orders a second the simulator takes over REST, and how long each waits.

Run from the root of the repository: ``python -m tests.bench.bench_sim_orders``.

The bound: 50 orders a second for half a minute, each accepted, half of them filled and told by pushes. Then as many as
it takes, one after the other. Exit code 1 where an order fails or the pace is not kept.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections import Counter

from lpresearch.sim import Limits, Running, serve
from lpresearch.wire.proto import trade_pb2
from tests.sim_client import Client, Wire, client

RATE, SECONDS = 50.0, 30.0
AT_ONCE_S = 5.0
KEPT = 0.98  # of the rate
ORDER = {"symbol": "700.HK", "side": "Buy", "time_in_force": "Day", "submitted_quantity": "100"}
RESTING = {"order_type": "LO", "submitted_price": "1.000"}
MARKET = {"order_type": "MO"}


async def order(one: Client, number: int) -> float:
    """Send an order that fills or, every second time, one that rests and is withdrawn; how long it waited."""
    begin = time.perf_counter()
    kind, side = (MARKET, ("Buy", "Sell")[number // 2 % 2]) if number % 2 else (RESTING, "Buy")
    data = await one.data("POST", "/v1/trade/order", body=ORDER | kind | {"side": side})
    waited = time.perf_counter() - begin
    if kind is RESTING:
        await one.data("DELETE", "/v1/trade/order", query=f"order_id={data['order_id']}")
    return waited


async def paced(one: Client, rate: float, seconds: float) -> tuple[list[float], float]:
    """Orders at a pace, whether the ones before are answered or not; their waits, and the pace that was kept."""
    begin, sent = time.perf_counter(), []
    for number in range(int(rate * seconds)):
        await asyncio.sleep(begin + number / rate - time.perf_counter())
        sent.append(asyncio.create_task(order(one, number)))
    waits = await asyncio.gather(*sent)
    return waits, len(waits) / (time.perf_counter() - begin)


async def one_by_one(one: Client, seconds: float) -> float:
    """How many orders a second, the next as soon as the one before is answered."""
    begin, count = time.perf_counter(), 0
    while time.perf_counter() < begin + seconds:
        await order(one, count)
        count += 1
    return count / (time.perf_counter() - begin)


async def told(wire: Wire, count: int) -> Counter[bytes]:
    """The states that so many orders were pushed to have, once as many are at an end."""
    states: Counter[bytes] = Counter()
    while states[b"FilledStatus"] + states[b"CanceledStatus"] < count:
        data = trade_pb2.Notification.FromString((await wire.push()).body).data
        states[data.partition(b'"status":"')[2].partition(b'"')[0]] += 1
    return states


async def run(server: Running) -> int:
    """Print the table; returns whether the bound is broken."""
    async with client(server.urls) as one, one.link("trade") as wire:
        await wire.ask(16, trade_pb2.Sub(topics=["private"]))
        cpu, begin = time.process_time(), time.perf_counter()
        waits, per_s = await paced(one, RATE, SECONDS)
        core = (time.process_time() - cpu) / (time.perf_counter() - begin)
        states = await told(wire, len(waits))
        waits.sort()
        middle, most = statistics.median(waits) * 1e3, waits[len(waits) * 99 // 100] * 1e3
        print(f"at {RATE:.0f}/s for {SECONDS:.0f} s: {len(waits)} orders, {per_s:.1f}/s")
        print(f"{core:.0%} of a core, client included; waited {middle:.1f} ms, 99 of 100 at most {most:.1f}")
        print("pushed " + ", ".join(f"{count} {state.decode()}" for state, count in sorted(states.items())))
        print(f"one by one: {await one_by_one(one, AT_ONCE_S):.0f} orders/s, every second one withdrawn again")
    return int(per_s < KEPT * RATE)


def main() -> int:
    """Returns whether the bound is broken."""
    with serve(limits=Limits.unpaced()) as server:
        return asyncio.run(run(server))


if __name__ == "__main__":
    raise SystemExit(main())
