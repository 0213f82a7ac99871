"""What every test may rely on: no credentials of the machine, folders of its own, and no session left open."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No credentials from outside, caches and state below ``tmp_path``, and the session closed afterwards."""
    for name in list(os.environ):
        if name.startswith(("LONGBRIDGE_", "LONGPORT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LPRESEARCH_CACHE_DIR", str(tmp_path / "lpresearch-cache"))
    monkeypatch.setenv("LPRESEARCH_STATE_DIR", str(tmp_path / "lpresearch-state"))
    yield
    if "lpresearch.client.connection" in sys.modules:
        sys.modules["lpresearch.client.connection"].disconnect()
