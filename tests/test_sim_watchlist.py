"""The watchlist of the simulated account: groups and pins over HTTP (longport.md 9)."""

from __future__ import annotations

from typing import Any, cast

import pytest

from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.http_params import Params
from lpresearch.sim.server.refusal import Refusal
from lpresearch.sim.server.watchlist import Watchlist
from tests.test_sim_rest import NOW

GROUPS, PINNED = "/v1/watchlist/groups", "/v1/watchlist/pinned"


class Asked:
    """A watchlist, asked as over HTTP."""

    def __init__(self) -> None:
        self.clock = ManualClock(NOW)
        self.watchlist = Watchlist(Market(5, self.clock), self.clock.now)

    def ask(self, method: str, path: str = GROUPS, *, language: str = "en", query: str = "", **body: object) -> Any:
        """The data of an answer, or Refusal."""
        pairs = {name: [value] for name, _, value in (pair.partition("=") for pair in query.split("&") if pair)}
        return cast("Any", self.watchlist.endpoints[method, path](Params(pairs, body, language)))

    def groups(self) -> dict[str, list[str]]:
        """The symbols of each group, by its name."""
        return {
            group["name"]: [security["symbol"] for security in group["securities"]]
            for group in self.ask("GET")["groups"]
        }

    def create(self, name: str, *securities: str) -> int:
        """A new group's id."""
        return int(self.ask("POST", name=name, securities=list(securities))["id"])


@pytest.fixture
def asked() -> Asked:
    """A new account's watchlist."""
    return Asked()


def test_a_new_account_watches_nothing(asked: Asked) -> None:
    assert asked.ask("GET") == {"groups": [{"id": "1", "name": "all", "securities": []}]}


def test_a_group_keeps_its_order_and_tells_price_and_time_of_the_first_watching(asked: Asked) -> None:
    price = asked.watchlist._market.last_price("700.HK")
    asked.create("first", "AAPL.US", "00700.HK")
    asked.clock.advance(3600)
    asked.create("second", "700.HK", "700.HK")
    assert asked.groups() == {"all": ["AAPL.US", "700.HK"], "first": ["AAPL.US", "700.HK"], "second": ["700.HK"]}
    (row,) = asked.ask("GET", language="zh-HK")["groups"][2]["securities"]
    assert row == {
        "symbol": "700.HK",
        "market": "HK",
        "name": "騰訊控股",
        "watched_price": f"{price.normalize():f}",
        "watched_at": str(int(NOW)),
        "is_pinned": False,
    }


@pytest.mark.parametrize(
    ("mode", "after"),
    [
        ("add", ["AAPL.US", "TSLA.US", "700.HK"]),
        ("remove", ["TSLA.US"]),
        ("replace", ["700.HK", "AAPL.US"]),
        (None, ["700.HK", "AAPL.US"]),
    ],
)
def test_a_group_is_changed_in_three_modes(asked: Asked, mode: str | None, after: list[str]) -> None:
    number = asked.create("mine", "AAPL.US", "TSLA.US")
    assert asked.ask("PUT", id=number, securities=["700.HK", "AAPL.US"], mode=mode) == {}
    assert asked.groups()["mine"] == after
    assert {"AAPL.US", "TSLA.US"} <= set(asked.groups()["all"])


def test_a_group_is_renamed_without_its_securities_being_named(asked: Asked) -> None:
    number = asked.create("mine", "AAPL.US")
    asked.ask("PUT", id=str(number), name="ours")
    assert asked.groups() == {"all": ["AAPL.US"], "ours": ["AAPL.US"]}


@pytest.mark.parametrize(("purge", "left"), [("true", ["TSLA.US"]), ("false", ["AAPL.US", "TSLA.US"])])
def test_a_deleted_group_takes_its_securities_along_only_if_purged(asked: Asked, purge: str, left: list[str]) -> None:
    number = asked.create("mine", "AAPL.US")
    asked.create("other", "TSLA.US", "AAPL.US")
    assert asked.ask("DELETE", query=f"id={number}&purge={purge}") == {}
    assert sorted(asked.groups()["all"]) == sorted(asked.groups()["other"]) == left


def test_what_leaves_the_group_of_all_leaves_every_group(asked: Asked) -> None:
    asked.create("mine", "AAPL.US", "TSLA.US")
    asked.ask("PUT", id=1, securities=["AAPL.US"], mode="remove")
    assert asked.groups() == {"all": ["TSLA.US"], "mine": ["TSLA.US"]}


def test_pinned_securities_come_first_until_they_are_unpinned(asked: Asked) -> None:
    asked.create("mine", "AAPL.US", "TSLA.US", "700.HK")
    asked.ask("POST", PINNED, mode="add", securities=["700.HK"])
    asked.ask("POST", PINNED, mode="add", securities=["TSLA.US"])
    rows = asked.ask("GET")["groups"][1]["securities"]
    assert [(row["symbol"], row["is_pinned"]) for row in rows] == [
        ("TSLA.US", True),
        ("700.HK", True),
        ("AAPL.US", False),
    ]
    asked.ask("POST", PINNED, mode="remove", securities=["TSLA.US", "700.HK"])
    assert asked.groups()["mine"] == ["AAPL.US", "TSLA.US", "700.HK"]


@pytest.mark.parametrize(
    ("method", "path", "query", "body", "words"),
    [
        ("POST", GROUPS, "", {"securities": []}, "name is required"),
        ("POST", GROUPS, "", {"name": 5}, "name is not a text"),
        ("POST", GROUPS, "", {"name": "x", "securities": "AAPL.US"}, "securities is not a list of texts"),
        ("POST", GROUPS, "", {"name": "x", "securities": ["NOPE.US", "AAPL"]}, "'NOPE.US' 'AAPL'"),
        ("PUT", GROUPS, "", {"name": "x"}, "id is not a whole number"),
        ("PUT", GROUPS, "", {"id": 99}, "no watchlist group has the id 99"),
        ("PUT", GROUPS, "", {"id": 1, "name": "x"}, "'all' keeps its name"),
        ("PUT", GROUPS, "", {"id": 1, "securities": [], "mode": "shuffle"}, "mode 'shuffle'"),
        ("DELETE", GROUPS, "", {}, "id is required"),
        ("DELETE", GROUPS, "id=1", {}, "cannot be deleted"),
        ("DELETE", GROUPS, "id=7&purge=maybe", {}, "purge 'maybe'"),
        ("POST", PINNED, "", {"mode": "add", "securities": ["AAPL.US"]}, "not watched: AAPL.US"),
        ("POST", PINNED, "", {"mode": "replace"}, "neither add nor remove"),
    ],
)
def test_a_wrong_parameter_is_named(
    asked: Asked, method: str, path: str, query: str, body: dict[str, object], words: str
) -> None:
    before = asked.watchlist.snapshot()
    with pytest.raises(Refusal, match=words) as caught:
        asked.ask(method, path, query=query, **cast("Any", body))
    assert (caught.value.http_status, caught.value.code) == (400, 400000)
    assert asked.watchlist.snapshot() == before


def test_a_watchlist_is_restored_as_it_was(asked: Asked) -> None:
    asked.create("mine", "AAPL.US", "TSLA.US")
    asked.ask("POST", PINNED, mode="add", securities=["TSLA.US"])
    later = Asked()
    later.watchlist.restore(asked.watchlist.snapshot())
    assert later.ask("GET") == asked.ask("GET")
    assert later.create("next") == 10_002
