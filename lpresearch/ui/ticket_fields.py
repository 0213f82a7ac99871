"""The fields, buttons and texts of the ticket form, and how they stand. Knows no session and sends nothing."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from lpresearch.base.markets import MARKETS, Market, OrderType
from lpresearch.base.model import Side, TimeInForce
from lpresearch.trading.ticket import USES
from lpresearch.ui.looks import STYLE

#: Order types whose every field the form has.
_SIMPLE = [kind for kind in OrderType if not any(kind in types for name, types in USES.items() if name != "price")]


def fillable_types(market: Market | None) -> list[OrderType]:
    """The order types that the form can fill in and the market offers; LO where it offers none."""
    return [kind for kind in _SIMPLE if market is None or kind in MARKETS[market].order_types] or [OrderType.LO]


def _field(kind: Callable[..., widgets.Widget], label: str, width: str, **options: object) -> widgets.Widget:
    style = {"description_width": "initial"}
    return kind(description=label, layout=widgets.Layout(width=width), style=style, **options)


class TicketFields:
    """All widgets of one form; ``whole`` is the one to show."""

    def __init__(self, side: Side, order_types: list[OrderType]) -> None:
        self.symbol = _field(widgets.Text, "Symbol", "200px", placeholder="700.HK", continuous_update=False)
        self.side = widgets.ToggleButtons(options=[*Side], value=side, style={"button_width": "70px"})
        self.order_type = _field(widgets.Dropdown, "Type", "112px", options=order_types, value=OrderType.LO)
        self.quantity = _field(widgets.Text, "Quantity", "150px", placeholder="shares")
        self.price = _field(widgets.Text, "Price", "140px", placeholder="limit")
        self.time_in_force = _field(widgets.Dropdown, "Valid", "116px", options=[*TimeInForce])
        self.expire_date = _field(widgets.Text, "until", "170px", placeholder="YYYY-MM-DD")
        self.review = widgets.Button(description="Review", button_style="primary", tooltip="Show what would be sent")
        self.confirm = widgets.Button(description="Confirm", button_style="danger", tooltip="Send it, once")
        self.back = widgets.Button(description="Back", tooltip="Change it; nothing is sent")
        self.head, self.facts, self.problems, self.summary, self.outcome = (widgets.HTML() for _ in range(5))
        self.inputs = (
            self.symbol, self.side, self.order_type, self.quantity, self.price, self.time_in_force, self.expire_date,
        )  # fmt: skip
        self.buttons = (self.review, self.confirm, self.back)
        self.whole = widgets.VBox(
            [
                widgets.HTML(STYLE, layout=widgets.Layout(display="none")),
                self.head,
                widgets.HBox([self.symbol, self.side]),
                self.facts,
                widgets.HBox([self.quantity, self.price, self.order_type, self.time_in_force]),
                self.expire_date,
                self.problems,
                self.summary,
                widgets.HBox([self.review, self.confirm, self.back]),
                self.outcome,
            ],
            layout=widgets.Layout(
                border="1px solid var(--jp-border-color2, #d0d7de)", padding="10px 14px", width="580px"
            ),
        )
        for name in ("lpr", "lpr-ticket"):
            self.whole.add_class(name)

    def show_buttons(self, *, ready: bool, reviewing: bool, confirm_text: str) -> None:
        """Review while editing; Confirm and Back while reviewing."""
        self.review.disabled = not ready
        self.review.layout.display = "none" if reviewing else ""
        self.confirm.disabled = not reviewing
        self.confirm.description = confirm_text
        for button in (self.confirm, self.back):
            button.layout.display = "" if reviewing else "none"

    def disable(self) -> None:
        """Nothing can be clicked any more."""
        for one in (*self.inputs, *self.buttons):
            one.disabled = True
