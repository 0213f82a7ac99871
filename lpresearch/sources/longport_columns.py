"""LongPort's protobuf answers as columns: field name -> list, in the wire's words. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable

from lpresearch.base.markets import Market
from lpresearch.base.model import QuotePush, Session, SessionSpan
from lpresearch.wire.messages import parse
from lpresearch.wire.proto import quote_pb2

Lists = dict[str, list[object]]

_SESSIONS = tuple(Session)  # the position is the wire's number
_MARKETS = {market.value: market for market in Market}
_OUTSIDE_HOURS = {"pre": "pre_market_quote", "post": "post_market_quote", "overnight": "over_night_quote"}
_STATIC_DECIMALS = ("eps", "eps_ttm", "bps", "dividend_yield")
_STATIC_FIELDS = tuple(field.name for field in quote_pb2.StaticInfo.DESCRIPTOR.fields)

END_OF_DAY = 24 * 60


def number(text: str) -> float:
    """A decimal of the wire; NaN where it says nothing."""
    return float(text) if text else math.nan


def quote_columns(quotes: Iterable[quote_pb2.SecurityQuote]) -> Lists:
    """Command 11. Fields of pre, post and overnight trading are None where the answer has no such part."""
    rows = list(quotes)
    columns: Lists = {
        "symbol": [row.symbol for row in rows],
        "last_done": [number(row.last_done) for row in rows],
        "prev_close": [number(row.prev_close) for row in rows],
        "open": [number(row.open) for row in rows],
        "high": [number(row.high) for row in rows],
        "low": [number(row.low) for row in rows],
        "timestamp": [row.timestamp for row in rows],
        "volume": [row.volume for row in rows],
        "turnover": [number(row.turnover) for row in rows],
        "trade_status": [_status(row.trade_status) for row in rows],
    }
    for prefix, field in _OUTSIDE_HOURS.items():
        parts = [getattr(row, field) if row.HasField(field) else None for row in rows]
        columns |= {f"{prefix}_{name}": values for name, values in _outside_hours(parts).items()}
    return columns


def _outside_hours(parts: list[quote_pb2.PrePostQuote | None]) -> Lists:
    return {
        "last_done": [part and number(part.last_done) for part in parts],
        "timestamp": [part and part.timestamp for part in parts],
        "volume": [part and part.volume for part in parts],
        "turnover": [part and number(part.turnover) for part in parts],
        "high": [part and number(part.high) for part in parts],
        "low": [part and number(part.low) for part in parts],
        "prev_close": [part and number(part.prev_close) for part in parts],
    }


def _status(value: int) -> str:
    """The name of a trade status; a number that is not known stays a number."""
    return quote_pb2.TradeStatus.Name(value) if value in quote_pb2.TradeStatus.values() else str(value)


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


def quote_push(body: bytes) -> QuotePush:
    """Command 101."""
    push = parse(quote_pb2.PushQuote, body)
    return QuotePush(
        push.symbol,
        push.sequence,
        number(push.last_done),
        number(push.open),
        number(push.high),
        number(push.low),
        push.timestamp,
        push.volume,
        number(push.turnover),
        push.trade_status,
        push.trade_session,
        push.tag == quote_pb2.Eod,
    )
