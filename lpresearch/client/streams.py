"""Live quotes: one table of latest values per session, shared by all streams, told to listeners in batches.

Pushes arrive on the I/O thread and only overwrite rows there. A dispatcher thread hands changed symbols to the
listeners a few times a second, so that a slow listener delays nobody's packets.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Sequence
from types import TracebackType

from lpresearch.base.errors import SubscriptionLimit
from lpresearch.base.model import QuotePush
from lpresearch.base.source import Columns, Source
from lpresearch.base.symbols import Symbol
from lpresearch.client.facade import Io, both
from lpresearch.frames.columns import PUSHES, TRADE_STATUS
from lpresearch.frames.tables import Frame, id_table, quote_table
from lpresearch.net.runtime import Runtime

log = logging.getLogger("lpresearch.streams")

BATCH_S = 0.1  # listeners hear of changes at most ten times a second
KEPT_PUSHES = 10_000  # pushes that a stream keeps for frame()
LISTENER_WAIT_S = 2.0  # ending a listener waits so long for its last call
STALE_S = 60.0  # a stream that hears nothing for so long is shown as stale
Listener = Callable[[list[str]], None]

#: Fields of a push that replace the row's value when filled; NaN and 0 mean "as before" (longport.md 5, command 101).
_MERGED = ("last_done", "open", "high", "low", "timestamp", "volume", "turnover")
#: The columns that a push of each trading session is about; the position is the wire's number of the session.
_PREFIXES = ("", "pre_", "post_", "overnight_")


class Hub:
    """All streams of one session: subscriptions counted by symbol, the latest rows, and the dispatcher thread.

    ``limit`` is how many symbols the account may watch at once.
    """

    def __init__(self, source: Source[object], runtime: Runtime, *, limit: int) -> None:
        self._source = source
        self._runtime = runtime
        self._limit = limit
        self._counts: Counter[Symbol] = Counter()
        self._streams: tuple[Stream, ...] = ()
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._closing = False
        self.rows: dict[str, dict[str, object]] = {}
        self.heard_at = time.monotonic()
        self._end_listening = source.on_quote(self._take)
        self._thread = threading.Thread(target=self._dispatch, name="lpresearch-streams", daemon=True)
        self._thread.start()

    async def add(self, stream: Stream) -> None:
        """Fill the rows by one pull, and subscribe what nobody watched before."""
        fresh = self._enter(stream)
        try:
            self._fill(await Io(self._runtime.submit(self._source.quotes(stream.symbols))))
            if fresh:
                await Io(self._runtime.submit(self._source.subscribe_quotes(fresh, first_push=True)))
        except BaseException:
            self._leave(stream)
            raise

    async def remove(self, stream: Stream) -> None:
        """Unsubscribe what nobody watches any more."""
        unwatched = self._leave(stream)
        if unwatched and not self._closing:
            await Io(self._runtime.submit(self._source.unsubscribe_quotes(unwatched)))

    def close(self) -> None:
        """End every stream and the thread."""
        self._closing = True
        self._end_listening()
        for stream in self._streams:
            stream.end()
        self._changed.set()
        self._thread.join(2)

    def _enter(self, stream: Stream) -> list[Symbol]:
        """Count a stream's symbols; returns those that were not watched."""
        with self._lock:
            watched = len(self._counts.keys() | set(stream.symbols))
            if watched > self._limit:
                raise SubscriptionLimit(
                    301605,
                    f"{watched} symbols would be watched at once, the account may watch {self._limit}",
                    endpoint="stream",
                    hint="Close a stream or ask for fewer symbols.",
                )
            fresh = [symbol for symbol in stream.symbols if symbol not in self._counts]
            self._counts.update(stream.symbols)
            self._streams += (stream,)
            return fresh

    def _leave(self, stream: Stream) -> list[Symbol]:
        """Uncount a stream's symbols; returns those that nobody watches any more."""
        with self._lock:
            if stream not in self._streams:
                return []
            self._streams = tuple(other for other in self._streams if other is not stream)
            self._counts.subtract(stream.symbols)
            unwatched = [symbol for symbol, count in self._counts.items() if count <= 0]
            for symbol in unwatched:
                del self._counts[symbol]
            return unwatched

    def _fill(self, columns: Columns) -> None:
        names = list(columns)
        for values in zip(*columns.values(), strict=True):
            row = dict(zip(names, values, strict=True))
            self.rows[str(row["symbol"])] = row
        self.heard_at = time.monotonic()

    def _take(self, push: QuotePush) -> None:
        """On the I/O thread: overwrite what the push fills. Data revised after the close is not a new price."""
        self.heard_at = time.monotonic()
        row = self.rows.get(push.symbol)
        if row is None or push.revised or push.session >= len(_PREFIXES):
            return
        prefix = _PREFIXES[push.session]
        for name in _MERGED:
            value = getattr(push, name)
            if value and value == value and prefix + name in row:  # neither 0 nor NaN
                row[prefix + name] = value
        if push.trade_status < len(TRADE_STATUS):
            row["trade_status"] = TRADE_STATUS[push.trade_status]
        for stream in self._streams:
            stream.take(push)
        self._changed.set()

    def _dispatch(self) -> None:
        """On the dispatcher thread: one batch for each stream, a few times a second."""
        while not self._closing:
            self._changed.wait()
            self._changed.clear()
            for stream in self._streams:
                stream.publish()
            time.sleep(BATCH_S)


class Stream:
    """Live quotes of some symbols. Made by ``stream()``; ends with ``close()`` or at the end of a ``with`` block.

    Attributes
    ----------
    symbols : the symbols watched, in the order asked.
    latest : a frame like ``quote()``, as of now; costs no request.
    stale : whether the values may be old: closed, or nothing heard for a minute.
    """

    def __init__(self, hub: Hub, symbols: Sequence[Symbol], marks: dict[str, object]) -> None:
        self.symbols = tuple(symbols)
        self.closed = False
        self._hub = hub
        self._marks = marks
        self._members = frozenset(str(symbol) for symbol in symbols)
        self._pushes: deque[QuotePush] = deque(maxlen=KEPT_PUSHES)
        self._changed: set[str] = set()
        self._lock = threading.Lock()
        self._listeners: tuple[Listener, ...] = ()
        self._telling = threading.RLock()  # held while listeners are told
        self._waiters: set[tuple[asyncio.AbstractEventLoop, asyncio.Queue[QuotePush | None]]] = set()

    def __repr__(self) -> str:
        state = "closed" if self.closed else "stale" if self.stale else "live"
        names = ", ".join(self.symbols[:5]) + (", ..." if len(self.symbols) > 5 else "")
        return f"<Stream of {len(self.symbols)} symbol(s), {state}: {names}>"

    @property
    def stale(self) -> bool:
        """Whether the values may be old: closed, or nothing heard for a minute."""
        return self.closed or time.monotonic() - self._hub.heard_at > STALE_S

    @property
    def latest(self) -> Frame:
        """The newest values, in the schema of ``quote()``."""
        rows = [self._hub.rows[symbol].copy() for symbol in self.symbols]
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        return quote_table(columns, self.symbols, attrs=self._marks | {"stale": self.stale})

    def frame(self) -> Frame:
        """The newest 10,000 pushes in the order they came; what a push did not fill is missing."""
        pushes = list(self._pushes)
        columns = {column.name: [getattr(push, column.name) for push in pushes] for column in PUSHES}
        return id_table(columns, PUSHES, attrs=self._marks)

    def on(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with the list of changed symbols, at most ten times a second; returns what ends it.

        It runs on a thread of the session, not on the kernel's; a slow one hears of more symbols at once. After it was
        ended it is not called any more.
        """
        self._listeners += (listener,)

        def end() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not listener)
            if self._telling.acquire(timeout=LISTENER_WAIT_S):  # one that is being told ends first
                self._telling.release()

        return end

    async def __aiter__(self) -> AsyncIterator[QuotePush]:
        """Every push from now on, until the stream is closed. A slow reader loses the oldest beyond 10,000."""
        queue: asyncio.Queue[QuotePush | None] = asyncio.Queue(KEPT_PUSHES)
        waiter = (asyncio.get_running_loop(), queue)
        self._waiters.add(waiter)
        try:
            while not self.closed and (push := await queue.get()) is not None:
                yield push
        finally:
            self._waiters.discard(waiter)

    def close(self) -> None:
        """Stop watching; unsubscribes what no other stream watches. Closing twice does no harm."""
        if not self.closed:
            self.end()
            _remove(self._hub, self)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def take(self, push: QuotePush) -> None:
        """Called by the hub on the I/O thread for every push of the session."""
        if push.symbol in self._members:
            self._pushes.append(push)
            with self._lock:
                self._changed.add(push.symbol)
            for loop, queue in tuple(self._waiters):
                loop.call_soon_threadsafe(_offer, queue, push)

    def publish(self) -> None:
        """Called by the hub on the dispatcher thread: tell the listeners what changed since the last time."""
        with self._lock:
            changed, self._changed = [symbol for symbol in self.symbols if symbol in self._changed], set()
        with self._telling:
            for listener in self._listeners if changed else ():
                try:
                    listener(list(changed))
                except Exception:  # the edge to the user's code: one listener must not end the others
                    log.exception("a listener of %r failed", self)

    def end(self) -> None:
        """Mark as closed and wake whoever iterates."""
        self.closed = True
        for loop, queue in tuple(self._waiters):
            if not loop.is_closed():
                loop.call_soon_threadsafe(_offer, queue, None)


def _offer(queue: asyncio.Queue[QuotePush | None], push: QuotePush | None) -> None:
    """Keep the newest: a full queue loses its oldest."""
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(push)


@both
async def _remove(hub: Hub, stream: Stream) -> None:
    await hub.remove(stream)
