"""The one-time password that opens a link (longport.md 2.5)."""

from __future__ import annotations

from dataclasses import dataclass

from lpresearch.base.errors import LinkTaken, ServerRejected
from lpresearch.net.http import Http

PATH = "/v1/socket/token"


@dataclass(frozen=True)
class SocketToken:
    """A fresh password, which opens one connection, and how many connections of the account are open."""

    otp: str
    online: int
    limit: int  # 0 where the server does not say

    @property
    def used_up(self) -> bool:
        """Whether the account has as many connections open as it may."""
        return bool(self.limit) and self.online >= self.limit

    def check(self, url: str) -> None:
        """Raise LinkTaken where no further connection is allowed."""
        if self.used_up:
            reason = f"all {self.limit} connection(s) of the account are in use"
            raise LinkTaken(
                url, reason, hint="Close the other notebook or program, or wait until the server forgets it."
            )


async def socket_token(http: Http) -> SocketToken:
    """A token of the account; errors as ``Http.request`` has them."""
    answer = await http.request("GET", PATH)
    if not isinstance(answer, dict) or not answer.get("otp"):
        raise ServerRejected(0, "the answer has no one-time password", endpoint=f"GET {PATH}")
    return SocketToken(str(answer["otp"]), int(answer.get("online") or 0), int(answer.get("limit") or 0))


async def one_time_password(http: Http, url: str) -> str:
    """The password alone.

    Raises
    ------
    LinkTaken : the account has as many connections open as it may.
    """
    token = await socket_token(http)
    token.check(url)
    return token.otp
