"""What each call of ``every_call`` should read: a row for each. The clock stands still, so both see the same moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

from lpresearch.base.model import Period, Sessions
from lpresearch.sim.market.queues import participants
from tests.conformance.asked import Asked
from tests.conformance.contexts import CN_SHARE, SHARE, US_SHARE
from tests.conformance.sdk_calls import SYMBOLS

SUB_TYPES = ("Quote", "Depth", "Brokers", "Trade")

Truth = Callable[[Asked], Any]


def nothing(asked: Asked) -> None:
    """The call gives nothing back; what it did is seen in the calls after it."""


def same_pushes(*states: str) -> Truth:
    """The states that an order goes through."""
    return lambda asked: list(states)


TRUTHS: Mapping[str, Truth] = {
    "connect quotes": lambda a: a.profile(),
    "static_info": lambda a: [a.static_info(symbol) for symbol in SYMBOLS],
    "quote": lambda a: [a.quote(symbol) for symbol in SYMBOLS],
    "depth": lambda a: a.depth(SHARE),
    "depth of a US share": lambda a: a.depth(US_SHARE),
    "brokers": lambda a: a.brokers(SHARE),
    "refused: brokers of a US share": lambda a: a.refusal("POST", "/quote/brokers", symbol=US_SHARE),
    "participants": lambda a: [asdict(one) for one in participants()],
    "trades": lambda a: a.trades(SHARE, limit=50),
    "refused: too many trades": lambda a: a.refusal("POST", "/quote/trades", symbol=SHARE, count=1001),
    "intraday": lambda a: a.lines(SHARE, Sessions.REGULAR),
    "intraday of all sessions": lambda a: a.lines(US_SHARE, Sessions.ALL),
    "candlesticks": lambda a: a.bars(SHARE, Period.DAY, limit=100),
    "candlesticks of all sessions": lambda a: a.bars(US_SHARE, Period.MIN_1, Sessions.ALL, limit=300),
    "history_candlesticks_by_date": lambda a: a.by_date(),
    "history_candlesticks_by_offset": lambda a: a.by_offset(),
    "option_chain_expiry_date_list": lambda a: a.market.option_expiries(US_SHARE),
    "option_chain_info_by_date": lambda a: a.chain(),
    "option_quote": lambda a: a.option_quotes(),
    "warrant_issuers": lambda a: a.warrant_issuers(),
    "warrant_list": lambda a: a.warrants(),
    "warrant_list filtered": lambda a: a.warrants(type=[2], expiry_date=[3], status=[4]),
    "warrant_quote": lambda a: a.warrant_quotes(),
    "calc_indexes of shares": lambda a: a.indexes([SHARE, US_SHARE]),
    "calc_indexes of contracts": lambda a: a.contract_indexes(),
    "trading_session": lambda a: a.sessions(),
    **{f"trading_days {name}": partial(Asked.days, market=name) for name in ("HK", "US", "CN", "SG")},
    "capital_flow": lambda a: [asdict(line) for line in a.market.capital_flow(SHARE)],
    "capital_distribution": lambda a: a.capital(),
    "create_watchlist_group": lambda a: a.get("/v1/watchlist/groups")["groups"][-1]["id"],
    "update_watchlist_group: a name": nothing,
    "update_watchlist_group: one more": nothing,
    "update_pinned": nothing,
    "watchlist": lambda a: a.get("/v1/watchlist/groups")["groups"],
    "delete_watchlist_group": nothing,
    "watchlist afterwards": lambda a: a.get("/v1/watchlist/groups")["groups"],
    "security_list": lambda a: a.get("/v1/quote/get_security_list", "market=US&category=Overnight")["list"],
    "market_temperature": lambda a: a.get("/v1/quote/market_temperature", "market=HK"),
    "history_market_temperature": lambda a: a.temperatures(),
    "filings": lambda a: a.get("/v1/quote/filings", f"symbol={US_SHARE}")["items"],
    "short_positions US": lambda a: a.short_sales("short-positions/us", f"symbol={US_SHARE}&count=20"),
    "short_trades US": lambda a: a.short_sales("short-trades/us", f"symbol={US_SHARE}&page_size=10"),
    "short_positions HK": lambda a: a.short_sales("short-positions/hk", f"symbol={SHARE}&count=20"),
    "short_trades HK": lambda a: a.short_sales("short-trades/hk", f"symbol={SHARE}&page_size=10"),
    "option_volume": lambda a: a.option_volume(),
    "option_volume_daily": lambda a: a.option_volume_daily(),
    "subscribe": nothing,
    "first push of quote": lambda a: a.push_quote(),
    "first push of depth": lambda a: a.depth(SHARE),
    "first push of brokers": lambda a: a.brokers(SHARE),
    "next push of quote": lambda a: a.push_quote(after=a.values["first push of quote"]),
    "next push of depth": lambda a: a.depth(SHARE),
    "next push of brokers": lambda a: a.brokers(SHARE),
    "push of trades": lambda a: {"trades": a.trades(SHARE, after=a.since, limit=10_000)},
    "next push of quote of the US share": lambda a: a.push_quote(US_SHARE, after=a.us_before),
    "realtime_quote": lambda a: [a.realtime_quote(symbol) for symbol in (SHARE, US_SHARE)],
    "realtime_depth": lambda a: a.depth(SHARE),
    "realtime_brokers": lambda a: a.brokers(SHARE),
    "realtime_trades": lambda a: a.values["push of trades"]["trades"][-500:],
    "subscribe_candlesticks 1m": lambda a: a.bars(SHARE, Period.MIN_1, limit=1000),
    "subscribe_candlesticks day": lambda a: a.bars(SHARE, Period.DAY, limit=1000),
    "subscriptions": lambda a: [
        {"symbol": symbol, "sub_types": SUB_TYPES, "candlesticks": periods}
        for symbol, periods in ((SHARE, ["Day", "Min_1"]), (US_SHARE, []))
    ],
    "push of candlestick 1m": lambda a: {"period": "Min_1", "candlestick": a.bars(SHARE, Period.MIN_1, limit=1)[0]},
    "push of candlestick day": lambda a: {"period": "Day", "candlestick": a.bars(SHARE, Period.DAY, limit=1)[0]},
    "realtime_candlesticks 1m": lambda a: a.bars(SHARE, Period.MIN_1, limit=20),
    "realtime_candlesticks day": lambda a: a.bars(SHARE, Period.DAY, limit=20),
    "unsubscribe_candlesticks": nothing,
    "unsubscribe": nothing,
    "connect trade": nothing,
    "submit_order: a limit": lambda a: a.newest(),
    "pushes: New": same_pushes("WaitToNew", "New"),
    "replace_order": nothing,
    "pushes: Replaced": same_pushes("WaitToNew", "New", "WaitToReplace", "PendingReplace", "Replaced"),
    "cancel_order": nothing,
    "pushes: Canceled": same_pushes(
        "WaitToNew", "New", "WaitToReplace", "PendingReplace", "Replaced", "WaitToCancel", "PendingCancel", "Canceled"
    ),
    "submit_order: a market order": lambda a: a.newest(),
    "pushes: Filled": same_pushes("WaitToNew", "New", "Filled"),
    "submit_order: more than the best ask holds": lambda a: a.newest(),
    "pushes: PartialFilled": same_pushes("WaitToNew", "New", "PartialFilled"),
    "cancel_order: the rest": nothing,
    "pushes: the rest is cancelled": same_pushes(
        "WaitToNew", "New", "PartialFilled", "WaitToCancel", "PendingCancel", "Canceled"
    ),
    "submit_order: trailing": lambda a: a.newest(),
    "pushes: waits for its trigger": same_pushes("VarietiesNotReported"),
    "refused: an odd quantity": lambda a: a.refused_order(symbol=SHARE, submitted_quantity="150"),
    "submit_order: a US option": lambda a: a.newest(),
    "refused: a share of CN": lambda a: a.refused_order(symbol=CN_SHARE, submitted_quantity="100"),
    "refused: cancel of an unknown order": lambda a: a.refusal("DELETE", "/v1/trade/order", "order_id=1"),
    "today_orders": lambda a: a.orders(),
    "today_orders filtered": lambda a: a.orders(
        f"symbol={SHARE}&status=FilledStatus&status=CanceledStatus&side=Buy&market=HK"
    ),
    "order_detail": lambda a: a.order("submit_order: a market order"),
    "today_executions": lambda a: a.executions(),
    "today_executions of one order": lambda a: a.executions(f"order_id={a.values['submit_order: a market order']}"),
    "submit_order: a bracket": lambda a: a.values["submit_order: a bracket"],
    "submit_order: the same request again": lambda a: a.values["submit_order: a bracket"],
    "order_detail: a bracket": lambda a: a.order("submit_order: a bracket"),
    "today_orders: attached": lambda a: a.orders("is_attached=true"),
    "order_detail: attached": lambda a: a.attached(),
    "cancel_order: attached": nothing,
    "replace_order: nothing attached": nothing,
    "today_orders: a bracket afterwards": lambda a: a.orders(f"order_id={a.values['submit_order: a bracket']}"),
    "submit_order: delayed": lambda a: a.newest(),
    "pushes: delayed": same_pushes("DelayedNotReported"),
    "replace_order: at once": nothing,
    "pushes: delayed no more": same_pushes("DelayedNotReported", "WaitToReplace", "PendingReplace", "Replaced"),
    "refused: several legs": lambda a: a.refusal("POST", "/v1/trade/order/multileg"),
    "all_executions": lambda a: a.get("/v3/trade/execution/all"),
    "history_orders": lambda a: a.get("/v1/trade/order/history")["orders"],
    "history_executions": lambda a: a.get("/v1/trade/execution/history")["trades"],
    "account_balance": lambda a: a.get("/v1/asset/account")["list"],
    "account_balance USD": lambda a: a.get("/v1/asset/account", "currency=USD")["list"],
    "cash_flow": lambda a: a.flows(),
    "fund_positions": lambda a: {"channels": [{"account_channel": "lb_papertrading", "positions": []}]},
    "stock_positions": lambda a: a.positions(),
    "margin_ratio": lambda a: a.get("/v1/risk/margin-ratio", f"symbol={SHARE}"),
    "estimate_max_purchase_quantity": lambda a: a.get(
        "/v1/trade/estimate/buy_limit",
        f"symbol={SHARE}&order_type=LO&price={a.bench.parameters()['resting_price']}&side=Buy",
    ),
    "unsubscribe orders": nothing,
}
