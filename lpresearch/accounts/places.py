"""Folders for bars and for state, and file names that every disk accepts. Creates nothing, reads no environment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import platformdirs

APP = "lpresearch"
CACHE_VARIABLE = "LPRESEARCH_CACHE_DIR"
STATE_VARIABLE = "LPRESEARCH_STATE_DIR"

# Names that Windows gives to devices, whatever follows the first dot.
_DEVICE = re.compile(r"(?:CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|(?:COM|LPT)[0-9])(?=\.|\Z)", re.IGNORECASE)
_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_CASE_MARK = "+"
_ESCAPED = re.compile(r"%([0-9a-fA-F]{2})")


def cache_folder(argument: str | Path | None, variables: Mapping[str, str]) -> Path:
    """The folder of bars, which a user may delete: the argument, ``LPRESEARCH_CACHE_DIR``, or the platform's."""
    chosen = argument or variables.get(CACHE_VARIABLE, "").strip()
    return _absolute(chosen) if chosen else Path(platformdirs.user_cache_dir(APP, appauthor=False))


def state_folder(argument: str | Path | None, variables: Mapping[str, str]) -> Path:
    """The folder of ledgers and locks, to be kept: the argument, ``LPRESEARCH_STATE_DIR``, or the platform's."""
    chosen = argument or variables.get(STATE_VARIABLE, "").strip()
    return _absolute(chosen) if chosen else Path(platformdirs.user_state_dir(APP, appauthor=False))


def account_path(state: Path, source: str, member_id: str) -> Path:
    """The database of one account at one source; paper and live accounts have ids of their own."""
    return state / "accounts" / safe_name(source) / f"{safe_name(member_id)}.sqlite"


def safe_name(text: str) -> str:
    """A file name for ``text`` that is unique also where upper and lower case are one, and on Windows.

    Capitals, digits, inner dots, dashes and underscores stand for themselves; ``+`` switches between capitals and small
    letters; everything else is percent-escaped, and so is the first letter of a device name such as ``CON.US``.

    Examples
    --------
    >>> safe_name("BRK.A.US"), safe_name("CON.US"), safe_name(".DJI.US"), safe_name("sim-seed-7")
    ('BRK.A.US', '%43ON.US', '%2EDJI.US', '+sim-seed-7')
    """
    if not text:
        return "%"
    parts: list[str] = []
    small = False
    device = _DEVICE.match(text)
    for index, letter in enumerate(text):
        escaped = letter.upper() not in _PLAIN or not letter.isascii()
        escaped |= index == 0 and (device is not None or letter == ".")
        escaped |= index == len(text) - 1 and letter == "."
        if escaped:
            parts.append("".join(f"%{byte:02X}" for byte in letter.encode()))
            continue
        if letter.isalpha() and letter.islower() != small:
            small = not small
            parts.append(_CASE_MARK)
        parts.append(letter)
    return "".join(parts)


def original_text(name: str) -> str:
    """The text that :func:`safe_name` was given."""
    if name == "%":
        return ""
    letters = "".join(part.lower() if odd % 2 else part for odd, part in enumerate(name.upper().split(_CASE_MARK)))
    data = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), letters)
    return data.encode("latin-1").decode()


def _absolute(chosen: str | Path) -> Path:
    return Path(chosen).expanduser().absolute()
