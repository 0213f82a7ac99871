"""Keys, signatures and the life of the access token at the simulated broker (longport.md 2.1 to 2.5)."""

from __future__ import annotations

import pytest

from lpresearch.sim import serve
from lpresearch.sim.server.credentials import Credentials, Signed
from lpresearch.sim.server.door import Keys
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.refusal import Refusal
from lpresearch.wire.signing import sign
from tests.sim_client import Client
from tests.test_sim_limits import Ticker
from tests.test_sim_rest import with_client

DAY_S = 86_400.0


def credentials(ticker: Ticker, limits: Limits | None = None) -> Credentials:
    """Those of a fresh account."""
    return Credentials(Keys(), limits or Limits(), member_id=12345678, now=ticker)


def signed(ticker: Ticker, token: str = "sim-token", *, secret: str = "sim-secret", **headers: str) -> Signed:
    """A request, signed now."""
    timestamp = str(ticker.now)
    signature = sign(
        "GET",
        "/v1/asset/stock",
        "",
        None,
        app_key="sim-key",
        app_secret=secret,
        access_token=token,
        timestamp=timestamp,
    )
    given = {
        "X-Api-Key": "sim-key",
        "Authorization": token,
        "X-Timestamp": timestamp,
        "X-Api-Signature": signature,
    }
    return Signed("GET", "/v1/asset/stock", "", b"", given | headers)


def code(keeper: Credentials, request: Signed) -> int:
    """The code with which a request is refused; 0 where it passes. The status is the code's first half."""
    try:
        keeper.check(request)
    except Refusal as refusal:
        return refusal.code if refusal.http_status == refusal.code // 1000 else -1
    return 0


def test_a_request_passes_or_is_refused_by_what_is_wrong_with_it() -> None:
    ticker = Ticker()
    keeper = credentials(ticker)
    assert code(keeper, signed(ticker)) == 0
    assert code(keeper, signed(ticker, secret="another")) == 403201
    assert code(keeper, signed(ticker, **{"X-Timestamp": "1.5"})) == 403201
    assert code(keeper, signed(ticker, **{"X-Timestamp": "nan"})) == 403201
    assert code(keeper, signed(ticker, **{"X-Api-Key": "another"})) == 403203
    assert code(keeper, signed(ticker, "another")) == 401004


def test_a_bearer_token_needs_no_signature_but_is_refused_like_any_other() -> None:
    ticker = Ticker()
    keeper = credentials(ticker)

    def bearer(token: str, key: str = "sim-key") -> Signed:
        headers = {"X-Api-Key": key, "Authorization": f"Bearer {token}", "X-Timestamp": str(ticker.now)}
        return Signed("GET", "/v1/asset/stock", "", b"", headers)

    assert code(keeper, bearer("sim-token")) == 0
    assert code(keeper, bearer("another")) == 401004
    assert code(keeper, bearer("sim-token", key="another")) == 403203
    keeper.expire()
    assert code(keeper, bearer("sim-token")) == 401003


def test_a_token_lives_ninety_days() -> None:
    ticker = Ticker()
    keeper = credentials(ticker)
    ticker.now += 90 * DAY_S - 1
    assert code(keeper, signed(ticker)) == 0
    ticker.now += 1
    assert code(keeper, signed(ticker)) == 401003


def test_a_refreshed_token_works_and_the_old_one_ends() -> None:
    ticker = Ticker()
    keeper = credentials(ticker)
    answer = keeper.refresh("1970-03-01T00:00:00.5Z")
    new = str(answer["token"])
    assert code(keeper, signed(ticker)) == 401003
    assert code(keeper, signed(ticker, new)) == 0
    assert (answer["issued_at"], answer["expired_at"]) == ("1970-01-01T00:16:40Z", "1970-03-01T00:00:00Z")
    ticker.now = 59 * DAY_S + 1
    assert code(keeper, signed(ticker, new)) == 401003


@pytest.mark.parametrize("moment", ["1970-01-01T00:16:40Z", "soon", "20260101", "9999-12-31T23:59:59Z", "2150-01-01"])
def test_a_token_cannot_be_asked_for_a_time_that_is_none(moment: str) -> None:
    keeper = credentials(Ticker())
    if moment == "20260101":  # a date is a time too: its midnight
        keeper.refresh(moment)
        return
    with pytest.raises(Refusal, match="expired_at"):
        keeper.refresh(moment)
    assert keeper.keys == Keys()


def test_a_token_that_is_expired_on_request_is_refused() -> None:
    ticker = Ticker()
    keeper = credentials(ticker)
    keeper.expire()
    assert code(keeper, signed(ticker)) == 401003


def test_a_signature_that_comes_again_is_refused_only_on_request() -> None:
    """Both SDKs sign by whole seconds and may ask the same twice within one."""
    ticker = Ticker()
    keeper, strict = credentials(ticker), credentials(ticker, Limits(refuse_duplicates=True))
    request = signed(ticker)
    assert [code(keeper, request), code(keeper, request)] == [0, 0]
    assert [code(strict, request), code(strict, request)] == [0, 403202]
    ticker.now += 1
    assert code(strict, signed(ticker)) == 0


def test_the_token_of_an_earlier_life_is_taken_again() -> None:
    ticker = Ticker()
    earlier, later = credentials(ticker), credentials(ticker)
    token = str(earlier.refresh("")["token"])
    later.restore(earlier.snapshot())
    assert code(later, signed(ticker, token)) == 0
    assert code(later, signed(ticker)) == 401003


def test_a_program_refreshes_its_token_over_http_and_goes_on_with_the_new_one() -> None:
    async def work(one: Client) -> None:
        data = await one.data("GET", "/v1/token/refresh", query="expired_at=2030-01-01T00%3A00%3A00.000000001Z")
        assert set(data) == {"token", "expired_at", "issued_at", "account_info"}
        status, envelope, _ = await one.rest("GET", "/v1/asset/stock")
        assert (status, envelope["code"]) == (401, 401003)
        status, envelope, _ = await one.rest("GET", "/v1/asset/stock", keys={"access_token": str(data["token"])})
        assert (status, envelope["code"]) == (200, 0)

    with serve() as running:
        with_client(running, work)
        assert running.environment()["LONGPORT_ACCESS_TOKEN"].startswith("sim_")


def test_too_many_requests_of_one_address_are_refused_where_that_is_wanted() -> None:
    async def work(one: Client) -> None:
        assert (await one.rest("GET", "/v1/socket/token"))[0] == 200
        status, envelope, _ = await one.rest("GET", "/v1/socket/token")
        assert (status, envelope["code"]) == (429, 429001)

    with serve(limits=Limits(address_calls_per_s=0.001)) as running:
        with_client(running, work)


def test_trade_requests_that_come_too_fast_are_refused_in_an_envelope() -> None:
    async def work(one: Client) -> None:
        found = [(await one.rest("GET", "/v1/asset/stock")) for _ in range(3)]
        assert [(status, envelope["code"]) for status, envelope, _ in found] == [(200, 0), (200, 0), (429, 429002)]

    with serve(limits=Limits(trade_calls=2)) as running:
        with_client(running, work)
