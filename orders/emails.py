"""The messages about an order: one function each, three templates each mail and one each text, all through the outbox.

Those that come by themselves end when the person's data are erased: the outbox asks at the moment of sending.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils.translation import gettext_noop as _

from orders import links
from orders.destinations import Method
from orders.models import Order, Payment, Return, Share, Shipment
from privacy.consent.vocabulary import Channel
from privacy.ground.audit import Actor
from privacy.messages import outbox, sms
from privacy.messages.kinds import Kind
from privacy.register.declare import Purpose


def _about_one_in_hand(name: str, label: str) -> Kind:
    # An order that is on its way while an erasure waits for it keeps its address for exactly these mails.
    return Kind(f"orders.{name}", purpose=Purpose.ORDER, label=label, reaches_restricted=True)


ORDER_CONFIRMED = _about_one_in_hand("order_confirmed", "Order confirmation")
PAYMENT_RECEIVED = _about_one_in_hand("payment_received", "Payment confirmation")
ORDER_ADDRESS_CHANGED = _about_one_in_hand("order_address_changed", "The address of your order was changed")
ORDER_DELIVERY_CHANGED = _about_one_in_hand("order_delivery_changed", "Your order travels another way")
ORDER_SHIPPED = _about_one_in_hand("order_shipped", "Your parcel is on its way")
ORDER_DELIVERED = _about_one_in_hand("order_delivered", "Your parcel has arrived")
ORDER_CANCELLED = _about_one_in_hand("order_cancelled", "Order cancelled")
ORDER_REFUNDED = _about_one_in_hand("order_refunded", "Refund")
REFUND_FAILED = _about_one_in_hand("refund_failed", "Your refund takes longer")
RETURN_REQUESTED = _about_one_in_hand("return_requested", "We have your return")
RETURN_APPROVED = _about_one_in_hand("return_approved", "Send your return to us")
RETURN_REFUSED = _about_one_in_hand("return_refused", "Your return is refused")
RETURN_RECEIVED = _about_one_in_hand("return_received", "Your return has arrived")
RETURN_REFUNDED = _about_one_in_hand("return_refunded", "Your return is paid back")
TEXT_SHIPPED = Kind("orders.text_shipped", purpose=Purpose.DELIVERY, label="Text: your parcel is on its way")
TEXT_DELIVERED = Kind("orders.text_delivered", purpose=Purpose.DELIVERY, label="Text: your parcel has arrived")
APPRAISER_LINK = Kind(
    "orders.appraiser_link", purpose=Purpose.ORDER, label="To an appraiser: a link to a customer's order"
)
ORDER_LINK = Kind("orders.order_link", purpose=Purpose.ORDER, label="Link to your order")


def order_confirmed(order: Order, *, by: Actor, at: datetime) -> None:
    """We have your order: what, where to, what it cost."""
    _post(ORDER_CONFIRMED, order, by=by, at=at)


def payment_received(order: Order, *, by: Actor, at: datetime) -> None:
    """The money came: how much, for which invoice, with which card as far as the shop's policy keeps that."""
    _post(PAYMENT_RECEIVED, order, payment=Payment.objects.get(order=order), by=by, at=at)


def order_address_changed(order: Order, *, by: Actor, at: datetime) -> None:
    """It goes somewhere else now: where to, and what to do if that is wrong."""
    _post(ORDER_ADDRESS_CHANGED, order, at=at, by=by)


def order_delivery_changed(
    order: Order,
    *,
    method: Method | None = None,
    shipment: Shipment | None = None,
    refunded_minor: int = 0,
    by: Actor,
    at: datetime,
) -> None:
    """It travels another way before it left (*method*), or was handed to another carrier since (*shipment*)."""
    facts = {"method": method, "shipment": shipment, "refunded_minor": refunded_minor}
    _post(ORDER_DELIVERY_CHANGED, order, **facts, by=by, at=at)


def order_shipped(order: Order, shipment: Shipment, *, by: Actor, at: datetime) -> None:
    """It left: carrier and tracking number."""
    _post(ORDER_SHIPPED, order, shipment=shipment, by=by, at=at)


def order_delivered(order: Order, *, by: Actor, at: datetime) -> None:
    """It arrived."""
    _post(ORDER_DELIVERED, order, by=by, at=at)


def text_shipped(order: Order, shipment: Shipment, *, by: Actor, at: datetime) -> None:
    """The same in two lines, to the telephone of somebody who wants that."""
    _text(TEXT_SHIPPED, order, shipment=shipment, by=by, at=at)


def text_delivered(order: Order, *, by: Actor, at: datetime) -> None:
    """It arrived, by text."""
    _text(TEXT_DELIVERED, order, by=by, at=at)


def order_cancelled(order: Order, *, refunded_minor: int, by: Actor, at: datetime) -> None:
    """It was called off, and what is paid back."""
    _post(ORDER_CANCELLED, order, refunded_minor=refunded_minor, by=by, at=at)


def order_refunded(order: Order, *, refunded_minor: int, by: Actor, at: datetime) -> None:
    """Money is on its way back."""
    _post(ORDER_REFUNDED, order, refunded_minor=refunded_minor, by=by, at=at)


def refund_failed(order: Order, *, refunded_minor: int, by: Actor, at: datetime) -> None:
    """What was announced did not arrive: the bank sent it back, and somebody looks for another way."""
    _post(REFUND_FAILED, order, refunded_minor=refunded_minor, by=by, at=at)


def return_requested(made: Return, *, by: Actor, at: datetime) -> None:
    """We have what you said, word for word and to the minute, and this happens next: the receipt of a withdrawal, too."""
    _about_return(RETURN_REQUESTED, made, by=by, at=at)


def return_approved(made: Return, *, by: Actor, at: datetime) -> None:
    """Send it to us: where to, and with which number on it."""
    _about_return(RETURN_APPROVED, made, by=by, at=at)


def return_refused(made: Return, *, by: Actor, at: datetime) -> None:
    """No, on this ground, and how to disagree."""
    _about_return(RETURN_REFUSED, made, by=by, at=at)


def return_received(made: Return, *, by: Actor, at: datetime) -> None:
    """The pieces are here."""
    _about_return(RETURN_RECEIVED, made, by=by, at=at)


def return_refunded(made: Return, *, refunded_minor: int, by: Actor, at: datetime) -> None:
    """The money is on its way back."""
    _about_return(RETURN_REFUNDED, made, refunded_minor=refunded_minor, by=by, at=at)


def order_link(order: Order, *, by: Actor, at: datetime) -> None:
    """The fresh link somebody asked for."""
    _post(ORDER_LINK, order, by=by, at=at)


def appraiser_link(share: Share, *, to: str, url: str, by: Actor, at: datetime) -> None:
    """To an appraiser: a customer asks for your work, and this link shows the piece. It names nobody and no piece."""
    context = {
        "wants_change": share.wish == Share.Wish.CHANGE,
        "ends_at": share.ends_at,
        "action_url": url,
        "action_label": _("See the piece"),
        "why": _("your agreement with us ({reference})"),
        "at": at,
    }
    outbox.post(APPRAISER_LINK, to=to, subject=None, context=context, reference=share.reference, by=by, at=at)


def _about_return(kind: Kind, made: Return, *, by: Actor, at: datetime, **facts: Any) -> None:
    pieces = list(made.lines.select_related("line"))
    _post(kind, made.order, made=made, pieces=pieces, **facts, by=by, at=at)


def _post(kind: Kind, order: Order, *, by: Actor, at: datetime, **facts: Any) -> None:
    """Post to the order's own address; an order without its person gets no mail."""
    if order.is_erased:
        return
    context = {
        "order": order,
        "lines": list(order.lines.all()),
        "action_url": links.url(order, at=at),
        "action_label": _("See your order"),
        "valid_days": links.VALID_FOR.days,
        "why": _("your order {reference}"),
        "at": at,
        **facts,
    }
    outbox.post(kind, to=order.email, subject=order.subject, context=context, reference=order.reference, by=by, at=at)


def _text(kind: Kind, order: Order, *, by: Actor, at: datetime, **facts: Any) -> None:
    """Text the order's number, if its customer asked for that and texts go anywhere."""
    if not (order.wants_texts and order.phone and sms.is_on()) or order.is_erased:
        return
    outbox.post(
        kind,
        to=order.phone,
        subject=order.subject,
        context={"order": order, **facts},
        reference=order.reference,
        channel=Channel.SMS,
        by=by,
        at=at,
    )
