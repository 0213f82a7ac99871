"""Faults from a TOML file: one ``[[fault]]`` table each, with the keys of ``Fault``."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lpresearch.base.errors import ConfigError, InputError
from lpresearch.sim.faults.fault import KEYS, Fault

TABLE = "fault"
_HINT = 'Write one [[fault]] table for each, such as: kind = "cut", on = "quote", nth = 3.'


def read_faults(path: Path) -> Sequence[Fault]:
    """The faults of a file, in its order.

    Raises
    ------
    ConfigError : a file that cannot be read, is no TOML, or holds something else.
    InputError : a key that cannot be, by file, number of the entry, key, value and rule.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise ConfigError(f"the faults of {path} cannot be read: {reason}.", hint=_HINT) from exc
    except tomllib.TOMLDecodeError as exc:
        raise ConfigError(f"{path} is not TOML: {exc}.", hint=_HINT) from exc
    others = sorted(document.keys() - {TABLE})
    if others:
        raise ConfigError(f"{path} holds {others[0]!r}, which is no fault.", hint=_HINT)
    entries = document.get(TABLE, [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{path}: {TABLE} is not a list of tables.", hint=_HINT)
    return tuple(_fault(f"{path}, fault {number}", entry) for number, entry in enumerate(entries, 1))


def _fault(place: str, entry: dict[str, Any]) -> Fault:
    """The fault of one entry; what is wrong with it is told with its place."""
    unknown = sorted(entry.keys() - set(KEYS))
    if unknown:
        key = unknown[0]
        raise InputError(f"{place}, {key}", entry[key], f"there is no such key; there are {', '.join(KEYS)}")
    if "kind" not in entry:
        raise InputError(f"{place}, kind", None, "a fault needs a kind", hint=_HINT)
    try:
        return Fault(**entry)
    except InputError as exc:
        raise InputError(f"{place}, {exc.parameter}", exc.value, exc.rule, hint=exc.hint) from exc
