"""Request signatures against the vectors of the protocol document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpresearch.wire.signing import sign

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "vectors" / "signing.json").read_text("utf-8"))


@pytest.mark.parametrize("vector", FACTS["vectors"], ids=lambda vector: vector["name"])
def test_a_signature_equals_the_documented_one(vector: dict[str, Any]) -> None:
    body = vector["body"].encode() if vector["body"] is not None else None
    header = sign(vector["method"], vector["path"], vector["query"], body, **FACTS["credentials"])
    names = "authorization;x-api-key;x-timestamp"
    assert header == f"HMAC-SHA256 SignedHeaders={names}, Signature={vector['signature']}"


def test_the_method_is_signed_in_upper_case() -> None:
    vector = FACTS["vectors"][0]
    header = sign("get", vector["path"], vector["query"], None, **FACTS["credentials"])
    assert header.endswith(vector["signature"])
