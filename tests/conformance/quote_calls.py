"""Every call of the quote context of an SDK, in the order in which they are made, and the pushes it is told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from tests.conformance.contexts import SHARE, US_SHARE, Call, Sdk
from tests.conformance.sdk_calls import SYMBOLS, plain

KINDS = ("quote", "depth", "brokers", "trades", "candlestick")


class QuoteCalls:
    """The calls; ``option`` is the contract that is chosen from the chain."""

    option: str

    def __init__(self, sdk: Sdk) -> None:
        self.sdk = sdk
        self.pushes: dict[tuple[str, str], list[Any]] = {}

    def all(self) -> Iterator[Call]:
        """Name and work of each call."""
        yield "connect quotes", self.connect_quotes
        yield from self.prices()
        yield from self.contracts()
        yield from self.calendar_and_money()
        yield from self.watchlist()
        yield from self.reference()
        yield from self.live()

    def connect_quotes(self) -> Any:
        self.quote = self.sdk.context("QuoteContext")
        for kind in KINDS:
            hear = self.sdk.listen(lambda symbol, event, kind=kind: self.hear(kind, symbol, event))
            getattr(self.quote, f"set_on_{kind}")(hear)
        names = ("member_id", "quote_level", "quote_package_details")
        return {name: getattr(self.quote, name)() for name in names}

    def hear(self, kind: str, symbol: str, event: Any) -> None:
        self.pushes.setdefault((kind, symbol), []).append(plain(event))

    def prices(self) -> Iterator[Call]:
        sdk, quote = self.sdk.api, self.quote
        day, minute, none = sdk.Period.Day, sdk.Period.Min_1, sdk.AdjustType.NoAdjust
        every = sdk.TradeSessions.All
        start, end = (date.fromisoformat(self.sdk.given[name]) for name in ("calendar_start", "calendar_end"))
        anchor = datetime.combine(end - timedelta(days=4), datetime.min.time().replace(hour=10, minute=35))
        by_date, by_offset = quote.history_candlesticks_by_date, quote.history_candlesticks_by_offset
        yield "static_info", lambda: quote.static_info(SYMBOLS)
        yield "quote", lambda: quote.quote(SYMBOLS)
        yield "depth", lambda: quote.depth(SHARE)
        yield "depth of a US share", lambda: quote.depth(US_SHARE)
        yield "brokers", lambda: quote.brokers(SHARE)
        yield "refused: brokers of a US share", lambda: quote.brokers(US_SHARE)
        yield "participants", quote.participants
        yield "trades", lambda: quote.trades(SHARE, 50)
        yield "refused: too many trades", lambda: quote.trades(SHARE, 1001)
        yield "intraday", lambda: quote.intraday(SHARE)
        yield "intraday of all sessions", lambda: quote.intraday(US_SHARE, every)
        yield "candlesticks", lambda: quote.candlesticks(SHARE, day, 100, none)
        yield "candlesticks of all sessions", lambda: quote.candlesticks(US_SHARE, minute, 300, none, every)
        yield "history_candlesticks_by_date", lambda: by_date(SHARE, day, none, start, end)
        yield "history_candlesticks_by_offset", lambda: by_offset(SHARE, minute, none, False, 60, anchor)

    def contracts(self) -> Iterator[Call]:
        sdk, quote = self.sdk.api, self.quote
        order = (sdk.WarrantSortBy.Volume, sdk.SortOrderType.Descending)
        filters = {
            "warrant_type": [sdk.WarrantType.Bull],
            "expiry_date": [sdk.FilterWarrantExpiryDate.Between_6_12],
            "status": [sdk.WarrantStatus.Normal],
        }
        every = [getattr(sdk.CalcIndex, name) for name in dir(sdk.CalcIndex) if not name.startswith("_")]

        def expiries() -> Any:
            found = quote.option_chain_expiry_date_list(US_SHARE)
            self.expiry = found[3]
            return found

        def chain() -> Any:
            found = quote.option_chain_info_by_date(US_SHARE, self.expiry)
            first = found[len(found) // 2]
            self.option = getattr(first, "call_symbol", None) or first.symbol
            return found

        def warrants() -> Any:
            found = quote.warrant_list(SHARE, *order)
            self.warrants = [one.symbol for one in found[:5]]
            return found

        yield "option_chain_expiry_date_list", expiries
        yield "option_chain_info_by_date", chain
        yield "option_quote", lambda: quote.option_quote([self.option])
        yield "warrant_issuers", quote.warrant_issuers
        yield "warrant_list", warrants
        yield "warrant_list filtered", lambda: quote.warrant_list(SHARE, *order, **filters)
        yield "warrant_quote", lambda: quote.warrant_quote(self.warrants)
        yield "calc_indexes of shares", lambda: quote.calc_indexes([SHARE, US_SHARE], every)
        yield "calc_indexes of contracts", lambda: quote.calc_indexes([self.option, *self.warrants], every)

    def calendar_and_money(self) -> Iterator[Call]:
        sdk, quote = self.sdk.api, self.quote
        start, end = (date.fromisoformat(self.sdk.given[name]) for name in ("calendar_start", "calendar_end"))
        yield "trading_session", quote.trading_session
        for market in ("HK", "US", "CN", "SG"):
            yield f"trading_days {market}", partial(quote.trading_days, getattr(sdk.Market, market), start, end)
        yield "capital_flow", lambda: quote.capital_flow(SHARE)
        yield "capital_distribution", lambda: quote.capital_distribution(SHARE)

    def watchlist(self) -> Iterator[Call]:
        sdk, quote = self.sdk.api, self.quote

        def create() -> Any:
            self.group = quote.create_watchlist_group("chosen", [SHARE, US_SHARE])
            return self.group

        def update(**changes: Any) -> Any:
            return quote.update_watchlist_group(self.group, **changes)

        add = sdk.SecuritiesUpdateMode.Add
        yield "create_watchlist_group", create
        yield "update_watchlist_group: a name", lambda: update(name="renamed")
        yield "update_watchlist_group: one more", lambda: update(securities=["D05.SG"], mode=add)
        if quote.has("update_pinned"):
            yield "update_pinned", lambda: quote.update_pinned(sdk.PinnedMode.Add, ["D05.SG"])
        yield "watchlist", quote.watchlist
        yield "delete_watchlist_group", lambda: quote.delete_watchlist_group(self.group, True)
        yield "watchlist afterwards", quote.watchlist

    def reference(self) -> Iterator[Call]:
        sdk, quote = self.sdk.api, self.quote
        hk, span = sdk.Market.HK, (date(2026, 10, 1), date(2026, 11, 20))
        overnight = sdk.SecurityListCategory.Overnight
        yield "security_list", lambda: quote.security_list(sdk.Market.US, overnight)
        yield "market_temperature", lambda: quote.market_temperature(hk)
        yield "history_market_temperature", lambda: quote.history_market_temperature(hk, *span)
        if quote.has("filings"):
            yield "filings", lambda: quote.filings(US_SHARE)
        if quote.has("short_positions"):
            for market, symbol in (("US", US_SHARE), ("HK", SHARE)):
                yield f"short_positions {market}", partial(quote.short_positions, symbol)
                yield f"short_trades {market}", partial(quote.short_trades, symbol, 10)
        if quote.has("option_volume"):
            yield "option_volume", lambda: quote.option_volume(US_SHARE)
            yield "option_volume_daily", lambda: quote.option_volume_daily(US_SHARE, count=3)

    def live(self) -> Iterator[Call]:
        """All four kinds of pushes and what the SDK makes of them; the clock moves after some, as ``bench`` says."""
        sdk, quote = self.sdk.api, self.quote
        kinds = [sdk.SubType.Quote, sdk.SubType.Depth, sdk.SubType.Brokers, sdk.SubType.Trade]
        minute, day = sdk.Period.Min_1, sdk.Period.Day
        yield "subscribe", lambda: quote.subscribe([SHARE, US_SHARE], kinds)
        yield "first push of quote", lambda: self.push("quote", 1)
        yield "first push of depth", lambda: self.push("depth", 1)
        yield "first push of brokers", lambda: self.push("brokers", 1)
        yield "next push of quote", lambda: self.push("quote", 2)
        yield "next push of depth", lambda: self.push("depth", 2)
        yield "next push of brokers", lambda: self.push("brokers", 2)
        yield "push of trades", lambda: self.push("trades", 1)
        yield "next push of quote of the US share", lambda: self.push("quote", 2, US_SHARE)
        yield "realtime_quote", lambda: quote.realtime_quote([SHARE, US_SHARE])
        yield "realtime_depth", lambda: quote.realtime_depth(SHARE)
        yield "realtime_brokers", lambda: quote.realtime_brokers(SHARE)
        yield "realtime_trades", lambda: quote.realtime_trades(SHARE, 500)
        yield "subscribe_candlesticks 1m", lambda: quote.subscribe_candlesticks(SHARE, minute)
        yield "subscribe_candlesticks day", lambda: quote.subscribe_candlesticks(SHARE, day)
        yield "subscriptions", self.subscriptions
        yield "push of candlestick 1m", lambda: self.candle("Min_1")
        yield "push of candlestick day", lambda: self.candle("Day")
        yield "realtime_candlesticks 1m", lambda: quote.realtime_candlesticks(SHARE, minute, 20)
        yield "realtime_candlesticks day", lambda: quote.realtime_candlesticks(SHARE, day, 20)
        yield "unsubscribe_candlesticks", lambda: quote.unsubscribe_candlesticks(SHARE, minute)
        yield "unsubscribe", lambda: quote.unsubscribe([SHARE, US_SHARE], kinds)

    def subscriptions(self) -> Any:
        """What is subscribed, in the order of the alphabet: the SDKs have none."""
        found = plain(self.quote.subscriptions())
        for row in found:
            row["candlesticks"].sort()
        return sorted(found, key=lambda row: str(row["symbol"]))

    def push(self, kind: str, number: int, symbol: str = SHARE) -> Any:
        """The push of a kind with that number, from 1."""
        told = self.pushes.setdefault((kind, symbol), [])
        self.sdk.wait(lambda: len(told) >= number)
        return told[number - 1]

    def candle(self, period: str) -> Any:
        """The candlestick of a period that the second push of trades made."""
        self.push("trades", 2)
        told = self.pushes.setdefault(("candlestick", SHARE), [])
        return self.sdk.wait(lambda: [push for push in told if push["period"] == period])[-1]
