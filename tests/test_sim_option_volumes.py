"""The sums over an option chain agree with its contracts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from lpresearch.base.symbols import OptionTerms
from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.market.feed import DayKind, Feed
from lpresearch.sim.market.instruments import LISTINGS
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.minutes import VOLUME
from lpresearch.sim.market.option_chains import OptionChains
from lpresearch.sim.market.schedule import Schedule, day_number
from tests.sim_client import Client
from tests.test_sim_rest import NOW, with_client

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


def get(running: Running, path: str, query: str) -> Any:
    """The data of an answer."""
    found: list[Any] = []

    async def work(one: Client) -> None:
        found.append(await one.data("GET", f"/v1/quote/option-volume-stats{path}", query=query))

    with_client(running, work)
    return found[0]


def volumes(market: Market, symbol: str, *, call: bool) -> int:
    """What was traded today by the quotes of the whole chain."""
    root = symbol.removesuffix(".US")
    chain = (
        OptionTerms(root, expiry, call, strike).symbol
        for expiry in market.option_expiries(symbol)
        for strike in market.option_strikes(symbol, expiry)
    )
    return sum(market.quote(contract).volume for contract in chain)


@pytest.mark.slow
def test_the_sums_of_today_are_those_of_the_quotes_of_the_chain() -> None:
    """After the close: no minute is forming, and a quote tells the whole day."""
    evening = datetime(2026, 11, 18, 22, tzinfo=UTC).timestamp()
    with serve(seed=5, clock=ManualClock(evening, "real")) as running:
        today = get(running, "", "symbol=KO.US")
        assert int(today["c"]) == volumes(running.market, "KO.US", call=True)
        assert int(today["p"]) == volumes(running.market, "KO.US", call=False)
        assert get(running, "", "underlying_counter_id=ST%2FUS%2FKO") == today


def test_days_are_told_up_to_a_moment_and_again_the_same() -> None:
    with serve(seed=5, clock=ManualClock(NOW)) as running:
        rows = get(running, "/daily", "symbol=KO.US&timestamp=0&line_num=4&direction=1")["stats"]
        days = [datetime.fromtimestamp(int(row["timestamp"]), UTC).strftime("%m%d") for row in rows]
        assert days == ["1112", "1113", "1116", "1117"]
        for row in rows:
            calls, puts = int(row["total_call_volume"]), int(row["total_put_volume"])
            assert int(row["total_volume"]) == calls + puts
            assert float(row["put_call_volume_ratio"]) == pytest.approx(puts / calls, abs=1e-4)
            assert int(row["total_call_open_interest"]) > 0
        today = get(running, "", "symbol=KO.US")
        assert today == {"c": rows[-1]["total_call_volume"], "p": rows[-1]["total_put_volume"]}
        moment = rows[1]["timestamp"]
        earlier = get(running, "/daily", f"counter_id=ST%2FUS%2FKO&timestamp={moment}&line_num=2")["stats"]
        assert earlier == rows[:2]


def test_a_security_without_options_has_no_sums() -> None:
    with serve(seed=5, clock=ManualClock(NOW)) as running:
        assert get(running, "", "symbol=700.HK") == {"c": "0", "p": "0"}
        assert get(running, "/daily", "symbol=700.HK") == {"stats": []}
