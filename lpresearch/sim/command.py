"""``lpresearch sim``: its options, and what is said where they cannot work. Loads the server only when it is wanted."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lpresearch.base.errors import ConfigError, LpError
from lpresearch.sim.defaults import HISTORY_QUOTA, SEED
from lpresearch.sim.server.door import Keys

if TYPE_CHECKING:
    from lpresearch.sim.market.clock import Clock

EXIT_OK, EXIT_CANNOT = 0, 2
MAX_PORT = 65535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``lpresearch sim``."""
    add, keys = parser.add_argument, Keys()
    add("--port", type=int, default=0, help="the port to listen on; 0 takes a free one (default)")
    add("--host", default="127.0.0.1", help="where to listen; this machine only by default")
    add("--seed", type=int, help=f"the same seed gives the same market (default {SEED}, or that of the state)")
    add("--app-key", default=keys.app_key, help=f"the app key it accepts (default {keys.app_key})")
    add("--app-secret", default=keys.app_secret, help=f"the app secret it accepts (default {keys.app_secret})")
    add("--access-token", default=keys.access_token, help=f"the token it accepts (default {keys.access_token})")
    clocks = "open: trade at any hour; real: as on the calendar; replay: a past day and those after it"
    add("--clock", choices=("open", "real", "replay"), default="open", help=clocks)
    add("--day", metavar="DATE", help="replay: the trading day to begin with, as 2026-03-02")
    add("--market", help="replay: whose day and time of day are meant: HK (default), US, CN or SG")
    add("--from", dest="start", metavar="HH:MM", help="replay: when to begin; by default five minutes before the open")
    add("--speed", type=float, metavar="N", help="replay: seconds that pass in one second (default 1)")
    add("--bars", type=Path, metavar="DIR", help="a folder of your own bars, SYMBOL.csv or SYMBOL.parquet each")
    add(
        "--history-quota",
        type=int,
        default=HISTORY_QUOTA,
        metavar="N",
        help=f"symbols of history in a month (default {HISTORY_QUOTA})",
    )
    add("--state", type=Path, metavar="FILE", help="keep account, orders, watchlist and quota use over restarts")
    add("--until-stdin-closes", action="store_true", help="end when stdin closes, as a child process does")


def run(args: argparse.Namespace) -> int:
    """Serve until told to end; returns the exit code. What cannot work is said in one sentence on stderr."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="lpresearch sim: %(message)s")
    if not 0 <= args.port <= MAX_PORT:
        return _cannot(f"--port {args.port} is not a port; take one from 1 to {MAX_PORT}, or 0 for a free one.")
    if args.history_quota < 0:
        return _cannot(f"--history-quota {args.history_quota} is below 0.")
    if not _is_loopback(args.host):
        _say(f"warning: listening on {args.host}, not on this machine only; whoever reaches it can trade in it.")

    from lpresearch.sim.process import serve_process

    try:
        serve_process(
            host=args.host,
            port=args.port,
            seed=args.seed,
            keys=Keys(args.app_key, args.app_secret, args.access_token),
            clock=_clock(args),
            bars=args.bars,
            history_quota=args.history_quota,
            state=args.state,
            until_stdin_closes=args.until_stdin_closes,
        )
    except (LpError, OSError) as exc:
        return _cannot(str(exc))
    return EXIT_OK


def _clock(args: argparse.Namespace) -> Clock:
    """The clock that the options mean."""
    from lpresearch.sim.market.clock import Clock

    options = {"--day": args.day, "--market": args.market, "--from": args.start, "--speed": args.speed}
    given = [name for name, value in options.items() if value is not None]
    if args.clock != "replay":
        if given:
            raise ConfigError(f"{given[0]} says how to replay.", hint="Add --clock replay, or leave it out.")
        return Clock(args.clock)
    if args.day is None:
        raise ConfigError("--clock replay needs a day.", hint="Add --day 2026-03-02, or another trading day.")
    speed = 1.0 if args.speed is None else args.speed
    return Clock.replay(args.day, market=args.market or "HK", start=args.start, speed=speed)


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
