"""Which process holds the quote link of an account, and what the others do meanwhile."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

import lpresearch as lp
from lpresearch.accounts.lease import Lease
from lpresearch.accounts.process import ProcessId, program_name, this_process
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.threaded import Running, serve
from lpresearch.sources.longport import LongPort
from lpresearch.sources.longport_line import Unclaimed
from tests.fake_server import FakeServer, envelope
from tests.sim_client import Client
from tests.test_sim_rest import with_client

NOON = 1741579200.0
KERNEL = """
import sys
import lpresearch as lp
session = lp.connect()
print("account", session.account)
print("ready", flush=True)
sys.stdin.readline()
lp.disconnect()
print("done", flush=True)
sys.stdin.readline()
"""
WAIT_S = 60
AUTH = 2


def lease(path: Path, program: str = "research.ipynb") -> Lease:
    return Lease(path / "account.sqlite", program=program, now=lambda: NOON)


class Kernel:
    """A process that holds a session until it is told to end it, or is killed."""

    def __init__(self, broker: Running, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", KERNEL],
            env=os.environ | broker.environment() | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.pid = self.process.pid
        self.account = self._until("ready")[-1].removeprefix("account ")

    def disconnect(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self._until("done")

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate(timeout=WAIT_S)

    def _until(self, word: str) -> list[str]:
        said: list[str] = []
        assert self.process.stdout is not None
        while (line := self.process.stdout.readline().rstrip("\n")) != word:
            assert line or self.process.poll() is None, self.process.communicate(timeout=WAIT_S)[1]
            said.append(line)
        return said


@pytest.fixture
def kernel(broker: Running) -> Iterator[Kernel]:
    """Another kernel of the account, which came first."""
    one = Kernel(broker, JPY_SESSION_NAME="papers/first.ipynb")
    yield one
    one.kill()


def commands(broker: Running, link: str = "quote") -> list[int]:
    return [request.command for request in broker.recorded if request.kind == "ws" and request.link == link]


def held() -> str:
    """Who holds the quote link, in the words of the doctor."""
    (finding,) = (check.finding for check in lp.doctor().checks if check.subject == "quote link")
    return finding


# ------------------------------------------------------------------ the lease alone


def test_one_holds_it_and_the_others_learn_who(tmp_path: Path) -> None:
    first, second = lease(tmp_path), lease(tmp_path, "other.py")
    assert first.take() is None
    assert first.take() is None
    holder = second.take()
    assert holder is not None
    assert str(holder) == "this process (research.ipynb) since 2025-03-10 04:00:00 UTC"
    assert (first.held, second.held) == (True, False)
    assert second.holder() == first.holder() == holder


def test_what_is_given_back_is_free(tmp_path: Path) -> None:
    first, second = lease(tmp_path), lease(tmp_path)
    first.take()
    first.give_back()
    assert first.holder() is None
    assert second.take() is None
    first.give_back()  # once more takes nothing from the next holder
    assert second.holder() is not None


def test_a_process_that_has_ended_holds_nothing(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from lpresearch.accounts.lease import Lease\n"
        "one = Lease(Path(sys.argv[1]) / 'account.sqlite', program='x', now=lambda: 0.0)\n"
        "assert one.take() is None; os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=WAIT_S)
    assert lease(tmp_path).take() is None


def test_a_process_number_that_is_used_again_is_another_process() -> None:
    here = this_process()
    assert here.alive
    assert not ProcessId(here.pid, here.started + "0", here.place).alive


def test_a_killed_process_that_nobody_has_waited_for_is_not_alive() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    code = "import sys; from lpresearch.accounts import process as p; print(p._started(int(sys.argv[1])))"
    told = subprocess.run([sys.executable, "-c", code, str(child.pid)], capture_output=True, text=True, check=True)
    other = ProcessId(child.pid, told.stdout.strip(), this_process().place)
    assert other.alive
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not other.alive
    child.communicate(timeout=WAIT_S)


def test_a_process_in_another_container_cannot_be_seen_and_does_not_block(tmp_path: Path) -> None:
    assert ProcessId(1, "1", "elsewhere").alive is None


@pytest.mark.parametrize(
    ("variables", "arguments", "name"),
    [
        ({"JPY_SESSION_NAME": "papers/day.ipynb"}, ["/x/ipykernel_launcher.py", "-f", "y"], "day.ipynb"),
        ({}, ["/x/ipykernel_launcher.py", "-f", "y"], "a notebook"),
        ({}, ["/x/pairs.py"], "pairs.py"),
        ({}, ["-c"], "Python"),
        ({}, [""], "Python"),
    ],
)
def test_a_process_is_called_as_a_person_calls_it(variables: dict[str, str], arguments: list[str], name: str) -> None:
    assert program_name(variables, arguments) == name


# ------------------------------------------------------------------ two kernels of one account


def test_a_second_kernel_pulls_over_http_and_opens_no_link(broker: Running, kernel: Kernel) -> None:
    assert lp.quote("700.HK").index.tolist() == ["700.HK"]
    assert len(lp.candles("700.HK", count=10)) == 10
    assert lp.session().account == kernel.account
    assert commands(broker).count(AUTH) == 1
    assert held().startswith(f"held by process {kernel.pid} (first.ipynb) since 2")
    assert held().endswith("; quotes are asked over HTTP here")


@pytest.mark.usefixtures("broker")
def test_a_stream_asked_for_elsewhere_names_the_holder_and_what_to_do(kernel: Kernel) -> None:
    with pytest.raises(lp.LinkTaken) as caught:
        lp.stream("700.HK")
    words = str(caught.value)
    assert f"the account's quote link is held by process {kernel.pid} (first.ipynb) since 2" in words
    assert "disconnect()" in words
    assert len(lp.quote("700.HK")) == 1


def test_the_link_of_a_kernel_that_is_killed_is_free_at_once(broker: Running, kernel: Kernel) -> None:
    lp.connect()
    kernel.kill()
    with lp.stream("700.HK") as live:
        assert len(live.latest) == 1
    assert commands(broker).count(AUTH) == 2
    assert held().startswith("held by this process")


def test_a_kernel_that_disconnects_leaves_the_link_to_the_next(broker: Running, kernel: Kernel) -> None:
    kernel.disconnect()
    lp.quote("700.HK")
    assert commands(broker).count(AUTH) == 2
    assert commands(broker)[-1] == 11


def test_the_trade_link_is_apart(broker: Running, kernel: Kernel) -> None:
    assert kernel.pid
    session = lp.connect()
    session.io(session.source.watch_orders()).block()
    assert commands(broker, "trade") == [AUTH, 16]
    assert commands(broker).count(AUTH) == 1


def test_a_kernel_of_other_credentials_of_the_account_gives_way_when_it_learns_whose_they_are(
    broker: Running, kernel: Kernel
) -> None:
    """The first connection of a token on this machine: only the server's answer tells that the account is the same."""
    members = Path(os.environ["LPRESEARCH_STATE_DIR"]) / "members.sqlite"
    for file in members.parent.glob("members.sqlite*"):
        file.unlink()
    lp.quote("700.HK")
    assert commands(broker).count(AUTH) == 2, "it had to ask"
    assert held().startswith(f"held by process {kernel.pid} ")
    assert lp.session().account == kernel.account


def test_where_the_server_answers_no_quotes_over_http_that_is_said() -> None:
    async def scene() -> None:
        async with FakeServer() as server:
            server.http = refuse_quotes
            source = LongPort(server.settings(), Held())
            with pytest.raises(lp.LinkTaken, match=r"held by process 7 .*, and the server answers no quotes over HTTP"):
                await source.open()
            await source.close()
            assert server.peers == []

    asyncio.run(scene())


async def refuse_quotes(request: web.Request) -> web.StreamResponse:
    return envelope(None, code=404001, message="no such path", status=404)


class Held(Unclaimed):
    """The link is held by another process."""

    def take(self, mark: str) -> None:
        raise lp.LinkTaken("ws://here", "the account's quote link is held by process 7 (a.ipynb)")


# ------------------------------------------------------------------ the server's own count


def test_where_another_program_has_the_only_connection_pulls_go_over_http_and_streams_say_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = replace(Limits.unpaced(), connections=1)
    with serve(clock=ManualClock(NOON), limits=limits) as running:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)

        async def scene(other: Client) -> None:
            async with other.link():
                assert len(await lp.quote.aio("700.HK")) == 1
                with pytest.raises(lp.LinkTaken, match=r"all 1 connection\(s\) of the account are in use"):
                    await lp.stream.aio("700.HK")
            assert await freed(other)
            (await lp.stream.aio("700.HK")).close()  # the other program has ended

        with_client(running, scene)
        lp.disconnect()


async def freed(other: Client) -> bool:
    """Whether the server has noticed within some seconds that nobody is connected."""
    for _ in range(200):
        data = (await other.rest("GET", "/v1/socket/token"))[1]["data"]
        assert isinstance(data, dict)
        if data["online"] == 0:
            return True
        await asyncio.sleep(0.02)
    return False
