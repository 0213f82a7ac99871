"""The securities that the simulator lists, read from ``data/`` when first asked for. Holds no prices."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache, cached_property
from importlib.resources import files
from types import MappingProxyType

from lpresearch.base.markets import MARKETS, Market, TickTable, tick_table
from lpresearch.base.symbols import Symbol
from lpresearch.sim.market.warrants import Warrant, WarrantType, warrants


class Kind(StrEnum):
    """What sort of security a listing is."""

    STOCK = "stock"
    FUND = "fund"
    INDEX = "index"
    WARRANT = "warrant"
    CBBC = "cbbc"
    INLINE = "inline"
    OPTION = "option"


class TradeStatus:
    """Trade states by their wire numbers (longport.md 4)."""

    NORMAL = 0
    HALTED = 1
    EXPIRED = 8
    TO_BE_LISTED = 9
    SUSPENDED = 10


OPTIONS, WARRANTS = 1, 2  # what ``stock_derivatives`` names (longport.md 5, command 10)
WARRANT_LOT = 10_000
OPTION_SIZE = 100  # shares that one US option contract stands for
CN_LOT = 100  # shares: in mainland China volumes count lots (longport.md 10.3)
_OPTION_TICKS: TickTable = ((Decimal(0), Decimal("0.01")),)
_INDEX_TICKS: TickTable = ((Decimal(0), Decimal("0.01")),)


@dataclass(frozen=True)
class Contract:
    """The terms of an option, warrant or CBBC. ``ratio`` of them make one share; a CBBC has a ``call_price``.

    An inline warrant pays in full between ``strike`` and ``upper``. A US option is quoted per share: its ratio is one.
    """

    underlying: str
    call: bool
    strike: float
    ratio: float
    expiry: date
    call_price: float = 0.0
    upper: float = 0.0
    issuer: int = 0


@dataclass(frozen=True)
class Listing:
    """The facts of one security. Per-share figures are in ``currency``; the dividend yield is in percent."""

    symbol: Symbol
    name_en: str
    name_cn: str
    name_hk: str
    exchange: str
    currency: str
    lot_size: int
    board: str
    kind: Kind
    reference_price: Decimal  # the level that prices are anchored to, late in 2026
    annual_volatility: float  # 0.3 is 30 percent a year
    daily_volume: int  # shares in a usual day, or contracts of an option
    total_shares: int = 0
    circulating_shares: int = 0
    hk_shares: int = 0
    eps: Decimal = Decimal(0)
    eps_ttm: Decimal = Decimal(0)
    bps: Decimal = Decimal(0)
    dividend_yield: Decimal = Decimal(0)
    stock_derivatives: tuple[int, ...] = ()  # OPTIONS, WARRANTS
    listing_date: date | None = None
    halted_from: date | None = None  # from this day on there is no trading
    trade_status: int = TradeStatus.NORMAL
    contract: Contract | None = None

    @property
    def fund(self) -> bool:
        """Whether it trades by the fund tick table."""
        return self.kind is Kind.FUND

    @cached_property
    def market(self) -> Market:
        """The market whose calendar and rules apply."""
        return self.symbol.market

    @cached_property
    def ticks(self) -> TickTable:
        """The price steps it trades by."""
        if self.kind is Kind.OPTION:
            return _OPTION_TICKS
        return _INDEX_TICKS if self.kind is Kind.INDEX else tick_table(self.market, fund=self.fund)

    @cached_property
    def extended_hours(self) -> bool:
        """Whether it trades outside regular hours: US shares and funds."""
        return self.market is Market.US and self.kind in (Kind.STOCK, Kind.FUND)

    @property
    def unit_size(self) -> int:
        """Shares in one unit of volume: in a contract of an option, in a lot of mainland China."""
        if self.kind is Kind.OPTION:
            return OPTION_SIZE
        return CN_LOT if self.market is Market.CN else 1

    @property
    def volume_step(self) -> int:
        """What volumes go up by."""
        return max(self.lot_size // CN_LOT, 1) if self.market is Market.CN else self.lot_size

    @property
    def usual_volume(self) -> float:
        """The volume of a usual day, in units of volume."""
        return self.daily_volume / CN_LOT if self.market is Market.CN else self.daily_volume


class _Listings(Mapping[str, Listing]):
    """A mapping that reads its file when it is first looked at."""

    def __getitem__(self, symbol: str) -> Listing:
        return _read()[symbol]

    def __iter__(self) -> Iterator[str]:
        return iter(_read())

    def __len__(self) -> int:
        return len(_read())


LISTINGS: Mapping[str, Listing] = _Listings()


def plain_listing(symbol: Symbol, price: Decimal) -> Listing:
    """A listing made up for a symbol of which only the user's own bars are known."""
    market = symbol.market
    board = {Market.HK: "HKEquity", Market.US: "USMain", Market.SG: "SGMain"}.get(market, f"{symbol.region}MainConnect")
    exchange = {"HK": "SEHK", "US": "NYSE", "SH": "SSE", "SZ": "SZSE", "SG": "SGX"}[symbol.region]
    return Listing(
        symbol=symbol,
        name_en=symbol.ticker,
        name_cn=symbol.ticker,
        name_hk=symbol.ticker,
        exchange=exchange,
        currency=MARKETS[market].currency,
        lot_size=1 if market is Market.US else 100,
        board=board,
        kind=Kind.STOCK,
        reference_price=price,
        annual_volatility=0.3,
        daily_volume=1_000_000,
    )


@cache
def _read() -> Mapping[str, Listing]:
    text = files("lpresearch.sim.market").joinpath("data/listings.csv").read_text(encoding="utf-8")
    found = {row["symbol"]: _listing(row) for row in csv.DictReader(text.splitlines())}
    found |= {warrant.symbol: _warrant(warrant, found[warrant.underlying]) for warrant in warrants()}
    return MappingProxyType(found)


def _listing(row: dict[str, str]) -> Listing:
    return Listing(
        symbol=Symbol(row["symbol"]),
        name_en=row["name_en"],
        name_cn=row["name_cn"],
        name_hk=row["name_hk"],
        exchange=row["exchange"],
        currency=row["currency"],
        lot_size=int(row["lot_size"]),
        board=row["board"],
        kind=Kind(row["kind"]),
        reference_price=Decimal(row["price"]),
        annual_volatility=float(row["volatility"]),
        daily_volume=int(row["daily_volume"]),
        total_shares=int(row["total_shares"] or 0),
        circulating_shares=int(row["circulating_shares"] or 0),
        hk_shares=int(row["hk_shares"] or 0),
        eps=Decimal(row["eps"] or 0),
        eps_ttm=Decimal(row["eps_ttm"] or 0),
        bps=Decimal(row["bps"] or 0),
        dividend_yield=Decimal(row["dividend_yield"] or 0),
        stock_derivatives=tuple(int(number) for number in row["derivatives"].split()),
        listing_date=_day(row["listing_date"]),
        halted_from=_day(row["halted_from"]),
        trade_status=int(row["trade_status"] or 0),
    )


def _warrant(warrant: Warrant, underlying: Listing) -> Listing:
    kinds = {WarrantType.BULL: Kind.CBBC, WarrantType.BEAR: Kind.CBBC, WarrantType.INLINE: Kind.INLINE}
    return Listing(
        symbol=Symbol(warrant.symbol),
        name_en=warrant.name_en,
        name_cn=warrant.name_cn,
        name_hk=warrant.name_hk,
        exchange=underlying.exchange,
        currency=underlying.currency,
        lot_size=WARRANT_LOT,
        board="HKWarrant",
        kind=kinds.get(warrant.type, Kind.WARRANT),
        reference_price=warrant.price,
        annual_volatility=underlying.annual_volatility,
        daily_volume=warrant.daily_volume,
        total_shares=warrant.issued,
        circulating_shares=warrant.outstanding,
        hk_shares=warrant.issued,
        listing_date=warrant.listing_date,
        halted_from=warrant.suspended_from,
        trade_status=TradeStatus.SUSPENDED if warrant.suspended_from else TradeStatus.NORMAL,
        contract=Contract(
            underlying=warrant.underlying,
            call=warrant.type.is_call,
            strike=warrant.strike,
            ratio=warrant.ratio,
            expiry=warrant.expiry,
            call_price=warrant.call_price,
            upper=warrant.upper_strike,
            issuer=warrant.issuer,
        ),
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
