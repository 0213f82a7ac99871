"""Permission to send orders to a real account: for whom, up to what value, until when. Pure: the clock is passed in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum

from lpresearch.base.errors import InputError, TradingDisabled
from lpresearch.base.model import Ticket
from lpresearch.trading.reading import plain

DEFAULT_MINUTES = 60.0
MOST_MINUTES = 24 * 60.0
PAPER_CHANNEL = "lb_papertrading"  # longport.md 7.4
OPTION_SHARES = 100  # shares behind one US option contract


class AccountKind(StrEnum):
    """Whether an account's money is real."""

    PAPER = "paper"
    LIVE = "live"


@dataclass(frozen=True, repr=False)
class Arming:
    """Leave to send orders to one account. Caps count price times quantity, each currency apart, both sides alike."""

    account: str
    kind: AccountKind
    per_order: Decimal
    per_day: Decimal
    ends_at: float  # epoch seconds UTC

    def __repr__(self) -> str:
        end = datetime.fromtimestamp(self.ends_at, UTC)
        caps = f"at most {plain(self.per_order)} per order and {plain(self.per_day)} per day in each currency"
        return f"<Armed: {self.kind.upper()} account {self.account} until {end:%Y-%m-%d %H:%M} UTC, {caps}>"

    def allow(self, account: str, now: float) -> None:
        """Nothing, for orders to ``account`` at this time.

        Raises
        ------
        TradingDisabled : the time is over, or it is another account.
        """
        if account != self.account:
            raise TradingDisabled(f"account {self.account} is armed, but this session trades account {account}")
        if now >= self.ends_at:
            raise TradingDisabled(f"the arming ended at {datetime.fromtimestamp(self.ends_at, UTC):%H:%M} UTC")

    def allow_value(self, value: Decimal | None, currency: str, spent: Decimal) -> None:
        """Nothing, for an order of this value after others of the day that sum to ``spent``.

        Raises
        ------
        TradingDisabled : a cap would be passed, or the value cannot be known.
        """
        again = "Call arm() with a higher cap if you mean it."
        if value is None:
            raise TradingDisabled("the value of the order cannot be known, so no cap can be held", hint="Name a price.")
        if value > self.per_order:
            reason = f"the order is worth {plain(value)} {currency}, the cap per order is {plain(self.per_order)}"
            raise TradingDisabled(reason, hint=again)
        if spent + value > self.per_day:
            reason = (
                f"the order is worth {plain(value)} {currency} and today's orders {plain(spent)}, "
                f"the cap per day is {plain(self.per_day)}"
            )
            raise TradingDisabled(reason, hint=again)


def make_arming(account: str, kind: str, *, per_order: Decimal, per_day: Decimal, minutes: float, now: float) -> Arming:
    """The arming that a user asks for.

    Raises
    ------
    InputError : an unknown kind, caps that contradict each other, a time out of range.
    """
    if kind not in tuple(AccountKind):
        raise InputError("kind", kind, "must be paper or live")
    if per_order <= 0:
        raise InputError("per_order", plain(per_order), "must be more than 0")
    if per_day < per_order:
        raise InputError("per_day", plain(per_day), f"must not be below per_order, {plain(per_order)}")
    if not 0 < minutes <= MOST_MINUTES:
        raise InputError("minutes", minutes, f"must be more than 0 and at most {MOST_MINUTES:g}")
    return Arming(account, AccountKind(kind), per_order, per_day, now + minutes * 60)


def proven_kind(channels: Iterable[object], *, paper_asked: bool) -> AccountKind | None:
    """What the server proves the account to be; None where it proves nothing.

    Parameters
    ----------
    channels : ``account_channel`` of every row of stock positions; these tell for certain.
    paper_asked : whether requests carry ``x-papertrading``, with which the server refuses live tokens (longport.md 2).
    """
    found = {str(channel) for channel in channels}
    if found:
        return AccountKind.PAPER if found == {PAPER_CHANNEL} else AccountKind.LIVE
    return AccountKind.PAPER if paper_asked else None


def require_kind(said: AccountKind, proven: AccountKind | None) -> None:
    """Nothing, where the account is what the user says it is.

    Paper needs proof, because the mistake costs money; live needs none, because its caps then hold for play money.

    Raises
    ------
    TradingDisabled : the server proves otherwise, or does not prove paper.
    """
    if proven is not None and proven is not said:
        raise TradingDisabled(
            f"kind={str(said)!r}, but the server says the account is {proven}", hint="Nothing is armed."
        )
    if said is AccountKind.PAPER and proven is None:
        raise TradingDisabled(
            "the server does not prove that this is a paper account",
            hint="Set LONGBRIDGE_PAPERTRADING=true and connect again; the server then refuses live tokens.",
        )


def worth(ticket: Ticket, last_price: Decimal | None) -> Decimal | None:
    """The value of an order for the caps: its quantity at the highest price it names or the market has."""
    prices = [price for price in (ticket.price, ticket.trigger_price, last_price) if price is not None]
    if not prices:
        return None
    return max(prices) * ticket.quantity * (OPTION_SHARES if ticket.symbol.is_us_option else 1)
