"""The HTTP side: who asks, in what pace, which endpoint, and the envelope around the answer (longport.md 2, 7, 9).

Endpoints are rows of one table, method and path to what answers them; the trade API keeps a table of its own, and the
quote pulls are the commands of the link.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from typing import Protocol

from aiohttp import web

from lpresearch.sim.server.credentials import Credentials, Signed
from lpresearch.sim.server.http_params import PARAMETER_ERROR, Json, Params, json_object, lists_of, query_of
from lpresearch.sim.server.limits import AddressMeter, TradeMeter
from lpresearch.sim.server.links import House
from lpresearch.sim.server.quote_http import BAD_REQUEST, PATHS, HttpQuotes
from lpresearch.sim.server.recorder import Recorded
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.server.statement_files import ROOT as FILES
from lpresearch.sim.server.statement_files import StatementFiles

log = logging.getLogger("lpresearch.sim")

TRADE_ROOTS = ("/v1/trade/", "/v1/asset/", "/v1/risk/", "/v3/trade/")
BAD_TRADE_PARAMETER = 602001
NO_SUCH_PATH = 404001
MARK_HEADER = "x-lpresearch-simulator"

Endpoint = Callable[[Params], object | Awaitable[object]]
Endpoints = Mapping[tuple[str, str], Endpoint]


class TradeRoutes(Protocol):
    """What answers the trade paths."""

    def handle(
        self, method: str, path: str, query: list[tuple[str, str]], body: dict[str, object] | None
    ) -> object: ...


class HttpApi:
    """Answers every HTTP request that is not an upgrade.

    Parameters
    ----------
    credentials : who may ask.
    trade : answers everything under the trade, asset and risk roots.
    quotes : answers the quote pulls.
    files : the statements of the account.
    endpoints : answer all other paths.
    house : the door and the count of links.
    meters : the pace of an address, and that of the trade paths.
    mark : the simulator's mark, told in a header of every reply.
    market_now : epoch seconds of the simulated time, told in the ``Date`` of every reply.
    on_request : told each request that came.
    save : called when a request has done its work, before the reply leaves.
    """

    def __init__(
        self,
        credentials: Credentials,
        trade: TradeRoutes,
        quotes: HttpQuotes,
        files: StatementFiles,
        endpoints: Endpoints,
        *,
        house: House,
        meters: tuple[AddressMeter, TradeMeter],
        mark: str,
        market_now: Callable[[], float],
        on_request: Callable[[Recorded], None] | None,
        save: Callable[[], None],
    ) -> None:
        self._credentials = credentials
        self._trade = trade
        self._quotes = quotes
        self._files = files
        self._house = house
        self._address_meter, self._trade_meter = meters
        self._mark = mark
        self._market_now = market_now
        self._on_request = on_request
        self._save = save
        self._endpoints: Endpoints = {
            ("GET", "/v1/socket/token"): self._socket_token,
            ("GET", "/v2/socket/token"): self._socket_token,
            ("GET", "/v1/token/refresh"): lambda asked: credentials.refresh(asked.text("expired_at", default="")),
            **files.endpoints,
            **endpoints,
        }

    async def answer(self, request: web.Request) -> web.Response:
        """The reply to a request; a refusal is an envelope too."""
        path, _, query = request.raw_path.partition("?")
        try:
            signed = await self.hear(request)
            self._address_meter.count(request.remote or "")
            if path.startswith(FILES) and (document := self._files.file(path, query)) is not None:
                return web.json_response(document, headers={MARK_HEADER: self._mark})
            self._credentials.check(signed)
            return self._envelope(200, 0, "success", await self._answer(signed))
        except Refusal as refusal:
            return self.refused(refusal)
        except web.HTTPException as exc:  # a body that is too large
            return self._envelope(exc.status, exc.status * 1000, exc.reason, {})
        except Exception:  # the edge of the server: one request that fails must not end the others
            log.exception("%s %s failed", request.method, path)
            return self._envelope(500, 500000, "internal error", {})

    async def hear(self, request: web.Request) -> Signed:
        """Read a request to its end, and tell of it."""
        path, _, query = request.raw_path.partition("?")
        signed = Signed(request.method, path, query, await request.read(), request.headers)
        self._record(signed)
        return signed

    def refused(self, refusal: Refusal) -> web.Response:
        """A refusal as a reply."""
        return self._envelope(refusal.http_status, refusal.code, refusal.message, {})

    async def _answer(self, request: Signed) -> object:
        """The data of the reply, once everything that the request changed is kept."""
        try:
            return await self._route(request)
        finally:
            self._save()

    async def _route(self, request: Signed) -> object:
        """The data of the reply. A kind of endpoint has its own code for a body that is none."""
        method, path, query = request.method, request.path, query_of(request.query)
        if path.startswith(TRADE_ROOTS):
            self._trade_meter.count()
            return self._trade.handle(method, path, query, json_object(request.body, code=BAD_TRADE_PARAMETER))
        if path in PATHS and method == "POST":
            return await self._quotes.answer(path, json_object(request.body, code=BAD_REQUEST))
        endpoint = self._endpoints.get((method, path))
        if endpoint is None:
            raise Refusal(404, NO_SUCH_PATH, f"no such path: {method} {path}")
        body = json_object(request.body, code=PARAMETER_ERROR)
        language, host = request.headers.get("Accept-Language", "en"), request.headers.get("Host", "")
        data = endpoint(Params(lists_of(query), body, language, f"http://{host}"))
        return await data if isinstance(data, Awaitable) else data

    def _socket_token(self, asked: Params) -> Json:
        return {
            "otp": self._house.door.issue_otp(),
            "limit": self._house.connection_limit,
            "online": self._house.online(),
        }

    def _envelope(self, status: int, code: int, message: str, data: object) -> web.Response:
        return web.json_response(
            {"code": code, "message": message, "data": data},
            status=status,
            headers={
                "x-trace-id": secrets.token_hex(16),
                "Date": formatdate(self._market_now(), usegmt=True),
                MARK_HEADER: self._mark,
            },
        )

    def _record(self, request: Signed) -> None:
        if self._on_request is not None:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self._on_request(
                Recorded("http", request.path, request.query, headers, request.body, method=request.method)
            )
