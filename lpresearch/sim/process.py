"""The simulated broker as a process of its own: one JSON line on stdout when ready, and a clean end when told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable

from lpresearch.base.errors import ConfigError
from lpresearch.sim.server.server import Server, Urls
from lpresearch.sim.status import Screen, show

READ_BYTES = 4096
EXIT_FORCED = 130  # as a shell tells of a process that ended by SIGINT


class Ending:
    """When to end: at the first signal in good order, at the second at once.

    Parameters
    ----------
    force : ends the process where it stands.
    """

    def __init__(self, force: Callable[[], None]) -> None:
        self.told = asyncio.Event()
        self._force = force

    def signalled(self) -> None:
        """A signal came."""
        if self.told.is_set():
            self._force()
        self.told.set()


def serve_process(
    server: Server, *, host: str, port: int, until_stdin_closes: bool, screen: Screen, status: bool
) -> None:
    """Serve until SIGINT or SIGTERM, or until stdin closes.

    Parameters
    ----------
    server : what to serve; it is stopped at the end.
    until_stdin_closes : whether the end of stdin ends it too.
    screen : where the status goes.
    status : whether to tell it.

    Raises
    ------
    ConfigError : a port that is taken, a host that is not of this machine.
    """
    with contextlib.suppress(KeyboardInterrupt):  # where the loop cannot handle signals
        asyncio.run(_serve(server, host, port, until_stdin_closes, screen if status else None))


async def _serve(server: Server, host: str, port: int, until_stdin_closes: bool, screen: Screen | None) -> None:
    loop, ending = asyncio.get_running_loop(), Ending(lambda: os._exit(EXIT_FORCED))
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ending.signalled)
    showing: asyncio.Task[None] | None = None
    try:
        urls = await _start(server, host, port)
        sys.stdout.write(json.dumps(urls.as_dict()) + "\n")
        sys.stdout.flush()
        if screen is not None:
            showing = asyncio.create_task(show(server.served, screen))
        if until_stdin_closes:
            threading.Thread(target=_wait_for_stdin, args=(loop, ending.told), name="stdin", daemon=True).start()
        await ending.told.wait()
    finally:
        if showing is not None and screen is not None:
            showing.cancel()
            screen.clear()
        await server.stop()


async def _start(server: Server, host: str, port: int) -> Urls:
    try:
        return await server.start(host, port)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise ConfigError(
            f"cannot listen on {host} port {port}: {reason}.", hint="Choose another --port, or --port 0 for a free one."
        ) from exc


def _wait_for_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Read stdin to its end on a thread of its own: pipes, files and consoles alike, on every platform."""
    with contextlib.suppress(OSError):  # closed from the start
        while os.read(0, READ_BYTES):
            pass
    with contextlib.suppress(RuntimeError):  # the loop ended in the meantime
        loop.call_soon_threadsafe(ended.set)
