"""What every quote command checks of its request: the body, the symbol, the sessions. Answers nothing itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from lpresearch.base.errors import WireError
from lpresearch.base.model import Sessions
from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.market import Market
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.refusal import Refusal
from lpresearch.wire import messages
from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2 as pb

ALL_SESSIONS = 100  # longport.md 5.1, trade_session

M = TypeVar("M", bound=Message)


def parse(kind: type[M], body: bytes) -> M:
    """The message that a body holds, or Refusal where it holds none."""
    try:
        return messages.parse(kind, body)
    except WireError:
        raise Refusal(3, 301600, f"invalid request: the body is not a {kind.DESCRIPTOR.name}") from None


def symbols_of(body: bytes, limits: Limits) -> Sequence[str]:
    """The symbols of a MultiSecurityRequest, or Refusal where they are too many."""
    return checked_symbols(parse(pb.MultiSecurityRequest, body).symbol, limits)


def checked_symbols(symbols: Sequence[str], limits: Limits) -> Sequence[str]:
    """The symbols of a request, or Refusal where they are too many."""
    most = limits.symbols_per_request
    if len(symbols) > most:
        raise Refusal(7, 301607, f"too many symbols, requested:{len(symbols)}/limit:{most}")
    return symbols


def known(market: Market, symbol: str) -> Listing:
    """The listing of a symbol, or Refusal where there is none."""
    listing = market.listing(symbol)
    if listing is None:
        raise Refusal(7, 301600, f"symbol not found: {symbol!r}")
    return listing


def sessions_of(number: int) -> Sessions:
    """Which sessions a request means, or Refusal."""
    if number not in (0, ALL_SESSIONS):
        raise Refusal(7, 301600, f"bad parameter: trade_session {number} is neither 0 nor {ALL_SESSIONS}")
    return Sessions.ALL if number == ALL_SESSIONS else Sessions.REGULAR
