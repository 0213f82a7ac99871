"""One look at the market at one moment: what many orders want to know is asked once. Changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

from lpresearch.base.markets import Market
from lpresearch.base.model import OutsideRth, Session, Sessions, SessionSpan, TimeInForce
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.sessions import spans
from lpresearch.calendars.zones import DAY_MINUTES, day_of, midnight, minute_of_day
from lpresearch.sim.exchange.market_view import LevelView, MarketView
from lpresearch.sim.exchange.orders import Order

_LONGEST_CLOSURE = timedelta(days=21)
EXTENDED_VOLUME = 500  # shares shown at one level outside regular hours
_REGULAR = frozenset({Session.REGULAR})
_SESSIONS: dict[OutsideRth | None, frozenset[Session]] = {
    OutsideRth.ANY_TIME: frozenset(Session),
    OutsideRth.OVERNIGHT: frozenset({Session.REGULAR, Session.OVERNIGHT}),
}
_SETTLEMENT_DAYS = {Market.HK: 2, Market.US: 1}


@dataclass(frozen=True)
class ThinLevel:
    """A level outside regular hours."""

    price: Decimal
    volume: int = EXTENDED_VOLUME


class Glimpse:
    """Depth, last prices and trading hours as they are at ``now`` (epoch seconds UTC)."""

    def __init__(self, market: MarketView, now: float) -> None:
        self.now = now
        self._market = market
        self._depths: dict[str, tuple[Sequence[LevelView], Sequence[LevelView]]] = {}
        self._lasts: dict[str, Decimal] = {}
        self._settles: dict[tuple[Market, date], date] = {}
        self._hours: dict[tuple[Market, OutsideRth | None], tuple[bool, date]] = {}

    def depth(self, symbol: str) -> tuple[Sequence[LevelView], Sequence[LevelView]]:
        """Asks and bids, best first; outside regular hours one thin level around that session's price."""
        if symbol not in self._depths:
            price = self._extended_price(symbol)
            if price is None:
                self._depths[symbol] = self._market.depth(symbol)
            else:
                tick = self._market.tick(symbol, price)
                self._depths[symbol] = [ThinLevel(price + tick)], [ThinLevel(max(price - tick, tick))]
        return self._depths[symbol]

    def last_price(self, symbol: str) -> Decimal:
        """The price of the last trade, that of the session which is on."""
        if symbol not in self._lasts:
            price = self._extended_price(symbol)
            self._lasts[symbol] = self._market.last_price(symbol) if price is None else price
        return self._lasts[symbol]

    def tick(self, symbol: str, price: Decimal) -> Decimal:
        """The price step at a price."""
        return self._market.tick(symbol, price)

    def is_open(self, region: Market, outside: OutsideRth | None = None) -> bool:
        """Whether an order fills now: in the regular session, and in those that its ``outside_rth`` adds."""
        return self._hours_of(region, outside)[0]

    def order_day(self, region: Market, outside: OutsideRth | None = None) -> date:
        """The trading day of an order given now: today until the last session it fills in ends, else the next."""
        return self._hours_of(region, outside)[1]

    def is_past(self, order: Order) -> bool:
        """Whether the last day of an order is over; GTC orders have none."""
        last = _last_day(order)
        return last is not None and self.order_day(order.market, order.request.outside_rth) > last

    def end_of(self, order: Order) -> float:
        """When an order that is past was over: at the end of the last session in which it could fill."""
        region, last = order.market, _last_day(order)
        assert last is not None  # it is past
        today = self._sessions[region]
        if today[0].start == 0 and today[0].end == DAY_MINUTES:  # open around the clock
            return min(midnight(region, last + timedelta(days=1)), self.now)
        full, half = self._market.trading_days(region, last - _LONGEST_CLOSURE, last)
        day = max([*full, *half], default=last)
        kinds = _SESSIONS.get(order.request.outside_rth, _REGULAR)
        hours = spans(region, half=day in half, sessions=Sessions.ALL)
        minute = max(span.end for span in hours if span.session in kinds)
        return min(midnight(region, day) + minute * 60, self.now)

    def settlement_day(self, region: Market, day: date) -> date:
        """The trading day on which a trade of a day is paid: two later in Hong Kong, one later in the US."""
        if (region, day) not in self._settles:
            first = day + timedelta(days=1)
            full, half = self._market.trading_days(region, first, first + _LONGEST_CLOSURE)
            self._settles[region, day] = sorted([*full, *half])[_SETTLEMENT_DAYS[region] - 1]
        return self._settles[region, day]

    def _extended_price(self, symbol: str) -> Decimal | None:
        """The last price of the session outside regular hours that is on; None while none is."""
        session = self._session(Symbol(symbol).market)
        if session not in (Session.PRE, Session.POST, Session.OVERNIGHT):
            return None
        quote = self._market.quote(symbol)
        part = {Session.PRE: quote.pre, Session.POST: quote.post, Session.OVERNIGHT: quote.overnight}[session]
        return part.last_done if part else None

    def _session(self, region: Market) -> Session | None:
        """The session of a trading day that is on."""
        minute = minute_of_day(region, self.now)
        if self._market.trading_date(region) != day_of(region, self.now):
            return None
        return next((span.session for span in self._sessions[region] if span.start <= minute < span.end), None)

    @cached_property
    def _sessions(self) -> dict[Market, Sequence[SessionSpan]]:
        return dict(self._market.sessions_today())

    def _hours_of(self, region: Market, outside: OutsideRth | None) -> tuple[bool, date]:
        if (region, outside) not in self._hours:
            self._hours[region, outside] = self._look_up_hours(region, _SESSIONS.get(outside, _REGULAR))
        return self._hours[region, outside]

    def _look_up_hours(self, region: Market, kinds: frozenset[Session]) -> tuple[bool, date]:
        today, minute = day_of(region, self.now), minute_of_day(region, self.now)
        hours = [span for span in self._sessions[region] if span.session in kinds]
        if self._market.trading_date(region) == today and minute < max(span.end for span in hours):
            return any(span.start <= minute < span.end for span in hours), today
        tomorrow = today + timedelta(days=1)
        full, half = self._market.trading_days(region, tomorrow, tomorrow + _LONGEST_CLOSURE)
        return False, min([*full, *half], default=tomorrow)


def _last_day(order: Order) -> date | None:
    """The last trading day on which an order may fill; None where it has none."""
    return order.day if order.request.time_in_force is TimeInForce.DAY else order.request.expire_date
