"""The watchlist of the account: groups of securities, and those pinned to the top (longport.md 9). Knows no sockets.

One group, ``all``, is always there and holds every security that is watched; the others are chosen from it. A security
that leaves a group stays watched, unless the group is deleted with ``purge`` or it leaves ``all``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import cast

from lpresearch.base.errors import SymbolError
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.http_params import Json, Params, bad

ALL_ID, FIRST_ID = 1, 10_001
ALL_NAME = "all"
MODES = ("add", "remove", "replace")


@dataclass
class Group:
    """Some securities under a name, in their order."""

    name: str
    symbols: list[str] = field(default_factory=list)


class Watchlist:
    """Groups and pins; each change answers one request.

    Parameters
    ----------
    market : names and prices of what is watched.
    now : epoch seconds of the simulated time.
    """

    def __init__(self, market: Market, now: Callable[[], float]) -> None:
        self._market = market
        self._now = now
        self._groups = {ALL_ID: Group(ALL_NAME)}
        self._watched: dict[str, tuple[str, int]] = {}  # the price and the time at which each was taken in
        self._pinned: list[str] = []
        self.endpoints = {
            ("GET", "/v1/watchlist/groups"): self._list,
            ("POST", "/v1/watchlist/groups"): self._create,
            ("PUT", "/v1/watchlist/groups"): self._update,
            ("DELETE", "/v1/watchlist/groups"): self._delete,
            ("POST", "/v1/watchlist/pinned"): self._pin,
        }

    def snapshot(self) -> dict[str, object]:
        """All there is, as JSON values, for ``restore``."""
        return {
            "groups": [[number, group.name, list(group.symbols)] for number, group in self._groups.items()],
            "watched": {symbol: list(taken) for symbol, taken in self._watched.items()},
            "pinned": list(self._pinned),
        }

    def restore(self, kept: Mapping[str, object]) -> None:
        """Be again what a snapshot was taken of."""
        groups = cast("list[tuple[int, str, list[str]]]", kept["groups"])
        watched = cast("dict[str, tuple[str, int]]", kept["watched"])
        self._groups = {number: Group(name, list(symbols)) for number, name, symbols in groups}
        self._watched = {symbol: (price, moment) for symbol, (price, moment) in watched.items()}
        self._pinned = list(cast("list[str]", kept["pinned"]))

    def _list(self, asked: Params) -> Json:
        return {
            "groups": [
                {"id": str(number), "name": group.name, "securities": self._securities(group, asked.language)}
                for number, group in self._groups.items()
            ]
        }

    def _create(self, asked: Params) -> Json:
        name = asked.body_text("name")
        symbols = self._known(asked.body_texts("securities") or [])
        number = max(FIRST_ID - 1, *self._groups) + 1
        self._groups[number] = Group(name, symbols)
        self._watch(symbols)
        return {"id": str(number)}

    def _update(self, asked: Params) -> Json:
        number = asked.body_whole("id")
        group = self._group(number)
        name, symbols = asked.body_text("name", default=group.name), asked.body_texts("securities")
        mode = asked.body_text("mode", default="replace")
        if mode not in MODES:
            raise bad(f"mode {mode!r} is not one of {' '.join(MODES)}")
        if number == ALL_ID and name != ALL_NAME:
            raise bad(f"the group {ALL_NAME!r} keeps its name")
        if symbols is not None:
            self._change(group, mode, self._known(symbols), watched=number == ALL_ID)
        group.name = name
        return {}

    def _delete(self, asked: Params) -> Json:
        number, purge = asked.whole("id"), asked.text("purge", default="false")
        if purge not in ("true", "false"):
            raise bad(f"purge {purge!r} is neither true nor false")
        if number == ALL_ID:
            raise bad(f"the group {ALL_NAME!r} cannot be deleted")
        group = self._group(number)
        del self._groups[number]
        if purge == "true":
            self._unwatch(group.symbols)
        return {}

    def _pin(self, asked: Params) -> Json:
        mode, symbols = asked.body_text("mode"), self._known(asked.body_texts("securities") or [])
        if mode not in ("add", "remove"):
            raise bad(f"mode {mode!r} is neither add nor remove")
        missing = [symbol for symbol in symbols if symbol not in self._watched]
        if missing and mode == "add":
            raise bad(f"securities that are not watched: {' '.join(missing)}")
        rest = [symbol for symbol in self._pinned if symbol not in symbols]
        self._pinned = symbols + rest if mode == "add" else rest
        return {}

    def _change(self, group: Group, mode: str, symbols: list[str], *, watched: bool) -> None:
        """Change what a group holds. ``watched``: it is the group of all, so what leaves it is watched no more."""
        before = list(group.symbols)
        if mode == "replace":
            group.symbols = symbols
        elif mode == "remove":
            group.symbols = [symbol for symbol in before if symbol not in symbols]
        else:
            group.symbols = before + [symbol for symbol in symbols if symbol not in before]
        self._watch(group.symbols)
        if watched:
            self._unwatch([symbol for symbol in before if symbol not in group.symbols])

    def _watch(self, symbols: Iterable[str]) -> None:
        everything = self._groups[ALL_ID].symbols
        for symbol in symbols:
            if symbol not in self._watched:
                self._watched[symbol] = (f"{self._market.last_price(symbol).normalize():f}", int(self._now()))
            if symbol not in everything:
                everything.append(symbol)

    def _unwatch(self, symbols: list[str]) -> None:
        for group in self._groups.values():
            group.symbols = [symbol for symbol in group.symbols if symbol not in symbols]
        self._pinned = [symbol for symbol in self._pinned if symbol not in symbols]
        for symbol in symbols:
            self._watched.pop(symbol, None)

    def _group(self, number: int) -> Group:
        if number not in self._groups:
            raise bad(f"no watchlist group has the id {number}")
        return self._groups[number]

    def _known(self, symbols: list[str]) -> list[str]:
        """The symbols in their one form, each once; Refusal where one is not listed."""
        found = list(dict.fromkeys(map(_canonical, symbols)))
        unknown = [symbol for symbol in found if self._market.listing(symbol) is None]
        if unknown:
            raise bad(f"symbols that are not listed: {' '.join(map(repr, unknown))}")
        return found

    def _securities(self, group: Group, language: str) -> list[Json]:
        """The rows of a group, pinned ones first; what is listed no more is passed over."""
        order = [symbol for symbol in self._pinned if symbol in group.symbols]
        order += [symbol for symbol in group.symbols if symbol not in self._pinned]
        rows = []
        for symbol in order:
            listing, (price, moment) = self._market.listing(symbol), self._watched[symbol]
            if listing is not None:
                rows.append(
                    {
                        "symbol": symbol,
                        "market": str(listing.market),
                        "name": _name(listing, language),
                        "watched_price": price,
                        "watched_at": str(moment),
                        "is_pinned": symbol in self._pinned,
                    }
                )
        return rows


def _name(listing: Listing, language: str) -> str:
    return {"zh-CN": listing.name_cn, "zh-HK": listing.name_hk}.get(language, listing.name_en)


def _canonical(symbol: str) -> str:
    """A symbol in its one form; what is none stays as it is, and is not listed."""
    try:
        return str(Symbol(symbol))
    except SymbolError:
        return symbol
