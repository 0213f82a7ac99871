"""Who may ask over HTTP: the account's keys, its token of the moment, and the signature of a request (longport.md 2).

Knows no sockets and no paths; the one-time tokens of the links are ``door``'s.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from lpresearch.sim.server.door import Keys
from lpresearch.sim.server.http_params import bad
from lpresearch.sim.server.limits import Limits
from lpresearch.sim.server.refusal import Refusal
from lpresearch.wire.signing import sign

BAD_SIGNATURE, DUPLICATE, BAD_KEY = 403201, 403202, 403203
TOKEN_EXPIRED, TOKEN_INVALID = 401003, 401004
BEARER = "Bearer "
CLOCK_TOLERANCE_S = 300.0
LAST_EXPIRY_S = 4_102_444_800.0  # 2100-01-01; later dates are mistakes


@dataclass(frozen=True)
class Signed:
    """What of a request is signed, as it was sent, and its headers."""

    method: str
    path: str
    query: str
    body: bytes
    headers: Mapping[str, str]


class Credentials:
    """The keys of the account; a refresh replaces its token.

    Parameters
    ----------
    keys : those of the start.
    limits : how long the token of the start lives, and whether a request may be repeated as it was.
    member_id : the account's number.
    now : epoch seconds of the real time, by which requests are signed.
    """

    def __init__(self, keys: Keys, limits: Limits, *, member_id: int, now: Callable[[], float]) -> None:
        self.keys = keys
        self._limits = limits
        self._member_id = member_id
        self._now = now
        self._expires = now() + limits.token_life_s
        self._ended: set[str] = set()
        self._seen: dict[str, float] = {}

    def check(self, request: Signed) -> None:
        """Refuse a request that is not rightly signed with the account's own key and its token of now.

        A token that is sent as OAuth's, after the word Bearer, needs no signature (longport.md 2.6).
        """
        keys, headers = self.keys, request.headers
        if headers.get("X-Api-Key") != keys.app_key:
            raise Refusal(403, BAD_KEY, "app key illegal")
        sent = headers.get("Authorization", "")
        token = sent.removeprefix(BEARER)
        if token in self._ended or (token == keys.access_token and self._now() >= self._expires):
            raise Refusal(401, TOKEN_EXPIRED, "access token expired")
        if token != keys.access_token:
            raise Refusal(401, TOKEN_INVALID, "token invalid")
        if sent.startswith(BEARER):
            return
        timestamp = headers.get("X-Timestamp", "")
        if not self._is_fresh(timestamp):
            raise Refusal(403, BAD_SIGNATURE, f"signature invalid: timestamp {timestamp!r} is missing or not of now")
        signature = headers.get("X-Api-Signature", "")
        if not hmac.compare_digest(self._signature(request, timestamp).encode(), signature.encode()):
            raise Refusal(403, BAD_SIGNATURE, "signature invalid")
        if self._limits.refuse_duplicates:
            self._remember(signature)

    def refresh(self, expired_at: str) -> dict[str, object]:
        """A new token in place of the one of now, which ends (longport.md 2.5).

        Parameters
        ----------
        expired_at : until when it is to live, as RFC 3339; "" for as long as usual.
        """
        now = self._now()
        expires = _epoch(expired_at) if expired_at else now + self._limits.token_life_s
        if not now < expires < LAST_EXPIRY_S:
            raise bad(f"expired_at {expired_at!r} is not a time to come")
        self._ended.add(self.keys.access_token)
        self.keys = replace(self.keys, access_token=f"sim_{secrets.token_hex(24)}")
        self._expires = expires
        return {
            "token": self.keys.access_token,
            "expired_at": _rfc3339(expires),
            "issued_at": _rfc3339(now),
            "account_info": {
                "member_id": str(self._member_id),
                "aaid": str(self._member_id),
                "account_channel": "lb_papertrading",
            },
        }

    def expire(self) -> None:
        """End the life of the token of now, as if its time were over."""
        self._expires = self._now()

    def snapshot(self) -> dict[str, object]:
        """The token of now and those that ended, for ``restore``."""
        return {"token": self.keys.access_token, "expires": self._expires, "ended": sorted(self._ended)}

    def restore(self, kept: Mapping[str, object]) -> None:
        """Take the token of an earlier life again."""
        ended = kept["ended"]
        assert isinstance(ended, list)
        self.keys = replace(self.keys, access_token=str(kept["token"]))
        self._expires = float(str(kept["expires"]))
        self._ended = {str(token) for token in ended}

    def _is_fresh(self, timestamp: str) -> bool:
        try:
            return abs(float(timestamp) - self._now()) <= CLOCK_TOLERANCE_S
        except ValueError:
            return False

    def _signature(self, request: Signed, timestamp: str) -> str:
        return sign(
            request.method,
            request.path,
            request.query,
            request.body or None,
            app_key=self.keys.app_key,
            app_secret=self.keys.app_secret,
            access_token=self.keys.access_token,
            timestamp=timestamp,
        )

    def _remember(self, signature: str) -> None:
        """Refuse a signature that came before; one that is too old to pass the clock is forgotten."""
        now = self._now()
        self._seen = {known: until for known, until in self._seen.items() if until > now}
        if signature in self._seen:
            raise Refusal(403, DUPLICATE, "duplicate request")
        self._seen[signature] = now + 2 * CLOCK_TOLERANCE_S


def _epoch(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
        return moment.timestamp() if moment.tzinfo else moment.replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        raise bad(f"expired_at {text!r} is not a time as RFC 3339") from None


def _rfc3339(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
