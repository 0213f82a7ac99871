"""What a reader relies on: every public name is documented and shown, the examples run, the table of names is one."""

from __future__ import annotations

import ast
import doctest
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import lpresearch

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
FUNCTIONS = sorted(name for name in lpresearch.__all__ if inspect.isfunction(getattr(lpresearch, name)))


def _shown() -> str:
    cells = [cell for path in NOTEBOOKS for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]]
    return (ROOT / "README.md").read_text(encoding="utf-8") + "\n".join("".join(cell["source"]) for cell in cells)


@pytest.mark.parametrize("name", lpresearch.__all__)
def test_a_public_name_is_documented_and_shown(name: str) -> None:
    value = getattr(lpresearch, name)
    assert inspect.getdoc(value), "a docstring"
    assert re.search(rf"\b{name}\b", _shown()), "named in README or a notebook"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_documents_its_parameters_and_shows_an_example(name: str) -> None:
    function = getattr(lpresearch, name)
    text = inspect.getdoc(function) or ""
    for parameter in inspect.signature(function).parameters:
        assert re.search(rf"\b{parameter}\b", text), f"{name} does not document {parameter}"
    assert "Examples\n--------" in text


def test_the_lazy_table_and_the_block_for_editors_say_the_same() -> None:
    tree = ast.parse((ROOT / "lpresearch" / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    listed = {
        alias.name: node.module
        for node in block.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("lpresearch.")
        for alias in node.names
    }
    assert listed == {name: f"lpresearch.{module}" for name, module in lpresearch._HOME.items()}


def test_tab_completion_offers_the_public_names_and_nothing_else() -> None:
    assert [name for name in dir(lpresearch) if not name.startswith("__")] == lpresearch.__all__


@pytest.fixture
def fresh_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No credentials and no .env of the reader's own: the embedded simulator."""
    monkeypatch.chdir(tmp_path)
    yield
    lpresearch.disconnect()


@pytest.mark.usefixtures("fresh_session")
def test_the_examples_in_docstrings_run() -> None:
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for name in FUNCTIONS:
        for example in finder.find(getattr(lpresearch, name), name, module=False, globs={}):
            runner.run(example)
    assert runner.tries > 0
    assert runner.failures == 0


@pytest.mark.usefixtures("fresh_session")
def test_the_python_blocks_of_the_readme_run() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    names: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "README.md", "exec"), names)


def test_nothing_names_a_machine() -> None:
    """No absolute path of a machine and no registry host in any file that is shipped or tested."""
    for path in [*(ROOT / "lpresearch").rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "README.md", *NOTEBOOKS]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(^|[^\w.\-])/(home|Users|root|work)/[a-z]", text), path
