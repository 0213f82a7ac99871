"""The user's own bars: served unchanged, joined into longer ones, refused with file, line, value and rule."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pyarrow import parquet, table

from lpresearch.base.errors import ConfigError
from lpresearch.base.model import Adjust, Period, Sessions
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.market.market import Market

NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 21, tzinfo=NEW_YORK).timestamp()
DAILY = """timestamp,open,high,low,close,volume
2013-02-26,443.82,451.54,437.66,448.97,17910700
2013-02-27,448.43,452.44,440.65,444.57,20976800
2013-03-01,438,438.18,429.98,430.47,19730300
"""
MINUTES = """timestamp,open,high,low,close,volume,turnover
2026-11-20T09:30:00,10,11,9,10.5,100,1000
2026-11-20T09:31:00,10.5,10.75,10.25,10.5,200,2100.5
2026-11-20T10:30:00,10.5,12,10,11,300,3300
2026-11-20T16:10:00,11,11,11,11,5,55
"""


def market_of(folder: Path, **files: str) -> Market:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return Market(7, ManualClock(NOW), bars_dir=folder)


def epoch(*parts: int) -> float:
    return datetime(*parts, tzinfo=NEW_YORK).timestamp()  # type: ignore[misc,arg-type]  # year to minute only


def test_daily_bars_come_back_unchanged(tmp_path: Path) -> None:
    market = market_of(tmp_path, **{"GOOG.US": DAILY})
    bars = market.bars("GOOG.US", Period.DAY, Sessions.REGULAR, 0, NOW)
    assert bars[0].tolist() == [epoch(2013, 2, 26), epoch(2013, 2, 27), epoch(2013, 3, 1)]
    assert bars[1:6].T.tolist() == [
        [443.82, 451.54, 437.66, 448.97, 17910700],
        [448.43, 452.44, 440.65, 444.57, 20976800],
        [438.0, 438.18, 429.98, 430.47, 19730300],
    ]
    assert np.isnan(bars[6]).all()
    assert market.bars("GOOG.US", Period.DAY, Sessions.REGULAR, 0, NOW, limit=2)[1].tolist() == [448.43, 438.0]


def test_daily_bars_make_longer_ones_and_no_minutes(tmp_path: Path) -> None:
    market = market_of(tmp_path, **{"GOOG.US": DAILY})
    months = market.bars("GOOG.US", Period.MONTH, Sessions.REGULAR, 0, NOW)
    assert months[:6].T.tolist() == [
        [epoch(2013, 2, 1), 443.82, 452.44, 437.66, 444.57, 38887500],
        [epoch(2013, 3, 1), 438.0, 438.18, 429.98, 430.47, 19730300],
    ]
    assert market.bars("GOOG.US", Period.MIN_1, Sessions.REGULAR, 0, NOW).shape == (8, 0)


def test_minute_bars_make_longer_ones_by_the_bucket_rules(tmp_path: Path) -> None:
    market = market_of(tmp_path, **{"TEST.US": MINUTES})
    hours = market.bars("TEST.US", Period.MIN_60, Sessions.REGULAR, 0, NOW)
    assert hours[:7].T.tolist() == [
        [epoch(2026, 11, 20, 9, 30), 10, 11, 9, 10.5, 300, 3100.5],
        [epoch(2026, 11, 20, 10, 30), 10.5, 12, 10, 11, 300, 3300],
    ]
    (day,) = market.bars("TEST.US", Period.DAY, Sessions.REGULAR, 0, NOW).T
    assert day[:7].tolist() == [epoch(2026, 11, 20), 10, 12, 9, 11, 600, 6400.5]
    every = market.bars("TEST.US", Period.MIN_1, Sessions.ALL, 0, NOW)
    assert every[7].tolist() == [0, 0, 0, 2]


def test_the_quote_is_the_last_bar_and_its_day(tmp_path: Path) -> None:
    quote = market_of(tmp_path, **{"GOOG.US": DAILY}).quote("GOOG.US")
    assert (quote.last_done, quote.prev_close, quote.volume) == (Decimal("430.47"), Decimal("444.57"), 19730300)
    assert (quote.timestamp, quote.turnover) == (int(epoch(2013, 3, 1)), None)


def test_a_symbol_of_the_folder_alone_is_listed_and_a_known_one_keeps_its_facts(tmp_path: Path) -> None:
    market = market_of(tmp_path, **{"_CON.US": DAILY, "ZZZZ.US": DAILY})
    made_up, known = market.listing("ZZZZ.US"), market.listing("CON.US")
    assert made_up is not None
    assert known is not None
    assert (made_up.name_en, made_up.currency, made_up.lot_size) == ("ZZZZ", "USD", 1)
    assert known.name_en.startswith("Concentra")
    assert not market.reach_is_documented("ZZZZ.US")
    assert market.reach_is_documented("700.HK")
    asks, bids = market.depth("ZZZZ.US")
    assert bids[0].price < asks[0].price


def test_the_mark_names_the_files_content(tmp_path: Path) -> None:
    first = market_of(tmp_path, **{"GOOG.US": DAILY}).mark
    assert first.startswith("seed-7-bars-")
    assert len(first) == len("seed-7-bars-") + 8
    assert market_of(tmp_path).mark == first
    assert market_of(tmp_path, **{"GOOG.US": DAILY.replace("438,", "439,")}).mark != first


def test_epoch_seconds_and_zones_are_understood(tmp_path: Path) -> None:
    text = "timestamp,open,high,low,close,volume\n1795185000,1,1,1,1,1\n2026-11-20T14:31:00+00:00,1,1,1,1,1\n"
    market = market_of(tmp_path, **{"A.US": text})
    assert market.bars("A.US", Period.MIN_1, Sessions.REGULAR, 0, NOW)[0].tolist() == [1795185000, 1795185060]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (DAILY.replace("449", "x").replace("440.65", "low"), "line 3: low='low'"),
        (DAILY.replace("2013-03-01", "2013-02-27"), "line 4: timestamp="),
        (DAILY.replace("2013-03-01", "2013-02-25"), "line 4: timestamp="),
        (DAILY.replace("2013-03-01", "March 1"), "line 4: timestamp='March 1'"),
        (DAILY.replace("19730300", "1.5"), "line 4: volume='1.5'"),
        (DAILY.replace("438.18,", ""), "line 4: row="),
        (DAILY.replace("430.47", "-1"), "line 4: close='-1'"),
        (DAILY.replace("430.47", "nan"), "line 4: close='nan'"),
        (DAILY.replace("volume", "vol"), "unknown: vol; missing: volume"),
        ("timestamp,open,high,low,close,volume\n", "no rows"),
        ("", "missing"),
    ],
)
def test_a_malformed_file_is_refused_with_its_place(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        market_of(tmp_path, **{"GOOG.US": text})
    assert "GOOG.US.csv" in str(caught.value)
    assert told in str(caught.value)


def test_a_folder_without_bars_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        market_of(tmp_path / "none")
    with pytest.raises(ConfigError, match=r"holds no SYMBOL\.csv and no SYMBOL\.parquet"):
        market_of(tmp_path)
    with pytest.raises(ConfigError, match="not a symbol"):
        market_of(tmp_path, notes=DAILY)


def test_two_files_of_one_symbol_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"another file for 700\.HK"):
        market_of(tmp_path, **{"700.HK": DAILY, "00700.HK": DAILY})


def test_what_comes_after_now_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "TEST.US.csv").write_text(MINUTES, encoding="utf-8")
    clock = ManualClock(epoch(2026, 11, 20, 9, 30))
    market = Market(7, clock, bars_dir=tmp_path)
    (hour,) = market.bars("TEST.US", Period.MIN_60, Sessions.REGULAR, 0, NOW).T
    assert hour[1:6].tolist() == [10, 11, 9, 10.5, 100]
    assert market.quote("TEST.US").volume == 100


def parquet_of(folder: Path, name: str, columns: Mapping[str, object]) -> Market:
    """A market of one Parquet file, its columns as given."""
    parquet.write_table(table(dict(columns)), folder / f"{name}.parquet")
    return Market(7, ManualClock(NOW), bars_dir=folder)


def daily_columns(**others: object) -> dict[str, object]:
    """The three days of ``DAILY`` as columns of Parquet."""
    rows = [line.split(",") for line in DAILY.splitlines()]
    names, columns = rows[0][1:], [[float(cell) for cell in column] for column in list(zip(*rows[1:], strict=True))[1:]]
    stamps = [date.fromisoformat(row[0]) for row in rows[1:]]
    return {"timestamp": stamps, **dict(zip(names, columns, strict=True)), **others}


def aware(*stamps: str) -> list[datetime]:
    return [datetime.fromisoformat(stamp).replace(tzinfo=NEW_YORK).astimezone(UTC) for stamp in stamps]


DATES = ("2013-02-26", "2013-02-27", "2013-03-01")


@pytest.mark.parametrize(
    "stamps",
    [
        daily_columns()["timestamp"],
        aware(*DATES),
        [datetime.fromisoformat(day) for day in DATES],
        [int(moment.timestamp()) for moment in aware(*DATES)],
        list(DATES),
    ],
    ids=["dates", "datetimes with a zone", "datetimes of the exchange", "epoch seconds", "texts"],
)
def test_parquet_gives_the_same_bars_as_csv(tmp_path: Path, stamps: object) -> None:
    (tmp_path / "csv").mkdir()
    (tmp_path / "parquet").mkdir()
    told = market_of(tmp_path / "csv", **{"GOOG.US": DAILY})
    read = parquet_of(tmp_path / "parquet", "GOOG.US", daily_columns(timestamp=stamps))
    for period in (Period.DAY, Period.WEEK, Period.MONTH):
        wanted, found = (market.bars("GOOG.US", period, Sessions.REGULAR, 0, NOW) for market in (told, read))
        np.testing.assert_array_equal(found, wanted)
    assert read.bars("GOOG.US", Period.DAY, Sessions.REGULAR, 0, NOW, adjust=Adjust.FORWARD)[4, 0] == 448.97


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"close": [1.0, -1.0, 1.0]}, "GOOG.US.parquet, row 2: close='-1.0'"),
        ({"low": [1.0, 1.0, None]}, "row 3: low='None'"),
        ({"volume": [1.0, 1.5, 1.0]}, "row 2: volume='1.5'"),
        ({"timestamp": [float("nan")] * 3}, "row 1: timestamp='nan'"),
        ({"timestamp": aware("2013-02-27", "2013-02-26", "2013-03-01")}, "row 2: timestamp="),
        ({"session": [0, 0, 0]}, "GOOG.US.parquet: wrong columns (unknown: session)"),
    ],
)
def test_malformed_parquet_is_refused_with_its_place(tmp_path: Path, others: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parquet_of(tmp_path, "GOOG.US", daily_columns(**others))
    assert told in str(caught.value)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "700.HK.parquet").write_text(DAILY)
    with pytest.raises(ConfigError, match=r"700\.HK\.parquet: it is not a Parquet file"):
        Market(7, ManualClock(NOW), bars_dir=tmp_path)


def test_parquet_without_pyarrow_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "700.HK.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ConfigError, match=r"pip install 'lpresearch\[arrow\]'"):
        Market(7, ManualClock(NOW), bars_dir=tmp_path)
