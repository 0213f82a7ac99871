"""The link over a real loopback socket: opening, asking, losing and coming back."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from lpresearch.base.errors import AuthFailed, LinkClosed, LinkError, RequestTimeout, ServerRejected
from lpresearch.net.link import Link, LinkStatus
from lpresearch.wire.packets import Packet, PacketType, encode
from lpresearch.wire.proto import control_pb2
from tests.fake_server import FakeServer, Peer, closed_port_url, until

Scene = Callable[[FakeServer, Link], Awaitable[None]]


def link_to(server: FakeServer, **changes: Any) -> Link:
    """A link with short waits, whose passwords the fake server accepts."""

    async def otp() -> str:
        server.passwords.append(f"otp-{len(server.passwords) + 1}")
        return server.passwords[-1]

    options: dict[str, Any] = {"otp": otp, "reconnect_delay_s": 0.01} | changes
    return Link(server.ws_url, **options)


def run(scene: Scene, *, opened: bool = True, **changes: Any) -> None:
    async def whole() -> None:
        async with FakeServer() as server:
            link = link_to(server, **changes)
            try:
                if opened:
                    await link.open()
                await scene(server, link)
            finally:
                await link.close()

    asyncio.run(whole())


async def echo(peer: Peer, packet: Packet) -> None:
    await peer.reply(packet, packet.body)


async def silence(peer: Peer, packet: Packet) -> None:
    """No answer."""


async def cut(peer: Peer, packet: Packet) -> None:
    peer.cut()


def test_the_upgrade_and_the_auth_are_as_documented() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        [peer] = server.peers
        assert peer.query == {"version": "1", "codec": "1", "platform": "9"}
        assert peer.headers["Accept-Language"] == "en"
        absent = {"sec-websocket-protocol", "sec-websocket-extensions", "authorization", "cookie", "user-agent"}
        assert not absent & {name.lower() for name in peer.headers}
        [packet] = peer.heard
        request = control_pb2.AuthRequest.FromString(packet.body)
        assert (packet.command, request.token) == (2, "otp-1")
        assert dict(request.metadata) == {"accept-language": "en"}
        assert link.status is LinkStatus.OPEN

    run(scene, headers={"Accept-Language": "en"}, metadata={"accept-language": "en"})


def test_a_query_in_the_address_is_kept() -> None:
    async def whole() -> None:
        async with FakeServer() as server:
            link = link_to(server)
            link.url += "?account=7"
            await link.open()
            await link.close()
            assert server.peers[0].query == {"account": "7", "version": "1", "codec": "1", "platform": "9"}

    asyncio.run(whole())


def test_a_refused_password_fails_at_once() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.accept_passwords = False
        with pytest.raises(AuthFailed, match="code 5: unauthenticated"):
            await link.open()
        assert len(server.peers) == 1
        assert link.status is LinkStatus.CLOSED

    run(scene, opened=False)


def test_a_refused_connection_fails_at_once() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        link.url = closed_port_url("ws")
        with pytest.raises(LinkError, match=r"ws://127\.0\.0\.1:1: cannot connect") as caught:
            await link.open()
        assert type(caught.value) is LinkError

    run(scene, opened=False)


def test_a_server_that_speaks_no_websocket_is_a_link_error() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        link.url = f"ws://127.0.0.1:{server.port}/v1/socket/token"
        with pytest.raises(LinkError, match="200"):
            await link.open()

    run(scene, opened=False)


def test_a_server_that_does_not_answer_the_auth_ends_in_a_timeout() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.silent = True
        with pytest.raises(RequestTimeout, match="authentication"):
            await link.open()

    run(scene, opened=False, handshake_timeout_s=0.1)


def test_a_server_that_does_not_answer_the_upgrade_is_a_link_error() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        callers: list[asyncio.StreamWriter] = []
        mute = await asyncio.start_server(lambda reader, writer: callers.append(writer), "127.0.0.1", 0)
        async with mute:
            link.url = f"ws://127.0.0.1:{mute.sockets[0].getsockname()[1]}/ws"
            with pytest.raises(LinkError, match=r"no connection within 0\.1 s"):
                await link.open()
            for writer in callers:
                writer.close()

    run(scene, opened=False, connect_timeout_s=0.1)


@pytest.mark.parametrize("compress", [False, True])
def test_answers_out_of_order_reach_their_requests(compress: bool) -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        held: list[Packet] = []

        async def answer_backwards(peer: Peer, packet: Packet) -> None:
            held.append(packet)
            if len(held) == 3:
                for late in reversed(held):
                    await peer.reply(late, b"answer to " + late.body, compress=compress)

        server.answers[11] = answer_backwards
        answers = await asyncio.gather(*(link.request(11, name, timeout_s=10) for name in (b"a", b"b", b"c")))
        assert answers == [b"answer to a", b"answer to b", b"answer to c"]

    run(scene)


def test_a_refusal_keeps_the_servers_code_and_words() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        async def refuse(peer: Peer, packet: Packet) -> None:
            await peer.refuse(packet, 301604, "no access")

        server.answers[14] = refuse
        with pytest.raises(ServerRejected, match=r"command 14: .*301604: no access") as caught:
            await link.request(14, b"", timeout_s=10)
        assert caught.value.code == 301604

    run(scene)


def test_a_request_without_an_answer_holds_its_deadline_and_the_link_lives_on() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.answers |= {11: silence, 14: echo}
        with pytest.raises(RequestTimeout, match=r"command 11: no answer within 0\.1 s\. Ask again"):
            await link.request(11, b"", timeout_s=0.1)
        assert await link.request(14, b"still here", timeout_s=10) == b"still here"
        assert len(server.peers) == 1

    run(scene)


def test_a_late_answer_is_ignored() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.answers |= {11: silence, 14: echo}
        with pytest.raises(RequestTimeout):
            await link.request(11, b"", timeout_s=0.05)
        peer = server.peers[0]
        await peer.reply(peer.heard[-1], b"too late")
        assert await link.request(14, b"next", timeout_s=10) == b"next"

    run(scene)


def test_the_timeout_field_says_how_long_the_client_waits() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.answers[11] = echo
        for timeout_s in (30.0, 120.0):
            await link.request(11, b"", timeout_s=timeout_s)
        assert [packet.timeout_ms for packet in server.peers[0].heard] == [5000, 30_000, 60_000]

    run(scene)


def test_a_loss_in_the_middle_of_a_request_fails_it_at_once() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.answers[11] = cut
        with pytest.raises(LinkClosed, match="lost"):
            await link.request(11, b"", timeout_s=10)

    run(scene)


def test_a_lost_link_comes_back_by_its_session_and_tells() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        seen: list[LinkStatus] = []
        back = asyncio.Event()

        async def resubscribe() -> None:
            await link.request(6, b"again", timeout_s=10)
            back.set()

        link.on_status(seen.append)
        link.on_reconnected(resubscribe)
        server.answers[6] = echo
        server.peers[0].cut()
        await asyncio.wait_for(back.wait(), 10)
        assert server.peers[1].commands() == [3, 6]
        assert len(server.passwords) == 1
        assert seen == [LinkStatus.RECONNECTING, LinkStatus.OPEN]
        server.peers[1].cut()
        await until(lambda: len(server.peers) > 2 and server.peers[2].commands() == [3, 6])

    run(scene, metadata={"accept-language": "en"})


def test_where_the_session_is_refused_a_new_password_opens_the_link() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.sessions.clear()
        server.peers[0].cut()
        await until(lambda: len(server.peers) == 3 and link.status is LinkStatus.OPEN)
        assert [peer.commands() for peer in server.peers] == [[2], [3], [2]]
        assert len(server.passwords) == 2

    run(scene)


def test_an_expired_session_is_not_tried() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.session_life_s = -1.0
        await link.open()
        server.peers[0].cut()
        await until(lambda: len(server.peers) == 2 and link.status is LinkStatus.OPEN)
        assert [peer.commands() for peer in server.peers] == [[2], [2]]

    run(scene, opened=False)


def test_a_request_waits_for_a_link_that_is_being_mended() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.answers[11] = echo
        server.peers[0].cut()
        await until(lambda: link.status is LinkStatus.RECONNECTING)
        assert await link.request(11, b"patience", timeout_s=10) == b"patience"

    run(scene, reconnect_delay_s=0.1)


def test_a_request_gives_up_at_its_deadline_when_the_link_stays_down() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        link.url = closed_port_url("ws")
        server.peers[0].cut()
        await until(lambda: link.status is LinkStatus.RECONNECTING)
        with pytest.raises(LinkClosed, match="down"):
            await link.request(11, b"", timeout_s=0.2)

    run(scene)


def test_a_server_that_stays_away_is_not_waited_for_until_the_deadline() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        link.url = closed_port_url("ws")
        server.peers[0].cut()
        await until(lambda: link.status is LinkStatus.RECONNECTING)
        with pytest.raises(LinkError, match=r"out of reach for .* cannot connect") as caught:
            await link.request(11, b"", timeout_s=30)
        assert type(caught.value) is LinkError, "so that nothing asks again by itself"

    run(scene, outage_s=0.3)


def test_a_request_lets_a_link_be_tried_at_once_that_would_wait_for_long() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.answers[11] = echo
        link.url, right = closed_port_url("ws"), link.url
        server.peers[0].cut()
        await until(lambda: link.status is LinkStatus.RECONNECTING)
        with pytest.raises(LinkError, match="out of reach"):
            await link.request(11, b"", timeout_s=60)  # tried so often meanwhile that the next wait would be 30 s
        link.url = right
        assert await link.request(11, b"back", timeout_s=20) == b"back"

    run(scene, outage_s=0.5)


async def text_frame(peer: Peer) -> None:
    await peer.socket.send_str("hello")


async def unknown_type(peer: Peer) -> None:
    await peer.send(b"\x0f\x01\x00\x00\x00")


async def cut_packet(peer: Peer) -> None:
    await peer.send(b"\x02\x0b\x00")


async def foreign_request(peer: Peer) -> None:
    await peer.send(encode(Packet(PacketType.REQUEST, 11)))


async def close_frame(peer: Peer) -> None:
    body = control_pb2.Close(code=control_pb2.Close.ServerShutdown, reason="maintenance").SerializeToString()
    await peer.push(0, body)
    await peer.socket.close()


@pytest.mark.parametrize("nonsense", [text_frame, unknown_type, cut_packet, foreign_request, close_frame])
def test_what_is_not_the_protocol_ends_the_connection_and_a_new_one_is_made(
    nonsense: Callable[[Peer], Awaitable[None]],
) -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        await nonsense(server.peers[0])
        await until(lambda: len(server.peers) == 2 and link.status is LinkStatus.OPEN)

    run(scene)


def test_pings_and_heartbeats_are_answered() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        peer = server.peers[0]
        await peer.socket.ping(b"are you there")
        await peer.send(encode(Packet(PacketType.REQUEST, 1, b"beat", request_id=9)))
        await until(lambda: peer.pongs and len(peer.heard) == 2)
        assert peer.pongs == [b"are you there"]
        assert peer.heard[1] == Packet(PacketType.RESPONSE, 1, b"beat", request_id=9)

    run(scene)


def test_a_server_that_falls_silent_is_given_up() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        await until(lambda: len(server.peers) == 2 and link.status is LinkStatus.OPEN)

    run(scene, silence_s=0.1)


@pytest.mark.slow
def test_any_frame_is_a_sign_of_life() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        now = asyncio.get_running_loop().time
        until_then = now() + 4.0
        while now() < until_then:
            await server.peers[0].socket.ping()
            await asyncio.sleep(0.05)
        assert len(server.peers) == 1

    run(scene, silence_s=3.0)


@pytest.mark.parametrize("compress", [False, True])
def test_pushes_come_in_order_and_one_that_fails_does_no_harm(compress: bool) -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        heard: list[tuple[int, bytes]] = []

        def listener(command: int, body: bytes) -> None:
            heard.append((command, body))
            if body == b"bad":
                raise ValueError("cannot read this one")

        link.on_push(listener)
        for body in (b"one", b"bad", b"two"):
            await server.peers[0].push(101, body, compress=compress)
        await until(lambda: len(heard) == 3)
        assert heard == [(101, b"one"), (101, b"bad"), (101, b"two")]
        assert len(server.peers) == 1

    run(scene)


def test_close_ends_open_requests_and_stays_closed() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.answers[11] = silence
        waiting = asyncio.create_task(link.request(11, b"", timeout_s=10))
        await until(lambda: len(server.peers[0].heard) == 2)
        await link.close()
        with pytest.raises(LinkClosed):
            await waiting
        with pytest.raises(LinkClosed, match="closed"):
            await link.request(11, b"", timeout_s=10)
        await link.close()
        assert len(server.peers) == 1

    run(scene)


def test_close_ends_the_attempts_to_come_back() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.peers[0].cut()
        await until(lambda: link.status is LinkStatus.RECONNECTING)
        waiting = asyncio.create_task(link.request(11, b"", timeout_s=10))
        await asyncio.sleep(0)
        await link.close()
        with pytest.raises(LinkClosed, match="closed"):
            await waiting
        assert len(server.peers) == 1

    run(scene, reconnect_delay_s=30.0)


def test_a_request_that_is_cancelled_leaves_the_link_usable() -> None:
    async def scene(server: FakeServer, link: Link) -> None:
        server.answers |= {11: silence, 14: echo}
        waiting = asyncio.create_task(link.request(11, b"", timeout_s=10))
        await until(lambda: len(server.peers[0].heard) == 2)
        waiting.cancel()
        assert await link.request(14, b"on", timeout_s=10) == b"on"

    run(scene)
