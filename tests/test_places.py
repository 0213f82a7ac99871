"""Folders by argument, variable and platform; file names that no disk refuses or confuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpresearch.accounts.places import account_path, cache_folder, original_text, safe_name, state_folder

DEVICES = {"CON", "PRN", "AUX", "NUL", *(f"{name}{n}" for name in ("COM", "LPT") for n in range(10))}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("700.HK", "700.HK"),
        ("BRK.A.US", "BRK.A.US"),
        ("CON.US", "%43ON.US"),
        ("COM1.US", "%43OM1.US"),
        ("COMB.US", "COMB.US"),
        (".DJI.US", "%2EDJI.US"),
        ("ends.", "+ends%2E"),
        ("longport@127.0.0.1:80", "+longport%40127.0.0.1%3A80"),
        ("aB", "+a+B"),
        ("", "%"),
    ],
)
def test_a_name_is_spelt_so_that_every_disk_takes_it(text: str, name: str) -> None:
    assert safe_name(text) == name
    assert original_text(name) == text


@settings(deadline=None)
@given(st.text(max_size=30))
def test_every_text_comes_back_from_its_name(text: str) -> None:
    name = safe_name(text)
    assert original_text(name) == text
    assert original_text(name.lower()) == text
    assert name.partition(".")[0].upper() not in DEVICES
    assert not name.endswith((".", " "))
    assert not name.startswith(".")
    assert not set(name) & set('<>:"/\\|?* ')


@settings(deadline=None)
@given(st.text(alphabet="aAbB+%.4", max_size=6), st.text(alphabet="aAbB+%.4", max_size=6))
def test_two_texts_never_share_a_name_on_a_case_blind_disk(one: str, two: str) -> None:
    assert (safe_name(one).lower() == safe_name(two).lower()) == (one == two)


def test_an_argument_goes_before_the_variable_and_the_variable_before_the_platform(tmp_path: Path) -> None:
    variables = {"LPRESEARCH_CACHE_DIR": str(tmp_path / "c"), "LPRESEARCH_STATE_DIR": str(tmp_path / "s")}
    assert cache_folder(tmp_path / "given", variables) == tmp_path / "given"
    assert cache_folder(None, variables) == tmp_path / "c"
    assert state_folder(None, variables) == tmp_path / "s"
    assert "lpresearch" in str(cache_folder(None, {}))
    assert "lpresearch" in str(state_folder(None, {}))


def test_accounts_of_two_sources_have_files_apart(tmp_path: Path) -> None:
    assert account_path(tmp_path, "longport", "42") != account_path(tmp_path, "sim-seed-7", "42")
