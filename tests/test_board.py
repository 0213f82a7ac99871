"""The board: its texts, its escaping, and that it ticks and ends."""

from __future__ import annotations

import time
from collections.abc import Callable

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.errors import InputError, SymbolError
from lpresearch.ui.board import Board, board, make_row, plain_table

DEADLINE_S = 20.0
pytestmark = pytest.mark.usefixtures("open_broker")


def quote_row(**values: object) -> dict[str, object]:
    usual: dict[str, object] = {
        "last_done": 598.5,
        "change": -1.5,
        "change_rate": -0.25,
        "volume": 12_345_678,
        "timestamp": pd.Timestamp("2026-11-20 07:59:59", tz="UTC"),
        "trade_status": "NORMAL",
    }
    return usual | values


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def shown(live: Board) -> str:
    return str(live.widget.children[1].value)


def test_a_row_says_price_change_volume_and_exchange_time() -> None:
    row = make_row("700.HK", {"700.HK": "Tencent"}, quote_row())
    assert row.cells() == ("700.HK", "Tencent", "598.50", "−1.50", "−0.25%", "12.3M", "15:59:59", "")
    assert row.direction == -1


def test_prices_keep_the_decimals_they_have() -> None:
    assert make_row("1.HK", {}, quote_row(last_done=0.013, change=0.001)).last == "0.013"
    assert make_row("BRK.A.US", {}, quote_row(last_done=741_000.0)).last == "741,000.00"


def test_no_change_has_no_sign() -> None:
    row = make_row("700.HK", {}, quote_row(change=0.0, change_rate=-0.001))
    assert row.cells()[3:5] == ("0.00", "0.00%")


def test_missing_values_are_dashes() -> None:
    nan = float("nan")
    row = make_row("700.HK", {}, quote_row(last_done=nan, change=nan, change_rate=nan, timestamp=pd.NaT))
    assert row.cells()[2:] == ("–", "–", "–", "12.3M", "", "")
    assert row.direction == 0


def test_an_unusual_status_is_said_in_words() -> None:
    assert make_row("700.HK", {}, quote_row(trade_status="SUSPEND_TRADE")).status == "suspend trade"


def test_a_board_prints_as_plain_columns() -> None:
    text = plain_table([make_row("700.HK", {"700.HK": "Tencent"}, quote_row())], ["SIMULATED"])
    assert text.splitlines() == [
        "SIMULATED",
        "symbol  name       last  change       %  volume  time      status",
        "700.HK  Tencent  598.50   −1.50  −0.25%   12.3M  15:59:59",
    ]


def test_a_board_ticks_by_itself_and_stops_when_closed() -> None:
    live = board(["700.HK", "AAPL.US", "NVDA.US"])
    before = shown(live)
    assert "Tencent" in before
    assert "SIMULATED" in before
    wait_until(lambda: shown(live) != before)
    live.close()
    after = shown(live)
    assert "CLOSED" in after
    assert live.closed
    assert lp.session().hub.streams == ()  # the session goes on
    live.close()
    assert shown(live) == after


def test_what_a_server_sends_cannot_become_markup() -> None:
    live = Board(lp.stream("700.HK"), {"700.HK": "<script>alert(1)</script>&"})
    assert "<script>" not in shown(live)
    assert "&lt;script&gt;alert(1)&lt;/script&gt;&amp;" in shown(live)
    live.close()


def test_a_board_shows_its_widget_in_jupyter_and_a_table_elsewhere() -> None:
    live = board("700.HK")
    bundle = live._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "Tencent" in str(bundle["text/plain"])
    lp.disconnect()
    live.close()
    assert "CLOSED" in repr(live)


def test_bad_arguments_are_named_before_anything_is_subscribed() -> None:
    with pytest.raises(SymbolError, match=r"NOPE\.US"):
        board(["700.HK", "NOPE.US"])
    colors: dict[str, str] = {"colors": "blue"}
    with pytest.raises(InputError, match="green-up"):
        board("700.HK", **colors)  # type: ignore[arg-type]  # what an untyped caller may write
