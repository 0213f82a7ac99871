"""Live candles of one symbol: the broker's newest bars, carried on by trades or quotes until it is asked again.

Which bar a trade belongs to is told by the market's calendar, what it does to the bar by its type (longport.md 10.3).
A bar is confirmed when the broker told it after its end. Belongs to the I/O thread; ``bars`` may be read elsewhere.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.model import Adjust, Period, Session, Sessions
from lpresearch.base.pushes import Kind, Trade, TradesPush
from lpresearch.base.source import Channel, Columns, Source
from lpresearch.base.symbols import Symbol
from lpresearch.calendars.market_calendar import MarketCalendar
from lpresearch.history.bars import Bars, no_bars

KEPT_BARS = 1000  # of a symbol: as many as one reply of the newest bars has
ASKED_TRADES = 1000
_LOT_OF_TURNOVER = {Market.CN: 100}  # longport.md 10.3: volume counts lots there

#: Trade types that move price and volume, and those that only count volume (longport.md 10.3); all of them elsewhere.
_PRICED = {Market.HK: frozenset(("", "U")), Market.US: frozenset(("", *"ABDEFKSX1"))}
_COUNTED = {Market.HK: frozenset("DMPXY"), Market.US: frozenset("CGHIVW")}
_REGULAR = tuple(Session).index(Session.REGULAR)

_OPEN, _HIGH, _LOW, _CLOSE, _VOLUME, _TURNOVER = range(6)


class LiveCandles:
    """The candles of one symbol.

    Parameters
    ----------
    trades, quotes : the channels that carry them on.
    now : epoch seconds by the server's clock.
    on_due : told when the broker is to be asked: a bar has ended.

    Attributes
    ----------
    due : whether the broker is to be asked for the newest bars.
    told : whether the bars are the broker's, with all trades since.
    """

    def __init__(
        self,
        symbol: Symbol,
        period: Period,
        calendar: MarketCalendar,
        *,
        trades: Channel,
        quotes: Channel,
        now: Callable[[], float],
        on_due: Callable[[], None],
    ) -> None:
        self.symbol = symbol
        self.period = period
        self.due = True
        self.told = False
        self._calendar = calendar
        self._quotes = quotes
        self._clock = now
        self._newest = 0.0  # the moment of the newest trade or quote
        self._on_due = on_due
        self._bars: dict[int, list[float]] = {}  # by start, ascending
        self._unconfirmed: set[int] = set()
        self._of_minute: tuple[int, int | None] = (-1, None)  # the bar of the last minute asked for
        self._ahead: Counter[Trade] = Counter()  # trades in the broker's bars that may yet be pushed
        self._counted = (0.0, 0.0)  # volume and turnover of the day that the bars hold, where quotes carry them on
        self._by_quotes = period.minutes is None
        self._ends: list[Callable[[], None]] = []
        for channel, listener in ((trades, self._take_trades), (quotes, self._take_quote)):
            channel.listeners += (listener,)
            self._ends.append(partial(_remove, channel, listener))

    def close(self) -> None:
        """Listen no more."""
        for end in self._ends:
            end()

    async def ask(self, source: Source[object]) -> None:
        """Take over the broker's newest bars (command 19), and see which trades they hold (command 17)."""
        self.due = False
        asked_at = self._now()
        told = await source.latest_bars(self.symbol, self.period, Adjust.NONE, Sessions.REGULAR, KEPT_BARS)
        trades = []
        if self.period.minutes is not None:
            trades = _trades(await source.trades(self.symbol, ASKED_TRADES))
        bars = np.asarray(told, dtype=np.float64)
        self._bars = {int(bar[0]): bar[1:7].tolist() for bar in bars.T}
        self._ahead = Counter(trades)
        self._by_quotes = self.period.minutes is None or not trades
        self._counted = self._day_totals()
        self._unconfirmed = {start for start in list(self._bars)[-2:] if not self._is_over(start, asked_at)}
        self._count_again(trades)
        self.told = True

    def _count_again(self, trades: Sequence[Trade]) -> None:
        """Make the forming bar of its trades, where all of them were told: some may be newer than the broker's bar."""
        forming = next(reversed(self._bars), None)
        if forming is None or not trades or (len(trades) == ASKED_TRADES and trades[0].timestamp >= forming):
            return
        opened = self._bars[forming][_OPEN]
        self._bars[forming] = [opened, opened, opened, opened, 0.0, 0.0]
        for trade in trades:
            if trade.timestamp >= forming:
                self._count(trade)

    def link_lost(self) -> None:
        """Trades may be missing from the bars."""
        self.due, self.told = True, False

    def bars(self) -> tuple[Bars, Sequence[bool]]:
        """The bar matrix, and whether each bar is confirmed."""
        found = dict(self._bars)
        if not found:
            return no_bars(), []
        rows = [(start, *bar, _REGULAR) for start, bar in found.items()]
        return np.array(rows, dtype=np.float64).T.copy(), [start not in self._unconfirmed for start in found]

    def look(self) -> None:
        """See whether a bar has ended that the broker is to confirm."""
        if not self.due and any(self._is_over(start, self._now()) for start in self._unconfirmed):
            self._ask_soon()

    def _ask_soon(self) -> None:
        self.due = True
        self._on_due()

    def _now(self) -> float:
        """The server's time: at least that of what it told last."""
        return max(self._clock(), self._newest)

    def _is_over(self, start: int, moment: float) -> bool:
        if self.period.minutes is None:
            return start < self._calendar.final_before(self.period, Sessions.REGULAR, moment)
        return moment >= start + self.period.minutes * 60

    def _start_of(self, moment: float) -> int | None:
        """The start of the bar that holds a moment; looked up once a minute."""
        minute = int(moment) // 60
        if minute != self._of_minute[0]:
            self._of_minute = minute, self._calendar.start_of(self.period, moment)
        return self._of_minute[1]

    def _take_trades(self, channel: Channel, body: bytes) -> None:
        if self._by_quotes:
            return
        push = channel.read(body)
        assert isinstance(push, TradesPush)
        for trade in self._not_told(push.trades):
            self._count(trade)

    def _count(self, trade: Trade) -> None:
        """Put a trade into its bar, as far as its type counts."""
        market = self.symbol.market
        if trade.session != _REGULAR:
            return
        if trade.trade_type in _PRICED.get(market, (trade.trade_type,)):
            self._fold(trade.timestamp, trade.price, trade.volume, self._turnover(trade))
        elif trade.trade_type in _COUNTED.get(market, ()):
            self._fold(trade.timestamp, None, trade.volume, self._turnover(trade))

    def _turnover(self, trade: Trade) -> float:
        return trade.price * trade.volume * _LOT_OF_TURNOVER.get(self.symbol.market, 1)

    def _not_told(self, trades: Iterable[Trade]) -> list[Trade]:
        """The trades that the broker's bars do not hold; from the first one on, pushes are ahead of the bars."""
        if not self._ahead:
            return list(trades)
        fresh = []
        for trade in trades:
            if self._ahead[trade] > 0:
                self._ahead[trade] -= 1
            else:
                fresh.append(trade)
        if fresh:
            self._ahead.clear()
        return fresh

    def _take_quote(self, channel: Channel, body: bytes) -> None:
        if not self._by_quotes or not self._bars:
            return
        values = channel.values()
        volume, turnover = self._day_totals()
        before, self._counted = self._counted, (volume, turnover)
        moment, price = _number(values["timestamp"][0]), _number(values["last_done"][0])
        start = self._fold(moment, price or None, max(volume - before[0], 0.0), max(turnover - before[1], 0.0))
        if start is not None and self.period.minutes is None:
            bar = self._bars[start]
            bar[_HIGH] = max(bar[_HIGH], _number(values["high"][0]))
            bar[_LOW] = min(bar[_LOW], _number(values["low"][0]))

    def _day_totals(self) -> tuple[float, float]:
        values = self._quotes.values()
        if not values:
            return 0.0, 0.0
        return _number(values["volume"][0]), _number(values["turnover"][0])

    def _fold(self, moment: float, price: float | None, volume: float, turnover: float) -> int | None:
        """Put a trade into its bar; without a price only its volume counts. Returns the bar's start."""
        self._newest = max(self._newest, moment)
        start = self._start_of(moment)
        if start is None or (price is not None and price != price):
            return None
        bar = self._bars.get(start)
        if bar is None:
            if price is None or (self._bars and start < next(reversed(self._bars))):
                return None  # a bar that was never told; the broker's next answer has it
            bar = self._bars[start] = [price, price, price, price, 0.0, 0.0]
            while len(self._bars) > KEPT_BARS:
                del self._bars[next(iter(self._bars))]
            if self._unconfirmed:
                self._ask_soon()  # the one before has ended
        if price is not None:
            bar[_HIGH], bar[_LOW], bar[_CLOSE] = max(bar[_HIGH], price), min(bar[_LOW], price), price
        bar[_VOLUME] += volume
        bar[_TURNOVER] += turnover
        self._unconfirmed.add(start)
        return start


class CandlesOfStream:
    """The candles of all symbols of a stream; none before :meth:`attach`."""

    def __init__(self) -> None:
        self._of: dict[Symbol, LiveCandles] = {}

    @property
    def told(self) -> bool:
        """Whether all are the broker's, with all trades since."""
        return all(candles.told for candles in self._of.values())

    def attach(
        self,
        symbols: Iterable[Symbol],
        period: Period,
        channels: Mapping[tuple[Kind, Symbol], Channel],
        calendars: Mapping[Market, MarketCalendar],
        now: Callable[[], float],
        on_due: Callable[[], None],
    ) -> None:
        """Begin to listen to the channels of trades and quotes."""
        for symbol in symbols:
            self._of[symbol] = LiveCandles(
                symbol,
                period,
                calendars[symbol.market],
                trades=channels[Kind.TRADE, symbol],
                quotes=channels[Kind.QUOTE, symbol],
                now=now,
                on_due=on_due,
            )

    async def ask(self, source: Source[object], *, most: int | None) -> list[Symbol]:
        """Ask for what is due, of so many symbols at most; returns those."""
        for candles in self._of.values():
            candles.look()
        due = [candles for candles in self._of.values() if candles.due][:most]
        await asyncio.gather(*(candles.ask(source) for candles in due))
        return [candles.symbol for candles in due]

    def bars(self) -> dict[str, tuple[Bars, Sequence[bool]]]:
        """The bar matrix of each symbol, and whether each bar is confirmed."""
        return {str(symbol): candles.bars() for symbol, candles in self._of.items()}

    def link_lost(self) -> None:
        """Trades may be missing."""
        for candles in self._of.values():
            candles.link_lost()

    def close(self) -> None:
        """Listen no more."""
        for candles in self._of.values():
            candles.close()


def _number(value: object) -> float:
    """A value of a column, which may be a text of the wire; 0 where it says nothing."""
    number = float(str(value or 0))
    return number if number == number else 0.0


def _remove(channel: Channel, listener: Callable[[Channel, bytes], None]) -> None:
    channel.listeners = tuple(other for other in channel.listeners if other != listener)


def _trades(columns: Columns) -> list[Trade]:
    """Columns of a pull as the records that pushes have."""
    names = ("timestamp", "price", "volume", "trade_type", "direction", "session")
    texts: Mapping[str, Callable[[object], object]] = {"price": lambda text: float(str(text))}
    rows = zip(*(map(texts.get(name, lambda value: value), columns[name]) for name in names), strict=True)
    return [Trade._make(row) for row in rows]
