"""One request for one series on its way to an answer: planned, asked, kept, and planned again until it is whole.

What to ask is decided by ``history.plan``; here what came back is kept: bars first, coverage after, and the quota unit
settled by what became of it. Everything here is disk work; ``travel`` does the asking.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np

from lpresearch.base.errors import InputError, LinkError, ServerRejected, StoreCorrupt, WireError
from lpresearch.base.markets import MARKETS
from lpresearch.base.model import Adjust, Interval, SeriesKey
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.client.session import Session
from lpresearch.data.reach import Reach
from lpresearch.history.bars import FIELDS, TIMESTAMP, Bars, Floats, merge, no_bars, overlap_differs
from lpresearch.history.derive import make_of_finer
from lpresearch.history.grid import Grid
from lpresearch.history.intervals import Intervals, difference, intersection
from lpresearch.history.ledger import Reservation
from lpresearch.history.plan import OnQuota, ReadLatest, SeriesPlan, Span, Step, counts, plan_series
from lpresearch.history.quota import QuotaState
from lpresearch.history.settle import Absorbed, absorb

log = logging.getLogger("lpresearch.history")

Reply = Bars | BaseException
_REFUSED = (ServerRejected, InputError)  # the server said no, about the account or about what was asked
MOST_STEPS = 120  # of a round: bounds what is in memory, and a month that turns meanwhile is noticed
MOST_IDLE_ROUNDS = 20  # rounds that bring nothing new; more means that the server's answers lead nowhere
ALL_ROWS = tuple(range(len(FIELDS)))


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
    """One request for one series. ``steps`` are to be asked of the broker; ``answer`` is there in the end.

    Parameters
    ----------
    rows : the rows of the bar matrix that the answer has, the timestamp first; with none nothing is read.

    Attributes
    ----------
    whole : all replies of a round are to be compared before any is kept: adjusted bars may have been restated.
    calls : requests made so far.
    ahead : the steps still to come, as far as is known.
    may_spend : whether a unit of the quota may be spent; without, as if none were left.
    failure : the first failure of this round, set when everything else that came is safe.
    """

    def __init__(
        self,
        session: Session,
        key: SeriesKey,
        reach: Reach,
        calendar: MarketCalendar,
        *,
        refresh: bool,
        on_quota: OnQuota,
        rows: Sequence[int] = ALL_ROWS,
    ) -> None:
        self.key = key
        self.steps: tuple[Step, ...] = ()
        self.answer: Answer | None = None
        self.failure: BaseException | None = None
        self.whole = key.adjust is not Adjust.NONE
        self.calls = self.units = 0
        self.ahead: tuple[Step, ...] = ()
        self.may_spend = True
        self._session = session
        self._reach = reach
        self._calendar = calendar
        self._grid = Grid(key, calendar)
        self._now = session.now()
        self._on_quota = on_quota
        self._rows = list(rows)
        self._from_scratch = refresh  # plan as if nothing were stored
        self._restate = False  # what is stored has other prices: replace it
        self._asked_newest = False
        self._idle_rounds = 0
        self._coverage: Intervals | None = None
        self._quota: QuotaState  # under which the steps were planned
        self._reservation: Reservation | None = None
        self._received: list[Floats] = []
        self._forming = no_bars()

    def plan(self) -> None:
        """Set the next steps, with the quota unit reserved; or the answer, where nothing is to be asked."""
        if not self._asked_newest:  # the present is that of the newest bars, where they were asked
            self._now = self._session.now()
        coverage = self.coverage()
        self._count_idle(coverage)
        self._quota = self._quota_now()
        plan = self.preview(self._quota, coverage, on_quota=self._on_quota)
        steps = plan.steps if plan is not None else ()
        self.ahead = steps
        self.steps = steps if self._from_scratch else steps[:MOST_STEPS]
        self.failure = None
        self._reservation = None
        if any(counts(step, self._quota) for step in self.steps):
            self._reserve()
        if not self.steps:
            self._arrive(plan.left_out if plan is not None else (), coverage)

    def coverage(self) -> Intervals:
        """What the store holds of the series, as far as it is to be used; what finer bars make up is added first."""
        if self._from_scratch:
            return ()
        store, span = self._session.store, self._reach.span()
        stored = store.coverage(self.key)
        final = Interval(span.start, min(span.end, self._final_before()))
        made = make_of_finer(store, self._grid, self._grid.with_bars(difference([final], stored)))
        return store.coverage(self.key) if made else stored

    def in_words(self, spans: Intervals) -> str:
        """Spans in exchange time: dates, or times where they do not begin at midnight."""
        zone = ZoneInfo(MARKETS[self.key.symbol.market].zone)
        ends = [[datetime.fromtimestamp(moment, zone) for moment in (span.start, span.end - 1)] for span in spans]
        form = "%Y-%m-%d" if self.key.period.minutes is None else "%Y-%m-%d %H:%M"
        return ", ".join(f"{first:{form}} to {last:{form}}" for first, last in ends)

    def missing(self) -> str:
        """What of the request is not stored, in exchange time."""
        return self.in_words(self._grid.with_bars(difference([self._reach.span()], self.coverage())))

    @property
    def answered(self) -> int:
        """Requests that brought something."""
        return len(self._received)

    def preview(self, quota: QuotaState, coverage: Intervals, *, on_quota: OnQuota) -> SeriesPlan | None:
        """What would be asked next under a state of the quota; None where nothing is left to ask for."""
        if not self.may_spend:
            quota = replace(quota, limit=0)
        request = self._reach.request(coverage, partial(self._session.store.newest_start, self.key))
        if isinstance(request, Span) and self._asked_newest:  # what was forming then is not asked again
            request = Span(request.start, min(request.end, self._final_before()))
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

    def keep(self, came: Sequence[tuple[Step, Reply]], *, over: bool) -> None:
        """Store what came back for some of ``steps``; a failure is remembered when everything else is safe.

        Parameters
        ----------
        over : nothing more comes for these steps.
        """
        self._settle(came, over=over)
        self.calls += len(came)
        self.ahead = self.ahead[len(came) :]
        absorbed = [self._absorb(step, reply) for step, reply in came if not isinstance(reply, BaseException)]
        if came:
            self._from_scratch = False
        if self._restated(absorbed):
            self._from_scratch = self._restate = True
        else:
            self._write(absorbed)
        for step, reply in came:
            if isinstance(reply, BaseException) and self.failure is None:
                self.failure = self._meaning(step, reply)

    def give_back(self) -> None:
        """Return the unit reserved for steps of which none was asked."""
        if self._reservation is not None:
            self._session.ledger.settle(self._reservation, "returned")

    def _quota_now(self) -> QuotaState:
        caps = self._session.caps
        return self._session.ledger.state(caps.quota_rule, self._session.now(), default_limit=caps.quota_default)

    def _reserve(self) -> None:
        """Book the use of a unit at the present moment: a long journey may reach into another month."""
        caps = self._session.caps
        self._reservation = self._session.ledger.reserve(
            self.key.symbol, at=self._session.now(), rule=caps.quota_rule, default_limit=caps.quota_default
        )
        self.units += not self._reservation.free

    def _settle(self, came: Sequence[tuple[Step, Reply]], *, over: bool) -> None:
        """Spent where any history came, returned where none was given out; unknown outcomes stay counted."""
        reservation = self._reservation
        if reservation is None:
            return
        counted = [reply for step, reply in came if counts(step, self._quota)]
        if any(not isinstance(reply, BaseException) for reply in counted):
            self._session.ledger.settle(reservation, "spent")
            self._reservation = None
        elif over and counted and all(isinstance(reply, _REFUSED) or type(reply) is LinkError for reply in counted):
            self._session.ledger.settle(reservation, "returned")
            self._reservation = None
            self.units -= not reservation.free

    def _count_idle(self, coverage: Intervals) -> None:
        self._idle_rounds = self._idle_rounds + 1 if coverage == self._coverage else 0
        self._coverage = coverage
        if self._idle_rounds > MOST_IDLE_ROUNDS:
            raise WireError(f"The server's answers for {self.key.symbol} do not make the range whole.")

    def _final_before(self) -> int:
        return self._calendar.final_before(self.key.period, self.key.sessions, self._now)

    def _absorb(self, step: Step, bars: Bars) -> Absorbed:
        absorbed = absorb(
            step,
            bars,
            key=self.key,
            calendar=self._calendar,
            now=self._now,
            page_bars=self._session.caps.page_bars,
        )
        self._received.append(bars[TIMESTAMP])
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

    def _write(self, parts: list[Absorbed]) -> None:
        """Store the parts of replies in one go."""
        if parts and self._restate:
            self._restate = False
            first, *parts = parts
            self._session.store.replace(self.key, first.final, first.covered)
        if parts:
            bars = np.concatenate([no_bars(), *(part.final for part in parts)], axis=1)
            self._session.store.write(self.key, merge(no_bars(), bars), [part.covered for part in parts])

    def _meaning(self, step: Step, failure: BaseException) -> BaseException | None:
        """A refusal for the sake of the quota is one, and the ledger learns of it; everything else is what it is.

        None where the journey goes on: it is planned again for what can be had.
        """
        figures = self._session.quota_refusal(failure)
        if figures is None:
            return failure
        caps, latest = self._session.caps, isinstance(step, ReadLatest)
        if latest and not self._quota.latest_counts:
            log.warning(
                "The broker counts the newest bars in the history quota too, against its documents; from now on they"
                " are planned as costing a unit. It said: %s",
                failure,
            )
        state = self._session.ledger.learn_refusal(
            at=self._session.now(),
            rule=caps.quota_rule,
            default_limit=caps.quota_default,
            limit=figures.limit if figures.limit >= 0 else None,
            latest=latest,
        )
        if self._on_quota != "raise" and not state.allows(self.key.symbol):
            return None
        return state.exhausted(self.key.symbol)

    def _arrive(self, left_out: Intervals, coverage: Intervals) -> None:
        """Read the answer back from the store, with the bars that are still forming after it."""
        span = self._reach.span()
        boundary = self._final_before()
        final = Interval(span.start, min(span.end, boundary))
        try:
            stored = self._stored(final, relied_on=intersection([final], coverage))
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
        received = np.concatenate([no_bars()[TIMESTAMP], *self._received])
        self.answer = Answer(
            bars if self._rows == list(ALL_ROWS) else bars[self._rows],
            from_broker=int(np.isin(bars[TIMESTAMP], received).sum()),
            calls=self.calls,
            units=self.units,
            forming=bool(bars.shape[1] and bars[TIMESTAMP, -1] >= boundary),
            left_out=left_out,
        )

    def _stored(self, span: Interval, *, relied_on: Intervals) -> Bars:
        if not self._rows:
            return no_bars()
        return self._session.store.read(self.key, span.start, span.end, relied_on=relied_on)
