"""The simulated margin account: cash by currency, positions, what open orders hold, buying power. Exact decimals only.

It is called from one thread. It books what the exchange tells it and never decides on orders, but for saying whether
the account can carry one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_DOWN, Decimal

from lpresearch.base.markets import Market
from lpresearch.base.model import Side
from lpresearch.base.symbols import Symbol
from lpresearch.sim.exchange import fees
from lpresearch.sim.exchange.market_view import ListingView, MarketView
from lpresearch.sim.server.refusal import Refusal

ZERO = Decimal(0)
NO_BUYING_POWER = 602020  # the broker publishes no list of trade codes; these two are ours
NO_POSITION = 602021

HKD_PER = {"HKD": Decimal(1), "USD": Decimal("7.8"), "CNH": Decimal("1.08")}
OPENING_CASH = {"HKD": Decimal(1_000_000), "USD": Decimal(100_000)}
OPENING_SHARES = {"700.HK": Decimal(400), "AAPL.US": Decimal(50)}
_OPENING_COST = Decimal("0.92")  # of the reference price


@dataclass(frozen=True)
class MarginFactors:
    """Which part of a position's value the account must own: to open it, to keep it, to escape a forced sale."""

    initial: Decimal
    maintenance: Decimal
    forced: Decimal


_CALM = MarginFactors(Decimal("0.3"), Decimal("0.25"), Decimal("0.2"))
_LIVELY = MarginFactors(Decimal("0.5"), Decimal("0.4"), Decimal("0.35"))
_NEVER_LENT = frozenset({"warrant", "cbbc"})
_FULL = MarginFactors(Decimal(1), Decimal(1), Decimal(1))


def margin_factors(listing: ListingView) -> MarginFactors:
    """The margin factors of a security, from its volatility; warrants and options are paid in full."""
    if listing.kind in _NEVER_LENT or Symbol(listing.symbol).is_us_option:
        return _FULL
    if listing.annual_volatility <= 0.35:
        return _CALM
    return _LIVELY if listing.annual_volatility <= 0.75 else _FULL


@dataclass
class Position:
    """Shares held; fewer than zero are owed."""

    symbol: str
    name: str
    currency: str
    quantity: Decimal
    cost: Decimal  # mean price paid, or received when short
    opening_quantity: Decimal = ZERO

    @property
    def units(self) -> Decimal:
        """What the price is multiplied by to give the value: shares, also of options."""
        return self.quantity * fees.contract_size(self.symbol)

    def trade(self, signed: Decimal, price: Decimal) -> None:
        """Add shares, or with a negative number take some away."""
        after = self.quantity + signed
        if self.quantity * signed >= 0:
            self.cost = (self.cost * abs(self.quantity) + price * abs(signed)) / abs(after)
        elif after * signed > 0:  # went through zero
            self.cost = price
        self.quantity = after


@dataclass(frozen=True)
class Hold:
    """What an open order may still need."""

    listing: ListingView
    side: Side
    quantity: Decimal
    price: Decimal
    fee: Decimal

    @property
    def value(self) -> Decimal:
        """What it trades for at its price."""
        return self.quantity * self.price * fees.contract_size(self.listing.symbol)

    @property
    def cash(self) -> Decimal:
        """The cash frozen for it, in the security's currency."""
        return self.value + self.fee if self.side is Side.BUY else ZERO


@dataclass(frozen=True)
class Flow:
    """One movement of cash; negative is out."""

    time: float
    currency: str
    amount: Decimal
    symbol: str
    name: str
    description: str


@dataclass(frozen=True)
class Pending:
    """Cash of a trade that is not settled yet; negative is to be paid."""

    currency: str
    amount: Decimal
    market: Market
    settles: date  # the market's trading day


class Account:
    """Cash, positions and holds of the one account of a simulator."""

    def __init__(
        self,
        market: MarketView,
        *,
        cash: Mapping[str, Decimal] = OPENING_CASH,
        shares: Mapping[str, Decimal] = OPENING_SHARES,
    ) -> None:
        self._market = market
        self.cash = dict(cash)
        self.fees = dict.fromkeys(cash, ZERO)
        self.positions: dict[str, Position] = {}
        self.holds: dict[str, Hold] = {}
        self.flows: list[Flow] = []
        self.pending: list[Pending] = []
        for symbol, quantity in shares.items():
            listing = market.listing(symbol)
            if listing is not None:
                cost = (listing.reference_price * _OPENING_COST).quantize(Decimal("0.01"))
                self.positions[symbol] = Position(
                    symbol, listing.name_en, listing.currency, quantity, cost, opening_quantity=quantity
                )

    def reserve(self, order_id: str, hold: Hold) -> None:
        """Hold what an order needs, in place of what it held before.

        Raises
        ------
        Refusal : more is sold than held where that is not allowed, or the buying power does not suffice.
        """
        others = {key: other for key, other in self.holds.items() if key != order_id}
        closing = min(hold.quantity, self._closable(hold.listing.symbol, hold.side, others))
        if closing < hold.quantity:
            if hold.side is Side.SELL and not _can_be_short(hold.listing):
                raise Refusal(400, NO_POSITION, f"Insufficient position: {closing} of {hold.quantity} can be sold.")
            if self._free_margin({**others, order_id: hold}) < 0:
                raise Refusal(400, NO_BUYING_POWER, "Insufficient buying power.")
        self.holds = {**self.holds, order_id: hold}

    def shrink(self, order_id: str, quantity: Decimal, *, fee: Decimal) -> None:
        """Hold only what the open part of a partly filled order still needs, and the fees still to come."""
        self.holds[order_id] = replace(self.holds[order_id], quantity=quantity, fee=fee)

    def release(self, order_id: str) -> None:
        """Free what an order held."""
        self.holds.pop(order_id, None)

    def book(
        self,
        listing: ListingView,
        side: Side,
        quantity: Decimal,
        price: Decimal,
        *,
        charges: Sequence[tuple[str, Decimal]],
        time: float,
        settles: date,
    ) -> None:
        """Move the cash and shares of one fill, and the fees (name and amount) that come with it."""
        symbol, currency = listing.symbol, listing.currency
        signed = quantity if side is Side.BUY else -quantity
        position = self.positions.get(symbol)
        if position is None:
            position = self.positions[symbol] = Position(symbol, listing.name_en, currency, ZERO, ZERO)
        position.trade(signed, price)
        if not position.quantity:
            del self.positions[symbol]
        value = -signed * price * fees.contract_size(symbol)
        kind = "Options" if Symbol(symbol).is_us_option else "Stocks"
        moves = [(f"{side} Contract-{kind}", value), *((name, -amount) for name, amount in charges)]
        for name, amount in moves:
            if amount:
                self.cash[currency] += amount
                self.flows.append(Flow(time, currency, amount, symbol, name, listing.name_en))
        fee = sum((amount for _, amount in charges), ZERO)
        self.fees[currency] += fee
        self.pending = [pending for pending in self.pending if self._is_pending(pending)]
        self.pending.append(Pending(currency, value - fee, Symbol(symbol).market, settles))

    def settling_cash(self, currency: str) -> Decimal:
        """Cash of trades that are not settled yet; negative is to be paid. It is part of the cash."""
        open_ones = (pending for pending in self.pending if pending.currency == currency and self._is_pending(pending))
        return sum((pending.amount for pending in open_ones), ZERO)

    def withdrawable(self, currency: str) -> Decimal:
        """Cash that can leave the account: held by no order, and received already."""
        return max(self.available_cash(currency) - max(self.settling_cash(currency), ZERO), ZERO)

    def _is_pending(self, pending: Pending) -> bool:
        return self._market.trading_date(pending.market) < pending.settles

    def frozen_cash(self, currency: str) -> Decimal:
        """The cash that open buy orders hold."""
        return sum((hold.cash for hold in self.holds.values() if hold.listing.currency == currency), ZERO)

    def frozen_fees(self, currency: str) -> Decimal:
        """The fees that open orders will cost."""
        return sum((hold.fee for hold in self.holds.values() if hold.listing.currency == currency), ZERO)

    def available_cash(self, currency: str) -> Decimal:
        """Cash that no open order holds; negative where the account borrows."""
        return self.cash.get(currency, ZERO) - self.frozen_cash(currency)

    def available_shares(self, symbol: str) -> Decimal:
        """Shares that no open sell order holds."""
        held = sum(
            (hold.quantity for hold in self.holds.values() if hold.listing.symbol == symbol and hold.side is Side.SELL),
            ZERO,
        )
        return (self.positions[symbol].quantity if symbol in self.positions else ZERO) - held

    def total_cash(self, currency: str) -> Decimal:
        """All cash, expressed in one currency."""
        return _convert(sum((amount * HKD_PER[name] for name, amount in self.cash.items()), ZERO), currency)

    def financed(self, currency: str) -> Decimal:
        """All cash owed, expressed in one currency."""
        owed = (-amount * HKD_PER[name] for name, amount in self.cash.items() if amount < 0)
        return _convert(sum(owed, ZERO), currency)

    def net_assets(self, currency: str) -> Decimal:
        """Cash and positions at the last price, expressed in one currency."""
        values = (position.units * self._price_hkd(position) for position in self.positions.values())
        return self.total_cash(currency) + _convert(sum(values, ZERO), currency)

    def margins(self, currency: str) -> tuple[Decimal, Decimal]:
        """Initial and maintenance margin of the positions, expressed in one currency."""
        initial = maintenance = ZERO
        for position in self.positions.values():
            value = abs(position.units) * self._price_hkd(position)
            factors = self._factors(position.symbol)
            initial += value * factors.initial
            maintenance += value * factors.maintenance
        return _convert(initial, currency), _convert(maintenance, currency)

    def buying_power(self, currency: str) -> Decimal:
        """Assets that neither positions nor open orders tie up, expressed in one currency; never negative."""
        return max(_convert(self._free_margin(self.holds), currency), ZERO)

    def max_quantity(
        self, listing: ListingView, side: Side, price: Decimal, *, without: str = ""
    ) -> tuple[Decimal, Decimal]:
        """The shares that an order could have, in whole lots: with own cash (or shares) only, and with margin.

        Parameters
        ----------
        without : the id of an order whose holds count as free, because it is to be replaced.
        """
        holds = {key: hold for key, hold in self.holds.items() if key != without}
        closable = self._closable(listing.symbol, side, holds)
        unit = price * fees.contract_size(listing.symbol)

        def affordable(money: Decimal, part: Decimal) -> Decimal:
            """The quantity that money pays for, if a part of the value and all fees are due."""
            most = max(money, ZERO) / (unit * part)
            return max(money - fees.total(listing, side, most, price), ZERO) / (unit * part)

        if side is Side.SELL:
            own = closable
        else:
            used = sum((hold.cash for hold in holds.values() if hold.listing.currency == listing.currency), ZERO)
            own = affordable(self.cash.get(listing.currency, ZERO) - used, Decimal(1))
        margin = closable
        if side is Side.BUY or _can_be_short(listing):
            power = _convert(self._free_margin(holds), listing.currency)
            margin += affordable(power, margin_factors(listing).initial)
        return _whole_lots(own, listing.lot_size), _whole_lots(margin, listing.lot_size)

    def _closable(self, symbol: str, side: Side, holds: Mapping[str, Hold]) -> Decimal:
        """The shares that an order would close rather than open, after those that other orders will close."""
        position = self.positions.get(symbol)
        quantity = position.quantity if position else ZERO
        closable = quantity if side is Side.SELL else -quantity
        for hold in holds.values():
            if hold.side is side and hold.listing.symbol == symbol:
                closable -= hold.quantity
        return max(closable, ZERO)

    def _free_margin(self, holds: Mapping[str, Hold]) -> Decimal:
        """Net assets less initial margin of the positions and of what the open orders may open, in HKD."""
        free = self.net_assets("HKD") - self.margins("HKD")[0]
        closable: dict[tuple[str, Side], Decimal] = {}
        for hold in holds.values():
            key = (hold.listing.symbol, hold.side)
            left = closable[key] if key in closable else self._closable(*key, {})
            closing = min(hold.quantity, left)
            closable[key] = left - closing
            opening = hold.value * (hold.quantity - closing) / hold.quantity
            need = opening * margin_factors(hold.listing).initial + hold.fee
            free -= need * HKD_PER[hold.listing.currency]
        return free

    def _price_hkd(self, position: Position) -> Decimal:
        return self._market.last_price(position.symbol) * HKD_PER[position.currency]

    def _factors(self, symbol: str) -> MarginFactors:
        listing = self._market.listing(symbol)
        return margin_factors(listing) if listing is not None else _FULL


def _can_be_short(listing: ListingView) -> bool:
    """Whether more can be sold than is held: US shares on margin; neither Hong Kong nor a naked option."""
    return listing.currency == "USD" and not Symbol(listing.symbol).is_us_option


def _convert(hkd: Decimal, currency: str) -> Decimal:
    return hkd if currency == "HKD" else hkd / HKD_PER[currency]


def _whole_lots(quantity: Decimal, lot_size: int) -> Decimal:
    lots = (max(quantity, ZERO) / lot_size).to_integral_value(ROUND_DOWN)
    return lots * lot_size
