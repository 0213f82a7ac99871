"""The link machine: what it sends, and what it makes of every kind of message (protocol document, section 3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpresearch.wire.link_state import (
    Closing,
    HeartbeatAsked,
    LinkState,
    Opened,
    ProtocolViolation,
    Push,
    Refused,
    Response,
)
from lpresearch.wire.packets import Packet, PacketType, decode, encode
from lpresearch.wire.proto import control_pb2, error_pb2

LANGUAGE = {"accept-language": "en"}


def answer(request_id: int, command: int, body: bytes = b"", *, status: int = 0, compress: bool = False) -> bytes:
    packet = Packet(PacketType.RESPONSE, command, body, request_id=request_id, status=status)
    return encode(packet, compress=compress)


def opened(state: LinkState, *, expires: int = 2_000) -> LinkState:
    """The state after an accepted auth."""
    state.connected()
    request_id, _ = state.auth("otp", {})
    body = control_pb2.AuthResponse(session_id="s-1", expires=expires, limit=10, online=1).SerializeToString()
    assert state.receive(answer(request_id, 2, body)) == Opened(request_id, "s-1", expires, 10, 1)
    return state


def test_auth_is_request_1_of_a_connection_with_a_timeout_of_5_seconds() -> None:
    state = LinkState()
    state.connected()
    request_id, data = state.auth("one-time", LANGUAGE)
    packet = decode(data)
    assert (request_id, packet.request_id) == (1, 1)
    assert (packet.type, packet.command, packet.timeout_ms) == (PacketType.REQUEST, 2, 5000)
    request = control_pb2.AuthRequest.FromString(packet.body)
    assert (request.token, dict(request.metadata)) == ("one-time", LANGUAGE)


def test_reconnect_resumes_the_session_as_request_1_of_the_next_connection() -> None:
    state = opened(LinkState())
    state.request(11, b"")
    state.connected()
    request_id, data = state.reconnect(LANGUAGE)
    packet = decode(data)
    assert (request_id, packet.command, packet.timeout_ms) == (1, 3, 5000)
    request = control_pb2.ReconnectRequest.FromString(packet.body)
    assert (request.session_id, dict(request.metadata)) == ("s-1", LANGUAGE)


def test_a_reconnect_answer_replaces_the_session() -> None:
    state = opened(LinkState())
    state.connected()
    request_id, _ = state.reconnect({})
    body = control_pb2.ReconnectResponse(session_id="s-2", expires=9_000).SerializeToString()
    state.receive(answer(request_id, 3, body))
    state.connected()
    _, data = state.reconnect({})
    assert control_pb2.ReconnectRequest.FromString(decode(data).body).session_id == "s-2"
    assert state.can_resume(8_999)


def test_a_session_can_be_resumed_until_it_expires_or_is_dropped() -> None:
    state = LinkState()
    assert not state.can_resume(0)
    opened(state, expires=2_000)
    assert state.can_resume(1_999)
    assert not state.can_resume(2_000)
    state.drop_session()
    assert not state.can_resume(0)


def test_other_requests_carry_30_seconds_and_ids_in_sequence() -> None:
    state = opened(LinkState())
    sent = [decode(state.request(command, b"body")[1]) for command in (11, 19, 27)]
    assert [packet.request_id for packet in sent] == [2, 3, 4]
    assert {packet.timeout_ms for packet in sent} == {30_000}


def test_a_longer_timeout_is_cut_to_what_the_field_may_say() -> None:
    _, data = LinkState().request(11, b"", timeout_ms=90_000)
    assert decode(data).timeout_ms == 60_000


def test_request_ids_wrap_to_1_after_the_last() -> None:
    state = LinkState()
    state._last_id = 2**32 - 2
    assert [state.request(11, b"")[0] for _ in range(3)] == [2**32 - 1, 1, 2]


@pytest.mark.parametrize("compress", [False, True])
def test_answers_out_of_order_find_their_requests(compress: bool) -> None:
    state = opened(LinkState())
    first, _ = state.request(11, b"")
    second, _ = state.request(19, b"")
    assert state.receive(answer(second, 19, b"bars", compress=compress)) == Response(second, 19, b"bars")
    assert state.receive(answer(first, 11, b"quotes", compress=compress)) == Response(first, 11, b"quotes")


def test_an_answer_that_nobody_waits_for_is_ignored() -> None:
    state = opened(LinkState())
    forgotten, _ = state.request(11, b"")
    state.forget(forgotten)
    for request_id in (1, forgotten, 999):
        assert state.receive(answer(request_id, 11)) is None


def test_requests_of_an_earlier_connection_are_forgotten() -> None:
    state = opened(LinkState())
    request_id, _ = state.request(11, b"")
    state.connected()
    assert state.receive(answer(request_id, 11)) is None


def test_a_refusal_tells_status_code_and_message() -> None:
    state = opened(LinkState())
    request_id, _ = state.request(27, b"")
    body = error_pb2.Error(code=301607, msg="history kline symbol count out of limit").SerializeToString()
    event = state.receive(answer(request_id, 27, body, status=7))
    assert event == Refused(request_id, 27, 7, 301607, "history kline symbol count out of limit")


def test_a_push_is_handed_on_with_command_and_body() -> None:
    assert LinkState().receive(encode(Packet(PacketType.PUSH, 101, b"quote"))) == Push(101, b"quote")
    verified = Packet(PacketType.PUSH, 101, b"quote", nonce=b"n" * 8, signature=b"s" * 16)
    assert LinkState().receive(encode(verified, compress=True)) == Push(101, b"quote")


def test_the_close_push_says_why() -> None:
    body = control_pb2.Close(code=control_pb2.Close.ServerShutdown, reason="maintenance").SerializeToString()
    assert LinkState().receive(encode(Packet(PacketType.PUSH, 0, body))) == Closing(2, "maintenance")


def test_a_heartbeat_request_is_answered_with_the_same_body() -> None:
    body = control_pb2.Heartbeat(timestamp=5, heartbeat_id=6).SerializeToString()
    event = LinkState().receive(encode(Packet(PacketType.REQUEST, 1, body, request_id=77, timeout_ms=1000)))
    assert isinstance(event, HeartbeatAsked)
    assert decode(event.reply) == Packet(PacketType.RESPONSE, 1, body, request_id=77)


def test_any_other_request_of_the_server_is_a_violation() -> None:
    event = LinkState().receive(encode(Packet(PacketType.REQUEST, 11, b"")))
    assert isinstance(event, ProtocolViolation)
    assert "command 11" in event.reason


def test_a_body_that_is_no_message_is_a_violation() -> None:
    state = LinkState()
    state.connected()
    request_id, _ = state.auth("otp", {})
    assert isinstance(state.receive(answer(request_id, 2, b"\xff\xff")), ProtocolViolation)
    refused, _ = state.request(11, b"")
    assert isinstance(state.receive(answer(refused, 11, b"\xff\xff", status=7)), ProtocolViolation)


@given(st.binary(max_size=100))
def test_garbage_never_raises(data: bytes) -> None:
    state = LinkState()
    state.connected()
    state.auth("otp", {})
    state.receive(data)
