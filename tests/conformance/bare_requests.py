"""Signed requests without any SDK, one at a time, as the measure of what an SDK makes of the same answers."""

from __future__ import annotations

import asyncio
from typing import Any

from lpresearch.wire.proto import quote_pb2
from tests.sim_client import client

Json = dict[str, Any]


class BareRequests:
    """What a server tells whoever asks."""

    def __init__(self, urls: dict[str, str]) -> None:
        self.urls = urls

    def get(self, path: str, query: str = "") -> Any:
        """The data of a request."""
        return self.ask("GET", path, query, None)["data"]

    def pull(self, name: str, **body: Any) -> Any:
        """The answer to a quote pull, over HTTP."""
        return self.ask("POST", f"/quote/{name}", "", body)["data"]

    def refusal(self, method: str, path: str, query: str = "", **body: Any) -> Json:
        """How a request is refused."""
        envelope = self.ask(method, path, query, body or None)
        return {"code": envelope["code"], "message": envelope["message"]}

    def ask(self, method: str, path: str, query: str, body: object) -> Json:
        """The envelope of the answer."""

        async def main() -> Json:
            async with client(self.urls) as one:
                _, envelope, _ = await one.rest(method, path, query=query, body=body)
                return envelope

        return asyncio.run(main())

    def profile(self) -> Json:
        """What the link tells of the user."""

        async def main() -> quote_pb2.UserQuoteProfileResponse:
            async with client(self.urls) as one, one.link() as link:
                return quote_pb2.UserQuoteProfileResponse.FromString(await link.ask(4))

        found = asyncio.run(main())
        packages = found.quote_level_detail.by_package_key.values()
        return {
            "member_id": found.member_id,
            "quote_level": found.quote_level,
            "quote_package_details": [
                {
                    "key": package.key,
                    "name": package.name,
                    "description": package.description,
                    "start_at": package.start,
                    "end_at": package.end,
                }
                for package in packages
            ],
        }
