"""Journeys on the road: several at once, what comes is kept as it comes, and an interruption loses none of it.

The caller's thread plans and keeps (disk work), the I/O thread asks. Pace and order in line are the source's business;
here only so many requests are out at once that its line is never empty.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Literal, NamedTuple

from lpresearch.base.errors import LpError
from lpresearch.base.model import SeriesKey
from lpresearch.base.source import Caps
from lpresearch.client.session import Broker, Session
from lpresearch.data.journey import Journey, Reply
from lpresearch.data.progress import Progress, seconds_at_pace
from lpresearch.history.bars import Bars
from lpresearch.history.plan import ReadLatest, Step
from lpresearch.history.writing import hurried

MOST_UNDER_WAY = 8  # journeys with requests out
MOST_IN_LINE = 8  # requests with the source, which lets five through at once
NO_NEWS_S = 1.0
LAST_WAIT_S = 0.2  # for another writer of the same series, when an interrupt is to be raised
CHUNK = 25  # replies of one journey that are stored in one go: a store write costs more than a reply

Verdict = Literal["raise", "again", "give up"]
Judge = Callable[[Journey, BaseException], Verdict]


async def travel(
    session: Session, journeys: Sequence[Journey], *, progress: Progress, judge: Judge = lambda *_: "raise"
) -> None:
    """Take all journeys to their end.

    Parameters
    ----------
    judge : what becomes of a journey that failed. What is raised is raised when all that came is safe.
    """
    waiting, under_way, came = deque(journeys), set[Journey](), deque[Came]()
    asking = _Asking(session.source)

    def failed(journey: Journey, failure: BaseException) -> None:
        under_way.discard(journey)
        match judge(journey, failure):
            case "raise":
                raise failure
            case "again":
                waiting.append(journey)

    async def set_out() -> list[Journey]:
        ready = []
        while waiting and len(under_way) < MOST_UNDER_WAY:
            journey = waiting.popleft()
            under_way.add(journey)
            try:
                await session.disk(journey.plan)
            except Exception as exc:
                failed(journey, exc)
                continue
            if journey.steps:
                ready.append(journey)
            else:
                under_way.discard(journey)
        return ready

    try:
        with progress:
            while waiting or under_way:
                ready = await set_out()
                if not under_way:
                    continue
                came.extend(await session.io(asking.exchange(ready)))
                over = [one.journey for one in came if one.over]
                while came:
                    await session.disk(came[0].journey.keep, came[0].replies, over=came[0].over)
                    came.popleft()
                for journey in over:
                    if journey.failure is not None:
                        failed(journey, journey.failure)
                    else:  # planned again, it is whole or goes on
                        under_way.discard(journey)
                        waiting.appendleft(journey)
                _tell(progress, session.caps, journeys, asking.not_kept)
    except BaseException:
        came.extend(await session.io(asking.stop()))
        await session.disk(_wind_up, came, under_way - asking.asked)
        raise


def _tell(progress: Progress, caps: Caps, journeys: Sequence[Journey], not_kept: int) -> None:
    """How far all journeys are together, and when they will be there at the permitted pace."""
    done = sum(journey.calls for journey in journeys)
    ahead = [step for journey in journeys for step in journey.ahead]
    latest = sum(isinstance(step, ReadLatest) for step in ahead)
    in_all_s = seconds_at_pace(caps, history=done + len(ahead) - latest, latest=latest)
    at_least_s = seconds_at_pace(caps, history=0, latest=len(ahead) - not_kept)
    progress.update(done + not_kept, done + len(ahead), max(in_all_s - progress.elapsed_s, at_least_s))


def _wind_up(left: Iterable[Came], never_asked: Iterable[Journey]) -> None:
    """Keep what had come, and return the units for which no packet left. Somebody waits for it who wants to go."""
    for came in left:
        with contextlib.suppress(LpError), hurried(LAST_WAIT_S):  # what ended the journeys is raised already
            came.journey.keep(came.replies, over=True)
    for journey in never_asked:
        journey.give_back()


class Came(NamedTuple):
    """Replies to some steps of a journey; ``over``: nothing more comes for them."""

    journey: Journey
    replies: list[tuple[Step, Reply]]
    over: bool


class _Asking:
    """The requests that are out, for several journeys at once. Its coroutines run on the I/O thread."""

    def __init__(self, source: Broker) -> None:
        self.asked: set[Journey] = set()  # of which a packet may have left in this round
        self.not_kept = 0  # replies that came and were not handed over yet
        self._source = source
        self._came: list[Came] = []
        self._news = asyncio.Event()
        self._line = asyncio.Semaphore(MOST_IN_LINE)
        self._rounds: set[asyncio.Task[None]] = set()

    async def exchange(self, ready: Iterable[Journey]) -> list[Came]:
        """Send the steps of these journeys, and wait a while until something has come for any."""
        for journey in ready:
            self.asked.discard(journey)
            task = asyncio.create_task(self._round(journey))
            self._rounds.add(task)
            task.add_done_callback(self._rounds.discard)
        with contextlib.suppress(TimeoutError):  # whoever waits may be told that nothing came yet
            await asyncio.wait_for(self._news.wait(), NO_NEWS_S)
        return self._hand_over()

    async def stop(self) -> list[Came]:
        """Give up on everything that is out; what has come meanwhile."""
        rounds = list(self._rounds)
        for task in rounds:
            task.cancel()
        await asyncio.gather(*rounds, return_exceptions=True)
        return self._hand_over()

    def _hand_over(self) -> list[Came]:
        self._news.clear()
        came, self._came = self._came, []
        self.not_kept -= sum(len(one.replies) for one in came)
        return came

    async def _round(self, journey: Journey) -> None:
        """Ask all steps of a journey: the very first alone, so that a refusal costs one call; then several at once."""
        todo, replies = deque(journey.steps), list[tuple[Step, Reply]]()
        try:
            if journey.calls == 0:
                await self._ask_next(todo, replies, journey)
            await asyncio.gather(*(self._ask_rest(todo, replies, journey) for _ in range(min(len(todo), MOST_IN_LINE))))
        finally:
            self._came.append(Came(journey, replies, over=True))
            self._news.set()

    async def _ask_rest(self, todo: deque[Step], replies: list[tuple[Step, Reply]], journey: Journey) -> None:
        while todo:
            await self._ask_next(todo, replies, journey)

    async def _ask_next(self, todo: deque[Step], replies: list[tuple[Step, Reply]], journey: Journey) -> None:
        """Ask one step when it is its turn; after a failure the others are left."""
        async with self._line:
            if not todo:
                return
            step = todo.popleft()
            self.asked.add(journey)
            reply: Reply
            try:
                reply = await _ask(self._source, journey.key, step)
            except Exception as exc:  # it is the journey's to say what it means
                reply = exc
                todo.clear()
        replies.append((step, reply))
        self.not_kept += 1
        if len(replies) >= CHUNK and not journey.whole:
            self._came.append(Came(journey, replies[:], over=False))
            replies.clear()
        self._news.set()


async def _ask(source: Broker, key: SeriesKey, step: Step) -> Bars:
    series = (key.symbol, key.period, key.adjust, key.sessions)
    if isinstance(step, ReadLatest):
        return await source.latest_bars(*series, step.count)
    return await source.history_bars(*series, step.page)
