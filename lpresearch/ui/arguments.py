"""Declared arguments for magics: the typed side of IPython's ``magic_arguments``, and our errors in one line."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring

from lpresearch.base.errors import LpError

S = TypeVar("S")
R = TypeVar("R")
Body = Callable[[S, Namespace], R]
Magic = Callable[[S, str], R]


def option(*names: str, **rules: object) -> argument:
    """One argument, by argparse's rules."""
    return argument(*names, **rules)  # type: ignore[no-untyped-call]  # IPython has no types here


def takes(*options: argument) -> Callable[[Body[S, R]], Magic[S, R]]:
    """Make a magic of a method that takes parsed arguments.

    Its docstring and arguments become what ``%name?`` shows. An ``LpError`` is shown as one line without traceback.
    """

    def decorate(body: Body[S, R]) -> Magic[S, R]:
        @wraps(body)
        def magic(self: S, line: str) -> R:
            parsed: Namespace = parse_argstring(magic, line)  # type: ignore[no-untyped-call]
            try:
                return body(self, parsed)
            except LpError as exc:
                raise UsageError(f"{type(exc).__name__}: {exc}") from None

        declared: Any = magic
        for one in (*reversed(options), magic_arguments()):  # type: ignore[no-untyped-call]
            declared = one(declared)
        return cast("Magic[S, R]", declared)

    return decorate
