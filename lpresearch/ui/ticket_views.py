"""What the ticket form says, as HTML made from values. Decides nothing and asks nothing; every text is escaped."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from lpresearch.base.errors import Problem
from lpresearch.base.markets import MARKETS, tick_at, tick_table
from lpresearch.base.model import Instrument, OrderPush, Ticket
from lpresearch.trading.reading import plain
from lpresearch.ui.looks import badge, text


def head(kind: str, account: str) -> str:
    """Whose order it will be: SIMULATED, PAPER or LIVE, and the account."""
    return _block(f"<b>Order ticket</b>{badge(kind, live=kind == 'LIVE')}{_quiet(f'account {account}')}", "lpr-head")


def facts(instrument: Instrument | None, last: Decimal | None, change_percent: float | None) -> str:
    """The security: name, last price and change; below them price step and lot."""
    if instrument is None:
        return _block(_quiet("Name a symbol to see its price, lot and price step."))
    price, rules = "", f"lot {instrument.lot_size}"
    if last is not None:
        step = tick_at(tick_table(instrument.market, fund=instrument.fund), last)
        price = f" &nbsp; <b>{text(plain(last))}</b> {text(instrument.currency)}{_change(change_percent)}"
        rules = f"price step {plain(step)}, {rules}"
    return _block(f"<b>{text(instrument.symbol)}</b> {text(instrument.name)}{price}<br>{_quiet(rules)}")


def problems(found: Sequence[Problem], missing: Sequence[str]) -> str:
    """What keeps the ticket from being sent; empty fields are asked for quietly."""
    lines = [f'<div class="lpr-problem">{text(problem)}</div>' for problem in found]
    if missing:
        lines.append(f"<div>{_quiet('still needed: ' + ', '.join(missing))}</div>")
    return _block("".join(lines) or "<div>&nbsp;</div>")


def review(ticket: Ticket, kind: str, account: str, instrument: Instrument | None, last: Decimal | None) -> str:
    """Exactly what a click on Confirm sends, and to whom."""
    price = ticket.price if ticket.price is not None else last
    worth = ""
    if price is not None:
        currency = instrument.currency if instrument is not None else MARKETS[ticket.symbol.market].currency
        about = "" if ticket.price is not None else "about "
        worth = f"{about}{price * ticket.quantity:,.2f} {currency}"
    rows = [
        ("order", f"{ticket.side} {plain(ticket.quantity)} {ticket.symbol}"),
        ("type", str(ticket.order_type)),
        ("price", plain(ticket.price) if ticket.price is not None else "at market"),
        ("time in force", " until ".join(str(part) for part in (ticket.time_in_force, ticket.expire_date) if part)),
        ("worth", worth),
        ("account", account),
    ]
    lines = "".join(
        f'<tr><td class="lpr-text lpr-quiet">{text(name)}</td><td class="lpr-text"><b>{text(value)}</b></td></tr>'
        for name, value in rows
        if value
    )
    title = f"<b>This is sent when you confirm</b>{badge(kind, live=kind == 'LIVE')}"
    return _block(f'<div class="lpr-head">{title}</div><table class="lpr-review"><tbody>{lines}</tbody></table>')


def outcome(ticket: Ticket, order_id: str, push: OrderPush | None) -> str:
    """What became of the order so far."""
    status = _status(push)
    good = push is not None and push.status == "FilledStatus"
    state = f'<b class="{"lpr-good" if good else ""}">{text(status)}</b>'
    filled = ""
    if push is not None and push.executed_quantity not in ("", "0"):
        filled = f": {push.executed_quantity} of {push.submitted_quantity} at {push.executed_price}"
    return _block(f"{state}{text(filled)}<br>{_quiet(f'{ticket}, order {order_id}')}", "lpr-outcome")


def notice(words: str, *, problem: bool = True) -> str:
    """A sentence, such as why an order was not sent."""
    return _block(f'<span class="{"lpr-problem" if problem else "lpr-quiet"}">{text(words)}</span>', "lpr-outcome")


def _status(push: OrderPush | None) -> str:
    return push.status.removesuffix("Status") if push is not None else "Sent"


def _change(percent: float | None) -> str:
    if percent is None or percent != percent:
        return ""
    kind = "lpr-up" if percent > 0 else "lpr-down" if percent < 0 else "lpr-quiet"
    return f' <span class="{kind}">{percent:+.2f}%</span>'.replace("-0.00", "0.00").replace(">-", ">−")


def _quiet(words: str) -> str:
    return f'<span class="lpr-quiet">{text(words)}</span>'


def _block(inside: str, kind: str = "") -> str:
    return f'<div class="lpr {kind}">{inside}</div>'
