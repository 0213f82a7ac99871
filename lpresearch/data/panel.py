"""One field of many symbols side by side: what a cross-section is computed from."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from lpresearch.base.errors import InputError
from lpresearch.client.connection import current
from lpresearch.client.facade import both
from lpresearch.data.moments import Moment
from lpresearch.data.provenance import told_of
from lpresearch.data.request import answers_to, parse_request
from lpresearch.frames.candles import panel_frame
from lpresearch.history.bars import FIELDS, TIMESTAMP, Floats
from lpresearch.history.plan import OnQuota

_SHOWN = FIELDS[TIMESTAMP + 1 : -1]


@both
async def panel(
    symbols: str | Iterable[str],
    field: str = "close",
    period: str = "1d",
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    count: int | None = None,
    adjust: str = "none",
    sessions: str = "regular",
    on_quota: OnQuota = "raise",
) -> pd.DataFrame:
    """One field of the candles of many symbols: a column per symbol, a row per bar start.

    Parameters
    ----------
    symbols : symbols as a list; one as a text gives one column.
    field : ``open high low close volume turnover``.
    period, start, end, count, adjust, sessions, on_quota : as in ``candles``; ``count`` bars are counted by symbol.

    Returns
    -------
    pandas.DataFrame
        Index ``timestamp``: UTC for minutes, naive session dates for a day and longer, every bar start of any symbol,
        ascending. Columns ``symbol`` in the order asked, float64, NaN where a symbol has no bar; nothing is filled
        forward. ``df.attrs["lpresearch"]`` as in ``candles``, with ``field``.

    Raises
    ------
    InputError : an unknown field, and what ``candles`` raises.
    SymbolError, DateRangeError, QuotaExhausted : as ``candles``.

    Notes
    -----
    Costs what ``candles`` costs; from the store only the bars' starts and the one field are kept in memory.

    Examples
    --------
    >>> import lpresearch as lp
    >>> closes = lp.panel(["700.HK", "AAPL.US"], start="2024-01-02", end="2024-03-28")
    >>> returns = closes.pct_change(fill_method=None)
    """
    if field not in _SHOWN:
        raise InputError("field", field, f"field is one of {', '.join(_SHOWN)}")
    request = parse_request(
        symbols,
        period,
        start=start,
        end=end,
        count=count,
        adjust=adjust,
        sessions=sessions,
        refresh=False,
        on_quota=on_quota,
    )
    session = await current()
    answers = await answers_to(session, request, rows=(TIMESTAMP, FIELDS.index(field)))
    rows: dict[str, tuple[Floats, Floats]] = {
        symbol: (answer.bars[0], answer.bars[1]) for symbol, answer in answers.items()
    }
    return panel_frame(rows, field=field, period=request.period, attrs=told_of(session, request, answers))
