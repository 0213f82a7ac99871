"""Candles and quotes are right whatever the habits of the server, as long as the protocol allows them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.markets import MARKETS
from lpresearch.base.model import Period, Sessions
from lpresearch.base.symbols import Symbol
from tests.other_server import Habits, OtherServer

CANDLESTICKS = (19, 27)
SERIES = [
    ("700.HK", "1d", "2012-01-01", "2018-12-31", "regular"),
    ("AAPL.US", "1w", "2011-01-01", "2023-12-31", "regular"),
    ("700.HK", "5m", "2024-12-20", "2025-01-03", "regular"),  # two half days
    ("AAPL.US", "1m", "2024-03-07", "2024-03-12", "all"),  # a day of 23 hours, 1440 bars a day
]
HABITS = {
    "plain": Habits(),
    "gzip, trailer, unknown fields, heartbeats": Habits(gzip=True, verify=True, unknown_fields=True, heartbeats=True),
    "anchors left out": Habits(exclusive_anchors=True),
    "newest first": Habits(newest_first=True),
    "holes, no turnover": Habits(hole_every=5, empty_turnover=True),
    "answers overtake": Habits(slow_s=0.05),
    "too fast now and then": Habits(too_fast_share=0.2),
    "no calendar": Habits(no_calendar=True),
}


def _truth(server: OtherServer, symbol: str, period: str, start: str, end: str, sessions: str) -> list[list[float]]:
    zone = ZoneInfo(MARKETS[Symbol(symbol).market].zone)
    first, last = (datetime.fromisoformat(day).replace(tzinfo=zone) for day in (start, end))
    span = first.timestamp(), (last + timedelta(days=1)).timestamp()
    bars = server.bars(symbol, Period(period), Sessions(sessions), *span)
    return [[bar.timestamp, float(bar.open), float(bar.close), bar.volume] for bar in bars]


def _rows(frame: pd.DataFrame) -> list[list[float]]:
    starts = pd.DatetimeIndex(frame.index).as_unit("s").asi8
    columns = (frame[name] for name in ("open", "close", "volume"))
    return [list(row) for row in zip(starts, *columns, strict=True)]


@pytest.mark.parametrize(
    "server",
    [pytest.param(HABITS[name], id=name, marks=[pytest.mark.slow] if n != 1 else []) for n, name in enumerate(HABITS)],
    indirect=True,
)
def test_candles_are_complete_and_paid_for_once(server: OtherServer) -> None:
    for symbol, period, start, end, sessions in SERIES:
        first = lp.candles(symbol, period, start=start, end=end, sessions=sessions)
        assert _rows(first) == _truth(server, symbol, period, start, end, sessions)
        asked = len(server.heard)
        pd.testing.assert_frame_equal(
            lp.candles(symbol, period, start=start, end=end, sessions=sessions), first, check_like=True
        )
        assert len(server.heard) == asked
    assert lp.quota().used == len(server.counted) == 2


@pytest.mark.parametrize(
    "server", [Habits(refuses_unknown=True), Habits()], ids=["refuses", "leaves out"], indirect=True
)
def test_unknown_symbols_are_all_named_whether_refused_or_left_out(server: OtherServer) -> None:
    assert list(lp.quote(["AAPL.US", "700.HK", "5.HK"]).index) == ["AAPL.US", "700.HK", "5.HK"]
    with pytest.raises(lp.SymbolError, match=r"NO\.US, NO2\.HK"):
        lp.quote(["700.HK", "NO.US", "NO2.HK"])
    assert server.heard


@pytest.mark.parametrize(
    "server", [Habits(history_limit=2), Habits(history_quota=2)], ids=["told", "learnt"], indirect=True
)
def test_the_quota_is_told_by_the_profile_or_learnt_from_a_refusal(server: OtherServer) -> None:
    for symbol in ("700.HK", "5.HK"):
        lp.candles(symbol, start="2012-01-01", end="2012-12-31")
    with pytest.raises(lp.QuotaExhausted, match=r"AAPL\.US.*2 of 2"):
        lp.candles("AAPL.US", start="2012-01-01", end="2012-12-31")
    asked = len(server.heard)
    with pytest.raises(lp.QuotaExhausted, match=r"9988\.HK.*2 of 2"):
        lp.candles("9988.HK", start="2020-01-01", end="2020-12-31")
    assert server.heard.count(27) == len(server.counted) + (server.habits.history_limit == 0)
    assert len(server.heard) == asked
    assert len(lp.candles("700.HK", start="2010-01-01", end="2010-12-31"))


@pytest.mark.slow
@pytest.mark.parametrize("server", [Habits(), Habits(forgets_sessions=True)], ids=["resumes", "forgets"], indirect=True)
def test_a_call_outlives_a_lost_link_and_spends_once(server: OtherServer) -> None:
    lp.quote("700.HK")
    server.cut_next = 1
    assert len(lp.candles("700.HK", start="2012-01-01", end="2012-12-31")) == 247
    assert lp.quota().used == 1
    server.cut_next = 1
    assert len(lp.quote("700.HK")) == 1
