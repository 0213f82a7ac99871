"""The status line of a simulator: what it serves, redrawn in place on a terminal, or told now and then elsewhere."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from lpresearch.sim.server.traffic import Served

REDRAW_S = 1.0
TELL_S = 60.0  # where lines stay
_CLEAR = "\r\x1b[K"
_STATM = Path("/proc/self/statm")  # Linux; elsewhere memory is not told


class Screen:
    """Standard error with one line at its foot that comes and goes: what is written besides stands above it.

    Parameters
    ----------
    stream : where to write.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._drawn = False
        self.is_terminal = stream.isatty()

    def write(self, text: str) -> None:
        """Write text as any stream does."""
        self.clear()
        self._stream.write(text)

    def flush(self) -> None:
        """Let what was written be seen."""
        self._stream.flush()

    def draw(self, line: str) -> None:
        """Put a line at the foot, in place of the one before; never wider than the terminal."""
        self._stream.write(_CLEAR + line[: self._width()])
        self._stream.flush()
        self._drawn = True

    def clear(self) -> None:
        """Take the line away."""
        if self._drawn:
            self._stream.write(_CLEAR)
            self._stream.flush()
            self._drawn = False

    def _width(self) -> int:
        try:
            return (os.get_terminal_size(self._stream.fileno()).columns or 80) - 1
        except OSError:
            return 79


async def show(look: Callable[[], Served], screen: Screen) -> None:
    """Tell what is served for ever: each second in place on a terminal, elsewhere in a line a minute."""
    every_s = REDRAW_S if screen.is_terminal else TELL_S
    before, then = look(), time.monotonic()
    while True:
        await asyncio.sleep(every_s)
        now, moment = look(), time.monotonic()
        line = status_line(before, now, moment - then, memory_bytes=memory_bytes())
        before, then = now, moment
        if screen.is_terminal:
            screen.draw(line)
        else:
            screen.write(f"lpresearch sim: {line}\n")
            screen.flush()


def status_line(before: Served, now: Served, seconds: float, *, memory_bytes: int | None) -> str:
    """What is served, with the rates between two looks."""
    parts = [
        _count(now.clients, "client"),
        _count(now.subscriptions, "subscription"),
        f"{_rate(now.packets_in - before.packets_in, seconds)} in/s",
        f"{_rate(now.packets_out - before.packets_out, seconds)} out/s",
        f"{_rate(now.calls - before.calls, seconds)} calls/s",
        _count(now.orders, "order"),
    ]
    if memory_bytes is not None:
        parts.append(f"{memory_bytes / 1e6:.0f} MB")
    return " | ".join(parts)


def memory_bytes() -> int | None:
    """The memory that this process holds; None where the system does not tell it cheaply."""
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, AttributeError):
        return None


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _rate(count: int, seconds: float) -> str:
    rate = count / seconds if seconds > 0 else 0.0
    return f"{rate:.1f}" if 0 < rate < 9.95 else f"{rate:.0f}"
