"""The quote pulls as HTTP requests: which path stands for which command, and the messages of both (longport.md 9.1).

Both ends read this one table: a server finds a command by its path, a client the path of a command. The one exception
is the option chain of a date (command 21), which has a JSON shape of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from lpresearch.wire.messages import Message
from lpresearch.wire.proto import quote_pb2 as pb

ROOT = "/quote/"
STRIKES = "/v1/quote/options/strikes"  # the option chain of a date


@dataclass(frozen=True)
class HttpPull:
    """One pull: its command on the link, its path, and the messages that stand in request and answer as JSON."""

    command: int
    path: str
    request: type[Message]
    answer: type[Message]


_PULLS = (
    HttpPull(8, "markets/trading-sessions", pb.SubscriptionRequest, pb.MarketTradePeriodResponse),
    HttpPull(9, "markets/trading-days", pb.MarketTradeDayRequest, pb.MarketTradeDayResponse),
    HttpPull(10, "static-info", pb.MultiSecurityRequest, pb.SecurityStaticInfoResponse),
    HttpPull(11, "quotes", pb.MultiSecurityRequest, pb.SecurityQuoteResponse),
    HttpPull(12, "options/quotes", pb.MultiSecurityRequest, pb.OptionQuoteResponse),
    HttpPull(13, "warrants/quotes", pb.MultiSecurityRequest, pb.WarrantQuoteResponse),
    HttpPull(14, "depth", pb.SecurityRequest, pb.SecurityDepthResponse),
    HttpPull(15, "brokers", pb.SecurityRequest, pb.SecurityBrokersResponse),
    HttpPull(16, "participants", pb.SubscriptionRequest, pb.ParticipantBrokerIdsResponse),
    HttpPull(17, "trades", pb.SecurityTradeRequest, pb.SecurityTradeResponse),
    HttpPull(18, "intraday", pb.SecurityIntradayRequest, pb.SecurityIntradayResponse),
    HttpPull(19, "candlesticks", pb.SecurityCandlestickRequest, pb.SecurityCandlestickResponse),
    HttpPull(20, "options/expiry-dates", pb.SecurityRequest, pb.OptionChainDateListResponse),
    HttpPull(22, "warrants/issuers", pb.SubscriptionRequest, pb.IssuerInfoResponse),
    HttpPull(23, "warrants", pb.WarrantFilterListRequest, pb.WarrantFilterListResponse),
    HttpPull(24, "capital-flow", pb.CapitalFlowIntradayRequest, pb.CapitalFlowIntradayResponse),
    HttpPull(25, "capital-distribution", pb.SecurityRequest, pb.CapitalDistributionResponse),
    HttpPull(26, "calc-indexes", pb.SecurityCalcQuoteRequest, pb.SecurityCalcQuoteResponse),
    HttpPull(27, "history-candlesticks", pb.SecurityHistoryCandlestickRequest, pb.SecurityCandlestickResponse),
)
BY_PATH = {ROOT + pull.path: pull for pull in _PULLS}
BY_COMMAND = {pull.command: pull for pull in _PULLS}
