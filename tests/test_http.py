"""Signed HTTP: what is sent, and what each kind of reply or failure becomes."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web

from lpresearch.base.errors import (
    AuthFailed,
    LinkClosed,
    LinkError,
    LpError,
    RateLimited,
    RequestTimeout,
    ServerRejected,
)
from lpresearch.base.settings import Settings
from lpresearch.net.http import Http
from lpresearch.wire.signing import sign
from tests.fake_server import FakeServer, closed_port_url, envelope

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SteppingClock:
    """Epoch seconds that pass only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.25
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, delay_s: float) -> None:
        self.slept.append(delay_s)
        self.now += delay_s


async def ask(server: FakeServer, handler: Handler, method: str = "GET", **request: Any) -> object:
    """One request against a handler, with a clock that needs no waiting."""
    server.http = handler
    time = SteppingClock()
    http = Http(server.settings(timeout_s=request.pop("timeout_s", 10.0)), clock=time.clock, sleep=time.sleep)
    try:
        return await http.request(method, "/v1/test", **request)
    finally:
        await http.close()


def answering(*replies: web.Response) -> Handler:
    """Each reply in turn, the last one again and again."""
    left = list(replies)

    async def handler(request: web.Request) -> web.StreamResponse:
        reply = left.pop(0) if len(left) > 1 else left[0]
        return web.Response(
            body=reply.body,
            status=reply.status,
            headers=reply.headers,
            content_type=None if reply.headers else "text/html",
        )

    return handler


def run(scene: Callable[[FakeServer], Awaitable[None]]) -> None:
    async def whole() -> None:
        async with FakeServer() as server:
            await scene(server)

    asyncio.run(whole())


def test_a_request_carries_the_documented_headers_and_a_true_signature() -> None:
    async def scene(server: FakeServer) -> None:
        query = [("symbol", "700.HK"), ("symbol", "A B/~é*-._C.US")]
        assert await ask(server, answering(envelope({"list": []})), query=query) == {"list": []}
        [request] = server.requests
        assert request.raw_path == "/v1/test?symbol=700.HK&symbol=A+B%2F%7E%C3%A9*-._C.US"
        headers = {name.lower(): value for name, value in request.headers.items()}
        expected_signature = sign(
            "GET",
            "/v1/test",
            request.raw_path.partition("?")[2],
            None,
            app_key="key-00000001",
            app_secret="secret-00000001",
            access_token="token-0001",
            timestamp="1700000000",
        )
        assert headers == {
            "host": f"127.0.0.1:{server.port}",
            "connection": "keep-alive",
            "accept": "*/*",
            "accept-language": "en",
            "content-type": "application/json; charset=utf-8",
            "user-agent": "openapi-sdk",
            "x-dc-region": "ap",
            "x-api-key": "key-00000001",
            "authorization": "token-0001",
            "x-timestamp": "1700000000",
            "x-api-signature": expected_signature,
        }

    run(scene)


def test_a_body_is_compact_json_and_signed() -> None:
    async def scene(server: FakeServer) -> None:
        body: dict[str, object] = {"symbol": "700.HK", "submitted_quantity": "200", "remark": "早"}
        await ask(server, answering(envelope({})), "POST", body=body)
        assert server.bodies == ['{"symbol":"700.HK","submitted_quantity":"200","remark":"早"}'.encode()]
        expected = sign(
            "POST",
            "/v1/test",
            "",
            server.bodies[0],
            app_key="key-00000001",
            app_secret="secret-00000001",
            access_token="token-0001",
            timestamp="1700000000",
        )
        assert server.requests[0].headers["X-Api-Signature"] == expected

    run(scene)


def test_paper_and_us_accounts_say_so() -> None:
    async def scene(server: FakeServer) -> None:
        server.http = answering(envelope({}))
        http = Http(server.settings(paper=True, token="Bearer us_token-1"))
        await http.request("GET", "/v1/test")
        await http.close()
        headers = server.requests[0].headers
        assert (headers["x-papertrading"], headers["x-dc-region"]) == ("true", "us")

    run(scene)


# longport.md 2.4: HTTP status, code, error, and a word of the hint.
REFUSALS: list[tuple[int, int, type[LpError], str]] = [
    (403, 403201, AuthFailed, "secret"),
    (403, 403203, AuthFailed, "APP_KEY"),
    (403, 403205, AuthFailed, "address"),
    (401, 401003, AuthFailed, "expired"),
    (401, 401004, AuthFailed, "token"),
    (500, 500000, ServerRejected, ""),
    (200, 602001, ServerRejected, ""),
    (400, 310010, ServerRejected, ""),
    (403, 403202, ServerRejected, ""),
    (429, 429002, RateLimited, "Wait"),
    (200, 429001, RateLimited, "Wait"),
]


@pytest.mark.parametrize(("status", "code", "kind", "hint"), REFUSALS)
def test_a_code_becomes_its_error(status: int, code: int, kind: type[LpError], hint: str) -> None:
    async def scene(server: FakeServer) -> None:
        with pytest.raises(kind) as caught:
            await ask(server, answering(envelope(code=code, message="the reason", status=status)), "POST", body={})
        assert type(caught.value) is kind
        assert "the reason" in str(caught.value)
        assert str(code) in str(caught.value)
        assert hint in str(caught.value)
        assert len(server.requests) == 1
        if isinstance(caught.value, ServerRejected):
            assert (caught.value.code, caught.value.trace_id) == (code, "trace-1")

    run(scene)


def test_code_0_is_success_whatever_the_status_and_without_data() -> None:
    async def scene(server: FakeServer) -> None:
        assert await ask(server, answering(envelope({"a": 1}, status=400))) == {"a": 1}
        assert await ask(server, answering(web.json_response({"code": 0})), "PUT", body={}) is None

    run(scene)


def test_numbers_of_a_reply_keep_their_text() -> None:
    async def scene(server: FakeServer) -> None:
        text = '{"code":"0","data":{"price":0.10,"count":7}}'
        assert await ask(server, answering(web.Response(text=text))) == {"price": "0.10", "count": 7}

    run(scene)


@pytest.mark.parametrize("first", [envelope(code=429002, status=429), web.Response(text="slow down", status=429)])
def test_a_get_that_came_too_fast_is_asked_again_with_a_new_timestamp(first: web.Response) -> None:
    async def scene(server: FakeServer) -> None:
        assert await ask(server, answering(first, first, envelope({"ok": 1}))) == {"ok": 1}
        stamps = [int(request.headers["X-Timestamp"]) for request in server.requests]
        assert len(stamps) == len(set(stamps)) == 3
        assert len({request.headers["X-Api-Signature"] for request in server.requests}) == 3

    run(scene)


def test_a_get_that_stays_too_fast_ends_within_its_deadline() -> None:
    async def scene(server: FakeServer) -> None:
        with pytest.raises(RateLimited):
            await ask(server, answering(envelope(code=429002, status=429)))
        assert len(server.requests) == 6

    run(scene)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("reply", [envelope(code=429002, status=429), web.Response(text="", status=429)])
def test_what_changes_something_is_never_sent_twice(method: str, reply: web.Response) -> None:
    async def scene(server: FakeServer) -> None:
        with pytest.raises(RateLimited):
            await ask(server, answering(reply), method)
        assert len(server.requests) == 1

    run(scene)


def test_a_page_of_html_becomes_a_short_clean_excerpt() -> None:
    async def scene(server: FakeServer) -> None:
        page = "<html><body><h1>404\tNot\n Found</h1>" + "x" * 5000
        with pytest.raises(ServerRejected, match=r"HTTP 404, not an answer of the API: 404 Not Found x+\.") as caught:
            await ask(server, answering(web.Response(text=page, status=404)))
        assert caught.value.code == 404
        assert len(str(caught.value)) < 400

    run(scene)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", '{"message":"no code"}', '{"code":"x"}', '{"code":null}', '{"code":Infinity}', "{" * 5000],
)
def test_what_is_no_envelope_is_refused(text: str) -> None:
    async def scene(server: FakeServer) -> None:
        with pytest.raises(ServerRejected, match="not an answer of the API"):
            await ask(server, answering(web.Response(text=text)))

    run(scene)


def test_a_gateway_that_gives_up_leaves_the_outcome_of_a_post_unknown() -> None:
    async def scene(server: FakeServer) -> None:
        with pytest.raises(LinkClosed, match="HTTP 504"):
            await ask(server, answering(web.Response(text="gateway timeout", status=504)), "POST", body={})

    run(scene)


def test_a_redirect_is_not_followed() -> None:
    async def scene(server: FakeServer) -> None:
        moved = web.Response(status=302, headers={"Location": "/elsewhere"})
        with pytest.raises(ServerRejected, match="HTTP 302"):
            await ask(server, answering(moved))
        assert len(server.requests) == 1

    run(scene)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_refused_connection_is_a_link_error_and_nothing_was_sent(method: str) -> None:
    async def scene(server: FakeServer) -> None:
        settings = server.settings()
        http = Http(Settings(settings.credentials, closed_port_url("http"), "ws://x", "ws://x"))
        with pytest.raises(LinkError, match=r"http://127\.0\.0\.1:1: cannot connect.*Nothing was sent") as caught:
            await http.request(method, "/v1/test")
        await http.close()
        assert type(caught.value) is LinkError

    run(scene)


def test_a_host_that_does_not_exist_is_a_link_error() -> None:
    async def scene(server: FakeServer) -> None:
        settings = server.settings()
        http = Http(Settings(settings.credentials, "http://nowhere.invalid", "ws://x", "ws://x"))
        with pytest.raises(LinkError, match=r"nowhere\.invalid") as caught:
            await http.request("POST", "/v1/test", body={})
        await http.close()
        assert type(caught.value) is LinkError

    run(scene)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_silent_server_ends_in_a_timeout(method: str) -> None:
    async def silence(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async def scene(server: FakeServer) -> None:
        with pytest.raises(RequestTimeout, match=f"{method} .*no answer within 0.2 s") as caught:
            await ask(server, silence, method, timeout_s=0.2)
        assert ("Ask again" in str(caught.value)) is (method == "GET"), "an order is not to be sent again"
        assert len(server.requests) == 1

    run(scene)


async def hang_up(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


def test_a_post_whose_connection_breaks_has_an_unknown_outcome_and_is_not_sent_again() -> None:
    async def scene(server: FakeServer) -> None:
        with pytest.raises(LinkClosed, match="broke before the answer"):
            await ask(server, hang_up, "POST", body={})
        assert len(server.requests) == 1

    run(scene)


def test_a_get_whose_connection_breaks_is_asked_again() -> None:
    async def scene(server: FakeServer) -> None:
        async def once_broken(request: web.Request) -> web.StreamResponse:
            return await hang_up(request) if len(server.requests) == 1 else envelope({"ok": 1})

        assert await ask(server, once_broken) == {"ok": 1}

    run(scene)


def test_the_simulators_mark_and_the_clock_skew_are_noted() -> None:
    async def scene(server: FakeServer) -> None:
        reply = envelope({})
        reply.headers["x-lpresearch-simulator"] = "seed-7"
        reply.headers["Date"] = "Tue, 14 Nov 2023 22:13:30 GMT"  # 1 700 000 010
        server.http = answering(reply)
        now = [1_700_000_000.0]
        http = Http(server.settings(), clock=lambda: now[0], steady=lambda: 5.0)
        assert (http.simulator_mark, http.skew_s) == ("", None)
        await http.request("GET", "/v1/test")
        await http.close()
        assert http.simulator_mark == "seed-7"
        assert http.skew_s == pytest.approx(10.0, abs=0.51)
        now[0] -= 3600  # the user puts the clock right, or it jumps
        assert http.skew_s == pytest.approx(3610.0, abs=0.51)

    run(scene)


def test_secrets_reach_no_log_and_no_error(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async def scene(server: FakeServer) -> None:
        with pytest.raises(AuthFailed) as caught:
            await ask(server, answering(envelope(code=403201, status=403)))
        seen = caplog.text + repr(caught.value) + str(caught.value) + json.dumps(vars(caught.value), default=repr)
        for secret in ("key-00000001", "secret-00000001", "token-0001"):
            assert secret not in seen

    run(scene)
