"""LongPort's protobuf answers as columns: field name -> list, in the wire's words. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import attrgetter

from lpresearch.base.contracts import WarrantStatus
from lpresearch.base.errors import WireError
from lpresearch.base.markets import Market
from lpresearch.base.model import Session, SessionSpan
from lpresearch.sources.longport_facts import FIRST_WARRANT_STATUS, WARRANT_TYPES
from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2

Lists = dict[str, list[object]]

_SESSIONS = tuple(Session)  # the position is the wire's number
_MARKETS = {market.value: market for market in Market}
_OUTSIDE_HOURS = {"pre": "pre_market_quote", "post": "post_market_quote", "overnight": "over_night_quote"}
_US = f".{Market.US}"  # how the symbols end that trade outside regular hours (longport.md 5, command 11)
_QUOTE_FIELDS = tuple(
    field.name for field in quote_pb2.SecurityQuote.DESCRIPTOR.fields if field.name not in _OUTSIDE_HOURS.values()
)
_OF_PART = {field.name: attrgetter(field.name) for field in quote_pb2.PrePostQuote.DESCRIPTOR.fields}
_DECIMALS = ("last_done", "prev_close", "open", "high", "low", "turnover")
_TRADE_STATES: dict[object, str] = {number: name for name, number in quote_pb2.TradeStatus.items()}
_STATIC_DECIMALS = ("eps", "eps_ttm", "bps", "dividend_yield")
_STATIC_FIELDS = tuple(field.name for field in quote_pb2.StaticInfo.DESCRIPTOR.fields)

_OPTION_STYLES = {"A": "American", "U": "European"}
_OPTION_RIGHTS = {"C": "Call", "P": "Put"}
_WARRANT_TYPES: dict[int, str] = dict(enumerate(WARRANT_TYPES))
_WARRANT_STATES: dict[int, str] = dict(enumerate(WarrantStatus, FIRST_WARRANT_STATUS))

END_OF_DAY = 24 * 60


def number(text: str) -> float:
    """A decimal of the wire; NaN where it says nothing.

    Raises
    ------
    WireError : a text that is no number.
    """
    try:
        return float(text) if text else math.nan
    except ValueError:
        raise WireError(f"{text[:20]!r} stands where a decimal belongs.") from None


def quote_columns(quotes: Iterable[quote_pb2.SecurityQuote]) -> Lists:
    """Command 11. Fields of pre, post and overnight trading are None where the answer has no such part."""
    rows = list(quotes)
    columns = message_columns(quote_pb2.SecurityQuote, rows, only=_QUOTE_FIELDS)
    columns |= {name: _numbers(columns[name]) for name in _DECIMALS}
    columns["trade_status"] = [_status(value) for value in columns["trade_status"]]
    with_parts = any(row.symbol.endswith(_US) for row in rows)
    for prefix, field in _OUTSIDE_HOURS.items():
        parts = [getattr(row, field) if with_parts and row.HasField(field) else None for row in rows]
        columns |= {f"{prefix}_{name}": values for name, values in _outside_hours(parts).items()}
    return columns


def _outside_hours(parts: list[quote_pb2.PrePostQuote | None]) -> Lists:
    if not any(parts):
        return {name: [None] * len(parts) for name in _OF_PART}
    columns: Lists = {name: [part and of(part) for part in parts] for name, of in _OF_PART.items()}
    return columns | {name: _numbers(columns[name]) for name in _DECIMALS if name in columns}


def _numbers(texts: Sequence[object]) -> list[object]:
    """The decimals of the wire; None stays None. The usual column, in which each says something, in one go."""
    try:
        return list(map(float, texts))  # type: ignore[arg-type]  # texts, or else the way below
    except (ValueError, TypeError):
        return [None if text is None else number(str(text)) for text in texts]


def _status(value: object) -> str:
    """The name of a trade status; a number that is not known stays a number."""
    return _TRADE_STATES.get(value, str(value))


def static_columns(rows: Iterable[quote_pb2.StaticInfo]) -> Lists:
    """Command 10: every field, decimals as float; ``stock_derivatives`` a list of the wire's numbers."""
    columns: Lists = {name: [] for name in _STATIC_FIELDS}
    for row in rows:
        for name, values in columns.items():
            value = getattr(row, name)
            if name in _STATIC_DECIMALS:
                value = number(value)
            values.append(list(value) if name == "stock_derivatives" else value)
    return columns


def depth_columns(answer: quote_pb2.SecurityDepthResponse) -> Lists:
    """Command 14: one row for each position, from the best price on; None and NaN where a side has no such level."""
    bids = {level.position: level for level in answer.bid}
    asks = {level.position: level for level in answer.ask}
    positions = sorted(bids.keys() | asks.keys())
    columns: Lists = {"position": list(positions)}
    for side, levels in (("bid", bids), ("ask", asks)):
        ladder = [levels.get(position) for position in positions]
        columns[f"{side}_price"] = [number(level.price) if level else math.nan for level in ladder]
        columns[f"{side}_volume"] = [level.volume if level else None for level in ladder]
        columns[f"{side}_orders"] = [level.order_num if level else None for level in ladder]
    return columns


def broker_columns(answer: quote_pb2.SecurityBrokersResponse) -> Lists:
    """Command 15: one row for each place in a queue, the bids first."""
    rows = [
        (broker, side, level.position, place)
        for side, levels in enumerate((answer.bid_brokers, answer.ask_brokers))
        for level in levels
        for place, broker in enumerate(level.broker_ids, 1)
    ]
    return _of_rows(("broker_id", "side", "position", "place"), rows)


def participant_columns(answer: quote_pb2.ParticipantBrokerIdsResponse) -> Lists:
    """Command 16: one row for each number of a participant."""
    names = ("participant_name_cn", "participant_name_en", "participant_name_hk")
    rows = [
        (number, *(getattr(one, name) for name in names))
        for one in answer.participant_broker_numbers
        for number in one.broker_ids
    ]
    return _of_rows(("broker_id", *names), rows)


def trade_columns(trades: Sequence[quote_pb2.Trade]) -> Lists:
    """Command 17."""
    columns = message_columns(quote_pb2.Trade, trades)
    columns["session"] = columns.pop("trade_session")
    return columns


def distribution_columns(answer: quote_pb2.CapitalDistributionResponse) -> Lists:
    """Command 25: one row for each size of orders."""
    sizes = ("large", "medium", "small") if answer.HasField("capital_in") or answer.HasField("capital_out") else ()
    return {
        "size": list(sizes),
        "capital_in": [getattr(answer.capital_in, size) for size in sizes],
        "capital_out": [getattr(answer.capital_out, size) for size in sizes],
        "timestamp": [answer.timestamp for _ in sizes],
    }


def chain_columns(strikes: Sequence[quote_pb2.StrikePriceInfo]) -> Lists:
    """Command 21."""
    columns = message_columns(quote_pb2.StrikePriceInfo, strikes)
    columns["strike_price"] = columns.pop("price")
    return columns


def option_columns(rows: Sequence[quote_pb2.OptionQuote]) -> Lists:
    """Command 12: prices, and the terms of the contract."""
    terms = message_columns(quote_pb2.OptionExtend, [row.option_extend for row in rows])
    terms["contract_type"] = [_OPTION_STYLES.get(str(word), word) for word in terms["contract_type"]]
    terms["direction"] = [_OPTION_RIGHTS.get(str(word), word) for word in terms["direction"]]
    return message_columns(quote_pb2.OptionQuote, rows, leave_out="option_extend") | terms


def warrant_columns(rows: Sequence[quote_pb2.WarrantQuote]) -> Lists:
    """Command 13: prices, and the terms of the contract."""
    terms = message_columns(quote_pb2.WarrantExtend, [row.warrant_extend for row in rows])
    return message_columns(quote_pb2.WarrantQuote, rows, leave_out="warrant_extend") | terms


def warrant_list_columns(rows: Sequence[quote_pb2.FilterWarrant]) -> Lists:
    """Command 23. A number that has no name stays one."""
    columns = message_columns(quote_pb2.FilterWarrant, rows)
    columns["type"] = [_WARRANT_TYPES.get(row.type, str(row.type)) for row in rows]
    columns["status"] = [_WARRANT_STATES.get(row.status, str(row.status)) for row in rows]
    return columns


def message_columns(
    kind: type[Message], rows: Iterable[Message], *, only: Sequence[str] = (), leave_out: str = ""
) -> Lists:
    """The fields of messages as the wire has them: decimals and days stay text.

    Parameters
    ----------
    only : these fields; all where empty.
    """
    rows = list(rows)
    names = only or [field.name for field in kind.DESCRIPTOR.fields if field.name != leave_out]
    return {name: list(map(attrgetter(name), rows)) for name in names}


def _of_rows(names: Sequence[str], rows: Sequence[Sequence[object]]) -> Lists:
    return {name: [row[place] for row in rows] for place, name in enumerate(names)}


def session_spans(answer: quote_pb2.MarketTradePeriodResponse) -> dict[Market, list[SessionSpan]]:
    """Command 8. Markets and sessions that we have no name for are left out."""
    return {
        _MARKETS[entry.market]: [
            SessionSpan(_SESSIONS[span.trade_session], _minutes(span.beg_time), _minutes(span.end_time))
            for span in entry.trade_session
            if 0 <= span.trade_session < len(_SESSIONS)
        ]
        for entry in answer.market_trade_session
        if entry.market in _MARKETS
    }


def _minutes(clock: int) -> int:
    """Minutes since midnight of a time written HHMM. 2359 is the end of the day: no client takes 2400 for a time."""
    return END_OF_DAY if clock == 2359 else clock // 100 * 60 + clock % 100
