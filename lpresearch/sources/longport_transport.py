"""How quote requests reach LongPort: as packets of the link, or as signed HTTP requests (longport.md 9.1).

Both take a command and the body that the link carries, and give such a body back. Knows no command's meaning, but for
the option chain of a date, which over HTTP has a shape of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol

from lpresearch.base.errors import LinkError, LpError, ServerRejected, UsageError, WireError
from lpresearch.net.http import DUPLICATE_REQUEST, Http
from lpresearch.net.link import OUTAGE_S
from lpresearch.wire.http_pulls import BY_COMMAND, ROOT, STRIKES
from lpresearch.wire.messages import parse
from lpresearch.wire.proto import quote_pb2
from lpresearch.wire.proto.quote_pb2 import Command
from lpresearch.wire.proto_json import from_json, request_json

CALL = "C"  # the direction of a contract; the other one is a put


class Transport(Protocol):
    """What carries requests: a ``net.link.Link``, or one of the classes here."""

    async def request(self, command: int, body: bytes, *, timeout_s: float) -> bytes: ...


class HttpPulls:
    """Quote pulls over HTTP.

    Parameters
    ----------
    http : signs and sends.
    outage_s : a server that answered before is waited for so long when it cannot be reached.
    """

    def __init__(self, http: Http, *, outage_s: float = OUTAGE_S) -> None:
        self._http = http
        self._outage_s = outage_s
        self._lost_at: float | None = float("-inf")  # since when it is out of reach; before the first answer: for ever

    async def request(self, command: int, body: bytes, *, timeout_s: float) -> bytes:
        """The body of the answer; errors as ``Http.request`` has them.

        Raises
        ------
        UsageError : a command that only a link knows.
        """
        if command == Command.QueryOptionChainDateStrikeInfo:
            return await self._strikes(body, timeout_s)
        pull = BY_COMMAND.get(command)
        if pull is None:
            raise UsageError(f"Command {command} needs a link; it cannot be asked over HTTP.")
        data = await self._post(ROOT + pull.path, request_json(parse(pull.request, body)), timeout_s)
        return from_json(pull.answer, data).SerializeToString()

    async def _strikes(self, body: bytes, timeout_s: float) -> bytes:
        """The option chain of a date: one row for each contract becomes one for each strike."""
        request = parse(quote_pb2.OptionChainDateStrikeInfoRequest, body)
        asked: dict[str, object] = {"symbol": request.symbol, "expiry_date": request.expiry_date}
        return chain_of(await self._post(STRIKES, asked, timeout_s)).SerializeToString()

    async def _post(self, path: str, body: dict[str, object], timeout_s: float) -> object:
        """The data of the answer.

        Asked again within the deadline where the server is out of reach for a short while, so that nothing was sent,
        and where the request equals the one before it, which needs another second in its signature.
        """
        now = asyncio.get_running_loop().time
        deadline = now() + timeout_s
        while True:
            left_s = deadline - now()
            try:
                data = await self._http.request("POST", path, body=body, timeout_s=left_s)
            except ServerRejected as exc:
                if exc.code != DUPLICATE_REQUEST:
                    raise
                failure: LpError = exc
            except LinkError as exc:
                if type(exc) is not LinkError:  # its kinds say that something was sent, or that waiting is in vain
                    raise
                self._lost_at = now() if self._lost_at is None else self._lost_at
                if now() - self._lost_at >= self._outage_s:
                    raise
                failure = exc
            else:
                self._lost_at = None
                return data
            until_next_s = 1.0 - time.time() % 1.0
            if until_next_s >= left_s:
                raise failure
            await asyncio.sleep(until_next_s)


def chain_of(data: object) -> quote_pb2.OptionChainDateStrikeInfoResponse:
    """The option chain of a date, a row for each strike, of an answer that has one for each contract.

    Raises
    ------
    WireError : no such answer.
    """
    rows = data.get("list") if isinstance(data, Mapping) else None
    if not isinstance(rows, list):
        raise WireError(f"The answer to POST {STRIKES} has no list.")
    chain: dict[str, quote_pb2.StrikePriceInfo] = {}
    for row in rows:
        symbol, price = (row.get("symbol"), row.get("strike_price")) if isinstance(row, Mapping) else (None, None)
        if not (isinstance(symbol, str) and symbol and isinstance(price, str) and price):
            raise WireError(f"A row of the answer to POST {STRIKES} names no contract.")
        contract = {"call_symbol" if row.get("direction") == CALL else "put_symbol": symbol}
        told = {"price": price, "standard": not row.get("standard_attr"), **contract}
        chain.setdefault(price, quote_pb2.StrikePriceInfo()).MergeFrom(from_json(quote_pb2.StrikePriceInfo, told))
    return quote_pb2.OptionChainDateStrikeInfoResponse(strike_price_info=chain.values())
