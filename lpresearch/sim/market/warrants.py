"""The warrants, CBBCs and inline warrants of Hong Kong and who issues them, read from ``data/``. Holds no prices."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType

# How an underlying is called in the name of a warrant: en, cn, hk.
_SHORT_NAMES = {
    "5.HK": ("HSBC", "汇丰", "滙豐"),
    "388.HK": ("HKEX", "港交", "港交"),
    "700.HK": ("TENCENT", "腾讯", "騰訊"),
    "981.HK": ("SMIC", "中芯", "中芯"),
    "1211.HK": ("BYD", "比迪", "比迪"),
    "1810.HK": ("XIAOMI", "小米", "小米"),
    "2318.HK": ("PING AN", "平安", "平安"),
    "3690.HK": ("MEITUAN", "美团", "美團"),
    "9988.HK": ("ALIBABA", "阿里", "阿里"),
    "HSCEI.HK": ("HSCEI", "国指", "國指"),
    "HSI.HK": ("HSI", "恒指", "恒指"),
    "HSTECH.HK": ("HSTECH", "科指", "科指"),
}
_DIGITS = "零一二三四五六七八九十甲乙"  # of a year's last digit and of a month


class WarrantType(IntEnum):
    """The types by their wire numbers (longport.md 5, command 23)."""

    CALL = 0
    PUT = 1
    BULL = 2
    BEAR = 3
    INLINE = 4

    @property
    def is_call(self) -> bool:
        """Whether it gains when the underlying rises. An inline warrant counts as one."""
        return self in (WarrantType.CALL, WarrantType.BULL, WarrantType.INLINE)


_LETTERS = {
    WarrantType.CALL: ("@EC", "购", "購"),
    WarrantType.PUT: ("@EP", "沽", "沽"),
    WarrantType.BULL: ("RC", "牛", "牛"),
    WarrantType.BEAR: ("RP", "熊", "熊"),
    WarrantType.INLINE: ("@IN", "界内", "界內"),
}


@dataclass(frozen=True, slots=True)
class Issuer:
    """One issuer; ``code`` begins the English names of its warrants."""

    id: int
    code: str
    name_en: str
    name_cn: str
    name_hk: str


@dataclass(frozen=True, slots=True)
class Warrant:
    """One line of ``data/warrants.csv`` and its names. An inline warrant's ``strike`` is its lower one."""

    symbol: str
    issuer: int
    underlying: str
    type: WarrantType
    strike: float
    upper_strike: float
    call_price: float
    ratio: float
    expiry: date
    listing_date: date
    suspended_from: date | None
    price: Decimal
    daily_volume: int
    issued: int
    outstanding: int
    name_en: str
    name_cn: str
    name_hk: str


@cache
def issuers() -> Mapping[int, Issuer]:
    """Every issuer by its id."""
    found = (
        Issuer(int(row["id"]), row["code"], row["name_en"], row["name_cn"], row["name_hk"])
        for row in _rows("issuers.csv")
    )
    return MappingProxyType({issuer.id: issuer for issuer in found})


@cache
def warrants() -> tuple[Warrant, ...]:
    """Every warrant, in the order of the file."""
    series: Counter[tuple[str, ...]] = Counter()
    found = []
    for row in _rows("warrants.csv"):
        kind = (row["issuer"], row["underlying"], row["type"], row["expiry"][:7])
        found.append(_warrant(row, chr(ord("A") + series[kind])))
        series[kind] += 1
    return tuple(found)


def _rows(name: str) -> list[dict[str, str]]:
    text = files("lpresearch.sim.market").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _warrant(row: dict[str, str], letter: str) -> Warrant:
    kind, expiry = WarrantType[row["type"].upper()], date.fromisoformat(row["expiry"])
    name_en, name_cn, name_hk = _names(issuers()[int(row["issuer"])], row["underlying"], kind, expiry, letter)
    return Warrant(
        symbol=row["symbol"],
        issuer=int(row["issuer"]),
        underlying=row["underlying"],
        type=kind,
        strike=float(row["strike"]),
        upper_strike=float(row["upper_strike"] or 0),
        call_price=float(row["call_price"] or 0),
        ratio=float(row["ratio"]),
        expiry=expiry,
        listing_date=date.fromisoformat(row["listing_date"]),
        suspended_from=date.fromisoformat(row["suspended_from"]) if row["suspended_from"] else None,
        price=Decimal(row["price"]),
        daily_volume=int(row["daily_volume"]),
        issued=int(row["issued"]),
        outstanding=int(row["outstanding"]),
        name_en=name_en,
        name_cn=name_cn,
        name_hk=name_hk,
    )


def _names(issuer: Issuer, underlying: str, kind: WarrantType, expiry: date, letter: str) -> tuple[str, str, str]:
    """Names as the exchange makes them: JP-TENCENT@EC2703A, UB#HSI  RC2712A."""
    short_en, short_cn, short_hk = _SHORT_NAMES[underlying]
    sign_en, sign_cn, sign_hk = _LETTERS[kind]
    when = _DIGITS[expiry.year % 10] + _DIGITS[expiry.month]
    cbbc = kind in (WarrantType.BULL, WarrantType.BEAR)
    start = f"{issuer.code}#{short_en[:5]:<5}" if cbbc else f"{issuer.code}-{short_en}"
    return (
        f"{start}{sign_en}{expiry:%y%m}{letter}",
        f"{issuer.name_cn}{short_cn}{when}{sign_cn}{letter}",
        f"{issuer.name_hk}{short_hk}{when}{sign_hk}{letter}",
    )
