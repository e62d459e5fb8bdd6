"""Which pieces reached somebody: what a review of a piece rests on (`shop.reviews`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from orders.models import OrderLine


def products(family: Collection[UUID]) -> dict[int, datetime]:
    """The products that reached these people, by their keys, each with when it last did. One statement.

    What was paid back later had arrived, too; what was called off never did.
    """
    arrived = OrderLine.objects.filter(
        order__subject_id__in=list(family), order__shipment__delivered_at__isnull=False, variant__isnull=False
    )
    return dict(arrived.values_list("variant__product_id").annotate(at=Max("order__shipment__delivered_at")).order_by())
