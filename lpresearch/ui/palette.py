"""Colours of up and down, for charts and widgets alike. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lpresearch.base.errors import InputError

# Okabe and Ito's bluish green and vermilion: they stay apart for all common kinds of colour blindness.
_GREEN = "#009e73"
_RED = "#d55e00"

Convention = Literal["green-up", "red-up"]


@dataclass(frozen=True)
class UpDown:
    """The two colours of a convention."""

    up: str
    down: str


def up_down(convention: Convention) -> UpDown:
    """The colours of a convention: ``green-up`` (Hong Kong, United States) or ``red-up`` (mainland China)."""
    if convention == "green-up":
        return UpDown(_GREEN, _RED)
    if convention == "red-up":
        return UpDown(_RED, _GREEN)
    raise InputError("colors", convention, "must be 'green-up' or 'red-up'")
