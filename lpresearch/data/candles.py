"""Candles as DataFrames: sends a journey for each symbol and dresses what they bring."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from lpresearch.base.symbols import Symbol
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.client.session import Session
from lpresearch.data.journey import Answer
from lpresearch.data.moments import Moment
from lpresearch.data.provenance import told_of
from lpresearch.data.request import Request, answers_to, parse_request
from lpresearch.frames.candles import candle_frame, candle_frames
from lpresearch.history.plan import OnQuota


@both
async def candles(
    symbols: str | Iterable[str],
    period: str = "1d",
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    count: int | None = None,
    adjust: str = "none",
    sessions: str = "regular",
    refresh: bool = False,
    on_quota: OnQuota = "raise",
) -> pd.DataFrame:
    """Candles, from the disk where they are final and stored, else from the broker by the cheapest route.

    Parameters
    ----------
    symbols : one symbol as a text, or several as a list.
    period : ``1m 2m 3m 5m 10m 15m 20m 30m 45m 60m 120m 180m 240m 1d 1w 1M 1Q 1Y`` (``1h`` is ``60m``).
    start, end : bars that start between the two, both included. A date means the exchange's day, as an end the whole of
        it; a time without a zone is exchange time.
    count : without a start the newest bars up to the end, at most 1000; with a start the first bars from there.
        With none of the three given: the newest 1000.
    adjust : ``"none"``, or ``"forward"`` for prices adjusted for splits and dividends. Stored adjusted bars are
        compared with the broker's when a request asks for more than is stored, and fetched anew where they differ.
    sessions : ``"regular"``, or ``"all"`` for US minutes before, after and between the regular hours.
    refresh : ask the broker even for what is stored, as for adjusted bars after a split.
    on_quota : what to do when the history quota does not allow it: ``"raise"``; ``"partial"`` returns what the disk and
        the newest 1000 bars hold; ``"cache"`` returns what the disk holds. Units that are left are spent first.

    Returns
    -------
    pandas.DataFrame
        One symbol: index ``timestamp``, bar starts in the exchange's zone (midnight for a day and longer). A list:
        index ``(symbol, timestamp)``, UTC for minutes, naive dates for a day and longer. Columns ``open high low
        close`` (float64, price), ``volume`` (int64, shares; CN: lots), ``turnover`` (float64, money), with
        ``sessions="all"`` also ``session``. ``df.attrs["lpresearch"]`` says where the bars came from, what they cost,
        whether a last bar is still ``forming``, and in ``forming_bars`` when it began, by symbol.

    Raises
    ------
    SymbolError : a malformed or unknown symbol.
    InputError : an unknown period or choice, a count out of range.
    DateRangeError : start after end, or dates that the broker does not have.
    QuotaExhausted : a unit of quota is needed and none is left; no packet was sent.

    Notes
    -----
    Costs: nothing for what is stored; one free request (command 19) where the missing bars lie within the newest 1000;
    else one request per 1000 bars (command 27) and, for a symbol new this month, one unit of the history quota.

    Examples
    --------
    >>> import lpresearch as lp
    >>> bars = lp.candles("700.HK", "1d", count=5)
    >>> len(bars), list(bars.columns)
    (5, ['open', 'high', 'low', 'close', 'volume', 'turnover'])
    """
    request = parse_request(
        symbols,
        period,
        start=start,
        end=end,
        count=count,
        adjust=adjust,
        sessions=sessions,
        refresh=refresh,
        on_quota=on_quota,
    )
    session = await current()
    answers = await answers_to(session, request)
    return _frame(session, answers, request, alone=isinstance(symbols, str) and len(answers) == 1)


def _frame(session: Session, answers: dict[Symbol, Answer], request: Request, *, alone: bool) -> pd.DataFrame:
    period, sessions = request.period, request.sessions
    attrs = told_of(session, request, answers)
    if alone:
        ((symbol, answer),) = answers.items()
        return candle_frame(answer.bars, symbol=symbol, period=period, sessions=sessions, attrs=attrs)
    bars = {str(symbol): answer.bars for symbol, answer in answers.items()}
    return candle_frames(bars, period=period, sessions=sessions, attrs=attrs)
