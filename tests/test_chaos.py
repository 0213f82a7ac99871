"""Seeded sequences of faults under a stream: afterwards the client has what the server has, and all of it once."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.chaos import World

ROUNDS = 5


def live_through(seed: int, folder: Path) -> None:
    """A stream, and so many things that go wrong."""
    with ExitStack() as stack:
        world = World(stack, seed, folder)
        for _ in range(ROUNDS):
            world.round()


@pytest.mark.parametrize("seed", [*range(4), pytest.param(4, marks=pytest.mark.slow)])
def test_a_stream_is_true_after_whatever_went_wrong(tmp_path: Path, seed: int) -> None:
    live_through(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 140))
def test_a_stream_is_true_after_hundreds_of_faults(tmp_path: Path, seed: int) -> None:
    live_through(seed, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(1000, 1600))
def test_a_stream_is_true_after_thousands_of_faults(tmp_path: Path, seed: int) -> None:
    live_through(seed, tmp_path)
