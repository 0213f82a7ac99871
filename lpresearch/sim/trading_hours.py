"""When orders fill, and for which day they stand: the regular sessions of a market's trading days. Reads no clock."""

from __future__ import annotations

from datetime import date, timedelta

from lpresearch.base.markets import Market
from lpresearch.base.model import Session
from lpresearch.calendars.zones import day_of, minute_of_day
from lpresearch.sim.market_view import MarketView

_LONGEST_CLOSURE = timedelta(days=21)


def is_open(market: MarketView, region: Market, now: float) -> bool:
    """Whether orders fill now. Orders for extended hours wait for the regular session too."""
    if market.trading_date(region) != day_of(region, now):
        return False
    minute = minute_of_day(region, now)
    return any(start <= minute < end for start, end in _regular(market, region))


def order_day(market: MarketView, region: Market, now: float) -> date:
    """The trading day that an order given now stands for: today until its last regular session ends, else the next."""
    today = day_of(region, now)
    if market.trading_date(region) == today and minute_of_day(region, now) < max(_regular(market, region))[1]:
        return today
    tomorrow = today + timedelta(days=1)
    full, half = market.trading_days(region, tomorrow, tomorrow + _LONGEST_CLOSURE)
    return min([*full, *half], default=tomorrow)


def _regular(market: MarketView, region: Market) -> list[tuple[int, int]]:
    spans = market.sessions_today()[region]
    return [(span.start, span.end) for span in spans if span.session is Session.REGULAR]
