"""The channel of trades (push 104): those since the subscription, each once, with what was missed found by a pull.

Trades have no ids. Equal ones are counted, so that a trade that a pull told is not told again when it is pushed.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence

from lpresearch.base.pushes import Kind, TradesPush
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport_channels import LongPortChannel
from lpresearch.sources.longport_columns import trade_columns
from lpresearch.sources.longport_facts import TRADES_PER_REQUEST
from lpresearch.sources.longport_records import trades_push
from lpresearch.wire.messages import parse
from lpresearch.wire.proto import quote_pb2

KEPT_PUSHES = 2000  # of a symbol, to tell trades that are known from those that were missed
_Key = tuple[int, str, int, str, int, int]


class TradeChannel(LongPortChannel):
    """Trades of one symbol.

    Parameters
    ----------
    since : epoch seconds by the server; the trades of that second and before are none of the channel's.
    """

    kind = Kind.TRADE

    def __init__(self, symbol: Symbol, on_suspect: Callable[[], None], *, since: float) -> None:
        super().__init__(symbol, on_suspect)
        self.suspect = False  # there is no state to begin with
        self._told: deque[bytes] = deque(maxlen=KEPT_PUSHES)
        self._whole_until = int(since) + 1  # epoch seconds: no trade before it is missing
        self._newest: quote_pb2.Trade | None = None
        self._pulled: Counter[_Key] = Counter()  # told by a pull, and perhaps still to be pushed

    def take(self, body: bytes) -> None:
        push = parse(quote_pb2.PushTrade, body)
        if not self._is_new(push.sequence):
            return
        if self._pulled:
            fresh = self._not_pulled(push.trade)
            if not fresh:
                return
            if len(fresh) < len(push.trade):
                push = quote_pb2.PushTrade(symbol=push.symbol, sequence=push.sequence, trade=fresh)
                body = push.SerializeToString()
        self._hand_on(push, body)

    def _hand_on(self, push: quote_pb2.PushTrade, body: bytes) -> None:
        last = push.trade[-1] if push.trade else None
        if last is not None and (self._newest is None or last.timestamp >= self._newest.timestamp):
            self._newest = last
        self._told.append(body)
        self._tell(body)

    def _not_pulled(self, trades: Iterable[quote_pb2.Trade]) -> list[quote_pb2.Trade]:
        """The trades that no pull told; from the first one on, pushes are ahead of the pull."""
        fresh = []
        for trade in trades:
            key = _key(trade)
            if self._pulled[key] > 0:
                self._pulled[key] -= 1
            else:
                fresh.append(trade)
        if fresh:
            self._pulled.clear()
        return fresh

    def doubt(self) -> None:
        self._mark()
        super().doubt()

    def link_lost(self) -> None:
        self._mark()
        super().link_lost()

    def _mark(self) -> None:
        """Nothing is missing before the last trade told, unless something was already."""
        if not self.suspect and self._told:
            before = parse(quote_pb2.PushTrade, self._told[-1]).trade
            self._whole_until = max([self._whole_until, *(trade.timestamp for trade in before)])

    def read(self, body: bytes) -> TradesPush:
        return trades_push(body)

    def fill(self, trades: Sequence[quote_pb2.Trade]) -> None:
        """Tell those of the newest trades that were missed, in their order."""
        known: Counter[_Key] = Counter()
        for body in self._told:
            known.update(map(_key, parse(quote_pb2.PushTrade, body).trade))
        whole_day = len(trades) < TRADES_PER_REQUEST
        if not whole_day and trades[0].timestamp > self._whole_until and not known[_key(trades[0])]:
            self.unreached += 1
        missed = []
        for trade in trades:
            key = _key(trade)
            if known[key] > 0:
                known[key] -= 1
            elif trade.timestamp >= self._whole_until:
                missed.append(trade)
        self._filled()
        self._pulled = Counter(map(_key, missed))
        if missed:
            push = quote_pb2.PushTrade(symbol=self.symbol, trade=missed)
            self._hand_on(push, push.SerializeToString())

    def values(self) -> Columns:
        """The newest trade; no row before the first."""
        return trade_columns([self._newest] if self._newest is not None else [])


def _key(trade: quote_pb2.Trade) -> _Key:
    return trade.timestamp, trade.price, trade.volume, trade.trade_type, trade.direction, trade.trade_session
