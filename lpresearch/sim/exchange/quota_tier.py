"""How many symbols of history a month an account earns: by what it owns, and by how many orders it has filled.

The broker's table. The broker raises a level on the next trading day; here it follows at once.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from lpresearch.base.markets import Market
from lpresearch.calendars.zones import day_of
from lpresearch.sim.exchange.account import Account
from lpresearch.sim.exchange.exchange import Exchange

#: Symbols, and what earns them: assets in HKD of at least so much, or more filled orders in a month than so many.
LEVELS = (
    (400, 10_000, None),
    (600, 80_000, None),
    (1000, 400_000, 160),
    (2000, 4_000_000, 1600),
    (3000, 6_000_000, 2500),
)
LOWEST = 100


def earned_quota(account: Account, exchange: Exchange, now: float) -> int:
    """The symbols that the account may ask for in a month. Of this month's filled orders and the last's more count."""
    filled = Counter(
        f"{day_of(Market.HK, order.submitted_at):%Y%m}" for order in exchange.orders.values() if order.fills
    )
    today = day_of(Market.HK, now)
    months = today, today.replace(day=1) - timedelta(days=1)
    orders, assets = max(filled[f"{day:%Y%m}"] for day in months), account.net_assets("HKD")
    return max(
        (symbols for symbols, least, beyond in LEVELS if assets >= least or (beyond is not None and orders > beyond)),
        default=LOWEST,
    )
