"""The layout of the candle store: versions, packed years, and files that are not what was recorded."""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpresearch.base.errors import StoreCorrupt, StoreError
from lpresearch.base.model import Adjust, Interval, Period, SeriesKey, Sessions
from lpresearch.base.symbols import Symbol
from lpresearch.history import bar_file
from lpresearch.history.layout import key_of, series_name
from lpresearch.history.packing import packed, unpacked
from lpresearch.history.store import Store
from tests.test_store import DAILY, DAY_S, MINUTES, NEW_YEAR_2026, daily, made, span, the_file

ALL_KEYS = [
    SeriesKey(source, Symbol(symbol), period, adjust, sessions)
    for source in ("longport", "sim-seed-7", "http://127.0.0.1:8000")
    for symbol in ("700.HK", "BRK.A.US", ".DJI.US", "CON.US")
    for period in Period
    for adjust in Adjust
    for sessions in Sessions
]
STRADDLING = made([NEW_YEAR_2026 + 60 * n for n in range(-5, 5)])
AROUND_NEW_YEAR = Interval(NEW_YEAR_2026 - 600, NEW_YEAR_2026 + 600)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache", lock_timeout_s=20)


def as_version_1(store: Store) -> None:
    """Make of a store what the first version would have written."""
    store.close()
    for path in store.cache.glob("bars/v1/**/*.npy"):
        data = path.read_bytes()[:-20]
        footer = struct.pack("<4sIQ", b"LPRB", zlib.crc32(data), np.load(path).shape[1])
        path.write_bytes(data + footer)
    with sqlite3.connect(store.cache / "coverage.sqlite") as connection:
        connection.execute("ALTER TABLE files DROP COLUMN checksum")
        connection.execute("UPDATE versions SET version = 1")
    connection.close()


def test_every_series_can_be_told_from_its_name() -> None:
    assert [key_of(series_name(key)) for key in ALL_KEYS] == ALL_KEYS
    assert len({series_name(key).lower() for key in ALL_KEYS}) == len(ALL_KEYS)
    assert [key_of(name) for name in ("", "a/b", "+longport/700.HK/1day-none", "x/700.HK/1DAY-none-all")] == [None] * 4


def test_a_store_of_version_1_is_read_added_to_and_migrated(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    as_version_1(store)
    again = Store(store.cache)
    assert again.coverage(DAILY) == (span(10, 20),)
    np.testing.assert_array_equal(again.read(DAILY, 0, 100 * DAY_S), daily(10, 20))
    again.write(DAILY, daily(20, 25), span(20, 25))
    np.testing.assert_array_equal(again.read(DAILY, 0, 100 * DAY_S), daily(10, 25))
    assert again.index.files(series_name(DAILY))[""].checksum == bar_file.open_bars(str(the_file(again))).checksum
    again.close()


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    store.close()
    with sqlite3.connect(store.cache / "coverage.sqlite") as connection:
        connection.execute("UPDATE versions SET version = 99")
    connection.close()
    with pytest.raises(StoreError, match=r"layout 99.*newer lpresearch.*knows 2.*Update lpresearch"):
        Store(store.cache).coverage(DAILY)
    assert np.load(the_file(store)).shape == (8, 10)


def test_a_sound_file_from_elsewhere_is_not_taken_for_the_recorded_one(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    bar_file.write_bars(the_file(store), daily(10, 20, price=3.0))
    with caplog.at_level(logging.WARNING, "lpresearch.history"):
        assert store.coverage(DAILY) == ()
    assert "not the file that was recorded" in caplog.text


def test_bars_of_a_killed_writer_are_forgotten_at_the_next_write(store: Store) -> None:
    store.write(DAILY, daily(10, 15), span(10, 15))
    recorded = bar_file.open_bars(str(the_file(store))).checksum
    bar_file.write_bars(the_file(store), daily(10, 20, price=1.0), follows=recorded)
    store.write(DAILY, daily(18, 19), span(15, 20))  # the broker has one bar there
    expected = np.concatenate((daily(10, 15, price=1.0), daily(18, 19)), axis=1)
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), expected)


def test_a_packed_year_reads_as_before_and_is_plain_again_when_added_to(store: Store) -> None:
    store.write(MINUTES, STRADDLING, AROUND_NEW_YEAR)
    series = series_name(MINUTES)
    assert store.pack(series, "2025") is not None
    assert store.pack(series, "2025") is None
    assert sorted(path.suffix for path in store.paths(series)) == [".npy", ".packed"]
    for reader in (store, Store(store.cache)):
        assert reader.coverage(MINUTES) == (AROUND_NEW_YEAR,)
        np.testing.assert_array_equal(reader.read(MINUTES, 0, NEW_YEAR_2026 * 2), STRADDLING)
    earlier = made([NEW_YEAR_2026 - 1200])
    store.write(MINUTES, earlier, Interval(NEW_YEAR_2026 - 1200, NEW_YEAR_2026 - 600))
    assert [path.suffix for path in store.paths(series)] == [".npy", ".npy"]
    np.testing.assert_array_equal(
        store.read(MINUTES, 0, NEW_YEAR_2026 * 2), np.concatenate((earlier, STRADDLING), axis=1)
    )


def test_a_packer_killed_before_the_plain_file_went_leaves_it_in_force(store: Store) -> None:
    store.write(MINUTES, STRADDLING, AROUND_NEW_YEAR)
    plain = store.path(series_name(MINUTES), "2025")
    data = plain.read_bytes()
    store.pack(series_name(MINUTES), "2025")
    plain.write_bytes(data)
    assert store.coverage(MINUTES) == (AROUND_NEW_YEAR,)
    store.write(MINUTES, made([NEW_YEAR_2026 - 1200]), Interval(NEW_YEAR_2026 - 1200, NEW_YEAR_2026 - 600))
    assert [path.suffix for path in store.paths(series_name(MINUTES))] == [".npy", ".npy"]


@pytest.mark.parametrize("damage", ["truncated", "changed", "emptied", "other"])
def test_a_damaged_packed_file_is_set_aside(store: Store, damage: str) -> None:
    store.write(MINUTES, STRADDLING, AROUND_NEW_YEAR)
    series = series_name(MINUTES)
    store.pack(series, "2025")
    path = store.path(series, "2025", ".packed")
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(bytes({"truncated": data[:-9], "changed": data, "emptied": b"", "other": b"<html>" * 99}[damage]))
    assert Store(store.cache).coverage(MINUTES) == (Interval(NEW_YEAR_2026, NEW_YEAR_2026 + 600),)
    assert len(list(path.parent.glob("*.packed.corrupt-*"))) == 1


@given(
    st.lists(
        st.one_of(st.floats(width=64), st.decimals(-(10**9), 10**9, places=3).map(float), st.integers(0, 2**40)),
        max_size=40,
    )
)
@settings(deadline=None)
def test_packing_gives_back_every_bit(values: list[float]) -> None:
    row = np.array(values, dtype=np.float64)
    bars = np.stack([row] * 8)
    assert unpacked(packed(bars), row.size).tobytes() == bars.tobytes()


def test_packing_makes_minutes_a_fifth_at_least() -> None:
    closes = 100 + np.cumsum(np.random.default_rng(1).integers(-3, 4, 50_000)) / 100
    volumes = np.random.default_rng(2).integers(0, 5000, 50_000) * 100.0
    stamps = NEW_YEAR_2026 + np.arange(50_000) * 60.0
    session = np.zeros(50_000)
    bars = np.stack([stamps, closes, closes + 0.02, closes - 0.02, closes, volumes, volumes * 100, session])
    assert len(packed(bars.round(3))) < bars.nbytes / 5


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("step", ["tempfile.mkstemp", "os.fsync", "os.replace", "os.fdopen"])
def test_a_disk_that_fills_up_at_any_step_leaves_what_was_stored(
    store: Store, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    with monkeypatch.context() as patched:
        patched.setattr(step, full_disk)
        with pytest.raises(StoreError, match="No space left on device"):
            store.write(DAILY, daily(20, 30), span(20, 30))
    assert store.coverage(DAILY) == (span(10, 20),)
    np.testing.assert_array_equal(Store(store.cache).read(DAILY, 0, 100 * DAY_S), daily(10, 20))
    store.write(DAILY, daily(20, 30), span(20, 30))
    np.testing.assert_array_equal(store.read(DAILY, 0, 100 * DAY_S), daily(10, 30))
    assert list(store.cache.glob("bars/v1/**/*.tmp")) == []


def test_a_disk_that_fills_up_before_the_coverage_row_leaves_no_false_coverage(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    with sqlite3.connect(store.cache / "coverage.sqlite") as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON coverage BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
        )
    with pytest.raises(StoreError, match="disk is full"):
        store.write(DAILY, daily(20, 30, price=3.0), span(20, 30))
    assert store.coverage(DAILY) == (span(10, 20),)
    connection.execute("DROP TRIGGER full")
    connection.close()
    store.write(DAILY, daily(25, 30), span(25, 30))
    assert store.coverage(DAILY) == (span(10, 20), span(25, 30))
    np.testing.assert_array_equal(
        store.read(DAILY, 0, 100 * DAY_S), np.concatenate((daily(10, 20), daily(25, 30)), axis=1)
    )


def test_a_damaged_file_that_cannot_be_set_aside_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    the_file(store).write_bytes(b"short")
    monkeypatch.setattr("pathlib.Path.replace", full_disk)
    with pytest.raises(StoreError, match="damaged and cannot be set aside"):
        store.coverage(DAILY)


def test_what_a_reader_has_mapped_stays_as_it_was(store: Store) -> None:
    store.write(DAILY, daily(10, 20), span(10, 20))
    mapped = bar_file.open_bars(str(the_file(store))).bars
    changes: list[Callable[[], object]] = [
        lambda: store.write(DAILY, daily(5, 15, price=1.0), span(5, 15)),
        lambda: store.replace(DAILY, daily(14, 18, price=50.0), span(14, 18)),
        lambda: store.drop(DAILY),
    ]
    for change in changes:
        change()
        np.testing.assert_array_equal(mapped, daily(10, 20))


def test_a_file_not_in_order_is_corrupt(tmp_path: Path) -> None:
    bar_file.write_bars(tmp_path / "a.npy", daily(10, 20)[:, ::-1])
    with pytest.raises(StoreCorrupt, match="order of time"):
        bar_file.open_bars(str(tmp_path / "a.npy"))
