"""What the broker tells over HTTP only: security list, temperature, filings, short sales, options (longport.md 9).

Values come from the market; here they get their names and become text.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from lpresearch.base.markets import Market as Region
from lpresearch.sim.market.filings import filings
from lpresearch.sim.market.instruments import LISTINGS, Listing
from lpresearch.sim.market.market import Market
from lpresearch.sim.market.short_sales import short_positions, short_trades
from lpresearch.sim.market.temperature import temperature_history, temperature_now
from lpresearch.sim.server.history_rules import parse_day
from lpresearch.sim.server.http_params import Json, Params, bad
from lpresearch.sim.server.option_statistics import OptionStatistics
from lpresearch.sim.server.refusal import Refusal

BAD_LIST = 310010  # longport.md 2.4
FIRST_YEAR = 2016  # of the history of market temperatures
COUNT, MOST = 20, 100  # reports of short sales in one answer
NYSE_PART = 4  # one share in so many is sold there, the rest elsewhere


class Reference:
    """Answers by method and path: ``endpoints``."""

    def __init__(self, market: Market) -> None:
        self._market = market
        self.endpoints = {
            ("GET", "/v1/quote/get_security_list"): self._securities,
            ("GET", "/v1/quote/market_temperature"): self._temperature,
            ("GET", "/v1/quote/history_market_temperature"): self._temperatures,
            ("GET", "/v1/quote/filings"): self._filings,
            ("GET", "/v1/quote/short-positions/us"): self._us_positions,
            ("GET", "/v1/quote/short-positions/hk"): self._hk_positions,
            ("GET", "/v1/quote/short-trades/us"): self._us_trades,
            ("GET", "/v1/quote/short-trades/hk"): self._hk_trades,
            **OptionStatistics(market).endpoints,
        }

    def _securities(self, asked: Params) -> Json:
        """The US shares and funds, all of which trade overnight here."""
        if asked.text("market") != Region.US:
            raise Refusal(400, BAD_LIST, "invalid request: market must be US")
        if asked.text("category", default="Overnight") != "Overnight":
            raise Refusal(400, BAD_LIST, "invalid request: category must be Overnight")
        return {
            "list": [
                {
                    "symbol": listing.symbol,
                    "name_cn": listing.name_cn,
                    "name_hk": listing.name_hk,
                    "name_en": listing.name_en,
                }
                for listing in LISTINGS.values()
                if listing.extended_hours
            ]
        }

    async def _temperature(self, asked: Params) -> Json:
        now, words = await temperature_now(self._market, asked.market())
        return {
            "temperature": now.temperature,
            "description": words,
            "valuation": now.valuation,
            "sentiment": now.sentiment,
            "updated_at": str(int(self._market.now())),
        }

    async def _temperatures(self, asked: Params) -> Json:
        region, first, last = asked.market(), _day(asked, "start_date"), _day(asked, "end_date")
        if first.year < FIRST_YEAR:
            raise bad(f"start_date {first:%Y%m%d} is before {FIRST_YEAR}")
        if first > last:
            raise bad("start_date is after end_date")
        last = min(last, self._market.trading_date(region))
        name, readings = await temperature_history(self._market, region, first, last)
        return {
            "type": name,
            "list": [
                {
                    "timestamp": str(reading.timestamp),
                    "temperature": reading.temperature,
                    "valuation": reading.valuation,
                    "sentiment": reading.sentiment,
                }
                for reading in readings
            ],
        }

    def _filings(self, asked: Params) -> Json:
        found = filings(self._market.seed, self._listing(asked), self._market.now())
        return {
            "items": [
                {
                    "id": filing.id,
                    "title": filing.title,
                    "description": filing.description,
                    "file_name": filing.file_name,
                    "file_urls": [filing.url],
                    "publish_at": str(filing.published),
                }
                for filing in found
            ]
        }

    def _us_positions(self, asked: Params) -> Json:
        found = short_positions(
            self._market,
            self._listing(asked, Region.US),
            self._until(asked),
            _count(asked),
        )
        return _rows(
            {
                "timestamp": str(row.timestamp),
                "rate": f"{row.rate:.6f}",
                "close": _price(row.close),
                "current_shares_short": str(row.shares),
                "avg_daily_share_volume": str(row.usual_volume),
                "days_to_cover": f"{row.days_to_cover:.2f}",
            }
            for row in found
        )

    def _hk_positions(self, asked: Params) -> Json:
        found = short_positions(
            self._market,
            self._listing(asked, Region.HK),
            self._until(asked),
            _count(asked),
        )
        return _rows(
            {
                "timestamp": str(row.timestamp),
                "rate": f"{row.rate:.6f}",
                "close": _price(row.close),
                "amount": f"{row.amount:.2f}",
                "balance": str(row.shares),
                "cost": _price(row.close),
            }
            for row in found
        )

    def _us_trades(self, asked: Params) -> Json:
        found = short_trades(
            self._market,
            self._listing(asked, Region.US),
            self._until(asked),
            _count(asked),
        )
        return _rows(
            {
                "timestamp": str(row.timestamp),
                "rate": f"{row.rate:.6f}",
                "close": _price(row.close),
                "nus_amount": str(row.shares - row.shares // NYSE_PART),
                "ny_amount": str(row.shares // NYSE_PART),
                "total_amount": str(row.shares),
            }
            for row in found
        )

    def _hk_trades(self, asked: Params) -> Json:
        found = short_trades(
            self._market,
            self._listing(asked, Region.HK),
            self._until(asked),
            _count(asked),
        )
        return _rows(
            {
                "timestamp": str(row.timestamp),
                "rate": f"{row.rate:.6f}",
                "close": _price(row.close),
                "amount": f"{row.amount:.2f}",
                "balance": str(row.shares),
            }
            for row in found
        )

    def _listing(self, asked: Params, region: Region | None = None) -> Listing:
        """The security that is asked about, of one region where that is given."""
        symbol = asked.symbol()
        listing = self._market.listing(symbol)
        if listing is None:
            raise bad(f"symbol {symbol!r} is not listed")
        if region is not None and listing.market is not region:
            raise bad(f"symbol {symbol!r} is not of {region}")
        return listing

    def _until(self, asked: Params) -> float:
        """Up to when reports are wanted."""
        return asked.moment("last_timestamp", self._market.now())


def _count(asked: Params) -> int:
    """How many rows are wanted, by either of the names in use."""
    return asked.whole("count", asked.whole("page_size", COUNT, low=1, high=MOST), low=1, high=MOST)


def _rows(rows: Iterable[Json]) -> Json:
    return {"data": list(rows)}


def _day(asked: Params, name: str) -> date:
    """A date of the query as YYYYMMDD."""
    try:
        return parse_day(asked.text(name))
    except Refusal:
        raise bad(f"{name} {asked.text(name)!r} is not a date as YYYYMMDD") from None


def _price(value: float) -> str:
    return f"{value:.3f}"
