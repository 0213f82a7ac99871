"""Bodies of LongPort's pushes to the records of ``base.pushes``. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from lpresearch.base.pushes import BrokersPush, DepthPush, Level, Queue, QuotePush, Trade, TradesPush
from lpresearch.sources.longport_columns import number
from lpresearch.wire.messages import parse
from lpresearch.wire.proto import quote_pb2

_STATES = {value: name for name, value in quote_pb2.TradeStatus.items()}


def status_name(value: int) -> str:
    """The name of a trade status; a number that is not known stays a number."""
    return _STATES.get(value) or str(value)


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


def depth_push(body: bytes) -> DepthPush:
    """Command 102."""
    push = parse(quote_pb2.PushDepth, body)
    return DepthPush(push.symbol, push.sequence, _levels(push.bid), _levels(push.ask))


def _levels(rows: Iterable[quote_pb2.Depth]) -> tuple[Level, ...]:
    return tuple(Level(row.position, number(row.price), row.volume, row.order_num) for row in rows)


def brokers_push(body: bytes) -> BrokersPush:
    """Command 103."""
    push = parse(quote_pb2.PushBrokers, body)
    return BrokersPush(push.symbol, push.sequence, _queues(push.bid_brokers), _queues(push.ask_brokers))


def _queues(rows: Iterable[quote_pb2.Brokers]) -> tuple[Queue, ...]:
    return tuple(Queue(row.position, tuple(row.broker_ids)) for row in rows)


def trades_push(body: bytes) -> TradesPush:
    """Command 104."""
    push = parse(quote_pb2.PushTrade, body)
    return TradesPush(push.symbol, push.sequence, tuple(map(_trade, push.trade)))


def _trade(row: quote_pb2.Trade) -> Trade:
    return Trade(row.timestamp, number(row.price), row.volume, row.trade_type, row.direction, row.trade_session)
