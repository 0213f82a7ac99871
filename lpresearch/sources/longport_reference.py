"""What LongPort tells over HTTP only: security list, watchlist, market temperature, filings (longport.md 9)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal, NoReturn

from lpresearch.base.errors import NoPermission, ServerRejected, WireError
from lpresearch.base.markets import Market
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol
from lpresearch.net.http import Http
from lpresearch.sources.longport_facts import compact_day, refusal
from lpresearch.sources.longport_levels import no_permission
from lpresearch.sources.longport_pulls import Pulls, unknown_symbols

GROUPS = "/v1/watchlist/groups"
_SECURITY_KEYS = ("symbol", "name_cn", "name_hk", "name_en")
_WATCHED_KEYS = ("symbol", "name", "market", "watched_price", "watched_at")
_READING_KEYS = ("timestamp", "temperature", "valuation", "sentiment")
_FILING_KEYS = ("id", "title", "description", "file_name", "publish_at")

Row = Mapping[str, object]


class ReferenceCommands:
    """The part of the source that has no command on the link.

    Parameters
    ----------
    pulls : whose pace is kept, and who tells which symbols are unknown.
    """

    def __init__(self, pulls: Pulls, http: Http) -> None:
        self._pulls = pulls
        self._http = http

    async def securities(self, market: Market, category: str) -> Columns:
        """``GET /v1/quote/get_security_list``."""
        query = [("market", str(market)), ("category", category)]
        told = await self._ask("GET", "/v1/quote/get_security_list", query=query)
        return _columns(_rows(told, "list"), _SECURITY_KEYS)

    async def watchlist(self) -> tuple[Columns, Mapping[int, str]]:
        """``GET /v1/watchlist/groups``: every security of every group, and the names of the groups."""
        groups = _rows(await self._ask("GET", GROUPS), "groups")
        names = {int(str(group["id"])): str(group["name"]) for group in groups}
        pairs = [
            (number, row) for number, group in zip(names, groups, strict=True) for row in _rows(group, "securities")
        ]
        columns = _columns([row for _, row in pairs], _WATCHED_KEYS)
        columns["group_id"] = [number for number, _ in pairs]
        columns["group_name"] = [names[number] for number, _ in pairs]
        columns["is_pinned"] = [bool(row.get("is_pinned")) for _, row in pairs]
        return columns, names

    async def create_watchlist_group(self, name: str, symbols: Sequence[Symbol]) -> int:
        """``POST /v1/watchlist/groups``; the number of the group."""
        told = await self._ask("POST", GROUPS, symbols, body={"name": name, "securities": list(symbols)})
        if not isinstance(told, Mapping) or "id" not in told:
            raise WireError(f"The answer to POST {GROUPS} names no group.")
        return int(str(told["id"]))

    async def change_watchlist_group(
        self, group: int, name: str, symbols: Sequence[Symbol], mode: Literal["add", "remove"]
    ) -> None:
        """``PUT /v1/watchlist/groups``: put securities on a group or take them off it."""
        body = {"id": group, "name": name, "securities": list(symbols), "mode": mode}
        await self._ask("PUT", GROUPS, symbols, body=body)

    async def market_temperature(self, market: Market) -> Columns:
        """``GET /v1/quote/market_temperature``: the newest reading."""
        told = await self._ask("GET", "/v1/quote/market_temperature", query=[("market", str(market))])
        if not isinstance(told, Mapping):
            raise WireError("The answer to GET /v1/quote/market_temperature is no object.")
        return _columns([{**told, "timestamp": told.get("updated_at")}], (*_READING_KEYS, "description"))

    async def market_temperatures(self, market: Market, start: date, end: date) -> Columns:
        """``GET /v1/quote/history_market_temperature``: readings of days, weeks or months."""
        query = [("market", str(market)), ("start_date", compact_day(start)), ("end_date", compact_day(end))]
        told = await self._ask("GET", "/v1/quote/history_market_temperature", query=query)
        rows = _rows(told, "list")
        kind = told.get("type") if isinstance(told, Mapping) else None
        return _columns(rows, _READING_KEYS) | {"granularity": [kind] * len(rows)}

    async def filings(self, symbol: Symbol) -> Columns:
        """``GET /v1/quote/filings``."""
        rows = _rows(await self._ask("GET", "/v1/quote/filings", [symbol], query=[("symbol", str(symbol))]), "items")
        urls = [row.get("file_urls") for row in rows]
        columns = _columns(rows, _FILING_KEYS)
        columns["file_urls"] = [" ".join(map(str, some)) if isinstance(some, list) else None for some in urls]
        return columns

    async def _ask(
        self,
        method: str,
        path: str,
        symbols: Sequence[Symbol] = (),
        *,
        query: Sequence[tuple[str, str]] = (),
        body: dict[str, object] | None = None,
    ) -> object:
        """The data of the answer.

        Parameters
        ----------
        symbols : what the server may refuse because it does not know it.
        """
        try:
            async with self._pulls.limits.slot():
                return await self._http.request(method, path, query=query, body=body)
        except ServerRejected as exc:
            await self._explain(exc, symbols)

    async def _explain(self, refused: ServerRejected, symbols: Sequence[Symbol]) -> NoReturn:
        """Raise what a refusal means: symbols that are unknown, if that may be it, else the refusal by its code."""
        meaning = refusal(refused)
        if isinstance(meaning, NoPermission):
            meaning = no_permission(meaning, self._pulls.levels, symbols)
        unknown = await self._pulls.unknown_among(symbols) if type(meaning) is ServerRejected else []
        if unknown:
            raise unknown_symbols(unknown) from refused
        raise meaning from refused


def _rows(told: object, name: str) -> list[Row]:
    """The objects of a list in an answer.

    Raises
    ------
    WireError : there is no such list.
    """
    rows = told.get(name) if isinstance(told, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise WireError(f"The answer has no list of {name!r}.")
    return rows


def _columns(rows: Sequence[Row], keys: Sequence[str]) -> dict[str, list[object]]:
    return {key: [row.get(key) for row in rows] for key in keys}
