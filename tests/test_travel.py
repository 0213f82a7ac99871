"""Many series at once: together within the limits, kept as they come, and nothing lost when it is interrupted."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.data import journey, progress, travel
from lpresearch.sim.threaded import Running
from lpresearch.sources.longport_facts import CAPS
from lpresearch.wire.proto import quote_pb2

HISTORY = 27
OLD: dict[str, Any] = {"start": "2015-01-01", "end": "2016-12-31"}
MINUTES: dict[str, Any] = {"period": "1m", "start": "2024-01-02", "end": "2024-04-30"}


def _asked(broker: Running) -> list[str]:
    """The symbols whose history was asked, once for each page."""
    bodies = [request.body for request in broker.recorded if request.kind == "ws" and request.command == HISTORY]
    return [quote_pb2.SecurityHistoryCandlestickRequest.FromString(body).symbol for body in bodies]


def _interrupt_when(due: Callable[[], bool]) -> threading.Thread:
    """Press Ctrl-C as soon as something is so."""

    def watch() -> None:
        while not due():
            time.sleep(0.001)
        signal.raise_signal(signal.SIGINT)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


@pytest.fixture
def small_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds and chunks so small that a few pages take several of them."""
    monkeypatch.setattr(journey, "MOST_STEPS", 3)
    monkeypatch.setattr(travel, "CHUNK", 2)


def test_several_symbols_are_asked_for_at_once(broker: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    lp.connect()
    source, most, now = lp.session().source, 0, 0
    ask = source.history_bars

    async def counted(*args: object) -> object:
        nonlocal most, now
        now, most = now + 1, max(most, now + 1)
        try:
            await asyncio.sleep(0.01)
            return await ask(*args)  # type: ignore[arg-type]  # handed on as they came
        finally:
            now -= 1

    monkeypatch.setattr(source, "history_bars", counted)
    lp.candles(["700.HK", "5.HK", "AAPL.US"], **OLD)
    assert most == 3
    assert sorted(_asked(broker)) == ["5.HK", "700.HK", "AAPL.US"]


@pytest.mark.usefixtures("small_rounds")
def test_a_long_range_is_whole_however_many_rounds_it_takes(broker: Running) -> None:
    bars = lp.candles("700.HK", "1m", start="2024-01-02", end="2024-02-29")
    pages = len(_asked(broker))
    assert pages > 2 * journey.MOST_STEPS
    assert bars.attrs["lpresearch"]["calls"] == pages
    assert bars.attrs["lpresearch"]["quota_spent"] == 1
    pd.testing.assert_frame_equal(lp.candles("700.HK", "1m", start="2024-01-02", end="2024-02-29"), bars)
    assert len(_asked(broker)) == pages


@pytest.mark.usefixtures("small_rounds")
@pytest.mark.slow
def test_a_refresh_of_many_pages_asks_for_every_one_again(broker: Running) -> None:
    lp.candles("700.HK", "1m", start="2024-01-02", end="2024-02-29")
    pages = len(_asked(broker))
    lp.candles("700.HK", "1m", start="2024-01-02", end="2024-02-29", refresh=True)
    assert len(_asked(broker)) == 2 * pages


def test_all_symbols_that_the_quota_does_not_allow_are_named_before_a_packet_leaves(broker: Running) -> None:
    lp.candles("700.HK", **OLD)
    with pytest.raises(lp.QuotaExhausted) as caught:
        lp.candles(["700.HK", "5.HK", "9988.HK", "AAPL.US", "SPY.US"], **OLD)
    assert caught.value.symbols == ("AAPL.US", "SPY.US")
    assert "1 of 3 are used and 2 more go to symbols before them" in str(caught.value)
    assert _asked(broker) == ["700.HK"]
    assert lp.quota().used == 1


def test_ctrl_c_keeps_what_came_and_the_next_call_asks_for_the_rest_only(broker: Running) -> None:
    lp.connect()
    interrupting = _interrupt_when(lambda: sum(request.command == HISTORY for request in broker.recorded) >= 8)
    with pytest.raises(KeyboardInterrupt):
        lp.candles("700.HK", **MINUTES)
    interrupting.join()
    before = len(_asked(broker))
    left = lp.plan("700.HK", **MINUTES).loc["700.HK"]
    assert left["cached_bars"] > 0
    whole = int(lp.plan("700.HK", refresh=True, **MINUTES)["calls"].sum())
    assert before < whole
    assert left["calls"] <= whole - before + travel.MOST_IN_LINE  # what was in flight may be lost
    bars = lp.candles("700.HK", **MINUTES)
    assert bars.attrs["lpresearch"]["calls"] == left["calls"]
    assert lp.quota().used == 1


def test_one_symbol_that_fails_leaves_the_others_stored(broker: Running) -> None:
    with pytest.raises(lp.SymbolError, match=r"NOPE\.HK"):
        lp.candles(["700.HK", "5.HK", "NOPE.HK"], **OLD)
    assert lp.quota().used == len(set(_asked(broker)) - {"NOPE.HK"})
    for symbol in ("700.HK", "5.HK"):
        lp.candles(symbol, **OLD)
    assert sorted(_asked(broker)) == ["5.HK", "700.HK", "NOPE.HK"]


def test_units_for_which_no_packet_left_are_given_back(broker: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    lp.connect()

    async def refused(*_: object) -> object:
        raise lp.LinkError("ws://nowhere", "cannot be reached")

    monkeypatch.setattr(lp.session().source, "history_bars", refused)
    monkeypatch.setattr(travel, "MOST_IN_LINE", 1)
    with pytest.raises(lp.LinkError):
        lp.candles(["700.HK", "5.HK", "AAPL.US"], **OLD)
    assert lp.quota().used == 0
    assert _asked(broker) == []


def test_the_progress_bar_shows_only_what_takes_longer_than_a_moment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with progress.Progress("candles 1d") as quick:
        quick.update(1, 2, 0.1)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(progress, "SHOWN_AFTER_S", 0.0)
    with progress.Progress("backfill", stays=True) as slow:
        slow.update(1, 4, 90.0)
        slow.update(3, 4, 30.0)
    shown = capsys.readouterr().err
    assert "backfill" in shown
    assert "01:30 left" in shown
    assert "3 of 4 calls" in shown


@pytest.mark.parametrize(
    ("history", "latest", "seconds"), [(0, 500, 50.0), (60, 0, 6.0), (61, 0, 30.0), (184, 0, 90.3), (61, 400, 46.1)]
)
def test_the_time_left_counts_with_the_windows_of_the_permitted_pace(history: int, latest: int, seconds: float) -> None:
    assert progress.seconds_at_pace(CAPS, history=history, latest=latest) == pytest.approx(seconds, abs=0.01)


@pytest.fixture
def minutes_of_january(broker: Running) -> Running:
    """A month of minutes is in the store."""
    lp.candles("700.HK", "1m", start="2024-01-01", end="2024-01-31")
    return broker


@pytest.mark.parametrize("period", ["5m", "60m", "1d"])
def test_longer_bars_are_made_of_stored_shorter_ones(minutes_of_january: Running, period: str) -> None:
    asked = len(minutes_of_january.recorded)
    span: dict[str, Any] = {"start": "2024-01-02", "end": "2024-01-30"}
    costs = lp.plan("700.HK", period, **span)
    assert (costs.loc["700.HK", "calls"], costs.loc["700.HK", "route"]) == (0, "cache")
    made = lp.candles("700.HK", period, **span)
    assert len(minutes_of_january.recorded) == asked
    told = lp.candles("700.HK", period, refresh=True, **span)
    np.testing.assert_array_equal(made.to_numpy(), told.to_numpy())
    assert made.index.equals(told.index)


def test_weeks_are_made_of_days_and_parts_of_a_week_are_asked_for(broker: Running) -> None:
    lp.candles("700.HK", start="2015-01-05", end="2015-03-25")  # a Wednesday
    asked = len(broker.recorded)
    lp.candles("700.HK", "1w", start="2015-01-05", end="2015-03-22")
    assert len(broker.recorded) == asked
    weeks = lp.candles("700.HK", "1w", start="2015-01-05", end="2015-03-29")
    assert len(broker.recorded) > asked
    told = lp.candles("700.HK", "1w", start="2015-01-05", end="2015-03-29", refresh=True)
    pd.testing.assert_frame_equal(weeks, told)
