"""Orders whose every word can be told apart, delivered, and what an erasure leaves of them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts.models import User
from orders import fulfilment
from orders.models import Order
from privacy.rights import erasure, requests
from privacy.rights.models import Kind

ALICES = {
    "email": "alice.private@example.com",
    "full_name": "Alice Tokenalice",
    "phone": "+12125550199",
    "line1": "41 Tokenalice Lane",
    "line2": "Flat Tokenalice",
    "city": "Tokenaliceville",
    "postal_code": "10017",
    "recipient": "Edith Tokenedith",
    "gift_message": "Tokenalice loves you",
}
BOBS = {
    "email": "bob@example.com",
    "full_name": "Bob Tokenbob",
    "line1": "77 Tokenbob Terrace",
    "gift_message": "From Bob",
}


def delivered(order: Order, by: Any, at: datetime) -> Order:
    fulfilment.pack(order, by=by, at=at)
    fulfilment.ship(order, carrier="ups", tracking_number=f"1Z{order.pk.hex}", by=by, at=at)
    return fulfilment.deliver(order, by=by, at=at)


def erase(user: User, at: datetime) -> Any:
    """Ask, approve, and carry out after the grace period."""
    request = requests.receive(Kind.ERASURE, subject=user.subject, contact=user.email, by=user, at=at)
    requests.verify(request, evidence="reauthenticated", by=user, at=at)
    requests.approve(request, by="staff:3", at=at)
    return erasure.execute(request.pk, by="system:worker", at=at + timedelta(days=4))


def facts(order: Order) -> dict[str, Any]:
    """The whole row, read afresh, with its lines."""
    row = Order.objects.filter(pk=order.pk).values().get()
    return {**row, "lines": list(order.lines.order_by("position").values())}
