"""Channels: one kind of pushes of one symbol each, the numbers of the pushes watched and the newest state kept.

The way of a push through ``take`` is short, because tens of thousands come in a second: a quote is merged into its row
by the protobuf library itself, for which fields that are not filled stay as they are. Records are made when somebody
reads them. Pushes are taken on the I/O thread; ``values`` may be read on any other.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence

from lpresearch.base.errors import WireError
from lpresearch.base.pushes import Kind, Push, QuotePush
from lpresearch.base.source import Columns, PushListener
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport_columns import number
from lpresearch.sources.longport_numbering import Numbering
from lpresearch.sources.longport_records import quote_push, status_name
from lpresearch.wire.messages import DecodeError, parse
from lpresearch.wire.proto import quote_pb2

#: The prefix of a quote's columns by the wire's number of the session.
_PREFIXES = ("", "pre_", "post_", "overnight_")
#: Fields of a push that replace the row's value when filled; empty and 0 mean "as before" (longport.md 5, command 101).
_PRICES = ("last_done", "open", "high", "low", "turnover")
_COUNTS = ("timestamp", "volume")


class LongPortChannel(ABC):
    """One kind of one symbol.

    Parameters
    ----------
    on_suspect : told when the state may be wrong, because pushes were missed or came out of order.

    Attributes
    ----------
    suspect : whether the state may be wrong until it is asked for again.
    unreached : how often what was missed could not be asked for any more.
    listeners : called with the channel and the body of each push that is new.
    """

    kind: Kind

    def __init__(self, symbol: Symbol, on_suspect: Callable[[], None]) -> None:
        self.symbol = symbol
        self.suspect = True
        self.unreached = 0
        self.listeners: tuple[PushListener, ...] = ()
        self._numbers = Numbering()
        self._lost_meanwhile = False
        self._on_suspect = on_suspect

    @property
    def missed(self) -> int:
        """How many pushes never came, by their numbers."""
        return self._numbers.missed

    @abstractmethod
    def take(self, body: bytes) -> None:
        """A push as it came.

        Raises
        ------
        WireError : it cannot be read.
        """

    @abstractmethod
    def read(self, body: bytes) -> Push:
        """The record of a push."""

    @abstractmethod
    def values(self) -> Columns:
        """The newest state."""

    def link_lost(self) -> None:
        """The next push is numbered anew, and something may be missed before it."""
        self._numbers = Numbering(missed=self.missed)
        self._lost_meanwhile = True
        self.suspect = True

    def begin_fill(self) -> None:
        """The state is being asked for: what is pushed from now on stands above the answer."""
        self._lost_meanwhile = False

    def _filled(self) -> None:
        """The state is as told. If the link was lost meanwhile, that may be older than the new subscription."""
        self.suspect = self._lost_meanwhile

    def doubt(self) -> None:
        """The state may be wrong."""
        self.suspect = True
        self._on_suspect()

    def _tell(self, body: bytes) -> None:
        for listener in self.listeners:
            listener(self, body)

    def _is_new(self, sequence: int) -> bool:
        """Whether a push is to be told; a step over missing numbers raises doubt."""
        missed = self._numbers.missed
        new = self._numbers.is_new(sequence)
        if self._numbers.missed > missed or self._numbers.uncertain:
            self.doubt()
        return new


class QuoteChannel(LongPortChannel):
    """Push 101: only what changed is filled."""

    kind = Kind.QUOTE

    def __init__(self, symbol: Symbol, on_suspect: Callable[[], None]) -> None:
        super().__init__(symbol, on_suspect)
        self._base: Mapping[str, object] = {}  # as the last pull had it
        self._rows: dict[int, quote_pb2.PushQuote] = {}  # what was pushed since, by the session
        self._regular = self._newest = self._rows.setdefault(0, quote_pb2.PushQuote())
        self._since: list[bytes] | None = None  # pushes since the state was asked for
        self._values: dict[str, Sequence[object]] | None = None

    def take(self, body: bytes) -> None:
        # A session other than the regular one has the tag "X", revised data the tag "p". Without these two bytes, which
        # may as well be part of a name or a number, the push goes straight into its row.
        if b"X" in body or b"p" in body:
            self._take_other(body)
            return
        row = self._newest = self._regular
        row.trade_status = quote_pb2.NORMAL  # its zero is a value, not "as before"
        try:
            row.MergeFromString(body)
        except DecodeError as exc:
            self.doubt()  # a part of it may be in the row
            raise WireError(f"The body is no PushQuote: {exc}.") from exc
        sequence = row.sequence
        numbers = self._numbers
        if sequence == numbers.last + 1:
            numbers.last = sequence
        else:
            new = self._is_new(sequence)
            if sequence < numbers.last:  # older values are in the row now
                self.doubt()
            if not new:
                return
        self._values = None
        if self._since is not None:
            self._since.append(body)
        for listener in self.listeners:
            listener(self, body)

    def _take_other(self, body: bytes) -> None:
        """A push of another session, or of data revised after the close, which is no new price."""
        push = parse(quote_pb2.PushQuote, body)
        if not self._is_new(push.sequence):
            return
        if push.tag == quote_pb2.Normal and push.trade_session < len(_PREFIXES):
            self._merge(push)
            if self._since is not None:
                self._since.append(body)
        self._tell(body)

    def _merge(self, push: quote_pb2.PushQuote) -> None:
        row = self._newest = self._rows.setdefault(push.trade_session, quote_pb2.PushQuote())
        row.trade_status = quote_pb2.NORMAL
        row.MergeFrom(push)
        self._values = None

    def read(self, body: bytes) -> QuotePush:
        return quote_push(body)

    def link_lost(self) -> None:
        super().link_lost()
        if self._since is not None:
            self._since = []  # an answer that is still to come was made on the next link, after all of these

    def begin_fill(self) -> None:
        super().begin_fill()
        self._since = []

    def fill(self, row: Mapping[str, object]) -> None:
        """The state as a pull told it, by the names of the columns."""
        self._base = row
        self._rows = {}
        self._regular = self._newest = self._rows.setdefault(0, quote_pb2.PushQuote())
        since, self._since = self._since or [], None
        for body in since:
            self._merge(parse(quote_pb2.PushQuote, body))
        self._values = None
        self._filled()

    def values(self) -> Columns:
        """One row; no columns before :meth:`fill`."""
        found = self._values
        if found is None:
            row = dict(self._base)
            for session, pushed in list(self._rows.items()):
                _overlay(row, _PREFIXES[session], pushed)
            if row and self._newest.symbol:
                row["trade_status"] = status_name(self._newest.trade_status)
            found = self._values = {name: (value,) for name, value in row.items()}
        return found


def _overlay(row: dict[str, object], prefix: str, pushed: quote_pb2.PushQuote) -> None:
    """Write what was pushed over the values of a pull."""
    told = quote_pb2.PushQuote()
    told.CopyFrom(pushed)  # in one step, so that no push comes in between
    for name in _PRICES:
        price = number(getattr(told, name))
        if price and price == price and prefix + name in row:  # neither 0 nor NaN
            row[prefix + name] = price
    for name in _COUNTS:
        count = getattr(told, name)
        if count and prefix + name in row:
            row[prefix + name] = count
