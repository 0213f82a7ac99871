"""Recordings: packets as they came, files that are only added to, and the simulator that plays them again."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.errors import WireError
from lpresearch.base.pushes import Kind
from lpresearch.net.recorder import Recorder
from lpresearch.sim.assembly import assemble
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.market.replay import Replay
from lpresearch.sim.server.door import Keys
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.threaded import Running
from lpresearch.wire import recording
from lpresearch.wire.proto import quote_pb2 as pb

WAIT_S = 20.0
VALUES = ["last_done", "prev_close", "open", "high", "low", "volume", "turnover"]


def eventually(done: Callable[[], bool]) -> None:
    give_up = time.monotonic() + WAIT_S
    while not done():
        assert time.monotonic() < give_up
        threading.Event().wait(0.02)


def push(number: int) -> bytes:
    return pb.PushQuote(symbol="700.HK", sequence=number, last_done=f"{number}.5").SerializeToString()


def written(path: Path) -> list[recording.Recorded]:
    with path.open("rb") as file:
        return list(recording.pushes(file))


@pytest.fixture
def some(tmp_path: Path) -> Path:
    """A recording of three pushes."""
    path = tmp_path / "some.lprec"
    recorder = Recorder(path, {"symbols": ["700.HK"]}, kinds=[Kind.QUOTE], symbols=["700.HK"])
    for number in (1, 2, 3):
        recorder.take(101, push(number))
    recorder.take(102, push(4))  # another kind
    recorder.take(101, pb.PushQuote(symbol="5.HK").SerializeToString())  # another symbol
    recorder.close()
    return path


def test_a_recording_holds_the_packets_of_its_stream_as_they_came(some: Path) -> None:
    assert [(one.command, one.body) for one in written(some)] == [(101, push(number)) for number in (1, 2, 3)]
    moments = [one.at_ns for one in written(some)]
    assert moments == sorted(moments)
    with some.open("rb") as file:
        notes = [json.loads(payload) for _, payload in recording.entries(file) if payload[:1] == b"{"]
    assert notes == [{"symbols": ["700.HK"]}]


def test_a_recording_cut_at_any_byte_is_read_to_its_last_whole_entry_and_written_on(some: Path) -> None:
    whole = some.read_bytes()
    counts = []
    for size in range(len(recording.MAGIC), len(whole)):
        counts.append(len(list(recording.pushes(io.BytesIO(whole[:size])))))
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (0, 2)
    some.write_bytes(whole[:-5])
    recorder = Recorder(some, {}, kinds=[Kind.QUOTE], symbols=["700.HK"])
    recorder.take(101, push(9))
    recorder.close()
    assert [one.body for one in written(some)] == [push(1), push(2), push(9)]


@pytest.mark.parametrize("place", [10, 20, 60, 100])
def test_a_byte_that_was_changed_ends_the_reading_before_it(some: Path, place: int) -> None:
    whole = bytearray(some.read_bytes())
    whole[place] ^= 0x40
    read = [one.body for one in recording.pushes(io.BytesIO(whole))]
    assert read == [push(number) for number in (1, 2, 3)][: len(read)]
    assert len(read) < 3


def test_a_file_that_is_something_else_is_not_written_on(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("my own words")
    with pytest.raises(lp.UsageError, match=r"mine\.txt"):
        Recorder(path, {}, kinds=[Kind.QUOTE], symbols=["700.HK"])
    assert path.read_text() == "my own words"
    with pytest.raises(WireError):
        written(path)
    with pytest.raises(lp.UsageError, match="cannot be written"):
        Recorder(tmp_path / "no" / "such" / "folder", {}, kinds=[], symbols=[])


@pytest.fixture
def recorded(broker: Running, clock: ManualClock, tmp_path: Path) -> Iterator[tuple[Path, lp.Stream]]:
    """Some minutes of an afternoon as a recording, and the stream that it was made of."""
    clock.advance(90 * 60)
    path = tmp_path / "afternoon.lprec"
    with lp.stream(["700.HK", "5.HK"], kinds=tuple(Kind)) as live:
        with live.record(path) as running:
            for _ in range(5):
                before = running.packets
                clock.advance(30)
                eventually(lambda before=before: running.packets > before + 3)  # type: ignore[misc]
            eventually(lambda: live.table("quote")["timestamp"].equals(lp.quote(live.symbols)["timestamp"]))
        assert "closed" in repr(running)
        running.close()
        yield path, live


def test_a_recording_is_played_again_packet_for_packet(
    recorded: tuple[Path, lp.Stream], monkeypatch: pytest.MonkeyPatch
) -> None:
    path, live = recorded
    truth = {kind: live.table(kind) for kind in (Kind.QUOTE, Kind.DEPTH)}
    tape, pushes = live.frame("trade"), written(path)
    lp.disconnect()
    replay = Replay(path)
    server = assemble(
        seed=99,  # another market behind it
        clock=replay.clock(speed=50.0),
        bars=None,
        keys=Keys(),
        limits=Limits.unpaced(),
        history_quota=10,
        replay=replay,
    )
    running = Running(server, deque(), host="127.0.0.1", port=0)
    try:
        for name, value in running.environment().items():
            monkeypatch.setenv(name, value)
        with lp.stream(["700.HK", "5.HK"], kinds=tuple(Kind)) as again:
            assert again.table("quote")["prev_close"].equals(truth[Kind.QUOTE]["prev_close"])
            last = max(one.at_ns for one in pushes) / 1e9
            eventually(lambda: server.market.now() > last and len(again.frame("trade")) >= len(tape.loc["700.HK"]))
            eventually(lambda: again.table("quote")[VALUES].equals(truth[Kind.QUOTE][VALUES]))
            eventually(lambda: again.table("depth").equals(truth[Kind.DEPTH]))
            recorded_trades = pd.DataFrame(again.frame("trade"))[["timestamp", "price", "volume"]]
            assert len(recorded_trades) <= len(tape)
            assert not again.missed
    finally:
        lp.disconnect()
        running.close()


def test_a_stream_that_ends_ends_its_recording(recorded: tuple[Path, lp.Stream], tmp_path: Path) -> None:
    _, live = recorded
    running = live.record(tmp_path / "more.lprec")
    assert "recording" in repr(running)
    live.close()
    assert running.closed
    with pytest.raises(lp.UsageError, match="closed"):
        live.record(tmp_path / "never.lprec")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--recording", "no.lprec", "--clock", "replay"], "recording"),
        (["--recording", "no.lprec"], "--clock replay"),
        (["--recording", "no.lprec", "--clock", "replay", "--day", "2026-03-02"], "--day"),
    ],
)
def test_a_recording_that_cannot_be_played_is_named(options: list[str], said: str, tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "lpresearch", "sim", *options], capture_output=True, text=True, timeout=60, cwd=tmp_path
    )
    assert told.returncode == 2
    assert said in told.stderr
