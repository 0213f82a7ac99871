"""``lpresearch sim``: its options, and what is said where they cannot work. Loads the server only when it is wanted."""

from __future__ import annotations

import argparse
import ipaddress
import logging
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lpresearch.base.errors import ConfigError, InputError, LpError
from lpresearch.sim.defaults import BY_TIER, HISTORY_QUOTA, SEED, ByTier
from lpresearch.sim.limit_options import add_limit_options, limits_of
from lpresearch.sim.server.door import Keys

if TYPE_CHECKING:
    from types import ModuleType

    from lpresearch.sim.market.clock import Clock
    from lpresearch.sim.market.replay import Replay

EXIT_OK, EXIT_CANNOT, EXIT_INTERRUPTED = 0, 2, 130
MAX_PORT = 65535

_USAGE = "%(prog)s [--port N] [--seed S] [--state FILE] [--bars DIR] [options]\n       %(prog)s --help"
_DESCRIPTION = """\
A simulated LongPort server on this machine: quotes, history, orders and pushes over the broker's own wire. When it is
ready it prints one line of JSON with its three URLs. Ctrl-C or SIGTERM ends it in good order, a second one at once."""
_STATE_HELP = """\
keep account, orders, watchlist, token and the month's history quota in FILE over restarts, kill -9 included. The
seed stays with it: another --seed is refused, and so is a clock that shows less than its last change"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``lpresearch sim``."""
    parser.usage, parser.description, keys = _USAGE, _DESCRIPTION, Keys()
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    place = parser.add_argument_group("where it listens")
    place.add_argument("--port", default="0", metavar="N", help="the port; 0 takes a free one (default)")
    place.add_argument("--host", default="127.0.0.1", help="the address; this machine only by default")

    market = parser.add_argument_group("what it simulates")
    market.add_argument(
        "--seed", metavar="S", help=f"the same seed gives the same market (default {SEED}, or that of the state)"
    )
    clocks = "open: trade at any hour; real: as on the calendar; replay: a past day and those after it"
    market.add_argument("--clock", choices=("open", "real", "replay"), default="open", help=clocks)
    market.add_argument("--day", metavar="DATE", help="replay: the trading day to begin with, as 2026-03-02")
    market.add_argument("--market", help="replay: whose day and time of day are meant: HK (default), US, CN or SG")
    market.add_argument(
        "--from", dest="start", metavar="HH:MM", help="replay: when to begin; by default five minutes before the open"
    )
    market.add_argument(
        "--recording", type=Path, metavar="FILE", help="replay: a recording of a stream, in place of a day"
    )
    market.add_argument("--speed", metavar="N", help="replay: seconds that pass in one second (default 1)")
    market.add_argument(
        "--bars", type=Path, metavar="DIR", help="a folder of your own bars, SYMBOL.csv or SYMBOL.parquet each"
    )
    market.add_argument("--faults", type=Path, metavar="FILE", help="what is to go wrong, in TOML: see the README")
    market.add_argument(
        "--universe",
        default="0",
        metavar="N",
        help="list any well-formed symbol of a share besides, the first N that are asked for: for tests of scale",
    )
    market.add_argument("--state", type=Path, metavar="FILE", help=_STATE_HELP)

    account = parser.add_argument_group("the account")
    account.add_argument("--app-key", default=keys.app_key, help=f"the app key it accepts (default {keys.app_key})")
    account.add_argument(
        "--app-secret", default=keys.app_secret, help=f"the app secret it accepts (default {keys.app_secret})"
    )
    account.add_argument(
        "--access-token", default=keys.access_token, help=f"the token it accepts (default {keys.access_token})"
    )
    account.add_argument(
        "--history-quota",
        default=str(HISTORY_QUOTA),
        metavar="N",
        help=f"distinct symbols of history in a month (default {HISTORY_QUOTA}), or {BY_TIER}: as many as the account's"
        " assets and filled orders earn by the broker's table",
    )
    add_limit_options(parser)

    running = parser.add_argument_group("how it runs")
    running.add_argument(
        "--status",
        action=argparse.BooleanOptionalAction,
        help="tell what it serves: a line that is redrawn each second on a terminal (there by default), elsewhere one"
        " line a minute, on stderr",
    )
    running.add_argument("--until-stdin-closes", action="store_true", help="end when stdin closes, as a child does")


def run(args: argparse.Namespace) -> int:
    """Serve until told to end; returns the exit code. What cannot work is said in one sentence on stderr."""
    try:
        _serve(args)
    except (LpError, OSError) as exc:
        _say(str(exc))
        return EXIT_CANNOT
    except KeyboardInterrupt:  # before it served
        return EXIT_INTERRUPTED
    return EXIT_OK


def _serve(args: argparse.Namespace) -> None:
    port = _whole("--port", args.port, f"it is a port from 1 to {MAX_PORT}, or 0 for a free one", most=MAX_PORT)
    quota = _quota(args.history_quota)
    seed = None if args.seed is None else _whole("--seed", args.seed, "it is a whole number of at least 0")
    universe = _whole("--universe", args.universe, "it is a whole number of at least 0")
    limits = limits_of(args)
    if not _is_loopback(args.host):
        _say(f"warning: listening on {args.host}, not on this machine only; whoever reaches it can trade in it.")

    if args.bars is None:
        _leave_arrow_out()
    from lpresearch.sim.assembly import assemble
    from lpresearch.sim.faults.fault_file import read_faults
    from lpresearch.sim.process import serve_process
    from lpresearch.sim.status import Screen

    screen = Screen(sys.stderr)
    logging.basicConfig(stream=screen, level=logging.WARNING, format="lpresearch sim: %(message)s")
    replay = _replay(args)
    server = assemble(
        seed=seed,
        clock=_clock(args) if replay is None else replay.clock(_speed(args)),
        replay=replay,
        bars=args.bars,
        keys=Keys(args.app_key, args.app_secret, args.access_token),
        limits=limits,
        history_quota=quota,
        state=args.state,
        universe=universe,
        faults=read_faults(args.faults) if args.faults is not None else None,
    )
    serve_process(
        server,
        host=args.host,
        port=port,
        until_stdin_closes=args.until_stdin_closes,
        screen=screen,
        status=screen.is_terminal if args.status is None else args.status,
    )


def _quota(text: str) -> int | ByTier:
    return BY_TIER if text == BY_TIER else _whole("--history-quota", text, f"it is a whole number, or {BY_TIER}")


def _leave_arrow_out() -> None:
    """Calendars need pandas, which takes pyarrow along where that is installed: 36 MB, of use to bars of files only."""
    modules: dict[str, ModuleType | None] = sys.modules  # type: ignore[assignment]  # None is how a module is left out
    modules.setdefault("pyarrow", None)


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
        hint = "Add --day 2026-03-02, or another trading day; or --recording FILE."
        raise ConfigError("--clock replay needs a day or a recording.", hint=hint)
    return Clock.replay(args.day, market=args.market or "HK", start=args.start, speed=_speed(args))


def _speed(args: argparse.Namespace) -> float:
    return 1.0 if args.speed is None else _number("--speed", args.speed)


def _replay(args: argparse.Namespace) -> Replay | None:
    """The recording that the options mean; None where they mean none."""
    from lpresearch.sim.market.replay import Replay

    if args.recording is None:
        return None
    if args.clock != "replay":
        raise ConfigError("--recording says what to replay.", hint="Add --clock replay, or leave it out.")
    options = {"--day": args.day, "--market": args.market, "--from": args.start}
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise ConfigError(f"{given[0]} does not go with --recording, which begins at its first push.")
    return Replay(args.recording)


def _number(option: str, text: str) -> float:
    """The number that an option was given; its bounds are the affair of whoever uses it."""
    try:
        return float(text)
    except ValueError as exc:
        raise InputError(option, text, "it is a number", hint="See lpresearch sim --help.") from exc


def _whole(option: str, text: str, rule: str, *, most: float = math.inf) -> int:
    """The whole number that an option was given."""
    if not (text.isascii() and text.isdecimal() and int(text) <= most):
        raise InputError(option, text, rule, hint="See lpresearch sim --help.")
    return int(text)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _say(text: str) -> None:
    sys.stderr.write(f"lpresearch sim: {text}\n")
    sys.stderr.flush()
