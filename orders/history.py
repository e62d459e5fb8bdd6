"""What people see of their own orders: the list, one order's course, and the way back to a guest's order page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils import dateformat, timezone

from orders import destinations, emails, links
from orders.models import Order, OrderLine, Return, ReturnLine, Shipment
from privacy.ground.audit import Actor

ONE_MAIL_IN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an order's course, for `components/timeline.html`; `state` is done, now, next or failed."""

    label: str
    at: datetime | None
    state: str
    note: str = ""


def of(family: Iterable[UUID]) -> QuerySet[Order]:
    """A person's orders that were paid, newest first, with their lines; two or three queries, however many."""
    lines = Prefetch("lines", OrderLine.objects.order_by("position"))
    return Order.objects.of(family).placed().select_related("shipment", "payment").prefetch_related(lines)


def _news_of(shipment: Shipment | None) -> str:
    """What the carrier said last, while the parcel is on its way: *Out for delivery, 3 March, 09:10*."""
    if shipment is None or shipment.told_at is None or shipment.delivered_at is not None:
        return ""
    return f"{shipment.get_status_display()}, {dateformat.format(timezone.localtime(shipment.told_at), 'j F, H:i')}"


def timeline(order: Order) -> list[Step]:
    """The order's course so far, and what comes next."""
    if order.cancelled_at is not None:
        return [
            Step("Paid", order.paid_at, "done"),
            Step("Cancelled", order.cancelled_at, "failed", order.cancel_reason),
        ]
    shipment = getattr(order, "shipment", None)
    parcel = f"{shipment.get_carrier_display()} {shipment.tracking_number}" if shipment else ""
    course = [
        ("Paid", "Being paid", order.paid_at, ""),
        ("Packed", "At the bench", order.packed_at, ""),
        ("On its way", "Waiting for the courier", shipment.shipped_at if shipment else None, parcel),
        ("Delivered", "With the courier", shipment.delivered_at if shipment else None, _news_of(shipment)),
    ]
    now = next((index for index, (_, _, at, _) in enumerate(course) if at is None), len(course))
    steps = [
        Step(doing, at, "now", note) if index == now else Step(done, at, "done" if index < now else "next", note)
        for index, (done, doing, at, note) in enumerate(course)
    ]
    if order.state == Order.State.REFUNDED:
        return [*(step for step in steps if step.at), Step("Refunded", None, "failed")]
    return steps


@dataclass(frozen=True, slots=True)
class Returned:
    """One return as its customer reads it on the order's page."""

    made: Return
    pieces: Sequence[ReturnLine]
    steps: Sequence[Step]


def returns(order: Order) -> list[Returned]:
    """What came back of an order, or is to, the latest first."""
    found = order.returns.select_related("refund").prefetch_related(
        Prefetch("lines", ReturnLine.objects.select_related("line"))
    )
    return [Returned(made, list(made.lines.all()), course_of(made)) for made in found]


def course_of(made: Return) -> list[Step]:
    """A return's course so far, and what comes next."""
    asked = Step("Withdrawn from the contract" if made.is_withdrawal else "Asked for", made.requested_at, "done")
    state = made.state
    if state == Return.State.WITHDRAWN:
        return [asked, Step("Taken back by you", made.closed_at, "failed")]
    arrived = [Step("Arrived here", made.received_at, "done")] if made.received_at else []
    if state == Return.State.REFUSED:
        note = ". ".join(part for part in (str(made.get_ground_display()), made.answer) if part)
        return [asked, *arrived, Step("Refused", made.closed_at, "failed", note)]
    if state == Return.State.REQUESTED:
        rest = ("With us", "Paid back")
        return [asked, Step("We look at it", None, "now"), *(Step(label, None, "next") for label in rest)]
    approved = [] if made.is_withdrawal else [Step("Approved", made.decided_at, "done")]
    if state == Return.State.APPROVED:
        return [asked, *approved, Step("Send it to us", None, "now"), Step("Paid back", None, "next")]
    paid = Step("Being paid back", None, "now") if made.refund is None else Step("Paid back", made.closed_at, "done")
    return [asked, *approved, *arrived, paid]


def country_name(order: Order) -> str:
    """The country in words, even where the shop does not deliver any more."""
    place = destinations.find(order.country)
    return place.country_name if place else order.country


def card_words(order: Order) -> str:
    """The card as far as the shop's policy keeps it: *Visa ending in 4242*; empty where it keeps nothing."""
    payment = getattr(order, "payment", None)
    if payment is None:
        return ""
    ending = f"ending in {payment.card_last4}" if payment.card_last4 else ""
    return " ".join(part for part in (payment.card_brand.capitalize(), ending) if part)


def refunded_minor(order: Order) -> int:
    """What was promised back so far, in minor units."""
    payment = getattr(order, "payment", None)
    return payment.refunded_minor if payment else 0


def send_fresh_link(reference: str, *, by: Actor, at: datetime) -> bool:
    """Mail a fresh link to the order's own address, at most one in ten minutes. Whoever asks learns nothing either way."""
    order = links.addressed(reference)
    if order is None:
        return False
    idle = Order.objects.filter(pk=order.pk).exclude(link_sent_at__gt=at - ONE_MAIL_IN)
    if not idle.update(link_sent_at=at):
        return False
    emails.order_link(order, by=by, at=at)
    return True
