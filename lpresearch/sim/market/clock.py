"""The simulator's clock: what time it is there, and what kind of day today is. Never sleeps, never moves a market."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from enum import StrEnum
from typing import Self

from lpresearch.base.errors import ConfigError
from lpresearch.base.markets import Market
from lpresearch.calendars.days import session_days
from lpresearch.calendars.sessions import spans
from lpresearch.calendars.zones import day_of, midnight, zone

FIRST_REPLAY = date(1999, 1, 4)  # simulated prices begin a year before
FASTEST = 100_000.0  # times: a trading day in less than a second
_LEAD_S = 300  # before the first regular session, where a replay begins unless told otherwise


class ClockKind(StrEnum):
    """What *today* is.

    ``open``: every market's today, weekends and holidays too, is one 24-hour session; earlier days follow the calendar.
    ``real``: today follows the calendar and the sessions as any other day.
    """

    OPEN = "open"
    REAL = "real"


class _Held(threading.local):
    """The moment that a clock shows one thread, whatever time it is; None for the time it is."""

    moment: float | None = None


class Clock:
    """The wall clock, or one that starts elsewhere or runs at another speed. It belongs to one thread.

    Parameters
    ----------
    kind : what today is.
    start : epoch seconds UTC that it shows now; None for the wall clock's.
    speed : seconds that pass in one of the wall clock's.
    """

    def __init__(
        self, kind: ClockKind | str = ClockKind.OPEN, *, start: float | None = None, speed: float = 1.0
    ) -> None:
        self.kind = ClockKind(kind)
        self.speed = speed
        self._since: float | None = time.time()  # by the wall clock; None while it stands still
        self._shown = self._since if start is None else float(start)  # at that moment
        self._held = _Held()

    @classmethod
    def replay(
        cls, day: date | str, *, market: Market | str = Market.HK, start: str | None = None, speed: float = 1.0
    ) -> Self:
        """A clock that begins in the morning of a past trading day and goes on from there, to the next days too.

        Parameters
        ----------
        day : a trading day of the market, in the past; a date or ``YYYY-MM-DD``.
        market : whose day and time of day are meant.
        start : the time of day to begin at, ``HH:MM``; None means five minutes before its first regular session.
        speed : seconds that pass in one second.

        Raises
        ------
        ConfigError : no such day, time, market or speed.
        """
        place = _market(market)
        begun = _trading_day(day, place)
        if not (isinstance(speed, int | float) and 0 < speed <= FASTEST):
            raise ConfigError(f"speed={speed!r}: it is a number above 0, at most {FASTEST:.0f}.", hint="60 is usual.")
        if start is None:
            shown = midnight(place, begun) + spans(place)[0].start * 60 - _LEAD_S
        else:
            shown = int(_time_of_day(start, begun).replace(tzinfo=zone(place)).timestamp())
        return cls(ClockKind.REAL, start=shown, speed=float(speed))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.kind.value!r}, now={self.now():.3f})"

    def now(self) -> float:
        """Epoch seconds UTC."""
        held = self._held.moment
        if held is not None:
            return held
        return self._shown + (0.0 if self._since is None else (time.time() - self._since) * self.speed)

    def advance(self, seconds: float) -> None:
        """Move forward (or, with a negative number, back)."""
        self._shown += seconds

    def pause(self) -> None:
        """Stand still. Again does nothing."""
        self._shown, self._since = self.now(), None

    def resume(self) -> None:
        """Run on from where it stands. Again does nothing."""
        self._shown, self._since = self.now(), time.time()

    @contextmanager
    def held(self, moment: float) -> Iterator[None]:
        """Show one moment to this thread for the time of a block, which may not be left to other tasks meanwhile."""
        before, self._held.moment = self._held.moment, moment
        try:
            yield
        finally:
            self._held.moment = before


class ManualClock(Clock):
    """A clock that stands still until it is told to move.

    Parameters
    ----------
    start : epoch seconds UTC.
    kind : what today is.

    Examples
    --------
    >>> clock = ManualClock(1_700_000_000)
    >>> clock.advance(90)
    >>> clock.now()
    1700000090.0
    """

    def __init__(self, start: float, kind: ClockKind | str = ClockKind.OPEN) -> None:
        super().__init__(kind, start=start)
        self._since = None


def seconds_of(step: float | str | timedelta) -> float:
    """A stretch of time in seconds: a number of them, a ``timedelta``, or a text as ``90s``, ``30m``, ``2h``, ``1d``.

    Raises
    ------
    ConfigError : anything else, or a stretch that is not above zero.
    """
    units = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
    seconds = math.nan
    if isinstance(step, timedelta):
        seconds = step.total_seconds()
    elif isinstance(step, str):
        number = step.strip()[:-1]
        if step.strip()[-1:] in units and number.replace(".", "", 1).isdecimal():
            seconds = float(number) * units[step.strip()[-1]]
    elif isinstance(step, int | float):
        seconds = float(step)
    if not (math.isfinite(seconds) and seconds > 0):
        raise ConfigError(
            f"advance({step!r}): a clock goes forward only, by seconds, a timedelta or a text such as '30m'.",
            hint="Give a stretch above zero: 90, '30m', '2h', '1d'.",
        )
    return seconds


def _market(market: Market | str) -> Market:
    try:
        return Market(market)
    except ValueError as exc:
        names = ", ".join(Market)
        raise ConfigError(f"market={market!r}: no such market.", hint=f"One of {names}.") from exc


def _trading_day(day: date | str, market: Market) -> date:
    try:
        wanted = day if isinstance(day, date) else date.fromisoformat(day)
    except (TypeError, ValueError) as exc:
        raise ConfigError(f"day={day!r}: it is not a date.", hint="Write it as 2026-03-02.") from exc
    if isinstance(wanted, datetime):
        wanted = wanted.date()
    today = day_of(market, time.time())
    if not FIRST_REPLAY <= wanted < today:
        raise ConfigError(f"day={wanted}: a replay is of a past day.", hint=f"From {FIRST_REPLAY} to before {today}.")
    if not len(session_days(market, wanted, wanted)):
        near = session_days(market, wanted - timedelta(days=21), wanted)[-1]
        raise ConfigError(f"day={wanted}: {market} does not trade on that day.", hint=f"The day before it is {near}.")
    return wanted


def _time_of_day(text: str, day: date) -> datetime:
    try:
        return datetime.combine(day, clock_time.fromisoformat(text))
    except (TypeError, ValueError) as exc:
        raise ConfigError(f"from={text!r}: it is not a time of day.", hint="Write it as 09:30.") from exc
