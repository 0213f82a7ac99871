"""The headers and the metadata of recorded requests, without what differs from one request to the next.

3.x differs from 5.x and ours in two things: it sends no ``x-dc-region`` (longport.md 2.1), and ``"expire_date":null``
with an order that has none (7.2, 12.11).
"""

from __future__ import annotations

from lpresearch.sim.server.recorder import Recorded
from lpresearch.wire.proto import control_pb2

PER_REQUEST = ("x-timestamp", "x-api-signature", "content-length", "sec-websocket-key")


def headers(brand: str, request: Recorded) -> dict[str, str]:
    """The headers of a REST request. In HTTP/1.1 keep-alive is also what silence means."""
    found = upgrade_headers(brand, request, secret=True)
    assert found.pop("connection", "keep-alive") == "keep-alive"
    return found


def upgrade_headers(brand: str, request: Recorded, *, secret: bool = False) -> dict[str, str]:
    """The headers of the upgrade to a link: no secrets, no compression."""
    found = {name: value for name, value in request.headers.items() if name not in PER_REQUEST}
    if brand == "longport":
        assert found.pop("x-dc-region", "ap") == "ap"
    assert ("authorization" in found) == secret
    assert "sec-websocket-extensions" not in found
    return found


def metadata(auth: Recorded) -> dict[str, str]:
    """What the auth packet says besides its one-time token."""
    request = control_pb2.AuthRequest.FromString(auth.body)
    assert request.token
    return dict(request.metadata)
