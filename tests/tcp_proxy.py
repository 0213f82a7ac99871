"""A TCP proxy before a server that can fall silent and cut lines, as networks do. For tests."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

CHUNK_BYTES = 65536


class TcpProxy:
    """Passes bytes both ways on a thread of its own.

    Attributes
    ----------
    silent : while True, nothing that the server says gets through; it is lost.
    on_request : called for each chunk that a client sends, on the proxy's thread.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self.silent = False
        self.on_request: Callable[[], None] = lambda: None
        self._target = (parts.hostname or "", parts.port or 0)
        self._lines: set[asyncio.StreamWriter] = set()
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main(ready)), daemon=True)
        self._thread.start()
        self.port = ready.result(10)

    def through(self, url: str) -> str:
        """The same URL through this proxy."""
        return urlsplit(url)._replace(netloc=f"127.0.0.1:{self.port}").geturl()

    def cut(self) -> None:
        """Break every line at once."""
        self._loop.call_soon_threadsafe(self._break_lines)

    def close(self) -> None:
        """Stop listening."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _break_lines(self) -> None:
        for line in self._lines:
            line.transport.abort()

    async def _main(self, ready: Future[int]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with await asyncio.start_server(self._serve, "127.0.0.1", 0) as server:
            ready.set_result(server.sockets[0].getsockname()[1])
            await self._stop.wait()
            self._break_lines()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            self._lines |= {writer, far_writer}
            try:
                await asyncio.gather(self._pass(reader, far_writer, up=True), self._pass(far_reader, writer, up=False))
            finally:
                self._lines -= {writer, far_writer}
                far_writer.close()
                writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK_BYTES):
                if up:
                    self.on_request()
                if up or not self.silent:
                    writer.write(data)
                    await writer.drain()
        writer.close()


@contextmanager
def tcp_proxy(target: str) -> Iterator[TcpProxy]:
    """A proxy for the time of a ``with`` block."""
    proxy = TcpProxy(target)
    try:
        yield proxy
    finally:
        proxy.close()
