"""Signed, expiring links to one order, for whoever holds its mail. A link names nobody and opens nothing else.

The key is bound to the order's id, which stands in no address, and dies with the e-mail address at an erasure.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from django.conf import settings
from django.core import signing
from django.urls import reverse

from orders.models import Order
from privacy.ground import references

VALID_FOR: Final = timedelta(days=30)


class Closed(Exception):
    """The link opens nothing: no such order, a wrong key, a link past its time, or an order without its person."""


def key(order: Order, *, at: datetime) -> str:
    """A key to the order's pages that works for thirty days."""
    return _signer(order).sign(f"{int((at + VALID_FOR).timestamp()):x}")


def path(order: Order, page: str = "orders:order", *, at: datetime) -> str:
    """The address of one of the order's pages, with a key."""
    return f"{reverse(page, args=[order.reference])}?key={key(order, at=at)}"


def url(order: Order, page: str = "orders:order", *, at: datetime) -> str:
    """The same with the shop's own origin, for a mail."""
    return f"{settings.LOUPE_PUBLIC_URL}{path(order, page, at=at)}"


def open_order(reference: str, offered: str, *, at: datetime) -> Order:
    """The order behind a link. *Raises* Closed, whatever the reason, so that a guess learns nothing."""
    order = addressed(reference)
    if order is None:
        raise Closed
    try:
        until = datetime.fromtimestamp(int(_signer(order).unsign(offered), 16), tz=UTC)
    except (signing.BadSignature, ValueError, OverflowError):
        raise Closed
    if until < at:
        raise Closed
    return order


def addressed(reference: str) -> Order | None:
    """The paid order of this reference that still has its person, or None; nothing of it may show without a key."""
    if not references.is_reference(reference):
        return None
    return Order.objects.placed().exclude(email="").filter(reference=reference).first()


def _signer(order: Order) -> signing.Signer:
    return signing.Signer(salt=f"order:{order.pk}", sep=".")
