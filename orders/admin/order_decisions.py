"""What the desk decides about an order: one table, each entry a button and a page of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from unfold.enums import ActionVariant

from orders import fulfilment, papers
from orders.desk_forms import CancelForm, PaperForm, RefundForm, RerouteForm, ShipForm, WheretoForm
from orders.models import Order
from orders.refunds import TooMuch
from orders.states import ORDER
from privacy.admin.decisions import Decision, calls, stands_in
from privacy.ground import uploads
from privacy.register.agreements import NotAgreed

IN_HAND: Final = frozenset({Order.State.PAID, Order.State.PACKED, Order.State.SHIPPED})
REFUNDABLE: Final = IN_HAND | {Order.State.DELIVERED}
CANCELLABLE: Final = ORDER.leading_to("cancelled") - {Order.State.PENDING_PAYMENT}  # an unpaid order lapses by itself
FULFIL: Final = "orders.fulfil_order"
REFUND: Final = "orders.refund_order"


def _readdress(order: Order, typed: dict[str, Any], by: Any, at: datetime) -> str:
    fulfilment.readdress(order, fulfilment.Whereto(**typed), by=by, at=at)
    return f"{order} goes to another address."


def _add_paper(order: Order, typed: dict[str, Any], by: Any, at: datetime) -> str:
    papers.add(order, typed["kind"], title=typed["title"], upload=typed["file"], by=by, at=at)
    return f"{order} has a new paper."


DECISIONS: Final[Mapping[str, Decision[Order]]] = {
    "pack": Decision(
        title="Pack",
        explains="Everything lies in the box, with its papers.",
        permission=FULFIL,
        fits=stands_in(ORDER.leading_to("packed")),
        do=calls(fulfilment.pack, "{row} is packed."),
        variant=ActionVariant.PRIMARY,
    ),
    "ship": Decision(
        title="Ship with tracking",
        explains="Its carrier is told what stands on the label, which its customer can read in their account. They get a mail with "
        "the number.",
        permission=FULFIL,
        fits=stands_in(ORDER.leading_to("shipped")),
        do=calls(fulfilment.ship, "{row} is on its way."),
        form=ShipForm,
        variant=ActionVariant.PRIMARY,
    ),
    "deliver": Decision(
        title="Mark as delivered",
        explains="The customer gets a mail, and the time to send something back begins.",
        permission=FULFIL,
        fits=stands_in(ORDER.leading_to("delivered")),
        do=calls(fulfilment.deliver, "{row} is delivered."),
    ),
    "cancel": Decision(
        title="Cancel and refund",
        explains="The pieces go back on the shelf and all the money goes back. The customer gets a mail.",
        permission=REFUND,
        fits=stands_in(CANCELLABLE),
        do=calls(fulfilment.cancel, "{row} is cancelled, its money goes back."),
        form=CancelForm,
        variant=ActionVariant.DANGER,
    ),
    "refund": Decision(
        title="Refund",
        explains="The money goes back the way it came. For pieces that come back, use their return instead.",
        permission=REFUND,
        fits=stands_in(REFUNDABLE),
        do=calls(fulfilment.refund, "{row} gets money back."),
        form=RefundForm,
    ),
    "readdress": Decision(
        title="Change the address",
        explains="The customer gets a mail that names the new one.",
        permission=FULFIL,
        fits=stands_in(fulfilment.STILL_HERE),
        do=_readdress,
        form=WheretoForm,
        is_seldom=True,
    ),
    "reroute": Decision(
        title="Change the way",
        explains="The customer gets a mail.",
        permission=FULFIL,
        fits=stands_in(fulfilment.STILL_HERE),
        do=calls(fulfilment.reroute, "{row} travels another way."),
        form=RerouteForm,
        is_seldom=True,
    ),
    "hand_over": Decision(
        title="Change the carrier",
        explains="The parcel goes on with somebody else, or under another number. The customer gets a mail.",
        permission=FULFIL,
        fits=stands_in({Order.State.SHIPPED}),
        do=calls(fulfilment.hand_over, "{row} has another carrier."),
        form=ShipForm,
        is_seldom=True,
    ),
    "add_paper": Decision(
        title="Add a paper",
        explains="An appraisal or an insurance file for the owner of a piece.",
        permission=FULFIL,
        fits=stands_in(REFUNDABLE),
        do=_add_paper,
        form=PaperForm,
        is_seldom=True,
    ),
}

REFUSALS: Final[Mapping[type[Exception], str]] = {
    TooMuch: "So much can no longer be refunded: somebody else was first. Look at it again.",
    NotAgreed: "With this carrier too little is agreed on: it gets no parcel.",
    uploads.NotAccepted: "",
    fulfilment.NothingChanged: "That is how it is already: change something, or go back.",
    fulfilment.NotYetShipped: "This would be everything: cancel the order instead.",
}
