"""Which bars commands 19 and 27 mean, and what they cost (longport.md 5.1, 6). Epoch seconds are written out."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from lpresearch.base.model import Period, Sessions
from lpresearch.sim.server.history_rules import BarsWanted, HistoryQuota, Today, history_wanted, latest_wanted
from lpresearch.sim.server.refusal import Refusal
from lpresearch.wire.proto import quote_pb2 as pb

NOW = datetime(2026, 11, 18, 3, 30, 15, 500_000, tzinfo=UTC).timestamp()  # Wednesday 11:30:15.5 in Hong Kong
AFTER_NOW = 1794972616.0  # the next whole second: bars that start now are in
TODAY = Today(NOW, lambda market: date(2026, 11, 18))

HK_2026_01_05 = 1767542400.0  # Hong Kong midnights, +08:00
HK_2026_01_06 = 1767628800.0
HK_2026_01_17 = 1768579200.0
HK_2026_11_19 = 1795017600.0
HK_REACH_DAY = 1086019200.0  # 2004-06-01
HK_REACH_MINUTE = 1664294400.0  # 2022-09-28
US_2026_01_05 = 1767589200.0  # New York midnight in winter, -05:00
US_2026_07_06 = 1783310400.0  # New York midnight in summer, -04:00

By = pb.SecurityHistoryCandlestickRequest


def by_date(start: str, end: str, *, symbol: str = "700.HK", period: int = 1000, session: int = 0) -> By:
    """A request by date, as both SDKs send it."""
    return By(
        symbol=symbol,
        period=pb.Period.Name(period),
        query_type=pb.QUERY_BY_DATE,
        date_request=By.DateQuery(start_date=start, end_date=end),
        trade_session=session,
    )


def by_offset(
    day: str,
    *,
    forward: bool,
    minute: str = "",
    count: int = 0,
    symbol: str = "700.HK",
    period: int = 1000,
    session: int = 0,
) -> By:
    """A request by offset, as both SDKs send it."""
    return By(
        symbol=symbol,
        period=pb.Period.Name(period),
        query_type=pb.QUERY_BY_OFFSET,
        offset_request=By.OffsetQuery(
            direction=pb.FORWARD if forward else pb.BACKWARD, date=day, minute=minute, count=count
        ),
        trade_session=session,
    )


def wanted(start: float, end: float, limit: int, *, newest: bool, period: Period = Period.DAY) -> BarsWanted:
    """The expectation, of regular sessions."""
    return BarsWanted(period, Sessions.REGULAR, start, end, limit, newest)


def refused(request: By) -> Refusal:
    """The refusal of a request."""
    with pytest.raises(Refusal) as caught:
        history_wanted(request, TODAY)
    return caught.value


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("", "", wanted(HK_REACH_DAY, AFTER_NOW, 1000, newest=True)),
        ("20260105", "", wanted(HK_2026_01_05, AFTER_NOW, 1000, newest=False)),
        ("", "20260116", wanted(HK_REACH_DAY, HK_2026_01_17, 1000, newest=True)),
        ("20260105", "20260116", wanted(HK_2026_01_05, HK_2026_01_17, 1000, newest=True)),
        ("20260105", "20260105", wanted(HK_2026_01_05, HK_2026_01_06, 1000, newest=True)),
        ("20260105", "20991231", wanted(HK_2026_01_05, AFTER_NOW, 1000, newest=True)),
        ("19800101", "20260116", wanted(HK_REACH_DAY, HK_2026_01_17, 1000, newest=True)),
    ],
)
def test_by_date_means_both_days_and_the_side_that_the_document_says(
    start: str, end: str, expected: BarsWanted
) -> None:
    assert history_wanted(by_date(start, end), TODAY) == expected


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (by_offset("20260105", forward=True, count=5), wanted(HK_2026_01_05, AFTER_NOW, 5, newest=False)),
        (by_offset("20260105", forward=False, count=5), wanted(HK_REACH_DAY, HK_2026_01_06, 5, newest=True)),
        (by_offset("20260105", forward=True), wanted(HK_2026_01_05, AFTER_NOW, 10, newest=False)),
        (by_offset("", forward=False, count=1000), wanted(HK_REACH_DAY, AFTER_NOW, 1000, newest=True)),
        (
            by_offset("20260105", forward=True, minute="0000", count=2),
            wanted(HK_2026_01_05, AFTER_NOW, 2, newest=False),
        ),
        (
            by_offset("20260105", forward=True, minute="1035", count=2, period=1),
            wanted(HK_2026_01_05 + 38_100, AFTER_NOW, 2, newest=False, period=Period.MIN_1),
        ),
        (
            by_offset("20260105", forward=False, minute="1035", count=2, period=5),
            wanted(HK_REACH_MINUTE, HK_2026_01_05 + 38_101, 2, newest=True, period=Period.MIN_5),
        ),
        (
            by_offset("20260105", forward=False, count=2, period=1),
            wanted(HK_REACH_MINUTE, HK_2026_01_06, 2, newest=True, period=Period.MIN_1),
        ),
    ],
)
def test_by_offset_counts_from_the_anchor_which_is_included(request_: By, expected: BarsWanted) -> None:
    assert history_wanted(request_, TODAY) == expected


@pytest.mark.parametrize(("day", "start"), [("20260105", US_2026_01_05), ("20260706", US_2026_07_06)])
def test_days_are_those_of_the_exchange_with_its_daylight_saving(day: str, start: float) -> None:
    found = history_wanted(by_date(day, day, symbol="AAPL.US", period=1), TODAY)
    assert (found.start, found.end) == (start, start + 86_400)


@pytest.mark.parametrize(
    ("symbol", "first", "before"),
    [("700.HK", "20220928", "20220927"), ("AAPL.US", "20231204", "20231203"), ("600519.SH", "20220825", "20220824")],
)
def test_a_minute_query_that_begins_before_the_reach_is_refused(symbol: str, first: str, before: str) -> None:
    history_wanted(by_date(first, "20260116", symbol=symbol, period=1), TODAY)
    history_wanted(by_date(before, "20260116", symbol=symbol, period=1000), TODAY)
    for request in (
        by_date(before, "20260116", symbol=symbol, period=1),
        by_date(before, "", symbol=symbol, period=60),
        by_offset(before, forward=True, minute="0930", symbol=symbol, period=5),
    ):
        refusal = refused(request)
        assert (refusal.http_status, refusal.code) == (7, 301600)
        assert refusal.message == "out of minute kline begin date"


def test_bars_of_ones_own_have_no_reach() -> None:
    found = history_wanted(by_date("20000103", "20000104", period=1), TODAY, limited=False)
    assert found.start == datetime(2000, 1, 2, 16, tzinfo=UTC).timestamp()


def test_all_sessions_exist_of_minutes_only() -> None:
    minutes = history_wanted(by_date("20260105", "20260105", symbol="AAPL.US", period=1, session=100), TODAY)
    days = history_wanted(by_date("20260105", "20260105", symbol="AAPL.US", period=1000, session=100), TODAY)
    assert (minutes.sessions, days.sessions) == (Sessions.ALL, Sessions.REGULAR)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (by_date("2026-01-05", ""), 7),
        (by_date("20260231", ""), 7),
        (by_date("", "99991231"), 7),
        (by_date("20260116", "20260105"), 7),
        (by_date("20260105", "", period=0), 7),
        (by_date("20260105", "", session=1), 7),
        (by_offset("20260105", forward=True, count=1001), 7),
        (by_offset("20260105", forward=True, count=-1), 7),
        (by_offset("20260105", forward=True, minute="2460", period=1), 7),
        (by_offset("20260105", forward=True, minute="10:35", period=1), 7),
        (By(symbol="700.HK", period=pb.DAY), 3),
    ],
)
def test_a_request_that_breaks_a_rule_is_refused(request_: By, status: int) -> None:
    refusal = refused(request_)
    assert (refusal.http_status, refusal.code) == (status, 301600)


def test_the_latest_bars_reach_up_to_now() -> None:
    request = pb.SecurityCandlestickRequest(symbol="700.HK", period=pb.DAY, count=100)
    assert latest_wanted(request, NOW) == wanted(HK_REACH_DAY, AFTER_NOW, 100, newest=True)


@pytest.mark.parametrize("count", [0, -1, 1001])
def test_the_latest_bars_are_1_to_1000(count: int) -> None:
    with pytest.raises(Refusal) as caught:
        latest_wanted(pb.SecurityCandlestickRequest(symbol="700.HK", period=pb.DAY, count=count), NOW)
    assert (caught.value.http_status, caught.value.code) == (7, 301600)


def test_a_symbol_counts_once_a_month() -> None:
    quota = HistoryQuota(2)
    for symbol in ("700.HK", "AAPL.US", "700.HK", "AAPL.US"):
        quota.count(symbol, NOW)
    with pytest.raises(Refusal) as caught:
        quota.count("9988.HK", NOW)
    assert (caught.value.http_status, caught.value.code) == (7, 301607)
    assert caught.value.message == "history kline symbol count out of limit, requested:3/limit:2"
    quota.count("700.HK", NOW)  # a counted symbol stays free


def test_the_quota_is_refilled_when_the_month_begins_in_hong_kong() -> None:
    quota = HistoryQuota(1)
    month_end = datetime(2026, 11, 30, 15, 59, 59, tzinfo=UTC).timestamp()
    quota.count("700.HK", month_end)
    with pytest.raises(Refusal):
        quota.count("9988.HK", month_end)
    quota.count("9988.HK", month_end + 1)


def test_a_quota_of_nothing_refuses_the_first_symbol() -> None:
    with pytest.raises(Refusal, match="requested:1/limit:0"):
        HistoryQuota(0).count("700.HK", NOW)
