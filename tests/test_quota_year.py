"""A series that was bought once is kept alive for ever at no cost: a year of daily use under a quota of one month."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

import lpresearch as lp
from lpresearch.base.model import Interval, Period, Sessions
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.history.ledger import Ledger
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.threaded import serve
from tests.quota_year import Wish, by_history_alone, kept_alive

YEAR = 2025
EVENING = datetime(YEAR, 12, 31, 1, tzinfo=UTC).timestamp()  # the last morning of the year in Hong Kong
DAILY = Wish(Period.DAY, date(2015, 1, 1), 150)
MINUTES = Wish(Period.MIN_1, date(2024, 6, 3), 150)


@pytest.mark.parametrize("wish", [DAILY, pytest.param(MINUTES, marks=pytest.mark.slow)], ids=["days", "minutes"])
def test_a_year_of_300_symbols_under_300_a_month_spends_300_units_in_the_first_month_and_none_after(
    tmp_path: Path, wish: Wish
) -> None:
    ledger = Ledger(tmp_path / "a.sqlite")
    months, coverage = kept_alive(wish, YEAR, ledger, limit=300)
    ledger.close()
    assert [month.units for month in months.values()] == [300] + [0] * 11
    assert [month.history > 0 for month in months.values()] == [True] + [False] * 11
    assert len(coverage) == 300
    for symbol, held in coverage.items():
        calendar = MarketCalendar(symbol.market, today=date(YEAR, 12, 31))
        final = calendar.final_before(wish.period, Sessions.REGULAR, EVENING)
        bars = sum(calendar.expected_bars(wish.period, Sessions.REGULAR, *_ends(span)) for span in held)
        assert bars == calendar.expected_bars(wish.period, Sessions.REGULAR, calendar.midnight(wish.since), final)


def test_without_the_newest_bars_each_month_costs_all_units_again() -> None:
    for cached in (True, False):
        months = by_history_alone(DAILY, YEAR, cached=cached)
        assert [month.units for month in months.values()] == [300] * 12


def _ends(span: Interval) -> tuple[int, int]:
    return span.start, span.end


@pytest.mark.slow
def test_nine_weeks_of_real_candles_spend_their_units_in_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    symbols = ["700.HK", "5.HK", "9988.HK", "AAPL.US", "MSFT.US"]
    clock = ManualClock(datetime(2025, 1, 6, 1, tzinfo=UTC).timestamp(), "real")
    with serve(seed=7, clock=clock, limits=Limits.unpaced(), history_quota=len(symbols)) as broker:
        for name, value in broker.environment().items():
            monkeypatch.setenv(name, value)
        spent: dict[int, int] = {}
        for _ in range(45):
            moment = datetime.fromtimestamp(clock.now(), UTC)
            bars = lp.candles(symbols, start="2015-01-05")
            spent[moment.month] = spent.get(moment.month, 0) + bars.attrs["lpresearch"]["quota_spent"]
            assert bars.attrs["lpresearch"]["complete"]
            lp.disconnect()  # the next session asks the server what time it is
            clock.advance(86_400.0 * (3 if moment.weekday() == 4 else 1))
        newest = lp.candles("AAPL.US", start="2015-01-05")
        lp.disconnect()
    assert f"{newest.index[-1]:%Y-%m-%d}" == "2025-03-07"
    assert len(newest) == 2559  # sessions of New York from 2015-01-05 to then
    assert spent == {1: len(symbols), 2: 0, 3: 0}
