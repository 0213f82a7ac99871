"""The brokers of the Hong Kong market and where they wait: who is who, and the queue behind each price level.

A level of so many orders has a queue of so many brokers. Pure; the participants are read once from their file.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np

from lpresearch.sim.market import draws
from lpresearch.sim.market.snapshots import Level, Queue
from lpresearch.sim.market.ticks import UNITS

MOST_SHOWN = 40  # brokers of one side, as the exchange shows them
_STRIDE = 1_000_003  # between the draws of two prices


@dataclass(frozen=True, slots=True)
class Participant:
    """A member of the exchange and the numbers under which it waits."""

    broker_ids: tuple[int, ...]
    name_en: str
    name_cn: str
    name_hk: str


@cache
def participants() -> tuple[Participant, ...]:
    """The participants, by their first number: those whose numbers brokers' public documents name."""
    text = files("lpresearch.sim.market").joinpath("data/participants.csv").read_text(encoding="utf-8")
    return tuple(
        Participant(
            tuple(int(number) for number in row["broker_ids"].split()), row["name_en"], row["name_cn"], row["name_hk"]
        )
        for row in csv.DictReader(text.splitlines())
    )


def queues_of(levels: Sequence[Level], key: int) -> list[Queue]:
    """Who waits at the levels of one side, best first: a number for each order, as many as there is room for.

    A place in the queue of a price keeps its broker, so a queue that grows or shrinks does so at its end.
    """
    numbers = _numbers()
    queues: list[Queue] = []
    shown = 0
    for level in levels:
        count = min(level.orders, MOST_SHOWN - shown)
        places = int(level.price * UNITS) * _STRIDE + np.arange(count)
        drawn = draws.bits(key, places) % np.uint64(len(numbers))
        queues.append(Queue(level.position, tuple(numbers[int(place)] for place in drawn)))
        shown += count
    return queues


@cache
def _numbers() -> tuple[int, ...]:
    return tuple(number for participant in participants() for number in participant.broker_ids)
