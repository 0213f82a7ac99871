"""The commands on options, warrants and calculated indexes over a real link: 12, 13, 20 to 23 and 26."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

import pytest
from google.protobuf.message import Message

from lpresearch.base.symbols import Symbol
from lpresearch.sim import Running, serve
from lpresearch.sim.market.clock import ManualClock
from lpresearch.sim.server.limits import Limits
from lpresearch.wire.proto import quote_pb2 as pb
from tests.sim_client import Wire
from tests.test_sim_server import NOW, refusal, with_link

SHARE, US_SHARE = "700.HK", "AAPL.US"
M = TypeVar("M", bound=Message)


@dataclass
class Asked:
    """One link that asks."""

    wire: Wire

    async def __call__(self, command: int, request: Message | None, answer: type[M]) -> M:
        return answer.FromString(await self.wire.ask(command, request))

    async def chain(self) -> list[pb.StrikePriceInfo]:
        """The chain of the first date that is a month ahead or more."""
        dates = await self(20, pb.SecurityRequest(symbol=US_SHARE), pb.OptionChainDateListResponse)
        expiry = next(day for day in dates.expiry_date if day >= "20261218")
        request = pb.OptionChainDateStrikeInfoRequest(symbol=US_SHARE, expiry_date=expiry)
        return list((await self(21, request, pb.OptionChainDateStrikeInfoResponse)).strike_price_info)

    async def warrants(self, symbol: str = SHARE, **config: Any) -> pb.WarrantFilterListResponse:
        """The warrants that pass."""
        request = pb.WarrantFilterListRequest(symbol=symbol, filter_config=pb.FilterConfig(**config), language=1)
        return await self(23, request, pb.WarrantFilterListResponse)

    async def indexes(self, symbols: list[str], numbers: list[Any]) -> list[pb.SecurityCalcIndex]:
        """Some calculated indexes."""
        request = pb.SecurityCalcQuoteRequest(symbols=symbols, calc_index=numbers)
        return list((await self(26, request, pb.SecurityCalcQuoteResponse)).security_calc_index)


Work = Callable[[Asked], Awaitable[None]]


@pytest.fixture(scope="module")
def still() -> Iterator[Running]:
    """A server whose clock stands still, without pace."""
    with serve(clock=ManualClock(NOW), limits=Limits.unpaced()) as running:
        yield running


def asked(running: Running, work: Work) -> None:
    """Do some work over a link."""

    async def main(wire: Wire) -> None:
        await work(Asked(wire))

    with_link(running, main)


def test_a_chain_has_a_call_and_a_put_for_each_strike_around_the_price(still: Running) -> None:
    async def work(ask: Asked) -> None:
        chain = await ask.chain()
        strikes = [Decimal(row.price) for row in chain]
        spot = still.market.last_price(US_SHARE)
        assert strikes == sorted(set(strikes))
        assert strikes[0] < spot < strikes[-1]
        for row in chain:
            call, put = Symbol(row.call_symbol).option, Symbol(row.put_symbol).option
            assert call is not None
            assert put is not None
            assert (call.call, call.strike) == (True, Decimal(row.price))
            assert (put.call, put.strike) == (False, Decimal(row.price))

    asked(still, work)


def test_what_has_no_options_has_an_empty_chain(still: Running) -> None:
    async def work(ask: Asked) -> None:
        for symbol in ("600519.SH", "D05.SG"):
            found = await ask(20, pb.SecurityRequest(symbol=symbol), pb.OptionChainDateListResponse)
            assert list(found.expiry_date) == []
        saturday = pb.OptionChainDateStrikeInfoRequest(symbol=US_SHARE, expiry_date="20261219")
        assert not (await ask(21, saturday, pb.OptionChainDateStrikeInfoResponse)).strike_price_info

    asked(still, work)


def test_the_quotes_of_options_leave_out_what_is_none_and_agree_with_the_market(still: Running) -> None:
    async def work(ask: Asked) -> None:
        chain = await ask.chain()
        spot = still.market.last_price(US_SHARE)
        near = min(chain, key=lambda row: abs(Decimal(row.price) - spot))
        wanted = [near.call_symbol, US_SHARE, near.put_symbol]
        found = (await ask(12, pb.MultiSecurityRequest(symbol=wanted), pb.OptionQuoteResponse)).secu_quote
        assert [row.symbol for row in found] == [near.call_symbol, near.put_symbol]
        for row, direction in zip(found, "CP", strict=True):
            told = row.option_extend
            assert (told.direction, told.strike_price, told.underlying_symbol) == (direction, near.price, US_SHARE)
            assert (told.contract_type, told.contract_multiplier) == ("A", "100")
            assert Decimal(row.last_done) == still.market.quote(row.symbol).last_done > 0
            assert 0.05 < float(told.implied_volatility) < 2
            assert 0.05 < float(told.historical_volatility) < 2

    asked(still, work)


def test_the_quotes_of_warrants_leave_out_what_is_none_and_tell_their_terms(still: Running) -> None:
    async def work(ask: Asked) -> None:
        symbols = [row.symbol for row in (await ask.warrants()).warrant_list]
        request = pb.MultiSecurityRequest(symbol=[*symbols, SHARE])
        found = (await ask(13, request, pb.WarrantQuoteResponse)).secu_quote
        assert [row.symbol for row in found] == symbols
        assert {row.warrant_extend.category for row in found} >= {"Call", "Put", "Bull", "Inline"}
        for row in found:
            told = row.warrant_extend
            assert told.underlying_symbol == SHARE
            assert told.last_trade_date < told.expiry_date
            assert told.outstanding_qty > 0
            assert (told.category in ("Bull", "Bear")) == (Decimal(told.call_price) > 0)
            assert (told.category == "Inline") == (Decimal(told.upper_strike_price) > 0)

    asked(still, work)


def test_issuers_are_those_whose_warrants_are_listed(still: Running) -> None:
    async def work(ask: Asked) -> None:
        issuers = (await ask(22, None, pb.IssuerInfoResponse)).issuer_info
        assert len({issuer.id for issuer in issuers}) == len(issuers) > 5
        assert all(issuer.name_en and issuer.name_cn and issuer.name_hk for issuer in issuers)
        of_all = {row.symbol for row in (await ask.warrants()).warrant_list}
        of_each = [row.symbol for issuer in issuers for row in (await ask.warrants(issuer=[issuer.id])).warrant_list]
        assert sorted(of_each) == sorted(of_all)

    asked(still, work)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("type", range(5)), ("expiry_date", range(1, 5)), ("price_type", (1, 2)), ("status", (2, 3, 4))],
)
def test_each_filter_parts_the_warrants(still: Running, name: str, numbers: range | tuple[int, ...]) -> None:
    async def work(ask: Asked) -> None:
        whole = (await ask.warrants()).warrant_list
        parts = [(await ask.warrants(**dict[str, Any]({name: [number]}))).warrant_list for number in numbers]
        assert sorted(row.symbol for part in parts for row in part) == sorted(row.symbol for row in whole)
        assert sum(bool(part) for part in parts) > (name != "status")
        if name in ("type", "status"):
            for number, part in zip(numbers, parts, strict=True):
                assert {getattr(row, name) for row in part} <= {number}

    asked(still, work)


def test_warrants_are_sorted_and_paged(still: Running) -> None:
    async def work(ask: Asked) -> None:
        whole = await ask.warrants(sort_by=3, sort_order=1)
        volumes = [row.volume for row in whole.warrant_list]
        assert volumes == sorted(volumes, reverse=True)
        page = await ask.warrants(sort_by=3, sort_order=1, sort_offset=2, sort_count=3)
        assert [row.symbol for row in page.warrant_list] == [row.symbol for row in whole.warrant_list[2:5]]
        assert page.total_count == whole.total_count == len(volumes)

    asked(still, work)


def test_counts_are_whole_numbers(still: Running) -> None:
    """Both SDKs read a count with a decimal point as 0."""

    async def work(ask: Asked) -> None:
        assert all(row.outstanding_qty.isdecimal() for row in (await ask.warrants()).warrant_list)

    asked(still, work)


@pytest.mark.parametrize(
    ("config", "code", "words"),
    [
        ({"sort_by": 22}, 301600, "sort_by 22"),
        ({"sort_order": 2}, 301600, "sort_order 2"),
        ({"type": [5]}, 301600, "type 5"),
        ({"issuer": [9999]}, 301600, "issuer 9999"),
        ({"price_type": [3]}, 301600, "price_type 3"),
        ({"status": [1]}, 301600, "status 1"),
        ({"sort_offset": -1}, 301600, "sort_offset -1"),
        ({"sort_count": 501}, 301607, "limit:500"),
    ],
)
def test_a_filter_that_means_nothing_is_refused(still: Running, config: Any, code: int, words: str) -> None:
    async def work(ask: Asked) -> None:
        request = pb.WarrantFilterListRequest(symbol=SHARE, filter_config=pb.FilterConfig(**config))
        status, told, message = await refusal(ask.wire, 23, request)
        assert (status, told) == (7, code)
        assert words in message

    asked(still, work)


def test_only_the_indexes_asked_for_are_told_and_unknown_symbols_left_out(still: Running) -> None:
    async def work(ask: Asked) -> None:
        (row,) = await ask.indexes([SHARE, "NOPE.US"], [1, 4])
        quote = still.market.quote(SHARE)
        assert {field.name for field, _ in row.ListFields()} == {"symbol", "last_done", "volume"}
        assert (row.symbol, Decimal(row.last_done), row.volume) == (SHARE, quote.last_done, quote.volume)

    asked(still, work)


def test_ratios_are_percent_numbers_and_a_share_has_no_greeks(still: Running) -> None:
    async def work(ask: Asked) -> None:
        (row,) = await ask.indexes([SHARE], list(range(1, 41)))
        quote = still.market.quote(SHARE)
        change = 100 * (quote.last_done - quote.prev_close) / quote.prev_close
        assert abs(Decimal(row.change_rate) - change) < Decimal("0.01")
        assert not row.delta
        assert not row.strike_price
        assert row.total_market_value
        call = min((await ask.chain()), key=lambda one: abs(Decimal(one.price) - still.market.last_price(US_SHARE)))
        (option,) = await ask.indexes([call.call_symbol], list(range(1, 41)))
        assert 0.3 < float(option.delta) < 0.8
        assert float(option.theta) < 0 < float(option.gamma)
        assert option.open_interest >= 0
        assert not option.total_market_value

    asked(still, work)


def test_an_index_that_is_none_and_too_many_symbols_are_refused(still: Running) -> None:
    async def work(ask: Asked) -> None:
        none = b"\x0a\x06700.HK\x12\x01\x29"  # of 700.HK the index 41
        status, code, message = await refusal(ask.wire, 26, none)
        assert (status, code) == (7, 301600)
        assert "41" in message
        many = [f"{number}.HK" for number in range(1, 502)]
        request = pb.SecurityCalcQuoteRequest(symbols=many, calc_index=[pb.CALCINDEX_LAST_DONE])
        assert (await refusal(ask.wire, 26, request))[:2] == (7, 301607)

    asked(still, work)
