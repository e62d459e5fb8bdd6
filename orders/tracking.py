"""What carriers tell us about parcels on their way: news in, the order's page and the delivery notice out.

A carrier knows its parcel by its number; it tells where the parcel is and since when, and nothing else is kept. News may come
twice, late or in any order: older than what is known changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from orders import fulfilment
from orders.models import Order, Shipment
from privacy.ground import audit


class UnknownParcel(Exception):
    """This carrier has no parcel of ours under that number that is still on its way."""


class NotPossible(Exception):
    """It says something of a time before the parcel left, or that has not come yet."""


@dataclass(frozen=True, slots=True)
class News:
    """What one carrier says of one parcel."""

    carrier: str
    tracking_number: str
    status: str
    since: datetime


@transaction.atomic
def note(news: News, *, by: audit.Actor, at: datetime) -> bool:
    """Take news of a parcel; *delivered* delivers the order, which *sends* the notice. Returns whether it was news.

    *Raises* UnknownParcel, NotPossible.
    """
    order = _order_of(news)
    shipment = Shipment.objects.select_for_update().get(order=order)
    if not shipment.shipped_at <= news.since <= at:
        raise NotPossible(f"{order} left {shipment.shipped_at:%Y-%m-%d %H:%M}")
    if shipment.told_at is not None and news.since <= shipment.told_at:
        return False
    if news.status == Shipment.Status.DELIVERED:
        fulfilment.deliver(order, arrived_at=news.since, by=by, at=at)
        return True
    shipment.status, shipment.told_at = news.status, news.since
    shipment.save(update_fields=["status", "told_at"])
    audit.append("order.tracked", subject=order.subject_id, obj=order, details={"status": news.status}, by=by, at=at)
    return True


def _order_of(news: News) -> Order:
    """The order of the parcel, held; numbers are used again after years, so only what is on its way counts."""
    on_its_way = Order.objects.filter(
        state=Order.State.SHIPPED,
        shipment__carrier=news.carrier,
        shipment__tracking_number__iexact=news.tracking_number.strip(),
    )
    order = on_its_way.order_by("-shipment__shipped_at").select_for_update(of=("self",)).first()
    if order is None:
        raise UnknownParcel
    return order
