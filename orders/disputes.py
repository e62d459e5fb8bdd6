"""Payments whose card holder claims the money back: known here, since what proves the delivery must stay until it is decided.

Stripe is asked, never believed: a webhook only says that there is something to ask. An open dispute keeps of its order what the
answer to the bank needs, and nothing else of the person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from orders import gateway
from orders.models import Order, Payment
from privacy.ground import audit
from privacy.register import disclosures
from privacy.register.declare import Family

STRIPE: Final = "stripe"


class StillOpen(Exception):
    """The bank has not decided yet; the words name the orders."""


def reconcile(payment: Payment, *, at: datetime) -> bool:
    """Ask Stripe whether a dispute about a payment is open, and note the answer. *Raises* `gateway.Unavailable`, `Refused`."""
    with gateway.concerning(payment, by=STRIPE, at=at):
        since = _open_since(payment)
    if _note(payment, since):
        event = "payment.disputed" if since else "payment.dispute_closed"
        audit.append(event, subject=payment.order.subject_id, obj=payment.order, by=STRIPE, at=at)
    return since is not None


def settled_at_stripe(family: Family) -> str:
    """Stripe's part of an erasure: it holds nothing we gave it about the person, so all there is to ask is what is open.

    Returns the receipt; *raises* StillOpen, `gateway.Unavailable`. On the erasure's occasion. *Source*: https://docs.stripe.com/api/disputes/list
    """
    paid = Payment.objects.filter(order__subject_id__in=family, gateway_payment_id__isnull=False).select_related(
        "order"
    )
    erasure = disclosures.current()
    still_open, asked = [], list(paid.order_by("pk"))
    for payment in asked:
        with gateway.concerning(payment, by=erasure.by, at=erasure.at):
            since = _open_since(payment)
        _note(payment, since)
        if since:
            still_open.append(payment.order.reference)
    if still_open:
        raise StillOpen(f"a dispute about {', '.join(still_open)} is open")
    return f"no open dispute about {len(asked)} payment{'' if len(asked) == 1 else 's'}"


def _open_since(payment: Payment) -> datetime | None:
    if payment.gateway_payment_id is None:
        return None
    return min((each.made_at for each in gateway.disputes(payment.gateway_payment_id) if each.is_open), default=None)


def _note(payment: Payment, since: datetime | None) -> bool:
    """Write down since when one is open, or that none is; returns whether that is news."""
    known = Payment.objects.filter(pk=payment.pk, disputed_at__isnull=since is not None)
    return bool(known.update(disputed_at=since))


def of(family: Family) -> list[Order]:
    """The person's orders about whose payment a dispute is open."""
    return list(Order.objects.of(family).filter(payment__disputed_at__isnull=False).order_by("placed_at"))
