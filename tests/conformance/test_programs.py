"""Programs as the official SDKs show them in their examples run unchanged: given URLs and credentials, nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import Clock
from tests.conformance.bench import ROOT, START

pytestmark = pytest.mark.slow  # two seconds for each start of an SDK

WAYS = {"longport": ("keys",), "longbridge": ("keys", "oauth")}
SPEED = 10.0  # seconds of the market in one of ours, so that a minute is soon over
#: What the words that begin the lines of a program's output are, and how often each comes; None for at least once.
TOLD: dict[str, dict[str, int | None]] = {
    "account": {"cash": None, "position": None},
    "history": {"offset": 10, "dates": 34},
    "orders": {"sent": 1, "order": None},
    "bracket": {"sent": 1, "leg": 2},
    "watch": {"push": None},
    "minutes": {"push": None},
    "bare_http": {"trades": 1},
}
NEWER = {"bracket"}  # 3.x has no attached orders
RUNS = [
    (program, brand, way)
    for brand, ways in WAYS.items()
    for way in ways
    for program in TOLD
    if brand != "longport" or program not in NEWER
]


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    """One server with the broker's own limits for all programs."""
    with serve(clock=Clock(start=START, speed=SPEED)) as running:
        yield running


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a token of OAuth lies, where the SDK looks for it (longport.md 2.6)."""
    folder = tmp_path_factory.mktemp("home")
    tokens = folder / ".longbridge" / "openapi" / "tokens"
    tokens.mkdir(parents=True)
    token = {
        "client_id": "sim-key",
        "access_token": "sim-token",
        "refresh_token": None,
        "expires_at": int(time.time()) + 86_400,
    }
    (tokens / "sim-key").write_text(json.dumps(token))
    return folder


@pytest.mark.parametrize(("program", "brand", "way"), RUNS, ids=str)
def test_a_program_runs_to_its_end(server: Running, home: Path, program: str, brand: str, way: str) -> None:
    keys = server.environment()
    if way == "oauth":  # without any secret
        keys = {name: value for name, value in keys.items() if name.endswith(("_URL", "_REGION"))}
    others = {name: value for name, value in os.environ.items() if not name.startswith(("LONGPORT_", "LONGBRIDGE_"))}
    done = subprocess.run(
        [sys.executable, "-m", f"tests.conformance.programs.{program}", brand, way],
        cwd=ROOT,
        env=others | keys | {"HOME": str(home), "CLIENT_ID": "sim-key", "TZ": "Asia/Hong_Kong"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = Counter(line.split()[0] for line in done.stdout.splitlines() if line[:1].islower())
    assert told.keys() == TOLD[program].keys(), done.stdout
    for word, count in TOLD[program].items():
        assert count in (None, told[word]), done.stdout
