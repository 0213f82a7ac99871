"""Buys at the market, and lists what was ordered today."""

from decimal import Decimal

from tests.conformance.programs.sdk import api, config

trade = api.TradeContext(config())
sent = trade.submit_order(
    symbol="700.HK",
    order_type=api.OrderType.MO,
    side=api.OrderSide.Buy,
    submitted_quantity=Decimal(200),
    time_in_force=api.TimeInForceType.Day,
    outside_rth=api.OutsideRTH.AnyTime,
    remark="a greeting",
)
print("sent", sent.order_id)
for order in trade.today_orders():
    print("order", order.order_id, order.symbol, order.quantity, order.remark)
