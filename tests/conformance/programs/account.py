"""Shows what the account has."""

from tests.conformance.programs.sdk import api, config

trade = api.TradeContext(config())
for balance in trade.account_balance():
    for cash in balance.cash_infos:
        print("cash", cash.currency, cash.available_cash)
for channel in trade.stock_positions().channels:
    for position in channel.positions:
        print("position", position.symbol, position.quantity)
