"""The session: found by itself, one at a time, interruptible, and clear about what it cannot reach."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import lpresearch as lp
from lpresearch.base.settings import PREFIXES
from lpresearch.sim.threaded import Running
from tests.tcp_proxy import TcpProxy, tcp_proxy

URLS = ("HTTP_URL", "QUOTE_WS_URL", "TRADE_WS_URL")


@pytest.fixture
def line(broker: Running, monkeypatch: pytest.MonkeyPatch) -> Iterator[TcpProxy]:
    """A line to the broker that can fall silent or break."""
    with tcp_proxy(broker.urls["http_url"]) as proxy:
        for name in URLS:
            for prefix in PREFIXES:
                monkeypatch.setenv(prefix + name, proxy.through(broker.urls[name.lower()]))
        yield proxy
        lp.disconnect()


def _set(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"LONGPORT_{name}", value)
        monkeypatch.setenv(f"LONGBRIDGE_{name}", value)


def _quote_in_vain() -> None:
    with pytest.raises(lp.LpError):
        lp.quote("700.HK")


def _threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if thread.name.startswith("lpresearch")}


@pytest.mark.usefixtures("broker")
def test_connecting_again_with_the_same_settings_keeps_the_session() -> None:
    first = lp.connect()
    for _ in range(50):
        assert lp.connect() is first
    assert lp.session() is first


@pytest.mark.usefixtures("broker")
def test_the_first_call_connects_by_itself_and_says_simulated() -> None:
    assert list(lp.quote("HK.00700").index) == ["700.HK"]
    assert "SIMULATED seed-7" in repr(lp.session())


@pytest.mark.usefixtures("broker")
def test_disconnecting_leaves_no_thread_and_no_session() -> None:
    session = lp.connect()
    live = lp.stream("700.HK")
    lp.disconnect()
    assert session.closed
    assert live.closed
    assert not {name for name in _threads() if name != "lpresearch-sim"}
    lp.disconnect()  # again does nothing


def test_without_credentials_the_embedded_simulator_answers_and_ends_with_the_session() -> None:
    session = lp.connect()
    assert session.simulated.startswith("seed-")
    folder = session.cache_path.parent
    assert folder.exists()
    lp.disconnect()
    assert not folder.exists()
    assert not session.healthy


def test_an_embedded_simulator_that_died_is_replaced_by_the_next_call() -> None:
    session = lp.connect()
    assert session._simulator is not None
    session._simulator.close()
    assert len(lp.quote("700.HK")) == 1
    assert lp.session() is not session


def test_a_call_and_a_stream_end_at_once_when_the_embedded_simulator_is_killed() -> None:
    session = lp.connect()
    assert session._simulator is not None
    live = lp.stream("700.HK")
    waiting = session.io(asyncio.sleep(100))  # stands for a call under way
    os.kill(session._simulator._process.pid, signal.SIGKILL)
    with pytest.raises(lp.LinkClosed):
        waiting.block()

    async def until_it_ends() -> None:
        async with asyncio.timeout(20):
            async for _ in live:
                pass

    asyncio.run(until_it_ends())
    assert live.closed
    assert len(lp.quote("700.HK")) == 1


def test_half_a_set_of_credentials_is_an_error_not_the_simulator(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, APP_KEY="key")
    with pytest.raises(lp.ConfigError, match="APP_SECRET"):
        lp.quote("700.HK")


def test_credentials_are_found_in_a_dotenv_file(
    broker: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = broker.environment()
    for name in variables:
        monkeypatch.delenv(name)
    lines = [f"{name}={value}" for name, value in variables.items() if name.startswith("LONGPORT_")]
    (tmp_path / ".env").write_text("\n".join(lines))
    assert lp.connect().settings.http_url == broker.urls["http_url"]


@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize("name", ["APP_KEY", "APP_SECRET", "ACCESS_TOKEN"])
def test_wrong_credentials_say_which_to_check(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, **{name: "a-wrong-value-of-it"})
    with pytest.raises(lp.AuthFailed, match=r"app key|token|signature") as caught:
        lp.quote("700.HK")
    assert "wrong-value" not in str(caught.value)


@pytest.mark.usefixtures("broker")
def test_an_unreachable_server_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        _set(monkeypatch, HTTP_URL=url)
        with pytest.raises(lp.LinkError, match=url):
            lp.quote("700.HK")


def test_ctrl_c_against_a_silent_server_returns_within_a_second_and_the_session_still_works(line: TcpProxy) -> None:
    lp.quote("700.HK")
    line.silent = True
    sent_at: list[float] = []

    def interrupt() -> None:
        if not sent_at:
            sent_at.append(time.monotonic())
            os.kill(os.getpid(), signal.SIGINT)

    line.on_request = interrupt
    with pytest.raises(KeyboardInterrupt):
        lp.quote("700.HK")
    assert time.monotonic() - sent_at[0] < 1.0
    line.silent = False
    assert len(lp.quote("700.HK")) == 1


def test_other_threads_keep_running_during_a_call_against_a_silent_server(line: TcpProxy) -> None:
    lp.connect()
    line.silent = True
    ticks = 0
    waiting = threading.Event()
    line.on_request = waiting.set
    call = threading.Thread(target=_quote_in_vain)
    call.start()
    assert waiting.wait(10)
    while call.is_alive() and ticks < 10_000:
        ticks += 1
    assert ticks == 10_000
    lp.disconnect()
    call.join(10)
    assert not call.is_alive()


def test_a_call_that_waits_is_cancelled_by_its_task(line: TcpProxy) -> None:
    lp.connect()
    line.silent = True

    async def cell() -> None:
        async with asyncio.timeout(0.2):
            await lp.quote.aio("700.HK")

    with pytest.raises(TimeoutError):
        asyncio.run(cell())
    line.silent = False
    assert len(lp.quote("700.HK")) == 1


@pytest.mark.slow
def test_a_broken_line_is_mended_and_streams_go_on(line: TcpProxy, broker: Running) -> None:
    with lp.stream("700.HK") as live:
        line.cut()
        heard = threading.Event()
        live.on(lambda _: heard.set())
        assert heard.wait(20), "subscribed again after the reconnect, with a first push"
    assert [request.command for request in broker.recorded if request.kind == "ws"].count(3) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform cannot fork")
@pytest.mark.usefixtures("broker")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # Python's own, of os.fork
def test_a_fork_opens_a_session_of_its_own_and_leaves_the_parents_alone() -> None:
    session = lp.connect()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if len(lp.quote("700.HK")) == 1 and lp.session() is not session else 2
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert len(lp.quote("700.HK")) == 1
    assert lp.session() is session


def test_the_interpreter_ends_at_once_with_a_session_open(broker: Running) -> None:
    code = "import lpresearch as lp; live = lp.stream('700.HK'); lp.quote('700.HK'); print('ok')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env=os.environ | broker.environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert (done.stdout, done.stderr, done.returncode) == ("ok\n", "", 0)


def test_nested_loops_are_allowed_on_request() -> None:
    code = (
        "import asyncio, lpresearch as lp\n"
        "lp.allow_nested_loops()\n"
        "async def inner(): return 7\n"
        "async def outer(): return asyncio.run(inner())\n"
        "print(asyncio.run(outer()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "7\n"


@pytest.mark.usefixtures("broker")
def test_doctor_finds_everything_well_and_shows_no_secret() -> None:
    report = lp.doctor()
    text = repr(report)
    assert report.healthy, text
    for subject in ("versions", "credentials", "endpoints", "server", "clock", "cache", "state"):
        assert subject in text
    assert "sim-secret" not in text


def test_doctor_says_what_is_wrong_and_does_not_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    _set(monkeypatch, APP_KEY="key")
    report = lp.doctor()
    assert not report.healthy
    assert "half given" in repr(report)
