"""Each official SDK once, and our client after it; at the end of the run, what agreed, call by call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import lpresearch as lp
from tests.conformance.bench import BRANDS, Sides, run_both
from tests.conformance.every import VARIANTS, Made, make_every_call

COLUMNS = (*BRANDS, *(variant.name for variant in VARIANTS if variant.name not in BRANDS))
SHOWN = {"passed": "ok", "failed": "DIFFERS", "error": "error", "skipped": "-"}


@pytest.fixture(scope="session", params=BRANDS)
def sides(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sides]:
    """What an SDK and our client were answered, and what they sent."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp(request.param)
        patch.setenv("LPRESEARCH_CACHE_DIR", str(folder / "cache"))
        patch.setenv("LPRESEARCH_STATE_DIR", str(folder / "state"))
        try:
            yield run_both(request.param)
        finally:
            lp.disconnect()


@pytest.fixture
def made(request: pytest.FixtureRequest) -> Made:
    """Every call of one variant, made once in a run."""
    (variant,) = (variant for variant in VARIANTS if variant.name == request.param)
    return make_every_call(variant)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each call: how it came out with either SDK, in each way of calling it."""
    outcomes: dict[str, dict[str, dict[str, str]]] = {}
    for state, word in SHOWN.items():
        for report in terminalreporter.stats.get(state, ()):
            told = dict(getattr(report, "user_properties", ()))
            if "call" in told:
                calls = outcomes.setdefault(told["compared"], {})
                calls.setdefault(told["call"], {})[told["brand"]] = word
    for compared, calls in sorted(outcomes.items()):
        columns = [name for name in COLUMNS if any(name in words for words in calls.values())]
        terminalreporter.section(f"conformance: {compared}")
        terminalreporter.write_line("".join(f"{text:<44}" if not text else f"{text:<18}" for text in ("", *columns)))
        for call, words in calls.items():
            cells = "".join(f"{words.get(name, '-'):<18}" for name in columns)
            terminalreporter.write_line(f"{call:<44}{cells}".rstrip())
