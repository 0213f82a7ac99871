"""The ticket: made of what a user writes, and checked against every rule that needs no server. Pure: what it knows is
passed in; it asks nothing and sends nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import TypeVar

from lpresearch.base.errors import InputError, Problem, TicketRejected
from lpresearch.base.markets import MARKETS, Market, OrderType, tick_at, tick_table
from lpresearch.base.model import Instrument, OutsideRth, Side, Ticket, TimeInForce
from lpresearch.trading.reading import Number, day, exact, one_symbol, plain, word_of

T = TypeVar("T")

REMARK_LENGTH = 255  # longport.md 7.2
# HKEX refuses a limit nine times or more away from the last price; elsewhere that is a slip of the keyboard too.
FAR_OFF = 9
_INDEX_BOARDS = frozenset(
    {"HKHS", "HKSector", "USDJI", "USNSDQ", "USSector", "SPXIndex", "VIXIndex", "CNIX", "CNSector", "STI", "SGSector"}
)  # longport.md 10.1

_T = OrderType
#: Which order types need a field; all others must not have it (longport.md 7.2).
USES: dict[str, frozenset[OrderType]] = {
    "price": frozenset({_T.LO, _T.ELO, _T.ALO, _T.ODD, _T.LIT, _T.SLO}),
    "trigger_price": frozenset({_T.LIT, _T.MIT}),
    "trailing_amount": frozenset({_T.TSLPAMT, _T.TSMAMT}),
    "trailing_percent": frozenset({_T.TSLPPCT, _T.TSMPCT}),
    "limit_offset": frozenset({_T.TSLPAMT, _T.TSLPPCT}),
}


def make_ticket(
    symbol: str,
    side: str,
    quantity: Number,
    price: Number | None = None,
    *,
    order_type: str | None = None,
    time_in_force: str = TimeInForce.DAY,
    expire_date: str | date | None = None,
    trigger_price: Number | None = None,
    trailing_amount: Number | None = None,
    trailing_percent: Number | None = None,
    limit_offset: Number | None = None,
    outside_rth: str | None = None,
    remark: str = "",
) -> Ticket:
    """The ticket in exact numbers: a limit order (LO) with a price, a market order (MO) without.

    Raises
    ------
    SymbolError : a malformed symbol.
    TicketRejected : words or numbers that cannot be read; names all of them.
    """
    security = one_symbol(symbol)
    problems: list[Problem] = []

    def read(parser: Callable[[str, object], T], name: str, value: object, otherwise: T) -> T:
        try:
            return parser(name, value)
        except InputError as exc:
            problems.append(exc.problem)
            return otherwise

    def number(name: str, value: Number | None) -> Decimal | None:
        return None if value is None else read(exact, name, value, None)

    ticket = Ticket(
        symbol=security,
        side=read(word_of(Side), "side", side, Side.BUY),
        quantity=read(exact, "quantity", quantity, Decimal(0)),
        order_type=read(word_of(OrderType), "order_type", order_type or _usual_type(price), OrderType.LO),
        price=number("price", price),
        time_in_force=read(word_of(TimeInForce), "time_in_force", time_in_force, TimeInForce.DAY),
        expire_date=None if expire_date is None else read(day, "expire_date", expire_date, None),
        trigger_price=number("trigger_price", trigger_price),
        trailing_amount=number("trailing_amount", trailing_amount),
        trailing_percent=number("trailing_percent", trailing_percent),
        limit_offset=number("limit_offset", limit_offset),
        outside_rth=None if outside_rth is None else read(word_of(OutsideRth), "outside_rth", outside_rth, None),
        remark=remark,
    )
    if problems:
        raise TicketRejected(problems)
    return ticket


def fingerprint(ticket: Ticket) -> str:
    """A text that two tickets share if and only if they order the same thing: 50.5 and 50.50 are one price."""
    values = (plain(value) if isinstance(value, Decimal) else str(value or "") for value in vars(ticket).values())
    return "|".join(values)


def check(
    ticket: Ticket,
    instrument: Instrument | None,
    *,
    today: date | None = None,
    last_price: Decimal | None = None,
) -> list[Problem]:
    """Every rule that the ticket breaks, at once; an empty list where it breaks none.

    Parameters
    ----------
    instrument : the security's facts; without them lot and price step are not checked.
    today : the date in the market, for the end of a GTD order; not checked where None.
    last_price : to catch a price that is out of all proportion; not checked where None.
    """
    return [
        *_market_problems(ticket, instrument),
        *_quantity_problems(ticket, instrument),
        *_field_problems(ticket),
        *_price_problems(ticket, instrument, last_price),
        *_life_problems(ticket, today),
    ]


def nearest_prices(price: Decimal, market: Market, *, fund: bool) -> tuple[Decimal, Decimal]:
    """The valid prices just below and just above a price; both are the price itself where it is valid."""
    step = tick_at(tick_table(market, fund=fund), price)
    below = price // step * step
    return (below, below) if below == price else (below, below + step)


def _market_problems(ticket: Ticket, instrument: Instrument | None) -> Iterator[Problem]:
    market = ticket.symbol.market
    rules = MARKETS[market]
    if not rules.tradable:
        yield Problem("symbol", str(ticket.symbol), f"the platform takes no orders in {market}", "It trades HK and US.")
    elif _is_index(ticket, instrument):
        yield Problem("symbol", str(ticket.symbol), "an index cannot be traded", "Trade a fund that tracks it.")
    elif ticket.order_type not in rules.order_types:
        offered = ", ".join(one for one in OrderType if one in rules.order_types)
        yield Problem("order_type", str(ticket.order_type), f"{market} does not offer it", f"It offers {offered}.")
    if ticket.outside_rth is not None and market is not Market.US:
        yield Problem("outside_rth", str(ticket.outside_rth), "only US orders have it", "Leave it out.")
    if len(ticket.remark) > REMARK_LENGTH:
        yield Problem("remark", f"{ticket.remark[:20]}...", f"a remark has at most {REMARK_LENGTH} characters")


def _is_index(ticket: Ticket, instrument: Instrument | None) -> bool:
    """By its board; by its form where the board is not known: .DJI.US, HSI.HK (what trades in HK has a number)."""
    if instrument is not None and instrument.board in _INDEX_BOARDS:
        return True
    symbol = ticket.symbol
    return symbol.ticker.startswith(".") or (symbol.market is Market.HK and not symbol.ticker.isdigit())


def _quantity_problems(ticket: Ticket, instrument: Instrument | None) -> Iterator[Problem]:
    quantity = ticket.quantity
    if quantity <= 0:
        yield Problem("quantity", plain(quantity), "must be more than 0")
    elif quantity != quantity.to_integral_value():
        yield Problem("quantity", plain(quantity), "must be a whole number of shares")
    elif instrument is not None and instrument.lot_size > 1:
        lot = Decimal(instrument.lot_size)
        if ticket.order_type is OrderType.ODD:
            if quantity >= lot:
                yield Problem(
                    "quantity", plain(quantity), f"an odd lot must be less than the lot of {lot}", "Use an LO."
                )
        elif quantity % lot:
            below = quantity // lot * lot
            near = f"{below} or {below + lot}" if below else f"{lot}"
            hint = f"Nearest: {near}; fewer shares than a lot go by order_type='ODD'."
            yield Problem("quantity", plain(quantity), f"must be a multiple of the lot of {lot}", hint)


def _field_problems(ticket: Ticket) -> Iterator[Problem]:
    for name, types in USES.items():
        value: Decimal | None = getattr(ticket, name)
        if ticket.order_type in types:
            if value is None:
                yield Problem(name, None, f"an order of type {ticket.order_type} needs it")
            elif value <= 0 and name != "limit_offset":
                yield Problem(name, plain(value), "must be more than 0")
            elif name == "trailing_percent" and value >= 100:
                yield Problem(name, plain(value), "must be less than 100 percent")
        elif value is not None:
            yield Problem(name, plain(value), f"an order of type {ticket.order_type} has none", "Leave it out.")


def _price_problems(ticket: Ticket, instrument: Instrument | None, last: Decimal | None) -> Iterator[Problem]:
    for name in ("price", "trigger_price"):
        price: Decimal | None = getattr(ticket, name)
        if price is None or price <= 0 or ticket.order_type not in USES[name]:
            continue
        if instrument is not None and not ticket.symbol.is_us_option:  # options step by class: the broker knows
            below, above = nearest_prices(price, instrument.market, fund=instrument.fund)
            if below != above:
                near = " or ".join(plain(one) for one in (below, above) if one > 0)
                rule = f"must be a multiple of the price step, here {plain(above - below)}"
                yield Problem(name, plain(price), rule, f"Nearest: {near}.")
        if last is not None and last > 0 and not last / FAR_OFF < price < last * FAR_OFF:
            yield Problem(name, plain(price), f"must be within {FAR_OFF} times of the last price, {plain(last)}")


def _life_problems(ticket: Ticket, today: date | None) -> Iterator[Problem]:
    expires = ticket.expire_date
    if ticket.time_in_force is not TimeInForce.GTD:
        if expires is not None:
            yield Problem("expire_date", str(expires), "only a GTD order has it", "Pass time_in_force='GTD'.")
    elif expires is None:
        yield Problem("expire_date", None, "a GTD order needs it", "Pass the last day as YYYY-MM-DD.")
    elif today is not None and expires < today:
        yield Problem("expire_date", str(expires), f"must not be before today, {today}")


def _usual_type(price: object) -> OrderType:
    return OrderType.MO if price is None else OrderType.LO
