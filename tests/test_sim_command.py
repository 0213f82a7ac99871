"""``lpresearch sim`` as a process: its ready line, its end, and what bad arguments get."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from lpresearch.wire.proto import quote_pb2 as pb
from tests.sim_client import client

READY_S = 30.0
END_S = 10.0


@contextmanager
def simulator(*options: str) -> Iterator[subprocess.Popen[str]]:
    """The command as a child process with pipes."""
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "lpresearch.sim", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
    )
    watchdog = threading.Timer(READY_S + END_S, process.kill)
    watchdog.start()
    try:
        yield process
    finally:
        watchdog.cancel()
        process.kill()
        process.communicate()


def ready(process: subprocess.Popen[str]) -> dict[str, str]:
    """The URLs of the ready line."""
    assert process.stdout is not None
    urls = json.loads(process.stdout.readline())
    assert isinstance(urls, dict)
    return urls


def test_the_ready_line_names_three_urls_of_one_loopback_port() -> None:
    with simulator() as process:
        urls = ready(process)
        port = urls["http_url"].rpartition(":")[2]
        assert urls == {
            "http_url": f"http://127.0.0.1:{port}",
            "quote_ws_url": f"ws://127.0.0.1:{port}/quote",
            "trade_ws_url": f"ws://127.0.0.1:{port}/trade",
        }


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.skipif(os.name == "nt", reason="no such signals")
def test_a_signal_ends_it_cleanly_with_a_client_connected(number: int) -> None:
    async def use(urls: dict[str, str], process: subprocess.Popen[str]) -> str:
        async with client(urls) as one, one.link() as wire:
            body = await wire.ask(4, pb.UserQuoteProfileRequest(language="en"))
            process.send_signal(number)
            await wire.closed_with()
            return pb.UserQuoteProfileResponse.FromString(body).quote_level

    with simulator("--seed", "3") as process:
        assert asyncio.run(use(ready(process), process)) == "SIMULATED seed-3"
        output, errors = process.communicate(timeout=END_S)
        assert (process.returncode, output, errors) == (0, "", "")


def test_it_ends_when_its_stdin_closes() -> None:
    with simulator("--until-stdin-closes") as process:
        ready(process)
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
        assert (process.communicate(timeout=END_S)[1], process.returncode) == ("", 0)


def test_credentials_and_quota_are_as_told() -> None:
    async def use(urls: dict[str, str]) -> tuple[int, int]:
        async with client(urls) as one:
            keys = {"app_key": "k", "app_secret": "s", "access_token": "t"}
            _, envelope, _ = await one.rest("GET", "/v1/socket/token", keys=keys)
            data = envelope["data"]
            assert isinstance(data, dict)
            async with one.link(authenticated=False) as wire:
                await wire.auth(str(data["otp"]))
                profile = pb.UserQuoteProfileResponse.FromString(await wire.ask(4))
            status, _, _ = await one.rest("GET", "/v1/socket/token")
            return status, profile.history_candlestick_limit

    with simulator(
        "--app-key", "k", "--app-secret", "s", "--access-token", "t", "--history-quota", "3", "--clock", "real"
    ) as process:
        assert asyncio.run(use(ready(process))) == (403, 3)


def test_a_past_day_is_replayed_at_the_chosen_speed() -> None:
    async def look(urls: dict[str, str]) -> tuple[str, int]:
        async with client(urls) as one, one.link() as wire:
            _, _, headers = await one.rest("GET", "/v1/socket/token")
            body = await wire.ask(11, pb.MultiSecurityRequest(symbol=["700.HK"]))
            return headers["date"], pb.SecurityQuoteResponse.FromString(body).secu_quote[0].timestamp

    options = ("--clock", "replay", "--day", "2026-03-02", "--from", "10:00", "--speed", "60")
    with simulator(*options) as process:
        told, traded = asyncio.run(look(ready(process)))
    assert told.startswith("Mon, 02 Mar 2026 0")
    begin = datetime(2026, 3, 2, 10, tzinfo=ZoneInfo("Asia/Hong_Kong")).timestamp()
    assert begin - 60 <= traded < begin + 60 * READY_S


def test_a_host_beyond_this_machine_is_warned_of() -> None:
    with simulator("--host", "0.0.0.0", "--until-stdin-closes") as process:
        ready(process)
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
        assert "warning: listening on 0.0.0.0" in process.communicate(timeout=END_S)[1]


@pytest.mark.slow
def test_what_cannot_work_is_said_in_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for options, word in (
            (("--port", port), port),
            (("--port", "70000"), "70000"),
            (("--bars", str(tmp_path / "nowhere")), "nowhere"),
            (("--history-quota", "-1"), "--history-quota='-1': it is a whole number"),
            (("--clock", "replay"), "--clock replay needs a day"),
            (("--clock", "replay", "--day", "2026-03-01"), "HK does not trade on that day"),
            (("--speed", "60"), "--speed says how to replay"),
            (("--universe", "all"), "--universe='all': it is a whole number of at least 0"),
        ):
            with simulator(*options) as process:
                output, errors = process.communicate(timeout=END_S)
            assert (process.returncode, output) == (2, "")
            assert word in errors
            assert errors.count("\n") == 1
