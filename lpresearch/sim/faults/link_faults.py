"""What a link sends and hears, with the faults that strike it: stands between the link and its socket.

The link knows nothing of it. Packets leave one at a time, so a packet that is delayed delays those behind it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress

from aiohttp import WSMessage, web

from lpresearch.base.model import FINAL_STATUSES
from lpresearch.sim.faults.fault import Fault, Kind, Occurrence, Place
from lpresearch.sim.faults.faults import Faults
from lpresearch.sim.faults.symbols_in import order_in_push, symbols_in_body
from lpresearch.sim.server.refusal import Refusal
from lpresearch.wire.packets import Packet, PacketType, decode

DELAY_S = 1.0
MOST_HELD_S = 1.0  # a packet waits so long for the one that is to overtake it
BAD_REQUEST, UNAUTHENTICATED = 3, 5  # statuses of an answer (longport.md 3.4)
TOO_FAST, NO_ACCESS = 301606, 401003
_BINARY = 0x82  # the first byte of a whole binary message (RFC 6455)
_SHORT, _MEDIUM = 126, 65_536


class LinkFaults:
    """The socket of a link, as the link sees it.

    Parameters
    ----------
    place : which link it is.
    socket : the true one.
    faults : what may strike.
    transport : the connection below the socket.
    expire : ends the session of the link.
    """

    def __init__(
        self,
        place: Place,
        socket: web.WebSocketResponse,
        faults: Faults,
        transport: asyncio.Transport,
        *,
        expire: Callable[[], None],
    ) -> None:
        self._place = place
        self._socket = socket
        self._faults = faults
        self._transport = transport
        self._expire = expire
        self._asked: dict[int, frozenset[str]] = {}  # request -> the symbols it asks for
        self._overtaken: list[bytes] = []
        self._new_orders: dict[str, bytes] = {}  # order -> the push that it is new, held until it is final
        self._silent_until = 0.0
        self._waiting: asyncio.Task[None] | None = None
        self._deeds: dict[str, Callable[[Fault, bytes, Occurrence], Awaitable[None]]] = {
            Kind.DROP: self._drop,
            Kind.DELAY: self._delay,
            Kind.CUT: self._cut,
            Kind.REORDER: self._reorder,
            Kind.DUPLICATE: self._duplicate,
            Kind.GARBLE: self._garble,
            Kind.SILENCE: self._fall_silent,
            Kind.EXPIRE_SESSION: self._expire_session,
            Kind.FILLED_FIRST: self._hold_new,
        }

    def __aiter__(self) -> AsyncIterator[WSMessage]:
        return self._socket.__aiter__()

    def screen(self, packet: Packet) -> None:
        """Look at a request before it is answered; raises the Refusal of a fault that strikes it."""
        if not self._faults.active:
            return
        symbols = symbols_in_body(packet.body)
        self._asked[packet.request_id] = symbols
        what = Occurrence(self._place, packet.command, symbols=symbols)
        fault = self._faults.struck(what, before=True)
        if fault is None:
            return
        if fault.kind == Kind.REFUSE_AUTH:
            raise Refusal(UNAUTHENTICATED, NO_ACCESS, "invalid token, as a fault has it")
        raise Refusal(fault.status or BAD_REQUEST, fault.code or TOO_FAST, fault.message or "request rate limit")

    async def send_bytes(self, data: bytes) -> None:
        """Send a packet, or do to it what a fault has it."""
        if self._silent_until and self._is_silent():
            return
        if not (self._faults.active or self._overtaken or self._new_orders):
            await self._socket.send_bytes(data)
            return
        what = self._occurrence(decode(data))
        fault = self._faults.struck(what, before=False) if self._faults.active else None
        if fault is None:
            await self._pass_on(data, what)
        else:
            await self._deeds[fault.kind](fault, data, what)

    async def ping(self) -> None:
        """Ping, unless it is silent."""
        if not self._is_silent():
            await self._socket.ping()

    async def close(self) -> None:
        """Close in good order."""
        await self._socket.close()

    def _occurrence(self, packet: Packet) -> Occurrence:
        if packet.type is PacketType.RESPONSE:
            return Occurrence(self._place, packet.command, symbols=self._asked.pop(packet.request_id, frozenset()))
        if self._place == "quote":
            return Occurrence(self._place, packet.command, symbols=symbols_in_body(packet.body))
        order, status, symbols = order_in_push(packet.command, packet.body)
        return Occurrence(self._place, packet.command, symbols=symbols, order=(order, status))

    async def _pass_on(self, data: bytes, what: Occurrence) -> None:
        """Send a packet, and after it those that it was to overtake."""
        await self._socket.send_bytes(data)
        order, status = what.order
        if status in FINAL_STATUSES and order in self._new_orders:
            await self._socket.send_bytes(self._new_orders.pop(order))
        await self._let_go()

    async def _let_go(self) -> None:
        while self._overtaken:
            data = self._overtaken.pop(0)
            if not self._is_silent():
                await self._socket.send_bytes(data)

    async def _drop(self, fault: Fault, data: bytes, what: Occurrence) -> None:
        """It is lost."""

    async def _delay(self, fault: Fault, data: bytes, what: Occurrence) -> None:
        await asyncio.sleep(DELAY_S if fault.seconds is None else fault.seconds)
        await self._pass_on(data, what)

    async def _cut(self, fault: Fault, data: bytes, what: Occurrence) -> None:
        """Send half of the frame, and nothing ever after."""
        frame = _frame(data)
        self._transport.write(frame[: len(frame) // 2])
        self._transport.close()
        raise ConnectionResetError("the link was cut by a fault")  # as a link that breaks by itself

    async def _reorder(self, fault: Fault, data: bytes, what: Occurrence) -> None:
        """Keep it for the next packet to overtake, but not for ever."""
        self._overtaken.append(data)
        held_s = MOST_HELD_S if fault.seconds is None else fault.seconds
        self._waiting = asyncio.create_task(self._let_go_after(held_s))

    async def _let_go_after(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with suppress(ConnectionError):  # the link ended in the meantime
            await self._let_go()

    async def _duplicate(self, fault: Fault, data: bytes, what: Occurrence) -> None:
        await self._pass_on(data, what)
        await self._socket.send_bytes(data)

    async def _garble(self, fault: Fault, data: bytes, what: Occurrence) -> None:
        await self._socket.send_bytes(self._faults.noise(len(data)))

    async def _fall_silent(self, fault: Fault, data: bytes, what: Occurrence) -> None:
        """Lose this and all that follows, pings too; the connection stands."""
        now = asyncio.get_running_loop().time()
        self._silent_until = math.inf if fault.seconds is None else now + fault.seconds

    async def _expire_session(self, fault: Fault, data: bytes, what: Occurrence) -> None:
        self._expire()

    async def _hold_new(self, fault: Fault, data: bytes, what: Occurrence) -> None:
        self._new_orders[what.order[0]] = data

    def _is_silent(self) -> bool:
        return asyncio.get_running_loop().time() < self._silent_until


def _frame(data: bytes) -> bytes:
    """A whole binary message of a server as it stands on the wire (RFC 6455, 5.2)."""
    size = len(data)
    if size < _SHORT:
        return bytes((_BINARY, size)) + data
    if size < _MEDIUM:
        return bytes((_BINARY, _SHORT)) + size.to_bytes(2, "big") + data
    return bytes((_BINARY, _SHORT + 1)) + size.to_bytes(8, "big") + data
