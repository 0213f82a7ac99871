"""Options, warrants and calculated indexes as protobuf messages. Decides nothing.

Ratios are fractions in the messages of single contracts (commands 12, 13, 23) and percent numbers among the calculated
indexes (26), as the broker sends them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal

from lpresearch.sim.market.calc_indexes import Value
from lpresearch.sim.market.contract_values import ContractValues, Moment, exact, open_interest
from lpresearch.sim.market.instruments import OPTION_SIZE, Listing
from lpresearch.sim.market.snapshots import QuoteSnapshot
from lpresearch.sim.market.warrant_list import WarrantRow, type_of
from lpresearch.wire.proto import quote_pb2 as pb

_AMERICAN = "A"
_RATIO_DIGITS, _INDEX_DIGITS, _FINE_DIGITS = 4, 2, 6
# Calculated indexes of which two digits would tell too little: warrant delta, leverages, break-even point, greeks.
_FINE = frozenset({28, 31, 32, 34, 36, 37, 38, 39, 40})
_LANGUAGES: tuple[Callable[[Listing], str], ...] = (
    lambda listing: listing.name_cn,
    lambda listing: listing.name_en,
    lambda listing: listing.name_hk,
)
LANGUAGES = range(len(_LANGUAGES))  # zh-CN, en, zh-HK by the numbers of command 23


def option_quote(
    symbol: str, now: QuoteSnapshot, moment: Moment, historical_volatility: float | None
) -> pb.OptionQuote:
    """What command 12 tells of an option."""
    contract = moment.terms.contract
    return pb.OptionQuote(
        symbol=symbol,
        **_prices(now),
        timestamp=now.timestamp,
        volume=now.volume,
        trade_status=pb.TradeStatus.Name(now.trade_status),
        option_extend=pb.OptionExtend(
            implied_volatility=_text(moment.implied_volatility, _RATIO_DIGITS),
            open_interest=open_interest(moment),
            expiry_date=_text(contract.expiry),
            strike_price=_text(exact(contract.strike)),
            contract_multiplier=str(OPTION_SIZE),
            contract_type=_AMERICAN,
            contract_size=str(OPTION_SIZE),
            direction="C" if contract.call else "P",
            historical_volatility=_text(historical_volatility, _RATIO_DIGITS),
            underlying_symbol=contract.underlying,
        ),
    )


def warrant_quote(listing: Listing, now: QuoteSnapshot, values: ContractValues, last_day: date) -> pb.WarrantQuote:
    """What command 13 tells of a warrant. A price that its type does not have is 0, as the broker sends it."""
    contract = listing.contract
    assert contract is not None
    return pb.WarrantQuote(
        symbol=listing.symbol,
        **_prices(now),
        timestamp=now.timestamp,
        volume=now.volume,
        trade_status=pb.TradeStatus.Name(now.trade_status),
        warrant_extend=pb.WarrantExtend(
            implied_volatility=_text(values.implied_volatility or 0.0, _RATIO_DIGITS),
            expiry_date=_text(contract.expiry),
            last_trade_date=_text(last_day),
            outstanding_ratio=_share(values.outstanding_percent, _RATIO_DIGITS),
            outstanding_qty=values.outstanding or 0,
            conversion_ratio=_text(values.conversion_ratio),
            category=type_of(listing).name.capitalize(),
            strike_price=_text(values.strike or Decimal(0)),
            upper_strike_price=_text(values.upper_strike or Decimal(0)),
            lower_strike_price=_text(values.lower_strike or Decimal(0)),
            call_price=_text(values.call_price or Decimal(0)),
            underlying_symbol=contract.underlying,
        ),
    )


def filter_warrant(row: WarrantRow, language: int) -> pb.FilterWarrant:
    """What command 23 tells of a warrant."""
    values = row.values
    return pb.FilterWarrant(
        symbol=row.listing.symbol,
        name=_LANGUAGES[language](row.listing),
        last_done=_text(row.quote.last_done),
        change_rate=_share(row.change_percent, _FINE_DIGITS),
        change_val=_text(row.change),
        volume=row.quote.volume,
        turnover=_text(row.quote.turnover),
        expiry_date=_text(row.expiry),
        strike_price=_text(values.strike),
        upper_strike_price=_text(values.upper_strike),
        lower_strike_price=_text(values.lower_strike),
        outstanding_qty=_text(values.outstanding),
        outstanding_ratio=_share(values.outstanding_percent, _RATIO_DIGITS),
        premium=_share(values.premium_percent, _FINE_DIGITS),
        itm_otm=_share(values.in_the_money_percent, _FINE_DIGITS),
        implied_volatility=_text(values.implied_volatility, _RATIO_DIGITS),
        delta=_text(values.delta, _FINE_DIGITS),
        call_price=_text(values.call_price),
        to_call_price=_share(values.to_call_percent, _FINE_DIGITS),
        effective_leverage=_text(values.effective_leverage, _FINE_DIGITS),
        leverage_ratio=_text(values.leverage, _FINE_DIGITS),
        conversion_ratio=_text(values.conversion_ratio),
        balance_point=_text(values.balance_point, _FINE_DIGITS),
        status=row.status,
        type=row.type,
    )


def calc_index(symbol: str, values: Mapping[int, Value]) -> pb.SecurityCalcIndex:
    """What command 26 tells of a security: an index has the number of its field, less one."""
    message = pb.SecurityCalcIndex(symbol=symbol)
    for number, value in values.items():
        field = pb.SecurityCalcIndex.DESCRIPTOR.fields_by_number[number + 1]
        is_text = field.type == field.TYPE_STRING
        digits = _FINE_DIGITS if number in _FINE else _INDEX_DIGITS
        setattr(message, field.name, _text(value, digits) if is_text else value)
    return message


def _prices(now: QuoteSnapshot) -> dict[str, str]:
    """The texts that option and warrant quotes share."""
    return {
        "last_done": _text(now.last_done),
        "prev_close": _text(now.prev_close),
        "open": _text(now.open),
        "high": _text(now.high),
        "low": _text(now.low),
        "turnover": _text(now.turnover),
    }


def _share(percent: float | None, digits: int) -> str:
    """A percent number as a fraction."""
    return _text(None if percent is None else percent / 100, digits)


def _text(value: Value, digits: int = 0) -> str:
    """The wire's text of a value; empty for none. Floats are rounded to so many digits."""
    if value is None:
        return ""
    if isinstance(value, date):
        return f"{value:%Y%m%d}"
    if isinstance(value, float):
        return f"{value:.{digits}f}"
    return f"{value:f}" if isinstance(value, Decimal) else str(value)
