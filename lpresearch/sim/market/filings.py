"""The filings of a company, made up: what its market asks of it, on the days on which it is due. Holds no prices.

A filing is a function of seed, symbol and date, so that a later look finds the earlier ones again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from lpresearch.base.markets import Market as Region
from lpresearch.sim.market import draws
from lpresearch.sim.market.instruments import Kind, Listing

YEARS_BACK = 2
_NEXT_DAYS = 12  # a company files within so many days from the first on which it may
_FILED_AT_HOUR = 9  # UTC: after the close in Asia, before the open in New York


@dataclass(frozen=True)
class _Duty:
    """What is due each year, from a day on."""

    title: str
    month: int
    day: int
    description: str


_QUARTERS = (("first", 4, 25), ("second", 7, 25), ("third", 10, 25))
_DUTIES: dict[Region, tuple[_Duty, ...]] = {
    Region.US: (
        _Duty("10-K", 2, 5, "Annual report"),
        *(_Duty("10-Q", month, day, f"Report of the {name} quarter") for name, month, day in _QUARTERS),
        _Duty("DEF 14A", 4, 1, "Proxy statement for the annual meeting"),
        *(_Duty("8-K", month, 10, "Results of operations and financial condition") for month in (1, 4, 7, 10)),
    ),
    Region.HK: (
        _Duty("Annual Results Announcement", 3, 15, "Results of the year"),
        _Duty("Interim Results Announcement", 8, 12, "Results of the half-year"),
        _Duty("Notice of Annual General Meeting", 4, 12, "Resolutions and voting"),
        *(_Duty("Monthly Return", month, 1, "Movements in securities") for month in range(1, 13)),
    ),
    Region.CN: (
        _Duty("Annual Report", 3, 20, "Results of the year"),
        *(_Duty("Quarterly Report", month, 18, "Results of the quarter") for month in (4, 10)),
        _Duty("Half-year Report", 8, 15, "Results of the half-year"),
    ),
    Region.SG: (
        _Duty("Annual Report", 3, 20, "Results of the year"),
        _Duty("Half Yearly Results", 7, 28, "Results of the half-year"),
        _Duty("Full Yearly Results", 2, 18, "Results of the year"),
    ),
}


@dataclass(frozen=True)
class Filing:
    """One document. ``published`` is in epoch seconds."""

    id: str
    title: str
    description: str
    file_name: str
    url: str
    published: int


def filings(seed: int, listing: Listing, now: float) -> list[Filing]:
    """What a company has filed in the last two years, the newest first; nothing for what is no share."""
    if listing.kind is not Kind.STOCK:
        return []
    year = datetime.fromtimestamp(now, UTC).year
    found = [
        filing
        for duty in _DUTIES[listing.market]
        for filing in _filed(seed, listing, duty, range(year - YEARS_BACK, year + 1))
        if now - YEARS_BACK * 366 * 86_400 <= filing.published <= now
    ]
    return sorted(found, key=lambda filing: (-filing.published, filing.title))


def _filed(seed: int, listing: Listing, duty: _Duty, years: range) -> Iterator[Filing]:
    for year in years:
        due = date(year, duty.month, duty.day)
        word = draws.stream_key(seed, listing.symbol, "filing", duty.title, due.isoformat())
        filed = due + timedelta(days=word % _NEXT_DAYS)
        filed += timedelta(days=max(0, filed.weekday() - 4) and 7 - filed.weekday())  # no weekend
        file_name = f"{listing.symbol.ticker}-{duty.title.replace(' ', '-')}-{filed:%Y%m%d}.htm".lower()
        yield Filing(
            id=str(word),
            title=f"{listing.name_en}: {duty.title}",
            description=duty.description,
            file_name=file_name,
            url=f"https://filings.simulator.invalid/{file_name}",  # a name that leads nowhere (RFC 2606)
            published=int(datetime.combine(filed, time(_FILED_AT_HOUR), UTC).timestamp()) + (word >> 8) % 3600,
        )
