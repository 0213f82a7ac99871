"""The magics, through a real IPython shell."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from matplotlib.figure import Figure
from traitlets.config import Config

import lpresearch as lp
from lpresearch.ui.board import Board
from lpresearch.ui.known_symbols import completions, symbols_in
from lpresearch.ui.ticket import TicketForm

Shell = Any  # IPython is typed in part only
pytestmark = pytest.mark.usefixtures("open_broker")


@pytest.fixture(scope="module")
def ipython(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """One shell for all tests here, with a folder of its own."""
    config = Config({"HistoryManager": {"enabled": False}})  # else it writes to the folder when Python ends
    yield InteractiveShell.instance(ipython_dir=str(tmp_path_factory.mktemp("ipython")), config=config)
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(ipython: Shell) -> Iterator[Shell]:
    """The shell with the magics loaded."""
    ipython.run_line_magic("load_ext", "lpresearch")
    yield ipython
    ipython.run_line_magic("unload_ext", "lpresearch")


def run(shell: Shell, code: str) -> object:
    """What a cell returns; its error is raised."""
    result = shell.run_cell(code)
    result.raise_error()
    return result.result


def complete(shell: Shell, line: str) -> list[str]:
    """What is offered at the end of a line, as a kernel offers it."""
    with provisionalcompleter():
        return [one.text for one in shell.Completer.completions(line, len(line))]


def test_quote_returns_a_frame_that_can_be_kept(shell: Shell) -> None:
    run(shell, "kept = %quote 700.HK HK.00005\nkept")
    kept = shell.user_ns["kept"]
    assert isinstance(kept, pd.DataFrame)
    assert list(kept.index) == ["700.HK", "5.HK"]


def test_candles_take_symbols_then_a_period(shell: Shell) -> None:
    daily = run(shell, "%candles 700.HK -n 30")
    assert isinstance(daily, pd.DataFrame)
    assert len(daily) == 30
    assert daily.attrs["lpresearch"]["period"] == "1d"
    several = run(shell, "%kline 700.HK 9988.HK 5m --count 3")
    assert isinstance(several, pd.DataFrame)
    assert len(several) == 6
    assert several.attrs["lpresearch"]["period"] == "5m"


def test_candles_can_be_drawn(shell: Shell) -> None:
    assert isinstance(run(shell, "%candles 700.HK 1d -n 60 --plot"), Figure)


def test_the_other_magics_are_their_functions(shell: Shell) -> None:
    assert getattr(run(shell, "%quota"), "limit", 0) == lp.quota().limit
    for line, index in (
        ("%depth 700.HK", "position"),
        ("%trades 700.HK -n 9", "timestamp"),
        ("%orders", "order_id"),
        ("%positions", "symbol"),
    ):
        frame = run(shell, line)
        assert isinstance(frame, pd.DataFrame)
        assert frame.index.name == index


def test_the_quota_keeps_units_back_on_request(shell: Shell) -> None:
    assert getattr(run(shell, "%quota --reserve 2"), "reserve", 0) == 2
    assert getattr(run(shell, "%quota"), "reserve", 0) == 2
    assert getattr(run(shell, "%quota -r 0"), "reserve", 2) == 0


def test_widgets_come_by_magics_too(shell: Shell) -> None:
    live = run(shell, "%watch 700.HK")
    assert isinstance(live, Board)
    live.close()
    form = run(shell, "%ticket 700.HK sell")
    assert isinstance(form, TicketForm)
    assert form.fields.side.value == "Sell"
    form.close()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%quote 700", "SymbolError: symbols='700': "),
        ("%candles 700.HK 7d", "InputError: period='7d'"),
        ("%candles 1d", "a symbol is missing before the period"),
        ("%quote", "the following arguments are required: symbols"),
    ],
)
def test_errors_are_one_line_without_a_traceback(
    shell: Shell, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    shell.run_cell(line)
    said = "".join(capsys.readouterr())
    assert words in said
    assert "Traceback" not in said
    assert "lpresearch/" not in said


def test_a_question_mark_shows_the_options(shell: Shell) -> None:
    shown = str(shell.magics_manager.magics["line"]["candles"].__doc__)
    assert "--plot" in shown
    assert "%candles 700.HK 1d -n 60 --plot" in shown


def test_symbols_are_completed_used_ones_first(shell: Shell) -> None:
    assert "700.HK" in complete(shell, "%quote 70")
    assert "AAPL.US" in complete(shell, "df = %candles AAP")
    assert shell.history_manager is not None
    shell.run_cell("used = '7099.HK'", store_history=True)
    assert complete(shell, "%quote 70")[:2] == ["7099.HK", "700.HK"]


def test_symbols_are_found_in_cells() -> None:
    cells = ["lp.quote('700.HK')", "%quote aapl.us BRK.A.US", "x = 1.5; y = df.usage; lp.candles(['.DJI.US'])"]
    assert symbols_in(cells) == [".DJI.US", "BRK.A.US", "AAPL.US", "700.HK"]


def test_completion_needs_no_capitals() -> None:
    assert completions("nvd") == ["NVDA.US"]
    assert completions("7", ["799.HK", "AAPL.US"])[:2] == ["799.HK", "700.HK"]


def test_unloading_takes_the_magics_away(ipython: Shell) -> None:
    ipython.run_line_magic("load_ext", "lpresearch")
    ipython.run_line_magic("unload_ext", "lpresearch")
    assert ipython.find_line_magic("quota") is None
    assert ipython.find_line_magic("kline") is None
    assert "700.HK" not in complete(ipython, "%quote 70")
