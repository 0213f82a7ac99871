"""The options of ``lpresearch sim``: the limits one by one, in groups, and what a bad value is told."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import pytest

from lpresearch.base.errors import InputError
from lpresearch.cli import main
from lpresearch.sim.command import add_arguments
from lpresearch.sim.limit_options import GROUPS, ROWS, limits_of
from lpresearch.sim.server.limits import Limits


@pytest.fixture(autouse=True)
def _modules_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that runs in this process may leave out what only a process of its own can do without."""
    monkeypatch.setitem(sys.modules, "pyarrow", sys.modules.get("pyarrow"))


def limits(*options: str) -> Limits:
    """What a command line makes of the limits."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return limits_of(parser.parse_args(options))


def test_every_limit_has_an_option_and_without_any_they_are_the_brokers() -> None:
    assert {row.field for row in ROWS} == {one.name for one in fields(Limits)}
    assert limits() == Limits()
    assert limits("--unpaced") == Limits.unpaced()


@pytest.mark.parametrize("row", [row for row in ROWS if row.unit], ids=lambda row: row.field)
def test_each_number_is_taken(row: Any) -> None:
    assert getattr(limits(row.option, "3"), row.field) == 3


@pytest.mark.parametrize("row", [row for row in ROWS if not row.unit], ids=lambda row: row.field)
def test_each_switch_is_taken(row: Any) -> None:
    assert getattr(limits(row.option), row.field) is True
    assert getattr(limits(f"--no-{row.option[2:]}"), row.field) is False


def test_off_is_no_limit_and_unpaced_leaves_what_is_given_besides() -> None:
    assert limits("--quote-calls-per-second", "off").pulls_per_s is None
    assert limits("--quote-calls-per-second", "2.5").pulls_per_s == 2.5
    mixed = limits("--unpaced", "--history-calls", "7")
    assert (mixed.history_calls, mixed.pulls_per_s, mixed.trade_calls) == (7, None, None)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--subscriptions", "0"), "--subscriptions='0': it is a whole number above 0. Left out, it is 500."),
        (("--subscriptions", "2.5"), "--subscriptions='2.5': it is a whole number above 0. Left out, it is 500."),
        (("--connections", "off"), "--connections='off': it is a whole number above 0. Left out, it is 10."),
        (("--history-calls", "many"), "--history-calls='many': it is a whole number above 0, or off for no limit."),
        (("--quote-calls-per-second", "nan"), "or off for no limit. Left out, it is 10."),
        (("--otp-life", "-1"), "--otp-life='-1': it is a number of at least 0. Left out, it is 60.0."),
        (("--push-every", "0"), "--push-every='0': it is a number above 0. Left out, it is 0.3."),
        (("--pushes-per-second", "inf"), "or off for no limit. Left out, it is off."),
        (("--port", "x"), "--port='x': it is a port from 1 to 65535, or 0 for a free one. See lpresearch sim --help."),
        (("--port", "70000"), "--port='70000': it is a port"),
        (("--seed", "-3"), "--seed='-3': it is a whole number of at least 0. See lpresearch sim --help."),
        (("--clock", "replay", "--day", "2026-03-02", "--speed", "fast"), "--speed='fast': it is a number."),
    ],
)
def test_a_bad_value_is_told_with_option_value_rule_and_next_step(
    options: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sim", *options]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert words in said.err
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"subscriptions": True}, "subscriptions=True: it is a whole number above 0. Left out, it is 500."),
        ({"pulls_at_once": "5"}, "pulls_at_once='5': it is a whole number above 0, or None for no limit."),
        ({"partial_pushes": 1}, "partial_pushes=1: it is True or False. Left out, it is True."),
        ({"trade_window_s": float("inf")}, "trade_window_s=inf: it is a number above 0. Left out, it is 30.0."),
    ],
)
def test_limits_of_python_are_held_against_the_same_rules(values: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError) as caught:
        Limits(**values)
    assert words in str(caught.value)


def test_help_shows_every_option_in_its_group(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["sim", "--help"])
    text = capsys.readouterr().out
    for group in (*GROUPS, "where it listens", "what it simulates", "the account", "how it runs"):
        assert f"\n{group}:\n" in text
    for row in ROWS:
        assert f"  {row.option}" in text


def test_the_readme_names_every_limit_and_its_default() -> None:
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    usual = asdict(Limits())
    for row in ROWS:
        (line,) = (line for line in text.splitlines() if line.startswith("|") and f"`{row.option}`" in line)
        _, options, defaults, _, _ = line.split("|")
        place = options.split(", ").index(next(word for word in options.split(", ") if f"`{row.option}`" in word))
        value = usual[row.field]
        words = {None: "off", True: "yes", False: "no"}
        written = words[value] if value is None or isinstance(value, bool) else f"{value:.7g}"
        assert defaults.strip().split(", ")[place] == written, row.option


def test_an_unknown_option_shows_the_usage_of_its_own_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["sim", "--foo"])
    said = capsys.readouterr().err
    assert said.startswith("usage: lpresearch sim ")
    assert said.endswith("error: unrecognized arguments: --foo\n")


def test_an_unknown_option_without_a_command_shows_the_usage_of_all(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--foo"])
    assert "COMMAND" in capsys.readouterr().err
