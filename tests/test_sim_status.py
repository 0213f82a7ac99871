"""The status line of a simulator: what it tells, that it gives way to what is written, and how it ends."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lpresearch.sim import serve
from lpresearch.sim.process import Ending
from lpresearch.sim.server.traffic import Served
from lpresearch.sim.status import Screen, memory_bytes, show, status_line
from lpresearch.wire.proto import quote_pb2 as pb
from tests.sim_client import client

NOTHING = Served(clients=0, subscriptions=0, orders=0, packets_in=0, packets_out=0, calls=0)
CLEAR = "\r\x1b[K"
WAIT_S = 30.0


class Terminal(io.StringIO):
    """A terminal without a size."""

    def isatty(self) -> bool:
        return True


def test_the_line_tells_counts_and_the_rates_between_two_looks() -> None:
    now = Served(clients=1, subscriptions=500, orders=17, packets_in=24, packets_out=10_000, calls=5)
    told = "1 client | 500 subscriptions | 12 in/s | 5000 out/s | 2.5 calls/s | 17 orders | 84 MB"
    assert status_line(NOTHING, now, 2.0, memory_bytes=84_400_000) == told
    assert status_line(now, now, 1.0, memory_bytes=None).endswith("| 0 out/s | 0 calls/s | 17 orders")


def test_what_is_written_stands_in_place_of_the_line() -> None:
    screen = Screen(terminal := Terminal())
    screen.draw("x" * 200)
    screen.write("warning\n")
    screen.clear()
    assert terminal.getvalue() == f"{CLEAR}{'x' * 79}{CLEAR}warning\n"


def test_elsewhere_lines_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lpresearch.sim.status.TELL_S", 0.0)
    stream = io.StringIO()

    async def main() -> None:
        looks, enough = iter(range(4)), asyncio.Event()

        def look() -> Served:
            if next(looks) == 2:
                enough.set()
            return NOTHING

        showing = asyncio.create_task(show(look, Screen(stream)))
        await enough.wait()
        showing.cancel()

    asyncio.run(main())
    first = stream.getvalue().splitlines()[0]
    assert first.startswith("lpresearch sim: 0 clients | 0 subscriptions | 0 in/s | 0 out/s | 0 calls/s | 0 orders")


@pytest.mark.skipif(sys.platform != "linux", reason="told on Linux only")
def test_memory_is_that_of_this_process() -> None:
    assert 5e6 < (memory_bytes() or 0) < 5e9


def test_a_server_counts_what_it_serves() -> None:
    async def use(urls: dict[str, str]) -> Served:
        async with client(urls) as one, one.link() as wire:
            await wire.ask(6, pb.SubscribeRequest(symbol=["700.HK", "5.HK"], sub_type=[pb.SubType.DEPTH]))
            order = {"symbol": "700.HK", "side": "Buy", "order_type": "LO", "time_in_force": "Day"}
            await one.data(
                "POST", "/v1/trade/order", body=order | {"submitted_price": "1.000", "submitted_quantity": "100"}
            )
            return running.served()

    with serve() as running:
        served = asyncio.run(use(running.urls))
    assert (served.clients, served.subscriptions, served.orders) == (1, 2, 1)
    assert (served.packets_in, served.calls) == (2, 2)  # auth and subscribe; the one-time token and the order
    assert served.packets_out >= 2


def test_the_second_signal_forces_the_end() -> None:
    forced: list[int] = []
    ending = Ending(lambda: forced.append(130))
    ending.signalled()
    assert (ending.told.is_set(), forced) == (True, [])
    ending.signalled()
    assert forced == [130]


@contextmanager
def on_a_terminal(*options: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """The command with its messages on a terminal, and the other end of that."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "lpresearch.sim", *options],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    os.close(theirs)
    watchdog = threading.Timer(2 * WAIT_S, process.kill)
    watchdog.start()
    try:
        yield process, ours
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()
        os.close(ours)


def read_to_end(terminal: int) -> str:
    """What was written until the other end closed."""
    said = b""
    while True:
        try:
            some = os.read(terminal, 4096)
        except OSError:  # so Linux tells the end
            some = b""
        if not some:
            return said.decode()
        said += some


@pytest.mark.skipif(os.name == "nt", reason="no such terminals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_on_a_terminal_the_line_is_redrawn_and_gone_at_the_end(number: int) -> None:
    with on_a_terminal() as (process, terminal):
        assert process.stdout is not None
        urls = json.loads(process.stdout.readline())
        said = os.read(terminal, 4096).decode()  # waits for the first line
        process.send_signal(number)
        said += read_to_end(terminal)
        assert process.wait(WAIT_S) == 0
        assert process.stdout.read() == ""
    assert set(urls) == {"http_url", "quote_ws_url", "trade_ws_url"}
    assert said.startswith(f"{CLEAR}0 clients | 0 subscriptions")
    assert said.endswith(CLEAR)
    assert "\n" not in said


@pytest.mark.skipif(os.name == "nt", reason="no such terminals")
def test_without_status_a_terminal_stays_empty() -> None:
    with on_a_terminal("--no-status") as (process, terminal):
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert read_to_end(terminal) == ""
        assert process.wait(WAIT_S) == 0
