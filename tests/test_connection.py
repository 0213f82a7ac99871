"""One connection of the link: how it ends where the line breaks under its own answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import cast

import aiohttp
import pytest

from lpresearch.net.connection import Connection
from lpresearch.wire.link_state import HEARTBEAT, LinkState
from lpresearch.wire.packets import Packet, PacketType, encode

ASKED = aiohttp.WSMessage(
    aiohttp.WSMsgType.BINARY, encode(Packet(PacketType.REQUEST, HEARTBEAT, b"", request_id=1)), None
)
PING = aiohttp.WSMessage(aiohttp.WSMsgType.PING, b"", None)


class BrokenSocket:
    """Still has a message to read, and can send nothing any more."""

    def __init__(self, message: aiohttp.WSMessage) -> None:
        self._message = message

    async def __aiter__(self) -> AsyncIterator[aiohttp.WSMessage]:
        yield self._message

    async def send_bytes(self, data: bytes) -> None:
        raise aiohttp.ClientConnectionResetError("Cannot write to closing transport")

    pong = send_bytes


@pytest.mark.parametrize("message", [ASKED, PING], ids=["heartbeat", "ping"])
def test_a_line_that_breaks_under_the_answer_to_a_heartbeat_ends_quietly_and_says_why(
    message: aiohttp.WSMessage,
) -> None:
    ended: list[bool] = []
    unhandled: list[object] = []

    async def scene() -> str:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
        socket = cast("aiohttp.ClientWebSocketResponse", BrokenSocket(message))
        connection = Connection(
            "ws://here", socket, LinkState(), on_push=lambda *_: None, on_end=lambda: ended.append(True)
        )
        await connection.ended()
        return connection.reason

    assert "Cannot write to closing transport" in asyncio.run(scene())
    assert (ended, unhandled) == ([True], [])
