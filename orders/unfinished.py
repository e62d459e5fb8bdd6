"""What of a person's orders is not finished, and which of their data finishing it takes.

Handed to an erasure through the declarations (`personal_data`): an order in hand, under dispute or partly on its way back keeps the
fields named here, and nothing of any other order; everything else about the person goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from orders import disputes
from orders.models import Order, Payment, Return
from privacy.register.declare import Basis, Blocker, Family, Keeps, WayOut

IN_HAND: Final = {
    Order.State.PENDING_PAYMENT: _("Order {reference} waits for its payment."),
    Order.State.PAID: _("Order {reference} is being made ready."),
    Order.State.PACKED: _("Order {reference} is packed."),
    Order.State.SHIPPED: _("Order {reference} is on its way."),
}
#: The fields of an order that its delivery needs.
DELIVERED_TO: Final = (
    *("email", "full_name", "phone"),
    *("ship_name", "ship_line1", "ship_line2", "ship_city", "ship_postal_code"),
)
#: The fields of an order that a return needs: whom the pieces come from, and where the answer goes.
SENT_BACK_BY: Final = ("email", "full_name")
#: What was written about a return, by its customer and the desk.
ABOUT_RETURN: Final = ("reason", "words", "wish", "ground", "answer")


def of(family: Family) -> Iterator[Blocker]:
    """What blocks an erasure here: orders in hand, and those whose card holder claims the money back."""
    yield from in_hand(family)
    for order in disputes.of(family):
        words = gettext("A dispute about order {reference} is open at your bank.").format(reference=order.reference)
        evidence = (Keeps("orders.Order", Q(pk=order.pk), DELIVERED_TO), Keeps("orders.Shipment", Q(order=order.pk)))
        yield Blocker(
            order.reference, words, evidence, Basis.LEGITIMATE_INTEREST, ends=gettext("when the bank has decided")
        )


def in_hand(family: Family) -> Iterator[Blocker]:
    """Orders that are not finished: each keeps what delivering it needs, and nothing of any other."""
    for order in Order.objects.of(family).filter(state__in=IN_HAND).order_by("placed_at"):
        words = gettext(IN_HAND[Order.State(order.state)]).format(reference=order.reference)
        keeps, way_out = tuple(_needed_for(order)), _cancelling(order)
        yield Blocker(
            order.reference, words, keeps, ends=gettext("when it has arrived or is cancelled"), way_out=way_out
        )


def returns(family: Family) -> Iterator[Blocker]:
    """Returns that are not over: each keeps who sends it, what was written about it, and nothing else of its order."""
    for row in Return.objects.of(family).open().select_related("order"):
        words = f"Return {row.reference} of the order {row.order.reference} is not over."
        keeps = (
            Keeps("orders.Order", Q(pk=row.order_id), SENT_BACK_BY),
            Keeps("orders.Return", Q(pk=row.pk), ABOUT_RETURN),
        )
        ends = "when it is paid back, refused or taken back"
        yield Blocker(row.reference, words, keeps, ends=ends, way_out=_taking_back(row))


def _taking_back(row: Return) -> WayOut | None:
    """As long as the pieces are with the person, they may keep them instead."""
    if not row.is_with_customer:
        return None
    address = reverse("orders:account_return_withdraw", args=[row.order.reference, row.reference])
    return WayOut(f"Take back return {row.reference}", address)


def _needed_for(order: Order) -> Iterator[Keeps]:
    """Whom to deliver to and tell about it, its parcel; the words on it until it is made, the payment page until it is paid."""
    is_being_made = order.state in {Order.State.PENDING_PAYMENT, Order.State.PAID}
    yield Keeps("orders.Order", Q(pk=order.pk), DELIVERED_TO + (("gift_message",) if is_being_made else ()))
    yield Keeps("orders.Shipment", Q(order=order.pk))
    yield Keeps("orders.WebhookEvent", Q(order_reference=order.reference, handled_at=None))
    if is_being_made:
        yield Keeps("orders.OrderLine", Q(order=order.pk), ("engraving",))
    if order.state == Order.State.PENDING_PAYMENT:
        yield Keeps("orders.Payment", Q(order=order.pk), ("session_url",))
        yield Keeps("orders.Bag", Q(pk=order.bag_id))


def _cancelling(order: Order) -> WayOut | None:
    """Until it has left, the person may cancel it instead."""
    if order.state == Order.State.SHIPPED:
        return None
    return WayOut(f"Cancel order {order.reference}", reverse("orders:account_order_cancel", args=[order.reference]))


def known_at_stripe(family: Family) -> Iterator[str]:
    """The ids of the person's payments at Stripe."""
    payments = Payment.objects.filter(order__subject_id__in=family)
    for session_id, payment_id in payments.values_list("gateway_session_id", "gateway_payment_id"):
        yield from filter(None, (session_id, payment_id))
