"""What happens to the disk and to listings amid candles(): it is named, nothing is lost and nothing is paid twice."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running

HISTORY = 27
DAY_S = 86_400.0
START, END = "2015-01-01", "2015-12-31"
OPTION = "AAPL250321C220000.US"


def old_bars(symbol: str) -> pd.DataFrame:
    return lp.candles(symbol, start=START, end=END)


def history_calls(broker: Running) -> int:
    return sum(request.kind == "ws" and request.command == HISTORY for request in broker.recorded)


def full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_disk_that_fills_up_amid_candles_is_named_and_the_unit_is_not_paid_again(
    broker: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = old_bars("5.HK")
    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full_disk)
        with pytest.raises(lp.StoreError, match=r"700\.HK.*No space left on device.*LPRESEARCH_CACHE_DIR"):
            old_bars("700.HK")
    assert lp.quota().symbols == ("5.HK", "700.HK")
    assert len(old_bars("700.HK")) == 247
    assert lp.quota().used == 2
    asked = history_calls(broker)
    pd.testing.assert_frame_equal(old_bars("5.HK"), kept)
    assert history_calls(broker) == asked


_ON_A_READ_ONLY_FOLDER = f"""
import os, sys
from pathlib import Path
import lpresearch as lp
lp.candles("700.HK", start={START!r}, end={END!r})
cache = lp.session().cache_path
lp.session().store.close()
os.chmod(sys.argv[1], 0o755)
for folder, _, files in os.walk(cache):
    os.chmod(folder, 0o555)
    for name in files:
        os.chmod(Path(folder, name), 0o444)
if os.geteuid() == 0:  # whom nothing is read-only for
    os.seteuid(65534)
try:
    lp.candles("700.HK", start={START!r}, end={END!r})
except lp.StoreError as error:
    print(error)
os.seteuid(os.getuid())
lp.disconnect()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no folders that are read-only")
def test_a_cache_folder_that_became_read_only_is_named_and_what_to_do(broker: Running) -> None:
    with tempfile.TemporaryDirectory() as folder:  # not below tmp_path, which is closed to anyone else
        cache = Path(folder, "cache")
        environment = os.environ | broker.environment() | {"LPRESEARCH_CACHE_DIR": str(cache)}
        command = [sys.executable, "-c", _ON_A_READ_ONLY_FOLDER, folder]
        run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert run.stdout.startswith(f"{cache / 'coverage.sqlite'}: attempt to write a readonly database.")
    assert "LPRESEARCH_CACHE_DIR" in run.stdout


def test_a_cache_folder_that_cannot_be_made_is_named(broker: Running, tmp_path: Path) -> None:
    (tmp_path / "lpresearch-cache").write_text("in the way")
    with pytest.raises(lp.StoreError, match=r"lpresearch-cache.*LPRESEARCH_CACHE_DIR"):
        old_bars("700.HK")
    assert history_calls(broker) == 0


def test_a_listing_that_ended_keeps_its_bars_and_asks_for_no_more(broker: Running, clock: ManualClock) -> None:
    lp.candles(OPTION, start="2025-02-03")
    clock.advance(30 * DAY_S)
    lp.disconnect()
    whole = lp.candles(OPTION, start="2025-02-03")
    assert f"{whole.index[-1]:%Y-%m-%d}" == "2025-03-21"
    asked = len(broker.recorded)
    pd.testing.assert_frame_equal(lp.candles(OPTION, start="2025-02-03", end="2025-04-01"), whole)
    assert len(broker.recorded) == asked
    assert history_calls(broker) == 0


def test_bars_with_open_above_high_come_back_as_they_were_and_are_flagged(broker: Running) -> None:
    bars = old_bars("700.HK")
    odd = bars.assign(open=bars["open"].where(bars.index != bars.index[5], bars["high"] + 5))
    lp.import_bars(odd, "700.HK", covered=(START, END), existing="replace")
    again = old_bars("700.HK")
    pd.testing.assert_frame_equal(again, odd, check_freq=False)
    (finding,) = lp.verify("700.HK").to_dict("records")
    assert finding["kind"] == "inconsistent"
    assert f"the first at {bars.index[5]:%Y-%m-%d}" in finding["detail"]
