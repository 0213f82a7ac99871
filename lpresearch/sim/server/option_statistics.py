"""How many calls and puts on a security are traded and held, over HTTP only (longport.md 9)."""

from __future__ import annotations

from lpresearch.sim.market.market import Market
from lpresearch.sim.market.option_volumes import OptionDay
from lpresearch.sim.server.http_params import Json, Params, bad

DAYS, MOST_DAYS = 30, 90


class OptionStatistics:
    """Answers by method and path: ``endpoints``."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self.endpoints = {
            ("GET", "/v1/quote/option-volume-stats"): self._today,
            ("GET", "/v1/quote/option-volume-stats/daily"): self._daily,
        }

    async def _today(self, asked: Params) -> Json:
        symbol = asked.symbol(counter="underlying_counter_id")
        (day,) = await self._days(symbol, self._market.now(), 1) or [OptionDay(0, 0, 0, 0, 0)]
        return {"c": str(day.call_volume), "p": str(day.put_volume)}

    async def _daily(self, asked: Params) -> Json:
        """Days up to a moment, the oldest first."""
        symbol, until = asked.symbol(), asked.moment("timestamp", self._market.now())
        days = await self._days(symbol, until, asked.whole("line_num", DAYS, low=1, high=MOST_DAYS))
        return {"stats": [_row(symbol, day) for day in days]}

    async def _days(self, symbol: str, until: float, count: int) -> list[OptionDay]:
        """The newest days; none where there are no options."""
        listing = self._market.listing(symbol)
        if listing is None:
            raise bad(f"symbol {symbol!r} is not listed")
        if not self._market.option_expiries(symbol):
            return []
        return await self._market.option_volumes.days(listing, until, count)


def _row(symbol: str, day: OptionDay) -> Json:
    ticker, _, region = symbol.rpartition(".")
    return {
        "symbol": symbol,
        "underlying_counter_id": f"ST/{region}/{ticker}",
        "timestamp": str(day.timestamp),
        "total_call_volume": str(day.call_volume),
        "total_put_volume": str(day.put_volume),
        "total_call_open_interest": str(day.call_open_interest),
        "total_put_open_interest": str(day.put_open_interest),
        "total_volume": str(day.call_volume + day.put_volume),
        "total_open_interest": str(day.call_open_interest + day.put_open_interest),
        "put_call_volume_ratio": _ratio(day.put_volume, day.call_volume),
        "put_call_open_interest_ratio": _ratio(day.put_open_interest, day.call_open_interest),
    }


def _ratio(puts: int, calls: int) -> str:
    return f"{puts / calls:.4f}" if calls else "0"
