"""What a simulator remembers over restarts, and where that goes: account, orders, quota use, watchlist, token.

A state belongs to one seed, because its prices do: another seed is refused, none given takes the state's. Its time
goes forward only: a clock that shows less than the last change is refused. What kind of day today is may differ each
time.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast

from lpresearch.base.errors import ConfigError, LpError, StoreCorrupt
from lpresearch.sim.defaults import SEED
from lpresearch.sim.exchange.market_view import ClockView, MarketView
from lpresearch.sim.exchange.records import Journal
from lpresearch.sim.server.credentials import Credentials
from lpresearch.sim.server.server import new_member_id
from lpresearch.sim.state_file import StateFile

_MADE, _TIME = "made", "time"


class Part(Protocol):
    """Something small that is kept whole."""

    def snapshot(self) -> dict[str, object]:
        """All there is, as JSON values."""
        ...

    def restore(self, kept: Mapping[str, object], /) -> None:
        """Be again what a snapshot was taken of."""
        ...


class KeptToken:
    """The account's token, where a refresh replaced the one that the simulator was started with.

    A simulator that is started with another token than last time accepts that one.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._given = credentials.keys.access_token

    def snapshot(self) -> dict[str, object]:
        """The token of now, and that of the start."""
        return {"given": self._given, **self._credentials.snapshot()}

    def restore(self, kept: Mapping[str, object], /) -> None:
        """Go on with the refreshed token."""
        if kept["given"] == self._given and kept["ended"]:
            self._credentials.restore(kept)


class State:
    """The memory of a simulator.

    Parameters
    ----------
    path : the file.
    seed : the seed asked for; None for the state's own, or the usual one.

    Raises
    ------
    StoreError : the file cannot be used.
    ConfigError : the state belongs to another seed.
    """

    def __init__(self, path: Path, *, seed: int | None) -> None:
        self._file = StateFile(path)
        self._journal: Journal | None = None
        self._parts: Mapping[str, Part] = {}
        self._clock: ClockView | None = None
        self._kept: dict[str, object] = {}  # of the parts, as they were written last
        self._unsaved: dict[str, object] = {}
        try:
            self._records = dict(self._file.read())
            self.seed, self.member_id = self._made(seed)
        except BaseException:
            self._file.close()
            raise

    def attach(self, journal: Journal, parts: Mapping[str, Part], *, clock: ClockView, market: MarketView) -> None:
        """Bring all that is kept to where it was, and keep it from now on.

        Raises
        ------
        ConfigError : the clock is before the state's last change, or the market does not list what is held.
        StoreCorrupt : the records contradict each other.
        """
        self._check_time(clock)
        try:
            journal.restore(self._records.items(), market)
            for name, part in parts.items():
                if (kept := self._records.get(name)) is not None:
                    part.restore(cast("Mapping[str, object]", kept))
        except LpError:
            raise
        except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, AssertionError) as exc:
            raise StoreCorrupt(
                str(self._file.path), f"its records do not make an account: {exc!r}", hint="Name another file."
            ) from exc
        self._journal, self._parts, self._clock = journal, parts, clock
        self._records = {}

    def save(self) -> None:
        """Write what changed since the last time; nothing where nothing did. What cannot be written is tried again.

        Raises
        ------
        StoreError : the file cannot be written.
        """
        if self._journal is None or self._clock is None:
            return
        self._unsaved |= self._journal.changes()
        for name, part in self._parts.items():
            if (now := part.snapshot()) != self._kept.get(name):
                self._kept[name] = self._unsaved[name] = now
        if self._unsaved:
            self._file.write([*self._unsaved.items(), (_TIME, self._clock.now())])
            self._unsaved = {}

    def close(self) -> None:
        """Save, and let go of the file. Again does nothing."""
        try:
            self.save()
        finally:
            self._journal = None
            self._file.close()

    def _made(self, seed: int | None) -> tuple[int, int]:
        """The seed and the member id of the state, which are made with it."""
        made = self._records.get(_MADE)
        if made is None:
            fresh = {"seed": SEED if seed is None else seed, "member_id": new_member_id()}
            self._unsaved[_MADE] = fresh
            return fresh["seed"], fresh["member_id"]
        kept = cast("Mapping[str, int]", made)
        try:
            own, member_id = int(kept["seed"]), int(kept["member_id"])
        except (LookupError, TypeError, ValueError) as exc:
            raise StoreCorrupt(str(self._file.path), "it has no seed", hint="Name another file.") from exc
        if seed is not None and seed != own:
            raise ConfigError(
                f"seed {seed}: the state {self._file.path} belongs to seed {own}, and its prices with it.",
                hint=f"Leave the seed out, give {own}, or name another file.",
            )
        return own, member_id

    def _check_time(self, clock: ClockView) -> None:
        last, now = self._records.get(_TIME), clock.now()
        if isinstance(last, int | float) and now < int(last):
            raise ConfigError(
                f"the clock shows {_utc(now)}, before the last change of the state {self._file.path} at {_utc(last)}.",
                hint="Start the clock at that time or later, or name another file.",
            )


def _utc(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M:%S} UTC"
