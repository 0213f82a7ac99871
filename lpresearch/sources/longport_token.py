"""The one-time password that opens a link (longport.md 2.5)."""

from __future__ import annotations

from lpresearch.base.errors import LinkTaken, ServerRejected
from lpresearch.net.http import Http

PATH = "/v1/socket/token"


async def one_time_password(http: Http, url: str) -> str:
    """A fresh password; each opens one connection.

    Raises
    ------
    LinkTaken : the account has as many connections open as it may.
    """
    answer = await http.request("GET", PATH)
    if not isinstance(answer, dict) or not answer.get("otp"):
        raise ServerRejected(0, "the answer has no one-time password", endpoint=f"GET {PATH}")
    online, limit = int(answer.get("online") or 0), int(answer.get("limit") or 0)
    if limit and online >= limit:
        reason = f"all {limit} connection(s) of the account are in use"
        raise LinkTaken(url, reason, hint="Close the other notebook or program, or wait until the server forgets it.")
    return str(answer["otp"])
