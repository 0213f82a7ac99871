"""Fuzzing by coverage, for as long as you like: needs ``pip install atheris`` in a place of its own.

    python -m tests.fuzz.fuzz_wire packets -max_total_time=60

The first argument is a name of ``targets.TARGETS``; the others go to libFuzzer. What it finds is left as a file
``crash-...`` in the working directory: put its bytes among ``FOUND`` of ``tests/test_fuzz_wire.py`` and mend the code.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris  # type: ignore[import-untyped]  # installed by hand; it has no types

with atheris.instrument_imports(include=["lpresearch", "tests.fuzz.targets"]):
    from tests.fuzz.targets import SEEDS, TARGETS


def main() -> None:
    """Fuzz one target from its seeds on."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        sys.exit(f"Name a target: {', '.join(TARGETS)}.")
    name = sys.argv.pop(1)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(SEEDS[name]):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, corpus], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
