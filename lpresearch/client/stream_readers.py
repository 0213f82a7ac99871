"""Who reads a stream push by push, in an ``async for``: a bounded queue on the loop of the reader."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from lpresearch.base.pushes import Push
from lpresearch.base.source import Channel


class Reader:
    """One reader. ``put`` is called on the I/O thread, ``read`` runs on the loop on which the reader was made.

    Attributes
    ----------
    dropped : pushes that the reader was too slow for; the newest are kept.
    """

    def __init__(self, room: int) -> None:
        self.dropped = 0
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[tuple[Channel, bytes]] = deque(maxlen=room)
        self._room = room
        self._there = asyncio.Event()
        self._told = False  # the loop is about to look

    def put(self, channel: Channel, body: bytes) -> None:
        """Keep a push for the reader. One call of the loop serves all pushes until it comes to read."""
        if len(self._waiting) == self._room:
            self.dropped += 1
        self._waiting.append((channel, body))
        if not self._told:
            self._tell()

    def end(self) -> None:
        """What is kept can still be read, then it is over."""
        self.ended = True
        self._tell()

    def _tell(self) -> None:
        self._told = True
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._there.set)

    async def read(self) -> AsyncIterator[Push]:
        """The records of the pushes in the order they came."""
        while True:
            await self._there.wait()
            self._there.clear()
            self._told = False
            ended = self.ended
            while self._waiting:
                channel, body = self._waiting.popleft()
                yield channel.read(body)
            if ended:
                return
