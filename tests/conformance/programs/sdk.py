"""The SDK that a program is told to use, and its configuration: keys from the environment, or a token of OAuth."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any

BRAND = sys.argv[1]
api: Any = import_module(f"{BRAND}.openapi")


def config() -> Any:
    """By the way that the program is told: ``keys`` or ``oauth``."""
    if sys.argv[2] == "oauth":
        return api.Config.from_oauth(oauth())
    return api.Config.from_env() if BRAND == "longport" else api.Config.from_apikey_env()


def oauth() -> Any:
    """A token that an earlier run was given lies on disk; nobody is here to open a page of the broker."""

    def nobody(url: str) -> None:
        raise SystemExit(f"asked to open {url}")

    return api.OAuthBuilder(os.environ["CLIENT_ID"]).build(nobody)
