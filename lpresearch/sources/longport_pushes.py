"""Pushes of the quote link: subscriptions, the channels that take what is pushed, and what asks for their state."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence

from lpresearch.base.errors import NoPermission, NoQuotes, ServerRejected, SubscriptionLimit, SymbolError, WireError
from lpresearch.base.pushes import Kind
from lpresearch.base.source import Channel, PacketListener
from lpresearch.base.symbols import Symbol
from lpresearch.net.link import LinkStatus
from lpresearch.sources.longport_channels import LongPortChannel, QuoteChannel
from lpresearch.sources.longport_columns import quote_columns
from lpresearch.sources.longport_facts import BAD_REQUEST_CODE, TRADES_PER_REQUEST
from lpresearch.sources.longport_line import QuoteLine
from lpresearch.sources.longport_pulls import Pulls, in_parts
from lpresearch.sources.longport_sides import BrokersChannel, DepthChannel
from lpresearch.sources.longport_trade_channel import TradeChannel
from lpresearch.wire.messages import parse
from lpresearch.wire.proto import quote_pb2
from lpresearch.wire.proto.quote_pb2 import Command

log = logging.getLogger("lpresearch.longport")

_SUB_TYPES = {
    Kind.QUOTE: quote_pb2.QUOTE,
    Kind.DEPTH: quote_pb2.DEPTH,
    Kind.BROKERS: quote_pb2.BROKERS,
    Kind.TRADE: quote_pb2.TRADE,
}
_COMMANDS = {
    Kind.QUOTE: Command.PushQuoteData,
    Kind.DEPTH: Command.PushDepthData,
    Kind.BROKERS: Command.PushBrokersData,
    Kind.TRADE: Command.PushTradeData,
}
_BODIES: dict[int, type[quote_pb2.PushQuote | quote_pb2.PushDepth | quote_pb2.PushBrokers | quote_pb2.PushTrade]] = {
    Command.PushQuoteData: quote_pb2.PushQuote,
    Command.PushDepthData: quote_pb2.PushDepth,
    Command.PushBrokersData: quote_pb2.PushBrokers,
    Command.PushTradeData: quote_pb2.PushTrade,
}


class PushCommands:
    """The part of the source that is pushed to.

    Parameters
    ----------
    line : whose link is listened to.
    skew_s : the server's clock less ours.
    """

    def __init__(self, line: QuoteLine, pulls: Pulls, skew_s: Callable[[], float | None]) -> None:
        self._pulls = pulls
        self._skew_of_server_s = skew_s
        self._channels: dict[int, dict[bytes, LongPortChannel]] = {command: {} for command in _COMMANDS.values()}
        self._packet_listener: PacketListener | None = None
        self._suspect_listener: Callable[[], None] = _nothing
        self._link_listener: Callable[[bool], None] = _ignore
        self._unread = 0
        line.link.on_push(self._take_push)
        line.link.on_status(self._take_status)
        line.link.on_reconnected(self._subscribe_again)

    def channel(self, kind: Kind, symbol: Symbol) -> LongPortChannel:
        """A channel that takes what is pushed from now on."""
        if kind is Kind.QUOTE:
            channel: LongPortChannel = QuoteChannel(symbol, self._doubt)
        elif kind is Kind.DEPTH:
            channel = DepthChannel(symbol, self._doubt)
        elif kind is Kind.BROKERS:
            channel = BrokersChannel(symbol, self._doubt)
        else:
            channel = TradeChannel(symbol, self._doubt, since=time.time() + (self._skew_of_server_s() or 0.0))
        self._channels[_COMMANDS[kind]][symbol.encode()] = channel
        return channel

    async def watch(self, channels: Sequence[Channel]) -> None:
        """Subscribe (command 6), a whole push first. Renewed whenever the link comes back.

        Quotes are asked for before that: a push does not tell all of them, and a subscription names no unknown symbol.
        """
        quotes = [channel for channel in channels if isinstance(channel, QuoteChannel)]
        try:
            if quotes:
                await self._refresh_quotes(quotes)
            await self._subscribe(channels)
        except BaseException:
            self._forget(channels)
            raise

    async def unwatch(self, channels: Sequence[Channel]) -> None:
        """Unsubscribe (command 7). The channels end at once."""
        self._forget(channels)
        for kinds, symbols in _by_kinds(channels):
            for part in in_parts(symbols):
                request = quote_pb2.UnsubscribeRequest(symbol=part, sub_type=[_SUB_TYPES[kind] for kind in kinds])
                await self._pulls.pull(Command.Unsubscribe, request)

    async def refresh(self, channels: Sequence[Channel]) -> None:
        """Ask how things stand: quotes all at once, books, queues and trades one by one."""
        quotes = [channel for channel in channels if isinstance(channel, QuoteChannel)]
        if quotes:
            await self._refresh_quotes(quotes)
        await asyncio.gather(*(self._refresh_one(channel) for channel in channels if channel.kind is not Kind.QUOTE))

    def on_suspect(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` on the I/O thread when the state of a channel may be wrong."""
        self._suspect_listener = listener

    def on_link(self, listener: Callable[[bool], None]) -> None:
        """Call ``listener`` on the I/O thread when the quote link is lost (False), and when it is subscribed again."""
        self._link_listener = listener

    def on_packet(self, listener: PacketListener | None) -> None:
        """Call ``listener`` on the I/O thread with command and body of each push, before anything else is done."""
        self._packet_listener = listener

    def _forget(self, channels: Iterable[Channel]) -> None:
        for channel in channels:
            found = self._channels[_COMMANDS[channel.kind]]
            if found.get(channel.symbol.encode()) is channel:
                del found[channel.symbol.encode()]

    async def _subscribe(self, channels: Iterable[Channel]) -> None:
        for kinds, symbols in _by_kinds(channels):
            for part in in_parts(symbols):
                types = [_SUB_TYPES[kind] for kind in kinds]
                request = quote_pb2.SubscribeRequest(symbol=part, sub_type=types, is_first_push=True)
                await self._pulls.pull(Command.Subscribe, request, part)

    async def _refresh_quotes(self, channels: Sequence[QuoteChannel]) -> None:
        """Command 11."""
        for channel in channels:
            channel.begin_fill()
        symbols = [channel.symbol for channel in channels]
        answer = quote_pb2.SecurityQuoteResponse
        rows = await self._pulls.each(Command.QuerySecurityQuote, answer, symbols, lambda told: told.secu_quote)
        columns = quote_columns(rows)
        for channel, values in zip(channels, zip(*columns.values(), strict=True), strict=True):
            channel.fill(dict(zip(columns, values, strict=True)))

    async def _refresh_one(self, channel: Channel) -> None:
        """Commands 14, 15 and 17. What the account may not see has no state that could be wrong."""
        try:
            await self._ask_one(channel)
        except ServerRejected as exc:
            if not isinstance(exc, NoQuotes | NoPermission) and exc.code != BAD_REQUEST_CODE:
                raise
            log.info("There is no %s of %s: %s", channel.kind, channel.symbol, exc)
            channel.suspect = False

    async def _ask_one(self, channel: Channel) -> None:
        of_symbol, asked = [channel.symbol], quote_pb2.SecurityRequest(symbol=channel.symbol)
        if isinstance(channel, DepthChannel):
            channel.begin_fill()
            book = await self._pulls.ask(Command.QueryDepth, asked, quote_pb2.SecurityDepthResponse, of_symbol)
            channel.fill(book.bid, book.ask)
        elif isinstance(channel, BrokersChannel):
            channel.begin_fill()
            queues = await self._pulls.ask(Command.QueryBrokers, asked, quote_pb2.SecurityBrokersResponse, of_symbol)
            channel.fill(queues.bid_brokers, queues.ask_brokers)
        elif isinstance(channel, TradeChannel):
            channel.begin_fill()
            request = quote_pb2.SecurityTradeRequest(symbol=channel.symbol, count=TRADES_PER_REQUEST)
            tape = await self._pulls.ask(Command.QueryTrade, request, quote_pb2.SecurityTradeResponse, of_symbol)
            channel.fill(tape.trades)

    def _take_push(self, command: int, body: bytes) -> None:
        """The way of every push: to its channel, by the symbol that it begins with."""
        if self._packet_listener is not None:
            self._packet_listener(command, body)
        try:
            channel = self._channels[command][body[2 : 2 + body[1]]]  # a push begins with its symbol
        except (KeyError, IndexError):
            channel = None
        try:
            if channel is not None:
                channel.take(body)
            else:
                self._take_unusual(command, body)
        except WireError as exc:
            self._unread += 1
            log.warning("A push of the quote link is dropped: %s", exc)

    def _take_unusual(self, command: int, body: bytes) -> None:
        """A push whose symbol stands elsewhere, or of what nobody watches any more."""
        if command in self._channels:
            channel = self._channels[command].get(parse(_BODIES[command], body).symbol.encode())
            if channel is not None:
                channel.take(body)

    def _take_status(self, status: LinkStatus) -> None:
        if status is not LinkStatus.OPEN:
            for channels in self._channels.values():
                for channel in channels.values():
                    channel.link_lost()
            self._link_listener(False)

    async def _subscribe_again(self) -> None:
        try:
            await self._subscribe([one for channels in self._channels.values() for one in channels.values()])
        except (NoPermission, NoQuotes, SubscriptionLimit, SymbolError) as exc:  # it would be refused again
            log.error("Quotes are no longer subscribed: %s", exc)
        else:
            self._link_listener(True)

    def _doubt(self) -> None:
        self._suspect_listener()


def _by_kinds(channels: Iterable[Channel]) -> list[tuple[list[Kind], list[Symbol]]]:
    """The symbols by the kinds that are meant of them, so that one request carries as much as it can."""
    kinds: dict[Symbol, list[Kind]] = {}
    for channel in channels:
        kinds.setdefault(channel.symbol, []).append(channel.kind)
    groups: dict[tuple[Kind, ...], list[Symbol]] = {}
    for symbol, of_symbol in kinds.items():
        groups.setdefault(tuple(sorted(of_symbol, key=list(Kind).index)), []).append(symbol)
    return [(list(group), symbols) for group, symbols in groups.items()]


def _nothing() -> None:
    """What nobody listens to."""


def _ignore(up: bool) -> None:
    """What nobody listens to."""
