"""The house: which folder may import which, read from every import by AST, and what importing the package costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "lpresearch"

# The table of the design: folder -> (ours, third party).
FLOORS: dict[str, tuple[set[str], set[str]]] = {
    "base": (set(), set()),
    "calendars": ({"base"}, {"exchange_calendars", "pandas", "numpy"}),
    "accounts": ({"base"}, {"platformdirs", "filelock"}),
    "wire": ({"base"}, {"google", "numpy"}),
    "frames": ({"base"}, {"pandas", "numpy"}),
    "history": ({"base", "calendars", "accounts"}, {"numpy", "filelock", "pyarrow"}),
    "net": ({"base", "accounts", "wire"}, {"httpx", "aiohttp"}),
    "sim": ({"base", "calendars", "wire"}, {"aiohttp", "numpy", "pyarrow"}),
    "sources": ({"base", "wire", "net"}, {"numpy"}),
    "client": (
        {"base", "calendars", "accounts", "frames", "history", "net", "sources"},
        {"dotenv", "nest_asyncio", "nest_asyncio2", "numpy"},
    ),
    "data": ({"base", "calendars", "frames", "history", "client"}, {"pandas", "numpy", "tqdm"}),
    "trading": ({"base", "calendars", "accounts", "frames", "client", "data"}, {"pandas"}),
    "ui": (
        {"base", "calendars", "frames", "client", "data", "trading"},
        {"ipywidgets", "bqplot", "matplotlib", "IPython", "traitlets", "pandas", "numpy"},
    ),
}
NEVER: dict[str, set[str]] = {
    "base": {"asyncio", "time", "os", "pathlib", "io", "shutil", "tempfile", "socket"},
    "calendars": {"socket", "http", "urllib"},
    "accounts": {"asyncio"},
    "wire": {"asyncio", "socket", "time", "random", "secrets"},
    "frames": {"asyncio", "pathlib", "os", "io"},
    "history": {"asyncio"},
    "data": {"socket"},
    "trading": {"socket"},
    "ui": {"threading"},
}
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if not path.name.endswith("_pb2.py") and path.parent.name != "notebooks"
)


def _name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def _dotted(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)


def _imports(path: Path) -> set[str]:
    """Every dotted name that a module imports, TYPE_CHECKING blocks included; of ``from a import b`` both a and a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)}: relative import"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent != PACKAGE], ids=_name)
def test_imports_run_downward_only(path: Path) -> None:
    folder = path.relative_to(PACKAGE).parts[0]
    ours, third = FLOORS[folder]
    for name in _imports(path):
        top, _, rest = name.partition(".")
        if top == "lpresearch":
            target = rest.partition(".")[0]
            assert target, f"{_name(path)} imports the package root"
            assert target in ours | {folder}, f"{_name(path)} imports {name}"
        elif top not in sys.stdlib_module_names:
            assert top in third, f"{_name(path)} imports {name}"
        assert top not in NEVER.get(folder, set()), f"{_name(path)} imports {name}"


def test_no_module_imports_itself_through_others() -> None:
    graph = {_dotted(path): _imports(path) - {_dotted(path)} for path in MODULES if path.name != "__init__.py"}
    open_modules = set(graph)
    while ready := {name for name in open_modules if not graph[name] & open_modules}:
        open_modules -= ready
    assert not open_modules, "these import each other, or such a circle"


def test_every_folder_has_a_floor() -> None:
    folders = {path.parent.relative_to(PACKAGE).parts[0] for path in MODULES if path.parent != PACKAGE}
    assert folders == set(FLOORS)


def test_the_command_line_and_the_demo_are_imported_by_nobody() -> None:
    for path in MODULES:
        if path.name not in {"cli.py", "demo.py", "__main__.py"}:
            assert not {"lpresearch.cli", "lpresearch.demo"} & _imports(path), _name(path)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_module_has_one_subject(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 350
    assert path.name == "__init__.py" or ast.get_docstring(ast.parse(text)), "a module says what it is"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            docstring = ast.get_docstring(node, clean=False) or ""
            length = (node.end_lineno or 0) - node.lineno + 1 - docstring.count("\n")
            assert length <= 60, f"{_name(path)}: {node.name} has {length} lines"


def test_importing_the_package_imports_no_third_party_and_no_asyncio() -> None:
    code = (
        "import sys; before = set(sys.modules); import lpresearch;"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(result.stdout.split()) - {"lpresearch"}
    assert "asyncio" not in loaded
    assert loaded <= set(sys.stdlib_module_names)


def test_no_public_name_equals_a_folder() -> None:
    import lpresearch

    assert not set(lpresearch.__all__) & set(FLOORS)
