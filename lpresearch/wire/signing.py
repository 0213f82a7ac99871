"""The signature of an HTTP request, HMAC-SHA256 over SHA-1 (longport.md 2.2). Reads no clock, sends nothing."""

from __future__ import annotations

import hashlib
import hmac

_ALGORITHM = "HMAC-SHA256"
_SIGNED_HEADERS = "authorization;x-api-key;x-timestamp"


def sign(
    method: str,
    path: str,
    query: str,
    body: bytes | None,
    *,
    app_key: str,
    app_secret: str,
    access_token: str,
    timestamp: str,
) -> str:
    """The value of the header ``X-Api-Signature``.

    Parameters
    ----------
    path, query : as sent, percent-encoding included; the query without ``?``, empty if there is none.
    body : the raw body; None (not ``b""``) where the request has none.
    timestamp : the text of the header ``X-Timestamp``.
    """
    values = f"authorization:{access_token}\nx-api-key:{app_key}\nx-timestamp:{timestamp}\n"
    body_digest = "" if body is None else hashlib.sha1(body).hexdigest()
    canonical = f"{method.upper()}|{path}|{query}|{values}|{_SIGNED_HEADERS}|{body_digest}"
    to_sign = f"{_ALGORITHM}|{hashlib.sha1(canonical.encode()).hexdigest()}"
    signature = hmac.new(app_secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{_ALGORITHM} SignedHeaders={_SIGNED_HEADERS}, Signature={signature}"
