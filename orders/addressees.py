"""People who ordered, with or without an account, for what everybody has to be told."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from orders.models import Order
from privacy.messages import addressees
from privacy.messages.addressees import Addressee

#: Who ordered longer ago, and has nothing on its way, is told by the site. Their order no longer serves writing to them.
RECENT: Final = timedelta(days=730)
FIRST: Final = UUID(int=0)


def recent(at: datetime) -> QuerySet[Order]:
    """Paid orders of the last two years, and whatever is still in hand."""
    placed = Order.objects.placed().exclude(email="")
    return placed.filter(Q(paid_at__gte=at - RECENT) | Q(pk__in=Order.objects.in_hand().values("pk")))


def after(key: str, many: int, at: datetime) -> Iterator[Addressee]:
    """The next of them."""
    behind = UUID(key) if key else FIRST
    yield from _addressees(recent(at).filter(pk__gt=behind).order_by("pk")[:many])


def of(subjects: Collection[UUID]) -> Iterator[Addressee]:
    """The orders of these person records, paid or not."""
    yield from _addressees(Order.objects.filter(subject_id__in=subjects).exclude(email=""))


def _addressees(orders: QuerySet[Order]) -> Iterator[Addressee]:
    for pk, subject_id, email in orders.values_list("pk", "subject_id", "email"):
        yield Addressee(str(pk), subject_id, email)


addressees.offer(addressees.Source("orders", after, of, lambda at: recent(at).count()))
