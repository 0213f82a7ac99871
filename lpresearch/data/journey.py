"""One request for one series on its way to an answer: planned, asked, kept, and planned again until it is whole.

What to ask is decided by ``history.plan``; here its steps are carried out and what came back is kept: bars first,
coverage after, and the quota unit settled by what became of it. Everything here is disk work except ``travel``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np

from lpresearch.base.errors import InputError, LinkError, QuotaExhausted, ServerRejected, StoreCorrupt, WireError
from lpresearch.base.markets import MARKETS
from lpresearch.base.model import Adjust, Interval, SeriesKey
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.client.session import Broker, Session
from lpresearch.data.reach import Reach
from lpresearch.history.bars import TIMESTAMP, Bars, merge, no_bars, overlap_differs
from lpresearch.history.intervals import Intervals, intersection
from lpresearch.history.ledger import Reservation
from lpresearch.history.plan import OnQuota, ReadLatest, SeriesPlan, Span, Step, counts, plan_series
from lpresearch.history.quota import QuotaState
from lpresearch.history.settle import Absorbed, absorb

log = logging.getLogger("lpresearch.candles")
Reply = Bars | BaseException
_REFUSED = (ServerRejected, InputError)  # the server said no, about the account or about what was asked
MOST_ROUNDS = 100  # a series is whole after one or two; more means that the server's answers lead nowhere


@dataclass(frozen=True)
class Answer:
    """The bars of one series, and what they cost."""

    bars: Bars
    from_broker: int
    calls: int
    units: int
    forming: bool
    left_out: Intervals  # what the quota did not allow


class Journey:
    """One request for one series. ``steps`` are to be asked of the broker; ``answer`` is there in the end."""

    def __init__(
        self,
        session: Session,
        key: SeriesKey,
        reach: Reach,
        calendar: MarketCalendar,
        *,
        refresh: bool,
        on_quota: OnQuota,
    ) -> None:
        self.key = key
        self.steps: tuple[Step, ...] = ()
        self._counted: tuple[bool, ...] = ()  # of each step, whether the broker counts it in the quota
        self.answer: Answer | None = None
        self._session = session
        self._reach = reach
        self._calendar = calendar
        self._now = session.now()
        self._final_before = calendar.final_before(key.period, key.sessions, self._now)
        self._on_quota = on_quota
        self._from_scratch = refresh  # plan as if nothing were stored
        self._restate = False  # what is stored has other prices: replace it
        self._asked_newest = False
        self._rounds = 0
        self._reservation: Reservation | None = None
        self._received = no_bars()
        self._forming = no_bars()
        self._calls = self._units = 0

    def plan(self) -> None:
        """Set the next steps, with the quota unit reserved; or the answer, where nothing is to be asked."""
        self._rounds += 1
        if self._rounds > MOST_ROUNDS:
            raise WireError(f"The server's answers for {self.key.symbol} do not make the range whole.")
        coverage = self.coverage()
        quota = self._quota()
        plan = self.preview(quota, coverage, on_quota=self._on_quota)
        self.steps = plan.steps if plan is not None else ()
        self._counted = tuple(counts(step, quota) for step in self.steps)
        if any(self._counted):
            self._reserve()
        if not self.steps:
            self._arrive(plan.left_out if plan is not None else (), coverage)

    def coverage(self) -> Intervals:
        """What the store holds of the series, as far as it is to be used."""
        return () if self._from_scratch else self._session.store.coverage(self.key)

    def in_words(self, spans: Intervals) -> str:
        """Spans in exchange time: dates, or times where they do not begin at midnight."""
        zone = ZoneInfo(MARKETS[self.key.symbol.market].zone)
        ends = [[datetime.fromtimestamp(moment, zone) for moment in (span.start, span.end - 1)] for span in spans]
        form = "%Y-%m-%d" if self.key.period.minutes is None else "%Y-%m-%d %H:%M"
        return ", ".join(f"{first:{form}} to {last:{form}}" for first, last in ends)

    def preview(self, quota: QuotaState, coverage: Intervals, *, on_quota: OnQuota) -> SeriesPlan | None:
        """What would be asked next under a state of the quota; None where nothing is left to ask for."""
        request = self._reach.request(coverage, partial(self._session.store.newest_start, self.key))
        if isinstance(request, Span) and self._asked_newest:  # what was forming then is not asked again
            request = Span(request.start, min(request.end, self._final_before))
        if isinstance(request, Span) and request.start >= request.end:
            return None
        return plan_series(
            self.key,
            request,
            coverage=coverage,
            calendar=self._calendar,
            now=self._now,
            quota=quota,
            caps=self._session.caps,
            on_quota=on_quota,
            documented_reach=self._session.documented_reach,
        )

    def keep(self, replies: Sequence[Reply]) -> None:
        """Store what came back for ``steps``. Raises the first failure, after everything else is safe."""
        self._settle(replies)
        self._calls += len(replies)
        answered = [(step, reply) for step, reply in zip(self.steps, replies, strict=False) if not _failed(reply)]
        absorbed = [self._absorb(step, reply) for step, reply in answered if not isinstance(reply, BaseException)]
        self._from_scratch = False
        if self._restated(absorbed):
            self._from_scratch = self._restate = True
        else:
            for part in absorbed:
                self._write(part)
        for step, reply in zip(self.steps, replies, strict=False):
            if isinstance(reply, BaseException):
                meaning = self._meaning(step, reply)
                if self._on_quota != "raise" and isinstance(meaning, QuotaExhausted) and not self._allowed():
                    continue  # planned again, for what can be had
                raise meaning from reply

    def give_back(self) -> None:
        """Return a reserved unit for which nothing was asked."""
        if self._reservation is not None and self._calls == 0:
            self._session.ledger.settle(self._reservation, "returned")

    def _quota(self) -> QuotaState:
        caps = self._session.caps
        return self._session.ledger.state(caps.quota_rule, self._now, default_limit=caps.quota_default)

    def _reserve(self) -> None:
        if self._reservation is None:
            caps = self._session.caps
            self._reservation = self._session.ledger.reserve(
                self.key.symbol, at=self._now, rule=caps.quota_rule, default_limit=caps.quota_default
            )
            self._units = int(not self._reservation.free)

    def _settle(self, replies: Sequence[Reply]) -> None:
        """Spent where any history came, returned where none was given out; unknown outcomes stay counted."""
        counted = [reply for reply, does in zip(replies, self._counted, strict=False) if does]
        if self._reservation is None or not counted:
            return
        if any(not _failed(reply) for reply in counted):
            self._session.ledger.settle(self._reservation, "spent")
        elif all(isinstance(reply, _REFUSED) or type(reply) is LinkError for reply in counted):
            self._session.ledger.settle(self._reservation, "returned")
            self._reservation = None
            self._units = 0

    def _absorb(self, step: Step, bars: Bars) -> Absorbed:
        absorbed = absorb(
            step,
            bars,
            key=self.key,
            calendar=self._calendar,
            now=self._now,
            page_bars=self._session.caps.page_bars,
        )
        self._received = merge(self._received, bars)
        self._forming = merge(self._forming, absorbed.forming)
        if isinstance(step, ReadLatest):
            self._asked_newest = True
            self._reach.saw_newest(bars)
        return absorbed

    def _restated(self, absorbed: Sequence[Absorbed]) -> bool:
        """Whether stored bars have other prices now: adjusted series change at a split or dividend."""
        if self.key.adjust is Adjust.NONE or self._restate:
            return False
        return any(
            overlap_differs(self._session.store.read(self.key, start, end + 1), part.final)
            for part in absorbed
            if part.final.shape[1]
            for start, end in [part.final[TIMESTAMP, [0, -1]]]
        )

    def _write(self, part: Absorbed) -> None:
        if self._restate:
            self._restate = False
            self._session.store.replace(self.key, part.final, part.covered)
        else:
            self._session.store.write(self.key, part.final, part.covered)

    def _allowed(self) -> bool:
        return self._quota().allows(self.key.symbol)

    def _meaning(self, step: Step, failure: BaseException) -> BaseException:
        """A refusal for the sake of the quota is one, and the ledger learns of it; everything else is what it is."""
        figures = self._session.quota_refusal(failure)
        if figures is None:
            return failure
        caps, latest = self._session.caps, isinstance(step, ReadLatest)
        if latest and not self._quota().latest_counts:
            log.warning(
                "The broker counts the newest bars in the history quota too, against its documents: %s. From now on"
                " they are planned as costing a unit.",
                failure,
            )
        state = self._session.ledger.learn_refusal(
            at=self._now,
            rule=caps.quota_rule,
            default_limit=caps.quota_default,
            limit=figures.limit if figures.limit >= 0 else None,
            latest=latest,
        )
        return state.exhausted(self.key.symbol)

    def _arrive(self, left_out: Intervals, coverage: Intervals) -> None:
        """Read the answer back from the store, with the bars that are still forming after it."""
        span = self._reach.span()
        final = Interval(span.start, min(span.end, self._final_before))
        try:
            stored = self._session.store.read(
                self.key, final.start, final.end, relied_on=intersection([final], coverage)
            )
        except StoreCorrupt:  # damaged, or restated by another process, since coverage was asked
            self.plan()
            return
        starts = self._forming[TIMESTAMP]
        forming = self._forming[:, (starts >= span.start) & (starts < span.end)]
        bars = merge(stored, forming)
        if not left_out and not self._reach.enough(bars.shape[1]):
            self.plan()  # the reach is wider now
            return
        bars = self._reach.cut(bars)
        self.answer = Answer(
            bars,
            from_broker=int(np.isin(bars[TIMESTAMP], self._received[TIMESTAMP]).sum()),
            calls=self._calls,
            units=self._units,
            forming=bool(bars.shape[1] and bars[TIMESTAMP, -1] >= self._final_before),
            left_out=left_out,
        )


async def travel(session: Session, journeys: Sequence[Journey]) -> None:
    """Take all journeys to their end: one round of disk work, one of asking, until each has its answer."""
    under_way = list(journeys)
    try:
        while under_way:
            for journey in under_way:
                await session.disk(journey.plan)
            asking = [journey for journey in under_way if journey.steps]
            if asking:
                replies = await session.io(_ask_all(session.source, asking))
                await session.disk(_keep_all, asking, replies)
            under_way = [journey for journey in under_way if journey.answer is None]
    except QuotaExhausted:
        for journey in journeys:
            await session.disk(journey.give_back)
        raise


def _keep_all(journeys: Sequence[Journey], replies: Sequence[Sequence[Reply]]) -> None:
    """Keep what came for each; the first failure is raised when all that came is safe."""
    failures: list[BaseException] = []
    for journey, its_replies in zip(journeys, replies, strict=True):
        try:
            journey.keep(its_replies)
        except Exception as exc:  # kept, and raised below
            failures.append(exc)
    if failures:
        raise failures[0]


async def _ask_all(source: Broker, journeys: Sequence[Journey]) -> list[list[Reply]]:
    return list(await asyncio.gather(*(_ask_steps(source, journey) for journey in journeys)))


async def _ask_steps(source: Broker, journey: Journey) -> list[Reply]:
    """The first step alone, so that a refusal costs one call; then the others at once, as the limits allow."""
    first, *others = journey.steps
    replies: list[Reply] = [*await asyncio.gather(_ask(source, journey.key, first), return_exceptions=True)]
    if not _failed(replies[0]):
        more = (_ask(source, journey.key, step) for step in others)
        replies += await asyncio.gather(*more, return_exceptions=True)
    return replies


async def _ask(source: Broker, key: SeriesKey, step: Step) -> Bars:
    series = (key.symbol, key.period, key.adjust, key.sessions)
    if isinstance(step, ReadLatest):
        return await source.latest_bars(*series, step.count)
    return await source.history_bars(*series, step.page)


def _failed(reply: Reply) -> bool:
    return isinstance(reply, BaseException)
