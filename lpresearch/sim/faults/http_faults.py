"""The HTTP side with the faults that strike it: stands before what answers the requests, which knows nothing of it."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Protocol

from aiohttp import web

from lpresearch.sim.faults.fault import Fault, Kind, Occurrence
from lpresearch.sim.faults.faults import Faults
from lpresearch.sim.faults.link_faults import DELAY_S
from lpresearch.sim.faults.symbols_in import symbols_in_request
from lpresearch.sim.server.refusal import Refusal

TOO_MANY_REQUESTS, TOO_FAST_HERE = 429, 429002  # longport.md 2.4
_TOKEN_INVALID = Refusal(401, 401004, "token invalid, as a fault has it")
_TOKEN_EXPIRED = Refusal(401, 401003, "access token expired, as a fault has it")
_LOOK_EVERY_S = 0.02
_PAGE = "<html><head><title>{title}</title></head><body><h1>{title}</h1><hr>gateway</body></html>"


class Api(Protocol):
    """What answers the requests."""

    async def answer(self, request: web.Request) -> web.Response:
        """The reply, once the request is carried out."""
        ...

    async def hear(self, request: web.Request) -> object:
        """Take note of a request that is not answered here."""
        ...

    def refused(self, refusal: Refusal) -> web.Response:
        """A refusal as a reply."""
        ...


class HttpFaults:
    """Answers requests, but for what strikes them.

    Parameters
    ----------
    api : what answers.
    faults : what may strike.
    """

    def __init__(self, api: Api, faults: Faults) -> None:
        self._api = api
        self._faults = faults

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """The reply to a request, or what a fault leaves of it."""
        if not self._faults.active:
            return await self._api.answer(request)
        what = await _occurrence(request)
        if (fault := self._faults.struck(what, before=True)) is not None:
            await self._api.hear(request)
            return await self._in_place(request, fault)
        fault = self._faults.struck(what, before=False)
        reply = await self._api.answer(request)
        return reply if fault is None else await self._spoilt(request, fault, reply)

    async def _in_place(self, request: web.Request, fault: Fault) -> web.StreamResponse:
        """What happens instead of carrying a request out."""
        if fault.kind == Kind.REFUSE:
            return self._refused(fault)
        if fault.kind == Kind.REFUSE_AUTH:
            return self._api.refused(_TOKEN_INVALID)
        if fault.kind == Kind.EXPIRE_SESSION:
            return self._api.refused(_TOKEN_EXPIRED)
        if fault.kind == Kind.SILENCE:
            await _wait(request, fault.seconds)
        return _hang_up(request)

    async def _spoilt(self, request: web.Request, fault: Fault, reply: web.Response) -> web.StreamResponse:
        """What becomes of the reply to a request that was carried out."""
        body = reply.body if isinstance(reply.body, bytes) else b""
        if fault.kind == Kind.DELAY:
            await asyncio.sleep(DELAY_S if fault.seconds is None else fault.seconds)
            return reply
        if fault.kind == Kind.GARBLE:
            return web.Response(status=reply.status, body=self._faults.noise(len(body)), headers=reply.headers)
        if fault.kind == Kind.CUT:
            return await _half(request, reply, body)
        return self._page(fault.status) if fault.status is not None else _hang_up(request)

    def _refused(self, fault: Fault) -> web.Response:
        status = fault.status or TOO_MANY_REQUESTS
        if fault.json is False:
            return self._page(status)
        code = fault.code or (TOO_FAST_HERE if status == TOO_MANY_REQUESTS else status * 1000)
        return self._api.refused(Refusal(status, code, fault.message or _phrase(status)))

    def _page(self, status: int) -> web.Response:
        """What a gateway says in place of the broker, at the same time."""
        now = {"Date": self._api.refused(Refusal(status, 0, "")).headers["Date"]}
        text = _PAGE.format(title=f"{status} {_phrase(status)}")
        return web.Response(status=status, text=text, content_type="text/html", headers=now)


async def _occurrence(request: web.Request) -> Occurrence:
    path, _, query = request.raw_path.partition("?")
    try:
        body = await request.read()
    except web.HTTPException:  # too large: who answers says so
        body = b""
    return Occurrence("http", method=request.method, path=path, symbols=symbols_in_request(query, body))


async def _wait(request: web.Request, seconds: float | None) -> None:
    """Say nothing, for a time or until the client gives up."""
    now = asyncio.get_running_loop().time
    until = None if seconds is None else now() + seconds
    while request.transport is not None and (until is None or now() < until):  # noqa: ASYNC110  # nothing tells its end
        await asyncio.sleep(_LOOK_EVERY_S)


def _hang_up(request: web.Request) -> web.Response:
    """End the connection without a word; what is returned leads nowhere."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _half(request: web.Request, reply: web.Response, body: bytes) -> web.StreamResponse:
    """A reply that ends in the middle of its body."""
    cut = web.StreamResponse(status=reply.status, headers=reply.headers)
    cut.content_length = len(body)
    await cut.prepare(request)
    await cut.write(body[: len(body) // 2])
    if request.transport is not None:
        request.transport.close()
    return cut


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "error"
