"""Tables of streams: the newest values of several symbols, and pushes in the order they came. Never asks anybody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from lpresearch.base.model import Period
from lpresearch.base.pushes import BrokersPush, DepthPush, Kind, Push, QuotePush, TradesPush
from lpresearch.base.source import Columns
from lpresearch.frames.arrays import Values
from lpresearch.frames.candles import BarMatrix, candle_frame, candle_frames
from lpresearch.frames.column import Contract
from lpresearch.frames.columns import BROKERS, CANDLES, DEPTH, TRADES
from lpresearch.frames.stream_columns import BROKERS_PUSHES, DEPTH_PUSHES, LATEST_CANDLES, PUSHES, TRADE_PUSHES
from lpresearch.frames.tables import Attrs, id_table, quote_table

_BySymbol = Mapping[str, Columns]
_Bars = Mapping[str, tuple[BarMatrix, Sequence[bool]]]
_Row = tuple[object, ...]
_SIDES = ("bid", "ask")


def latest_quotes(by_symbol: _BySymbol, attrs: Attrs) -> pd.DataFrame:
    """One row per symbol, in the schema of ``quote()``."""
    names = list(next(iter(by_symbol.values())))
    columns = {name: [one[name][0] for one in by_symbol.values()] for name in names}
    return quote_table(columns, list(by_symbol), attrs=attrs)


def latest_books(by_symbol: _BySymbol, attrs: Attrs) -> pd.DataFrame:
    """The levels of each symbol's book, by symbol and position."""
    frame = _stacked(by_symbol, DEPTH, attrs)
    return frame.set_index("position", append=True)


def latest_queues(by_symbol: _BySymbol, attrs: Attrs) -> pd.DataFrame:
    """Who stands in the queues of each symbol, by symbol."""
    return _stacked(by_symbol, BROKERS, attrs)


def latest_trades(by_symbol: _BySymbol, attrs: Attrs) -> pd.DataFrame:
    """The newest trade of each symbol, by symbol; no row where there was none yet."""
    return _stacked(by_symbol, TRADES, attrs)


LATEST: Mapping[Kind, Callable[[_BySymbol, Attrs], pd.DataFrame]] = {
    Kind.QUOTE: latest_quotes,
    Kind.DEPTH: latest_books,
    Kind.BROKERS: latest_queues,
    Kind.TRADE: latest_trades,
}


def candles_table(by_symbol: _Bars, period: Period, attrs: Attrs) -> pd.DataFrame:
    """Candles as ``candles()`` has them, for one symbol or several, and whether each is confirmed."""
    if len(by_symbol) == 1:
        ((symbol, (bars, _)),) = by_symbol.items()
        frame = candle_frame(bars, symbol=symbol, period=period, attrs=attrs)
    else:
        frame = candle_frames({symbol: bars for symbol, (bars, _) in by_symbol.items()}, period=period, attrs=attrs)
    frame["confirmed"] = [confirmed for _, of_symbol in by_symbol.values() for confirmed in of_symbol]
    frame["confirmed"] = frame["confirmed"].astype(bool)
    return frame


def latest_candles(by_symbol: _Bars, period: Period, attrs: Attrs) -> pd.DataFrame:
    """The newest candle of each symbol, by symbol, with its start; no row where there is none."""
    some = {symbol: told for symbol, told in by_symbol.items() if told[0].size}
    newest = np.array([bars[:7, -1] for bars, _ in some.values()]).reshape(-1, 7).T
    columns: dict[str, Values] = dict(zip([column.name for column in CANDLES], newest, strict=True))
    columns["volume"] = newest[5].astype(np.int64)
    columns |= {"symbol": list(some), "confirmed": [confirmed[-1] for _, confirmed in some.values()]}
    return id_table(columns, LATEST_CANDLES, attrs={"period": str(period), **attrs})


def _stacked(by_symbol: _BySymbol, contract: Contract, attrs: Attrs) -> pd.DataFrame:
    """The rows of all symbols below each other."""
    columns: dict[str, list[object]] = {column.name: [] for column in contract}
    symbols: list[object] = []
    for symbol, one in by_symbol.items():
        for name, values in columns.items():
            values.extend(one[name])
        symbols.extend([symbol] * len(next(iter(one.values()), ())))
    return id_table({"symbol": symbols, **columns}, (PUSHES[0], *contract), attrs=attrs)


def pushes_table(kind: Kind, pushes: Sequence[tuple[float, Push]], attrs: Attrs) -> pd.DataFrame:
    """Pushes by symbol, with when they came: quotes a row each, books and queues a row for each place, trades each."""
    contract = _CONTRACTS[kind]
    rows = [
        (push.symbol, received_at, push.sequence, *fields) for received_at, push in pushes for fields in _fields(push)
    ]
    if kind is Kind.TRADE:  # those that were missed came after later ones
        rows.sort(key=lambda row: float(str(row[3])))
    names = [column.name for column in contract]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())
    return id_table(columns, contract, attrs=attrs)


_CONTRACTS = {
    Kind.QUOTE: PUSHES,
    Kind.DEPTH: DEPTH_PUSHES,
    Kind.BROKERS: BROKERS_PUSHES,
    Kind.TRADE: TRADE_PUSHES,
}


def _fields(push: Push) -> Iterable[_Row]:
    """The rows of a push, without what all kinds begin with."""
    if isinstance(push, QuotePush):
        return [push[2:]]
    if isinstance(push, TradesPush):
        return push.trades
    if isinstance(push, DepthPush):
        return _levels(push)
    return _places(push)


def _levels(push: DepthPush) -> Iterable[_Row]:
    bids, asks = ({level.position: level[1:] for level in side} for side in (push.bids, push.asks))
    nothing = (float("nan"), None, None)
    for position in sorted(bids.keys() | asks.keys()):
        yield position, *bids.get(position, nothing), *asks.get(position, nothing)


def _places(push: BrokersPush) -> Iterable[_Row]:
    for side, queues in enumerate((push.bids, push.asks)):
        for queue in queues:
            for place, broker in enumerate(queue.broker_ids, 1):
                yield broker, side, queue.position, place
