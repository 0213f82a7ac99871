"""Signed HTTP requests and the rules of the reply's envelope (longport.md 2). Knows no orders and no quotes.

What a caller may conclude when a request other than GET fails:

- ``LinkError`` itself, no subclass: nothing was sent;
- ``ServerRejected`` and ``AuthFailed``: the server answered no;
- ``RequestTimeout`` and ``LinkClosed``: it was sent, or may have been, and the outcome is unknown.

A GET is asked again when the server says "too fast" or the connection breaks; nothing else is ever sent twice.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import sys
import time
from collections.abc import Awaitable, Callable, Generator, Sequence
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, NoReturn, cast
from urllib.parse import quote, urlsplit

import httpx

from lpresearch.base.errors import (
    ASK_AGAIN,
    AuthFailed,
    LinkClosed,
    LinkError,
    RateLimited,
    RequestTimeout,
    ServerRejected,
)
from lpresearch.base.settings import Credentials, Settings
from lpresearch.wire.signing import sign

log = logging.getLogger("lpresearch.http")

SIMULATOR_HEADER = "x-lpresearch-simulator"
RETRIES = 5  # of a GET, as the official SDK has it
RETRY_DELAY_S = 0.1  # doubles with each retry
DUPLICATE_REQUEST = 403202  # same request, same timestamp
_CONNECT_HINT = "Is the URL right, is the server running, does the network allow it? Nothing was sent."
_AUTH_HINT = "Check the app key, the app secret and the access token."
_AUTH_HINTS = {  # longport.md 2.4
    401003: "The access token has expired: make a new one on the developer page and set ACCESS_TOKEN.",
    403201: "The signature is wrong: the app secret does not belong to the app key, or the clock is off.",
    403203: "The app key is not known: check APP_KEY and the host.",
    403205: "The account allows requests from certain addresses only: add this one on the developer page.",
}
_EXCERPT_CHARS = 120
_LOOPBACK = ("127.0.0.1", "localhost", "::1")

Query = Sequence[tuple[str, str]]


def common_headers(settings: Settings) -> dict[str, str]:
    """The headers of HTTP requests and WebSocket upgrades alike."""
    parts = (settings.credentials.app_key, settings.credentials.app_secret, settings.credentials.access_token)
    us = any(part.reveal().removeprefix("Bearer ").startswith("us_") for part in parts)
    return {"Accept-Language": settings.language, "x-dc-region": "us" if us else "ap"}


def uses_proxy(url: str) -> bool:
    """Whether the proxies of the environment apply: not on this very machine."""
    return urlsplit(url).hostname not in _LOOPBACK


def steady_s() -> float:
    """Seconds that nobody sets: on while the computer sleeps, and untouched when its clock is put right."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC)  # Python's own stands still there during sleep
    return time.monotonic()


class Signature(httpx.Auth):
    """Signs each request as it is sent, with the time at which it is sent."""

    requires_request_body = True

    def __init__(self, credentials: Credentials, clock: Callable[[], float]) -> None:
        self._credentials = credentials
        self._clock = clock

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the four headers that prove who asks."""
        timestamp = str(int(self._clock()))
        path, _, query = request.url.raw_path.decode("ascii").partition("?")
        request.headers["X-Api-Key"] = self._credentials.app_key.reveal()
        request.headers["Authorization"] = self._credentials.access_token.reveal()
        request.headers["X-Timestamp"] = timestamp
        request.headers["X-Api-Signature"] = sign(
            request.method,
            path,
            query,
            request.content or None,
            app_key=self._credentials.app_key.reveal(),
            app_secret=self._credentials.app_secret.reveal(),
            access_token=self._credentials.access_token.reveal(),
            timestamp=timestamp,
        )
        yield request


class Http:
    """The HTTP side of one account.

    Attributes
    ----------
    simulator_mark : the mark by which a simulator says that it is one; empty at a real broker.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = steady_s,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.simulator_mark = ""
        self._server_less_steady_s: float | None = None
        self._settings = settings
        self._clock = clock
        self._steady = steady
        self._sleep = sleep
        headers = common_headers(settings) | {
            "Accept": "*/*",
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "openapi-sdk",
        }
        if settings.paper:
            headers["x-papertrading"] = "true"
        self._client = httpx.AsyncClient(
            auth=Signature(settings.credentials, clock),
            headers=headers,
            timeout=httpx.Timeout(settings.timeout_s, connect=settings.connect_timeout_s),
            trust_env=uses_proxy(settings.http_url),
            follow_redirects=False,
        )
        del self._client.headers["Accept-Encoding"]  # the official SDK asks for no compression

    @property
    def skew_s(self) -> float | None:
        """The server's clock less ours at this moment, to about a second; None before the first reply.

        Reckoned from the last reply by a clock that nobody sets, so that a jump of ours is part of it at once.
        """
        if self._server_less_steady_s is None:
            return None
        return self._server_less_steady_s + self._steady() - self._clock()

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Query = (),
        body: dict[str, object] | None = None,
        timeout_s: float | None = None,
    ) -> object:
        """The ``data`` of the reply's envelope.

        Parameters
        ----------
        path : from the root, such as ``/v1/trade/order``.
        query : pairs in the order in which they are sent; a list is a repeated key.
        body : sent as compact JSON.
        timeout_s : the deadline; that of the settings where it is not given.

        Raises
        ------
        LinkError, LinkClosed, RequestTimeout, AuthFailed, RateLimited, ServerRejected : see the module's text.
        """
        endpoint = f"{method} {path}"
        timeout_s = self._settings.timeout_s if timeout_s is None else timeout_s
        deadline = asyncio.get_running_loop().time() + timeout_s
        for attempt in range(RETRIES + 1):
            left_s = deadline - asyncio.get_running_loop().time()
            delay_s = RETRY_DELAY_S * 2**attempt
            may_retry = method == "GET" and attempt < RETRIES
            try:
                response = await self._send(method, path, query, body, left_s)
                return _data(response, endpoint, self._settings.http_url)
            except (RateLimited, LinkClosed) as exc:
                failure: Exception = exc
            except ServerRejected as exc:
                if exc.code != DUPLICATE_REQUEST:
                    raise
                failure = exc
            delay_s = max(delay_s, 1.0 - self._clock() % 1.0)  # the timestamp is whole seconds and must change
            if not may_retry or delay_s >= left_s:
                raise failure
            log.info("%s is asked again in %.1f s: %s", endpoint, delay_s, failure)
            await self._sleep(delay_s)
        raise AssertionError("the last attempt returns or raises")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _send(
        self, method: str, path: str, query: Query, body: dict[str, object] | None, timeout_s: float
    ) -> httpx.Response:
        """One attempt. Whether the request began to leave decides what a failure means."""
        url = self._settings.http_url
        left = False

        async def trace(event: str, info: object) -> None:
            nonlocal left
            left = left or event.endswith("send_request_headers.started")

        try:
            async with asyncio.timeout(timeout_s):
                response = await self._client.request(
                    method,
                    f"{url}{path}" + (f"?{encode_query(query)}" if query else ""),
                    content=None
                    if body is None
                    else json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode(),
                    extensions={"trace": trace},
                )
        except (TimeoutError, httpx.HTTPError) as exc:
            if not left:
                raise LinkError(url, f"cannot connect ({_words(exc)})", hint=_CONNECT_HINT) from exc
            if isinstance(exc, TimeoutError | httpx.TimeoutException):
                hint = ASK_AGAIN if method == "GET" else ""
                raise RequestTimeout(f"{method} {url}{path}", self._settings.timeout_s, hint=hint) from exc
            raise LinkClosed(url, f"the connection broke before the answer to {method} {path} came") from exc
        self._take_notes(response)
        return response

    def _take_notes(self, response: httpx.Response) -> None:
        self.simulator_mark = response.headers.get(SIMULATOR_HEADER, self.simulator_mark)
        try:
            server_time = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            return
        self._server_less_steady_s = server_time.timestamp() + 0.5 - self._steady()  # the header cuts to whole seconds


def encode_query(query: Query) -> str:
    """The query as the official SDK writes it: only letters, digits and ``*-._`` stand for themselves, a blank is +."""
    return "&".join(f"{key}={quote(value, safe='*-._ ').replace('~', '%7E').replace(' ', '+')}" for key, value in query)


def _data(response: httpx.Response, endpoint: str, url: str) -> object:
    """What the envelope holds, or the error that it tells."""
    status, trace_id = response.status_code, response.headers.get("x-trace-id", "")
    envelope = _envelope(response)
    if envelope is None:
        return _not_an_envelope(response, endpoint, url, trace_id)
    code, message = int(envelope["code"]), str(envelope.get("message") or "")
    if code == 0:
        return envelope.get("data")
    if status == HTTPStatus.TOO_MANY_REQUESTS or code // 1000 == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(code, message, endpoint=endpoint, trace_id=trace_id, hint="Wait a moment.")
    if status == HTTPStatus.UNAUTHORIZED or code // 1000 == HTTPStatus.UNAUTHORIZED or code in _AUTH_HINTS:
        reason = f"{endpoint}: the server refused the credentials with code {code}: {message or 'no message'}"
        raise AuthFailed(url, reason, hint=_AUTH_HINTS.get(code, _AUTH_HINT))
    raise ServerRejected(code, message, endpoint=endpoint, trace_id=trace_id)


def _envelope(response: httpx.Response) -> dict[str, Any] | None:
    """The reply as an envelope: an object with a whole number as its code; None for anything else."""
    try:
        reply = json.loads(response.content, parse_float=str)  # decimals stay the text that they are
        int(reply["code"])
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):  # JSON may say Infinity
        return None
    return cast("dict[str, Any]", reply)


def _not_an_envelope(response: httpx.Response, endpoint: str, url: str, trace_id: str) -> NoReturn:
    """What came from a gateway, or from a server of another kind."""
    status = response.status_code
    words = re.sub(r"<[^>]*>|[^\x20-\x7e]", " ", response.text[: _EXCERPT_CHARS * 10])
    excerpt = " ".join(words.split())[:_EXCERPT_CHARS] or "an empty reply"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise RateLimited(status, excerpt, endpoint=endpoint, trace_id=trace_id, hint="Wait a moment.")
    if response.request.method != "GET" and not 300 <= status < 500:  # a gateway gave up, or cut the answer
        raise LinkClosed(url, f"{endpoint} was sent, and HTTP {status} came instead of an answer: {excerpt}")
    hint = f"Does {url} name a LongPort or Longbridge server?"
    raise ServerRejected(status, f"HTTP {status}, not an answer of the API: {excerpt}", endpoint=endpoint, hint=hint)


def _words(exc: Exception) -> str:
    """A short reason; some transport errors have no text."""
    return str(exc) or type(exc).__name__
