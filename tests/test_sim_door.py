"""One-time tokens and sessions of the simulated broker's links, and the way back in (longport.md 2.5, 3.3)."""

from __future__ import annotations

import pytest

from lpresearch.sim import serve
from lpresearch.sim.server.door import Door
from lpresearch.sim.server.limits import Limits
from lpresearch.wire.proto import control_pb2
from tests.sim_client import Client, Refused
from tests.test_sim_limits import Ticker
from tests.test_sim_rest import with_client


def test_a_token_opens_one_link_and_only_for_a_minute() -> None:
    ticker = Ticker()
    door = Door(Limits(), ticker)
    first, second, third = (door.issue_otp() for _ in range(3))
    assert door.redeem(first) is not None
    assert door.redeem(first) is None
    ticker.now += 59.9
    assert door.redeem(second) is not None
    ticker.now += 0.1
    assert door.redeem(third) is None


def test_a_session_can_be_resumed_for_a_day_and_each_time_under_a_new_id() -> None:
    ticker = Ticker()
    door = Door(Limits(), ticker)
    session = door.redeem(door.issue_otp())
    assert session is not None
    assert session.expires_ms == int((ticker.now + 86_400) * 1000)
    ticker.now += 86_399
    later = door.resume(session.id)
    assert later is not None
    assert later.id != session.id
    assert door.resume(session.id) is None
    ticker.now += 86_400
    assert door.resume(later.id) is None


def test_what_is_expired_on_request_opens_nothing() -> None:
    door = Door(Limits(), Ticker())
    otp, session = door.issue_otp(), door.redeem(door.issue_otp())
    assert session is not None
    door.expire()
    assert (door.redeem(otp), door.resume(session.id)) == (None, None)


def test_a_client_whose_session_has_expired_comes_in_again_by_a_new_token() -> None:
    """As the official SDKs do it: command 3 is refused, a further socket takes command 2."""

    async def work(one: Client) -> None:
        async with one.link() as wire:
            session = wire.session_id
        async with one.link(authenticated=False) as wire:
            with pytest.raises(Refused) as caught:
                await wire.ask(3, control_pb2.ReconnectRequest(session_id=session))
            assert (caught.value.status, caught.value.code) == (5, 401003)
            async with one.link() as another:
                assert another.session_id not in ("", session)
                assert await another.ask(8)

    with serve(limits=Limits(session_life_s=0.0)) as running:
        with_client(running, work)
