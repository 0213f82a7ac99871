"""Every notebook of the project runs from top to bottom, is saved without outputs, and shows what it promises."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbclient
import nbformat
import pytest

FOLDER = Path(__file__).parent.parent / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
WIDGET = "application/vnd.jupyter.widget-view+json"
Outputs = dict[str, list[nbformat.NotebookNode]]


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)  # type: ignore[no-any-return,no-untyped-call]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], Outputs]:
    """Runs a notebook in a kernel of its own, once for all tests; gives the outputs by the id of their cell."""
    done: dict[Path, Outputs] = {}

    def outputs(path: Path) -> Outputs:
        if path not in done:
            notebook = read(path)
            place = {"metadata": {"path": str(tmp_path_factory.mktemp("notebook"))}}
            nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3", resources=place).execute()
            done[path] = {cell.id: cell.get("outputs", []) for cell in notebook.cells}
        return done[path]

    return outputs


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_is_saved_without_outputs(path: Path) -> None:
    notebook = read(path)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert not any(cell.outputs or cell.execution_count for cell in code)
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_a_notebook_runs_without_an_error(path: Path, run: Callable[[Path], Outputs]) -> None:
    kinds = {output.output_type for outputs in run(path).values() for output in outputs}
    assert kinds <= {"stream", "display_data", "execute_result"}


@pytest.mark.slow
def test_the_quickstart_shows_charts_once_a_board_a_ticket_and_a_filled_order(run: Callable[[Path], Outputs]) -> None:
    outputs = run(FOLDER / "quickstart.ipynb")
    for cell in ("chart", "magic-candles"):
        assert ["image/png" in output.get("data", {}) for output in outputs[cell]] == [True]
    for cell in ("board", "ticket"):
        assert [WIDGET in output.get("data", {}) for output in outputs[cell]] == [True]
    assert "FilledStatus" in outputs["orders"][-1].data["text/plain"]
    rows = {row.split()[0]: row.split()[1:] for row in outputs["again"][-1].data["text/plain"].splitlines()[1:]}
    assert rows["from_broker"][1] == rows["calls"][1] == rows["quota_spent"][1] == "0"
    assert rows["quota_spent"][0] == "1"


@pytest.mark.slow
def test_the_history_notebook_pays_once_and_then_works_from_the_disk(run: Callable[[Path], Outputs]) -> None:
    outputs = run(FOLDER / "history.ipynb")
    told = {cell: found[-1].data["text/plain"] for cell, found in outputs.items() if found and "data" in found[-1]}
    assert "8 of 100 symbols used" in told["paid"]
    assert {tuple(row.split()[1:]) for row in told["again"].splitlines()[2:]} == {("stored", "0", "0")}
    assert told["panel"].startswith("(0, ")
    assert "image/png" in outputs["chart"][-1].data
    costs = {row.split()[0]: row.split()[1:] for row in told["minutes"].splitlines()[1:]}
    assert costs["from_broker"][1:] == costs["calls"][1:] == ["0", "0"]
    assert "Empty DataFrame" in told["verify"]
    assert "True" in told["export"]


@pytest.mark.slow
def test_the_simulator_notebook_fills_splits_and_breaks_and_sends_nothing_twice(run: Callable[[Path], Outputs]) -> None:
    outputs = run(FOLDER / "simulator.ipynb")
    told = {cell: found[-1].data["text/plain"] for cell, found in outputs.items() if found and "data" in found[-1]}
    assert "NewStatus" in told["order"]
    assert "FilledStatus" in told["fill"]
    (split,) = [row.split() for row in told["advance"].splitlines() if row.startswith("MSFT.US")]
    assert (split[1], split[3]) == ("10.0", "30.0")
    assert told["happened"] == "[('cut', 11), ('refuse', '/v1/trade/order/today')]"
    assert told["lost"].count("MSFT.US") == 1
    assert "SPY.US needs 1 unit(s)" in outputs["limits"][0].text
