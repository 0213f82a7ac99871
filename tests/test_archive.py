"""The upkeep of the store as a user calls it: verify, export, import, prune, compact."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock

import lpresearch as lp
from lpresearch.base.model import Interval, Period, SeriesKey, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.history.bar_file import open_bars, write_bars
from lpresearch.history.layout import series_name
from lpresearch.history.plan import OnQuota
from lpresearch.history.store import Store
from lpresearch.sim.threaded import Running

HISTORY, NEWEST = 27, 19
FIRST, LAST = "2024-12-16", "2025-01-10"
CHRISTMAS_EVE = "2024-12-24"
SOURCE = "sim-seed-7"
DAILY = SeriesKey(SOURCE, Symbol("700.HK"), Period.DAY)
MINUTES = SeriesKey(SOURCE, Symbol("700.HK"), Period.MIN_1)

pytestmark = pytest.mark.usefixtures("broker")


def days(symbols: str | list[str], on_quota: OnQuota = "raise") -> pd.DataFrame:
    return lp.candles(symbols, start=FIRST, end=LAST, on_quota=on_quota)


def store() -> Store:
    return lp.session().store


def file_of(key: SeriesKey, year: str = "") -> Path:
    return store().path(series_name(key), year)


def asked(broker: Running) -> list[int]:
    commands = [request.command for request in broker.recorded if request.kind == "ws"]
    return [command for command in commands if command in (HISTORY, NEWEST)]


def kinds(symbols: str | None = None) -> list[str]:
    return [str(kind) for kind in lp.verify(symbols)["kind"]]


def rewritten(key: SeriesKey, row: int, column: int, value: float) -> None:
    """Change one value as the broker might have sent it: written and recorded like any other."""
    whole = store().coverage(key)
    bars = store().read(key, -(2**62), 2**62)
    bars[row, column] = value
    store().replace(key, bars, Interval(whole[0].start, whole[-1].end))


# verify


def test_a_sound_store_has_no_findings() -> None:
    days(["700.HK", "AAPL.US"])
    lp.candles("AAPL.US", "5m", sessions="all", start="2024-12-23", end="2024-12-27")
    findings = lp.verify()
    assert findings.empty, findings.to_string()
    assert list(findings) == ["source", "symbol", "period", "adjust", "sessions", "file", "kind", "detail"]


def test_a_changed_byte_is_found_though_the_file_is_open_and_asked_for_again(broker: Running) -> None:
    bars = days("700.HK")
    path = file_of(DAILY)
    before = path.stat()
    with path.open("r+b") as file:
        file.seek(400)
        file.write(b"\x01")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))  # as a disk that forgets would leave it
    findings = lp.verify("700.HK")
    assert findings["kind"].tolist() == ["damaged"]
    assert "checksum" in str(findings.loc[0, "detail"])
    assert "set aside" in kinds()
    pd.testing.assert_frame_equal(days("700.HK"), bars)
    assert asked(broker) == [NEWEST, NEWEST]


@pytest.mark.parametrize(
    ("row", "value", "kind"),
    [(1, 1e9, "inconsistent"), (4, 0.01, "inconsistent"), (5, -1.0, "negative"), (6, np.nan, "not finite")],
)
def test_odd_values_are_named_and_kept(row: int, value: float, kind: str) -> None:
    days("700.HK")
    rewritten(DAILY, row, 3, value)
    findings = lp.verify("700.HK")
    assert findings["kind"].tolist() == [kind]
    assert "1 bars, the first at 2024-12-18" in str(findings.loc[0, "detail"])
    assert kinds("700.HK") == [kind]


def test_days_without_bars_and_short_days_are_named() -> None:
    lp.candles("700.HK", "1m", start="2024-12-23", end="2024-12-27")
    bars, spans = store().read(MINUTES, 0, 2**40), store().coverage(MINUTES)
    half_day = pd.Timestamp(CHRISTMAS_EVE, tz="Asia/Hong_Kong").timestamp()
    without = bars[:, ((bars[0] < half_day) | (bars[0] > half_day + 86_400)) & (np.arange(bars.shape[1]) != 40)]
    store().replace(MINUTES, without, spans[0])
    findings = lp.verify().set_index("kind")["detail"]
    assert "1 trading days without a bar on 2024-12-24" in findings["gap"]
    assert "1 of 3 trading days" in findings["short"]
    assert "330 of 331, on 2024-12-23" in findings["short"]


def test_bars_off_the_calendar_and_bars_that_do_not_count_are_named() -> None:
    days("700.HK")
    bars, (span,) = store().read(DAILY, 0, 2**40), store().coverage(DAILY)
    bars[0, 4] += 3600
    last_days = Interval(int(bars[0, 2]), span.end)
    store().replace(DAILY, bars, last_days)
    findings = lp.verify().set_index("kind")["detail"]
    assert "the first at 2024-12-19" in findings["off calendar"]
    assert findings["not counted"].startswith("2 bars outside")


def test_what_does_not_belong_into_the_folder_is_named() -> None:
    days("700.HK")
    folder = file_of(DAILY).parent
    (folder / "notes.txt").write_text("mine")
    (folder.parent / "AAPL.US").mkdir()
    (folder.parent / "AAPL.US" / "1day-none-regularx7.tmp").write_text("half a file")
    (folder.parent / "AAPL.US" / "1day-none-regular.npy").write_bytes(file_of(DAILY).read_bytes())
    findings = lp.verify()
    assert dict(zip(findings["kind"], findings["file"], strict=True)) == {
        "foreign": "+sim-seed-7/700.HK/notes.txt",
        "leftover": "+sim-seed-7/AAPL.US/1day-none-regularx7.tmp",
        "not counted": "+sim-seed-7/AAPL.US/1day-none-regular.npy",
    }


def test_a_series_that_is_being_written_is_told_and_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    days("700.HK")
    monkeypatch.setattr(store(), "_lock_timeout_s", 0.05)
    with FileLock(file_of(DAILY).with_suffix(".lock")):
        assert kinds() == ["locked"]
    assert kinds() == []


# export


def test_an_export_is_one_dataset_with_its_folders_as_columns(tmp_path: Path) -> None:
    dataset = pytest.importorskip("pyarrow.dataset")
    daily = days(["700.HK", "AAPL.US"])
    minutes = lp.candles("AAPL.US", "5m", sessions="all", start="2024-12-31", end="2025-01-02")
    files = lp.export(tmp_path / "bars")
    assert sorted(Path(path).name for path in files["path"]) == [
        "2024.parquet",
        "2025.parquet",
        "all.parquet",
        "all.parquet",
    ]
    table = dataset.dataset(tmp_path / "bars", partitioning="hive").to_table().to_pandas()
    assert files["bars"].sum() == len(table)
    assert set(table["source"]) == {SOURCE}
    assert str(table["timestamp"].dtype) == "datetime64[us, UTC]"
    dated = table[(table["symbol"] == "700.HK") & (table["period"] == "1day")].set_index("date").sort_index()
    hk = dated.loc[pd.Timestamp(FIRST).date() : pd.Timestamp(LAST).date()]
    expected = daily.loc["700.HK"]
    np.testing.assert_array_equal(hk["close"], expected["close"])
    assert [str(day) for day in hk.index] == [f"{day:%Y-%m-%d}" for day in expected.index]
    us = table[table["period"] == "5min"].set_index("timestamp").sort_index()
    us = us.loc[minutes.index[0] : minutes.index[-1]]
    assert us["session"].tolist() == minutes["session"].tolist()
    pd.testing.assert_index_equal(us.index, pd.DatetimeIndex(minutes.index).tz_convert("UTC"), exact=False)


def test_exporting_again_writes_only_what_changed(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    days(["700.HK", "AAPL.US"])
    assert lp.export("bars")["written"].tolist() == [True, True]
    assert lp.export("bars")["written"].tolist() == [False, False]
    lp.candles("700.HK", start="2024-12-02", end="2025-01-10")
    again = lp.export("bars").set_index("symbol")["written"]
    assert again.to_dict() == {"700.HK": True, "AAPL.US": False}
    next(Path("bars").rglob("symbol=AAPL.US/*.parquet")).write_bytes(b"cut short")
    again = lp.export("bars").set_index("symbol")["written"]
    assert again.to_dict() == {"700.HK": False, "AAPL.US": True}


def test_an_export_takes_the_symbols_period_and_dates_asked(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    days(["700.HK", "AAPL.US"])
    lp.candles("700.HK", "5m", start="2024-12-23", end="2024-12-27")
    (file,) = lp.export("bars", "700.HK", period="1d", start="2024-12-23", end=CHRISTMAS_EVE, source="simulated")[
        "path"
    ]
    assert [str(day) for day in parquet.read_table(file)["date"].to_pylist()] == ["2024-12-23", CHRISTMAS_EVE]
    assert lp.export("bars", source="longport").empty


def test_an_export_without_pyarrow_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    days("700.HK")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(lp.UsageError, match=r"pip install 'lpresearch\[arrow\]'"):
        lp.export("bars")


def test_an_export_to_a_place_that_cannot_be_written_is_named() -> None:
    pytest.importorskip("pyarrow")
    days("700.HK")
    Path("bars").write_text("in the way")
    with pytest.raises(lp.StoreError, match=r"all\.parquet: cannot be written"):
        lp.export("bars")


# import


def own_bars() -> pd.DataFrame:
    """Bars as another program would have kept them."""
    bars = days("700.HK")
    store().drop(DAILY)
    return bars


def test_imported_bars_cost_nothing_and_come_back_unchanged(broker: Running) -> None:
    bars = own_bars()
    before = asked(broker)
    (row,) = lp.import_bars(bars, "700.HK", covered=(FIRST, LAST)).to_dict("records")
    assert (row["given"], row["stored"]) == (len(bars), len(bars))
    assert row["covered"] == "2024-12-16 00:00+08:00 to 2025-01-11 00:00+08:00"
    again = days("700.HK")
    assert asked(broker) == before
    pd.testing.assert_frame_equal(again, bars, check_freq=False)
    assert kinds() == []


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_bars_are_imported_from_a_file(broker: Running, suffix: str) -> None:
    bars, path = own_bars(), Path(f"bars{suffix}")
    if suffix == ".csv":
        bars.to_csv(path)
    else:
        pytest.importorskip("pyarrow")
        bars.to_parquet(path)
    lp.import_bars(path, "700.HK", covered=(FIRST, LAST))
    pd.testing.assert_frame_equal(days("700.HK"), bars, check_freq=False)
    assert asked(broker) == [NEWEST]


def test_daily_bars_may_have_plain_dates() -> None:
    bars = own_bars()
    bars.index = pd.DatetimeIndex(bars.index).tz_localize(None)
    bars.to_csv("bars.csv")
    lp.import_bars("bars.csv", "700.HK", covered=(FIRST, LAST))
    assert len(days("700.HK", on_quota="cache")) == len(bars)


def test_minutes_of_all_sessions_are_imported_with_their_sessions() -> None:
    bars = lp.candles("AAPL.US", "5m", sessions="all", start="2024-12-23", end="2024-12-24")
    key = SeriesKey(SOURCE, Symbol("AAPL.US"), Period.MIN_5, sessions=Sessions.ALL)
    store().drop(key)
    bars.to_csv("bars.csv")
    lp.import_bars("bars.csv", "AAPL.US", "5m", sessions="all", covered=("2024-12-23", "2024-12-24"))
    again = lp.candles("AAPL.US", "5m", sessions="all", start="2024-12-23", end="2024-12-24", on_quota="cache")
    pd.testing.assert_frame_equal(again, bars)


def test_who_wins_is_said_by_a_parameter() -> None:
    bars = days("700.HK")
    dearer = bars.iloc[2:6].assign(high=bars["high"] + 1000)
    covered = (f"{dearer.index[0]:%Y-%m-%d}", f"{dearer.index[-1]:%Y-%m-%d}")
    assert lp.import_bars(dearer, "700.HK", covered=covered).loc[0, "stored"] == 0
    pd.testing.assert_frame_equal(days("700.HK"), bars)
    fewer = dearer.iloc[[0, 2]]
    assert lp.import_bars(fewer, "700.HK", covered=covered, existing="replace").loc[0, "stored"] == 2
    now = days("700.HK")
    assert len(now) == len(bars) - 2
    assert (now["high"] > 1000).sum() == 2


def test_every_problem_of_imported_bars_is_named_at_once() -> None:
    bars = own_bars()
    broken = pd.concat([bars.iloc[[0, 0, 3, 2]], bars.iloc[4:]])
    broken.iloc[5, 0], broken.iloc[6, 4] = np.nan, -5
    with pytest.raises(lp.InputError) as refused:
        lp.import_bars(broken, "700.HK", covered=(FIRST, LAST))
    for kind in ("duplicate: 1 bar", "out of order: 1 bar", "not finite: 1 bar", "negative: 1 bar", "4 problem(s)"):
        assert kind in str(refused.value)
    assert store().coverage(DAILY) == ()


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda bars: bars.drop(columns=["turnover", "low"]), "columns are missing: low, turnover"),
        (lambda bars: bars.assign(close="dear"), "column close is"),
        (lambda bars: bars.set_axis(bars.index + pd.Timedelta("9h")), "off calendar"),
        (lambda bars: bars.set_axis(bars.index.tz_localize(None) + pd.Timedelta("9h")), "have no zone"),
        (lambda bars: bars.set_axis(["soon"] * len(bars)).rename_axis("timestamp"), "timestamp:"),
        (lambda bars: bars.assign(symbol="700.HK"), "several symbols"),
        (lambda bars: pd.concat([bars, bars.iloc[[-1]].set_axis(bars.index[[-1]] + pd.Timedelta("3D"))]), "outside"),
    ],
)
def test_bars_that_break_a_rule_are_refused(change: object, problem: str) -> None:
    assert callable(change)
    with pytest.raises(lp.InputError, match=problem.replace("(", r"\(")):
        lp.import_bars(change(own_bars()), "700.HK", covered=(FIRST, LAST))
    assert store().coverage(DAILY) == ()


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"covered": ("2025-01-10", "2024-12-16")}, "not after its last"),
        ({"covered": ("2024-12-16", "2025-03-10")}, "not final yet"),
        ({"covered": "2024-12-16"}, "covered is a pair"),
        ({"source": 5}, "source=5"),
        ({"source": " "}, "source=' '"),
        ({"existing": "win"}, "existing is one of keep, replace"),
        ({"bars": "bars.xlsx"}, r"ends in \.csv or \.parquet"),
        ({"bars": "absent.csv"}, "cannot be read"),
        ({"bars": 7}, "DataFrame or the path"),
    ],
)
def test_an_import_that_cannot_be_is_refused(arguments: dict[str, object], problem: str) -> None:
    given = {"bars": own_bars(), "symbol": "700.HK", "covered": (FIRST, LAST)} | arguments
    with pytest.raises(lp.InputError, match=problem):
        lp.import_bars(**given)  # type: ignore[arg-type]  # bad input is the point


# prune and compact


@pytest.mark.parametrize("value", ["x", -1, True, float("nan"), [1]])
@pytest.mark.parametrize("parameter", ["unused_days", "max_bytes"])
def test_a_bound_of_pruning_is_a_number(parameter: str, value: object) -> None:
    with pytest.raises(lp.InputError, match=f"{parameter} is a number from 0"):
        lp.prune("5.HK", **{parameter: value})  # type: ignore[arg-type]  # bad input is the point


def test_a_source_is_a_text_and_a_folder_a_path() -> None:
    with pytest.raises(lp.InputError, match="source=5"):
        lp.prune(source=5)  # type: ignore[arg-type]  # bad input is the point
    with pytest.raises(lp.InputError, match="folder=None"):
        lp.export(None)  # type: ignore[arg-type]  # bad input is the point


def test_pruning_shows_first_and_deletes_when_told() -> None:
    days(["700.HK", "AAPL.US"])
    shown = lp.prune("700.HK")
    assert shown["outcome"].tolist() == ["would be deleted"]
    assert shown.loc[0, "bytes"] == file_of(DAILY).stat().st_size
    assert store().coverage(DAILY) != ()
    assert lp.prune("700.HK", dry_run=False)["outcome"].tolist() == ["deleted"]
    assert store().coverage(DAILY) == ()
    assert not file_of(DAILY).exists()
    assert lp.prune(["700.HK", "AAPL.US"])["symbol"].tolist() == ["AAPL.US"]


def test_pruning_goes_by_age_of_last_use_source_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    symbols = ["700.HK", "5.HK", "AAPL.US"]
    for days_ago, symbol in zip((40, 30, 0), symbols, strict=True):
        monkeypatch.setattr(store(), "clock", lambda at=now - days_ago * 86_400: at)
        days(symbol)
        for path in store().paths(series_name(SeriesKey(SOURCE, Symbol(symbol), Period.DAY))):
            os.utime(path, (now - days_ago * 86_400,) * 2)
    monkeypatch.setattr(store(), "clock", lambda: now)
    assert lp.prune(unused_days=35)["symbol"].tolist() == ["700.HK"]
    assert lp.prune(unused_days=20)["symbol"].tolist() == ["700.HK", "5.HK"]
    assert lp.prune(source="simulated")["symbol"].tolist() == symbols
    assert lp.prune(source="longport").empty
    size = int(lp.prune(source="simulated")["bytes"].sum())
    assert lp.prune(max_bytes=size - 1)["symbol"].tolist() == ["700.HK"]
    assert lp.prune(max_bytes=0, unused_days=20)["symbol"].tolist() == ["700.HK", "5.HK"]
    with pytest.raises(lp.InputError, match="say what is to go"):
        lp.prune()


def test_a_clock_that_jumped_ahead_and_back_keeps_series_rather_than_deletes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store(), "clock", lambda: time.time() + 1000 * 86_400)
    days("700.HK")
    monkeypatch.undo()
    assert lp.prune(unused_days=1).empty


def test_pruning_leaves_what_another_process_writes_and_what_a_reader_has(monkeypatch: pytest.MonkeyPatch) -> None:
    days("700.HK")
    mapped = open_bars(str(file_of(DAILY))).bars
    expected = mapped.copy()
    monkeypatch.setattr(store(), "_lock_timeout_s", 0.05)
    with FileLock(file_of(DAILY).with_suffix(".lock")):
        assert lp.prune("700.HK", dry_run=False)["outcome"].tolist() == ["kept: another process writes it"]
    assert lp.prune("700.HK", dry_run=False)["outcome"].tolist() == ["deleted"]
    np.testing.assert_array_equal(mapped, expected)


def test_what_was_set_aside_is_pruned_with_its_series() -> None:
    days("700.HK")
    file_of(DAILY).write_bytes(b"short")
    assert kinds("700.HK") == ["damaged"]
    assert lp.prune("700.HK", dry_run=False).loc[0, "files"] == 1
    assert kinds() == []


def test_compacting_takes_years_that_are_over_and_reads_as_before(broker: Running) -> None:
    bars = lp.candles("700.HK", "1m", start="2024-12-27", end="2025-01-03")
    days("700.HK")
    shown = lp.compact(dry_run=True)
    assert shown["bytes_after"].isna().all()
    done = lp.compact()
    assert done["file"].tolist() == ["1min-none-regular-2024.npy", "1min-none-regular-2025.npy"]
    assert (done["bytes_after"] < done["bytes_before"] / 3).all()
    pd.testing.assert_frame_equal(lp.candles("700.HK", "1m", start="2024-12-27", end="2025-01-03"), bars)
    assert lp.compact().empty
    assert kinds() == []
    assert asked(broker).count(HISTORY) == 2


def test_the_year_that_is_not_over_is_not_compacted(monkeypatch: pytest.MonkeyPatch) -> None:
    lp.candles("700.HK", "1m", start="2024-12-27", end="2025-01-03")
    monkeypatch.setattr(store(), "clock", pd.Timestamp("2025-03-10", tz="UTC").timestamp)
    assert lp.compact()["file"].tolist() == ["1min-none-regular-2024.npy"]


def test_upkeep_has_async_twins() -> None:
    days("700.HK")

    async def all_of_them() -> list[int]:
        return [len(await lp.verify.aio()), len(await lp.prune.aio("700.HK")), len(await lp.compact.aio())]

    assert asyncio.run(all_of_them()) == [0, 1, 0]


def test_a_stray_file_with_sound_bars_counts_for_nothing() -> None:
    bars = days("700.HK")
    write_bars(file_of(DAILY), store().read(DAILY, 0, 2**40)[:, :5] * 2)
    assert kinds("700.HK") == ["damaged"]
    pd.testing.assert_frame_equal(days("700.HK"), bars)
