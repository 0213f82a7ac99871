"""Every error that leaves the package on purpose, and nothing else.

::

    LpError
    ├── ConfigError (ValueError)         credentials or settings that cannot work
    ├── InputError (ValueError)          an argument that breaks a rule
    │   ├── SymbolError                  malformed or unknown symbols
    │   ├── DateRangeError               a start, end or count that cannot be answered
    │   └── TicketRejected               an order ticket with one or more problems
    ├── LinkError (ConnectionError)      the server cannot be reached or went away
    │   ├── AuthFailed                   the server refused the credentials
    │   ├── LinkClosed                   the link closed before the answer came
    │   └── LinkTaken                    the account's one link is in use elsewhere
    ├── RequestTimeout (TimeoutError)    no answer within the deadline
    ├── ServerRejected                   the server answered with an error code
    │   ├── RateLimited
    │   ├── NoQuotes
    │   ├── NoPermission
    │   └── SubscriptionLimit
    ├── QuotaExhausted                   the history quota would be exceeded; nothing was sent
    ├── TradingDisabled                  orders to a real account are not armed; nothing was sent
    ├── DuplicateOrder                   the same order was sent moments ago; nothing was sent
    ├── OrderOutcomeUnknown              an order may or may not have reached the broker
    ├── StoreError                       the candle store on disk
    │   ├── StoreLocked
    │   └── StoreCorrupt
    ├── WireError                        bytes that are not the protocol
    └── UsageError (RuntimeError)        a call at a time or place where it cannot work

The text of an error is made from its fields: what was given, which rule it breaks, what to do next.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

_DOUBLE_STOP = re.compile(r"(?<!\.)([.?!])\.(?=\s|\Z)")  # three dots are meant


def _sentence(*parts: str) -> str:
    """Join the parts that say something into one line; a server's words may bring a full stop of their own."""
    line = " ".join(part.strip() for part in parts if part and part.strip())
    return _DOUBLE_STOP.sub(r"\1", line)


class LpError(Exception):
    """The root of all errors that lpresearch raises on purpose."""


class ConfigError(LpError, ValueError):
    """Credentials or settings that cannot work, or are half given.

    Parameters
    ----------
    problem : what is wrong, with the name of the setting.
    hint : the next step.
    """

    def __init__(self, problem: str, *, hint: str = "") -> None:
        self.problem = problem
        self.hint = hint
        super().__init__(_sentence(problem, hint))


@dataclass(frozen=True)
class Problem:
    """One broken rule: the parameter, the value given, the rule, and what to do."""

    parameter: str
    value: object
    rule: str
    hint: str = ""

    def __str__(self) -> str:
        return _sentence(f"{self.parameter}={self.value!r}: {self.rule}.", self.hint)


class InputError(LpError, ValueError):
    """An argument that breaks a rule: names the parameter, the value, the rule and the next step."""

    def __init__(self, parameter: str, value: object, rule: str, *, hint: str = "") -> None:
        self.problem = Problem(parameter, value, rule, hint)
        self.parameter = parameter
        self.value = value
        self.rule = rule
        self.hint = hint
        super().__init__(str(self.problem))


class SymbolError(InputError):
    """A symbol that is malformed, or that the broker does not know."""

    def of(self, parameter: str) -> SymbolError:
        """The same of another parameter: the broker does not know what the user's was called."""
        return SymbolError(parameter, self.value, self.rule, hint=self.hint)


class DateRangeError(InputError):
    """A start, end or count that contradicts the others, or reaches where the broker has no bars."""


class TicketRejected(InputError):
    """An order ticket that breaks rules; ``problems`` lists every one of them. Nothing was sent."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first = self.problems[0]
        super().__init__(first.parameter, first.value, first.rule, hint=first.hint)
        lines = "\n".join(f"  - {problem}" for problem in self.problems)
        self.args = (f"The ticket was not sent, {len(self.problems)} problem(s):\n{lines}",)


class LinkError(LpError, ConnectionError):
    """The server cannot be reached, or the connection to it broke.

    Parameters
    ----------
    endpoint : the URL that was asked.
    reason : what happened there.
    hint : the next step.
    """

    def __init__(self, endpoint: str, reason: str, *, hint: str = "") -> None:
        self.endpoint = endpoint
        self.reason = reason
        self.hint = hint
        super().__init__(_sentence(f"{endpoint}: {reason}.", hint))


class AuthFailed(LinkError):
    """The server refused the credentials, the signature or the session."""


class LinkClosed(LinkError):
    """The link closed before the answer came. Reads may be asked again."""


class LinkTaken(LinkError):
    """The account's long link is in use by another process or program."""


#: The next step after a read that got no answer. An order is never asked again by itself, nor is that advised.
ASK_AGAIN = "Ask again; doctor() tells whether the server answers."


class RequestTimeout(LpError, TimeoutError):
    """No answer within the deadline.

    Parameters
    ----------
    endpoint : the URL or command that was asked.
    timeout_s : the deadline, in seconds.
    hint : the next step.
    """

    def __init__(self, endpoint: str, timeout_s: float, *, hint: str = "") -> None:
        self.endpoint = endpoint
        self.timeout_s = timeout_s
        self.hint = hint
        super().__init__(_sentence(f"{endpoint}: no answer within {timeout_s:g} s.", hint))


class ServerRejected(LpError):
    """The server answered with an error.

    Parameters
    ----------
    code : the server's error code (0 where it gave none).
    message : the server's own words.
    endpoint : the command or path that was asked.
    trace_id : the server's id of the request, for its support staff; empty on the link.
    hint : the next step.
    """

    def __init__(self, code: int, message: str, *, endpoint: str = "", trace_id: str = "", hint: str = "") -> None:
        self.code = code
        self.message = message
        self.endpoint = endpoint
        self.trace_id = trace_id
        self.hint = hint
        where = f"{endpoint}: " if endpoint else ""
        trace = f"(trace id {trace_id})" if trace_id else ""
        super().__init__(
            _sentence(f"{where}the server refused with code {code}: {message or 'no message'}.", hint, trace)
        )


class RateLimited(ServerRejected):
    """The server says that requests come too fast."""


class NoQuotes(ServerRejected):
    """The server has no quotes for the security."""


class NoPermission(ServerRejected):
    """The account's quote level does not include the data."""


class SubscriptionLimit(ServerRejected):
    """More symbols are subscribed than the account may watch at once."""


class QuotaExhausted(LpError):
    """The history quota does not allow another symbol. No packet was sent.

    Parameters
    ----------
    symbols : the symbols that would each have cost one unit.
    used, limit : units used in this window, and how many there are.
    refill : when units come back (None where the rule cannot tell).
    reserve : units that the user keeps back.
    latest_counts : whether this broker counts the newest bars as well.
    others : units that symbols before these in the same request would take.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        *,
        used: int,
        limit: int,
        refill: datetime | None = None,
        reserve: int = 0,
        latest_counts: bool = False,
        others: int = 0,
    ) -> None:
        self.symbols = tuple(symbols)
        self.used = used
        self.limit = limit
        self.refill = refill
        self.reserve = reserve
        names = ", ".join(self.symbols)
        kept = f" and {reserve} kept back (lp.quota(reserve=0) frees them)" if reserve and used < limit else ""
        when = f"Units come back on {refill:%Y-%m-%d %H:%M %Z}." if refill else ""
        before = f" and {others} more go to symbols before them" if others else ""
        newest = "" if latest_counts else " the newest 1000 bars never cost a unit;"
        super().__init__(
            _sentence(
                f"History of {names} needs {len(self.symbols)} unit(s) of the history quota,",
                f"but {used} of {limit} are used{kept}{before}.",
                when,
                f"Symbols already counted stay free;{newest} on_quota='partial' or 'cache' returns what can be had.",
            )
        )


class TradingDisabled(LpError):
    """Orders to a real account are not armed, or a cap of the arming was reached. Nothing was sent."""

    def __init__(self, reason: str, *, hint: str = "Call arm() first; it names the account and the caps.") -> None:
        self.reason = reason
        self.hint = hint
        super().__init__(_sentence(f"{reason}.", hint))


class DuplicateOrder(LpError):
    """The same order was sent moments ago. Nothing was sent now.

    Parameters
    ----------
    order : the order in words.
    key : the key of the earlier order.
    order_id : its id, empty if its outcome is not known.
    age_s : how long ago it was sent, in seconds.
    """

    def __init__(self, order: str, *, key: str, order_id: str, age_s: float) -> None:
        self.order = order
        self.key = key
        self.order_id = order_id
        self.age_s = age_s
        what = f"order {order_id}" if order_id else f"an order with key {key} whose outcome is unknown"
        super().__init__(
            f"{order}: the same ticket was sent {age_s:.0f} s ago as {what}."
            " Look at orders(); pass again=True to send it once more."
        )


class OrderOutcomeUnknown(LpError):
    """An order may or may not have reached the broker. It is never sent again by itself.

    Parameters
    ----------
    key : the key that was saved before the request left.
    reason : what happened.
    """

    def __init__(self, key: str, *, reason: str) -> None:
        self.key = key
        self.reason = reason
        super().__init__(
            _sentence(
                f"The outcome of the order with key {key} is unknown: {reason}.",
                "Look at orders() before you send it again.",
            )
        )


class StoreError(LpError):
    """The candle store on disk cannot do what was asked.

    Parameters
    ----------
    path : the file or folder.
    reason : what is wrong with it.
    hint : the next step.
    """

    def __init__(self, path: str, reason: str, *, hint: str = "") -> None:
        self.path = path
        self.reason = reason
        self.hint = hint
        super().__init__(_sentence(f"{path}: {reason}.", hint))


class StoreLocked(StoreError):
    """Another process holds the series for longer than the deadline."""


class StoreCorrupt(StoreError):
    """A file of the store does not hold what its record says."""


class WireError(LpError):
    """Bytes that are not the protocol."""


class UsageError(LpError, RuntimeError):
    """A call at a time or place where it cannot work."""
