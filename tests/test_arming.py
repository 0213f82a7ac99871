"""Arming: for whom, up to what value, until when orders may go to a real account."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lpresearch.base.errors import InputError, TradingDisabled
from lpresearch.trading.arming import AccountKind, Arming, make_arming, proven_kind, require_kind, worth
from lpresearch.trading.ticket import make_ticket

NOW = 1795226400.0  # 2026-11-21 02:00 UTC


def armed(minutes: float = 60) -> Arming:
    return make_arming("123", "live", per_order=Decimal(1000), per_day=Decimal(2500), minutes=minutes, now=NOW)


def test_an_arming_ends_by_itself() -> None:
    armed(minutes=60).allow("123", NOW + 3599)
    with pytest.raises(TradingDisabled, match="ended at 03:00 UTC"):
        armed(minutes=60).allow("123", NOW + 3600)


def test_an_arming_is_for_one_account() -> None:
    with pytest.raises(TradingDisabled, match="account 123 is armed, but this session trades account 456"):
        armed().allow("456", NOW)


def test_an_arming_names_account_kind_caps_and_end() -> None:
    assert repr(armed()) == (
        "<Armed: LIVE account 123 until 2026-11-21 03:00 UTC, at most 1000 per order and 2500 per day in each currency>"
    )


@pytest.mark.parametrize(
    ("value", "spent", "words"),
    [("1000", "1500", None), ("1000.01", "0", "per order"), ("1000", "1500.01", "per day"), (None, "0", "no cap")],
)
def test_the_caps_hold_to_the_cent(value: str | None, spent: str, words: str | None) -> None:
    amount = None if value is None else Decimal(value)
    if words is None:
        armed().allow_value(amount, "HKD", Decimal(spent))
        return
    with pytest.raises(TradingDisabled, match=words):
        armed().allow_value(amount, "HKD", Decimal(spent))


@pytest.mark.parametrize(
    ("kind", "per_order", "per_day", "minutes", "parameter"),
    [
        ("real", 1, 1, 60, "kind"),
        ("live", 0, 1, 60, "per_order"),
        ("live", 2, 1, 60, "per_day"),
        ("live", 1, 1, 0, "minutes"),
        ("live", 1, 1, 1441, "minutes"),
        ("live", 1, 1, float("nan"), "minutes"),
    ],
)
def test_an_arming_that_makes_no_sense_is_refused(
    kind: str, per_order: int, per_day: int, minutes: float, parameter: str
) -> None:
    with pytest.raises(InputError) as caught:
        make_arming("1", kind, per_order=Decimal(per_order), per_day=Decimal(per_day), minutes=minutes, now=NOW)
    assert caught.value.parameter == parameter


# longport.md 7.4: account_channel is lb, or lb_papertrading for paper.
@pytest.mark.parametrize(
    ("channels", "paper_asked", "kind"),
    [
        (["lb_papertrading", "lb_papertrading"], False, AccountKind.PAPER),
        (["lb"], True, AccountKind.LIVE),
        (["lb_papertrading", "lb"], True, AccountKind.LIVE),
        ([], True, AccountKind.PAPER),
        ([], False, None),
    ],
)
def test_the_server_proves_what_an_account_is(channels: list[str], paper_asked: bool, kind: AccountKind | None) -> None:
    assert proven_kind(channels, paper_asked=paper_asked) is kind


@pytest.mark.parametrize(
    ("said", "proven", "allowed"),
    [
        (AccountKind.PAPER, AccountKind.PAPER, True),
        (AccountKind.PAPER, AccountKind.LIVE, False),
        (AccountKind.PAPER, None, False),
        (AccountKind.LIVE, AccountKind.LIVE, True),
        (AccountKind.LIVE, AccountKind.PAPER, False),
        (AccountKind.LIVE, None, True),
    ],
)
def test_paper_is_proven_not_believed(said: AccountKind, proven: AccountKind | None, allowed: bool) -> None:
    if allowed:
        require_kind(said, proven)
        return
    with pytest.raises(TradingDisabled):
        require_kind(said, proven)


@pytest.mark.parametrize(
    ("symbol", "price", "last", "value"),
    [
        ("700.HK", "50", None, "5000"),
        ("700.HK", "50", "60", "6000"),  # a sell far below the market fills at the market
        ("700.HK", None, "60", "6000"),
        ("700.HK", None, None, None),
        ("AAPL260417C250000.US", "2", None, "20000"),  # a contract is of 100 shares
    ],
)
def test_an_order_is_worth_its_quantity_at_the_highest_price(
    symbol: str, price: str | None, last: str | None, value: str | None
) -> None:
    ticket = make_ticket(symbol, "Sell", 100, price)
    found = worth(ticket, None if last is None else Decimal(last))
    assert found == (None if value is None else Decimal(value))
