"""A market of a few securities whose prices a test sets, and a clock that a test moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from lpresearch.base.markets import MARKETS, Market, tick_at, tick_table
from lpresearch.base.model import Session, SessionSpan
from lpresearch.base.symbols import Symbol

FIRST_DAY = date(2026, 11, 20)
NOON = 1_795_147_200.0  # 2026-11-20 12:00 in Hong Kong
OPTION, WARRANT = "AAPL261120C250000.US", "13447.HK"
Levels = Sequence[tuple[str, int]]


@dataclass(frozen=True)
class FakeListing:
    """The facts of one security."""

    symbol: str
    name_en: str
    reference_price: Decimal
    lot_size: int = 100
    currency: str = "HKD"
    kind: str = "stock"
    annual_volatility: float = 0.3
    trade_status: int = 0


@dataclass(frozen=True)
class FakeLevel:
    """One price level."""

    price: Decimal
    volume: int


@dataclass(frozen=True)
class FakeSubQuote:
    """The price of a session outside regular hours."""

    last_done: Decimal


@dataclass(frozen=True)
class FakeQuote:
    """The prices outside regular hours."""

    pre: FakeSubQuote | None = None
    post: FakeSubQuote | None = None
    overnight: FakeSubQuote | None = None


@dataclass(frozen=True)
class FakeAction:
    """A dividend or a split."""

    ex_date: date
    pay_date: date
    dividend: Decimal = Decimal(0)
    ratio: Decimal = Decimal(1)


class FakeClock:
    """A clock that stands still until it is told."""

    def __init__(self, start: float = NOON) -> None:
        self.time = start

    def now(self) -> float:
        """Epoch seconds UTC."""
        return self.time

    def next_day(self) -> None:
        """Move on by 24 hours."""
        self.time += 86_400


class FakeMarket:
    """Depth, last prices, sessions and holidays as set by the test; open around the clock at first."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.holidays: set[date] = set()
        rows = [
            FakeListing("700.HK", "TENCENT", Decimal(500)),
            FakeListing("2800.HK", "TRACKER FUND", Decimal(20), lot_size=500),
            FakeListing("AAPL.US", "Apple", Decimal(250), lot_size=1, currency="USD"),
            FakeListing("HSI.HK", "Hang Seng Index", Decimal(25000), kind="index"),
            FakeListing("600519.SH", "MOUTAI", Decimal(1500), currency="CNY"),
            FakeListing("1234.HK", "SUSPENDED", Decimal(1), trade_status=1),
            FakeListing("D05.SG", "DBS", Decimal(50), currency="SGD"),
            FakeListing(OPTION, "AAPL Call", Decimal(10), lot_size=1, currency="USD", kind="option"),
            FakeListing(WARRANT, "TENCENT@EC", Decimal("0.5"), lot_size=10_000, kind="warrant"),
        ]
        self.listings = {row.symbol: row for row in rows}
        self.last = {row.symbol: row.reference_price for row in rows}
        self.asks: dict[str, list[FakeLevel]] = {row.symbol: [] for row in rows}
        self.bids: dict[str, list[FakeLevel]] = {row.symbol: [] for row in rows}
        self.extended: dict[str, FakeQuote] = {}
        self.paid_out: dict[str, tuple[date, Decimal]] = {}  # by symbol: from which day on, and how much
        self.acted: dict[str, list[FakeAction]] = {}
        self.sessions = [SessionSpan(Session.REGULAR, 0, 1440)]

    def show(self, symbol: str, *, bids: Levels = (), asks: Levels = ()) -> None:
        """Set the depth of a security, best first."""
        self.bids[symbol] = [FakeLevel(Decimal(price), volume) for price, volume in bids]
        self.asks[symbol] = [FakeLevel(Decimal(price), volume) for price, volume in asks]

    def print_last(self, symbol: str, price: str) -> None:
        """Set the last price."""
        self.last[symbol] = Decimal(price)

    def listing(self, symbol: str) -> FakeListing | None:
        """The facts of a security."""
        return self.listings.get(symbol)

    def last_price(self, symbol: str) -> Decimal:
        """The last price."""
        return self.last[symbol]

    def quote(self, symbol: str) -> FakeQuote:
        """The quotes outside regular hours."""
        return self.extended.get(symbol, FakeQuote())

    def depth(self, symbol: str) -> tuple[list[FakeLevel], list[FakeLevel]]:
        """Asks and bids."""
        return self.asks[symbol], self.bids[symbol]

    def tick(self, symbol: str, price: Decimal) -> Decimal:
        """The price step."""
        return tick_at(tick_table(Symbol(symbol).market), price)

    def trading_date(self, market: Market) -> date:
        """The present trading day, or the latest where today is none."""
        today = datetime.fromtimestamp(self.clock.now(), ZoneInfo(MARKETS[market].zone)).date()
        while today in self.holidays:
            today -= timedelta(days=1)
        return today

    def trading_days(self, market: Market, start: date, end: date) -> tuple[list[date], list[date]]:
        """Every day but the holidays is a full one."""
        days = [start + timedelta(days=number) for number in range((end - start).days + 1)]
        return [day for day in days if day not in self.holidays], []

    def sessions_today(self) -> dict[Market, list[SessionSpan]]:
        """The same sessions in every market."""
        return dict.fromkeys(Market, self.sessions)

    def ex_date(self, market: Market) -> date:
        """The present day of the market."""
        return datetime.fromtimestamp(self.clock.now(), ZoneInfo(MARKETS[market].zone)).date()

    def payout(self, symbol: str) -> Decimal | None:
        """What a test let a contract pay."""
        since, amount = self.paid_out.get(symbol, (date.max, Decimal(0)))
        return amount if self.ex_date(Symbol(symbol).market) >= since else None

    def actions(self, symbol: str, *, after: date, until: date) -> list[FakeAction]:
        """The dividends and splits that a test set."""
        return [action for action in self.acted.get(symbol, []) if after < action.ex_date <= until]
