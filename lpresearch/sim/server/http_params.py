"""What an HTTP request asks: the parameters of its query and the JSON object of its body, each read by its type.

The endpoints of quotes and watchlist read them here. The broker publishes no code for a wrong parameter of these, so
that 400000 is the simulator's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from lpresearch.base.errors import SymbolError
from lpresearch.base.markets import Market
from lpresearch.base.symbols import Symbol
from lpresearch.sim.server.refusal import Refusal

PARAMETER_ERROR = 400000
EARLIEST_S = 1_262_304_000  # 2010: nothing older is told
MOST_DIGITS = 18  # of a whole number: more would not be one of 64 bits

Json = dict[str, object]


def bad(message: str) -> Refusal:
    """The refusal of a parameter."""
    return Refusal(400, PARAMETER_ERROR, f"bad parameter: {message}")


@dataclass(frozen=True)
class Params:
    """Query and body of a request; null and empty values count as absent.

    ``language`` is that of the answer, ``origin`` the URL of the server as the client knows it.
    """

    query: Mapping[str, Sequence[str]]
    body: Mapping[str, object]
    language: str = "en"
    origin: str = ""

    def text(self, name: str, *, default: str | None = None) -> str:
        """A parameter of the query; Refusal where it is missing and has no default."""
        values = [value for value in self.query.get(name, ()) if value]
        if not values and default is None:
            raise bad(f"{name} is required")
        return values[0] if values else default or ""

    def whole(self, name: str, default: int | None = None, *, low: int = 0, high: int | None = None) -> int:
        """A whole number of the query, within bounds."""
        text = self.text(name, default=None if default is None else str(default))
        if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
            raise bad(f"{name} {text!r} is not a whole number")
        number = int(text)
        if number < low or (high is not None and number > high):
            raise bad(f"{name} {text} is {'below ' + str(low) if number < low else 'above ' + str(high)}")
        return number

    def market(self) -> Market:
        """The market that the query names."""
        text = self.text("market")
        if text not in set(Market):
            raise bad(f"market {text!r} is not one of {' '.join(Market)}")
        return Market(text)

    def symbol(self, name: str = "symbol", *, counter: str = "counter_id") -> str:
        """The symbol that the query names, as such or as some SDKs do: ``ST/US/AAPL`` is AAPL.US."""
        text = self.text(name, default="")
        if not text:
            parts = self.text(counter).split("/")
            text = f"{parts[-1]}.{parts[1]}" if len(parts) == 3 else "/".join(parts)
        try:
            return str(Symbol(text))
        except SymbolError:
            raise bad(f"symbol {text!r} is none") from None

    def moment(self, name: str, now: float) -> float:
        """A moment of the query in epoch seconds, now at the latest; now where it is missing or 0."""
        moment = self.whole(name, 0) or now
        if moment < EARLIEST_S:
            raise bad(f"{name} {moment} is below {EARLIEST_S}")
        return min(float(moment), now)

    def body_text(self, name: str, *, default: str | None = None) -> str:
        """A text of the body."""
        value = self.body.get(name)
        if value in (None, ""):
            if default is None:
                raise bad(f"{name} is required")
            return default
        if not isinstance(value, str):
            raise bad(f"{name} is not a text")
        return value

    def body_whole(self, name: str) -> int:
        """A whole number of the body, as a number or as text."""
        value = self.body.get(name)
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= MOST_DIGITS:
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise bad(f"{name} is not a whole number")
        return value

    def body_texts(self, name: str) -> list[str] | None:
        """A list of texts of the body; None where it is absent."""
        value = self.body.get(name)
        if value is None:
            return None
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise bad(f"{name} is not a list of texts")
        return list(value)


def query_of(text: str) -> list[tuple[str, str]]:
    """The pairs of a raw query, in their order."""
    try:
        return parse_qsl(text, keep_blank_values=True)
    except ValueError:  # more pairs than anybody sends
        raise bad("the query is not one") from None


def lists_of(query: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """The values of each name of a query."""
    lists: dict[str, list[str]] = {}
    for name, value in query:
        lists.setdefault(name, []).append(value)
    return lists


def json_object(body: bytes, *, code: int) -> Json:
    """The JSON object of a body; an empty one for no body.

    Parameters
    ----------
    code : of the refusal of anything else.
    """
    if not body:
        return {}
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(400, code, "the body is not JSON") from None
    if not isinstance(value, dict):
        raise Refusal(400, code, "the body is not a JSON object")
    return value
