"""Packets: the layout of the protocol document (3.2), round trips, and bytes that are not packets."""

from __future__ import annotations

import contextlib
import gzip
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpresearch.base.errors import WireError
from lpresearch.wire.packets import MAX_BODY_BYTES, Packet, PacketType, decode, encode, plain_push

BODIES = st.binary(max_size=300)
TRAILERS = st.one_of(
    st.just((b"", b"")), st.tuples(st.binary(min_size=8, max_size=8), st.binary(min_size=16, max_size=16))
)


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    kind = draw(st.sampled_from(PacketType))
    nonce, signature = draw(TRAILERS)
    return Packet(
        kind,
        draw(st.integers(0, 255)),
        draw(BODIES),
        request_id=draw(st.integers(0, 2**32 - 1)) if kind is not PacketType.PUSH else 0,
        timeout_ms=draw(st.integers(0, 60_000)) if kind is PacketType.REQUEST else 0,
        status=draw(st.integers(0, 255)) if kind is PacketType.RESPONSE else 0,
        nonce=nonce,
        signature=signature,
    )


# Byte by byte from the tables of section 3.2: header byte, command, then the fields of each type.
LAYOUTS = [
    (
        Packet(PacketType.REQUEST, 19, b"abc", request_id=0x01020304, timeout_ms=30_000),
        bytes([0x01, 19, 1, 2, 3, 4, 0x75, 0x30, 0, 0, 3]) + b"abc",
    ),
    (
        Packet(PacketType.RESPONSE, 27, b"xy", request_id=7, status=5),
        bytes([0x02, 27, 0, 0, 0, 7, 5, 0, 0, 2]) + b"xy",
    ),
    (Packet(PacketType.PUSH, 101, b"z"), bytes([0x03, 101, 0, 0, 1]) + b"z"),
    (
        Packet(PacketType.PUSH, 101, b"z", nonce=b"n" * 8, signature=b"s" * 16),
        bytes([0x13, 101, 0, 0, 1]) + b"z" + b"n" * 8 + b"s" * 16,
    ),
]


@pytest.mark.parametrize(("packet", "data"), LAYOUTS)
def test_a_packet_has_the_documented_bytes(packet: Packet, data: bytes) -> None:
    assert encode(packet) == data
    assert decode(data) == packet


@given(packets(), st.booleans())
def test_every_packet_survives_the_round_trip(packet: Packet, compress: bool) -> None:
    assert decode(encode(packet, compress=compress)) == packet


@given(packets(), st.booleans(), st.data())
def test_a_cut_packet_is_a_wire_error(packet: Packet, compress: bool, data: st.DataObject) -> None:
    whole = encode(packet, compress=compress)
    with pytest.raises(WireError):
        decode(whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(packets(), st.binary(min_size=1, max_size=30))
def test_bytes_left_over_are_a_wire_error(packet: Packet, rest: bytes) -> None:
    with pytest.raises(WireError, match="should have"):
        decode(encode(packet) + rest)


@given(st.binary(max_size=200))
def test_garbage_is_a_packet_or_a_wire_error(data: bytes) -> None:
    with contextlib.suppress(WireError):
        decode(data)


@pytest.mark.parametrize("kind", [0, 4, 15])
def test_an_unknown_type_is_a_wire_error(kind: int) -> None:
    with pytest.raises(WireError, match="type"):
        decode(bytes([kind, 1, 0, 0, 0]))


def push_of(body: bytes) -> bytes:
    """A push with the gzip bit set, whatever the body."""
    return bytes([0x23, 101]) + len(body).to_bytes(3, "big") + body


def test_a_gzip_body_over_16_mb_is_refused() -> None:
    bomb = gzip.compress(bytes(MAX_BODY_BYTES + 1))
    assert len(bomb) < 20_000
    with pytest.raises(WireError, match="more than"):
        decode(push_of(bomb))


def test_a_gzip_body_of_just_16_mb_is_accepted() -> None:
    assert len(decode(push_of(gzip.compress(bytes(MAX_BODY_BYTES)))).body) == MAX_BODY_BYTES


@pytest.mark.parametrize("body", [b"", b"not gzip", gzip.compress(b"hello")[:-1], gzip.compress(b"hello") + b"more"])
def test_a_broken_gzip_body_is_a_wire_error(body: bytes) -> None:
    with pytest.raises(WireError, match="gzip"):
        decode(push_of(body))


@pytest.mark.parametrize(
    "packet",
    [
        Packet(PacketType.REQUEST, 256),
        Packet(PacketType.REQUEST, 1, request_id=2**32),
        Packet(PacketType.REQUEST, 1, timeout_ms=60_001),
        Packet(PacketType.RESPONSE, 1, status=256),
        Packet(PacketType.PUSH, 1, bytes(MAX_BODY_BYTES + 1)),
        Packet(PacketType.PUSH, 1, nonce=b"short", signature=bytes(16)),
        Packet(PacketType.PUSH, 1, signature=bytes(16)),
    ],
    ids=lambda packet: f"{packet.type.name} {packet.command}",
)
def test_what_does_not_fit_is_not_encoded(packet: Packet) -> None:
    with pytest.raises(WireError):
        encode(packet)


@given(packets(), st.booleans())
def test_the_short_way_takes_plain_pushes_and_nothing_else(packet: Packet, compress: bool) -> None:
    plain = packet.type is PacketType.PUSH and not compress and not packet.nonce
    assert plain_push(encode(packet, compress=compress)) == ((packet.command, packet.body) if plain else None)


@given(st.binary(max_size=20))
def test_the_short_way_agrees_with_the_long_way(data: bytes) -> None:
    short = plain_push(data)
    if short is not None:
        assert decode(data) == Packet(PacketType.PUSH, *short)


def test_the_body_is_bytes_whatever_holds_the_message() -> None:
    data = bytearray(struct.pack(">BB3s3s", 3, 101, b"\0\0\3", b"abc"))
    assert decode(bytes(data)).body == b"abc"
    short = plain_push(data)
    assert short is not None
    assert type(short[1]) is bytes
