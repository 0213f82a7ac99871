"""What a server has served so far, counted. Knows no clock: rates are for whoever looks twice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Traffic:
    """Counts since the start."""

    packets_in: int = 0
    packets_out: int = 0
    calls: int = 0  # over HTTP


@dataclass(frozen=True)
class Served:
    """A server at one moment: how much there is, and its traffic so far."""

    clients: int
    subscriptions: int
    orders: int
    packets_in: int
    packets_out: int
    calls: int
