"""Filling the store: what it says first, what it spends, what it does with symbols that fail, and going on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lpresearch as lp
from lpresearch.cli import main
from lpresearch.data.universe import read_universe
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running

HISTORY, NEWEST, STATIC = 27, 19, 10
OLD: dict[str, Any] = {"start": "2015-01-01", "end": "2016-12-31"}
WAIT_S = 60


def _commands(broker: Running) -> list[int]:
    commands = [request.command for request in broker.recorded if request.kind == "ws"]
    return [command for command in commands if command in (HISTORY, NEWEST, STATIC)]


def test_a_dry_run_says_what_would_be_spent_and_asks_for_nothing(broker: Running) -> None:
    lp.candles("700.HK", **OLD)
    before = _commands(broker)
    said = lp.backfill(["700.HK", "5.HK", "AAPL.US"], dry_run=True, **OLD)
    assert said["outcome"].tolist() == ["stored", "to do", "to do"]
    assert said["quota_units"].tolist() == [0, 1, 1]
    assert (said["seconds"] > 0).tolist() == [False, True, True]
    assert _commands(broker) == before


def test_a_backfill_spends_what_the_dry_run_said_and_again_nothing(broker: Running) -> None:
    said = lp.backfill(["700.HK", "5.HK"], dry_run=True, **OLD)
    done = lp.backfill(["700.HK", "5.HK"], **OLD)
    assert done["outcome"].tolist() == ["complete", "complete"]
    assert done["calls"].tolist() == said["calls"].tolist()
    assert done["quota_units"].tolist() == [1, 1]
    before = len(broker.recorded)
    assert lp.backfill(["700.HK", "5.HK"], **OLD)["outcome"].tolist() == ["stored", "stored"]
    assert len(lp.candles("5.HK", **OLD)) > 400
    assert len(broker.recorded) == before


def test_without_an_end_it_goes_to_the_newest_final_bar(broker: Running, clock: ManualClock) -> None:
    assert lp.backfill("700.HK", start="2025-01-02")["outcome"].tolist() == ["complete"]
    before = len(broker.recorded)
    assert lp.backfill("700.HK", start="2025-01-02")["outcome"].tolist() == ["stored"]
    assert len(broker.recorded) == before
    clock.advance(86_400.0)
    lp.disconnect()  # the next session looks at the server's clock
    assert lp.backfill("700.HK", start="2025-01-02")["calls"].tolist() == [1]


def test_more_units_than_allowed_are_not_spent_and_the_newest_bars_come_for_free(broker: Running) -> None:
    done = lp.backfill(["700.HK", "5.HK", "AAPL.US"], start="2015-01-01", max_quota=1)
    assert done["outcome"].tolist() == ["complete", "no quota", "no quota"]
    assert done["quota_units"].tolist() == [1, 0, 0]
    assert str(done.loc["5.HK", "missing"]).startswith("2015-01-0")
    assert lp.quota().used == 1
    assert len(lp.candles("5.HK", start="2024-06-03", end="2024-06-28")) > 15
    assert _commands(broker).count(HISTORY) == done["calls"].iloc[0] - 1


def test_a_symbol_that_fails_does_not_hold_up_the_others(broker: Running) -> None:
    done = lp.backfill(["NOPE.HK", "700.HK"], **OLD)
    assert done["outcome"].tolist() == ["failed", "complete"]
    assert "does not know" in str(done.loc["NOPE.HK", "detail"])
    assert done.loc["NOPE.HK", "missing"] == "2015-01-01 to 2016-12-31"
    assert lp.quota().symbols == ("700.HK",)
    assert _commands(broker).count(STATIC) == 1


def test_a_server_that_is_gone_is_told_and_not_tried_for_ever(broker: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    lp.connect()
    tries = 0

    async def gone(*_: object) -> object:
        nonlocal tries
        tries += 1
        raise lp.LinkClosed("ws://gone", "the connection broke")

    monkeypatch.setattr(lp.session().source, "history_bars", gone)
    with pytest.raises(lp.LinkClosed):
        lp.backfill(["700.HK", "5.HK", "AAPL.US"], **OLD)
    assert tries < 12
    assert broker.recorded


def test_what_passes_is_tried_again(broker: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    lp.connect()
    source = lp.session().source
    ask, failures = source.history_bars, [lp.LinkClosed("ws://cut", "the connection broke")]

    async def once(*args: object) -> object:
        if failures:
            raise failures.pop()
        return await ask(*args)  # type: ignore[arg-type]  # handed on as they came

    monkeypatch.setattr(source, "history_bars", once)
    assert lp.backfill(["700.HK", "5.HK"], **OLD)["outcome"].tolist() == ["complete", "complete"]
    assert broker.recorded


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"max_quota": -1}, "max_quota=-1"),
        ({"max_quota": "ten"}, "max_quota='ten'"),
        ({"max_quota": True}, "max_quota=True"),
        ({"start": None}, "start=None"),
        ({"start": "2030-01-01"}, "start="),
        ({"start": "2016-01-01", "end": "2015-01-01"}, "start="),
        ({"period": "7m"}, "period="),
    ],
)
@pytest.mark.usefixtures("broker")
def test_bad_input_is_refused_before_anything_is_asked(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(lp.InputError, match=message):
        lp.backfill("700.HK", **({"start": "2015-01-01"} | arguments))  # type: ignore[arg-type]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.slow
def test_a_backfill_that_was_stopped_goes_on_where_it_was(
    broker: Running, tmp_path: Path, blow: signal.Signals
) -> None:
    span: dict[str, Any] = {"start": "2024-01-02", "end": "2024-01-31"}
    (tmp_path / "universe.txt").write_text("700.HK  # Tencent\nAAPL.US\n")
    command = [sys.executable, "-m", "lpresearch", "backfill", "universe.txt", "--period", "1m"]
    command += ["--start", span["start"], "--end", span["end"]]
    kernel = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while _commands(broker).count(HISTORY) < 6:
        assert kernel.poll() is None
    kernel.send_signal(blow)
    kernel.communicate(timeout=WAIT_S)
    assert kernel.returncode in (130, -signal.SIGKILL)
    before = _commands(broker).count(HISTORY)
    again = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=True)
    assert again.stdout.splitlines()[0] == "2 symbols: 2 complete"
    assert lp.quota().used == 2
    bars = lp.candles(["700.HK", "AAPL.US"], "1m", **span)
    assert bars.attrs["lpresearch"]["calls"] == 0
    if blow == signal.SIGINT:  # what came is kept
        whole = int(lp.plan(["700.HK", "AAPL.US"], "1m", refresh=True, **span)["calls"].sum())
        assert _commands(broker).count(HISTORY) < whole + before
    fresh = lp.candles(["700.HK"], "1m", refresh=True, **span)
    assert fresh.equals(bars.loc[["700.HK"]])


# The command line


def test_a_universe_file_may_have_comments_commas_and_other_spellings(tmp_path: Path) -> None:
    path = tmp_path / "universe.txt"
    path.write_text("\ufeff# a comment\n700.hk, HK.00005\n\nAAPL.US 700.HK # twice\n", encoding="utf-8")
    assert read_universe(str(path)) == ["700.HK", "5.HK", "AAPL.US"]


@pytest.mark.parametrize(
    ("text", "message"),
    [("700.HK\nTencent\n", "universe.txt:2"), ("# nothing\n", "names no symbol"), (None, "cannot be read")],
)
def test_a_bad_universe_is_named_with_its_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, message: str
) -> None:
    if text is not None:
        (tmp_path / "universe.txt").write_text(text)
    assert main(["backfill", "universe.txt", "--start", "2024-01-02"]) == 1
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("broker")
def test_the_command_line_says_what_it_would_cost_then_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "universe.txt").write_text("700.HK\nNOPE.HK\n")
    arguments = ["backfill", "universe.txt", "--start", "2015-01-01", "--end", "2016-12-31"]
    assert main([*arguments, "--dry-run"]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "2 symbols: 2 to do"
    assert said[1] == "2 calls and 2 units of the history quota would be spent"
    assert said[2] == "at the permitted rate that takes 1 s"
    assert main(arguments) == 1
    done = capsys.readouterr().out.splitlines()
    assert set(done[0].removeprefix("2 symbols: ").split(", ")) == {"1 complete", "1 failed"}
    assert done[1] == "1 calls and 1 units of the history quota were spent"
    assert "NOPE.HK: failed; missing 2015-01-01 to 2016-12-31" in done[2]
    assert os.environ["LONGPORT_APP_KEY"]
