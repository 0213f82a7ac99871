"""The quickstart as a newcomer sees it: Run All in JupyterLab, a board that ticks, a ticket that makes one order."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .lab import Notebook, ask_kernel, browser_page, find_chromium, running_lab

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def quickstart(tmp_path: Path) -> Iterator[Notebook]:
    """A copy of the quickstart, open in a JupyterLab that keeps everything below ``tmp_path / "lab"``."""
    if find_chromium() is None:
        if os.environ.get("LPRESEARCH_REQUIRE_BROWSER") == "1":
            pytest.fail("LPRESEARCH_REQUIRE_BROWSER=1, but there is no Chromium")
        pytest.skip("no Chromium on this machine")
    copy = tmp_path / "notebooks"
    shutil.copytree(NOTEBOOKS, copy)
    with running_lab(tmp_path / "lab", copy) as url, browser_page() as page:
        yield Notebook(page, url, "quickstart.ipynb")


def test_run_all_without_an_error_the_board_ticks_and_the_ticket_makes_one_order(
    quickstart: Notebook, tmp_path: Path
) -> None:
    page = quickstart.page

    def orders() -> list[str]:
        return ask_kernel(tmp_path / "lab", "print(*lp.orders().index)").split()

    quickstart.run_all()

    board = page.locator(".lpr-board")
    quickstart.bring_into_view(board)
    before = board.inner_text()
    assert "700.HK" in before
    quickstart.wait_until("the board ticks", lambda: board.inner_text() != before)
    page.screenshot(path=tmp_path / "board.png")

    already = orders()
    ticket = page.locator(".lpr-ticket")
    quickstart.bring_into_view(ticket)
    ticket.get_by_role("button", name="Review").click()
    confirm = ticket.get_by_role("button", name="Confirm Buy")
    confirm.wait_for()
    assert "Buy 200 9988.HK" in ticket.inner_text()
    assert orders() == already
    confirm.dblclick()
    quickstart.wait_until("the order fills", lambda: "Filled" in ticket.locator(".lpr-outcome").inner_text())
    page.screenshot(path=tmp_path / "ticket.png")
    assert len(orders()) == len(already) + 1
    assert not set(already) - set(orders())
