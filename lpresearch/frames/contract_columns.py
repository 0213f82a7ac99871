"""The contracts of options, warrants and calculated indexes: columns, dtypes and units. Values only, no pandas.

Ratios are fractions (0.25 is a quarter) of single contracts and percent numbers among the calculated indexes, as the
broker sends them.
"""

from __future__ import annotations

from lpresearch.base.contracts import WarrantType
from lpresearch.frames.column import SYMBOL, Column, Contract, count, count_or_missing, money, price, text
from lpresearch.frames.columns import QUOTE


def _day(name: str, meaning: str) -> Column:
    return Column(name, "datetime64[us]", "", meaning)


def _fraction(name: str, meaning: str, *, zero_is_missing: bool = False) -> Column:
    return Column(name, "float64", "fraction", meaning, zero_is_missing=zero_is_missing)


def _percent(name: str, meaning: str) -> Column:
    return Column(name, "float64", "percent", meaning)


def _plain(name: str, meaning: str, unit: str = "") -> Column:
    return Column(name, "float64", unit, meaning)


_OUTSTANDING = count_or_missing("outstanding_qty", "units", "units held by the public")
_PRICES_OF_WARRANTS: Contract = (
    price("strike_price", "strike; missing where its type has none", zero_is_missing=True),
    price("upper_strike_price", "upper strike of an inline warrant", zero_is_missing=True),
    price("lower_strike_price", "lower strike of an inline warrant", zero_is_missing=True),
)
_CALL_PRICE = price("call_price", "price at which a bull or bear contract is called", zero_is_missing=True)
_CONVERSION = _plain("conversion_ratio", "contracts for one share", "contracts")

#: The expiry dates of a security's options.
OPTION_EXPIRIES: Contract = (
    _day("expiry_date", "last day of the contracts"),
    count("days_left", "days", "calendar days from today in the market"),
)

#: The contracts that expire on one date.
OPTION_CHAIN: Contract = (
    price("strike_price", "strike"),
    text("call_symbol", "the call"),
    text("put_symbol", "the put"),
    Column("standard", "bool", "", "whether the contracts are standard ones"),
)

OPTION_QUOTE: Contract = (
    *QUOTE,
    _fraction("implied_volatility", "volatility a year that the price implies"),
    count("open_interest", "contracts", "contracts that are open"),
    _day("expiry_date", "last day"),
    price("strike_price", "strike"),
    _plain("contract_multiplier", "money for one of the price", "shares"),
    text("contract_type", "American or European"),
    _plain("contract_size", "shares in a contract", "shares"),
    text("direction", "Call or Put"),
    _fraction("historical_volatility", "volatility a year of the underlying security"),
    text("underlying_symbol", "the underlying security"),
)

WARRANT_QUOTE: Contract = (
    *QUOTE,
    _fraction("implied_volatility", "volatility a year that the price implies", zero_is_missing=True),
    _day("expiry_date", "day on which it expires"),
    _day("last_trade_date", "last day of trading"),
    _fraction("outstanding_ratio", "part of the issue that the public holds"),
    count("outstanding_qty", "units", "units held by the public"),
    _CONVERSION,
    text("category", "Call, Put, Bull, Bear or Inline"),
    *_PRICES_OF_WARRANTS,
    _CALL_PRICE,
    text("underlying_symbol", "the underlying security"),
)

#: The filtered list of the warrants on a security.
WARRANTS: Contract = (
    SYMBOL,
    text("name", "name in the session's language"),
    price("last_done", "last price"),
    _fraction("change_rate", "change as a part of the close before"),
    price("change_val", "last price less the close before"),
    count("volume", "units", "units traded today"),
    money("turnover", "money traded today"),
    _day("expiry_date", "day on which it expires"),
    *_PRICES_OF_WARRANTS,
    _OUTSTANDING,
    _fraction("outstanding_ratio", "part of the issue that the public holds"),
    _fraction("premium", "what the underlying must move until it pays, as a part of its price"),
    _fraction("itm_otm", "how far in the money, as a part of the strike; negative out of it"),
    _fraction("implied_volatility", "volatility a year that the price implies", zero_is_missing=True),
    _plain("delta", "change of its price with that of the underlying"),
    _CALL_PRICE,
    _fraction("to_call_price", "distance of the underlying from the call price"),
    _plain("effective_leverage", "percent it moves for one percent of the underlying"),
    _plain("leverage_ratio", "value of the underlying for its price"),
    _CONVERSION,
    price("balance_point", "price of the underlying at which it pays at expiry"),
    text("status", "Suspend, Prepare or Normal"),
    text("type", ", ".join(WarrantType)),
)

WARRANT_ISSUERS: Contract = (
    count("id", "", "the broker's number of the issuer, for warrants(issuer=...)"),
    text("name_cn", "name in simplified Chinese"),
    text("name_en", "name in English"),
    text("name_hk", "name in traditional Chinese"),
)

#: Calculated indexes in the wire's order: the name of each is what ``calc_indexes`` is asked for.
CALC_INDEXES: Contract = (
    price("last_done", "last price"),
    price("change_val", "last price less the close before"),
    _percent("change_rate", "change as a part of the close before"),
    count("volume", "shares", "shares traded today"),
    money("turnover", "money traded today"),
    _percent("ytd_change_rate", "change since the year began"),
    _percent("turnover_rate", "shares traded as a part of those in circulation"),
    money("total_market_value", "price of all shares"),
    money("capital_flow", "net inflow of today"),
    _percent("amplitude", "today's range as a part of the close before"),
    _plain("volume_ratio", "volume against that of the days before"),
    _plain("pe_ttm_ratio", "price for earnings of the last four quarters"),
    _plain("pb_ratio", "price for book value"),
    _percent("dividend_ratio_ttm", "dividends of the last four quarters as a part of the price"),
    _percent("five_day_change_rate", "change in five days"),
    _percent("ten_day_change_rate", "change in ten days"),
    _percent("half_year_change_rate", "change in half a year"),
    _percent("five_minutes_change_rate", "change in five minutes"),
    _day("expiry_date", "of a contract: day on which it expires"),
    price("strike_price", "of a contract: strike"),
    price("upper_strike_price", "of an inline warrant: upper strike"),
    price("lower_strike_price", "of an inline warrant: lower strike"),
    count_or_missing("outstanding_qty", "units", "of a warrant: units held by the public", zero_is_missing=True),
    _percent("outstanding_ratio", "of a warrant: part of the issue that the public holds"),
    _percent("premium", "of a contract: what the underlying must move until it pays"),
    _percent("itm_otm", "of a warrant: how far in the money; negative out of it"),
    _percent("implied_volatility", "of a contract: volatility a year that the price implies"),
    _plain("warrant_delta", "of a warrant: change of its price with that of the underlying"),
    price("call_price", "of a bull or bear contract: price at which it is called"),
    _percent("to_call_price", "of a bull or bear contract: distance of the underlying from the call price"),
    _plain("effective_leverage", "of a warrant: percent it moves for one percent of the underlying"),
    _plain("leverage_ratio", "of a warrant: value of the underlying for its price"),
    _plain("conversion_ratio", "of a warrant: contracts for one share", "contracts"),
    price("balance_point", "of a warrant: price of the underlying at which it pays at expiry"),
    count_or_missing("open_interest", "contracts", "of an option: contracts that are open", zero_is_missing=True),
    _plain("delta", "of an option: change of its price with that of the underlying"),
    _plain("gamma", "of an option: change of delta with the price of the underlying"),
    _plain("theta", "of an option: change of its price in a day, times 100", "price / 100"),
    _plain("vega", "of an option: change of its price with a percent of volatility, times 100", "price / 100"),
    _plain("rho", "of an option: change of its price with a percent of interest, times 100", "price / 100"),
)
