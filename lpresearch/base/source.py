"""The seam between a broker and the rest: what a source can do, and in which neutral values it answers.

A source returns *columns* (field name -> list or array, named as in ``frames.columns``), bar matrices (float64 of shape
(8, n): timestamp, open, high, low, close, volume, turnover, session) and the records of ``base.model``. Wire types end
inside ``sources/``. The type variable ``Bars`` stands for the bar matrix, because this floor knows no numpy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, Protocol, TypeVar

from lpresearch.base.contracts import WarrantFilter
from lpresearch.base.markets import Market
from lpresearch.base.model import (
    Adjust,
    AnchorPage,
    DatePage,
    OrderPush,
    Period,
    Profile,
    Sessions,
    SessionSpan,
    Ticket,
)
from lpresearch.base.pushes import Kind, Push
from lpresearch.base.symbols import Symbol

Columns = Mapping[str, Sequence[object]]
Bars = TypeVar("Bars", covariant=True)


@dataclass(frozen=True)
class CalendarMonth:
    """A symbol counts from its first request to the end of the calendar month in ``zone``.

    ``or_zones``: the other zones by which a broker that does not say may reckon its months. A symbol is free then
    only where it counts in every one of them, and a unit is left only where each leaves one.
    """

    zone: str
    or_zones: tuple[str, ...] = ()

    @property
    def zones(self) -> tuple[str, ...]:
        """All readings of the month."""
        return (self.zone, *self.or_zones)


@dataclass(frozen=True)
class RollingDays:
    """A symbol counts for ``days`` days after a request.

    ``restart``: whether a repeated request starts the window again. ``boundary``: ``date`` counts whole days in
    ``zone`` (a pull on day D is free on day D+days+1), ``exact`` counts seconds.
    """

    days: int
    restart: bool = True
    boundary: Literal["date", "exact"] = "date"
    zone: str = "Asia/Hong_Kong"


QuotaRule = CalendarMonth | RollingDays


@dataclass(frozen=True)
class Pace:
    """A documented rate: ``calls`` within ``per_s`` seconds, ``at_once`` in flight, ``gap_s`` between two."""

    calls: int
    per_s: float
    at_once: int | None = None
    gap_s: float = 0.0


@dataclass(frozen=True)
class Caps:
    """What a broker offers and allows."""

    name: str
    periods: frozenset[Period]
    adjusts: frozenset[Adjust]
    sessions: frozenset[Sessions]
    page_bars: int  # most bars in one history reply
    latest_bars: int  # most bars in one reply of the newest bars
    symbols_per_request: int
    quote_pace: Pace
    history_pace: Pace
    trade_pace: Pace
    quota_rule: QuotaRule
    quota_default: int  # units where the server says none
    subscribe_default: int
    first_day: Mapping[Market, date]  # documented reach of daily and longer bars
    first_minute_day: Mapping[Market, date]  # documented reach of minute bars
    official_hosts: frozenset[str]


class QuoteSource(Protocol[Bars]):
    """Quotes, bars and calendars."""

    async def quotes(self, symbols: Sequence[Symbol]) -> Columns: ...

    async def static_info(self, symbols: Sequence[Symbol]) -> Columns: ...

    async def depth(self, symbol: Symbol) -> Columns: ...

    async def latest_bars(
        self, symbol: Symbol, period: Period, adjust: Adjust, sessions: Sessions, count: int
    ) -> Bars: ...

    async def history_bars(
        self, symbol: Symbol, period: Period, adjust: Adjust, sessions: Sessions, page: DatePage | AnchorPage
    ) -> Bars: ...

    async def trading_days(self, market: Market, start: date, end: date) -> tuple[list[date], list[date]]:
        """Full days and half days between two dates, both included."""
        ...

    async def market_sessions(self) -> Mapping[Market, Sequence[SessionSpan]]:
        """Today's sessions of each market."""
        ...


class Channel(Protocol):
    """What is pushed of one kind of one symbol: each push that is new, and the newest state."""

    @property
    def kind(self) -> Kind: ...

    @property
    def symbol(self) -> Symbol: ...

    @property
    def missed(self) -> int:
        """How many pushes never came, by their numbers."""
        ...

    @property
    def unreached(self) -> int:
        """How often what was missed could not be asked for any more."""
        ...

    suspect: bool
    """Whether the state may be wrong until it was asked for again."""

    listeners: tuple[PushListener, ...]
    """Called on the I/O thread with the channel and the body of each push that is new."""

    def read(self, body: bytes) -> Push:
        """The record of a push."""
        ...

    def values(self) -> Columns:
        """The newest state in the columns of the pull of that kind; may be read on any thread."""
        ...


PushListener = Callable[[Channel, bytes], None]
PacketListener = Callable[[int, bytes], None]


class PushSource(Protocol):
    """What is pushed. Nothing here knows how many watch the same."""

    def channel(self, kind: Kind, symbol: Symbol) -> Channel:
        """A channel that takes what is pushed from now on; nothing is, before :meth:`watch`."""
        ...

    async def watch(self, channels: Sequence[Channel]) -> None:
        """Subscribe; what was watched is watched again whenever the link comes back."""
        ...

    async def unwatch(self, channels: Sequence[Channel]) -> None: ...

    async def refresh(self, channels: Sequence[Channel]) -> None:
        """Ask how the channels stand; they are not suspect any more. Trades that were missed are told."""
        ...

    def on_suspect(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` on the I/O thread when a channel becomes suspect."""
        ...

    def on_link(self, listener: Callable[[bool], None]) -> None:
        """Call ``listener`` on the I/O thread when the link is lost (False), and when all is watched again."""
        ...

    def on_packet(self, listener: PacketListener | None) -> None:
        """Call ``listener`` on the I/O thread with the command and the body of every push."""
        ...


class TapeSource(Protocol):
    """What is dealt today: queues, trades, the day's line, money flow."""

    async def brokers(self, symbol: Symbol) -> Columns: ...

    async def participants(self) -> Columns: ...

    async def trades(self, symbol: Symbol, count: int) -> Columns: ...

    async def intraday(self, symbol: Symbol, sessions: Sessions) -> Columns: ...

    async def capital_flow(self, symbol: Symbol) -> Columns: ...

    async def capital_distribution(self, symbol: Symbol) -> Columns: ...

    async def calc_indexes(self, symbols: Sequence[Symbol], indexes: Sequence[str]) -> Columns:
        """The indexes of those names, and the symbol."""
        ...


class ContractSource(Protocol):
    """Options and warrants."""

    async def option_expiries(self, symbol: Symbol) -> list[date]: ...

    async def option_chain(self, symbol: Symbol, expiry: date) -> Columns: ...

    async def option_quotes(self, symbols: Sequence[Symbol]) -> Columns: ...

    async def warrants(self, symbol: Symbol, wanted: WarrantFilter) -> tuple[Columns, int]:
        """One page of the list, and how many pass the filter in all."""
        ...

    async def warrant_quotes(self, symbols: Sequence[Symbol]) -> Columns: ...

    async def warrant_issuers(self) -> Columns: ...


class ReferenceSource(Protocol):
    """What changes from day to day, and the watchlist of the account."""

    async def securities(self, market: Market, category: str) -> Columns: ...

    async def watchlist(self) -> tuple[Columns, Mapping[int, str]]:
        """Every security of every group, and the names of the groups, empty ones included."""
        ...

    async def create_watchlist_group(self, name: str, symbols: Sequence[Symbol]) -> int:
        """The number of the new group."""
        ...

    async def change_watchlist_group(
        self, group: int, name: str, symbols: Sequence[Symbol], mode: Literal["add", "remove"]
    ) -> None: ...

    async def market_temperature(self, market: Market) -> Columns: ...

    async def market_temperatures(self, market: Market, start: date, end: date) -> Columns: ...

    async def filings(self, symbol: Symbol) -> Columns: ...


class TradeSource(Protocol):
    """Orders and assets. Nothing here is ever sent twice by itself."""

    async def submit(self, ticket: Ticket, key: str) -> str:
        """Send an order once; returns its id. ``key`` is the idempotency key saved before the call."""
        ...

    async def replace(self, order_id: str, quantity: Decimal, price: Decimal | None) -> None: ...

    async def cancel(self, order_id: str) -> None: ...

    async def orders_today(self, symbol: Symbol | None = None, order_id: str | None = None) -> Columns: ...

    async def executions_today(self, symbol: Symbol | None = None, order_id: str | None = None) -> Columns: ...

    async def account_balance(self, currency: str | None = None) -> Columns: ...

    async def stock_positions(self, symbols: Sequence[Symbol] = ()) -> Columns: ...

    async def watch_orders(self) -> None:
        """Open the order push; events then reach the listeners of ``on_order``."""
        ...

    def on_order(self, listener: Callable[[OrderPush], None]) -> Callable[[], None]: ...


class Source(QuoteSource[Bars], PushSource, TapeSource, ContractSource, ReferenceSource, TradeSource, Protocol[Bars]):
    """A broker, whole."""

    @property
    def caps(self) -> Caps: ...

    @property
    def name(self) -> str:
        """Broker and host, or the simulator's mark: the first part of every series' name."""
        ...

    @property
    def profile(self) -> Profile: ...

    @property
    def skew_s(self) -> float | None:
        """The server's clock less ours, in seconds; None where the server has not said."""
        ...

    async def open(self) -> Profile: ...

    def share_pace(self, path: str) -> None:
        """Keep the documented paces together with all processes of the account, whose SQLite file this is."""
        ...

    async def close(self) -> None: ...
