"""What journeys would cost, looked at in order before any sets out. Disk work; asks nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lpresearch.client.session import Session
from lpresearch.data.journey import Journey
from lpresearch.history.plan import ReadHistory, SeriesPlan
from lpresearch.history.quota import QuotaState


@dataclass(frozen=True)
class Prospect:
    """What one journey would do."""

    journey: Journey
    plan: SeriesPlan | None  # None where nothing is left to ask for
    history: int
    latest: int
    seconds: float  # at the permitted rate

    @property
    def calls(self) -> int:
        """Requests that would be made."""
        return self.history + self.latest

    @property
    def units(self) -> int:
        """Units of the history quota that would be spent."""
        return self.plan.units if self.plan is not None else 0

    @property
    def complete(self) -> bool:
        """Whether the quota allows all that is wanted."""
        return self.plan is None or not self.plan.left_out

    @property
    def missing(self) -> str:
        """Spans that are not stored, in exchange time."""
        return "" if self.plan is None else self.journey.in_words((*self.plan.fetched, *self.plan.left_out))

    @property
    def route(self) -> str:
        """The ways that would be taken."""
        taken = [name for name, calls in (("history", self.history), ("latest", self.latest)) if calls]
        return " + ".join(taken) or "cache"


def survey(
    session: Session, journeys: Sequence[Journey], quota: QuotaState, *, most_units: int | None = None
) -> list[Prospect]:
    """The journeys in order, each under the quota that the ones before it would leave.

    Parameters
    ----------
    most_units : no more are to be spent; journeys that would need more may not spend any.
    """
    found, spent = [], 0
    for journey in journeys:
        journey.may_spend = most_units is None or spent < most_units
        plan = journey.preview(quota, journey.coverage(), on_quota="partial")
        prospect = _prospect(session, journey, plan)
        journey.ahead = plan.steps if plan is not None else ()
        found.append(prospect)
        if prospect.units:
            spent += prospect.units
            quota = quota.spending(journey.key.symbol, session.now())
    return found


def check_quota(session: Session, journeys: Sequence[Journey], quota: QuotaState) -> None:
    """Refuse before anything is asked what the quota does not allow.

    Raises
    ------
    QuotaExhausted : more units are needed than are left; it names all symbols that would be left out.
    """
    prospects = survey(session, journeys, quota)
    left_out = [str(one.journey.key.symbol) for one in prospects if not one.complete]
    if left_out:
        others = sum(one.units for one in prospects)
        raise quota.exhausted(*left_out, others=others)


def _prospect(session: Session, journey: Journey, plan: SeriesPlan | None) -> Prospect:
    steps = plan.steps if plan is not None else ()
    history = sum(isinstance(step, ReadHistory) for step in steps)
    latest = len(steps) - history
    slow, fast = session.caps.history_pace, session.caps.quote_pace
    seconds = round(history * slow.per_s / slow.calls + latest * fast.per_s / fast.calls, 1)
    return Prospect(journey, plan, history, latest, seconds)
