"""A subscription quota with a minimum hold: one unit per security and kind, shared by all connections. Pure.

Futu's rules: a pair taken by two connections is one unit and is freed when the last lets go; it cannot be let go within
the first 60 seconds; a connection that ends earlier leaves its units counted until they are that old.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lpresearch.base.errors import InputError, SubscriptionLimit

MINIMUM_HOLD_S = 60.0


@dataclass
class _Held:
    """One unit: since when (epoch seconds), by which connections, and until when it counts after the last let go."""

    since: float
    holders: set[str] = field(default_factory=set)
    counts_until: float = float("inf")


class SubscriptionUnits:
    """The units of one account. Moments are epoch seconds, passed in.

    Parameters
    ----------
    limit : units that may be held at once.
    hold_s : how long a unit must be held.
    """

    def __init__(self, limit: int, *, hold_s: float = MINIMUM_HOLD_S) -> None:
        self.limit = limit
        self._hold_s = hold_s
        self._held: dict[tuple[str, str], _Held] = {}

    def used(self, at: float) -> int:
        """Units that count at a moment."""
        return sum(held.counts_until > at for held in self._held.values())

    def remaining(self, at: float) -> int:
        """Units that are left at a moment."""
        return max(0, self.limit - self.used(at))

    def subscribe(self, symbol: str, kind: str, *, at: float, connection: str = "") -> None:
        """Take a unit, or share one that counts already.

        Raises
        ------
        SubscriptionLimit : the pair is new and no unit is left; nothing was taken.
        """
        held = self._held.get((symbol, kind))
        if held is None or held.counts_until <= at:
            if self.remaining(at) == 0:
                raise SubscriptionLimit(
                    0,
                    f"{self.used(at)} of {self.limit} units are used",
                    endpoint=f"{symbol} {kind}",
                    hint="Drop others.",
                )
            held = self._held[symbol, kind] = _Held(since=at)
        held.holders.add(connection)
        held.counts_until = float("inf")

    def unsubscribe(self, symbol: str, kind: str, *, at: float, connection: str = "") -> None:
        """Let go; the unit is free when the last connection did.

        Raises
        ------
        InputError : the connection does not hold the pair, or took it less than the minimum hold ago.
        """
        held = self._held.get((symbol, kind))
        if held is None or connection not in held.holders:
            raise InputError("symbol", symbol, f"only what is subscribed can be unsubscribed; {kind} is not")
        if at - held.since < self._hold_s:
            wait = self._hold_s - (at - held.since)
            raise InputError(
                "symbol", symbol, f"a subscription is held for {self._hold_s:g} s at least", hint=f"Wait {wait:.0f} s."
            )
        self._let_go(held, connection, at)

    def disconnect(self, connection: str, *, at: float) -> None:
        """Let go of all that a connection holds; what is younger than the minimum hold counts until it is that old."""
        for held in self._held.values():
            if connection in held.holders:
                self._let_go(held, connection, at)

    def _let_go(self, held: _Held, connection: str, at: float) -> None:
        held.holders.discard(connection)
        if not held.holders:
            held.counts_until = max(at, held.since + self._hold_s)
