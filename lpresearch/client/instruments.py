"""What a source says of a security -> the facts that ticket checks need."""

from __future__ import annotations

from lpresearch.base.model import Instrument
from lpresearch.base.source import Columns
from lpresearch.base.symbols import Symbol

_SHARE_BOARDS = ("HKEquity", "SHMain", "SZMain", "SHSTAR", "SZGEM", "USMain", "SGMain")


def instrument_of(symbol: Symbol, columns: Columns) -> Instrument:
    """The instrument of the first row of ``static_info`` columns.

    The wire has no word for a fund. On a share board a security with neither earnings nor book value is one; it trades
    by the funds' finer tick table.
    """
    row = {name: values[0] for name, values in columns.items()}
    board = str(row["board"])
    worth = [float(str(row[name] or 0)) for name in ("eps", "bps")]
    return Instrument(
        symbol=symbol,
        name=str(row["name_en"] or row["name_cn"] or symbol),
        market=symbol.market,
        currency=str(row["currency"]),
        lot_size=int(str(row["lot_size"] or 1)),
        board=board,
        fund=board.startswith(_SHARE_BOARDS) and not any(value and value == value for value in worth),
    )
