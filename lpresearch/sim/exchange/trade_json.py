"""The JSON shapes of orders, executions and assets, key by key (longport.md 7, 8, 12). Values in, dictionaries out.

Decimals, ids and times are texts; a missing text or decimal is "", but "0" where the SDKs refuse an empty one.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from lpresearch.base.markets import Market
from lpresearch.base.model import TimeInForce
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange.account import HKD_PER, Account, Flow, MarginFactors, Position
from lpresearch.sim.exchange.fees import Category, fee_table
from lpresearch.sim.exchange.market_view import ListingView
from lpresearch.sim.exchange.orders import LIMIT_TYPES, Fill, Order

Json = dict[str, object]
ACCOUNT_NO = "SIM00000001"
ACCOUNT_CHANNEL = "lb_papertrading"  # longport.md 7.4
_CENT = Decimal("0.01")
_COST_STEP = Decimal("0.0001")


def number(value: Decimal | None) -> str:
    """A decimal as plain text without needless zeros; "" for None."""
    return "" if value is None else format(value.normalize(), "f")


def cents(value: Decimal) -> str:
    """An amount of money, to the cent."""
    return format(value.quantize(_CENT, ROUND_HALF_UP), "f")


def seconds(time: float) -> str:
    """Epoch seconds as text."""
    return str(int(time))


def order_json(order: Order) -> Json:
    """One row of today's or history orders: 29 keys, and the time that a delayed order waits for."""
    terms, request = order.terms, order.request
    delay: Json = {"delayed_until": str(terms.delayed_until)} if order.is_delayed else {}
    return delay | {
        "order_id": order.order_id,
        "status": order.status,
        "stock_name": order.name,
        "quantity": number(terms.quantity),
        "executed_quantity": number(order.executed_quantity),
        "price": number(_shown_price(order)),
        "executed_price": number(order.executed_price),
        "submitted_at": seconds(order.submitted_at),
        "side": str(order.side),
        "symbol": order.symbol,
        "order_type": str(order.order_type),
        "last_done": number(order.fills[-1].price) if order.fills else "",
        "trigger_price": number(terms.trigger_price),
        "msg": order.message,
        "tag": _tag(order),
        "time_in_force": str(request.time_in_force),
        "expire_date": request.expire_date.isoformat() if request.expire_date else "",
        "updated_at": seconds(order.updated_at),
        "trigger_at": seconds(order.trigger_at),
        "trailing_amount": number(terms.trailing_amount),
        "trailing_percent": number(terms.trailing_percent),
        "limit_offset": number(terms.limit_offset),
        "trigger_status": order.trigger_status,
        "currency": order.currency,
        "outside_rth": str(request.outside_rth or "RTH_ONLY") if order.market is Market.US else "UnknownOutsideRth",
        "limit_depth_level": terms.limit_depth_level,
        "trigger_count": terms.trigger_count,
        "monitor_price": number(terms.monitor_price),
        "remark": terms.remark,
    }


def detail_json(order: Order, listing: ListingView) -> Json:
    """The order detail: the row, its history and its charges."""
    return order_json(order) | {
        "free_status": "None",
        "free_amount": "",
        "free_currency": "",
        "deductions_status": "NONE",
        "deductions_amount": "",
        "deductions_currency": "",
        "platform_deducted_status": "NONE",
        "platform_deducted_amount": "",
        "platform_deducted_currency": "",
        "history": [
            {
                "price": number(change.price),
                "quantity": number(change.quantity),
                "status": change.status,
                "msg": change.message,
                "time": seconds(change.time),
            }
            for change in reversed(order.changes)
        ],
        "charge_detail": _charges_json(order, listing),
    }


def attached_json(orders: Sequence[Order]) -> Json:
    """The list of attached orders of an order's row; nothing where it has none."""
    rows = [
        {
            "order_id": order.order_id,
            "attached_type_display": order.attached_kind,
            "trigger_price": number(order.terms.trigger_price),
            "quantity": number(order.terms.quantity),
            "executed_qty": number(order.executed_quantity),
            "status": order.status,
            "updated_at": seconds(order.updated_at),
            "withdrawn": order.status == "CanceledStatus",
            "gtd": "",
            "time_in_force": str(order.request.time_in_force),
            "counter_id": "",
            "trigger_status": order.trigger_status,
            "executed_amount": number(order.executed_quantity * order.executed_price),
            "tag": _tag(order),
            "submitted_at": seconds(order.submitted_at),
            "executed_price": number(order.executed_price),
            "force_only_rth": "UnknownOutsideRth",
            "reviewed": False,
            "activate_order_type": str(order.order_type),
            "activate_rth": "UnknownOutsideRth",
            "submit_price": number(order.terms.price),
            "limit_depth_level": 0,
        }
        for order in orders
    ]
    return {"attached_orders": rows} if rows else {}


def push_json(order: Order, fill: Fill | None) -> dict[str, str]:
    """The data of an order push: 25 keys, all texts."""
    terms = order.terms
    return {
        "side": str(order.side),
        "stock_name": order.name,
        "submitted_quantity": number(terms.quantity),
        "symbol": order.symbol,
        "order_type": str(order.order_type),
        "submitted_price": number(_shown_price(order)) or "0",
        "executed_quantity": number(order.executed_quantity),
        "executed_price": number(order.executed_price),
        "order_id": order.order_id,
        "currency": order.currency,
        "status": order.status,
        "submitted_at": seconds(order.submitted_at),
        "updated_at": seconds(order.updated_at),
        "trigger_price": number(terms.trigger_price),
        "msg": order.message,
        "tag": _tag(order),
        "trigger_status": order.trigger_status,
        "trigger_at": seconds(order.trigger_at),
        "trailing_amount": number(terms.trailing_amount),
        "trailing_percent": number(terms.trailing_percent),
        "limit_offset": number(terms.limit_offset),
        "account_no": ACCOUNT_NO,
        "last_share": number(fill.quantity) if fill else "",
        "last_price": number(fill.price) if fill else "",
        "remark": terms.remark,
    }


def execution_json(order: Order, fill: Fill) -> Json:
    """One trade."""
    return {
        "order_id": order.order_id,
        "trade_id": fill.trade_id,
        "symbol": order.symbol,
        "trade_done_at": seconds(fill.time),
        "quantity": number(fill.quantity),
        "price": number(fill.price),
        "side": str(order.side),
    }


def balance_json(account: Account, currency: str) -> Json:
    """The account in one currency, with its cash in each."""
    net, power = account.net_assets(currency), account.buying_power(currency)
    initial, maintenance = account.margins(currency)
    return {
        "total_cash": cents(account.total_cash(currency)),
        "max_finance_amount": cents(power + account.financed(currency)),
        "remaining_finance_amount": cents(power),
        "risk_level": _risk_level(net, initial, maintenance),
        "margin_call": cents(max(maintenance - net, Decimal(0))),
        "currency": currency,
        "net_assets": cents(net),
        "init_margin": cents(initial),
        "maintenance_margin": cents(maintenance),
        "buy_power": cents(power),
        "cash_infos": [
            {
                "withdraw_cash": cents(account.withdrawable(name)),
                "available_cash": cents(account.available_cash(name)),
                "frozen_cash": cents(account.frozen_cash(name)),
                "settling_cash": cents(account.settling_cash(name)),
                "currency": name,
            }
            for name in account.cash
        ],
        "frozen_transaction_fees": [
            {"currency": name, "frozen_transaction_fee": cents(account.frozen_fees(name))} for name in account.cash
        ],
    }


def positions_json(account: Account, positions: Sequence[Position]) -> Json:
    """Stock positions by account channel."""
    rows = [
        {
            "symbol": position.symbol,
            "symbol_name": position.name,
            "quantity": number(position.quantity),
            "available_quantity": number(account.available_shares(position.symbol)),
            "currency": position.currency,
            "cost_price": number(position.cost.quantize(_COST_STEP, ROUND_HALF_UP)),
            "market": str(Symbol(position.symbol).market),
            "init_quantity": number(position.opening_quantity),
        }
        for position in positions
    ]
    return {"list": [{"account_channel": ACCOUNT_CHANNEL, "stock_info": rows}]}


def flow_json(flow: Flow) -> Json:
    """One movement of cash."""
    return {
        "transaction_flow_name": flow.name,
        "direction": 2 if flow.amount > 0 else 1,
        "business_type": 2,
        "balance": number(flow.amount),
        "currency": flow.currency,
        "business_time": seconds(flow.time),
        "symbol": flow.symbol,
        "description": flow.description,
    }


def margin_json(factors: MarginFactors) -> Json:
    """The three margin factors of a security."""
    return {
        "im_factor": number(factors.initial),
        "mm_factor": number(factors.maintenance),
        "fm_factor": number(factors.forced),
    }


def currencies() -> frozenset[str]:
    """The currencies in which an account can be shown."""
    return frozenset(HKD_PER)


def _shown_price(order: Order) -> Decimal | None:
    """The limit that a client sees: its own, or the one that a trailing order got when it woke."""
    return order.terms.price if order.order_type in LIMIT_TYPES else order.limit


def _tag(order: Order) -> str:
    return "Normal" if order.request.time_in_force is TimeInForce.DAY else "GTC"


def _risk_level(net: Decimal, initial: Decimal, maintenance: Decimal) -> str:
    """ "0" safe, "1" medium, "2" warning, "3" danger (longport.md 7.4)."""
    if net < maintenance:
        return "3"
    if net < initial:
        return "2"
    return "1" if net < initial + initial / 4 else "0"


def _charges_json(order: Order, listing: ListingView) -> Json:
    """What an order was charged, those of the broker first, then those of others."""
    items: list[Json] = []
    for category, name in ((Category.BROKER, "Broker Fees"), (Category.THIRD, "Third-party Fees")):
        rows = [
            {
                "code": fee.code,
                "name": fee.name,
                "amount": cents(order.charged[fee.code]),
                "currency": order.currency,
            }
            for fee in fee_table(listing)
            if fee.category is category and order.charged.get(fee.code)
        ]
        if rows:
            items.append({"code": str(category), "name": name, "fees": rows})
    return {"total_amount": cents(order.fee), "currency": order.currency, "items": items}
