"""Steers a simulated market from outside: sets the price at which a security trades from now on. Holds no state."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from lpresearch.base.errors import InputError, SymbolError
from lpresearch.base.markets import tick_at
from lpresearch.sim.market.dealing import Dealing
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.minutes import OPEN
from lpresearch.sim.market.schedule import Schedule
from lpresearch.sim.market.series import LiveDay, Series, listed
from lpresearch.sim.market.set_prices import DAY_MINUTES, Jump
from lpresearch.sim.market.ticks import UNITS

MOST_TIMES = 1000  # that a price can be moved up or down at once: beyond, sums of money overflow
_LONGEST_CLOSURE = 21


def _price(listing: Listing, given: Decimal | float | str) -> Decimal:
    """A price as it can be set."""
    try:
        price = Decimal(str(given))
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price <= 0:
        raise InputError("price", given, "a price is a number above zero")
    tick = tick_at(listing.ticks, price)
    if price % tick:
        below = price // tick * tick
        near = " or ".join(str(level) for level in (below, below + tick) if level > 0)
        rule = f"{listing.symbol} trades in steps of {tick} there"
        raise InputError("price", str(price), rule, hint=f"Near: {near}.")
    return price


class Steering:
    """Sets prices."""

    def __init__(self, series: Series, schedule: Schedule, dealing: Dealing) -> None:
        self._series = series
        self._schedule = schedule
        self._dealing = dealing

    def set_price(
        self, symbol: str, listing: Listing | None, price: Decimal | float | str, now: float, *, own: bool
    ) -> None:
        """Let a security trade at a price from now on and go on from there; where nothing trades now, the next trade.

        Parameters
        ----------
        listing : None where the symbol is not listed, or ``own``, where its bars are the user's own.

        Raises
        ------
        InputError : a symbol that is not simulated here, follows another or has ended; a price that is not above zero,
            not on the price steps, or a thousand times the last one.
        """
        if own:
            raise InputError("symbol", symbol, "its bars are your own", hint="Set one that is simulated.")
        if listing is None:
            raise SymbolError("symbol", symbol, "it is not listed here", hint="Example: 700.HK.")
        if listing.contract is not None:
            follows = f"Set {listing.contract.underlying}."
            raise InputError("symbol", symbol, "its price follows its underlying", hint=follows)
        units = int(_price(listing, price) * UNITS)
        phase = next(self._dealing.phases(listing, now), None)
        live = phase.live if phase else None
        second = live.second(now, live.done(now)) if live else None
        if live is not None and second is not None:
            position = live.done(now)
            tape = self._series.tape(listing, live, position)
            before = int(tape.prices[tape.count(second) - 1])
        else:
            live, position = self._next(listing, live, now)
            before = int(live.bars[OPEN, position])
        if not before / MOST_TIMES <= units <= before * MOST_TIMES:
            raise InputError("price", str(price), f"it is not within {MOST_TIMES} times of {before / UNITS}")
        minute = live.day * DAY_MINUTES + int(live.grid.minutes[position])
        self._series.set_price(listing, Jump(minute, second, live.kind, units, units / before))

    def _next(self, listing: Listing, live: LiveDay | None, now: float) -> tuple[LiveDay, int]:
        """The next minute that trades, where none does now."""
        if live is not None and live.done(now) < len(live.grid):
            return live, live.done(now)
        today = self._schedule.today(listing.market)
        first, last = listed(listing, today, today + _LONGEST_CLOSURE)
        for day in self._schedule.days(listing.market, first, last).tolist():
            for kind in reversed(self._dealing.kinds(listing, day)):
                coming = self._series.live(listing, kind, day)
                if coming.midnight + int(coming.starts[0]) > now:
                    return coming, 0
        raise InputError("symbol", str(listing.symbol), "it does not trade any more", hint="Set one that does.")
