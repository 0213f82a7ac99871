"""``lpresearch sim``: the simulated broker as a process, with one JSON line on stdout when it is ready."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ipaddress
import json
import logging
import os
import signal
import sys
import threading
from pathlib import Path

from lpresearch.base.errors import LpError
from lpresearch.sim.assembly import assemble
from lpresearch.sim.clock import Clock
from lpresearch.sim.http_api import Keys
from lpresearch.sim.limits import Limits
from lpresearch.sim.server import Server

EXIT_OK, EXIT_CANNOT = 0, 2
READ_BYTES = 4096


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``lpresearch sim``."""
    add, keys = parser.add_argument, Keys()
    add("--port", type=int, default=0, help="the port to listen on; 0 takes a free one (default)")
    add("--host", default="127.0.0.1", help="where to listen; this machine only by default")
    add("--seed", type=int, default=7, help="the same seed gives the same market (default 7)")
    add("--app-key", default=keys.app_key, help=f"the app key it accepts (default {keys.app_key})")
    add("--app-secret", default=keys.app_secret, help=f"the app secret it accepts (default {keys.app_secret})")
    add("--access-token", default=keys.access_token, help=f"the token it accepts (default {keys.access_token})")
    add("--clock", choices=("open", "real"), default="open", help="open: trade at any hour; real: as on the calendar")
    add("--bars", type=Path, metavar="DIR", help="a folder of your own bars, SYMBOL.csv or .parquet")
    add("--history-quota", type=int, default=100, metavar="N", help="symbols of history in a month (default 100)")
    add("--until-stdin-closes", action="store_true", help="end when stdin closes, as a child process does")


def run(args: argparse.Namespace) -> int:
    """Serve until told to end; returns the exit code. What cannot work is said in one sentence on stderr."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="lpresearch sim: %(message)s")
    if not 0 <= args.port <= 65535:
        return _cannot(f"--port {args.port} is not a port; take one from 1 to 65535, or 0 for a free one.")
    if args.history_quota < 0:
        return _cannot(f"--history-quota {args.history_quota} is below 0.")
    try:
        server = assemble(
            seed=args.seed,
            clock=Clock(args.clock),
            bars=args.bars,
            keys=Keys(args.app_key, args.app_secret, args.access_token),
            limits=Limits(),
            history_quota=args.history_quota,
        )
    except (LpError, OSError) as exc:
        return _cannot(str(exc))
    if not _is_loopback(args.host):
        _say(f"warning: listening on {args.host}, not on this machine only; whoever reaches it can trade in it.")
    try:
        asyncio.run(_serve(server, args.host, args.port, until_stdin_closes=args.until_stdin_closes))
    except OSError as exc:
        return _cannot(f"cannot listen on {args.host} port {args.port}: {exc.strerror or exc}; choose another --port.")
    except KeyboardInterrupt:  # where signals cannot be handled by the loop
        pass
    return EXIT_OK


async def _serve(server: Server, host: str, port: int, *, until_stdin_closes: bool) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
    try:
        urls = await server.start(host, port)
        sys.stdout.write(json.dumps(urls.as_dict()) + "\n")
        sys.stdout.flush()
        if until_stdin_closes:
            threading.Thread(target=_wait_for_stdin, args=(loop, ended), name="stdin", daemon=True).start()
        await ended.wait()
    finally:
        await server.stop()


def _wait_for_stdin(loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    """Read stdin to its end on a thread of its own: pipes, files and consoles alike, on every platform."""
    with contextlib.suppress(OSError):  # closed from the start
        while os.read(0, READ_BYTES):
            pass
    with contextlib.suppress(RuntimeError):  # the loop ended in the meantime
        loop.call_soon_threadsafe(ended.set)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _cannot(reason: str) -> int:
    _say(reason)
    return EXIT_CANNOT


def _say(text: str) -> None:
    sys.stderr.write(f"lpresearch sim: {text}\n")
    sys.stderr.flush()
