"""A stream: what some symbols do, live. Its newest values as a frame, its pushes as frames, and whoever listens."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType

from lpresearch.base.errors import InputError, UsageError
from lpresearch.base.markets import Market
from lpresearch.base.model import Period
from lpresearch.base.pushes import Kind, Push
from lpresearch.base.source import Channel, PushListener, Source
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.client.facade import both
from lpresearch.client.stream_candles import CandlesOfStream
from lpresearch.client.stream_hub import Hub, Wanted
from lpresearch.client.stream_readers import Reader
from lpresearch.client.stream_recording import Recording
from lpresearch.frames.streams import LATEST, candles_table, latest_candles, pushes_table
from lpresearch.frames.tables import Frame

log = logging.getLogger("lpresearch.streams")

KEPT_PUSHES = 10_000  # of each kind that a stream keeps for frame(), and that wait for a slow reader
LISTENER_WAIT_S = 2.0  # ending a listener waits so long for its last call
STALE_S = 60.0  # a stream that hears nothing for so long while its market trades is shown as stale
CANDLE = "candle"
_CARRY_CANDLES = (Kind.QUOTE, Kind.TRADE)
Listener = Callable[[list[str]], None]
_now = time.monotonic
_Kept = tuple[float, Channel, bytes]  # when it came, by the monotonic clock


class Stream:
    """Live values of some symbols. Made by ``stream()``; ends with ``close()`` or at the end of a ``with`` block.

    Attributes
    ----------
    symbols : the symbols watched, in the order asked.
    kinds : what is watched of them.
    period : of the candles; None where there are none.
    latest : a frame of the newest values of the first kind; costs no request.
    stale : whether values may be old: closed, the link lost, pushes missed, or silence while the market trades.
    heard : pushes that came.
    missed : pushes that never came, by the server's numbers.
    dropped : pushes that readers were too slow for.
    """

    def __init__(
        self,
        hub: Hub,
        symbols: Sequence[Symbol],
        kinds: Sequence[str],
        marks: Mapping[str, object],
        *,
        period: Period | None,
        calendars: Mapping[Market, MarketCalendar],
        now: Callable[[], float],
    ) -> None:
        self.symbols = tuple(symbols)
        self.kinds = tuple(kinds)
        self.period = period
        self.closed = False
        self.heard = 0
        self._hub = hub
        self._marks = marks
        self._calendars = calendars
        self._now = now
        self._channels: dict[Wanted, Channel] = {}
        self._takers: dict[Channel, PushListener] = {}
        self._candles = CandlesOfStream()
        self._pushed = tuple(kind for kind in Kind if kind in kinds or (CANDLE in kinds and kind in _CARRY_CANDLES))
        self._kept: dict[str, deque[_Kept]] = {kind: deque(maxlen=KEPT_PUSHES) for kind in self._pushed}
        self._changed: dict[str, None] = {}  # a set whose items are put and taken one by one, on two threads
        self._heard_at = time.monotonic()
        self._to_wall_s = time.time() - self._heard_at
        self._listeners: tuple[Listener, ...] = ()
        self._telling = threading.RLock()  # held while listeners are told
        self._readers: tuple[Reader, ...] = ()
        self._dropped = 0  # of readers that are gone
        self._recordings: tuple[Recording, ...] = ()

    def __repr__(self) -> str:
        state = "closed" if self.closed else "stale" if self.stale else "live"
        names = ", ".join(self.symbols[:5]) + (", ..." if len(self.symbols) > 5 else "")
        losses = {"missed": self.missed, "dropped": self.dropped}
        lost = "".join(f", {count} {word}" for word, count in losses.items() if count)
        kinds = "" if self.kinds == ("quote",) else f" ({', '.join(self.kinds)})"
        return f"<Stream of {len(self.symbols)} symbol(s){kinds}, {state}{lost}: {names}>"

    @property
    def stale(self) -> bool:
        """Whether values may be old."""
        doubtful = not self._hub.up or any(channel.suspect for channel in self._channels.values())
        return self.closed or doubtful or not self._candles.told or self.silent_s > STALE_S

    @property
    def missed(self) -> int:
        """Pushes that never came, by the server's numbers. What can be asked for again, is."""
        return sum(channel.missed for channel in self._channels.values())

    @property
    def dropped(self) -> int:
        """Pushes that readers in an ``async for`` were too slow for."""
        return self._dropped + sum(reader.dropped for reader in self._readers)

    @property
    def latest(self) -> Frame:
        """The newest values of the first kind, as :meth:`table` has them."""
        return self.table(self.kinds[0])

    def table(self, kind: str | None = None) -> Frame:
        """The newest values of one kind.

        Parameters
        ----------
        kind : one of the stream's; the first where it is not given.

        Returns
        -------
        pandas.DataFrame
            ``quote``: like ``quote()``. ``depth``: like ``depth()``, by symbol and position. ``brokers``: like
            ``brokers()``, by symbol. ``trade``: the newest trade of each symbol. ``candle``: the newest candle of each
            symbol, and whether it is confirmed.

        Raises
        ------
        InputError : a kind that the stream does not watch.
        """
        wanted = self._kind(kind)
        if wanted == CANDLE:
            return latest_candles(self._candles.bars(), self._period, {**self._marks, "stale": self.stale})
        columns = {str(symbol): self._channels[Kind(wanted), symbol].values() for symbol in self.symbols}
        return LATEST[Kind(wanted)](columns, {**self._marks, "stale": self.stale})

    def frame(self, kind: str | None = None) -> Frame:
        """What was pushed of one kind: the newest 10,000 pushes in the order they came, or the newest 1000 candles.

        Parameters
        ----------
        kind : one of the stream's; the first where it is not given.

        Returns
        -------
        pandas.DataFrame
            By symbol, with the moment it was received and the server's number of the push; what a push did not fill is
            missing. Trades have a row each and stand in the order of time; those that were missed and asked for
            afterwards have the number 0. Candles are like ``candles()`` of the same symbols, with ``confirmed``:
            whether the broker told the bar after its end.
        """
        wanted = self._kind(kind)
        if wanted == CANDLE:
            return candles_table(self._candles.bars(), self._period, {**self._marks, "stale": self.stale})
        records = [(at + self._to_wall_s, channel.read(body)) for at, channel, body in tuple(self._kept[wanted])]
        return pushes_table(Kind(wanted), records, self._marks)

    def to_parquet(self, path: str | Path, kind: str | None = None) -> None:
        """Write :meth:`frame` as a Parquet file, which pandas, DuckDB and Polars read as it is.

        Raises
        ------
        UsageError : pyarrow is not installed.
        """
        frame = self.frame(kind)
        try:
            frame.to_parquet(path)
        except ImportError as exc:
            raise UsageError("Writing Parquet needs pyarrow: pip install 'lpresearch[arrow]'") from exc

    def record(self, path: str | Path) -> Recording:
        """Write the packets of this stream to a file as they come, until it is closed.

        A recording that is there already is written on. ``lpresearch sim --clock replay --recording FILE`` plays it
        again; the format is described in ``lpresearch.wire.recording``.

        Parameters
        ----------
        path : the file; ``.lprec`` is a good ending.

        Returns
        -------
        Recording
            ``.packets`` counts them; ``close()``, or the end of a ``with`` block, ends it before the stream ends.

        Raises
        ------
        UsageError : the stream is closed, or the file is something else or cannot be written.
        """
        if self.closed:
            raise UsageError("The stream is closed: there is nothing to record. Open one with stream().")
        quotes = {
            str(symbol): {name: values[0] for name, values in self._channels[kind, symbol].values().items()}
            for kind, symbol in self.wanted
            if kind is Kind.QUOTE
        }
        recording = Recording(
            self._hub, Path(path), self._marks, symbols=self.symbols, kinds=self._pushed, quotes=quotes
        )
        self._recordings += (recording,)
        return recording

    def on(self, listener: Listener) -> Callable[[], None]:
        """Call ``listener`` with the list of changed symbols, at most ten times a second; returns what ends it.

        It runs on the one thread for all listeners of the session, not on the kernel's: a slow one hears of more
        symbols at once, and the others hear later. After it was ended it is not called any more.
        """
        told = partial(listener)  # given twice, each is ended by itself
        self._listeners += (told,)

        def end() -> None:
            self._listeners = tuple(other for other in self._listeners if other is not told)
            if self._telling.acquire(timeout=LISTENER_WAIT_S):  # one that is being told ends first
                self._telling.release()

        return end

    async def __aiter__(self) -> AsyncIterator[Push]:
        """Every push from now on, until the stream is closed. A slow reader loses the oldest beyond 10,000."""
        reader = Reader(KEPT_PUSHES)
        self._readers += (reader,)
        if self.closed:
            reader.end()
        try:
            async for push in reader.read():
                yield push
        finally:
            self._readers = tuple(other for other in self._readers if other is not reader)
            self._dropped += reader.dropped

    def close(self) -> None:
        """Stop watching; unsubscribes what no other stream watches. Closing twice does no harm."""
        if not self.closed:
            self.end()
            _remove(self._hub, self)

    def __enter__(self) -> Stream:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    @property
    def _period(self) -> Period:
        assert self.period is not None  # data.live sees to it where candles are watched
        return self.period

    def _kind(self, kind: str | None) -> str:
        if kind is not None and kind not in self.kinds:
            watched = ", ".join(self.kinds)
            raise InputError("kind", kind, f"this stream watches {watched}", hint="Open one with kinds=(...).")
        return self.kinds[0] if kind is None else str(kind)

    # What the hub calls

    @property
    def wanted(self) -> Sequence[Wanted]:
        """What is watched."""
        return [(kind, symbol) for kind in self._pushed for symbol in self.symbols]

    @property
    def silent_s(self) -> float:
        """Seconds without a push, while one of the markets traded."""
        silent_s = time.monotonic() - self._heard_at
        if silent_s > 1 and not any(one.trades_at(self._now()) for one in self._calendars.values()):
            self.not_silent()
            return 0.0
        return silent_s

    def attach(self, channels: Sequence[Channel], on_due: Callable[[], None]) -> None:
        """On the I/O thread: listen to the channels; ``on_due`` is told when :meth:`ask` has something to do."""
        self._channels = {(channel.kind, channel.symbol): channel for channel in channels}
        if self.period is not None:
            self._candles.attach(self.symbols, self.period, self._channels, self._calendars, self._now, on_due)
        for channel in channels:
            self._takers[channel] = taker = self._taker(channel)
            channel.listeners += (taker,)

    async def ask(self, source: Source[object], *, most: int | None = None) -> None:
        """On the I/O thread: ask for candles that are due, of so many symbols at most."""
        asked = await self._candles.ask(source, most=most)
        if asked:
            self._changed.update(dict.fromkeys(asked))
            self._hub.wake()

    def link_lost(self) -> None:
        """On the I/O thread: candles may miss trades."""
        self._candles.link_lost()

    def detach(self) -> None:
        """On the I/O thread: listen no more."""
        self._candles.close()
        for channel, taker in self._takers.items():
            channel.listeners = tuple(listener for listener in channel.listeners if listener is not taker)

    def _taker(self, channel: Channel) -> PushListener:
        """What takes the pushes of a channel, on the I/O thread; it has at hand what it needs for each of them."""
        keep, changed, symbol, hub = self._kept[channel.kind].append, self._changed, channel.symbol, self._hub

        def take(channel: Channel, body: bytes) -> None:
            self._heard_at = now = _now()
            self.heard += 1
            keep((now, channel, body))
            changed[symbol] = None
            if not hub.waking:
                hub.wake()
            for reader in self._readers:
                reader.put(channel, body)

        return take

    def not_silent(self) -> None:
        """There was nothing to hear."""
        self._heard_at = time.monotonic()

    def publish(self) -> None:
        """On the dispatcher thread: tell the listeners what changed since the last time."""
        changed = set()
        while self._changed:
            changed.add(self._changed.popitem()[0])
        if not changed:
            return
        told = [str(symbol) for symbol in self.symbols if symbol in changed]
        with self._telling:
            for listener in self._listeners:
                try:
                    listener(list(told))
                except BaseException:  # the edge to the user's code: one listener must not end the others
                    log.exception("a listener of %r failed", self)

    def end(self) -> None:
        """Mark as closed and wake whoever iterates."""
        self.closed = True
        for reader in self._readers:
            reader.end()
        for recording in self._recordings:
            recording.close()


@both
async def _remove(hub: Hub, stream: Stream) -> None:
    await hub.remove(stream)
