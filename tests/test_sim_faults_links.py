"""Each kind of fault on the raw wire of a link."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import pytest

from lpresearch.base.errors import WireError
from lpresearch.sim import Fault, Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.wire.packets import Packet, PacketType, decode, encode
from lpresearch.wire.proto import control_pb2, quote_pb2, trade_pb2
from tests.conftest import MONDAY_NOON
from tests.sim_client import Client, Refused, Wire
from tests.test_sim_rest import with_client

HEARTBEAT, SUBSCRIBE, TRADE_SUBSCRIBE, PUSH_QUOTE, CLOSE = 1, 6, 16, 101, 0
SHORT_S = 0.05  # to see that nothing comes
UPGRADE = (
    b"GET /quote HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n"
)
NO_MASK = (0, 0, 0, 0)
MARKET_ORDER = {
    "symbol": "700.HK",
    "order_type": "MO",
    "side": "Buy",
    "submitted_quantity": "100",
    "time_in_force": "Day",
}
Scene = Callable[[Client, Running], Awaitable[None]]


def play(scene: Scene, *faults: Fault) -> None:
    """Let a scene happen on a server with faults, whose market stands still."""
    clock = ManualClock(MONDAY_NOON)
    with serve(seed=7, clock=clock, limits=Limits.unpaced(), faults=faults) as running:
        with_client(running, lambda one: scene(one, running))


async def say(wire: Wire, *words: bytes) -> None:
    """Send heartbeats, which are echoed at once and in order."""
    for word in words:
        await wire.send(HEARTBEAT, word)


async def hear(wire: Wire, count: int) -> list[bytes]:
    """The bodies of the next packets, as they come."""
    return [decode((await wire.socket.receive(10)).data).body for _ in range(count)]


async def is_silent(wire: Wire) -> bool:
    """Whether nothing comes for a moment."""
    try:
        await wire.socket.receive(SHORT_S)
    except TimeoutError:
        return True
    return False


async def subscribe(wire: Wire, *symbols: str) -> None:
    """Watch quotes, and be told how they stand."""
    kinds = [quote_pb2.QUOTE]
    await wire.ask(SUBSCRIBE, quote_pb2.SubscribeRequest(symbol=symbols, sub_type=kinds, is_first_push=True))


def symbol_of(push: Packet) -> str:
    return quote_pb2.PushQuote.FromString(push.body).symbol


def echoes(*faults: Fault, said: list[bytes], heard: list[bytes]) -> None:
    """What comes back of some words, after which nothing comes."""

    async def scene(one: Client, _: Running) -> None:
        async with one.link() as wire:
            await say(wire, *said)
            assert await hear(wire, len(heard)) == heard
            assert await is_silent(wire)

    play(scene, *faults)


def test_a_dropped_packet_is_lost_and_the_others_come() -> None:
    echoes(Fault("drop", command=HEARTBEAT, nth=2), said=[b"a", b"b", b"c"], heard=[b"a", b"c"])


def test_a_packet_comes_twice() -> None:
    echoes(Fault("duplicate", command=HEARTBEAT, nth=2), said=[b"a", b"b", b"c"], heard=[b"a", b"b", b"b", b"c"])


def test_a_packet_is_overtaken_by_the_next() -> None:
    echoes(Fault("reorder", command=HEARTBEAT, nth=2), said=[b"a", b"b", b"c", b"d"], heard=[b"a", b"c", b"b", b"d"])


def test_a_packet_that_nothing_overtakes_comes_in_the_end() -> None:
    echoes(Fault("reorder", command=HEARTBEAT, seconds=0.01), said=[b"a"], heard=[b"a"])


def test_a_delayed_packet_holds_up_those_behind_it() -> None:
    async def scene(one: Client, _: Running) -> None:
        async with one.link() as wire:
            began = asyncio.get_running_loop().time()
            await say(wire, b"a", b"b")
            assert await hear(wire, 2) == [b"a", b"b"]
            assert asyncio.get_running_loop().time() - began >= 0.2

    play(scene, Fault("delay", command=HEARTBEAT, seconds=0.2))


def test_a_garbled_packet_is_noise_and_the_same_for_the_same_seed() -> None:
    heard: list[bytes] = []

    async def scene(one: Client, _: Running) -> None:
        async with one.link() as wire:
            await say(wire, b"a" * 40)
            heard.append((await wire.socket.receive(10)).data)

    play(scene, Fault("garble", command=HEARTBEAT))
    play(scene, Fault("garble", command=HEARTBEAT))
    assert heard[0] == heard[1]
    with pytest.raises(WireError):
        decode(heard[0])


def test_a_link_is_cut_in_the_middle_of_a_frame() -> None:
    """Seen below WebSocket, where the half that came is still there."""

    async def scene(one: Client, running: Running) -> None:
        url = urlsplit(one.urls["quote_ws_url"])
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(UPGRADE)
        await reader.readuntil(b"\r\n\r\n")
        asked = encode(Packet(PacketType.REQUEST, HEARTBEAT, b"a" * 90, 1))
        writer.write(bytes((0x82, 0x80 | len(asked), *NO_MASK)) + asked)
        came = await reader.read()  # to the end of the connection
        assert came[:2] == bytes((0x82, 100))  # the answer would be one whole message of 100 bytes
        assert len(came) == 51
        writer.close()
        assert [one.fault.kind for one in running.faults.happened()] == ["cut"]

    play(scene, Fault("cut", command=HEARTBEAT))


def test_a_silent_link_stands_and_says_nothing() -> None:
    echoes(Fault("silence", command=HEARTBEAT, nth=2), said=[b"a", b"b", b"c"], heard=[b"a"])


def test_a_silence_ends_and_what_was_said_in_it_is_lost() -> None:
    async def scene(one: Client, running: Running) -> None:
        async with one.link() as wire:
            await say(wire, b"a")
            words = 1
            while await is_silent(wire):  # which takes what comes first
                await say(wire, b"b")
                words += 1
            assert words > 1

    play(scene, Fault("silence", command=HEARTBEAT, seconds=0.05))


def test_a_request_is_refused_and_the_next_is_answered() -> None:
    async def scene(one: Client, _: Running) -> None:
        async with one.link() as wire:
            with pytest.raises(Refused) as caught:
                await subscribe(wire, "700.HK")
            assert (caught.value.status, caught.value.code) == (3, 301606)
            with pytest.raises(Refused) as caught:
                await wire.ask(14, quote_pb2.SecurityRequest(symbol="700.HK"))
            assert (caught.value.status, caught.value.code, caught.value.message) == (7, 301604, "no access")
            assert await wire.ask(5) == b""  # nothing was subscribed
            assert await wire.ask(14, quote_pb2.SecurityRequest(symbol="700.HK"))

    refused = Fault("refuse", on="quote", command=14, status=7, code=301604, message="no access")
    play(scene, Fault("refuse", command=SUBSCRIBE), refused)


@pytest.mark.parametrize("kind", ["quote", "trade"])
def test_the_way_in_is_refused_by_token_and_by_session(kind: str) -> None:
    async def scene(one: Client, _: Running) -> None:
        async with one.link(kind) as wire:
            session = wire.session_id
        async with one.link(kind, authenticated=False) as wire:
            with pytest.raises(Refused) as caught:
                await wire.ask(3, control_pb2.ReconnectRequest(session_id=session))
            assert (caught.value.status, caught.value.code) == (5, 401003)
        async with one.link(kind, authenticated=False) as wire:
            with pytest.raises(Refused):
                await wire.auth(await one.otp())
            assert (await wire.closed_with()).code == control_pb2.Close.AuthError
        async with one.link(kind) as wire:
            assert wire.session_id

    play(scene, Fault("refuse_auth", on=kind, nth=2, times=2))  # type: ignore[arg-type]  # one of the two


def test_an_expired_session_ends_the_link_and_is_not_resumed() -> None:
    async def scene(one: Client, _: Running) -> None:
        async with one.link() as wire:
            session = wire.session_id
            await say(wire, b"a")
            closing = await wire.closed_with()
            assert (closing.code, closing.reason) == (control_pb2.Close.SessExpired, "session expired")
        async with one.link(authenticated=False) as wire:
            with pytest.raises(Refused):
                await wire.ask(3, control_pb2.ReconnectRequest(session_id=session))

    play(scene, Fault("expire_session", command=HEARTBEAT))


def test_a_fault_strikes_the_pushes_and_the_answers_of_its_symbol() -> None:
    async def scene(one: Client, running: Running) -> None:
        async with one.link() as wire:
            await subscribe(wire, "5.HK", "700.HK", "AAPL.US")
            assert [symbol_of(await wire.push()) for _ in range(2)] == ["5.HK", "AAPL.US"]
            answers = [
                await wire.send(14, quote_pb2.SecurityRequest(symbol=s).SerializeToString()) for s in ("700.HK", "5.HK")
            ]
            assert quote_pb2.SecurityDepthResponse.FromString(await wire.answer(answers[1])).symbol == "5.HK"
            assert await is_silent(wire)
            assert [(one.what.command, one.what.symbols) for one in running.faults.happened()] == [
                (PUSH_QUOTE, frozenset({"700.HK"})),
                (14, frozenset({"700.HK"})),
            ]

    play(scene, Fault("drop", symbol="700.HK", command=PUSH_QUOTE), Fault("drop", symbol="700.HK", command=14))


def test_links_are_told_apart() -> None:
    async def scene(one: Client, running: Running) -> None:
        async with one.link("quote") as quotes, one.link("trade") as trade:
            await say(quotes, b"a")
            await say(trade, b"b")
            assert await hear(quotes, 1) == [b"a"]
            assert await is_silent(trade)
            running.faults.add(Fault("drop", on="quote", command=HEARTBEAT))
            await say(quotes, b"c", b"d")
            assert await hear(quotes, 1) == [b"d"]

    play(scene, Fault("drop", on="trade", command=HEARTBEAT))


def states_of(body: dict[str, str], *faults: Fault, count: int) -> list[str]:
    """The states of a new order as they are pushed, so many; one that rests is cancelled."""
    states: list[str] = []

    async def scene(one: Client, _: Running) -> None:
        async with one.link("trade") as wire:
            await wire.ask(TRADE_SUBSCRIBE, trade_pb2.Sub(topics=["private"]))
            order = await one.data("POST", "/v1/trade/order", body=body)
            if body["order_type"] == "LO":
                await one.data("DELETE", "/v1/trade/order", query=f"order_id={order['order_id']}")
            while len(states) < count:
                told = trade_pb2.Notification.FromString((await wire.push()).body)
                states.append(json.loads(told.data)["data"]["status"])

    play(scene, *faults)
    return states


def test_an_order_is_told_filled_before_it_is_told_new() -> None:
    usual = ["WaitToNew", "NewStatus", "FilledStatus"]
    assert states_of(MARKET_ORDER, count=3) == usual
    assert states_of(MARKET_ORDER, Fault("filled_first"), count=3) == ["WaitToNew", "FilledStatus", "NewStatus"]
    assert states_of(MARKET_ORDER, Fault("filled_first", symbol="5.HK"), count=3) == usual


def test_an_order_that_never_fills_is_told_new_at_its_end() -> None:
    resting = {**MARKET_ORDER, "order_type": "LO", "submitted_price": "100"}
    states = states_of(resting, Fault("filled_first"), count=5)
    assert states == ["WaitToNew", "WaitToCancel", "PendingCancelStatus", "CanceledStatus", "NewStatus"]
