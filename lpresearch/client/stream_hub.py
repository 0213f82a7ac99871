"""All streams of one session: subscriptions counted, doubtful states asked for again, listeners told in batches.

Pushes are taken on the I/O thread, where a task also mends what may be wrong. A dispatcher thread hands changed symbols
to the listeners a few times a second, so that a slow listener delays nobody's packets.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

from lpresearch.base.errors import LinkError, LpError, RequestTimeout, SubscriptionLimit, UsageError
from lpresearch.base.pushes import Kind
from lpresearch.base.source import Channel, PacketListener, Source
from lpresearch.base.symbols import Symbol
from lpresearch.client.facade import Io
from lpresearch.net.runtime import Runtime

log = logging.getLogger("lpresearch.streams")

BATCH_S = 0.1  # listeners hear of changes at most ten times a second
FIRST_PUSH_S = 0.2  # what is in doubt may be set right by the next push; then it is asked for
MOST_ASKED = 5  # books, queues and candles that are asked for while a stream is opened; the others afterwards
MENDING_S = 1.0  # before what could not be asked is asked again
SILENCE_S = 20.0  # a stream that hears nothing for so long while its market trades looks whether there was anything
JOIN_S = 2.0

Wanted = tuple[Kind, Symbol]


class Watcher(Protocol):
    """What the hub knows of a stream."""

    @property
    def wanted(self) -> Sequence[Wanted]: ...

    @property
    def silent_s(self) -> float:
        """Seconds without a push while its market traded."""
        ...

    def attach(self, channels: Sequence[Channel], on_due: Callable[[], None]) -> None:
        """These are the channels; listen to them."""
        ...

    async def ask(self, source: Source[object], *, most: int | None = None) -> None:
        """Ask for what is due, besides the channels."""
        ...

    def link_lost(self) -> None: ...

    def detach(self) -> None: ...

    def not_silent(self) -> None:
        """There was nothing to hear."""
        ...

    def publish(self) -> None:
        """Tell the listeners what changed; on the dispatcher thread."""
        ...

    def end(self) -> None: ...


class Hub:
    """The streams of a session.

    Parameters
    ----------
    limit : how many symbols the account may watch at once.

    Attributes
    ----------
    waking : whether the dispatcher is about to look for changes.
    """

    def __init__(self, source: Source[object], runtime: Runtime, *, limit: int) -> None:
        self.waking = False
        self._source = source
        self._runtime = runtime
        self._limit = limit
        self._pid = os.getpid()
        self._channels: dict[Wanted, Channel] = {}
        self._users: Counter[Wanted] = Counter()
        self._streams: tuple[Watcher, ...] = ()
        self._packet_listeners: tuple[PacketListener, ...] = ()
        self._changing = asyncio.Lock()  # one opens or closes at a time
        self._doubtful = asyncio.Event()
        self._changed = threading.Event()
        self._closing = False
        self._up = True
        source.on_suspect(self._doubtful.set)
        source.on_link(self._take_link)
        self._tending = runtime.submit(self._tend())
        self._thread = threading.Thread(target=self._dispatch, name="lpresearch-streams", daemon=True)
        self._thread.start()

    @property
    def up(self) -> bool:
        """Whether the link stands and everything is subscribed; never in a fork, which hears nothing."""
        return self._up and self._pid == os.getpid()

    @property
    def streams(self) -> tuple[Watcher, ...]:
        """The streams that are open."""
        return self._streams

    async def add(self, stream: Watcher) -> None:
        """Subscribe what nobody watched before, and wait until the stream's values are whole.

        Raises
        ------
        SubscriptionLimit : more symbols than the account may watch.
        """
        try:
            await Io(self._runtime.submit(self._open(stream)))
        except BaseException:  # whoever gave up, by Ctrl-C as well, watches nothing
            self._drop(stream)
            raise

    async def remove(self, stream: Watcher) -> None:
        """Unsubscribe what nobody watches any more."""
        if not self._closing and self._pid == os.getpid():
            await Io(self._runtime.submit(self._close(stream)))

    def wake(self) -> None:
        """Something changed: the dispatcher looks for it soon."""
        self.waking = True
        self._changed.set()

    def on_packet(self, listener: PacketListener) -> Callable[[], None]:
        """Call ``listener`` on the I/O thread with every push as it came; returns what ends it."""
        self._packet_listeners += (listener,)
        self._source.on_packet(self._take_packet)

        def end() -> None:
            self._packet_listeners = tuple(other for other in self._packet_listeners if other is not listener)
            if not self._packet_listeners:
                self._source.on_packet(None)

        return end

    def close(self) -> None:
        """End every stream and the thread."""
        self._closing = True
        self._tending.cancel()
        for stream in self._streams:
            stream.end()
        self.wake()
        if threading.current_thread() is not self._thread:
            self._thread.join(JOIN_S)

    def _take_packet(self, command: int, body: bytes) -> None:
        for listener in self._packet_listeners:
            listener(command, body)

    def _take_link(self, up: bool) -> None:
        """On the I/O thread: the link is lost, or everything is subscribed again."""
        self._up = up
        for stream in () if up else self._streams:
            stream.link_lost()
        self._doubtful.set()
        self.wake()

    # Opening and closing, on the I/O thread

    async def _open(self, stream: Watcher) -> None:
        async with self._changing:
            fresh = self._enter(stream)
            await self._check(fresh)
            for wanted in fresh:
                self._channels[wanted] = self._source.channel(*wanted)
            channels = [self._channels[wanted] for wanted in stream.wanted]
            stream.attach(channels, self._doubtful.set)
            if fresh:
                await self._source.watch([self._channels[wanted] for wanted in fresh])
        await self._whole(channels)
        await stream.ask(self._source, most=MOST_ASKED)

    def _enter(self, stream: Watcher) -> list[Wanted]:
        """Count what a stream wants; returns what nobody watched."""
        watched = len({symbol for _, symbol in (*self._users, *stream.wanted)})
        if watched > self._limit:
            raise SubscriptionLimit(
                301605,
                f"{watched} symbols would be watched at once, the account may watch {self._limit}",
                endpoint="stream",
                hint="Close a stream or ask for fewer symbols.",
            )
        self._streams += (stream,)
        self._users.update(stream.wanted)
        return [wanted for wanted in stream.wanted if wanted not in self._channels]

    async def _check(self, fresh: Sequence[Wanted]) -> None:
        """See whether there are such symbols: a subscription says nothing of those it does not know, a quote does."""
        quoted = {symbol for kind, symbol in fresh if kind is Kind.QUOTE}
        unseen = {symbol for _, symbol in fresh} - quoted - {symbol for _, symbol in self._channels}
        if unseen:
            await self._source.quotes(list(dict.fromkeys(symbol for _, symbol in fresh if symbol in unseen)))

    async def _whole(self, channels: Sequence[Channel]) -> None:
        """Wait a little for the first pushes of books and queues, which tell the whole; then ask for the first few."""
        came = asyncio.Event()

        def listen(channel: Channel, body: bytes) -> None:
            came.set()

        for channel in channels:
            channel.listeners += (listen,)
        try:
            with suppress(TimeoutError):
                async with asyncio.timeout(FIRST_PUSH_S):
                    while any(channel.suspect for channel in channels):
                        await came.wait()
                        came.clear()
        finally:
            for channel in channels:
                channel.listeners = tuple(one for one in channel.listeners if one is not listen)
        suspects = [channel for channel in channels if channel.suspect]
        if suspects:
            await self._source.refresh(suspects[:MOST_ASKED])
            self._doubtful.set()

    def _drop(self, stream: Watcher) -> None:
        if not self._closing:
            try:
                self._runtime.submit(self._close(stream))
            except UsageError:  # the session was closed meanwhile: nothing is watched any more
                log.debug("The session closed before a stream was opened.")

    async def _close(self, stream: Watcher) -> None:
        async with self._changing:
            if stream not in self._streams:
                return
            stream.detach()
            self._streams = tuple(other for other in self._streams if other is not stream)
            self._users -= Counter(stream.wanted)  # keeps what is above zero
            unwatched = [wanted for wanted in self._channels if wanted not in self._users]
            gone = [self._channels.pop(wanted) for wanted in unwatched]
            if gone:
                with suppress(LinkError, RequestTimeout):  # what comes back subscribes to what is still watched
                    await self._source.unwatch(gone)

    # Mending, on the I/O thread

    async def _tend(self) -> None:
        """For ever: ask for what is in doubt, and whether silent streams have nothing to say."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_S / 4):
                    await self._doubtful.wait()
            self._doubtful.clear()
            await asyncio.sleep(FIRST_PUSH_S)
            if not self.up:
                continue
            try:
                await self._mend()
                await self._probe()
            except LpError as exc:
                log.warning("What was missed cannot be asked for yet: %s", exc)
                await asyncio.sleep(MENDING_S)
                self._doubtful.set()

    async def _mend(self) -> None:
        suspects = [channel for channel in self._channels.values() if channel.suspect]
        if suspects:
            await self._source.refresh(suspects)
            self.wake()
        for stream in self._streams:
            await stream.ask(self._source)

    async def _probe(self) -> None:
        """Ask for the state of silent streams. One that went on without a push stays silent, and becomes stale."""
        for stream in self._streams:
            if stream.silent_s < SILENCE_S:
                continue
            channels = [self._channels[wanted] for wanted in stream.wanted if wanted in self._channels]
            probes = [channel for channel in channels if channel.kind is Kind.QUOTE] or channels[:1]
            before = [channel.values() for channel in probes]
            await self._source.refresh(probes)
            if before == [channel.values() for channel in probes]:
                stream.not_silent()

    def _dispatch(self) -> None:
        """On the dispatcher thread: one batch for each stream, a few times a second."""
        while not self._closing:
            self._changed.wait()
            self._changed.clear()
            self.waking = False
            for stream in self._streams:
                stream.publish()
            time.sleep(BATCH_S)
