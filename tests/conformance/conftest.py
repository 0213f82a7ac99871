"""Each official SDK once, and our client after it; at the end of the run, what agreed, call by call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import lpresearch as lp
from tests.conformance.bench import BRANDS, Sides, run_both

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


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A line for each call: how it came out with either SDK."""
    outcomes: dict[tuple[str, str], dict[str, str]] = {}
    for state, word in SHOWN.items():
        for report in terminalreporter.stats.get(state, ()):
            told = dict(getattr(report, "user_properties", ()))
            if "call" in told:
                outcomes.setdefault((told["compared"], told["call"]), {})[told["brand"]] = word
    for kind in sorted({kind for kind, _ in outcomes}):
        terminalreporter.section(f"conformance: {kind}")
        terminalreporter.write_line(f"{'call':<44} {'longport 3.0.18':<18} longbridge 5.3.0")
        for (of_kind, call), words in outcomes.items():
            if of_kind == kind:
                longport, longbridge = (words.get(brand, "-") for brand in BRANDS)
                terminalreporter.write_line(f"{call:<44} {longport:<18} {longbridge}")
