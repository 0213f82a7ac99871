"""What every test may rely on: no credentials of the machine, folders of its own, no session left open, a broker."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.threaded import Running, serve
from tests.other_server import OtherServer, other_server

#: A Monday at noon in Hong Kong, in the middle of a week without holidays.
MONDAY_NOON = datetime(2025, 3, 10, 4, 0, tzinfo=UTC).timestamp()


if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a job that a shell runs in the background
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _own_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No credentials from outside, caches and state below ``tmp_path``, and the session closed afterwards."""
    for name in list(os.environ):
        if name.startswith(("LONGBRIDGE_", "LONGPORT_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LPRESEARCH_CACHE_DIR", str(tmp_path / "lpresearch-cache"))
    monkeypatch.setenv("LPRESEARCH_STATE_DIR", str(tmp_path / "lpresearch-state"))
    monkeypatch.chdir(tmp_path)  # no .env of the reader's own
    yield
    _disconnect()


@pytest.fixture
def clock() -> ManualClock:
    """The broker's clock, which stands still until it is moved."""
    return ManualClock(MONDAY_NOON, "real")


@pytest.fixture
def broker(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """A simulated broker to which every function connects by itself, and which records what it is asked."""
    with serve(seed=7, clock=clock, limits=Limits.unpaced(), history_quota=3) as running:
        yield from _as_the_broker(running, monkeypatch)


@pytest.fixture
def open_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """One as the embedded simulator is, with every market open, but on a thread: it is there at once."""
    with serve(limits=Limits.unpaced()) as running:
        yield from _as_the_broker(running, monkeypatch)


def _as_the_broker(running: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    """The one that is connected to for want of any other."""
    for name, value in running.environment().items():
        monkeypatch.setenv(name, value)
    yield running
    _disconnect()


@pytest.fixture
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[OtherServer]:
    """Another server, with the habits of the parameter; every function connects to it by itself."""
    with other_server(request.param, time.time()) as (running, port):
        address = f"127.0.0.1:{port}"
        urls = {"HTTP_URL": f"http://{address}", "QUOTE_WS_URL": f"ws://{address}", "TRADE_WS_URL": f"ws://{address}"}
        for name, value in {"APP_KEY": "k", "APP_SECRET": "s", "ACCESS_TOKEN": "t", **urls}.items():
            monkeypatch.setenv(f"LONGPORT_{name}", value)
        yield running
        _disconnect()


def _disconnect() -> None:
    """End the session, if there ever was one."""
    if "lpresearch.client.connection" in sys.modules:
        sys.modules["lpresearch.client.connection"].disconnect()
