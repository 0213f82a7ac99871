"""A variable of the environment changes our connection as it changes that of the official SDKs."""

from __future__ import annotations

import pytest

import lpresearch as lp
from lpresearch.sim.server.recorder import Recorded
from tests.conformance.bench import open_bench, run_sdk
from tests.conformance.headers import headers, metadata, upgrade_headers

#: SDK that knows it, setting, value, and the word by which it shows (longport.md 1, 2.1).
SETTINGS = [
    ("longport", "ENABLE_OVERNIGHT", "true", "need_over_night_quote"),
    ("longbridge", "ENABLE_OVERNIGHT", "true", "need_over_night_quote"),
    ("longport", "LANGUAGE", "zh-HK", "zh-HK"),
    ("longbridge", "LANGUAGE", "zh-HK", "zh-HK"),
    ("longbridge", "PAPERTRADING", "true", "x-papertrading"),
]


@pytest.mark.parametrize(("brand", "name", "value", "word"), SETTINGS)
def test_a_setting_changes_token_upgrade_auth_and_profile_alike(
    monkeypatch: pytest.MonkeyPatch, brand: str, name: str, value: str, word: str
) -> None:
    call, prefix = "connect quotes", f"{brand.upper()}_"
    with open_bench() as bench:
        theirs = run_sdk(bench, brand, settings={prefix + name: value}, last=call).requests[call]
        variables = bench.server.environment() | {prefix + name: value}
        for variable, text in variables.items():
            if variable.startswith(prefix):
                monkeypatch.setenv(variable, text)
        before = len(bench.server.recorded)
        lp.connect()
        ours = bench.server.recorded[before:]
        lp.disconnect()
    assert word in str(opening(brand, theirs))
    assert opening(brand, theirs) == opening(brand, ours)


def opening(brand: str, requests: list[Recorded]) -> list[object]:
    """What a client says while it connects: the token's headers, the upgrade's, the metadata, the profile's body."""
    token, auth, profile = requests[:3]
    assert [request.command for request in (token, auth, profile)] == [0, 2, 4]
    return [headers(brand, token), upgrade_headers(brand, auth), metadata(auth), profile.body]
