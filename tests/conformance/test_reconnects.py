"""Both official SDKs come back after each kind of break, and all that they had subscribed is pushed again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, closing
from functools import partial
from urllib.parse import urlsplit

import pytest

from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import Clock
from lpresearch.sim.server.limits import Limits
from tests.conformance.bench import BRANDS, START, talk
from tests.conformance.our_calls import wait_for
from tests.conformance.reconnect_calls import BREAKS, KINDS, SYMBOLS
from tests.tcp_proxy import TcpProxy

pytestmark = pytest.mark.slow  # the SDKs wait for two seconds before each attempt

PROGRAM = "tests.conformance.reconnect_calls"
CALENDAR = 9
LINKS = ("QUOTE", "TRADE")
SPEED = 30.0  # seconds of the market in one of ours, so that there is always something to push
#: What each link sends first after a break (longport.md 3.3); without a session that holds, it authenticates again.
RESUMED = {"quote": [3, 6], "trade": [3, 16]}
ANEW = {"quote": [3, 2, 6], "trade": [3, 2, 16]}


class Breakable:
    """A simulator behind a proxy that can cut its links; it can be started again in the same place."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.clock = Clock(start=START, speed=SPEED)
        self.server = self.start(0)
        self.proxy = TcpProxy(self.server.urls["quote_ws_url"])
        stack.callback(self.proxy.close)

    def start(self, port: int) -> Running:
        return self.stack.enter_context(serve(port=port, clock=self.clock, limits=Limits.unpaced()))

    def settings(self) -> dict[str, str]:
        """The links go through the proxy, HTTP does not."""
        through = {f"{kind}_WS_URL": self.proxy.through(self.server.urls[f"{kind.lower()}_ws_url"]) for kind in LINKS}
        return {f"{brand.upper()}_{name}": url for brand in BRANDS for name, url in through.items()}

    def break_links(self, how: str) -> None:
        """End both links in one of the ways."""
        if how == "expired session":
            self.server._server.door.expire()
        if how == "restarted server":
            port = urlsplit(self.server.urls["http_url"]).port
            assert port is not None
            self.server.close()
            self.server = self.start(port)
        else:
            self.proxy.cut()

    def wait_until_back(self, how: str, since: int) -> None:
        """Wait until both links are up again, and look at what each sent first."""
        for link, expected in (RESUMED if how == "cut" else ANEW).items():
            first = partial(self.first_commands, link, since, len(expected))
            assert wait_for(first) == expected, (how, link)

    def first_commands(self, link: str, since: int, count: int) -> list[int]:
        """So many packets of a link once they came, but for the calendars that 5.x asks for late."""
        heard = self.server.recorded[since:]
        found = [r.command for r in heard if r.link == link and r.kind == "ws" and r.command != CALENDAR]
        return found[:count] if len(found) >= count else []


@pytest.fixture
def breakable() -> Iterator[Breakable]:
    with ExitStack() as stack:
        yield Breakable(stack)


@pytest.mark.parametrize("brand", BRANDS)
def test_subscriptions_live_on_after_every_kind_of_break(breakable: Breakable, brand: str) -> None:
    told: dict[str, object] = {}
    price = json.dumps({"resting_price": "500"})
    program = talk(breakable.server, PROGRAM, brand, price, settings=breakable.settings())
    breaks = iter(BREAKS)
    with closing(program) as calls:
        for name, value in calls:
            told[name] = value
            if name == "connect":
                next(breaks)  # the first connection is no break
            elif name.startswith("order pushes") and (how := next(breaks, None)):
                since = 0 if how == "restarted server" else len(breakable.server.recorded)
                breakable.break_links(how)
                breakable.wait_until_back(how, since)
    for how in BREAKS:
        assert told[f"pushes after: {how}"] == list(KINDS), how
        assert told[f"order pushes after: {how}"] == ["WaitToNew", "New"], how
    assert told["subscriptions"] == sorted(SYMBOLS)
