"""One fault as a value: what happens, and to which packets and requests. Does nothing itself."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from lpresearch.base.errors import InputError
from lpresearch.base.symbols import Symbol

Place = Literal["quote", "trade", "http"]
LINKS: tuple[Place, ...] = ("quote", "trade")
PLACES: tuple[Place, ...] = get_args(Place)
ALWAYS: Literal["always"] = "always"

NEW = "NewStatus"  # of an order, as it is pushed (longport.md 8)
AUTH, RECONNECT = 2, 3
MOST_SECONDS = 86_400
LEAST_HTTP_STATUS, MOST_LINK_STATUS = 400, 255


class Kind(StrEnum):
    """What happens."""

    DROP = "drop"
    DELAY = "delay"
    CUT = "cut"
    REORDER = "reorder"
    DUPLICATE = "duplicate"
    GARBLE = "garble"
    SILENCE = "silence"
    REFUSE = "refuse"
    REFUSE_AUTH = "refuse_auth"
    EXPIRE_SESSION = "expire_session"
    LOSE_REPLY = "lose_reply"
    FILLED_FIRST = "filled_first"


@dataclass(frozen=True)
class Effect:
    """What is known of a kind: where it can strike, before the request is carried out or not, and what it is told."""

    places: tuple[Place, ...]
    takes: tuple[str, ...] = ()
    before: tuple[Place, ...] = ()  # where the request is not carried out


#: What each does is told in the README.
EFFECTS: Mapping[Kind, Effect] = {
    Kind.DROP: Effect(PLACES, before=("http",)),
    Kind.DELAY: Effect(PLACES, ("seconds",)),
    Kind.CUT: Effect(PLACES),
    Kind.REORDER: Effect(LINKS, ("seconds",)),
    Kind.DUPLICATE: Effect(LINKS),
    Kind.GARBLE: Effect(PLACES),
    Kind.SILENCE: Effect(PLACES, ("seconds",), before=("http",)),
    Kind.REFUSE: Effect(PLACES, ("status", "code", "message", "json"), before=PLACES),
    Kind.REFUSE_AUTH: Effect(PLACES, before=PLACES),
    Kind.EXPIRE_SESSION: Effect(PLACES, before=("http",)),
    Kind.LOSE_REPLY: Effect(("http",), ("status",)),
    Kind.FILLED_FIRST: Effect(("trade",)),
}


@dataclass(frozen=True)
class Occurrence:
    """A packet or a request that a fault may strike. ``order``: the order and its state that a push tells of."""

    place: Place
    command: int | None = None
    method: str | None = None
    path: str | None = None
    symbols: frozenset[str] = frozenset()
    order: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Fault:
    """What is to happen, and to what. Of everything that fits the selector, it strikes the ``nth`` and those after it.

    Parameters
    ----------
    kind : a value of ``Kind``, such as ``cut``.
    on : ``quote``, ``trade`` or ``http``; None for wherever the kind can strike.
    command : of the links: that of the push, or of the request that is answered.
    method, path : of HTTP: ``POST``, ``/v1/trade/order``.
    symbol : what it must be about.
    nth : the first that is struck, from 1.
    times : how many are struck, or ``always``.
    probability : of each that is due; drawn from the seed of the simulator.
    seconds : how long a delay or a silence lasts, or the longest that a reordered packet waits to be overtaken.
    status, code, message : of the answer of ``refuse``; the status of a gateway's page in place of a lost reply.
    json : whether ``refuse`` answers as the broker does, or as a gateway before it; HTTP only.
    """

    kind: str
    on: Place | None = None
    command: int | None = None
    method: str | None = None
    path: str | None = None
    symbol: str | None = None
    nth: int = 1
    times: int | Literal["always"] = 1
    probability: float = 1.0
    seconds: float | None = None
    status: int | None = None
    code: int | None = None
    message: str | None = None
    json: bool | None = None

    def __post_init__(self) -> None:
        _check(self)
        if self.symbol is not None:
            object.__setattr__(self, "symbol", str(Symbol(self.symbol)))  # SymbolError names the parameter

    @property
    def effect(self) -> Effect:
        """What is known of its kind."""
        return EFFECTS[Kind(self.kind)]

    def fits(self, what: Occurrence) -> bool:
        """Whether the selector means it."""
        return (
            what.place in self.effect.places
            and self.on in (None, what.place)
            and self.command in (None, what.command)
            and self.method in (None, what.method)
            and self.path in (None, what.path)
            and (self.symbol is None or self.symbol in what.symbols)
            and self._fits_kind(what)
        )

    def _fits_kind(self, what: Occurrence) -> bool:
        """Of a link, the way in is refused by one kind and all else by another; of an order, it must be a new one."""
        is_way_in = what.command in (AUTH, RECONNECT)
        if what.place == "http":
            return True
        if self.kind == Kind.FILLED_FIRST:
            return what.order[1] == NEW
        return {Kind.REFUSE_AUTH: is_way_in, Kind.REFUSE: not is_way_in}.get(Kind(self.kind), True)


SELECTOR = ("on", "command", "method", "path", "symbol", "nth", "times", "probability")
KEYS = ("kind", *SELECTOR, "seconds", "status", "code", "message", "json")

#: Key -> what its value must be, in words and as a test.
_RULES: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "command": ("it is the number of a command, 0 to 255", lambda value: _is_whole(value, 0, 255)),
    "method": ("it is GET, POST, PUT or DELETE", lambda value: value in ("GET", "POST", "PUT", "DELETE")),
    "path": ("it is a text that begins with / and has no query", lambda value: _is_path(value)),
    "symbol": ("it is a symbol such as '700.HK'", lambda value: isinstance(value, str)),
    "nth": ("it is a whole number of at least 1", lambda value: _is_whole(value, 1)),
    "times": ("it is a whole number of at least 1, or 'always'", lambda value: value == ALWAYS or _is_whole(value, 1)),
    "probability": ("it is above 0 and at most 1", lambda value: _is_within(value, 0, 1) and value != 0),
    "seconds": (f"it is a number of seconds, 0 to {MOST_SECONDS}", lambda value: _is_within(value, 0, MOST_SECONDS)),
    "status": ("it is 400 to 599 over HTTP, and 1 to 255 on a link", lambda value: _is_whole(value, 1, 599)),
    "code": ("it is a whole number of at least 1", lambda value: _is_whole(value, 1)),
    "message": ("it is a text", lambda value: isinstance(value, str)),
    "json": ("it is true or false", lambda value: isinstance(value, bool)),
}


def _check(fault: Fault) -> None:
    """Raise InputError for the first key that cannot be."""
    if not isinstance(fault.kind, str) or fault.kind not in set(Kind):
        raise InputError("kind", fault.kind, f"it is one of {', '.join(Kind)}")
    effect = fault.effect
    if fault.on is not None and fault.on not in effect.places:
        raise InputError("on", fault.on, f"{fault.kind} strikes {' or '.join(effect.places)}")
    for key, (rule, holds) in _RULES.items():
        value = getattr(fault, key)
        if value is None:
            continue
        if key not in SELECTOR and key not in effect.takes:
            taken = ", ".join(effect.takes) or "nothing"
            raise InputError(key, value, f"{fault.kind} takes {taken} besides its selector", hint="Leave it out.")
        if not holds(value):
            raise InputError(key, value, rule)
    _check_place(fault)


def _check_place(fault: Fault) -> None:
    """Raise InputError for a key that belongs to HTTP or to the links, where the fault is of the others."""
    of_link = fault.on in LINKS or fault.command is not None
    if fault.command is not None and fault.on == "http":
        raise InputError("command", fault.command, "commands are of the links", hint="Use method and path.")
    for key in ("method", "path", "json"):
        value = getattr(fault, key)
        if value is not None and (of_link or "http" not in fault.effect.places):
            raise InputError(key, value, "it is of HTTP, not of a link", hint="Leave it out, or set on = 'http'.")
    if fault.status is not None and (fault.status > MOST_LINK_STATUS if of_link else fault.status < LEAST_HTTP_STATUS):
        raise InputError("status", fault.status, _RULES["status"][0], hint="Say by on which of them is meant.")


def _is_whole(value: object, least: int, most: float = math.inf) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def _is_within(value: object, least: float, most: float) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _is_path(value: object) -> bool:
    return isinstance(value, str) and value.startswith("/") and "?" not in value
