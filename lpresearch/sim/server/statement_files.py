"""Statements over HTTP: a list, a link for each, and the file behind the link (longport.md 7.4).

A link needs no signature: it carries a code of its own, and works as long as the server runs.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from datetime import date

from lpresearch.sim.exchange.statements import Kind, Span, Statements
from lpresearch.sim.server.http_params import Json, Params, bad

ROOT = "/statement_data/"
LIMIT, MOST = 20, 1000  # statements in one list
_KEY = re.compile(re.escape(ROOT) + r"(daily|monthly)/(\d{4})(\d\d)(\d\d)?\.json\Z")
_CODE = "signature"


class StatementFiles:
    """Answers by method and path: ``endpoints``; the files: ``file``."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._secret = secrets.token_bytes(32)
        self.endpoints = {
            ("GET", "/v1/statement/list"): self._list,
            ("GET", "/v1/statement/download"): self._download,
        }

    def file(self, path: str, query: str) -> Json | None:
        """The document behind a link; None where the link is not one of ours."""
        found = self._find(path)
        if found is None or not hmac.compare_digest(query, self._code(path)):
            return None
        return self._statements.document(*found)

    def _list(self, asked: Params) -> Json:
        """Statements that end on or after a date, the oldest first. The SDK's default date is 1: from the first on."""
        number, first = asked.whole("statement_type", Kind.DAILY), asked.whole("start_date", 1)
        if number not in list(Kind):
            raise bad(f"statement_type {number} is neither 1 (daily) nor 2 (monthly)")
        kind = Kind(number)
        names = [
            f"{span.first:%Y%m%d}" if kind is Kind.DAILY else f"{span.first:%Y%m}"
            for span in self._statements.spans(kind)
            if int(f"{span.last:%Y%m%d}") >= first
        ]
        rows = [{"dt": int(name), "file_key": f"{ROOT}{kind.name.lower()}/{name}.json"} for name in names]
        return {"list": rows[: asked.whole("limit", LIMIT, low=1, high=MOST)]}

    def _download(self, asked: Params) -> Json:
        key = asked.text("file_key")
        if self._find(key) is None:
            raise bad(f"file_key {key!r} is of no statement")
        return {"url": f"{asked.origin}{key}?{self._code(key)}"}

    def _find(self, key: str) -> tuple[Kind, Span] | None:
        """The kind and span of a key, if there is a statement."""
        found = _KEY.match(key)
        if not found:
            return None
        kind = Kind[found[1].upper()]
        try:
            first = date(int(found[2]), int(found[3]), int(found[4] or 1))
        except ValueError:
            return None
        if (found[4] is None) is not (kind is Kind.MONTHLY):
            return None
        return next(((kind, span) for span in self._statements.spans(kind) if span.first == first), None)

    def _code(self, key: str) -> str:
        return f"{_CODE}={hmac.new(self._secret, key.encode(), hashlib.sha256).hexdigest()}"
