"""The trading sessions of each market's day and its closing tail (longport.md 10.2). Tables only."""

from __future__ import annotations

from lpresearch.base.markets import Market
from lpresearch.base.model import Session, Sessions, SessionSpan


def _regular(*spans: tuple[int, int]) -> tuple[SessionSpan, ...]:
    """Regular sessions from HHMM numbers."""
    return tuple(SessionSpan(Session.REGULAR, _minutes(start), _minutes(end)) for start, end in spans)


def _minutes(hhmm: int) -> int:
    return hhmm // 100 * 60 + hhmm % 100


def _us_all(close: int, post_end: int) -> tuple[SessionSpan, ...]:
    """The whole US day around a regular session that ends at ``close``."""
    return (
        SessionSpan(Session.OVERNIGHT, _minutes(0), _minutes(400)),
        SessionSpan(Session.PRE, _minutes(400), _minutes(930)),
        SessionSpan(Session.REGULAR, _minutes(930), _minutes(close)),
        SessionSpan(Session.POST, _minutes(close), _minutes(post_end)),
        SessionSpan(Session.OVERNIGHT, _minutes(2000), _minutes(2400)),
    )


_REGULAR = {
    Market.HK: _regular((930, 1200), (1300, 1600)),
    Market.US: _regular((930, 1600)),
    Market.CN: _regular((930, 1130), (1300, 1500)),
    Market.SG: _regular((900, 1200), (1300, 1715)),
}
_REGULAR_HALF = {
    Market.HK: _regular((930, 1200)),
    Market.US: _regular((930, 1300)),
    Market.CN: _REGULAR[Market.CN],  # none there
    Market.SG: _regular((900, 1215)),
}
_US_ALL = {False: _us_all(1600, 2000), True: _us_all(1300, 1700)}

#: Minutes after the last regular session in which the closing auction still prints; they make the bar of the close.
CLOSING_TAIL = {Market.HK: 10, Market.CN: 10, Market.SG: 5, Market.US: 0}

#: The minute of the day at which a market's prices are reset: from then on the day may have a bar of its own.
DAY_CHANGE = {Market.HK: _minutes(850), Market.CN: _minutes(900), Market.SG: _minutes(820), Market.US: _minutes(920)}

#: US overnight trading begins on the evening before a trading day, Sundays included.
EVENING = _US_ALL[False][-1]


def spans(market: Market, *, half: bool = False, sessions: Sessions = Sessions.REGULAR) -> tuple[SessionSpan, ...]:
    """The sessions of a trading day in order, in minutes since local midnight. Only the US has more than regular."""
    if market is Market.US and sessions is Sessions.ALL:
        return _US_ALL[half]
    return (_REGULAR_HALF if half else _REGULAR)[market]
