"""Black and Scholes: textbook values, the laws that prices of options obey, and greeks as measured slopes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpresearch.sim.market import black_scholes
from lpresearch.sim.market.black_scholes import Greeks

spots = st.floats(1, 5000)
ratios = st.floats(0.3, 3.0)  # strike over spot
years = st.floats(0.003, 3.0)
volatilities = st.floats(0.05, 1.5)


def price(call: bool, spot: float, strike: float, years: float, volatility: float) -> float:
    return float(black_scholes.price(call, np.array(spot), strike, np.array(years), np.array(volatility)))


def test_an_option_at_the_money_is_worth_what_the_textbook_says() -> None:
    # Spot = strike = 100, one year, 20 %, no interest: 100 (2 N(0.1) - 1) = 7.9656.
    assert price(True, 100, 100, 1, 0.2) == pytest.approx(7.9656, abs=1e-4)
    assert price(False, 100, 100, 1, 0.2) == pytest.approx(7.9656, abs=1e-4)


@given(spots, ratios, years, volatilities)
def test_call_less_put_is_spot_less_strike_and_none_is_below_its_intrinsic_value(
    spot: float, ratio: float, years: float, volatility: float
) -> None:
    strike = spot * ratio
    call, put = price(True, spot, strike, years, volatility), price(False, spot, strike, years, volatility)
    assert call - put == pytest.approx(spot - strike, abs=1e-6 * spot)
    assert max(spot - strike, 0) <= call <= spot
    assert put >= max(strike - spot, 0) - 1e-9 * spot


@given(spots, ratios, years, volatilities)
def test_a_call_is_worth_more_with_time_and_volatility_and_less_with_a_higher_strike(
    spot: float, ratio: float, years: float, volatility: float
) -> None:
    strike = spot * ratio
    worth = price(True, spot, strike, years, volatility)
    slack = 1e-7 * spot
    assert price(True, spot, strike, years * 1.5, volatility) >= worth - slack
    assert price(True, spot, strike, years, volatility * 1.5) >= worth - slack
    assert price(True, spot, strike * 1.1, years, volatility) <= worth + slack


@given(st.booleans(), st.floats(0.8, 1.25), st.floats(0.05, 2.0), st.floats(0.1, 1.0))
def test_the_volatility_is_found_again_from_the_price(
    call: bool, ratio: float, years: float, volatility: float
) -> None:
    worth = price(call, 100, 100 * ratio, years, volatility)
    found = black_scholes.implied_volatility(call, worth, 100, 100 * ratio, years)
    if found is not None:  # else there is no time value left to see it by
        assert price(call, 100, 100 * ratio, years, found) == pytest.approx(worth, abs=1e-5)
    else:
        assert worth - max((100 - 100 * ratio) * (1 if call else -1), 0) < 1e-4


def test_no_volatility_makes_an_option_cheaper_than_its_intrinsic_value() -> None:
    assert black_scholes.implied_volatility(True, 9.0, 110, 100, 0.5) is None
    assert black_scholes.implied_volatility(True, 111.0, 110, 100, 0.5) is None
    assert black_scholes.implied_volatility(False, 5.0, 100, 100, 0.0) is None


@pytest.mark.parametrize("call", [True, False])
@pytest.mark.parametrize("strike", [85.0, 100.0, 120.0])
def test_the_greeks_are_the_slopes_of_the_price(call: bool, strike: float) -> None:
    greeks = black_scholes.greeks(call, 100, strike, 0.5, 0.3)
    assert isinstance(greeks, Greeks)
    step = 0.05
    up, here, down = (price(call, 100 + move, strike, 0.5, 0.3) for move in (step, 0, -step))
    assert greeks.delta == pytest.approx((up - down) / (2 * step), abs=1e-4)
    assert greeks.gamma == pytest.approx((up - 2 * here + down) / step**2, abs=2e-4)
    day = 1 / 365
    slope = (price(call, 100, strike, 0.5 - day, 0.3) - price(call, 100, strike, 0.5 + day, 0.3)) / 2
    assert greeks.theta == pytest.approx(slope, abs=1e-5)
    slope = (price(call, 100, strike, 0.5, 0.301) - price(call, 100, strike, 0.5, 0.299)) / 0.002
    assert greeks.vega == pytest.approx(slope, abs=1e-3)


def test_rho_is_the_discounted_strike_times_its_chance() -> None:
    # d2 = -0.1 at the money for one year at 20 %: N(-0.1) = 0.460172, N(0.1) = 0.539828.
    assert black_scholes.greeks(True, 100, 100, 1, 0.2).rho == pytest.approx(46.0172, abs=1e-3)
    assert black_scholes.greeks(False, 100, 100, 1, 0.2).rho == pytest.approx(-53.9828, abs=1e-3)


def test_at_expiry_an_option_is_worth_its_intrinsic_value() -> None:
    spots = np.array([90.0, 100.0, 110.0])
    assert black_scholes.price(True, spots, 100.0, np.zeros(3), np.full(3, 0.3)).tolist() == pytest.approx(
        [0, 0, 10], abs=1e-6
    )
    assert black_scholes.price(False, spots, 100.0, np.zeros(3), np.full(3, 0.3)).tolist() == pytest.approx(
        [10, 0, 0], abs=1e-6
    )
