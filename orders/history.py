"""What people see of their own orders: the list, one order's course, and the way back to a guest's order page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from orders import destinations, emails, links
from orders.models import Order, OrderLine
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
        ("Delivered", "With the courier", shipment.delivered_at if shipment else None, ""),
    ]
    now = next((index for index, (_, _, at, _) in enumerate(course) if at is None), len(course))
    steps = [
        Step(doing, at, "now") if index == now else Step(done, at, "done" if index < now else "next", note)
        for index, (done, doing, at, note) in enumerate(course)
    ]
    if order.state == Order.State.REFUNDED:
        return [*(step for step in steps if step.at), Step("Refunded", None, "failed")]
    return steps


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
