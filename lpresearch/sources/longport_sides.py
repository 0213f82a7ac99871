"""Channels of what has two sides: the levels of a book (push 102) and its broker queues (push 103).

What a push names replaces what stood at its position; a position that is not named stands as before.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from lpresearch.base.pushes import BrokersPush, DepthPush, Kind
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport_channels import LongPortChannel
from lpresearch.sources.longport_columns import broker_columns, depth_columns
from lpresearch.sources.longport_records import brokers_push, depth_push
from lpresearch.wire.messages import parse
from lpresearch.wire.proto import quote_pb2

Side = TypeVar("Side", quote_pb2.Depth, quote_pb2.Brokers)


class SidesChannel(LongPortChannel, Generic[Side]):
    """Both sides of a book, by position."""

    def __init__(self, symbol: Symbol, on_suspect: Callable[[], None]) -> None:
        super().__init__(symbol, on_suspect)
        self._bids: dict[int, Side] = {}
        self._asks: dict[int, Side] = {}
        self._anew = True  # the next push is the first one of a subscription, and whole
        self._since: list[tuple[Iterable[Side], Iterable[Side]]] | None = None  # pushes since the state was asked for

    @abstractmethod
    def _sides(self, body: bytes) -> tuple[int, Iterable[Side], Iterable[Side]]:
        """Number, bids and asks of a push."""

    def take(self, body: bytes) -> None:
        sequence, bids, asks = self._sides(body)
        late = sequence < self._numbers.last
        if not self._is_new(sequence):
            return
        if late and sequence:
            self.doubt()
        else:
            self._put(bids, asks)
        self._tell(body)

    def _put(self, bids: Iterable[Side], asks: Iterable[Side]) -> None:
        if self._since is not None:
            self._since.append((bids, asks))
        if self._anew:
            self._bids, self._asks, self._anew = {}, {}, False
            self.suspect = self._numbers.uncertain
        self._bids = self._bids | {one.position: one for one in bids}  # replaced whole: readers have the old one
        self._asks = self._asks | {one.position: one for one in asks}

    def link_lost(self) -> None:
        super().link_lost()
        self._anew = True
        if self._since is not None:
            self._since = []  # an answer that is still to come was made on the next link, after all of these

    def begin_fill(self) -> None:
        super().begin_fill()
        self._since = []

    def fill(self, bids: Iterable[Side], asks: Iterable[Side]) -> None:
        """The state as a pull told it."""
        self._bids = {one.position: one for one in bids}
        self._asks = {one.position: one for one in asks}
        self._anew = self._lost_meanwhile
        since, self._since = self._since or [], None
        for pushed in since:
            self._put(*pushed)
        self._filled()


class DepthChannel(SidesChannel[quote_pb2.Depth]):
    """Push 102."""

    kind = Kind.DEPTH

    def _sides(self, body: bytes) -> tuple[int, Iterable[quote_pb2.Depth], Iterable[quote_pb2.Depth]]:
        push = parse(quote_pb2.PushDepth, body)
        return push.sequence, push.bid, push.ask

    def read(self, body: bytes) -> DepthPush:
        return depth_push(body)

    def values(self) -> Columns:
        """One row for each position, as ``depth()`` has them."""
        return depth_columns(quote_pb2.SecurityDepthResponse(bid=self._bids.values(), ask=self._asks.values()))


class BrokersChannel(SidesChannel[quote_pb2.Brokers]):
    """Push 103."""

    kind = Kind.BROKERS

    def _sides(self, body: bytes) -> tuple[int, Iterable[quote_pb2.Brokers], Iterable[quote_pb2.Brokers]]:
        push = parse(quote_pb2.PushBrokers, body)
        return push.sequence, push.bid_brokers, push.ask_brokers

    def read(self, body: bytes) -> BrokersPush:
        return brokers_push(body)

    def values(self) -> Columns:
        """One row for each place in a queue, as ``brokers()`` has them."""
        bids = [self._bids[position] for position in sorted(self._bids)]
        asks = [self._asks[position] for position in sorted(self._asks)]
        return broker_columns(quote_pb2.SecurityBrokersResponse(bid_brokers=bids, ask_brokers=asks))
