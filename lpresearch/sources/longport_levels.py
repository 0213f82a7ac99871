"""Quote cards as LongPort tells them (command 4): which market they are of, and whether prices come late by them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from lpresearch.base.errors import NoPermission
from lpresearch.base.levels import QuoteLevel, cards_market
from lpresearch.base.symbols import Symbol
from lpresearch.wire.proto import quote_pb2

LIVE_AT_BASIC_LEVEL = 20  # symbols of a request at the level BMP of Hong Kong (longport.md 5, command 11)
# No field says that a card is delayed, so its words are read, in the three languages that the server has.
_DELAYED = re.compile(r"delay|延[时時迟遲]", re.IGNORECASE)
_BASIC = re.compile(r"\bBMP\b", re.IGNORECASE)
_NEXT_STEP = "Get one that does in the app, then disconnect() and connect() again."


def quote_levels(detail: quote_pb2.UserQuoteLevelDetail) -> tuple[QuoteLevel, ...]:
    """A level for each market that the server tells of."""
    markets: Mapping[str, quote_pb2.UserQuoteLevelDetail.MarketPackageDetail] = detail.by_market_code
    return tuple(_level(code, told) for code, told in sorted(markets.items()))


def _level(market: str, told: quote_pb2.UserQuoteLevelDetail.MarketPackageDetail) -> QuoteLevel:
    """The best card decides: prices are late where all of them are."""
    cards = tuple(card.name or card.key for card in told.packages)
    lives = [_live(f"{card.key} {card.name} {card.description}") for card in told.packages]
    live = None if not lives or None in lives else max(number for number in lives if number is not None)
    return QuoteLevel(market, cards, live)


def _live(words: str) -> int | None:
    if _BASIC.search(words):
        return LIVE_AT_BASIC_LEVEL
    return 0 if _DELAYED.search(words) else None


def no_permission(refused: NoPermission, levels: Iterable[QuoteLevel], symbols: Sequence[Symbol]) -> NoPermission:
    """The refusal, with what the account has of the markets that were asked, and what to do."""
    told = {level.market: level for level in levels}
    markets = dict.fromkeys(map(cards_market, symbols))
    if not markets:
        return refused
    has = "; ".join(str(told.get(market) or f"{market}: no card that the server tells of") for market in markets)
    hint = f"The quote cards of the account do not include it ({has}). {_NEXT_STEP}"
    return NoPermission(refused.code, refused.message, endpoint=refused.endpoint, trace_id=refused.trace_id, hint=hint)
