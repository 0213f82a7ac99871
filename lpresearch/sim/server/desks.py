"""What answers the requests of authenticated links: quote desk and trade desk. Makes no values."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Coroutine, Mapping

from lpresearch.sim.server.links import Link
from lpresearch.sim.server.pulls import QuotePulls
from lpresearch.sim.server.pushes import QuotePushes
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.server.requests import parse
from lpresearch.wire.messages import Message
from lpresearch.wire.packets import Packet
from lpresearch.wire.proto import quote_pb2, trade_pb2

log = logging.getLogger("lpresearch.sim")

SUBSCRIPTIONS, SUBSCRIBE, UNSUBSCRIBE = 5, 6, 7
TRADE_SUBSCRIBE, TRADE_UNSUBSCRIBE, TRADE_NOTIFY = 16, 17, 18
TOPIC = "private"


class QuoteDesk:
    """Pulls, and the subscriptions of each link."""

    def __init__(self, pulls: QuotePulls, pushes: QuotePushes) -> None:
        self._pulls = pulls
        self._pushes = pushes
        self._answering: set[asyncio.Task[None]] = set()

    def request(self, link: Link, packet: Packet) -> None:
        """Answer a packet. Pulls are answered as tasks of their own, so a slow one holds nobody up."""
        if packet.command == SUBSCRIPTIONS:
            link.respond(packet, _sub_list(self._pushes.subscriptions(link)))
        elif packet.command == SUBSCRIBE:
            self._subscribe(link, packet)
        elif packet.command == UNSUBSCRIBE:
            request = parse(quote_pb2.UnsubscribeRequest, packet.body)
            self._pushes.unsubscribe(link, request.symbol, request.sub_type, everything=request.unsub_all)
            link.respond(packet)
        else:
            self._begin(self._answer(link, packet, self._pulls.ask(packet.command, packet.body)))

    def gone(self, link: Link) -> None:
        """Forget what a link watched."""
        self._pushes.gone(link)

    async def close(self) -> None:
        """End the answers that are still being made."""
        for task in self._answering:
            task.cancel()
        await asyncio.gather(*self._answering, return_exceptions=True)

    def _begin(self, answering: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(answering)
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    async def _answer(self, link: Link, packet: Packet, pull: Awaitable[Message]) -> None:
        try:
            link.respond(packet, (await pull).SerializeToString())
        except Refusal as refusal:
            link.refuse(packet, refusal)
        except Exception:  # the edge of the link: one request that fails must not end the others
            log.exception("command %s failed", packet.command)
            link.refuse(packet, Refusal(7, 301602, "server error"))

    def _subscribe(self, link: Link, packet: Packet) -> None:
        request = parse(quote_pb2.SubscribeRequest, packet.body)
        items = self._pushes.subscribe(link, request.symbol, request.sub_type)
        link.respond(packet, _sub_list(items))
        if request.is_first_push:
            self._begin(self._pushes.snapshot(link, items))


class TradeDesk:
    """The one topic of trade links, and the notifications to those who asked for it."""

    def __init__(self) -> None:
        self._listening: set[Link] = set()

    def request(self, link: Link, packet: Packet) -> None:
        """Answer a packet: subscribe and unsubscribe are all there is."""
        if packet.command == TRADE_SUBSCRIBE:
            topics = list(dict.fromkeys(parse(trade_pb2.Sub, packet.body).topics))
            if TOPIC in topics:
                self._listening.add(link)
            answer = trade_pb2.SubResponse(
                success=[topic for topic in topics if topic == TOPIC],
                fail=[
                    trade_pb2.SubResponse.Fail(topic=topic, reason="topic not supported")
                    for topic in topics
                    if topic != TOPIC
                ],
                current=self._current(link),
            )
            link.respond(packet, answer.SerializeToString())
        elif packet.command == TRADE_UNSUBSCRIBE:
            if TOPIC in parse(trade_pb2.Unsub, packet.body).topics:
                self._listening.discard(link)
            link.respond(packet, trade_pb2.UnsubResponse(current=self._current(link)).SerializeToString())
        else:
            raise Refusal(3, 301600, f"command {packet.command} is not supported")

    def gone(self, link: Link) -> None:
        """Forget a link."""
        self._listening.discard(link)

    def notify(self, data: Mapping[str, str]) -> None:
        """Tell every listening link of a changed order (longport.md 8)."""
        text = json.dumps({"event": "order_changed_lb", "data": dict(data)}, ensure_ascii=False, separators=(",", ":"))
        body = trade_pb2.Notification(
            topic=TOPIC,
            content_type=trade_pb2.CONTENT_JSON,
            dispatch_type=trade_pb2.DISPATCH_DIRECT,
            data=text.encode(),
        ).SerializeToString()
        for link in self._listening:
            link.push(TRADE_NOTIFY, body)

    def _current(self, link: Link) -> list[str]:
        return [TOPIC] if link in self._listening else []


def _sub_list(items: list[tuple[str, list[int]]]) -> bytes:
    """Symbols and sub types as SubscriptionResponse."""
    return quote_pb2.SubscriptionResponse(
        sub_list=[
            quote_pb2.SubTypeList(symbol=symbol, sub_type=[quote_pb2.SubType.Name(kind) for kind in kinds])
            for symbol, kinds in items
        ]
    ).SerializeToString()
