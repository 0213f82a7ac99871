"""The candle store: what was written comes back, whatever happens to files, threads and processes in between."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from lpresearch.base.errors import StoreCorrupt, StoreError, StoreLocked
from lpresearch.base.model import Adjust, Interval, Period, SeriesKey, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.history import bar_file
from lpresearch.history.bars import FIELDS, Bars, merge, overlap_differs
from lpresearch.history.layout import series_name
from lpresearch.history.store import Store

DAILY = SeriesKey("longport", Symbol("700.HK"), Period.DAY)
MINUTES = SeriesKey("longport", Symbol("AAPL.US"), Period.MIN_1, sessions=Sessions.ALL)
DAY_S = 86_400
NEW_YEAR_2026 = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())


def made(starts: list[int], *, price: float = 100.0) -> Bars:
    """Bars at the given starts; every field tells which bar it belongs to."""
    at = np.array(starts, dtype=np.float64)
    return np.stack([at, price + at, price + at + 2, price + at - 2, price + at + 1, at * 10, at * 1000, at * 0])


def daily(first: int, last: int, *, price: float = 100.0) -> Bars:
    return made([day * DAY_S for day in range(first, last)], price=price)


def span(first: int, last: int) -> Interval:
    return Interval(first * DAY_S, last * DAY_S)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", lock_timeout_s=20)


def the_file(store: Store) -> Path:
    (path,) = store.cache.glob("bars/v1/**/*.npy")
    return path


def test_a_written_span_is_covered_and_comes_back_unchanged(store: Store) -> None:
    bars = daily(10, 20)
    store.write(DAILY, bars, span(10, 20))
    assert store.coverage(DAILY) == (span(10, 20),)
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), bars)
    np.testing.assert_array_equal(store.read(DAILY, 12 * DAY_S, 15 * DAY_S), bars[:, 2:5])


def test_another_process_opener_sees_what_was_written(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    np.testing.assert_array_equal(Store(store.cache).read(DAILY, 0, 100 * DAY_S), daily(10, 20))


def test_what_another_opener_writes_and_forgets_is_seen_at_once(store: Store) -> None:
    other = Store(store.cache)
    for day in range(10, 14):
        assert store.coverage(DAILY) == ((span(10, day),) if day > 10 else ())
        other.write(DAILY, daily(day, day + 1), span(day, day + 1))
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), daily(10, 14))
    other.drop(DAILY)
    assert store.coverage(DAILY) == ()
    assert store.read(DAILY, 0, 100 * DAY_S).shape == (8, 0)


def test_bars_are_merged_in_order_and_the_newer_bar_counts(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    store.write(DAILY, daily(5, 12, price=7.0), span(5, 12))
    expected = np.concatenate((daily(5, 12, price=7.0), daily(12, 20)), axis=1)
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), expected)
    assert store.coverage(DAILY) == (span(5, 20),)


def test_a_gap_between_two_writes_stays_uncovered(store: Store) -> None:
    store.write(DAILY, daily(10, 12), span(10, 12))
    store.write(DAILY, daily(15, 20), span(15, 20))
    assert store.coverage(DAILY) == (span(10, 12), span(15, 20))


def test_several_spans_are_written_at_once(store: Store) -> None:
    bars = np.concatenate([daily(10, 12), daily(15, 20)], axis=1)
    store.write(DAILY, bars, iter([span(15, 20), span(10, 11), span(11, 12)]))
    assert store.coverage(DAILY) == (span(10, 12), span(15, 20))
    np.testing.assert_array_equal(store.read(DAILY, 0, 2**40), bars)
    store.write(DAILY, daily(11, 12, price=7.0), [span(10, 12), span(16, 18)], only=True)
    assert store.read(DAILY, 0, 2**40)[0].tolist() == [day * DAY_S for day in (11, 15, 18, 19)]
    store.write(DAILY, daily(0, 0), [])
    assert store.coverage(DAILY) == (span(10, 12), span(15, 20))


def test_a_span_without_bars_is_known_empty(store: Store) -> None:
    store.write(DAILY, daily(0, 0), span(10, 20))
    assert store.coverage(DAILY) == (span(10, 20),)
    assert store.read(DAILY, 0, 100 * DAY_S).shape == (8, 0)


def test_minutes_are_split_by_year_and_read_as_one(store: Store) -> None:
    bars = made([NEW_YEAR_2026 + 60 * n for n in range(-5, 5)])
    store.write(MINUTES, bars, Interval(NEW_YEAR_2026 - 600, NEW_YEAR_2026 + 600))
    names = sorted(path.name for path in store.cache.glob("bars/v1/+longport/AAPL.US/*.npy"))
    assert names == ["1min-none-all-2025.npy", "1min-none-all-2026.npy"]
    np.testing.assert_array_equal(store.read(MINUTES, NEW_YEAR_2026 - 120, NEW_YEAR_2026 + 120), bars[:, 3:7])


def test_any_numpy_reads_the_files(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    np.testing.assert_array_equal(np.load(the_file(store)), daily(10, 20))


def test_minute_and_month_series_are_apart_on_a_case_blind_disk() -> None:
    names = {series_name(SeriesKey("s", Symbol("CON.US"), period)).lower() for period in Period}
    assert len(names) == len(Period)
    assert series_name(SeriesKey("s", Symbol("CON.US"), Period.MONTH)) == "+s/%43ON.US/1month-none-regular"


def test_series_of_other_sources_and_adjustments_are_apart(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    for other in (
        SeriesKey("sim-seed-7", DAILY.symbol, Period.DAY),
        SeriesKey("longport", DAILY.symbol, Period.DAY, Adjust.FORWARD),
    ):
        assert store.coverage(other) == ()
        assert store.read(other, 0, 100 * DAY_S).shape == (8, 0)


def test_a_restated_series_keeps_nothing_of_the_old(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    store.replace(DAILY, daily(14, 18, price=50.0), span(14, 18))
    assert store.coverage(DAILY) == (span(14, 18),)
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), daily(14, 18, price=50.0))
    store.drop(DAILY)
    assert store.coverage(DAILY) == ()


def test_a_reader_learns_that_what_it_relied_on_went_away(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    before = store.coverage(DAILY)
    Store(store.cache).drop(DAILY)
    with pytest.raises(StoreCorrupt, match="changed"):
        store.read(DAILY, 0, 100 * DAY_S, relied_on=before)


def test_the_newest_bars_come_from_unbroken_coverage_only(store: Store) -> None:
    store.write(DAILY, daily(1, 5), span(1, 5))
    store.write(DAILY, daily(10, 20), span(10, 20))
    assert store.newest_start(DAILY, 3) == 17 * DAY_S
    assert store.newest_start(DAILY, 10) == 10 * DAY_S
    assert store.newest_start(DAILY, 11) is None
    store.write(DAILY, daily(0, 0), Interval(0, 10 * DAY_S))
    assert store.newest_start(DAILY, 100) == 0  # the beginning of all there is


def test_the_newest_minutes_may_lie_in_two_years(store: Store) -> None:
    bars = made([NEW_YEAR_2026 + 60 * n for n in range(-5, 5)])
    store.write(MINUTES, bars, Interval(NEW_YEAR_2026 - 600, NEW_YEAR_2026 + 600))
    assert store.newest_start(MINUTES, 7) == bars[0, 3]
    assert store.newest_start(MINUTES, 11) is None


@pytest.mark.parametrize("damage", ["truncated", "changed", "emptied", "other"])
def test_a_damaged_file_is_set_aside_and_its_span_forgotten(
    store: Store, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    path = the_file(store)
    data = bytearray(path.read_bytes())
    data[300] ^= 1
    contents = {"truncated": data[:-40], "changed": data, "emptied": b"", "other": b"<html>" * 99}[damage]
    path.write_bytes(bytes(contents))
    with caplog.at_level(logging.WARNING, "lpresearch.history"):
        assert Store(store.cache).coverage(DAILY) == ()
    assert "asked for again" in caplog.text
    assert not path.exists()
    assert len(list(path.parent.glob("*.corrupt-*"))) == 1
    store.write(DAILY, daily(10, 20), span(10, 20))
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), daily(10, 20))


def test_bars_beside_the_spans_are_not_kept(store: Store) -> None:
    store.write(DAILY, daily(8, 25), span(10, 20))
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), daily(10, 20))


def test_a_folder_where_a_file_belongs_is_set_aside_as_a_damaged_file_is(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    path = the_file(store)
    path.unlink()
    path.mkdir()
    assert Store(store.cache).coverage(DAILY) == ()
    store.write(DAILY, daily(10, 20), span(10, 20))
    assert path.is_file()
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), daily(10, 20))


def test_damage_while_the_file_is_in_use_is_found_at_the_next_read(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    covered = store.coverage(DAILY)
    the_file(store).write_bytes(b"short")
    with pytest.raises(StoreCorrupt):
        store.read(DAILY, 0, 100 * DAY_S, relied_on=covered)


def test_a_vanished_year_takes_only_its_own_span_away(store: Store) -> None:
    bars = made([NEW_YEAR_2026 + 60 * n for n in range(-5, 5)])
    store.write(MINUTES, bars, Interval(NEW_YEAR_2026 - 600, NEW_YEAR_2026 + 600))
    next(iter(store.cache.glob("bars/v1/**/*-2025.npy"))).unlink()
    assert store.coverage(MINUTES) == (Interval(NEW_YEAR_2026, NEW_YEAR_2026 + 600),)


def test_an_older_copy_of_a_file_is_not_taken_for_the_newer(store: Store) -> None:
    store.write(DAILY, daily(10, 15), span(10, 15))
    old = the_file(store).read_bytes()
    store.write(DAILY, daily(15, 20), span(15, 20))
    the_file(store).write_bytes(old)
    assert store.coverage(DAILY) == ()


def test_a_deleted_cache_folder_is_empty_and_works_on(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    shutil.rmtree(store.cache)
    assert store.coverage(DAILY) == ()
    store.write(DAILY, daily(12, 14), span(12, 14))
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), daily(12, 14))
    assert store.coverage(DAILY) == (span(12, 14),)


def test_a_damaged_coverage_file_is_set_aside(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    store.close()
    for path in store.cache.glob("coverage.sqlite*"):
        path.write_bytes(b"nonsense, and plenty of it, so that it cannot be a database" * 50)
    again = Store(store.cache)
    assert again.coverage(DAILY) == ()
    again.write(DAILY, daily(10, 20), span(10, 20))
    assert again.coverage(DAILY) == (span(10, 20),)
    again.close()


def test_a_killed_writers_leftovers_are_cleared_and_count_for_nothing(store: Store) -> None:
    store.write(DAILY, daily(10, 15), span(10, 15))
    leftover = the_file(store).parent / "1day-none-regularabcdef.tmp"
    leftover.write_bytes(b"half a file")
    follows = bar_file.open_bars(str(the_file(store))).checksum
    bar_file.write_bars(the_file(store), daily(10, 20), follows=follows)  # in place, but killed before the coverage row
    assert store.coverage(DAILY) == (span(10, 15),)
    store.write(DAILY, daily(15, 16), span(15, 16))
    assert not leftover.exists()
    assert store.coverage(DAILY) == (span(10, 16),)


def test_a_series_that_another_process_writes_is_locked(tmp_path: Path) -> None:
    store = Store(tmp_path, lock_timeout_s=0.05)
    store.write(DAILY, daily(10, 15), span(10, 15))
    with FileLock(tmp_path / "bars/v1/+longport/700.HK/1day-none-regular.lock"), pytest.raises(StoreLocked):
        store.write(DAILY, daily(15, 20), span(15, 20))


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "bars").write_text("in the way")
    with pytest.raises(StoreError, match="bars"):
        Store(tmp_path).write(DAILY, daily(10, 15), span(10, 15))


_WRITER_ON_A_FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
from lpresearch.base.errors import StoreError
from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.base.symbols import Symbol
from lpresearch.history.store import Store
store = Store(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
bars = np.tile(np.arange(100_000.0), (8, 1))
try:
    store.write(SeriesKey("longport", Symbol("700.HK"), Period.DAY), bars, Interval(0, 100_000))
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_disk_that_takes_no_more_is_named_and_what_was_stored_stays(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    command = [sys.executable, "-c", _WRITER_ON_A_FULL_DISK, str(store.cache)]
    run = subprocess.run(command, cwd=Path(__file__).parent.parent, capture_output=True, text=True, check=True)
    assert "1day-none-regular.npy: cannot be written" in run.stdout
    assert store.coverage(DAILY) == (span(10, 20),)
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), daily(10, 20))
    assert list(store.cache.glob("bars/v1/**/*.tmp")) == []


def test_readers_never_see_half_a_write(store: Store) -> None:
    store.write(DAILY, daily(0, 50), span(0, 50))
    finished = threading.Event()
    wrong: list[str] = []

    def read() -> None:
        reader = Store(store.cache)
        while not finished.is_set():
            bars = reader.read(DAILY, 0, 1000 * DAY_S)
            if not np.array_equal(bars, daily(0, bars.shape[1])) or bars.shape[1] < 50:
                wrong.append(f"{bars.shape[1]} bars")
        reader.close()

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for first in range(50, 90):
        store.write(DAILY, daily(first, first + 1), span(first, first + 1))
    finished.set()
    for reader in readers:
        reader.join()
    assert wrong == []


_WRITER = """
import sys
from pathlib import Path
import numpy as np
from lpresearch.base.model import Interval, Period, SeriesKey
from lpresearch.base.symbols import Symbol
from lpresearch.history.store import Store
store = Store(Path(sys.argv[1]))
for day in range(int(sys.argv[2]), 40, 2):
    bars = np.full((8, 1), float(day * 86400))
    store.write(SeriesKey("longport", Symbol("700.HK"), Period.DAY), bars, Interval(day * 86400, (day + 1) * 86400))
"""


def test_two_processes_that_write_one_series_lose_nothing(store: Store) -> None:
    root = Path(__file__).parent.parent
    command = [sys.executable, "-c", _WRITER, str(store.cache)]
    writers = [subprocess.Popen([*command, first], cwd=root) for first in ("0", "1")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    assert store.coverage(DAILY) == (span(0, 40),)
    assert store.read(DAILY, 0, 100 * DAY_S)[0].tolist() == [day * DAY_S for day in range(40)]


def test_merging_keeps_the_last_of_equal_starts_also_within_one_reply() -> None:
    twice = np.concatenate((daily(1, 3), daily(2, 3, price=9.0)), axis=1)
    np.testing.assert_array_equal(merge(daily(0, 1), twice), np.concatenate((daily(0, 2), daily(2, 3, price=9.0)), 1))


def test_an_overlap_differs_only_where_prices_changed() -> None:
    assert not overlap_differs(daily(1, 5), daily(4, 9))
    assert not overlap_differs(daily(1, 3), daily(4, 9, price=9.0))
    assert overlap_differs(daily(1, 5), daily(4, 9, price=100.01))


def test_bars_with_open_above_high_are_kept(store: Store) -> None:
    odd = daily(10, 11)
    odd[1] = odd[2] + 5
    store.write(DAILY, odd, span(10, 11))
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), odd)


def test_one_field_of_many_series_comes_with_its_stamps(store: Store) -> None:
    keys = [SeriesKey("longport", Symbol(f"{code}.HK"), Period.DAY) for code in (1, 2, 3)]
    for place, key in enumerate(keys[:2]):
        store.write(key, daily(10 + place, 20), span(10, 20))
    found = store.rows(keys, FIELDS.index("close"), 11 * DAY_S, 15 * DAY_S)
    for key, first, last in zip(keys, (11, 11, 0), (15, 15, 0), strict=True):
        stamps, closes = found[key]
        np.testing.assert_array_equal(stamps, daily(first, last)[0])
        np.testing.assert_array_equal(closes, daily(first, last)[4])


def test_one_field_of_minutes_is_joined_over_the_years(store: Store) -> None:
    bars = made([NEW_YEAR_2026 + 60 * n for n in range(-5, 5)])
    store.write(MINUTES, bars, Interval(NEW_YEAR_2026 - 600, NEW_YEAR_2026 + 600))
    stamps, volumes = store.rows([MINUTES], 5, NEW_YEAR_2026 - 120, NEW_YEAR_2026 + 120)[MINUTES]
    np.testing.assert_array_equal((stamps, volumes), bars[[0, 5], 3:7])


def test_series_that_are_not_complete_can_be_left_out(store: Store) -> None:
    keys = [SeriesKey("longport", Symbol(f"{code}.HK"), Period.DAY) for code in (1, 2, 3, 4)]
    for key, end in zip(keys, (20, 14, 20), strict=False):
        store.write(key, daily(10, end), span(10, end))
    store.path(series_name(keys[2]), "").write_bytes(b"short")
    assert list(store.rows(keys, 4, 11 * DAY_S, 15 * DAY_S, complete=True)) == [keys[0]]
    Store(store.cache).drop(keys[0])
    assert store.rows(keys, 4, 11 * DAY_S, 15 * DAY_S, complete=True) == {}


def test_more_series_than_one_query_may_name_are_found(store: Store) -> None:
    keys = [SeriesKey("longport", Symbol(f"{code}.HK"), Period.DAY) for code in range(1, 1202)]
    store.write(keys[-1], daily(10, 20), span(10, 20))
    assert [key for key, spans in store.coverages(keys).items() if spans] == keys[-1:]
