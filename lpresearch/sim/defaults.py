"""What a simulator is made with unless told otherwise. Loads nothing."""

from __future__ import annotations

from typing import Final, Literal

SEED = 40  # a market in which the well-known names neither soar nor sink
HISTORY_QUOTA = 100  # distinct symbols in a calendar month

ByTier = Literal["tier"]
BY_TIER: Final = "tier"  # as many symbols as the account's assets and orders earn
