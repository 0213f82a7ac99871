"""The error tree: as drawn in its docstring, with the builtin parents a reader would guess."""

from __future__ import annotations

import inspect
import re

import pytest

from lpresearch.base import errors

CLASSES = {
    name: value for name, value in vars(errors).items() if inspect.isclass(value) and issubclass(value, errors.LpError)
}


def test_the_docstring_draws_every_error_below_its_parent() -> None:
    drawn: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        match = re.match(r"    ((?:[│ ]   )*)(?:[├└]── )?(\w+)(?: \(\w+\))?(?:  |$)", line)
        if match and match[2] in CLASSES:
            level = (line.index(match[2]) - 4) // 4
            path[level:] = [match[2]]
            drawn[match[2]] = path[level - 1] if level else None
    real = {
        name: next((base.__name__ for base in value.__bases__ if issubclass(base, errors.LpError)), None)
        for name, value in CLASSES.items()
    }
    assert drawn == real


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("ConfigError", ValueError),
        ("InputError", ValueError),
        ("LinkError", ConnectionError),
        ("RequestTimeout", TimeoutError),
        ("UsageError", RuntimeError),
    ],
)
def test_an_error_has_the_builtin_parent_a_reader_would_guess(name: str, parent: type[Exception]) -> None:
    assert issubclass(CLASSES[name], parent)


def test_the_text_names_parameter_value_rule_and_next_step() -> None:
    error = errors.InputError("quantity", 150, "a multiple of the lot of 100", hint="Try 100 or 200.")
    assert str(error) == "quantity=150: a multiple of the lot of 100. Try 100 or 200."


@pytest.mark.parametrize(
    ("message", "told"),
    [("No power.", "1: No power. (trace id t)"), ("Really?", "1: Really? (trace id t)"), ("x...", "1: x.... (")],
)
def test_a_full_stop_of_the_server_is_not_doubled(message: str, told: str) -> None:
    assert told in str(errors.ServerRejected(1, message, trace_id="t"))


def test_a_rejected_ticket_names_every_problem() -> None:
    problems = [errors.Problem("quantity", 150, "rule one"), errors.Problem("price", "1.001", "rule two")]
    text = str(errors.TicketRejected(problems))
    assert "rule one" in text
    assert "rule two" in text
