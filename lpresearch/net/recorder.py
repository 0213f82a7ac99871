"""Writes pushes to a recording as they come, on a thread of its own. The format is that of ``wire.recording``."""

from __future__ import annotations

import io
import queue
import threading
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import BinaryIO

from lpresearch.base.errors import UsageError, WireError
from lpresearch.base.pushes import Kind
from lpresearch.wire.recording import MAGIC, note_entry, push_entry, whole_size

FLUSH_S = 0.2  # what came is on the disk after so long
JOIN_S = 5.0
_COMMANDS = {Kind.QUOTE: 101, Kind.DEPTH: 102, Kind.BROKERS: 103, Kind.TRADE: 104}  # longport.md 5


class Recorder:
    """A recording that is being written. A file that is there already is written on, after its last whole entry.

    Parameters
    ----------
    path : the file.
    facts : what is recorded, for the note at the beginning.
    kinds, symbols : the pushes to write.

    Attributes
    ----------
    packets : how many were taken.
    failure : why nothing is written any more; None while all is well.

    Raises
    ------
    UsageError : the file is something else, or cannot be written.
    """

    def __init__(
        self, path: Path, facts: Mapping[str, object], *, kinds: Collection[Kind], symbols: Collection[str]
    ) -> None:
        self.path = path
        self.packets = 0
        self.failure: OSError | None = None
        self._commands = frozenset(_COMMANDS[kind] for kind in kinds)
        self._symbols = frozenset(symbol.encode() for symbol in symbols)
        self._waiting: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        try:
            self._file = _open(path)
        except OSError as exc:
            raise UsageError(f"{path} cannot be written: {exc.strerror or exc}. Record to another file.") from exc
        except WireError as exc:
            raise UsageError(f"{path} is not written on: {exc} Record to another file.") from exc
        self._waiting.put(note_entry(time.time_ns(), facts))
        self._thread = threading.Thread(target=self._write, name="lpresearch-recorder", daemon=True)
        self._thread.start()

    def take(self, command: int, body: bytes) -> None:
        """A push as it came; a push begins with its symbol."""
        if command in self._commands and body[2 : 2 + body[1]] in self._symbols:
            self.packets += 1
            self._waiting.put(push_entry(time.time_ns(), command, body))

    def close(self) -> None:
        """Write what came, and end. Again does nothing."""
        self._waiting.put(None)
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def _write(self) -> None:
        """On the recorder's thread: whatever came, until the end."""
        ended = False
        try:
            with self._file:
                while not ended:
                    batch = [self._waiting.get()]
                    while not self._waiting.empty():
                        batch.append(self._waiting.get())
                    ended = None in batch
                    self._file.write(b"".join(entry for entry in batch if entry is not None))
                    self._file.flush()
                    if not ended:
                        time.sleep(FLUSH_S)
        except OSError as exc:  # a full disk ends the recording, not the stream
            self.failure = exc


def _open(path: Path) -> BinaryIO:
    """The file, at the place where the next entry belongs."""
    file = path.open("r+b" if path.exists() and path.stat().st_size else "wb")
    try:
        if file.mode == "wb":
            file.write(MAGIC)
        else:
            file.truncate(whole_size(file))
            file.seek(0, io.SEEK_END)
    except BaseException:
        file.close()
        raise
    return file
