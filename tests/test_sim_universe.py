"""Made-up shares: any well-formed symbol is listed, as many as wanted, and is like itself in every run."""

from __future__ import annotations

import pytest

from lpresearch.base.markets import tick_at
from lpresearch.base.model import Period, Sessions
from lpresearch.sim import serve
from lpresearch.sim.market.clock import ClockKind, ManualClock
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.limits import Limits
from lpresearch.wire.proto import quote_pb2 as pb
from tests.sim_client import Wire
from tests.test_sim_server import NOW, with_link

SHARES = ("8999.HK", "ZZTOP.US", "BF.B.US", "600999.SH", "300999.SZ", "Z99.SG")


def market(universe: int, seed: int = 7) -> Market:
    """A market that stands still."""
    return Market(seed, ManualClock(NOW, ClockKind.REAL), universe=universe)


@pytest.mark.parametrize("symbol", SHARES)
def test_a_share_of_each_market_has_prices_on_its_steps_and_years_of_minutes(symbol: str) -> None:
    made = market(1)
    quote = made.quote(symbol) if made.listing(symbol) else None
    listing = made.listing(symbol)
    assert quote is not None
    assert listing is not None
    assert quote.last_done % tick_at(listing.ticks, quote.last_done) == 0
    past = made.bars(symbol, Period.MIN_1, Sessions.REGULAR, NOW - 5 * 365 * 86_400, NOW, limit=10, newest=False)
    assert past.shape == (8, 10)
    assert past[0, 0] < NOW - 4.9 * 365 * 86_400


def test_no_more_are_listed_than_wanted_and_none_unless_wanted() -> None:
    made = market(2)
    assert [made.listing(symbol) is not None for symbol in SHARES[:4]] == [True, True, False, False]
    assert made.listing(SHARES[0]) is made.listing(SHARES[0])
    assert market(0).listing(SHARES[0]) is None


@pytest.mark.parametrize(
    "symbol",
    ["", "ZZTOP", "zztop.US", "08999.HK", "899999.HK", ".ZZ.US", "ZZ..US", "99.SH", "ZZ261218C100000.US", "A B.US"],
)
def test_what_is_no_symbol_of_a_share_is_not_listed(symbol: str) -> None:
    assert market(9).listing(symbol) is None


def test_a_share_is_the_same_whatever_was_asked_before() -> None:
    one, other = market(9), market(9)
    for symbol in reversed(SHARES):
        other.listing(symbol)
    for symbol in SHARES:
        assert one.listing(symbol) == other.listing(symbol)
        assert one.quote(symbol) == other.quote(symbol)


def test_known_names_stay_what_they_are() -> None:
    listing = market(9).listing("700.HK")
    assert listing is not None
    assert listing.name_en == "Tencent Holdings"


def test_a_server_watches_five_hundred_of_them() -> None:
    symbols = [f"U{number:04d}.US" for number in range(1, 501)]

    async def work(wire: Wire) -> int:
        request = pb.SubscribeRequest(symbol=symbols, sub_type=[pb.QUOTE], is_first_push=False)
        return len(pb.SubscriptionResponse.FromString(await wire.ask(6, request)).sub_list)

    with serve(clock=ManualClock(NOW), limits=Limits.unpaced(), universe=500) as running:
        assert with_link(running, work) == 500
