"""The quote pulls over HTTP (longport.md 9.1): JSON to a command of the link, its answer to JSON. Makes no values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TypeVar

from lpresearch.base.errors import WireError
from lpresearch.base.markets import Market
from lpresearch.calendars.zones import day_of
from lpresearch.sim.server.history_rules import parse_day
from lpresearch.sim.server.pulls import QuotePulls
from lpresearch.sim.server.refusal import Refusal
from lpresearch.wire.http_pulls import BY_PATH, STRIKES
from lpresearch.wire.messages import Message, parse
from lpresearch.wire.proto import quote_pb2 as pb
from lpresearch.wire.proto_json import Json, from_json, to_json

CHAIN_OF_A_DATE = 21
PATHS = frozenset({*BY_PATH, STRIKES})
BAD_REQUEST, TOO_FAST, SERVER_ERROR = 301600, 301606, 301602
MONTHLY, WEEKLY, NORMAL = "", "W", ""  # as 5.x reads option_type and standard_attr; measured
TOO_FAST_HERE = 429002  # longport.md 2.4: too frequent on this API

M = TypeVar("M", bound=Message)


class HttpQuotes:
    """Answers what is sent to the paths in ``PATHS``, by the commands, the pace and the quotas of the link.

    Parameters
    ----------
    pulls : what answers the commands.
    now : epoch seconds of the simulated time.
    """

    def __init__(self, pulls: QuotePulls, now: Callable[[], float]) -> None:
        self._pulls = pulls
        self._now = now

    async def answer(self, path: str, body: Json) -> Json:
        """The data of the reply, or Refusal."""
        if path == STRIKES:
            return await self._strikes(body)
        pull = BY_PATH[path]
        return to_json(await self._ask(pull.command, _message(pull.request, body)))

    async def _ask(self, command: int, request: Message) -> Message:
        try:
            return await self._pulls.ask(command, request.SerializeToString())
        except Refusal as refusal:
            raise _as_http(refusal) from refusal

    async def _strikes(self, body: Json) -> Json:
        """The option chain of a date, one row for each contract."""
        request = _message(pb.OptionChainDateStrikeInfoRequest, body)
        answer = await self._ask(CHAIN_OF_A_DATE, request)
        chain = parse(pb.OptionChainDateStrikeInfoResponse, answer.SerializeToString())
        expiry = parse_day(request.expiry_date)
        days_left = (expiry - day_of(Market.US, self._now())).days
        return {
            "list": [
                {
                    "symbol": symbol,
                    "expiry_date": request.expiry_date,
                    "strike_price": strike.price,
                    "direction": direction,
                    "option_type": MONTHLY if _is_monthly(expiry) else WEEKLY,
                    "standard_attr": NORMAL,
                    "days_to_expiry": days_left,
                }
                for strike in chain.strike_price_info
                for direction, symbol in (("C", strike.call_symbol), ("P", strike.put_symbol))
                if symbol
            ]
        }


def _message(kind: type[M], body: Json) -> M:
    try:
        return from_json(kind, body)
    except WireError as exc:
        raise Refusal(400, BAD_REQUEST, f"invalid request: {exc}") from None


def _is_monthly(expiry: date) -> bool:
    """Whether options end in the week of the month's third Friday."""
    friday = expiry + timedelta(days=4 - expiry.weekday())
    return 15 <= friday.day <= 21


def _as_http(refusal: Refusal) -> Refusal:
    """A refusal of the link as one of HTTP: the same code, but for a pace that has one of its own."""
    if refusal.code == TOO_FAST:
        return Refusal(429, TOO_FAST_HERE, refusal.message)
    return Refusal(500 if refusal.code == SERVER_ERROR else 400, refusal.code, refusal.message)
