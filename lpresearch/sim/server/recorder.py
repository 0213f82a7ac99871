"""What the server heard, as values: for tests that compare two clients. Keeps nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Recorded:
    """One request as it came.

    ``kind`` "http": ``method``, ``path``, ``query`` (raw, as sent), ``headers`` (names in lower case) and ``body``.
    ``kind`` "ws": ``command``, ``request_id``, ``timeout_ms`` and ``body`` of a packet; path, query and headers are
    those of the upgrade. ``link`` is "quote" or "trade" for a packet, empty for HTTP.
    """

    kind: Literal["http", "ws"]
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    method: str = ""
    command: int = 0
    request_id: int = 0
    link: str = ""
    timeout_ms: int = 0
