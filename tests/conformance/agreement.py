"""Where two answers to the same call differ, field by field; and the fields that only one side has, with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from decimal import Decimal, InvalidOperation
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


#: What the server tells and the SDKs do not read.
UNREAD = ("listing_date", "total_count", "delayed_until")
#: What the SDKs name otherwise than the wire: theirs, the wire's.
RENAMED = {"published_at": "publish_at", "timestamp": "updated_at"}
_EMPTY: tuple[object, ...] = (None, "", "0", 0, [], {}, "NOT_USED", "UnknownOutsideRth")


def misread(theirs: Any, truth: Any, where: str = "") -> Iterator[str]:
    """Where an SDK did not read what the server says: a value missing, another value, another order.

    What is empty on one side may be missing on the other; decimals are compared as numbers, words without their case
    and signs, an instant as epoch seconds.
    """
    if is_dataclass(truth) and not isinstance(truth, type):
        truth = asdict(truth)
    if isinstance(theirs, dict) and isinstance(truth, dict):
        for name in sorted(theirs.keys() | truth.keys()):
            other = RENAMED.get(name, name)
            name_there = other if name not in truth and other in truth else name
            if name not in theirs and (name in UNREAD or name in RENAMED.values()):
                continue
            yield from misread(theirs.get(name), truth.get(name_there), f"{where}.{name}")
    elif isinstance(theirs, list) and isinstance(truth, list | tuple):
        if len(theirs) != len(truth):
            yield f"{where}: {len(theirs)} items, and the server tells {len(truth)}"
        for place, (one, other) in enumerate(zip(theirs, truth, strict=False)):
            yield from misread(one, other, f"{where}[{place}]")
    elif not _reads_as(theirs, truth):
        yield f"{where}: {theirs!r:.120}, and the server tells {truth!r:.120}"


def _reads_as(theirs: Any, truth: Any) -> bool:
    if _is_empty(theirs) and _is_empty(truth):
        return True
    one, other = _number(theirs), _number(truth)
    if one is not None and other is not None:
        return one == other
    return _folded(theirs) == _folded(truth)


def _is_empty(value: Any) -> bool:
    return value in _EMPTY or _number(value) == 0


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def _folded(value: Any) -> str:
    """One word for ``PENDING_REPLACE`` and ``PendingReplaceStatus``; one day for 20261120 and 2026-11-20."""
    return str(value).casefold().replace("_", "").replace("-", "").removesuffix("status")
