"""Where two answers to the same call differ, field by field; and the fields that only one side has, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: Fields of the SDKs that our frames do not have.
THEIRS_ALONE = {
    **dict.fromkeys(("current_volume", "current_turnover"), "what one push adds: ours keep the totals of the day"),
    **dict.fromkeys(("multi_leg", "attached_orders", "delayed_until"), "5.x alone, not in longport.md 7.2"),
    **dict.fromkeys(
        (
            "charge_detail", "history", "free_status", "free_amount", "free_currency",
            "deductions_status", "deductions_amount", "deductions_currency",
            "platform_deducted_status", "platform_deducted_amount", "platform_deducted_currency",
        ),
        "of the detail of an order: order() reads today's orders",
    ),
}  # fmt: skip

#: Fields of ours that an SDK does not have: 3.x does not know them (longport.md 7.2, 7.3).
OURS_ALONE = {"longport": ("limit_depth_level", "trigger_count", "monitor_price", "side"), "longbridge": ()}


def differences(theirs: Any, ours: Any, brand: str, where: str = "") -> Iterator[str]:
    """What is not the same. A decimal of the SDK, a text, equals the float that is nearest to it."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in theirs.keys() | ours.keys():
            if name not in ours:
                if name not in THEIRS_ALONE:
                    yield f"{where}.{name}: {theirs[name]!r}, and ours is not there"
            elif name not in theirs:
                if name not in OURS_ALONE[brand]:
                    yield f"{where}.{name}: not there, and ours is {ours[name]!r}"
            else:
                yield from differences(theirs[name], ours[name], brand, f"{where}.{name}")
    elif isinstance(theirs, list) and isinstance(ours, list):
        if len(theirs) != len(ours):
            yield f"{where}: {len(theirs)} items, and ours are {len(ours)}"
        for place, (one, other) in enumerate(zip(theirs, ours, strict=False)):
            yield from differences(one, other, brand, f"{where}[{place}]")
    elif not _equal(theirs, ours):
        yield f"{where}: {theirs!r:.200}, and ours is {ours!r:.200}"


def _equal(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs, str) and isinstance(ours, int | float) and not isinstance(ours, bool):
        return float(theirs) == ours
    return bool(theirs == ours)
