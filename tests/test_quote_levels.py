"""What the quote cards of an account do not include is said clearly, and what comes late by them is marked."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import lpresearch as lp
from lpresearch.base.levels import QuoteLevel, cards_market, delayed
from lpresearch.base.symbols import Symbol
from lpresearch.sources.longport_levels import quote_levels
from lpresearch.wire.proto import quote_pb2
from tests.other_server import Habits, with_habits

DEPTH, BROKERS, QUOTES, OPTION_QUOTES = 14, 15, 11, 12
OPTION = "AAPL260417C250000.US"
HONG_KONG = [Symbol(f"{number}.HK") for number in range(1, 26)]

DELAYED_HK = Habits(cards=(("HK", "HK Delayed Quotes"), ("US", "LV1 Real-time Quotes")))
BASIC_HK = Habits(cards=(("HK", "HK BMP"),))
CLOSED = Habits(
    cards=(("HK", "HK BMP"), ("US", "LV1 Real-time Quotes")), no_access=frozenset({DEPTH, BROKERS, OPTION_QUOTES})
)


@with_habits(CLOSED)
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    ("call", "cards"),
    [
        (lambda: lp.depth("700.HK"), "HK: HK BMP, delayed beyond 20 symbols"),
        (lambda: lp.brokers("700.HK"), "HK: HK BMP, delayed beyond 20 symbols"),
        (lambda: lp.depth("AAPL.US"), "US: LV1 Real-time Quotes"),
        (lambda: lp.option_quote(OPTION), "USOption: no card that the server tells of"),
    ],
)
def test_what_the_cards_do_not_include_is_refused_with_the_cards_and_the_next_step(
    call: Callable[[], object], cards: str
) -> None:
    with pytest.raises(lp.NoPermission) as told:
        call()
    assert told.value.code == 301604
    assert f"The quote cards of the account do not include it ({cards})." in str(told.value)
    assert "Get one that does in the app, then disconnect() and connect() again." in str(told.value)


@with_habits(DELAYED_HK)
@pytest.mark.usefixtures("server")
def test_a_frame_names_the_symbols_whose_prices_come_late() -> None:
    assert lp.quote(["AAPL.US", "700.HK", "5.HK"]).attrs["lpresearch"]["delayed"] == ["700.HK", "5.HK"]
    assert "delayed" not in lp.quote("AAPL.US").attrs["lpresearch"]
    assert lp.candles(["700.HK", "AAPL.US"], count=5).attrs["lpresearch"]["delayed"] == ["700.HK"]


@with_habits(DELAYED_HK)
@pytest.mark.usefixtures("server")
def test_the_session_and_the_doctor_say_what_is_delayed() -> None:
    assert repr(lp.session()).endswith("connected, HK DELAYED>")
    assert "HK: HK Delayed Quotes, delayed; US: LV1 Real-time Quotes" in str(lp.doctor())


@with_habits(DELAYED_HK)
@pytest.mark.usefixtures("server")
def test_a_board_of_prices_that_come_late_says_so() -> None:
    for symbol, late in (("700.HK", True), ("AAPL.US", False)):
        shown = lp.board(symbol)
        assert ("DELAYED" in str(shown)) is late
        shown.close()


@with_habits(BASIC_HK)
@pytest.mark.usefixtures("server")
def test_at_the_basic_level_the_symbols_beyond_the_twentieth_come_late() -> None:
    assert "delayed" not in lp.quote("700.HK").attrs["lpresearch"]
    levels = lp.session().profile.levels
    assert delayed(levels, HONG_KONG) == [str(symbol) for symbol in HONG_KONG[20:]]
    assert delayed(levels, [Symbol("AAPL.US"), *HONG_KONG[:20]]) == []
    assert "DELAYED" not in repr(lp.session())


@with_habits(DELAYED_HK)
@pytest.mark.usefixtures("server")
def test_the_cards_are_remembered_for_sessions_without_a_link() -> None:
    session = lp.session()
    known = session.register.recall("")
    assert known == session.profile
    assert known.levels == (QuoteLevel("HK", ("HK Delayed Quotes",), 0), QuoteLevel("US", ("LV1 Real-time Quotes",)))


@pytest.mark.parametrize(
    ("cards", "live"),
    [
        ((), None),
        (("LV1 Real-time Quotes",), None),
        (("HK BMP",), 20),
        (("15-minute delayed",), 0),
        (("延時行情",), 0),
        (("Delayed quotes", "BMP"), 20),
        (("Delayed quotes", "LV2"), None),
    ],
)
def test_the_best_card_of_a_market_decides_how_late_its_prices_are(cards: tuple[str, ...], live: int | None) -> None:
    detail = quote_pb2.UserQuoteLevelDetail()
    for name in cards:
        detail.by_market_code["HK"].packages.add(key="k", name=name)
    assert [level.live for level in quote_levels(detail)] == ([live] if cards else [])


def test_options_need_cards_of_their_own() -> None:
    assert [cards_market(Symbol(text)) for text in ("AAPL.US", OPTION, "700.HK", "600519.SH")] == [
        "US", "USOption", "HK", "CN",
    ]  # fmt: skip
    assert delayed([QuoteLevel("USOption", ("Delayed",), 0)], [Symbol("AAPL.US"), Symbol(OPTION)]) == [OPTION]
