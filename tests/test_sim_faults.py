"""Faults on request: what a fault may say, whose turn it is, and what is said of a file that is wrong."""

from __future__ import annotations

import argparse
import asyncio
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpresearch.base.errors import ConfigError, InputError
from lpresearch.sim.command import EXIT_CANNOT, add_arguments, run
from lpresearch.sim.faults.fault import EFFECTS, KEYS, PLACES, Fault, Kind, Occurrence, Place
from lpresearch.sim.faults.fault_file import read_faults
from lpresearch.sim.faults.faults import Faults
from tests.sim_client import client
from tests.test_sim_command import ready, simulator

PUSH = Occurrence("quote", 101, symbols=frozenset({"700.HK"}))
ORDER = Occurrence("http", method="POST", path="/v1/trade/order", symbols=frozenset({"700.HK"}))


def strikes(fault: Fault, *, seen: int, what: Occurrence = PUSH, seed: int = 7) -> list[int]:
    """Which of so many alike are struck, from 1."""
    faults = Faults(seed, [fault])
    return [number for number in range(1, seen + 1) if faults.struck(what, before=False) is not None]


def test_a_fault_strikes_once_unless_told_otherwise() -> None:
    assert strikes(Fault("drop"), seen=5) == [1]
    assert strikes(Fault("drop", nth=3), seen=5) == [3]
    assert strikes(Fault("drop", nth=2, times=3), seen=9) == [2, 3, 4]
    assert strikes(Fault("drop", nth=4, times="always"), seen=6) == [4, 5, 6]


def test_chances_are_drawn_from_the_seed() -> None:
    fault = Fault("drop", times="always", probability=0.3)
    struck = strikes(fault, seen=1000)
    assert 240 < len(struck) < 360
    assert strikes(fault, seen=1000) == struck
    assert strikes(fault, seen=1000, seed=8) != struck


@pytest.mark.parametrize(
    ("selector", "fits"),
    [
        ({"on": "quote"}, True),
        ({"on": "trade"}, False),
        ({"on": "http"}, False),
        ({"command": 101}, True),
        ({"command": 102}, False),
        ({"symbol": "00700.hk"}, True),
        ({"symbol": "5.HK"}, False),
        ({"path": "/v1/trade/order"}, False),
        ({"method": "POST"}, False),
    ],
)
def test_a_fault_strikes_what_its_selector_means(selector: dict[str, Any], fits: bool) -> None:
    assert Fault("drop", **selector).fits(PUSH) is fits


def test_http_is_selected_by_method_path_and_symbol() -> None:
    assert Fault("lose_reply", method="POST", path="/v1/trade/order", symbol="700.HK").fits(ORDER)
    assert not Fault("lose_reply", method="GET").fits(ORDER)
    assert not Fault("lose_reply", path="/v1/trade").fits(ORDER)
    assert not Fault("drop", command=0).fits(ORDER)


def test_of_several_faults_one_strikes_at_a_time_in_the_order_of_adding() -> None:
    faults = Faults(7, [Fault("drop"), Fault("garble"), Fault("cut", nth=3)])
    kinds = [fault.kind if (fault := faults.struck(PUSH, before=False)) else None for _ in range(4)]
    assert kinds == ["drop", "garble", "cut", None]
    assert [one.fault.kind for one in faults.happened()] == ["drop", "garble", "cut"]
    assert faults.happened()[0].what == PUSH
    assert not faults.active


def test_cleared_faults_do_not_happen() -> None:
    faults = Faults(7, [Fault("drop", times="always")])
    assert faults.struck(PUSH, before=False) is not None
    faults.clear()
    assert faults.struck(PUSH, before=False) is None
    faults.add(Fault("cut"))
    assert faults.struck(PUSH, before=False) == Fault("cut")
    assert len(faults.happened()) == 2


def test_only_faults_can_be_added() -> None:
    with pytest.raises(InputError, match="it is a Fault"):
        Faults(7).add("cut")  # type: ignore[arg-type]  # the mistake that is meant


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"kind": "explode"}, "kind='explode': it is one of drop, delay"),
        ({"kind": "reorder", "on": "http"}, "on='http': reorder strikes quote or trade"),
        ({"kind": "drop", "on": "mail"}, "on='mail': drop strikes quote or trade or http"),
        ({"kind": "drop", "nth": 0}, "nth=0: it is a whole number of at least 1"),
        ({"kind": "drop", "nth": True}, "nth=True: it is a whole number"),
        ({"kind": "drop", "times": "ever"}, "times='ever': it is a whole number of at least 1, or 'always'"),
        ({"kind": "drop", "probability": 0}, "probability=0: it is above 0 and at most 1"),
        ({"kind": "drop", "probability": float("nan")}, "probability=nan: it is above 0"),
        ({"kind": "drop", "seconds": 1}, "seconds=1: drop takes nothing besides its selector"),
        ({"kind": "delay", "seconds": -1}, "seconds=-1: it is a number of seconds"),
        ({"kind": "drop", "command": 256}, "command=256: it is the number of a command"),
        ({"kind": "drop", "on": "http", "command": 14}, "command=14: commands are of the links"),
        ({"kind": "drop", "on": "quote", "path": "/v1"}, "path='/v1': it is of HTTP"),
        ({"kind": "drop", "path": "v1?a=1"}, "path='v1.a=1': it is a text that begins with /"),
        ({"kind": "refuse", "on": "quote", "json": False}, "json=False: it is of HTTP"),
        ({"kind": "refuse", "on": "quote", "status": 429}, "status=429: it is 400 to 599 over HTTP, and 1 to 255"),
        ({"kind": "refuse", "status": 7}, "status=7: it is 400 to 599 over HTTP"),
        ({"kind": "refuse", "command": 14, "status": 503}, "status=503: it is 400 to 599 over HTTP, and 1 to 255"),
        ({"kind": "drop", "symbol": "nonsense"}, "symbol='nonsense'"),
        ({"kind": "drop", "symbol": 700}, "symbol=700: it is a symbol such as"),
    ],
)
def test_a_fault_that_cannot_be_is_refused_by_key_value_and_rule(keys: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Fault(**keys)


@given(kind=st.sampled_from(Kind), place=st.sampled_from(PLACES))
def test_every_kind_can_be_asked_for_wherever_it_strikes_and_nowhere_else(kind: Kind, place: Place) -> None:
    if place in EFFECTS[kind].places:
        assert Fault(kind, on=place).on == place
    else:
        with pytest.raises(InputError, match=f"{kind} strikes"):
            Fault(kind, on=place)


def test_a_file_holds_one_table_for_each_fault(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(
        """
        # the third push of a quote is cut in the middle
        [[fault]]
        kind = "cut"
        on = "quote"
        command = 101
        nth = 3

        [[fault]]
        kind = "refuse"
        path = "/v1/trade/order"
        status = 429
        json = false
        times = "always"
        probability = 0.25
        """
    )
    assert read_faults(file) == (
        Fault("cut", on="quote", command=101, nth=3),
        Fault("refuse", path="/v1/trade/order", status=429, json=False, times="always", probability=0.25),
    )
    file.write_text("")
    assert read_faults(file) == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "[[fault]]\nkind = 'drop'\n[[fault]]\nkind = 'cut'\nnth = 0",
            r"faults.toml, fault 2, nth=0: it is a whole number",
        ),
        (
            "[[fault]]\nkind = 'drop'\nnumber = 3",
            "faults.toml, fault 1, number=3: there is no such key; there are kind, on",
        ),
        ("[[fault]]\non = 'quote'", "faults.toml, fault 1, kind=None: a fault needs a kind"),
        ("[[fault]]\nkind = 'drop'\nsymbol = 'x'", "faults.toml, fault 1, symbol='x'"),
        ("[[faults]]\nkind = 'drop'", "faults.toml holds 'faults', which is no fault"),
        ("fault = 3", "faults.toml: fault is not a list of tables"),
        ("fault = [3]", "faults.toml: fault is not a list of tables"),
        ("[[fault", "faults.toml is not TOML"),
    ],
)
def test_a_file_that_is_wrong_is_told_by_file_entry_key_value_and_rule(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "faults.toml"
    file.write_text(text)
    with pytest.raises((InputError, ConfigError), match=words):
        read_faults(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"the faults of .*none.toml cannot be read: No such file"):
        read_faults(tmp_path / "none.toml")
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_faults(tmp_path / "binary.toml")


def test_the_file_in_the_readme_is_right(tmp_path: Path) -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")
    [block] = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    (tmp_path / "faults.toml").write_text(block)
    assert [fault.kind for fault in read_faults(tmp_path / "faults.toml")] == ["cut", "refuse", "lose_reply"]
    named = re.findall(r"^\| `(\w+)` \|", readme.split("### Let it break")[1].split("\n## ")[0], re.MULTILINE)
    assert named == list(Kind)


def test_the_command_line_takes_a_file_and_tells_what_is_wrong_with_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    file = tmp_path / "faults.toml"
    file.write_text("[[fault]]\nkind = 'explode'")
    assert run(parser.parse_args(["--faults", str(file)])) == EXIT_CANNOT
    assert "faults.toml, fault 1, kind='explode': it is one of drop, delay" in capsys.readouterr().err


VALUES = st.one_of(
    st.sampled_from([*Kind, *PLACES, "always", "GET", "/v1/trade/order", "700.HK", ""]),
    st.integers(-2, 600),
    st.floats(),
    st.booleans(),
    st.text("a/.?", max_size=5),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.just("a"), st.integers(), max_size=1),
    st.dates(),
)


@given(keys=st.dictionaries(st.sampled_from(KEYS), VALUES), kind=st.sampled_from(Kind))
def test_whatever_a_file_holds_is_a_fault_or_an_input_error(keys: dict[str, Any], kind: Kind) -> None:
    with suppress(InputError):
        Fault(**{"kind": kind, **keys}).fits(PUSH)


def test_a_server_from_the_command_line_has_the_faults_of_its_file(tmp_path: Path) -> None:
    file = tmp_path / "faults.toml"
    file.write_text("[[fault]]\nkind = 'refuse'\npath = '/v1/socket/token'\ntimes = 2")

    async def ask(urls: dict[str, str]) -> list[int]:
        async with client(urls) as one:
            return [(await one.rest("GET", "/v1/socket/token"))[0] for _ in range(3)]

    with simulator("--faults", str(file)) as process:
        assert asyncio.run(ask(ready(process))) == [429, 429, 200]
