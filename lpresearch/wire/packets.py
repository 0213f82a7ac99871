"""Packets of the link: bytes to :class:`Packet` and back (longport.md 3.2).

One packet per WebSocket message. Knows nothing of what the bodies mean, and never checks or makes signatures: the
trailer of a verified packet is carried as it is.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from enum import IntEnum

from lpresearch.base.errors import WireError

MAX_BODY_BYTES = 0xFFFFFF  # the length field has 24 bits; also the most that a gzip body may unpack to
MAX_TIMEOUT_MS = 60_000
NONCE_BYTES = 8
SIGNATURE_BYTES = 16

_TYPE_BITS, _VERIFY_BIT, _GZIP_BIT = 0x0F, 0x10, 0x20
_PUSH_HEADER_BYTES = 5
_GZIP_WINDOW = 16 + zlib.MAX_WBITS  # zlib's way to say "a gzip member"


class PacketType(IntEnum):
    """What a packet is, by the low four bits of its first byte."""

    REQUEST = 1
    RESPONSE = 2
    PUSH = 3


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet. ``timeout_ms`` belongs to requests, ``status`` to responses, ``request_id`` to both.

    ``nonce`` and ``signature`` are filled only where the packet carries the verify trailer.
    """

    type: PacketType
    command: int
    body: bytes = b""
    request_id: int = 0
    timeout_ms: int = 0
    status: int = 0
    nonce: bytes = b""
    signature: bytes = b""


def encode(packet: Packet, *, compress: bool = False) -> bytes:
    """The bytes of a packet; the verify bit is set where a nonce is given.

    Raises
    ------
    WireError : a field that does not fit its place.
    """
    first = int(packet.type)
    body = packet.body
    if compress:
        first |= _GZIP_BIT
        body = gzip.compress(body, compresslevel=1, mtime=0)
    if packet.nonce or packet.signature:
        first |= _VERIFY_BIT
        if len(packet.nonce) != NONCE_BYTES or len(packet.signature) != SIGNATURE_BYTES:
            raise WireError(f"A verify trailer is {NONCE_BYTES} bytes of nonce and {SIGNATURE_BYTES} of signature.")
    if max(len(body), len(packet.body)) > MAX_BODY_BYTES:
        raise WireError(f"A body of {len(packet.body)} bytes is more than the {MAX_BODY_BYTES} that a packet carries.")
    if not 0 <= packet.timeout_ms <= MAX_TIMEOUT_MS:
        raise WireError(f"timeout_ms={packet.timeout_ms}: a request carries 0 to {MAX_TIMEOUT_MS}.")
    try:
        head = bytes((first, packet.command)) + _middle(packet)
    except (OverflowError, ValueError) as exc:
        raise WireError(f"A field of {packet.type.name} command {packet.command} does not fit: {exc}.") from exc
    return head + len(body).to_bytes(3, "big") + body + packet.nonce + packet.signature


def _middle(packet: Packet) -> bytes:
    """What stands between command and body length."""
    if packet.type is PacketType.PUSH:
        return b""
    request_id = packet.request_id.to_bytes(4, "big")
    if packet.type is PacketType.REQUEST:
        return request_id + packet.timeout_ms.to_bytes(2, "big")
    return request_id + packet.status.to_bytes(1, "big")


def decode(data: bytes) -> Packet:
    """The packet that a whole message holds; a gzip body comes unpacked.

    Raises
    ------
    WireError : an unknown type, bytes missing or left over, a broken gzip body or one of more than 16 MB.
    """
    if len(data) < 2:
        raise WireError(f"A packet of {len(data)} byte(s) has no header.")
    try:
        kind = PacketType(data[0] & _TYPE_BITS)
    except ValueError:
        raise WireError(f"Packet type {data[0] & _TYPE_BITS} is none of request, response, push.") from None
    request_id = timeout_ms = status = 0
    length_at = 2
    if kind is not PacketType.PUSH:
        request_id = int.from_bytes(data[2:6], "big")
        if kind is PacketType.REQUEST:
            timeout_ms, length_at = int.from_bytes(data[6:8], "big"), 8
        else:
            status, length_at = int.from_bytes(data[6:7], "big"), 7
    body_at = length_at + 3
    body_end = body_at + int.from_bytes(data[length_at:body_at], "big")
    verified = bool(data[0] & _VERIFY_BIT)
    expected = body_end + (NONCE_BYTES + SIGNATURE_BYTES if verified else 0)
    if len(data) < body_at or len(data) != expected:
        raise WireError(f"A {kind.name.lower()} packet of {len(data)} bytes should have {max(expected, body_at)}.")
    body = bytes(data[body_at:body_end])
    if data[0] & _GZIP_BIT:
        body = _gunzip(body)
    signature_at = body_end + NONCE_BYTES
    return Packet(
        kind,
        data[1],
        body,
        request_id,
        timeout_ms,
        status,
        bytes(data[body_end:signature_at]),
        bytes(data[signature_at:]),
    )


def plain_push(data: bytes | bytearray) -> tuple[int, bytes] | None:
    """Command and body of a push without gzip and trailer; None for every other packet.

    The short way for the stream of quotes: no object is made and nothing but the header is looked at.
    """
    if data[:1] != b"\x03" or len(data) - _PUSH_HEADER_BYTES != int.from_bytes(data[2:5], "big"):
        return None
    return data[1], bytes(data[_PUSH_HEADER_BYTES:])


def _gunzip(body: bytes) -> bytes:
    """One whole gzip member, unpacked to at most 16 MB and not a byte further."""
    inflater = zlib.decompressobj(_GZIP_WINDOW)
    try:
        unpacked = inflater.decompress(body, MAX_BODY_BYTES + 1)
    except zlib.error as exc:
        raise WireError(f"A gzip body cannot be unpacked: {exc}.") from exc
    if len(unpacked) > MAX_BODY_BYTES:
        raise WireError(f"A gzip body unpacks to more than {MAX_BODY_BYTES} bytes.")
    if not inflater.eof or inflater.unused_data:
        raise WireError("A gzip body is not one whole gzip member.")
    return unpacked
