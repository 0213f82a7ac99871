"""What is true of the simulated market and account, in the words of the SDKs. Uses no SDK.

It is told by the market object itself where that holds the value, else by a bare signed request.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from lpresearch.base.markets import Market
from lpresearch.base.model import Period, Session, Sessions
from tests.conformance.bare_requests import BareRequests, Json
from tests.conformance.bench import Bench
from tests.conformance.contexts import SHARE, US_SHARE
from tests.conformance.sdk_words import (
    CHARGES,
    CONTRACT_TYPES,
    DERIVATIVES,
    DIRECTIONS,
    EXTENDED,
    FLOW_DIRECTIONS,
    FLOW_KINDS,
    LAST_MINUTE,
    OPTION_TYPES,
    PRICES_OF_WARRANTS,
    RIGHTS,
    SESSIONS,
    STANDARDS,
    TIMES_IN_FORCE,
    TRADE_STATES,
    UNREAD_OF_INLINES,
    WARRANT_STATES,
    WARRANT_TYPES,
)


class Asked(BareRequests):
    """The server, and what the SDK was answered so far."""

    def __init__(self, bench: Bench, brand: str) -> None:
        super().__init__(bench.server.urls)
        self.bench = bench
        self.brand = brand
        self.market = bench.server.market
        self.values: dict[str, Any] = {}
        self.since = bench.clock.now()  # when the pushes were subscribed
        self.us_before = self.realtime_quote(US_SHARE)

    @property
    def now(self) -> float:
        return self.bench.clock.now()

    # ------------------------------------------------------------------ the market, in the SDK's words

    def static_info(self, symbol: str) -> Json:
        listing = self.market.listing(symbol)
        assert listing is not None
        names = (
            "symbol", "name_cn", "name_en", "name_hk", "exchange", "currency", "lot_size", "total_shares",
            "circulating_shares", "hk_shares", "eps", "eps_ttm", "bps", "dividend_yield", "board",
        )  # fmt: skip
        derivatives = [DERIVATIVES[number] for number in listing.stock_derivatives]
        return {name: getattr(listing, name) for name in names} | {"stock_derivatives": derivatives}

    def quote(self, symbol: str) -> Json:
        found = asdict(self.market.quote(symbol))
        del found["session"]
        parts = {name: found.pop(part) for name, part in EXTENDED.items()}
        return found | parts | {"symbol": symbol, "trade_status": TRADE_STATES[found["trade_status"]]}

    def contract_quote(self, symbol: str, told: Json) -> Json:
        """The values of a contract as they were told, with the price that the market has."""
        found = self.quote(symbol)
        for part in EXTENDED:
            del found[part]
        return told | found

    def push_quote(self, symbol: str = SHARE, *, after: Json | None = None) -> Json:
        """The last push, all fields merged; ``after`` is the one before, from which it tells what was traded."""
        now = self.realtime_quote(symbol)
        traded = {}
        if after is not None:
            traded = {
                "current_volume": now["volume"] - after["volume"],
                "current_turnover": now["turnover"] - Decimal(after["turnover"]),
            }
        del now["symbol"]
        return now | traded | {"trade_session": SESSIONS[self.market.quote(symbol).session]}

    def realtime_quote(self, symbol: str) -> Json:
        now = self.quote(symbol)
        for name in ("prev_close", *EXTENDED):
            del now[name]
        return now

    def depth(self, symbol: str) -> Json:
        asks, bids = ([asdict(level) for level in side] for side in self.market.depth(symbol))
        for level in asks + bids:
            level["order_num"] = level.pop("orders")
        return {"asks": asks, "bids": bids}

    def brokers(self, symbol: str) -> Json:
        asks, bids = ([asdict(queue) for queue in side] for side in self.market.brokers(symbol))
        return {"ask_brokers": asks, "bid_brokers": bids}

    def trades(self, symbol: str, **window: Any) -> list[Json]:
        found = []
        for trade in self.market.trades(symbol, **window):
            row = asdict(trade)
            row["trade_session"] = SESSIONS[row.pop("session")]
            found.append(row | {"direction": DIRECTIONS[trade.direction]})
        return found

    def lines(self, symbol: str, sessions: Sessions) -> list[Json]:
        rows = [asdict(line) for line in self.market.intraday(symbol, sessions)]
        return [row | {"avg_price": row.pop("average_price")} for row in rows]

    def bars(self, symbol: str, period: Period, sessions: Sessions = Sessions.REGULAR, **window: Any) -> list[Json]:
        start, end = window.pop("start", 0.0), window.pop("end", self.now + 1)
        matrix = self.market.bars(symbol, period, sessions, start, end, **window)
        names = ("timestamp", "open", "high", "low", "close", "volume", "turnover", "trade_session")
        bars = [dict(zip(names, column, strict=True)) for column in np.transpose(matrix).tolist()]
        return [bar | {"trade_session": SESSIONS[int(bar["trade_session"])]} for bar in bars]

    def days(self, market: str) -> Json:
        full, half = self.market.trading_days(Market(market), *self.calendar)
        return {"trading_days": full, "half_trading_days": half}

    @property
    def calendar(self) -> tuple[date, date]:
        given = self.bench.parameters()
        return date.fromisoformat(given["calendar_start"]), date.fromisoformat(given["calendar_end"])

    def sessions(self) -> list[Json]:
        def clock(minute: int) -> str:
            minute = min(minute, LAST_MINUTE)
            return f"{minute // 60:02}:{minute % 60:02}:00"

        words = dict(zip(Session, SESSIONS, strict=True))
        return [
            {
                "market": str(market),
                "trade_sessions": [
                    {
                        "begin_time": clock(span.start),
                        "end_time": clock(span.end),
                        "trade_session": words[span.session],
                    }
                    for span in spans
                ],
            }
            for market, spans in self.market.sessions_today().items()
        ]

    def by_date(self) -> list[Json]:
        zone = ZoneInfo("Asia/Hong_Kong")
        first, last = (datetime.combine(day, datetime.min.time(), zone) for day in self.calendar)
        return self.bars(SHARE, Period.DAY, start=first.timestamp(), end=(last + timedelta(days=1)).timestamp())

    def by_offset(self) -> list[Json]:
        """The sixty minutes up to the anchor of the call."""
        anchor = self.calendar[1] - timedelta(days=4)
        end = datetime.combine(anchor, datetime.min.time(), ZoneInfo("Asia/Hong_Kong")) + timedelta(
            hours=10, minutes=35
        )
        return self.bars(SHARE, Period.MIN_1, end=end.timestamp() + 1, limit=60)

    def capital(self) -> Json:
        coming, going = self.market.capital_distribution(SHARE)
        moment = self.market.quote(SHARE).timestamp
        return {"timestamp": moment, "capital_in": asdict(coming), "capital_out": asdict(going)}

    def short_sales(self, name: str, query: str) -> Json:
        """Reports of short sales, whose moments the SDK leaves as texts."""
        rows = self.get(f"/v1/quote/{name}", query)["data"]
        for row in rows:
            row["timestamp"] = f"{datetime.fromtimestamp(int(row['timestamp']), UTC):%Y-%m-%dT%H:%M:%SZ}"
        return {"data": rows}

    def temperatures(self) -> Json:
        span = "market=HK&start_date=20261001&end_date=20261120"
        found = self.get("/v1/quote/history_market_temperature", span)
        return {"granularity": found["type"], "records": found["list"]}

    # ------------------------------------------------------------------ contracts

    def expiry(self) -> str:
        return str(self.values["option_chain_expiry_date_list"][3]).replace("-", "")

    def chain(self) -> list[Json]:
        """The chain of a date: 3.x reads a row for each strike, 5.x one for each contract."""
        strikes = self.market.option_strikes(
            US_SHARE, date.fromisoformat(self.values["option_chain_expiry_date_list"][3])
        )
        root = f"AAPL{self.expiry()[2:]}"
        symbols = [{right: f"{root}{right}{int(strike * 1000)}.US" for right in "CP"} for strike in strikes]
        if self.brand == "longport":
            return [
                {"price": strike, "call_symbol": names["C"], "put_symbol": names["P"], "standard": True}
                for strike, names in zip(strikes, symbols, strict=True)
            ]
        told = self.ask("POST", "/v1/quote/options/strikes", "", {"symbol": US_SHARE, "expiry_date": self.expiry()})
        contracts = {row["symbol"]: row for row in told["data"]["list"]}
        assert list(contracts) == [names[right] for names in symbols for right in "CP"]
        words = {"direction": RIGHTS, "option_type": OPTION_TYPES, "standard_attr": STANDARDS}
        return [row | {name: names[row[name]] for name, names in words.items()} for row in contracts.values()]

    @property
    def option(self) -> str:
        """The contract that the SDK chose from its chain."""
        return str(self.values["option_quote"][0]["symbol"])

    def option_volume(self) -> Json:
        found = self.get("/v1/quote/option-volume-stats", f"symbol={US_SHARE}")
        return {"symbol": US_SHARE, "call_volume": found["c"], "put_volume": found["p"]}

    def option_volume_daily(self) -> Json:
        """The days, oldest first, under the shorter names that the SDK has for them."""
        found = self.get("/v1/quote/option-volume-stats/daily", f"symbol={US_SHARE}&line_num=3")
        renamed = {"put_call_volume_ratio": "pc_vol", "put_call_open_interest_ratio": "pc_oi"}
        renamed |= {
            f"total_{side}_{what}": f"{side}_{what}" for side in ("call", "put") for what in ("volume", "open_interest")
        }
        stats = []
        for row in found["stats"]:
            del row["underlying_counter_id"]
            day = datetime.fromtimestamp(int(row.pop("timestamp")), ZoneInfo("America/New_York")).date()
            stats.append({renamed.get(name, name): value for name, value in row.items()} | {"date": day})
        return {"symbol": US_SHARE, "stats": stats}

    def option_quotes(self) -> list[Json]:
        found = []
        for quoted in self.values["option_quote"]:
            (row,) = self.pull("options/quotes", symbol=[quoted["symbol"]])["secu_quote"]
            told = row.pop("option_extend")
            told["direction"] = RIGHTS[told["direction"]]
            told["contract_type"] = CONTRACT_TYPES[told["contract_type"]]
            found.append(self.contract_quote(quoted["symbol"], told))
        return found

    def warrant_quotes(self) -> list[Json]:
        symbols = [row["symbol"] for row in self.values["warrant_list"][:5]]
        rows = self.pull("warrants/quotes", symbol=symbols)["secu_quote"]
        assert [row["symbol"] for row in rows] == symbols
        found = []
        for row in rows:
            told = row["warrant_extend"]
            told["outstanding_quantity"] = told.pop("outstanding_qty", 0)
            found.append(self.contract_quote(row["symbol"], told))
        return found

    def warrants(self, **filters: list[int]) -> list[Json]:
        config = {"sort_by": 3, "sort_order": 1, "sort_offset": 0, "sort_count": 0, **filters}
        body = {"symbol": SHARE, "filter_config": config, "language": 1}
        rows: list[Json] = self.pull("warrants", **body)["warrant_list"]
        for row in rows:
            row["warrant_type"] = WARRANT_TYPES[row.pop("type", 0)]
            row["status"] = WARRANT_STATES[row["status"]]
            row["change_value"] = row.pop("change_val")
            quote = self.market.quote(row["symbol"])
            row |= {"last_done": quote.last_done, "volume": quote.volume, "turnover": quote.turnover}
            self._as_read(row)
        return rows

    def _as_read(self, row: Json) -> None:
        """Make a warrant what the SDKs read: not all of an inline one, and 3.x puts its price into other fields."""
        if row["warrant_type"] == "Inline":
            for name in UNREAD_OF_INLINES & row.keys():
                del row[name]
        elif self.brand == "longport":
            row |= dict.fromkeys(PRICES_OF_WARRANTS & row.keys(), row["last_done"])

    def warrant_issuers(self) -> list[Json]:
        return [row | {"issuer_id": row.pop("id")} for row in self.pull("warrants/issuers")["issuer_info"]]

    def indexes(self, symbols: list[str]) -> list[Json]:
        rows: list[Json] = self.pull("calc-indexes", symbols=symbols, calc_index=list(range(1, 41)))[
            "security_calc_index"
        ]
        for row in rows:
            row["change_value"] = row.pop("change_val")
            row["last_done"] = self.market.last_price(row["symbol"])
        return rows

    def contract_indexes(self) -> list[Json]:
        return self.indexes([self.option, *(row["symbol"] for row in self.values["warrant_list"][:5])])

    # ------------------------------------------------------------------ orders

    def order(self, name: str) -> Json:
        """The detail of the order that a call sent."""
        found: Json = self.get("/v1/trade/order", f"order_id={self.values[name]}")
        for item in found["charge_detail"]["items"]:
            item["code"] = CHARGES[item["code"]]
        return self._in_words(found)

    def _in_words(self, order: Json) -> Json:
        """An order with the SDK's words; 5.x does not know the tag that the documents have (longport.md 7.1)."""
        tag = "Unknown" if self.brand == "longbridge" and order["tag"] == "GTC" else order["tag"]
        attached = [self._in_words(other) for other in order.get("attached_orders", ())]
        time_in_force = TIMES_IN_FORCE[order["time_in_force"]]
        return order | {"tag": tag, "time_in_force": time_in_force, "attached_orders": attached}

    def refused_order(self, **terms: str) -> Json:
        """How an order that breaks a rule is refused."""
        price = self.bench.parameters()["resting_price"]
        usual = {"order_type": "LO", "side": "Buy", "time_in_force": "Day", "submitted_price": price}
        return self.refusal("POST", "/v1/trade/order", **usual, **terms)

    def newest(self) -> str:
        """The id of the order that was submitted last."""
        newest: str = self.get("/v1/trade/order/today")["orders"][0]["order_id"]
        return newest

    def orders(self, query: str = "") -> list[Json]:
        return [self._in_words(order) for order in self.get("/v1/trade/order/today", query)["orders"]]

    def attached(self) -> Json:
        """The detail of the attached order that was read."""
        query = f"is_attached=true&order_id={self.values['order_detail: attached']['order_id']}"
        return self._in_words(self.get("/v1/trade/order", query))

    def executions(self, query: str = "") -> list[Json]:
        found: list[Json] = self.get("/v1/trade/execution/today", query)["trades"]
        if self.brand == "longport":  # which does not read the side (longport.md 7.3)
            for row in found:
                del row["side"]
        return found

    def flows(self) -> list[Json]:
        rows: list[Json] = self.get("/v1/asset/cashflow", f"start_time=1&end_time={int(self.now) + 86_400}")["list"]
        for row in rows:
            row["direction"] = FLOW_DIRECTIONS[row["direction"]]
            row["business_type"] = FLOW_KINDS[row["business_type"]]
        return rows

    def positions(self) -> Json:
        channels = self.get("/v1/asset/stock")["list"]
        return {
            "channels": [
                {"account_channel": channel["account_channel"], "positions": channel["stock_info"]}
                for channel in channels
            ]
        }
