"""What is kept of an order that was shown to an appraiser, and what such an appraiser gets. What was shown stays in the
disclosures; who agreed to it, in the ledger.
"""

from __future__ import annotations

from orders import sharing
from orders.models import Share
from privacy.register import disclosures
from privacy.register.declare import (
    Action,
    Category,
    Edge,
    Processor,
    Purpose,
    Retention,
    Source,
    date_words,
    declare,
    declare_processor,
    link,
    not_personal,
    personal,
)


def describe(share: Share) -> str:
    """How it reads to its person."""
    return f"Order {share.order} for {disclosures.name_of(share.recipient)}, asked on {date_words(share.asked_at)}"


_said = personal(Category.TRANSACTION)
_noted = personal(Category.TRANSACTION, source=Source.DERIVED)

declare(
    "orders.Share",
    label="Orders shown to an appraiser",
    reach="order__subject",
    action=Action.DELETE_ROW,
    retention=Retention.days(90, anchor="ends_at", words="90 days after its link has ended"),
    purposes=[Purpose.ORDER],
    describe=describe,
    fields={
        "id": not_personal("a random number"),
        "reference": _noted,
        "order": link("the order that is shown", edge=Edge.DEEP),
        "recipient": _said,
        "wish": personal(Category.TRANSACTION, recipients=[sharing.KIND]),
        "with_price": _said,
        "with_contact": _said,
        "asked_at": _said,
        "ends_at": _noted,
        "opened_at": _noted,
        "times_opened": _noted,
        "answered_at": _noted,
        "cancelled_at": _noted,
    },
)

declare_processor(
    Processor(
        slug=sharing.KIND,
        name="An appraiser whom you choose",
        is_a="appraisers and jewellers outside our house",
        is_kind=True,
        purpose=Purpose.ORDER,
        payload={
            "title": "orders.OrderLine.title",
            "detail": "orders.OrderLine.detail",
            "quantity": "orders.OrderLine.quantity",
            "wish": "orders.Share.wish",
            "price": "orders.OrderLine.unit_minor",
            "currency": "orders.Order.currency",
            "name": "orders.Order.full_name",
            "email": "orders.Order.email",
        },
        after_erasure="The link is closed with your erasure; what they wrote down for their own valuation is theirs to keep.",
        corrects="Nothing to put right: while the link works, it shows the order as it stands.",
    )
)
