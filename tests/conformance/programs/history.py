"""Shows some candlesticks of the past, once by an offset and once by dates."""

from datetime import date, datetime

from tests.conformance.programs.sdk import api, config

quotes = api.QuoteContext(config())
day, plain = api.Period.Day, api.AdjustType.NoAdjust
for bar in quotes.history_candlesticks_by_offset("700.HK", day, plain, False, 10, datetime(2026, 8, 18)):
    print("offset", bar.timestamp.date(), bar.close)
for bar in quotes.history_candlesticks_by_date("700.HK", day, plain, date(2026, 5, 5), date(2026, 6, 23)):
    print("dates", bar.timestamp.date(), bar.close)
