"""One file of bars: a plain ``.npy`` matrix that any NumPy reads, or packed; its checksum with it. Knows no series.

Behind the matrix stands a footer: a mark, the CRC-32 of everything before, the checksum of the file that this one
follows, and the number of bars. A packed file begins with the same, then ``packing``; its checksum is that of the plain
file with these bars. What a file follows tells a writer that was killed before it recorded its file from a stray copy.

Written whole to a temporary file, flushed to the disk and moved into place, so that a reader sees the old bars or the
new ones and a killed writer leaves nothing but a temporary file. The checksum travels in the file, because a record
kept elsewhere could not change in the same instant.
"""

from __future__ import annotations

import contextlib
import os
import re
import struct
import tempfile
import time
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from numpy.lib import format as npy

from lpresearch.base.errors import StoreCorrupt, StoreError
from lpresearch.history.bars import FIELDS, TIMESTAMP, Bars
from lpresearch.history.layout import PACKED
from lpresearch.history.packing import packed, unpacked

_FOOTER = struct.Struct("<4sIIQ")  # mark, crc32 of everything before, crc32 of the file it follows, number of bars
_MARK, _PACKED_MARK = b"LPR2", b"LPRZ"
_OLD_FOOTER = struct.Struct("<4sIQ")  # of version 1: follows nothing
_OLD_MARK = b"LPRB"
FOLLOWS_NOTHING = 0
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<f8', 'fortran_order': False, 'shape': \(%d, (\d+)\), \} *\n" % len(FIELDS),
    re.DOTALL,
)
_HEADER_BYTES = 256
_ITEM_BYTES = 8
_CHUNK_BYTES = 1 << 20
_REPLACE_DEADLINE_S = 5.0  # Windows refuses to replace a file that a reader has open at that moment
_RETRY_S = 0.01


class Stamp(NamedTuple):
    """What changes when a file is replaced."""

    inode: int
    modified_ns: int
    size_bytes: int

    @classmethod
    def of(cls, path: str) -> Stamp:
        """The stamp of the file now at a path."""
        found = os.stat(path)  # noqa: PTH116 (a Path costs more than the call itself, and this runs at every read)
        return cls(found.st_ino, found.st_mtime_ns, found.st_size)


@dataclass(frozen=True)
class Opened:
    """A file whose checksum was verified, and its bars mapped into memory (read only)."""

    stamp: Stamp
    bars: Bars
    checksum: int
    follows: int = FOLLOWS_NOTHING


def open_bars(path: str) -> Opened:
    """The bars of a file, mapped and verified.

    Raises
    ------
    StoreCorrupt : truncated, changed, not ours, or not in order.
    FileNotFoundError : there is none.
    """
    try:
        file = open(path, "rb")  # noqa: PTH123, SIM115 (closed below)
    except IsADirectoryError:
        raise StoreCorrupt(path, "a folder where a file of bars belongs") from None
    with file:
        found = os.fstat(file.fileno())
        stamp = Stamp(found.st_ino, found.st_mtime_ns, found.st_size)
        if path.endswith(PACKED):
            opened = _unpacked(path, file, stamp)
        else:
            offset, count, checksum, follows = _verified(path, file, stamp.size_bytes)
            shape = (len(FIELDS), count)
            mapped = np.memmap(file, dtype="<f8", mode="r", offset=offset, shape=shape) if count else np.empty(shape)
            opened = Opened(stamp, mapped.view(np.ndarray), checksum, follows)
    if not np.all(opened.bars[TIMESTAMP, 1:] > opened.bars[TIMESTAMP, :-1]):
        raise StoreCorrupt(path, "its bars are not in order of time")
    return opened


def _verified(path: str, file: BinaryIO, size_bytes: int) -> tuple[int, int, int, int]:
    """Where the bars begin, how many, checksum and what they follow, once size, shape and checksum agree."""
    # By a pattern, not by NumPy: its parser uses ast.literal_eval, which in Python 3.11 fails at times when several
    # threads call it at once (SystemError: AST constructor recursion depth mismatch).
    header = _HEADER.match(file.read(_HEADER_BYTES))
    if header is None:
        raise StoreCorrupt(path, "not a file of bars")
    offset, count = header.end(), int(header[1])
    end = offset + len(FIELDS) * _ITEM_BYTES * count
    if size_bytes not in (end + _FOOTER.size, end + _OLD_FOOTER.size):
        raise StoreCorrupt(path, f"has {size_bytes} bytes where {end + _FOOTER.size} belong")
    file.seek(0)
    checksum, left = 0, end
    while left:
        chunk = file.read(min(left, _CHUNK_BYTES))
        if not chunk:
            raise StoreCorrupt(path, "ended while it was read")
        checksum, left = zlib.crc32(chunk, checksum), left - len(chunk)
    footer = file.read(_FOOTER.size)
    if footer == _OLD_FOOTER.pack(_OLD_MARK, checksum, count):
        return offset, count, checksum, FOLLOWS_NOTHING
    follows = _FOOTER.unpack(footer)[2] if len(footer) == _FOOTER.size else FOLLOWS_NOTHING
    if footer != _FOOTER.pack(_MARK, checksum, follows, count):
        raise StoreCorrupt(path, "its checksum does not match its bars")
    return offset, count, checksum, follows


def _unpacked(path: str, file: BinaryIO, stamp: Stamp) -> Opened:
    """The bars of a packed file, in memory."""
    data = file.read()
    if len(data) < _FOOTER.size or not data.startswith(_PACKED_MARK):
        raise StoreCorrupt(path, "not a file of packed bars")
    _, checksum, follows, count = _FOOTER.unpack_from(data)
    try:
        bars = unpacked(data[_FOOTER.size :], count)
    except (ValueError, MemoryError, OverflowError) as exc:
        raise StoreCorrupt(path, f"cannot be unpacked ({exc})") from exc
    if _checksum(_header(bars), bars) != checksum:
        raise StoreCorrupt(path, "its checksum does not match its bars")
    bars.flags.writeable = False
    return Opened(stamp, bars, checksum, follows)


def write_bars(path: Path, bars: Bars, *, follows: int = FOLLOWS_NOTHING) -> int:
    """Put bars into a file, all or nothing, and make sure that they are on the disk; returns their checksum.

    Parameters
    ----------
    path : by its suffix a plain or a packed file.
    follows : the checksum of what is recorded of this file until now.

    Raises
    ------
    StoreError : a full, read-only or vanished disk; the file is as it was.
    """
    bars = np.ascontiguousarray(bars, dtype="<f8")
    header = _header(bars)
    checksum = _checksum(header, bars)
    if path.suffix == PACKED:
        parts: tuple[bytes | memoryview, ...] = (
            _FOOTER.pack(_PACKED_MARK, checksum, follows, bars.shape[1]),
            packed(bars),
        )
    else:
        parts = header, bars.data if bars.size else b"", _FOOTER.pack(_MARK, checksum, follows, bars.shape[1])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=path.stem, suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                for part in parts:
                    file.write(part)
                file.flush()
                os.fsync(file.fileno())
            _move(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        _flush_folder(path.parent)
    except OSError as exc:
        hint = "Free some space, or choose another cache folder (LPRESEARCH_CACHE_DIR)."
        raise StoreError(str(path), f"cannot be written: {exc.strerror or exc}", hint=hint) from exc
    return checksum


def _header(bars: Bars) -> bytes:
    header = BytesIO()
    npy.write_array_header_1_0(header, npy.header_data_from_array_1_0(bars))
    return header.getvalue()


def _checksum(header: bytes, bars: Bars) -> int:
    return zlib.crc32(_memory(bars), zlib.crc32(header))


def _memory(bars: Bars) -> bytes | memoryview:
    return bars.data if bars.size else b""  # a view of nothing has no bytes that could be read


def _move(temporary: str, path: Path) -> None:
    deadline = time.monotonic() + _REPLACE_DEADLINE_S
    while True:
        try:
            os.replace(temporary, path)  # noqa: PTH105
            return
        except PermissionError:
            if os.name != "nt" or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY_S)


def _flush_folder(folder: Path) -> None:
    """Make the new name itself survive a power cut; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
