"""The sums over an option chain agree with its contracts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from lpresearch.base.symbols import OptionTerms
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.market.feed import DayKind, Feed
from lpresearch.sim.market.instruments import LISTINGS
from lpresearch.sim.market.minutes import VOLUME
from lpresearch.sim.market.option_chains import OptionChains
from lpresearch.sim.market.schedule import Schedule, day_number
from tests.test_sim_rest import NOW

EXPIRY = date(2026, 12, 18)


@pytest.mark.parametrize("call", [True, False])
def test_volumes_without_prices_are_those_of_the_bars(call: bool) -> None:
    schedule, feed = Schedule(ManualClock(NOW)), Feed(5, LISTINGS)
    today = day_number(date(2026, 11, 18))
    found = OptionChains(5, schedule).listing(OptionTerms("AAPL", EXPIRY, call, Decimal(270)), today)
    assert found is not None
    days = np.array([today - 2, today - 1])
    quick = feed.contract_volumes(found, DayKind.FULL, days)
    np.testing.assert_array_equal(quick, feed.block(found, DayKind.FULL, days)[VOLUME])
    assert quick.min() > 0
