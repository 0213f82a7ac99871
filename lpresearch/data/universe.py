"""A universe of symbols as a text file, and what a backfill of it came to in words: both ends of the command line."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from lpresearch.base.errors import InputError, SymbolError
from lpresearch.base.symbols import parse_symbols

STDIN = "-"
MOST_NAMED = 20


def read_universe(name: str) -> list[str]:
    """The symbols of a file, each once: divided by lines, spaces or commas; ``#`` begins a comment.

    Raises
    ------
    InputError : the file cannot be read, or names no symbol.
    SymbolError : malformed symbols, with their line.
    """
    try:
        text = sys.stdin.read() if name == STDIN else Path(name).expanduser().read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as exc:
        hint = "Give a text file of symbols, one per line."
        raise InputError("universe", name, f"the file cannot be read: {exc}", hint=hint) from exc
    symbols: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.partition("#")[0].replace(",", " ").split()
        try:
            symbols |= dict.fromkeys(parse_symbols(words) if words else ())
        except SymbolError as exc:
            raise SymbolError("universe", f"{name}:{number}", f"{exc.value!r}: {exc.rule}", hint=exc.hint) from exc
    if not symbols:
        raise InputError("universe", name, "the file names no symbol", hint="Write one per line, such as 700.HK.")
    return list(symbols)


def summary(done: pd.DataFrame, *, dry_run: bool) -> Iterator[str]:
    """What ``backfill`` returned, in lines: how many symbols came to what, what was spent, what is still missing."""
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in done["outcome"].value_counts().items())
    calls, units = int(done["calls"].sum()), int(done["quota_units"].sum())
    yield f"{len(done)} symbols: {outcomes}"
    yield f"{calls} calls and {units} units of the history quota {'would be' if dry_run else 'were'} spent"
    if dry_run:
        yield f"at the permitted rate that takes {_in_words(float(done['seconds'].sum()))}"
    open_ends = done[done["outcome"].isin(["failed", "no quota"])]
    for symbol, row in open_ends.head(MOST_NAMED).iterrows():
        detail = f"; {row['detail']}" if pd.notna(row["detail"]) else ""
        yield f"  {symbol}: {row['outcome']}; missing {row['missing']}{detail}"
    if len(open_ends) > MOST_NAMED:
        yield f"  and {len(open_ends) - MOST_NAMED} more"


def _in_words(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
