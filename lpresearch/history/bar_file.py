"""One file of bars: a plain ``.npy`` matrix that any NumPy reads, with its checksum behind it. Knows no series.

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
from typing import BinaryIO

import numpy as np
from numpy.lib import format as npy

from lpresearch.base.errors import StoreCorrupt, StoreError
from lpresearch.history.bars import FIELDS, TIMESTAMP, Bars

_FOOTER = struct.Struct("<4sIQ")  # mark, crc32 of everything before, number of bars
_FOOTER_MARK = b"LPRB"
_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '<f8', 'fortran_order': False, 'shape': \(%d, (\d+)\), \} *\n" % len(FIELDS),
    re.DOTALL,
)
_HEADER_BYTES = 256
_ITEM_BYTES = 8
_CHUNK_BYTES = 1 << 20
_REPLACE_DEADLINE_S = 5.0  # Windows refuses to replace a file that a reader has open at that moment
_RETRY_S = 0.01


@dataclass(frozen=True)
class Stamp:
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


def open_bars(path: str) -> Opened:
    """The bars of a file, mapped and verified.

    Raises
    ------
    StoreCorrupt : truncated, changed, not ours, or not in order.
    FileNotFoundError : there is none.
    """
    with open(path, "rb") as file:  # noqa: PTH123
        found = os.fstat(file.fileno())
        stamp = Stamp(found.st_ino, found.st_mtime_ns, found.st_size)
        offset, count = _verified(path, file, stamp.size_bytes)
        shape = (len(FIELDS), count)
        if count == 0:
            return Opened(stamp, np.empty(shape))
        bars: Bars = np.memmap(file, dtype="<f8", mode="r", offset=offset, shape=shape)
    if not np.all(bars[TIMESTAMP, 1:] > bars[TIMESTAMP, :-1]):
        raise StoreCorrupt(path, "its bars are not in order of time")
    return Opened(stamp, bars.view(np.ndarray))


def _verified(path: str, file: BinaryIO, size_bytes: int) -> tuple[int, int]:
    """Where the bars begin and how many there are, once size, shape and checksum agree."""
    # By a pattern, not by NumPy: its parser uses ast.literal_eval, which in Python 3.11 fails at times when several
    # threads call it at once (SystemError: AST constructor recursion depth mismatch).
    header = _HEADER.match(file.read(_HEADER_BYTES))
    if header is None:
        raise StoreCorrupt(path, "not a file of bars")
    offset, count = header.end(), int(header[1])
    end = offset + len(FIELDS) * _ITEM_BYTES * count
    if size_bytes != end + _FOOTER.size:
        raise StoreCorrupt(path, f"has {size_bytes} bytes where {end + _FOOTER.size} belong")
    file.seek(0)
    checksum, left = 0, end
    while left:
        chunk = file.read(min(left, _CHUNK_BYTES))
        if not chunk:
            raise StoreCorrupt(path, "ended while it was read")
        checksum, left = zlib.crc32(chunk, checksum), left - len(chunk)
    if file.read(_FOOTER.size) != _FOOTER.pack(_FOOTER_MARK, checksum, count):
        raise StoreCorrupt(path, "its checksum does not match its bars")
    return offset, count


def write_bars(path: Path, bars: Bars) -> None:
    """Put bars into a file, all or nothing, and make sure that they are on the disk.

    Raises
    ------
    StoreError : a full, read-only or vanished disk; the file is as it was.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=path.stem, suffix=".tmp", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _write(file, np.ascontiguousarray(bars, dtype="<f8"))
            _move(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()
            raise
        _flush_folder(path.parent)
    except OSError as exc:
        hint = "Free some space, or choose another cache folder (LPRESEARCH_CACHE_DIR)."
        raise StoreError(str(path), f"cannot be written: {exc.strerror or exc}", hint=hint) from exc


def _write(file: BinaryIO, bars: Bars) -> None:
    header = BytesIO()
    npy.write_array_header_1_0(header, npy.header_data_from_array_1_0(bars))
    body = bars.tobytes()
    checksum = zlib.crc32(body, zlib.crc32(header.getvalue()))
    file.write(header.getvalue())
    file.write(body)
    file.write(_FOOTER.pack(_FOOTER_MARK, checksum, bars.shape[1]))
    file.flush()
    os.fsync(file.fileno())


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
