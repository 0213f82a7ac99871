"""Options and warrants as frames."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime

import pandas as pd
import pytest

import lpresearch as lp
from lpresearch.base.contracts import SortOrder, WarrantSort, WarrantType
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.threaded import Running

pytestmark = pytest.mark.usefixtures("broker")

FRIDAY_MORNING = datetime(2026, 11, 20, 2, 10, tzinfo=UTC).timestamp()  # in Hong Kong, where warrants trade by then
TODAY_IN_NEW_YORK = date(2026, 11, 19)


@pytest.fixture
def clock() -> ManualClock:
    """A day on which the simulator's warrants are listed."""
    return ManualClock(FRIDAY_MORNING, "real")


def first_expiry() -> pd.Timestamp:
    expiry = lp.option_expiries("AAPL.US").index[0]
    assert isinstance(expiry, pd.Timestamp)
    return expiry


def test_expiries_are_days_with_the_days_that_are_left(broker: Running) -> None:
    frame = lp.option_expiries("AAPL.US")
    assert [stamp.date() for stamp in pd.DatetimeIndex(frame.index)] == list(broker.market.option_expiries("AAPL.US"))
    days = [stamp.date() - TODAY_IN_NEW_YORK for stamp in pd.DatetimeIndex(frame.index)]
    assert frame["days_left"].tolist() == [left.days for left in days]


def test_a_security_without_options_has_an_empty_frame_of_the_same_dtypes() -> None:
    empty, full = lp.option_expiries("D05.SG"), lp.option_expiries("AAPL.US")
    assert empty.empty
    assert (empty.index.dtype, *empty.dtypes) == (full.index.dtype, *full.dtypes)


@pytest.mark.parametrize("write", [lambda day: day, lambda day: day.date(), lambda day: f"{day:%Y-%m-%d}"])
def test_a_chain_has_a_call_and_a_put_for_each_strike(write: Callable[[pd.Timestamp], object], broker: Running) -> None:
    expiry = first_expiry()
    chain = lp.option_chain("AAPL.US", write(expiry))  # type: ignore[arg-type]  # each of them is a moment
    assert chain.index.tolist() == [float(strike) for strike in broker.market.option_strikes("AAPL.US", expiry.date())]
    assert chain.index.is_monotonic_increasing
    for strike, call, put in chain[["call_symbol", "put_symbol"]].itertuples():
        assert call == f"AAPL{expiry:%y%m%d}C{strike * 1000:.0f}.US"
        assert put == f"AAPL{expiry:%y%m%d}P{strike * 1000:.0f}.US"


def test_a_day_on_which_nothing_expires_has_an_empty_chain_of_the_same_dtypes() -> None:
    full = lp.option_chain("AAPL.US", first_expiry())
    empty = lp.option_chain("AAPL.US", "2026-11-24")
    assert empty.empty
    assert (empty.index.dtype, *empty.dtypes) == (full.index.dtype, *full.dtypes)


def test_an_option_quote_has_the_columns_of_a_quote_and_the_terms(broker: Running) -> None:
    chain = lp.option_chain("AAPL.US", first_expiry())
    asked = [chain["put_symbol"].iloc[0], chain["call_symbol"].iloc[5]]
    frame = lp.option_quote(asked)
    assert frame.index.tolist() == asked
    assert frame["direction"].tolist() == ["Put", "Call"]
    assert set(frame["contract_type"]) == {"American"}
    assert frame["strike_price"].tolist() == [chain.index[0], chain.index[5]]
    assert set(frame["expiry_date"]) == {first_expiry()}
    assert set(frame["underlying_symbol"]) == {"AAPL.US"}
    assert frame["last_done"].tolist() == [float(broker.market.quote(symbol).last_done) for symbol in asked]
    assert frame["change"].tolist() == pytest.approx((frame["last_done"] - frame["prev_close"]).tolist())


def test_all_that_are_no_options_are_named_before_a_request(broker: Running) -> None:
    with pytest.raises(lp.SymbolError, match=r"^symbols='700\.HK, AAPL\.US': an option is written as"):
        lp.option_quote(["700.HK", "AAPL260417C250000.US", "AAPL.US"])
    assert not broker.recorded


def test_all_options_that_the_broker_does_not_know_are_named() -> None:
    known = lp.option_chain("AAPL.US", first_expiry())["call_symbol"].iloc[0]
    unknown = ["AAPL250321C1.US", "AAPL250321P1.US"]
    with pytest.raises(
        lp.SymbolError, match=r"AAPL250321C1\.US, AAPL250321P1\.US': the broker does not know these opt"
    ):
        lp.option_quote([unknown[0], known, unknown[1]])


def test_a_list_of_warrants_without_filters_holds_all_of_them(broker: Running) -> None:
    frame = lp.warrants("700.HK")
    assert sorted(frame.index) == sorted(listing.symbol for listing in broker.market.warrants("700.HK"))
    assert frame.attrs["lpresearch"]["total"] == len(frame)
    assert set(frame["type"]) <= set(WarrantType)


def test_each_filter_of_the_list_leaves_what_it_names() -> None:
    everything = lp.warrants("700.HK")
    today = pd.Timestamp("2026-11-20")
    months = (everything["expiry_date"] - today).dt.days / 30.4
    assert set(lp.warrants("700.HK", type=["bull", "Put"])["type"]) == {"Bull", "Put"}
    assert set(lp.warrants("700.HK", type="Call").index) == set(everything[everything["type"] == "Call"].index)
    assert set(lp.warrants("700.HK", status="normal")["status"]) == {"Normal"}
    assert (lp.warrants("700.HK", type="Call", price_type="in")["itm_otm"] >= 0).all()
    assert (lp.warrants("700.HK", type="Call", price_type="out")["itm_otm"] <= 0).all()
    long = set(lp.warrants("700.HK", expiry_date=">12m").index)
    assert long
    assert long == set(everything[months > 12].index)
    issuers = [int(number) for number in lp.warrant_issuers().index]
    by_issuer = [set(lp.warrants("700.HK", issuer=number).index) for number in issuers]
    assert set.union(*by_issuer) == set(everything.index)
    assert sum(map(len, by_issuer)) == len(everything)
    assert set(lp.warrants("700.HK", issuer=issuers[:2]).index) == by_issuer[0] | by_issuer[1]


@pytest.mark.parametrize("by", [sort for sort in WarrantSort if sort is not WarrantSort.STATUS])
def test_the_list_is_sorted_by_any_of_its_columns_either_way(by: WarrantSort) -> None:
    for order in SortOrder:
        values = lp.warrants("700.HK", sort_by=by, sort_order=order)[by].dropna()
        assert values.is_monotonic_increasing if order is SortOrder.ASCENDING else values.is_monotonic_decreasing


def test_pages_of_the_list_follow_each_other() -> None:
    whole = lp.warrants("700.HK", sort_by="last_done").index.tolist()
    pages = [lp.warrants("700.HK", sort_by="last_done", offset=offset, count=4) for offset in range(0, len(whole), 4)]
    assert [symbol for page in pages for symbol in page.index] == whole
    assert {page.attrs["lpresearch"]["total"] for page in pages} == {len(whole)}


def test_a_security_without_warrants_has_an_empty_list_of_the_same_dtypes() -> None:
    empty, full = lp.warrants("2800.HK", type="Inline", expiry_date="<3m"), lp.warrants("700.HK")
    assert empty.empty
    assert (empty.index.dtype, *empty.dtypes) == (full.index.dtype, *full.dtypes)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"type": "Bul"}, "type='Bul': type is one of Call, Put, Bull, Bear, Inline."),
        ({"expiry_date": ["<3m", "1y"]}, "expiry_date='1y': expiry_date is one of <3m, 3-6m, 6-12m, >12m."),
        ({"price_type": "at"}, "price_type='at': price_type is one of in, out."),
        ({"status": 4}, "status=4: status is one of Suspend, Prepare, Normal."),
        ({"issuer": "UBS"}, "issuer='UBS': issuer is a whole number from 0. See warrant_issuers()."),
        ({"sort_by": "name"}, "sort_by='name': sort_by is one of last_done, change_rate,"),
        ({"sort_order": "up"}, "sort_order='up': sort_order is one of asc, desc."),
        ({"offset": -1}, "offset=-1: offset is a whole number from 0."),
        ({"count": 0}, "count=0: count is a whole number from 1."),
    ],
)
def test_a_filter_that_there_is_not_is_told_before_a_request(
    arguments: dict[str, object], words: str, broker: Running
) -> None:
    with pytest.raises(lp.InputError, match=f"^{re.escape(words)}"):
        lp.warrants("700.HK", **arguments)  # type: ignore[arg-type]  # that is the point
    assert not broker.recorded


def test_warrants_are_of_hong_kong_only() -> None:
    for call, name in ((lp.warrants, "symbol"), (lp.warrant_quote, "symbols")):
        with pytest.raises(lp.SymbolError, match=rf"^{name}='AAPL\.US': warrants are of Hong Kong only"):
            call("AAPL.US")


def test_a_warrant_quote_has_prices_and_terms_and_no_zeros_for_what_it_has_not(broker: Running) -> None:
    asked = [str(lp.warrants("700.HK", type=kind, count=1).index[0]) for kind in ("Call", "Bull", "Inline")]
    frame = lp.warrant_quote(asked)
    assert frame.index.tolist() == asked
    assert frame["category"].tolist() == ["Call", "Bull", "Inline"]
    assert frame["call_price"].notna().tolist() == [False, True, False]
    assert frame["strike_price"].notna().tolist() == [True, True, False]
    assert frame["upper_strike_price"].notna().tolist() == [False, False, True]
    assert frame["last_done"].tolist() == [float(broker.market.quote(symbol).last_done) for symbol in asked]
    assert (frame["last_trade_date"] < frame["expiry_date"]).all()


def test_what_is_no_warrant_is_named_as_such() -> None:
    warrant = str(lp.warrants("700.HK", count=1).index[0])
    with pytest.raises(lp.SymbolError, match=r"^symbols='700\.HK': the broker does not know this warrant"):
        lp.warrant_quote([warrant, "700.HK"])
