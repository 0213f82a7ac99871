"""The signed REST side: checks of key, token, time and signature, the envelope, socket tokens. Trade paths go on."""

from __future__ import annotations

import hmac
import json
import logging
import secrets
from collections.abc import Callable, Mapping
from email.utils import formatdate
from typing import Protocol
from urllib.parse import parse_qsl

from aiohttp import web

from lpresearch.sim.server.door import Keys
from lpresearch.sim.server.links import House
from lpresearch.sim.server.recorder import Recorded
from lpresearch.sim.server.refusal import Refusal
from lpresearch.wire.signing import sign

log = logging.getLogger("lpresearch.sim")

CLOCK_TOLERANCE_S = 300.0
TOKEN_PATHS = ("/v1/socket/token", "/v2/socket/token")
TRADE_ROOTS = ("/v1/trade/", "/v1/asset/", "/v1/risk/", "/v3/trade/")
MARK_HEADER = "x-lpresearch-simulator"


class TradeRoutes(Protocol):
    """What answers the trade paths."""

    def handle(
        self, method: str, path: str, query: list[tuple[str, str]], body: dict[str, object] | None
    ) -> object: ...


class HttpApi:
    """Answers every HTTP request that is not an upgrade.

    Parameters
    ----------
    keys : the credentials.
    trade : answers everything under the trade, asset and risk roots.
    house : the door and the count of links.
    mark : the simulator's mark, told in a header of every reply.
    now : epoch seconds of the real time, by which requests are signed.
    market_now : epoch seconds of the simulated time, told in the ``Date`` of every reply.
    on_request : told each request that came.
    """

    def __init__(
        self,
        keys: Keys,
        trade: TradeRoutes,
        *,
        house: House,
        mark: str,
        now: Callable[[], float],
        market_now: Callable[[], float],
        on_request: Callable[[Recorded], None] | None,
    ) -> None:
        self._keys = keys
        self._trade = trade
        self._house = house
        self._mark = mark
        self._now = now
        self._market_now = market_now
        self._on_request = on_request

    async def answer(self, request: web.Request) -> web.Response:
        """The reply to a request; a refusal is an envelope too."""
        path, _, query = request.raw_path.partition("?")
        try:
            body = await request.read()
            self._record(request, path, query, body)
            self._check(request.method, path, query, body, request.headers)
            data = self._route(request.method, path, query, body)
            return self._envelope(200, 0, "success", data)
        except Refusal as refusal:
            return self._envelope(refusal.http_status, refusal.code, refusal.message, {})
        except web.HTTPException as exc:  # a body that is too large
            return self._envelope(exc.status, exc.status * 1000, exc.reason, {})
        except Exception:  # the edge of the server: one request that fails must not end the others
            log.exception("%s %s failed", request.method, path)
            return self._envelope(500, 500000, "internal error", {})

    def _check(self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> None:
        keys, timestamp = self._keys, headers.get("X-Timestamp", "")
        if headers.get("X-Api-Key") != keys.app_key:
            raise Refusal(403, 403203, "app key illegal")
        if headers.get("Authorization") != keys.access_token:
            raise Refusal(401, 401003, "access token expired or unknown")
        if not self._is_fresh(timestamp):
            raise Refusal(403, 403201, f"signature invalid: timestamp {timestamp!r} is missing or not of now")
        expected = sign(
            method,
            path,
            query,
            body or None,
            app_key=keys.app_key,
            app_secret=keys.app_secret,
            access_token=keys.access_token,
            timestamp=timestamp,
        )
        if not hmac.compare_digest(expected.encode(), headers.get("X-Api-Signature", "").encode()):
            raise Refusal(403, 403201, "signature invalid")

    def _is_fresh(self, timestamp: str) -> bool:
        try:
            return abs(float(timestamp) - self._now()) <= CLOCK_TOLERANCE_S
        except ValueError:
            return False

    def _route(self, method: str, path: str, query: str, body: bytes) -> object:
        if path in TOKEN_PATHS and method == "GET":
            return {
                "otp": self._house.door.issue_otp(),
                "limit": self._house.connection_limit,
                "online": self._house.online(),
            }
        if path.startswith(TRADE_ROOTS):
            return self._trade.handle(method, path, parse_qsl(query, keep_blank_values=True), _json_object(body))
        raise Refusal(404, 404001, f"no such path: {method} {path}")

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

    def _record(self, request: web.Request, path: str, query: str, body: bytes) -> None:
        if self._on_request is not None:
            headers = {name.lower(): value for name, value in request.headers.items()}
            self._on_request(Recorded("http", path, query, headers, body, method=request.method))


def _json_object(body: bytes) -> dict[str, object] | None:
    """The JSON object of a body; None for no body."""
    if not body:
        return None
    try:
        value = json.loads(body)
    except ValueError:
        raise Refusal(400, 602001, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Refusal(400, 602001, "the body is not a JSON object")
    return value
