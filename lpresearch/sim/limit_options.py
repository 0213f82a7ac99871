"""The limits as options of the command line: one row each. What they mean and may be is ``Limits``' own affair."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from lpresearch.base.errors import InputError
from lpresearch.sim.server.limits import NO_LIMIT, Limits

OFF = "off"  # how no limit is written


@dataclass(frozen=True)
class Row:
    """The option of one field."""

    field: str
    option: str
    help: str
    unit: str = "N"  # empty for a switch


GROUPS: Mapping[str, tuple[Row, ...]] = {
    "pace of requests (N: a number, or off)": (
        Row("pulls_per_s", "--quote-calls-per-second", "quote calls in a second"),
        Row("pulls_at_once", "--quote-calls-at-once", "quote calls that wait for an answer"),
        Row("history_calls", "--history-calls", "history calls in a window"),
        Row("history_window_s", "--history-window", "the length of that window", "SECONDS"),
        Row("trade_calls", "--trade-calls", "trade and asset calls in a window"),
        Row("trade_window_s", "--trade-window", "the length of that window", "SECONDS"),
        Row("trade_gap_s", "--trade-gap", "least time between two trade calls", "SECONDS"),
        Row("address_calls_per_s", "--address-calls-per-second", "HTTP requests of one address in a second"),
        Row("refuse_duplicates", "--refuse-duplicates", "refuse a request that is signed like an earlier one", ""),
    ),
    "sizes": (
        Row("subscriptions", "--subscriptions", "symbols watched at once"),
        Row("symbols_per_request", "--symbols-per-request", "symbols in one request"),
        Row("connections", "--connections", "authenticated links at once"),
    ),
    "lives": (
        Row("otp_life_s", "--otp-life", "of a one-time token for a link", "SECONDS"),
        Row("session_life_s", "--session-life", "of a session that a link resumes", "SECONDS"),
        Row("token_life_s", "--token-life", "of an access token", "SECONDS"),
    ),
    "pace of answers and pushes": (
        Row("answer_delay_s", "--answer-delay", "how long a quote call takes", "SECONDS"),
        Row("push_every_s", "--push-every", "how often what changed is pushed", "SECONDS"),
        Row("pushes_per_s", "--pushes-per-second", "so many pushes in all instead, changed or not"),
        Row("partial_pushes", "--partial-pushes", "push only the fields that changed", ""),
        Row("ping_every_s", "--ping-every", "how often each link is pinged", "SECONDS"),
    ),
}
ROWS = tuple(row for rows in GROUPS.values() for row in rows)


def add_limit_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options, in groups."""
    usual = asdict(Limits())
    for title, rows in GROUPS.items():
        group = parser.add_argument_group(title)
        if rows[0].field == "pulls_per_s":
            group.add_argument("--unpaced", action="store_true", help="none of these but what is given besides")
        for row in rows:
            told = f"{row.help} (default {_written(usual[row.field])})"
            if row.unit:
                group.add_argument(row.option, dest=row.field, metavar=row.unit, help=told)
            else:
                group.add_argument(row.option, dest=row.field, action=argparse.BooleanOptionalAction, help=told)


def limits_of(args: argparse.Namespace) -> Limits:
    """The limits that the options make.

    Raises
    ------
    InputError : a value that is no limit, under the name of its option.
    """
    usual = Limits.unpaced() if args.unpaced else Limits()
    given = {row.field: getattr(args, row.field) for row in ROWS if getattr(args, row.field) is not None}
    try:
        values: dict[str, Any] = {name: _read(value) for name, value in given.items()}
        return replace(usual, **values)  # which looks at each of them
    except InputError as exc:
        option = next(row.option for row in ROWS if row.field == exc.parameter)
        rule, hint = (text.replace(NO_LIMIT, OFF) for text in (exc.rule, exc.hint))
        raise InputError(option, given[exc.parameter], rule, hint=hint) from exc


def _read(value: str | bool) -> str | float | int | None:
    """A value as ``Limits`` has it; what is no number is left to it to refuse."""
    if isinstance(value, bool):
        return value
    if value == OFF:
        return None
    for kind in (int, float):
        try:
            return kind(value)
        except ValueError:
            continue
    return value


def _written(value: float | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return OFF if value is None else f"{value:.7g}"
