"""Which faults a simulator has, and whose turn it is: counts what could be struck, and draws. Touches no socket."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass

from lpresearch.base.errors import InputError
from lpresearch.sim.faults.fault import ALWAYS, Fault, Occurrence


@dataclass(frozen=True)
class Happened:
    """A fault that struck, and what."""

    fault: Fault
    what: Occurrence


class _Plan:
    """One fault, and how far it is."""

    def __init__(self, fault: Fault, draws: random.Random) -> None:
        self.fault = fault
        self._draws = draws
        self._seen = 0
        self._struck = 0

    @property
    def is_over(self) -> bool:
        return self.fault.times != ALWAYS and self._struck >= self.fault.times

    def is_due(self, what: Occurrence) -> bool:
        """Count what fits; whether it is to be struck."""
        if not self.fault.fits(what):
            return False
        self._seen += 1
        return self._seen >= self.fault.nth and self._draws.random() < self.fault.probability

    def strike(self) -> Fault:
        """Count that it strikes; what strikes."""
        self._struck += 1
        return self.fault


class Faults:
    """The faults of one simulator. May be changed at any time, from any thread.

    Parameters
    ----------
    seed : of the draws; the same seed, faults and requests give the same happenings.
    faults : those of the start.
    """

    def __init__(self, seed: int, faults: Iterable[Fault] = ()) -> None:
        self.active = False  # read for each packet: with no faults, that is all they cost
        self._seed = seed
        self._lock = threading.Lock()
        self._added = 0
        self._plans: list[_Plan] = []
        self._happened: list[Happened] = []
        self._noise = random.Random(f"{seed} noise")
        self.add(*faults)

    def __repr__(self) -> str:
        return f"<Faults: {len(self._plans)} to come, {len(self._happened)} happened>"

    def add(self, *faults: Fault) -> None:
        """Let these happen too. Each begins to count now.

        Raises
        ------
        InputError : something that is not a ``Fault``.
        """
        for fault in faults:
            if not isinstance(fault, Fault):
                raise InputError("faults", fault, "it is a Fault", hint='Such as Fault("cut", on="quote", nth=3).')
        with self._lock:
            for fault in faults:
                self._added += 1
                self._plans.append(_Plan(fault, random.Random(f"{self._seed} {self._added}")))
            self.active = bool(self._plans)

    def clear(self) -> None:
        """Let no more faults happen. What they did stays so: a silent link is silent until its time is over."""
        with self._lock:
            self._plans.clear()
            self.active = False

    def happened(self) -> list[Happened]:
        """What was struck so far, oldest first."""
        return list(self._happened)

    def struck(self, what: Occurrence, *, before: bool) -> Fault | None:
        """The fault that strikes now: of several the first that was added, the others have their turn next time.

        Parameters
        ----------
        before : whether the request has yet to be carried out.
        """
        with self._lock:
            asked = [plan for plan in self._plans if (what.place in plan.fault.effect.before) == before]
            due = [plan for plan in asked if plan.is_due(what)]
            if not due:
                return None
            fault = due[0].strike()
            self._plans = [plan for plan in self._plans if not plan.is_over]
            self.active = bool(self._plans)
            self._happened.append(Happened(fault, what))
        return fault

    def noise(self, size: int) -> bytes:
        """So many bytes that mean nothing."""
        return self._noise.randbytes(size)
