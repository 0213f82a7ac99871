"""Trading days and half days by exchange_calendars, as plain NumPy days. Lacks unplanned closures (rainstorms)."""

from __future__ import annotations

import warnings
from datetime import date
from functools import cache

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.calendars.zones import NEXT_DAY, Days

_EXCHANGES = {Market.HK: "XHKG", Market.US: "XNYS", Market.CN: "XSHG", Market.SG: "XSES"}
_RECORDED_FROM = "1995-01-01"  # before every broker's reach; XSHG knows nothing before 1991
_OPEN_WEEKDAYS = "1111100"


@cache
def _recorded(market: Market) -> tuple[Days, Days]:
    """Every recorded trading day of a market, and those that end early."""
    from exchange_calendars import get_calendar  # imports pandas: only when a calendar is needed

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it still uses names that pandas 3.1 deprecates; nothing a user could act on
        calendar = get_calendar(_EXCHANGES[market], start=_RECORDED_FROM)
    return (
        calendar.sessions.to_numpy().astype("datetime64[D]"),
        calendar.early_closes.to_numpy().astype("datetime64[D]"),
    )


def _weekdays(start: np.datetime64, end: np.datetime64) -> Days:
    """Monday to Friday, both ends included."""
    days = np.arange(start, end + NEXT_DAY)
    return days[np.is_busday(days, weekmask=_OPEN_WEEKDAYS)]


def session_days(market: Market, start: date, end: date) -> Days:
    """Trading days between two dates, both included; where no calendar is recorded, every weekday."""
    sessions, _ = _recorded(market)
    first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
    if sessions[0] <= first and last <= sessions[-1]:
        return sessions[np.searchsorted(sessions, first) : np.searchsorted(sessions, last, side="right")].copy()
    parts = (
        _weekdays(first, min(last, sessions[0] - NEXT_DAY)),
        sessions[(sessions >= first) & (sessions <= last)],
        _weekdays(max(first, sessions[-1] + NEXT_DAY), last),
    )
    return np.concatenate(parts)


def half_days(market: Market, start: date, end: date) -> frozenset[date]:
    """Trading days that end early between two dates, both included. None are recorded for CN and SG."""
    _, early = _recorded(market)
    inside = early[(early >= np.datetime64(start, "D")) & (early <= np.datetime64(end, "D"))]
    return frozenset(inside.tolist())
