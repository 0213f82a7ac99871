"""The command line: one subcommand for each thing that is done without a notebook."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from lpresearch import __version__
from lpresearch.base.errors import LpError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code (0 done, 1 something is wrong, 2 wrong usage)."""
    parser = _parser()
    given, unknown = parser.parse_known_args(arguments)
    if given.command is None and not unknown:
        parser.print_help()
        return 2
    if unknown:  # the usage of the subcommand says more than that of all
        getattr(given, "parser", parser).error(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        code: int = given.run(given)
        return code
    except LpError as error:
        print(f"lpresearch {given.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lpresearch", description="Research tools over the LongPort (Longbridge) OpenAPI."
    )
    parser.add_argument("--version", action="version", version=f"lpresearch {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")

    demo = commands.add_parser("demo", help="the main job on the embedded simulator, in plain words")
    demo.add_argument("--chart", default="lpresearch-demo.png", metavar="FILE", help="where the chart goes (PNG)")
    demo.set_defaults(run=_demo)

    sim = commands.add_parser("sim", help="a simulated LongPort server on this machine")
    _sim_arguments(sim)
    sim.set_defaults(run=_sim)

    doctor = commands.add_parser(
        "doctor", help="versions, credentials, endpoints, cache, clock, and whether it answers"
    )
    doctor.set_defaults(run=_doctor)

    quota = commands.add_parser("quota", help="the history quota: limit, used, remaining, refill")
    quota.add_argument("--reserve", type=int, metavar="N", help="keep so many units back for other uses from now on")
    quota.set_defaults(run=_quota)

    backfill = commands.add_parser("backfill", help="fill the store with the candles of a universe of symbols")
    _backfill_arguments(backfill)
    backfill.set_defaults(run=_backfill)
    for command in commands.choices.values():
        command.set_defaults(parser=command)
    return parser


def _sim_arguments(parser: argparse.ArgumentParser) -> None:
    from lpresearch.sim.command import add_arguments

    add_arguments(parser)


def _sim(given: argparse.Namespace) -> int:
    from lpresearch.sim.command import run

    return run(given)


def _demo(given: argparse.Namespace) -> int:
    from lpresearch.demo import run

    return run(given.chart)


def _doctor(_: argparse.Namespace) -> int:
    from lpresearch.client.doctor import doctor

    report = doctor()
    print(report)
    return 0 if report.healthy else 1


def _quota(given: argparse.Namespace) -> int:
    from lpresearch.client.connection import disconnect
    from lpresearch.data.usage import quota

    try:
        print(quota() if given.reserve is None else quota(reserve=given.reserve))
    finally:
        disconnect()
    return 0


def _backfill_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "universe", metavar="FILE", help="symbols, one per line; # begins a comment; - is standard input"
    )
    parser.add_argument("--period", default="1d", help="1m to 1Y, as in candles(); 1d where not given")
    parser.add_argument("--start", required=True, metavar="DATE", help="first day, such as 2023-01-03")
    parser.add_argument("--end", metavar="DATE", help="last day; where not given up to the newest final bar")
    parser.add_argument("--adjust", default="none", help="none or forward; none where not given")
    parser.add_argument("--sessions", default="regular", help="regular or all; regular where not given")
    parser.add_argument("--max-quota", type=int, metavar="N", help="spend at most N units of the history quota")
    parser.add_argument("--dry-run", action="store_true", help="only say what it would cost")


def _backfill(given: argparse.Namespace) -> int:
    from lpresearch.client.connection import disconnect
    from lpresearch.data.backfill import backfill
    from lpresearch.data.universe import read_universe, summary

    symbols = read_universe(given.universe)
    names = ("period", "start", "end", "adjust", "sessions", "max_quota", "dry_run")
    try:
        done = backfill(symbols, **{name: getattr(given, name) for name in names})
    finally:
        disconnect()
    print("\n".join(summary(done, dry_run=given.dry_run)))
    return 0 if given.dry_run or done["outcome"].isin(["stored", "complete"]).all() else 1
