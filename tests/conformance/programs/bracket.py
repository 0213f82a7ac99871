"""Buys a share with a price to take the profit at and one to stop the loss at."""

from decimal import Decimal

from tests.conformance.programs.sdk import api, config

trade = api.TradeContext(config())
sent = trade.submit_order(
    symbol="AAPL.US",
    order_type=api.OrderType.LO,
    side=api.OrderSide.Buy,
    submitted_quantity=Decimal(1),
    time_in_force=api.TimeInForceType.Day,
    submitted_price=Decimal(200),
    attached_params=api.SubmitAttachedParams(
        api.AttachedOrderType.Bracket, profit_taker_price=Decimal(220), stop_loss_price=Decimal(180)
    ),
)
print("sent", sent.order_id)
for leg in trade.order_detail(sent.order_id).attached_orders:
    print("leg", leg.trigger_price)
