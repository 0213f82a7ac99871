"""A market that stands still until it is moved, our client that watches it, and what goes wrong in between, by a seed.

What the server has is asked over a bare link of its own, so that nothing of the client is trusted.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pandas as pd

import lpresearch as lp
from lpresearch.client.session import Session
from lpresearch.client.streams import Stream
from lpresearch.sim import Fault, Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.wire.proto import quote_pb2 as pb
from tests.hasty import hasty_session
from tests.sim_client import Wire, client

SETTLED_S = 20  # from here on no trade may be missing: a still clock tells a client its time only so well
START = 1_795_140_600.0  # 2026-11-20 02:10 UTC, a Friday morning in Hong Kong
SYMBOLS = ("700.HK", "5.HK", "9988.HK")
KINDS = ("quote", "depth", "brokers", "trade")
SUBSCRIBE = 6
PUSHES = (101, 102, 103, 104)
QUOTES, DEPTH, BROKERS, TRADES = 11, 14, 15, 17
TOKEN = "/v1/socket/token"
MOST_TRADES = 1000  # that a server tells

STRUCK_S = 0.4  # a fault that strikes nothing in this time, for want of packets, is let be
TRUE_S = 5.0  # all is as the server has it within this time, on a busy machine
TRIES = 4
LOOK_EVERY_S = 0.02
SILENCE_S = 1.0
SHORT_SILENCE_S = 0.1
LIMITS = replace(Limits.unpaced(), push_every_s=0.01, ping_every_s=0.1)

#: The columns that are compared, by the kind of the table.
QUOTE = ("last_done", "open", "high", "low", "timestamp", "volume", "turnover", "trade_status")
BOOK = ("bid_price", "bid_volume", "bid_orders", "ask_price", "ask_volume", "ask_orders")
QUEUE = ("side", "position", "broker_id")
TRADE = ("timestamp", "price", "volume", "direction")
DIRECTIONS = ("neutral", "down", "up")

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Truth:
    """What the server has, by kind and symbol, as :func:`by_symbol` has it of a frame."""

    rows: dict[str, Rows]


def faults_of(rng: random.Random) -> tuple[Fault, ...]:
    """One thing that goes wrong, which may take several faults."""
    strike: dict[str, Any] = {"on": "quote", "command": rng.choice(PUSHES), "nth": rng.randint(1, 4)}
    more = {**strike, "times": rng.randint(1, 5), "nth": 1, "probability": rng.choice((0.3, 1.0))}
    lost = Fault(rng.choice(("cut", "garble", "expire_session")), **strike)
    return rng.choice(
        [
            (lost,),
            (lost, lost),
            (Fault("drop", **more),),
            (Fault("reorder", **more, seconds=0.05),),
            (Fault("duplicate", **more),),
            (Fault("delay", **strike, seconds=0.1),),
            (Fault("silence", **strike),),
            (Fault("silence", **strike, seconds=SHORT_SILENCE_S),),
            (lost, Fault("refuse_auth", on="quote", times=rng.randint(1, 2))),
            (lost, Fault("refuse_auth", on="quote"), Fault("refuse", path=TOKEN, status=503, json=False)),
            (lost, Fault("refuse_auth", on="quote"), Fault("refuse", path=TOKEN, json=rng.random() < 0.5)),
            (lost, Fault("cut", on="quote", command=rng.choice((2, 3, 6)))),
            (lost, Fault("refuse", command=6, status=7, code=301602, message="server error", times=rng.randint(1, 4))),
            (lost, Fault("refuse", command=rng.choice((QUOTES, DEPTH, TRADES)), times=rng.randint(1, 4))),
            (lost, Fault("cut", command=rng.choice((QUOTES, DEPTH, BROKERS, TRADES)))),
        ]
    )


class World:
    """A server, a session of short waits, and a stream of every kind.

    Attributes
    ----------
    story : what happened so far, for who reads of a failure.
    """

    def __init__(self, stack: ExitStack, seed: int, folder: Path) -> None:
        self.story: list[str] = [f"seed {seed}"]
        self._of_servers = stack.enter_context(ExitStack())  # so that they end after what uses them
        self._seed = seed
        self._state = folder / "account.sqlite"
        self._rng = random.Random(f"chaos {seed}")
        self._clock = ManualClock(START)
        self._servers = [self._start(0)]
        self.session: Session = stack.enter_context(hasty_session(self._server, timeout_s=3.0, silence_s=SILENCE_S))
        self.live: Stream = lp.stream(SYMBOLS, kinds=KINDS)
        stack.callback(self.live.close)
        self._clock.advance(SETTLED_S)
        self._await_truth()

    @property
    def _server(self) -> Running:
        return self._servers[-1]

    def round(self) -> None:
        """Let something go wrong while the market moves, then hold what the client has against what the server has."""
        if self._rng.random() < 0.15:
            self._restart()
        else:
            self._break(faults_of(self._rng))
        self._server.faults.clear()
        self._go_on()
        self._await_truth()

    def _start(self, port: int) -> Running:
        return self._of_servers.enter_context(
            serve(seed=self._seed, port=port, clock=self._clock, limits=LIMITS, state=self._state)
        )

    def _restart(self) -> None:
        """End the server in good order, and start it again in the same place."""
        self.story.append("restart")
        port = urlsplit(self._server.urls["http_url"]).port
        assert port is not None
        self._server.close()
        self._move()
        self._servers.append(self._start(port))

    def _break(self, faults: tuple[Fault, ...]) -> None:
        """Let faults strike: the market moves until they have."""
        self.story.append(" + ".join(map(_words, faults)))
        self._server.faults.add(*faults)
        until = time.monotonic() + STRUCK_S
        while self._server.faults.active and time.monotonic() < until:
            self._move()
            time.sleep(LOOK_EVERY_S)

    def _go_on(self) -> None:
        """Let everything be pushed once more, since nothing else shows that a push was lost."""
        time.sleep(SHORT_SILENCE_S)
        for _ in range(4):
            self._clock.advance(20)
            time.sleep(LOOK_EVERY_S)

    def _move(self) -> None:
        self._clock.advance(self._rng.randint(1, 5))

    def _await_truth(self) -> None:
        """Wait until every table is the server's; what is wrong in the end is told with the story.

        The market may have to go on for that: a pull that is answered between two prices of which the second is the one
        pushed last leaves the first in the table, because the next push tells no change. What was lost stays lost.
        """
        for _ in range(TRIES):
            truth, until = ask(self._server), time.monotonic() + TRUE_S
            while (wrong := self._wrong(truth)) and time.monotonic() < until:
                time.sleep(LOOK_EVERY_S)
            if not wrong:
                return
            self._go_on()
        raise AssertionError("\n".join((*self.story, *wrong)))

    def _wrong(self, truth: Truth) -> list[str]:
        """In what the client differs from the server; nothing where all is right."""
        live = self.live
        quotes, books, queues = (
            by_symbol(live.table(kind), columns)
            for kind, columns in (("quote", QUOTE), ("depth", BOOK), ("brokers", QUEUE))
        )
        found = {"quote": quotes, "depth": books, "brokers": queues}
        wrong = [
            f"{kind} of {symbol}: {rows.get(symbol)} and not {expected}"
            for kind, rows in found.items()
            for symbol, expected in truth.rows[kind].items()
            if rows.get(symbol) != expected
        ]
        return wrong + self._wrong_trades(truth) + self._twice() + (["stale"] if live.stale else [])

    def _wrong_trades(self, truth: Truth) -> list[str]:
        """Trades of which there are fewer or more than there should be."""
        told = by_symbol(self.live.frame("trade"), TRADE)
        wrong = []
        for symbol, expected in truth.rows["trade"].items():
            first = max(START + SETTLED_S, expected[0][0])  # the server tells no more than some
            had, due = ([row for row in rows if row[0] > first] for rows in (told.get(symbol, []), expected))
            lost, more = Counter(due) - Counter(had), Counter(had) - Counter(due)
            if lost or more:
                wrong.append(f"trades of {symbol}: {lost.total()} lost, {more.total()} twice: {[*lost, *more][:3]}")
        return wrong

    def _twice(self) -> list[str]:
        """Quotes that were told more often than there were subscriptions: each numbers anew."""
        subscribed = sum(heard.command == SUBSCRIBE for server in self._servers for heard in server.recorded)
        pushes = self.live.frame("quote")
        told = Counter(zip(pushes.index, pushes["sequence"], pushes["timestamp"], pushes["volume"], strict=True))
        return [f"quote {push} told {count} times" for push, count in told.items() if count > subscribed]


def by_symbol(frame: pd.DataFrame, columns: tuple[str, ...]) -> Rows:
    """The rows of a frame by symbol; instants as epoch seconds."""
    found: Rows = {}
    table = frame.reset_index()
    for symbol, *row in zip(table["symbol"], *(table[name] for name in columns), strict=True):
        found.setdefault(symbol, []).append(tuple(_plain(value) for value in row))
    return found


def ask(server: Running) -> Truth:
    """What a server has."""

    async def main() -> Truth:
        async with client(server.urls) as one, one.link() as wire:
            body = await wire.ask(QUOTES, pb.MultiSecurityRequest(symbol=SYMBOLS))
            quotes = pb.SecurityQuoteResponse.FromString(body)
            rows: dict[str, Rows] = {"quote": {row.symbol: [_quote(row)] for row in quotes.secu_quote}}
            rows |= {kind: {symbol: await answer(wire, symbol) for symbol in SYMBOLS} for kind, answer in ASKED.items()}
            return Truth(rows)

    return asyncio.run(main())


async def _book(wire: Wire, symbol: str) -> list[tuple[Any, ...]]:
    body = await wire.ask(DEPTH, pb.SecurityRequest(symbol=symbol))
    book = pb.SecurityDepthResponse.FromString(body)
    sides = zip(book.bid, book.ask, strict=True)
    return [tuple(value for one in pair for value in (float(one.price), one.volume, one.order_num)) for pair in sides]


async def _queues(wire: Wire, symbol: str) -> list[tuple[Any, ...]]:
    body = await wire.ask(BROKERS, pb.SecurityRequest(symbol=symbol))
    told = pb.SecurityBrokersResponse.FromString(body)
    sides = (("bid", told.bid_brokers), ("ask", told.ask_brokers))
    return [(side, one.position, broker) for side, queue in sides for one in queue for broker in one.broker_ids]


async def _tape(wire: Wire, symbol: str) -> list[tuple[Any, ...]]:
    body = await wire.ask(TRADES, pb.SecurityTradeRequest(symbol=symbol, count=MOST_TRADES))
    told = pb.SecurityTradeResponse.FromString(body).trades
    return [(one.timestamp, float(one.price), one.volume, DIRECTIONS[one.direction]) for one in told]


ASKED = {"depth": _book, "brokers": _queues, "trade": _tape}


def _quote(row: pb.SecurityQuote) -> tuple[Any, ...]:
    prices = [float(text) for text in (row.last_done, row.open, row.high, row.low)]
    return *prices, row.timestamp, row.volume, float(row.turnover), pb.TradeStatus.Name(row.trade_status)


def _plain(value: Any) -> Any:
    return value.timestamp() if hasattr(value, "timestamp") else value


def _words(fault: Fault) -> str:
    usual = {one.name: one.default for one in fields(Fault)}
    return " ".join(f"{name} {value}" for name, value in asdict(fault).items() if value != usual[name])
