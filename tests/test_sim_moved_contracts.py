"""Options and warrants move with an underlying whose price is set or which is split."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from lpresearch.base.markets import Market as Region
from lpresearch.base.model import Adjust, Period
from tests.test_sim_corporate_actions import bars, market_at, split_of
from tests.test_sim_market import CLOSE, OPEN, SESSION, joined
from tests.test_sim_set_price import Bench


def test_what_is_on_it_moves_along() -> None:
    bench = Bench("AAPL.US")
    expiry = next(day for day in bench.market.option_expiries("AAPL.US") if day >= date(2027, 1, 1))
    strike = min(bench.market.option_strikes("AAPL.US", expiry), key=lambda level: abs(level - bench.last))
    call, put = (f"AAPL{expiry:%y%m%d}{right}{int(strike * 1000)}.US" for right in "CP")
    before = bench.market.last_price(call), bench.market.last_price(put)
    trades = bench.market.trades(call, limit=200)
    rise = bench.last
    price = bench.set(20)
    rise = price - rise
    assert Decimal("0.5") < (bench.market.last_price(call) - before[0]) / rise < 1
    assert bench.market.last_price(put) < before[1]
    assert bench.market.trades(call, limit=201)[:-1] == trades
    assert max(bench.market.option_strikes("AAPL.US", expiry)) > price
    for symbol in (call, put):
        quote = bench.market.quote(symbol)
        (day,) = bench.bars(Period.DAY, symbol=symbol).T
        assert day[OPEN:SESSION].tolist() == joined(bench.bars(Period.MIN_1, symbol=symbol))
        assert quote.low <= quote.last_done <= quote.high


def test_a_bear_contract_is_called_by_a_price_that_is_set() -> None:
    bench = Bench("HSI.HK", seed=7)
    assert bench.market.quote("54688.HK").trade_status == 0
    bench.set(40)
    listing = bench.market.listing("54688.HK")
    assert listing is not None
    assert listing.trade_status == 8
    bench.clock.advance(120)
    quote = bench.market.quote("54688.HK")
    assert quote.low <= quote.last_done <= quote.high


def test_an_option_lives_through_a_split_of_its_underlying() -> None:
    action = split_of("MU.US")
    market = market_at(Region.US, action.ex_date + timedelta(3))
    expiry = next(day for day in market.option_expiries("MU.US") if day > action.ex_date + timedelta(60))
    spot = market.last_price("MU.US")
    strike = min(market.option_strikes("MU.US", expiry), key=lambda level: abs(level - spot))
    symbol = f"MU{expiry:%y%m%d}C{int(strike * 1000)}.US"
    before = action.ex_date - timedelta(10)
    closes = bars(market, symbol, Period.DAY, before, action.ex_date + timedelta(3), Adjust.NONE)[CLOSE]
    assert closes.shape[0] >= 6
    assert closes.max() < 3 * closes.min()
