"""The money back under an order, as its page at the desk shows it: how much, when, by whom, and how far it is at Stripe.

Sums, dates and states only: references and reasons are masked by role, and stand on the page of the payment.
"""

from __future__ import annotations

from typing import Any, Final

from orders.models import Order, Refund
from privacy.admin import due as dates
from privacy.ground.models import AuditEvent
from shop import money

PROMISED: Final = "payment.refund_promised"
AT_STRIPE: Final = "in Stripe’s own dashboard"
HEADERS: Final = ("Amount", "Promised", "By", "At Stripe")


def table(order: Order) -> dict[str, Any] | None:
    """Every refund of the order, the newest first; None where there is none."""
    refunds = Refund.objects.filter(payment__order=order).order_by("-requested_at", "-pk")
    rows = [(refund, refund.reference) for refund in refunds]
    if not rows:
        return None
    promised = AuditEvent.objects.about(order.reference).filter(event=PROMISED)
    hands = {str(event.details.get("refund")): event.actor for event in promised}
    return {
        "headers": list(HEADERS),
        "rows": [
            [
                money.format(refund.amount_minor, order.currency),
                dates.moment(refund.requested_at),
                _whose(hands.get(reference, "")),
                _how_far(refund),
            ]
            for refund, reference in rows
        ],
    }


def _whose(actor: str) -> str:
    """`staff:12`, the customer, or what else the trail names; nobody promised here what was made at Stripe."""
    return "the customer" if actor.startswith("customer:") else actor or AT_STRIPE


def _how_far(refund: Refund) -> str:
    return " ".join(filter(None, (refund.get_state_display(), dates.moment(refund.done_at)))).strip()
