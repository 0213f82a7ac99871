"""What a simulator is made with unless told otherwise. Loads nothing."""

from __future__ import annotations

SEED = 40  # a market in which the well-known names neither soar nor sink
HISTORY_QUOTA = 100  # distinct symbols in a calendar month
