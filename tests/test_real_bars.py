"""Thirteen years of real daily bars through ``lpresearch sim --bars``: every value comes back as it was.

The bars are those that ``bokeh_sampledata`` ships: AAPL, FB, GOOG, IBM and MSFT, 2000 to 2013, without turnover.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.client.session import Session

NEW_YORK = "America/New_York"
SYMBOLS = ("AAPL.US", "FB.US", "GOOG.US", "IBM.US", "MSFT.US")
FIRST_DATE, LAST_DATE = "2000-03-01", "2013-03-01"
# Counted in the file itself. FB and GOOG were listed later, in 2012 and 2004.
COUNTS = {"AAPL.US": 3270, "FB.US": 196, "GOOG.US": 2148, "IBM.US": 3270, "MSFT.US": 3270}
PRICES = ("open", "high", "low", "close")
KEYS = {"app_key": "real-bars-key", "app_secret": "real-bars-secret", "access_token": "real-bars-token"}
Row = Mapping[str, str]


@pytest.fixture(scope="module")
def real() -> dict[str, list[Row]]:
    """Symbol -> rows of texts as they stand in the file."""
    packed = files("bokeh_sampledata").joinpath("_data", "stocks.csv.gz").read_bytes()
    rows: dict[str, list[Row]] = {}
    for row in csv.DictReader(gzip.decompress(packed).decode().splitlines()):
        rows.setdefault(f"{row['Ticker']}.US", []).append(row)
    return rows


@pytest.fixture(scope="module")
def folder(real: dict[str, list[Row]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bars as a user would write them down."""
    folder = tmp_path_factory.mktemp("bars")
    for symbol, rows in real.items():
        lines = [",".join(row[name] for name in ("Date", "Open", "High", "Low", "Close", "Volume")) for row in rows]
        text = "\n".join(["timestamp,open,high,low,close,volume", *lines, ""])
        (folder / f"{symbol}.csv").write_text(text)
    return folder


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """The addresses of a server of these bars: the command as a user starts it, ended by the end of its stdin."""
    keys = [f"--{name.replace('_', '-')}={value}" for name, value in KEYS.items()]
    command = [sys.executable, "-m", "lpresearch", "sim", f"--bars={folder}", "--until-stdin-closes", *keys]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        ready = child.stdout.readline()
        assert ready, "the server did not start; what it said is on stderr"
        yield json.loads(ready)
        child.stdin.close()
        assert child.wait(20) == 0


@pytest.fixture(scope="module")
def urls(folder: Path) -> Iterator[dict[str, str]]:
    """One server for all tests of ours; together they stay below its 60 history requests in 30 s."""
    with served(folder) as found:
        yield found


@pytest.fixture
def broker(urls: dict[str, str]) -> Session:
    """Our client, connected to it, with a store of its own."""
    app_key, app_secret, access_token = KEYS.values()
    http_url, quote_ws_url, trade_ws_url = (urls[name] for name in ("http_url", "quote_ws_url", "trade_ws_url"))
    return lp.connect(
        app_key=app_key,
        app_secret=app_secret,
        access_token=access_token,
        http_url=http_url,
        quote_ws_url=quote_ws_url,
        trade_ws_url=trade_ws_url,
    )


def expected_index(rows: list[Row]) -> pd.DatetimeIndex:
    """Midnight in New York of each date."""
    return pd.DatetimeIndex([row["Date"] for row in rows], dtype="datetime64[us]", name="timestamp").tz_localize(
        NEW_YORK
    )


def assert_unchanged(frame: pd.DataFrame, rows: list[Row]) -> None:
    """Every stamp, price and volume exact, the turnover missing."""
    assert frame.index.equals(expected_index(rows))
    for name in PRICES:
        assert frame[name].tolist() == [float(row[name.capitalize()]) for row in rows]
    assert frame["volume"].tolist() == [int(row["Volume"]) for row in rows]
    assert frame["turnover"].isna().all()


def test_the_file_is_the_one_that_is_meant(real: dict[str, list[Row]]) -> None:
    assert {symbol: len(rows) for symbol, rows in real.items()} == COUNTS
    assert (real["IBM.US"][0]["Date"], real["IBM.US"][-1]["Date"]) == (FIRST_DATE, LAST_DATE)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_whole_histories_come_back_unchanged_from_the_broker_and_from_the_cache(
    broker: Session, real: dict[str, list[Row]], symbol: str
) -> None:
    first = lp.candles(symbol, start=FIRST_DATE, end=LAST_DATE)
    assert_unchanged(first, real[symbol])
    assert first.attrs["lpresearch"]["from_broker"] == COUNTS[symbol]
    assert first.attrs["lpresearch"]["calls"] >= math.ceil(COUNTS[symbol] / 1000)
    again = lp.candles(symbol, start=FIRST_DATE, end=LAST_DATE)
    assert_unchanged(again, real[symbol])
    assert again.attrs["lpresearch"]["calls"] == 0
    assert again.attrs["lpresearch"]["from_cache"] == COUNTS[symbol]


def test_the_newest_thousand_come_back_unchanged_and_cost_no_quota(broker: Session, real: dict[str, list[Row]]) -> None:
    frame = lp.candles("IBM.US")
    assert_unchanged(frame, real["IBM.US"][-1000:])
    assert frame.attrs["lpresearch"]["quota_spent"] == 0


def test_a_range_within_and_its_extension_fetch_only_what_is_missing(
    broker: Session, real: dict[str, list[Row]]
) -> None:
    def rows(first: str, last: str) -> list[Row]:
        return [row for row in real["MSFT.US"] if first <= row["Date"] <= last]

    inner = lp.candles("MSFT.US", start="2004-01-01", end="2005-12-31")
    assert_unchanged(inner, rows("2004-01-01", "2005-12-31"))
    outer = lp.candles("MSFT.US", start="2003-06-01", end="2006-06-30")
    assert_unchanged(outer, rows("2003-06-01", "2006-06-30"))
    assert outer.attrs["lpresearch"]["from_cache"] == len(inner)
    assert outer.attrs["lpresearch"]["quota_spent"] == 0


def test_several_symbols_at_once_come_back_unchanged(broker: Session, real: dict[str, list[Row]]) -> None:
    frame = lp.candles(list(SYMBOLS), start=FIRST_DATE, end=LAST_DATE)
    for symbol in SYMBOLS:
        alone = frame.loc[symbol]
        assert [f"{stamp:%Y-%m-%d}" for stamp in alone.index] == [row["Date"] for row in real[symbol]]
        assert alone["close"].tolist() == [float(row["Close"]) for row in real[symbol]]
        assert alone["volume"].tolist() == [int(row["Volume"]) for row in real[symbol]]


def read_by_sdk(brand: str, folder: Path) -> dict[str, list[tuple[int, str, str, str, str, int, str]]]:
    """What an official SDK reads of each symbol from a server of its own."""
    script = Path(__file__).with_name("real_bars_sdk.py")
    with served(folder) as urls:
        names = {**KEYS, **urls, "region": "hk", "print_quote_packages": "false"}
        settings = {f"{brand}_{name}".upper(): value for name, value in names.items()}
        done = subprocess.run(
            [sys.executable, str(script), brand, FIRST_DATE, *SYMBOLS],
            env={**os.environ, **settings, "TZ": NEW_YORK},
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[tuple[int, str, str, str, str, int, str]]] = json.loads(done.stdout)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("brand", ["longport", "longbridge"])
def test_the_official_sdk_reads_them_unchanged_page_by_page(
    folder: Path, real: dict[str, list[Row]], brand: str
) -> None:
    found = read_by_sdk(brand, folder)
    zone = ZoneInfo(NEW_YORK)
    for symbol in SYMBOLS:
        expected = [
            [
                int(datetime.fromisoformat(row["Date"]).replace(tzinfo=zone).timestamp()),
                *(float(row[name.capitalize()]) for name in PRICES),
                int(row["Volume"]),
                0.0,  # the SDK makes 0 of a turnover that is not given (longport.md 5)
            ]
            for row in real[symbol]
        ]
        bars = [[bar[0], *map(float, bar[1:5]), bar[5], float(bar[6])] for bar in found[symbol]]
        assert bars == expected
