"""What a year of 300 symbols costs in history quota and calls, by month, for three ways of keeping them up to date.

::

    python -m tests.bench.bench_quota [--symbols 300] [--limit 300] [--year 2025]

Ten years of daily bars are wanted on each morning that is no weekend. *Everything anew* downloads them by the history
call; *cache, history only* keeps what it has and asks for new bars by the history call, as a cache does that does not
know the other route; *lpresearch* plans. Units over the limit are what such a client cannot have.
"""

from __future__ import annotations

import argparse
import tempfile
from datetime import date
from pathlib import Path

from lpresearch.base.model import Period
from lpresearch.history.ledger import Ledger
from tests.quota_year import MARKETS, Month, Wish, by_history_alone, kept_alive

YEARS_BACK = 10


def main() -> None:
    parser = argparse.ArgumentParser(description="The history quota over a year.")
    parser.add_argument("--symbols", type=int, default=300, help="half of each of two markets (300)")
    parser.add_argument("--limit", type=int, default=300, help="units a month (300)")
    parser.add_argument("--year", type=int, default=2025, help="of the real calendar (2025)")
    asked = parser.parse_args()
    wish = Wish(Period.DAY, date(asked.year - YEARS_BACK, 1, 1), asked.symbols // len(MARKETS))
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "account.sqlite")
        ours, _ = kept_alive(wish, asked.year, ledger, limit=asked.limit)
        ledger.close()
    ways = {
        "everything anew": by_history_alone(wish, asked.year, cached=False),
        "cache, history only": by_history_alone(wish, asked.year, cached=True),
        "lpresearch": ours,
    }
    print(f"{asked.symbols} symbols, {YEARS_BACK} years of days and more, each morning; {asked.limit} units a month")
    print(_line("", list(ways)))
    print(_line("month", ["units    calls  left"] * len(ways)))
    for name in ours:
        print(_line(name, [_cell(months[name], asked.limit) for months in ways.values()]))
    print(_line("year", [_total(list(months.values())) for months in ways.values()]))


def _line(name: str, cells: list[str]) -> str:
    return f"{name:8}" + "".join(f"  {cell:>21}" for cell in cells)


def _cell(month: Month, limit: int) -> str:
    return f"{month.units:5} {month.history + month.latest:8} {max(0, limit - month.units):5}"


def _total(months: list[Month]) -> str:
    calls = sum(month.history + month.latest for month in months)
    return f"{sum(month.units for month in months):5} {calls:8} {'':5}"


if __name__ == "__main__":
    main()
