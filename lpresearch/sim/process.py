"""The simulated broker as a process of its own: one JSON line on stdout when ready, and a clean end when told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from pathlib import Path

from lpresearch.base.errors import ConfigError
from lpresearch.sim.assembly import assemble
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.server.door import Keys
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.server import Server, Urls

READ_BYTES = 4096


def serve_process(
    *,
    host: str,
    port: int,
    seed: int | None,
    keys: Keys,
    clock: Clock,
    bars: Path | None,
    history_quota: int,
    state: Path | None,
    until_stdin_closes: bool,
) -> None:
    """Serve until SIGINT or SIGTERM, or until stdin closes.

    Raises
    ------
    ConfigError : a folder of bars that cannot be served, a port that is taken, a host that is not of this machine.
    StoreError : a state that cannot be used.
    """
    server = assemble(
        seed=seed,
        clock=clock,
        bars=bars,
        keys=keys,
        limits=Limits(),
        history_quota=history_quota,
        state=state,
    )
    with contextlib.suppress(KeyboardInterrupt):  # where the loop cannot handle signals
        asyncio.run(_serve(server, host, port, until_stdin_closes=until_stdin_closes))


async def _serve(server: Server, host: str, port: int, *, until_stdin_closes: bool) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
    try:
        urls = await _start(server, host, port)
        sys.stdout.write(json.dumps(urls.as_dict()) + "\n")
        sys.stdout.flush()
        if until_stdin_closes:
            threading.Thread(target=_wait_for_stdin, args=(loop, ended), name="stdin", daemon=True).start()
        await ended.wait()
    finally:
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
