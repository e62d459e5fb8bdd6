"""What the orders' tables must not hold, measured on the running shop."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from orders.models import Order
from privacy.proof.probes import declare


def orders_that_name_the_erased(at: datetime) -> int:
    """Orders of erased people on which a name, an address to write to or a street is left."""
    named = ~Q(email="") | ~Q(full_name="") | ~Q(ship_name="") | ~Q(ship_line1="")
    return Order.objects.filter(named, subject__erased_at__isnull=False).count()


declare("orders_that_name_the_erased", "Orders that still name somebody who was erased", orders_that_name_the_erased)
