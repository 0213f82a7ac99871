"""``python -m lpresearch.sim``: the simulated broker from the command line."""

from __future__ import annotations

import argparse

from lpresearch.sim.command import add_arguments, run


def main() -> int:
    """Read the arguments and serve; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lpresearch.sim", description="A simulated LongPort server.")
    add_arguments(parser)
    return run(parser.parse_args())


if __name__ == "__main__":
    raise SystemExit(main())
