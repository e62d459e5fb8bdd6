"""What the order desk does with a paid order: pack, ship, deliver, cancel, refund.

Each verb is one transaction: it moves the state first, and its effects are the lines after it. `payments.refund` promises the
money back in that transaction; the worker then carries the promise out at Stripe.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from django.db import transaction

from orders import emails, papers, payments
from orders.models import Order, Shipment
from orders.states import ORDER
from privacy.ground.audit import Actor
from shop import stock

CUSTOMERS_WISH: Final = "cancelled by you"


class NotYetShipped(Exception):
    """An order that has not left is cancelled, never refunded in full: else its stock would stay sold."""


class NoTracking(Exception):
    """A parcel of jewellery never leaves without a tracking number."""


@transaction.atomic
def pack(order: Order, *, by: Actor, at: datetime) -> Order:
    """Everything lies in the box."""
    ORDER.advance(order, "packed", by=by, at=at)
    order.packed_at = at
    order.save(update_fields=["packed_at"])
    return order


@transaction.atomic
def ship(order: Order, *, carrier: str, tracking_number: str, by: Actor, at: datetime) -> Shipment:
    """The parcel left. *Writes* its shipment; *sends* the tracking number. *Raises* NoTracking."""
    if not tracking_number.strip():
        raise NoTracking
    ORDER.advance(order, "shipped", by=by, at=at)
    shipment = Shipment.objects.create(
        order=order, carrier=carrier, tracking_number=tracking_number.strip(), shipped_at=at
    )
    emails.order_shipped(order, shipment, by=by, at=at)
    return shipment


@transaction.atomic
def deliver(order: Order, *, by: Actor, at: datetime) -> Order:
    """The parcel arrived, and the order is complete: its retention years count from now."""
    ORDER.advance(order, "delivered", by=by, at=at)
    Shipment.objects.filter(order=order).update(delivered_at=at)
    _complete(order, at=at)
    emails.order_delivered(order, by=by, at=at)
    return order


@transaction.atomic
def cancel(order: Order, *, reason: str, by: Actor, at: datetime) -> Order:
    """Call a paid order off before it left: stock back on the shelf, everything promised back, a mail. *reason* is shown."""
    ORDER.advance(order, "cancelled", by=by, at=at, note=reason)
    order.cancelled_at, order.cancel_reason = at, reason
    order.save(update_fields=["cancelled_at", "cancel_reason"])
    _complete(order, at=at)
    stock.restock(order.pk, by=by, at=at)
    papers.return_certificates(order, by=by, at=at)
    left = payments.refundable(order)
    if left:
        payments.refund(order, left, reason="cancelled", by=by, at=at)
    emails.order_cancelled(order, refunded_minor=left, by=by, at=at)
    return order


def call_off(order: Order, *, by: Actor, at: datetime) -> Order:
    """What its customer may do by themselves until it leaves: cancel it, or give up an attempt that was not paid yet.

    *Raises* `states.NotAllowed` and `states.Changed` where it is too late, `gateway.Unavailable`.
    """
    if order.state == Order.State.PENDING_PAYMENT:
        order = payments.close_session(order, by=by, at=at)
        if not order.is_paid:
            return order
    return cancel(order, reason=CUSTOMERS_WISH, by=by, at=at)


@transaction.atomic
def refund(order: Order, *, amount_minor: int, reason: str, by: Actor, at: datetime) -> Order:
    """Give back a part, or all that is left. *Sends* a mail. *Raises* NotYetShipped, `refunds.TooMuch`."""
    is_whole = amount_minor == payments.refundable(order)
    if is_whole and ORDER.allows(order.state, "cancelled"):
        raise NotYetShipped
    payments.refund(order, amount_minor, reason=reason, by=by, at=at)
    if is_whole and ORDER.allows(order.state, "refunded"):
        ORDER.advance(order, "refunded", by=by, at=at, note=reason)
        _complete(order, at=at)
    emails.order_refunded(order, refunded_minor=amount_minor, by=by, at=at)
    return order


def _complete(order: Order, *, at: datetime) -> None:
    if order.completed_at is None:
        order.completed_at = at
        order.save(update_fields=["completed_at"])
