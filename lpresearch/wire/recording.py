"""The file format of recordings: pushes as they came, each with the moment it was received.

A file begins with eight bytes, ``LPREC1`` and a line end, and goes on with entries, in little endian::

    u32  length of the payload
    u32  CRC-32 of moment and payload
    u64  moment it was received, nanoseconds since 1970 UTC
    ...  payload

A payload that begins with ``{`` is a note in JSON: what is recorded from here on. Any other one is a push packet
(longport.md 3.2, type 3, neither gzip nor signature). Entries are only ever added at the end. A writer that was killed
leaves a torn entry behind: readers end before it, and who writes on first cuts it off.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator, Mapping
from typing import BinaryIO, NamedTuple

from lpresearch.base.errors import WireError
from lpresearch.wire.packets import MAX_BODY_BYTES, Packet, PacketType, encode, plain_push

MAGIC = b"LPREC1\r\n"
_HEAD = struct.Struct("<IIQ")
_MOMENT = struct.Struct("<Q")
_MOST_BYTES = MAX_BODY_BYTES + 64


class Recorded(NamedTuple):
    """One push: when it was received, in nanoseconds since 1970 UTC, its command and its body."""

    at_ns: int
    command: int
    body: bytes


def note_entry(at_ns: int, facts: Mapping[str, object]) -> bytes:
    """The bytes of a note."""
    return _entry(at_ns, json.dumps(dict(facts), ensure_ascii=False).encode())


def push_entry(at_ns: int, command: int, body: bytes) -> bytes:
    """The bytes of a push."""
    return _entry(at_ns, encode(Packet(PacketType.PUSH, command, body)))


def _entry(at_ns: int, payload: bytes) -> bytes:
    moment = _MOMENT.pack(at_ns)
    return _HEAD.pack(len(payload), zlib.crc32(moment + payload), at_ns) + payload


def entries(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Moment and payload of each whole entry of a file that stands at its beginning; after each, it stands at its end.

    Raises
    ------
    WireError : the file is no recording.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise WireError("This is no recording: it does not begin with LPREC1.")
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        length, checksum, at_ns = _HEAD.unpack(head)
        payload = file.read(length) if length <= _MOST_BYTES else b""
        if len(payload) != length or zlib.crc32(_MOMENT.pack(at_ns) + payload) != checksum:
            return
        yield at_ns, payload


def whole_size(file: BinaryIO) -> int:
    """Where the last whole entry of a recording ends."""
    end = len(MAGIC)
    for _, payload in entries(file):
        end += _HEAD.size + len(payload)
    return end


def pushes(file: BinaryIO) -> Iterator[Recorded]:
    """The pushes of a recording, in the order they came."""
    for at_ns, payload in entries(file):
        push = plain_push(payload)
        if push is not None:
            yield Recorded(at_ns, *push)
