"""What is fuzzed: each target reads any bytes and returns; only ``WireError`` is expected, and caught here.

A target checks besides what must hold of whatever was read. ``SEEDS`` are valid inputs to begin from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np

from lpresearch.base.errors import WireError
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport_channels import LongPortChannel, QuoteChannel
from lpresearch.sources.longport_orders import (
    balance_columns,
    execution_columns,
    order_columns,
    order_push,
    position_columns,
)
from lpresearch.sources.longport_sides import BrokersChannel, DepthChannel
from lpresearch.sources.longport_trade_channel import TradeChannel
from lpresearch.sources.longport_transport import chain_of
from lpresearch.wire.bars import decode_candlesticks
from lpresearch.wire.http_pulls import BY_COMMAND
from lpresearch.wire.link_state import HeartbeatAsked, LinkState, Opened, ProtocolViolation, Refused, Response
from lpresearch.wire.messages import parse
from lpresearch.wire.packets import Packet, PacketType, decode, encode, plain_push
from lpresearch.wire.proto import control_pb2, error_pb2
from lpresearch.wire.proto import quote_pb2 as pb
from lpresearch.wire.proto_json import from_json, request_json, to_json

Target = Callable[[bytes], None]

SYMBOL = Symbol("700.HK")
LONG_BYTES = 20_000  # bars of so many bytes and more are read by another way


def packets(data: bytes) -> None:
    """A packet is read back from what it is written as; the short way for pushes agrees."""
    with suppress(WireError):
        packet = decode(data)
        again = decode(encode(packet))
        assert again == packet
        short = plain_push(data)
        assert short is None or (packet.type, packet.command, packet.body) == (PacketType.PUSH, *short)


def messages(data: bytes) -> Iterator[bytes]:
    """The data as messages, each after its length in two bytes; the last one may be cut."""
    while data:
        size = int.from_bytes(data[:2], "big")
        yield data[2 : 2 + size]
        data = data[2 + size :]


def link(data: bytes) -> None:
    """Messages to a link that waits for three answers: each comes at most once, and nothing raises."""
    state = LinkState()
    state.connected()
    waiting = {state.auth("otp", {})[0], state.request(11, b"")[0], state.request(27, b"x")[0]}
    for message in messages(data):
        event = state.receive(message)
        if isinstance(event, Opened | Response | Refused):
            waiting.remove(event.request_id)
        elif isinstance(event, HeartbeatAsked):
            assert decode(event.reply).type is PacketType.RESPONSE
        elif isinstance(event, ProtocolViolation):
            assert event.reason
            break


def bars(data: bytes) -> None:
    """A matrix of as many bars as the message has, by either way of reading."""
    for body in (data, data * (LONG_BYTES // max(len(data), 1) + 1)):
        with suppress(WireError):
            matrix = decode_candlesticks(body)
            assert matrix.shape == (8, len(parse(pb.SecurityCandlestickResponse, body).candlesticks))
            assert not np.isinf(matrix).any()


def channels() -> list[LongPortChannel]:
    """One of each kind."""
    return [
        QuoteChannel(SYMBOL, _nothing),
        DepthChannel(SYMBOL, _nothing),
        BrokersChannel(SYMBOL, _nothing),
        TradeChannel(SYMBOL, _nothing, since=0.0),
    ]


def pushes(data: bytes) -> None:
    """A channel goes on after pushes that cannot be read; what it takes it can show."""
    for channel in channels():
        for body in messages(data):
            with suppress(WireError):
                channel.take(body)
                channel.read(body)


def order_pushes(data: bytes) -> None:
    """The change of an order, another event, or none."""
    with suppress(WireError):
        push = order_push(data)
        assert push is None or push.order_id == push.fields["order_id"]


def json_answers(data: bytes) -> None:
    """An answer over HTTP, of the kind that the first byte picks; what is read is written alike."""
    kind = BY_COMMAND[8 + data[0] % 20].answer if data and 8 + data[0] % 20 in BY_COMMAND else pb.SecurityQuoteResponse
    value = _json(data[1:])
    with suppress(WireError):
        message = from_json(kind, value)
        assert from_json(kind, to_json(message)) == message
        assert from_json(kind, request_json(message)) == message
    with suppress(WireError):
        parse(pb.OptionChainDateStrikeInfoResponse, chain_of(value).SerializeToString())


def rest_answers(data: bytes) -> None:
    """Columns of orders, executions, balances and holdings: all of one length."""
    value = _json(data)
    for columns in (order_columns, execution_columns, balance_columns, position_columns):
        with suppress(WireError):
            assert len({len(column) for column in columns(value).values()}) == 1


def _json(data: bytes) -> object:
    """As ``net.http`` reads it; None where it would not."""
    try:
        return json.loads(data, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _nothing() -> None:
    """Nobody listens."""


_ALL: tuple[Target, ...] = (packets, link, bars, pushes, order_pushes, json_answers, rest_answers)
TARGETS = {one.__name__: one for one in _ALL}


def _framed(*bodies: bytes) -> bytes:
    return b"".join(len(body).to_bytes(2, "big") + body for body in bodies)


def _packets() -> list[bytes]:
    session = control_pb2.AuthResponse(session_id="s", expires=2**40, limit=10, online=1).SerializeToString()
    error = error_pb2.Error(code=301600, msg="invalid request").SerializeToString()
    return [
        encode(Packet(PacketType.RESPONSE, 2, session, request_id=1)),
        encode(Packet(PacketType.RESPONSE, 11, b"quotes", request_id=2), compress=True),
        encode(Packet(PacketType.RESPONSE, 27, error, request_id=3, status=7)),
        encode(Packet(PacketType.PUSH, 101, b"push")),
        encode(Packet(PacketType.PUSH, 102, b"push", nonce=b"n" * 8, signature=b"s" * 16)),
        encode(Packet(PacketType.REQUEST, 1, b"beat", request_id=9, timeout_ms=5)),
        encode(
            Packet(PacketType.PUSH, 0, control_pb2.Close(code=control_pb2.Close.ServerShutdown).SerializeToString())
        ),
    ]


def _bars() -> bytes:
    candle = pb.Candlestick(
        close="362.000", open="350.2", low="349.60", high="", volume=10853604, turnover="3896752301.400",
        timestamp=1650384000, trade_session=pb.TradeSession.PRE_TRADE,
    )  # fmt: skip
    return pb.SecurityCandlestickResponse(symbol=SYMBOL, candlesticks=[candle] * 3).SerializeToString()


def _pushes() -> bytes:
    level = pb.Depth(position=1, price="350.2", volume=100, order_num=2)
    return _framed(
        pb.PushQuote(
            symbol=SYMBOL, sequence=1, last_done="1.5", volume=7, trade_session=pb.POST_TRADE
        ).SerializeToString(),
        pb.PushDepth(symbol=SYMBOL, sequence=2, ask=[level], bid=[level]).SerializeToString(),
        pb.PushBrokers(
            symbol=SYMBOL, sequence=3, ask_brokers=[pb.Brokers(position=1, broker_ids=[7])]
        ).SerializeToString(),
        pb.PushTrade(
            symbol=SYMBOL, sequence=4, trade=[pb.Trade(price="1.5", volume=7, timestamp=9)]
        ).SerializeToString(),
    )


SEEDS: dict[str, list[bytes]] = {
    "packets": _packets(),
    "link": [_framed(*_packets())],
    "bars": [_bars()],
    "pushes": [_pushes()],
    "order_pushes": [b'{"event":"order_changed_lb","data":{"order_id":"7","side":"Buy"}}'],
    "rest_answers": [
        b'{"orders":[{"order_id":"7","quantity":"100","trigger_count":1}],"trades":[{"order_id":"7"}]}',
        b'{"list":[{"currency":"HKD","cash_infos":[{"currency":"HKD"}],"stock_info":[{"symbol":"700.HK"}]}]}',
    ],
    "json_answers": [
        b"\x03" + json.dumps({"secu_quote": [{"symbol": "700.HK", "volume": "7", "trade_status": 1}]}).encode(),
        b"\x00" + json.dumps({"list": [{"symbol": "A.US", "strike_price": "7", "direction": "C"}]}).encode(),
    ],
}
