"""Market values to protobuf messages: listings, quotes, books, trades and bars. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from lpresearch.sim.market.instruments import Listing
from lpresearch.sim.market.snapshots import Capital, CapitalFlow, Level, Line, Queue, QuoteSnapshot, SubQuote, Trade
from lpresearch.wire.proto import quote_pb2 as pb

_SESSIONS = [pb.TradeSession.Name(number) for number in range(4)]


def static_info(listing: Listing) -> pb.StaticInfo:
    """What command 10 tells of a security."""
    return pb.StaticInfo(
        symbol=listing.symbol,
        name_cn=listing.name_cn,
        name_en=listing.name_en,
        name_hk=listing.name_hk,
        listing_date=str(listing.listing_date or ""),
        exchange=listing.exchange,
        currency=listing.currency,
        lot_size=listing.lot_size,
        total_shares=listing.total_shares,
        circulating_shares=listing.circulating_shares,
        hk_shares=listing.hk_shares,
        eps=_text(listing.eps),
        eps_ttm=_text(listing.eps_ttm),
        bps=_text(listing.bps),
        dividend_yield=_text(listing.dividend_yield),
        stock_derivatives=listing.stock_derivatives,
        board=listing.board,
    )


def quote(symbol: str, now: QuoteSnapshot) -> pb.SecurityQuote:
    """What command 11 tells of a security."""
    return pb.SecurityQuote(
        symbol=symbol,
        last_done=_text(now.last_done),
        prev_close=_text(now.prev_close),
        open=_text(now.open),
        high=_text(now.high),
        low=_text(now.low),
        timestamp=now.timestamp,
        volume=now.volume,
        turnover=_text(now.turnover),
        trade_status=pb.TradeStatus.Name(now.trade_status),
        pre_market_quote=_sub_quote(now.pre),
        post_market_quote=_sub_quote(now.post),
        over_night_quote=_sub_quote(now.overnight),
    )


def push_quote(symbol: str, now: QuoteSnapshot, before: QuoteSnapshot | None, *, whole: bool = True) -> pb.PushQuote:
    """What command 101 tells: every field or only those that changed, and what was traded since the quote ``before``.

    A state and a session are always told: their zero is a value, where an empty text and the other zeros mean "as
    before".
    """
    message = pb.PushQuote(
        symbol=symbol,
        timestamp=now.timestamp,
        trade_status=pb.TradeStatus.Name(now.trade_status),
        trade_session=_SESSIONS[now.session],
    )
    known = None if whole else before
    if known is None or known.last_done != now.last_done:
        message.last_done = _text(now.last_done)
    if known is None or known.open != now.open:
        message.open = _text(now.open)
    if known is None or known.high != now.high:
        message.high = _text(now.high)
    if known is None or known.low != now.low:
        message.low = _text(now.low)
    if known is None or known.volume != now.volume:
        message.volume = now.volume
        message.turnover = _text(now.turnover)
    if before is not None and now.volume > before.volume:
        message.current_volume = now.volume - before.volume
        if now.turnover is not None and before.turnover is not None:
            message.current_turnover = _text(now.turnover - before.turnover)
    return message


def levels(rows: Iterable[Level]) -> list[pb.Depth]:
    """One side of the book."""
    return [
        pb.Depth(position=row.position, price=_text(row.price), volume=row.volume, order_num=row.orders) for row in rows
    ]


def queues(rows: Iterable[Queue]) -> list[pb.Brokers]:
    """One side of the broker queues."""
    return [pb.Brokers(position=row.position, broker_ids=row.broker_ids) for row in rows]


def trades(rows: Iterable[Trade]) -> list[pb.Trade]:
    """Trades, in the order given."""
    return [
        pb.Trade(
            price=_text(row.price),
            volume=row.volume,
            timestamp=row.timestamp,
            trade_type=row.trade_type,
            direction=row.direction,
            trade_session=_SESSIONS[row.session],
        )
        for row in rows
    ]


def lines(rows: Iterable[Line]) -> list[pb.Line]:
    """The minutes of the day's line."""
    return [
        pb.Line(
            price=_text(row.price),
            timestamp=row.timestamp,
            volume=row.volume,
            turnover=_text(row.turnover),
            avg_price=_text(row.average_price),
        )
        for row in rows
    ]


def capital_flow(rows: Iterable[CapitalFlow]) -> list[pb.CapitalFlowIntradayResponse.CapitalFlowLine]:
    """The minutes of the day's net inflow."""
    line = pb.CapitalFlowIntradayResponse.CapitalFlowLine
    return [line(inflow=_text(row.inflow), timestamp=row.timestamp) for row in rows]


def capital(money: Capital) -> pb.CapitalDistributionResponse.CapitalDistribution:
    """Money by the size of trades."""
    return pb.CapitalDistributionResponse.CapitalDistribution(
        large=_text(money.large), medium=_text(money.medium), small=_text(money.small)
    )


def candlesticks(symbol: str, matrix: NDArray[np.float64]) -> pb.SecurityCandlestickResponse:
    """A bar matrix as the answer of commands 19 and 27; every number in the shortest text that reads back the same."""
    stamps, opens, highs, lows, closes, volumes, turnovers, sessions = matrix.tolist()
    bars = [
        pb.Candlestick(
            close=_number(close),
            open=_number(open_),
            low=_number(low),
            high=_number(high),
            volume=int(volume),
            turnover=_number(turnover),
            timestamp=int(stamp),
            trade_session=_SESSIONS[int(session)],
        )
        for stamp, open_, high, low, close, volume, turnover, session in zip(
            stamps, opens, highs, lows, closes, volumes, turnovers, sessions, strict=True
        )
    ]
    return pb.SecurityCandlestickResponse(symbol=symbol, candlesticks=bars)


def _sub_quote(part: SubQuote | None) -> pb.PrePostQuote | None:
    if part is None:
        return None
    return pb.PrePostQuote(
        last_done=_text(part.last_done),
        timestamp=part.timestamp,
        volume=part.volume,
        turnover=_text(part.turnover),
        high=_text(part.high),
        low=_text(part.low),
        prev_close=_text(part.prev_close),
    )


def _text(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _number(value: float) -> str:
    """The shortest plain decimal of a float; an empty text, which means no value, for NaN."""
    text = repr(value)
    if "e" in text:
        return np.format_float_positional(value, trim="0")
    return "" if text == "nan" else text
