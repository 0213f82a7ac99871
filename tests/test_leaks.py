"""No link is left behind: on a server that allows one connection, whatever was closed, run again or killed before."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

import lpresearch as lp
from tests.sim_client import KEYS, client

WAIT_S = 60.0
PREFIXES = ("LONGBRIDGE_", "LONGPORT_")
KERNEL = """
import sys
import lpresearch as lp
live = lp.stream("700.HK")
assert len(live.latest) == 1
print("ready", flush=True)
sys.stdin.readline()
"""


class OneLink:
    """A simulator in a process of its own that allows one connection."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "lpresearch", "sim", "--port", "0", "--seed", "7", "--connections", "1"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self.process.stdout is not None
        self.urls: dict[str, str] = json.loads(self.process.stdout.readline())

    def environment(self) -> dict[str, str]:
        values = {name.upper(): value for name, value in (self.urls | KEYS).items()}
        return {prefix + name: value for prefix in PREFIXES for name, value in values.items()}

    def online(self) -> int:
        """Connections that the server counts."""

        async def ask() -> int:
            async with client(self.urls) as one:
                data = (await one.rest("GET", "/v1/socket/token"))[1]["data"]
                assert isinstance(data, dict)
                return int(data["online"])

        return asyncio.run(ask())

    def ends_at(self, count: int) -> bool:
        """Whether the server counts so many within some seconds; it may notice an end a moment later."""
        deadline = time.monotonic() + 10
        while self.online() != count:
            if time.monotonic() > deadline:
                return False
        return True


@pytest.fixture(scope="module")
def server() -> Iterator[OneLink]:
    one = OneLink()
    yield one
    one.process.terminate()
    one.process.communicate(timeout=WAIT_S)


@pytest.fixture
def one_link(server: OneLink, monkeypatch: pytest.MonkeyPatch) -> Iterator[OneLink]:
    """The simulator, to which every function connects by itself."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    yield server
    lp.disconnect()
    assert server.ends_at(0)


def kernel(environment: dict[str, str]) -> subprocess.Popen[str]:
    """A process that streams."""
    process = subprocess.Popen(
        [sys.executable, "-c", KERNEL],
        env=os.environ | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_a_cell_that_connects_fifty_times_holds_one_link(one_link: OneLink) -> None:
    for _ in range(50):
        lp.connect()
    assert len(lp.quote("700.HK")) == 1
    assert one_link.online() == 1


@pytest.mark.slow
def test_fifty_sessions_one_after_the_other_each_get_the_link(one_link: OneLink) -> None:
    for _ in range(50):
        session = lp.connect()
        assert session.register.holds_link
        lp.disconnect()
    assert one_link.ends_at(0)


def test_ten_cells_that_change_the_settings_leave_one_link(one_link: OneLink) -> None:
    for number in range(10):
        session = lp.connect(language=("en", "zh-HK")[number % 2])
        assert session.register.holds_link
    assert one_link.online() == 1


def test_streams_opened_and_closed_leave_the_link_and_no_more(one_link: OneLink) -> None:
    for _ in range(7):
        lp.stream("700.HK").close()
    assert one_link.online() == 1


@pytest.mark.slow
def test_a_kernel_that_is_killed_leaves_the_link_to_the_next(one_link: OneLink) -> None:
    for _ in range(3):
        process = kernel(one_link.environment())
        assert one_link.online() == 1
        process.kill()
        process.communicate(timeout=WAIT_S)
    with lp.stream("700.HK") as live:
        assert len(live.latest) == 1


def test_a_connect_that_fails_leaves_nothing(one_link: OneLink) -> None:
    for _ in range(5):
        with pytest.raises(lp.AuthFailed):
            lp.connect(access_token="wrong-token-0000")
    assert one_link.online() == 0
