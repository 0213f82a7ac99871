"""A recording that is played again: the pushes, and how things stand after those that were played. Never sends any."""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from lpresearch.base.errors import InputError, WireError
from lpresearch.sim.market.clock import FASTEST, Clock, ClockKind
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.snapshots import Level, Queue, QuoteSnapshot, Trade
from lpresearch.wire.messages import Message, parse
from lpresearch.wire.proto import quote_pb2 as pb
from lpresearch.wire.recording import Recorded, entries, pushes

_KINDS: Mapping[int, type[pb.PushQuote | pb.PushDepth | pb.PushBrokers | pb.PushTrade]] = {
    101: pb.PushQuote,
    102: pb.PushDepth,
    103: pb.PushBrokers,
    104: pb.PushTrade,
}
_PRICES = ("last_done", "open", "high", "low", "turnover")
_KEPT_TRADES = 1000


class Replay:
    """A recording.

    Parameters
    ----------
    path : a file that ``Stream.record`` wrote.

    Attributes
    ----------
    begins_at : epoch seconds of the first push.

    Raises
    ------
    InputError : the file cannot be read, is no recording, or holds no push.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._newest: dict[tuple[int, str], Message] = {}
        self._trades: dict[str, deque[Trade]] = {}
        self._prev_close: dict[str, Decimal] = {}
        rule = "it is a recording that Stream.record() wrote"
        try:
            self._take_notes()
            first = next(self.pushes(), None)
        except (OSError, WireError) as exc:
            raise InputError("--recording", str(path), rule, hint=str(exc)) from exc
        if first is None:
            raise InputError("--recording", str(path), rule, hint="This one holds no push.")
        self.begins_at = first.at_ns / 1e9

    def clock(self, speed: float) -> Clock:
        """A clock that stands at the first push until somebody watches."""
        if not 0 < speed <= FASTEST:
            raise InputError("--speed", speed, f"it is a number above 0, at most {FASTEST:.0f}")
        clock = Clock(ClockKind.REAL, start=self.begins_at, speed=speed)
        clock.pause()
        return clock

    def pushes(self) -> Iterator[Recorded]:
        """Every push, in the order they came."""
        with self.path.open("rb") as file:
            yield from pushes(file)

    def take(self, push: Recorded) -> str:
        """A push is played; returns its symbol."""
        kind = _KINDS.get(push.command)
        if kind is None:
            return ""
        message = parse(kind, push.body)
        newest = self._newest.setdefault((push.command, message.symbol), kind())
        if isinstance(message, pb.PushTrade):
            known = self._trades.setdefault(message.symbol, deque(maxlen=_KEPT_TRADES))
            known.extend(map(_trade, message.trade))
        elif isinstance(message, pb.PushQuote) and (message.tag or message.trade_session):
            return message.symbol  # no new price of the regular session
        elif not isinstance(message, pb.PushQuote):
            newest.Clear()
        newest.MergeFrom(message)
        return message.symbol

    def whole(self, command: int, symbol: str) -> bytes:
        """The body of a push that tells all that is known; empty where nothing is, and of trades."""
        newest = self._newest.get((command, symbol))
        return newest.SerializeToString() if newest is not None and not isinstance(newest, pb.PushTrade) else b""

    def quote(self, symbol: str, simulated: QuoteSnapshot) -> QuoteSnapshot:
        """The quote as it was recorded; what the recording does not tell is as simulated."""
        told = self._newest.get((101, symbol))
        if not isinstance(told, pb.PushQuote):
            return simulated
        return replace(
            simulated,
            last_done=Decimal(told.last_done or simulated.last_done),
            prev_close=self._prev_close.get(symbol, simulated.prev_close),
            open=Decimal(told.open or simulated.open),
            high=Decimal(told.high or simulated.high),
            low=Decimal(told.low or simulated.low),
            timestamp=told.timestamp or simulated.timestamp,
            volume=told.volume or simulated.volume,
            turnover=Decimal(told.turnover) if told.turnover else simulated.turnover,
            trade_status=int(told.trade_status),
        )

    def depth(self, symbol: str) -> tuple[list[Level], list[Level]] | None:
        """Asks and bids of the newest push; None before the first."""
        told = self._newest.get((102, symbol))
        if not isinstance(told, pb.PushDepth):
            return None
        asks, bids = ([_level(row) for row in side] for side in (told.ask, told.bid))
        return asks, bids

    def brokers(self, symbol: str) -> tuple[list[Queue], list[Queue]] | None:
        """Queues of the newest push; None before the first."""
        told = self._newest.get((103, symbol))
        if not isinstance(told, pb.PushBrokers):
            return None
        asks, bids = ([_queue(row) for row in side] for side in (told.ask_brokers, told.bid_brokers))
        return asks, bids

    def trades(self, symbol: str) -> list[Trade] | None:
        """The newest trades; None before the first."""
        return list(self._trades[symbol]) if symbol in self._trades else None

    def _take_notes(self) -> None:
        """How things stood when the recording began: of each symbol what the first note says."""
        with self.path.open("rb") as file:
            for _, payload in entries(file):
                if payload[:1] != b"{":
                    continue
                quotes = json.loads(payload).get("quotes", {})
                for symbol, values in quotes.items():
                    if (101, symbol) not in self._newest:
                        self._newest[101, symbol] = _as_push(symbol, values)
                        self._prev_close[symbol] = _decimal(values["prev_close"])


def _as_push(symbol: str, values: Mapping[str, str | float]) -> pb.PushQuote:
    push = pb.PushQuote(symbol=symbol, timestamp=int(values["timestamp"]), volume=int(values["volume"]))
    for name in _PRICES:
        if _decimal(values[name]):
            setattr(push, name, str(_decimal(values[name])))
    return push


def _decimal(value: str | float) -> Decimal:
    """A price of a note, as text or number; 0 where it says nothing."""
    price = Decimal(str(value) or "0")
    return price if price.is_finite() else Decimal(0)


def _level(row: pb.Depth) -> Level:
    return Level(row.position, Decimal(row.price or "0"), row.volume, row.order_num)


def _queue(row: pb.Brokers) -> Queue:
    return Queue(row.position, tuple(row.broker_ids))


def _trade(row: pb.Trade) -> Trade:
    return Trade(
        Decimal(row.price or "0"), row.volume, row.timestamp, row.trade_type, row.direction, int(row.trade_session)
    )


class ReplayedMarket(Market):
    """A simulated market whose quotes, books, queues and trades are those of a recording, where it has any."""

    def __init__(
        self, seed: int, clock: Clock, replay: Replay, *, bars_dir: Path | None = None, universe: int = 0
    ) -> None:
        super().__init__(seed, clock, bars_dir=bars_dir, universe=universe)
        self.replay = replay

    def quote(self, symbol: str) -> QuoteSnapshot:
        return self.replay.quote(symbol, super().quote(symbol))

    def depth(self, symbol: str) -> tuple[list[Level], list[Level]]:
        return self.replay.depth(symbol) or super().depth(symbol)

    def brokers(self, symbol: str) -> tuple[list[Queue], list[Queue]]:
        return self.replay.brokers(symbol) or super().brokers(symbol)

    def trades(self, symbol: str, *, after: float = -math.inf, until: float | None = None, limit: int) -> list[Trade]:
        recorded = self.replay.trades(symbol)
        if recorded is None:
            return super().trades(symbol, after=after, until=until, limit=limit)
        last = math.inf if until is None else until
        return [trade for trade in recorded if after < trade.timestamp <= last][-limit:]
