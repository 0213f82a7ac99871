"""Whatever a server sends, what reads it gives a value or a WireError: messages changed at random, and found bytes.

``tests/fuzz`` has the same targets for fuzzing by coverage.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from lpresearch.wire.link_state import (
    HeartbeatAsked,
    LinkState,
    Opened,
    ProtocolViolation,
    Push,
    Refused,
    Response,
)
from lpresearch.wire.packets import Packet, PacketType, encode
from lpresearch.wire.proto import control_pb2, error_pb2
from tests.fuzz.targets import SEEDS, TARGETS

#: What fuzzing has found, with what it showed.
FOUND: list[tuple[str, bytes]] = [
    ("pushes", bytes.fromhex("00170a063730302e484b10021a0d080112053335302e3218642002")),  # no decimal in a quote
    ("pushes", bytes.fromhex("000a0a063730302e484b1001" + "000a0a063730302e484b1003")),  # no trade, then a gap
    ("bars", bytes.fromhex("0aff")),  # the length of a symbol, summed up as a byte
    ("bars", b"\x0a\xf8" + b"\x01" * 120),
    ("order_pushes", b"[" * 100_000),  # deeper than Python goes
    ("rest_answers", b'{"orders":[{"limit_depth_level":"many"}]}'),
    ("json_answers", b'\x03{"secu_quote":[{"symbol":"\\ud800"}]}'),  # half a character
    ("json_answers", b'\x00{"list":[{"symbol":"\\ud800","strike_price":"1"}]}'),
]


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_was_found_is_mended(name: str, data: bytes) -> None:
    TARGETS[name](data)


@pytest.mark.parametrize("name", TARGETS)
def test_valid_messages_pass(name: str) -> None:
    for seed in SEEDS[name]:
        TARGETS[name](seed)


@st.composite
def changed(draw: st.DrawFn, seeds: list[bytes]) -> bytes:
    """A valid message with some bytes changed, taken out, put in or said twice; or any bytes."""
    if draw(st.integers(0, 9)) == 0:
        return draw(st.binary(max_size=300))
    data = bytearray(draw(st.sampled_from(seeds)))
    for _ in range(draw(st.integers(0, 5))):
        at = draw(st.integers(0, len(data)))
        size = draw(st.integers(0, 8))
        new = draw(st.one_of(st.binary(max_size=8), st.just(bytes(data[at : at + size]) * 2), st.just(b"\xff" * size)))
        data[at : at + size] = new
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_changed_messages_are_read_or_refused(name: str, data: st.DataObject) -> None:
    TARGETS[name](data.draw(changed(SEEDS[name])))


class LinkMachine(RuleBasedStateMachine):
    """A link and a model of it: connections that come and go, answers late, twice, unasked, and pure noise."""

    waiting = Bundle("waiting")  # what was asked: (connection, request id, command)

    def __init__(self) -> None:
        super().__init__()
        self.state = LinkState()
        self.connection = 1
        self.last = 0
        self.state.connected()
        self.asked: dict[int, int] = {}  # open requests of this connection
        self.session = ("", 0)

    @rule()
    def connect(self) -> None:
        self.state.connected()
        self.connection += 1
        self.last = 0
        self.asked.clear()

    @rule(target=waiting, command=st.integers(0, 255), body=st.binary(max_size=20))
    def ask(self, command: int, body: bytes) -> tuple[int, int, int]:
        request_id, data = self.state.request(command, body)
        assert data
        return self._asked(request_id, command)

    @rule(target=waiting, otp=st.text(st.characters(exclude_categories=["Cs"]), max_size=5))
    def authenticate(self, otp: str) -> tuple[int, int, int]:
        return self._asked(self.state.auth(otp, {"a": "b"})[0], 2)

    @rule(target=waiting)
    def resume(self) -> tuple[int, int, int]:
        return self._asked(self.state.reconnect({})[0], 3)

    def _asked(self, request_id: int, command: int) -> tuple[int, int, int]:
        self.last += 1
        assert request_id == self.last
        self.asked[request_id] = command
        return (self.connection, request_id, command)

    @rule(one=consumes(waiting))
    def give_up(self, one: tuple[int, int, int]) -> None:
        """Of an earlier connection too, as a caller does whose connection has ended meanwhile."""
        if one[0] == self.connection:
            self.state.forget(one[1])
            self.asked.pop(one[1], None)

    @rule(one=waiting, body=st.binary(max_size=20), session=st.text("abc", max_size=3), expires=st.integers(0, 2**50))
    def answer(self, one: tuple[int, int, int], body: bytes, session: str, expires: int) -> None:
        """Perhaps for the second time, perhaps to a connection that is gone."""
        _, request_id, command = one
        if self.asked.get(request_id) in (2, 3):
            body = control_pb2.AuthResponse(session_id=session, expires=expires).SerializeToString()
        event = self.state.receive(encode(Packet(PacketType.RESPONSE, command, body, request_id=request_id)))
        wanted = self.asked.pop(request_id, None)
        if wanted is None:
            assert event is None
        elif wanted in (2, 3):
            self.session = (session, expires)
            assert event == Opened(request_id, session, expires, 0, 0)
        else:
            assert event == Response(request_id, wanted, body)

    @rule(one=waiting, status=st.integers(1, 255), code=st.integers(0, 2**63))
    def refuse(self, one: tuple[int, int, int], status: int, code: int) -> None:
        body = error_pb2.Error(code=code, msg="no").SerializeToString()
        packet = Packet(PacketType.RESPONSE, one[2], body, request_id=one[1], status=status)
        event = self.state.receive(encode(packet, compress=True))
        wanted = self.asked.pop(one[1], None)
        assert event == (None if wanted is None else Refused(one[1], wanted, status, code, "no"))

    @rule(command=st.integers(1, 255), body=st.binary(max_size=20))
    def push(self, command: int, body: bytes) -> None:
        assert self.state.receive(encode(Packet(PacketType.PUSH, command, body))) == Push(command, body)

    @rule(request_id=st.integers(0, 2**32 - 1), body=st.binary(max_size=20))
    def beat(self, request_id: int, body: bytes) -> None:
        event = self.state.receive(encode(Packet(PacketType.REQUEST, 1, body, request_id=request_id)))
        assert event == HeartbeatAsked(encode(Packet(PacketType.RESPONSE, 1, body, request_id=request_id)))

    @rule(data=changed(SEEDS["packets"]))
    def noise(self, data: bytes) -> None:
        """A message that may mean anything. If it was an answer, the model learns which."""
        event = self.state.receive(data)
        if isinstance(event, Opened):
            self.session = (event.session_id, event.expires_ms)
        if isinstance(event, Opened | Response | Refused):
            assert self.asked.pop(event.request_id, None) is not None
        if isinstance(event, ProtocolViolation):
            assert event.reason
            self.connect()  # a caller hangs up

    @rule()
    def drop(self) -> None:
        self.state.drop_session()
        self.session = ("", 0)

    @invariant()
    def the_session_is_the_last_that_was_opened(self) -> None:
        session, expires = self.session
        assert self.state.can_resume(expires - 1) == bool(session)
        assert not self.state.can_resume(expires)


TestLinkState = LinkMachine.TestCase
