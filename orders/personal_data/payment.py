"""What payments, refunds and Stripe's messages hold about people. Stripe gets the order's reference and total, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from orders import disputes, unfinished
from orders.models import Order, WebhookEvent
from orders.personal_data.terms import OF_ITS_ORDER, STRIPE, gone, tax
from privacy.register.declare import (
    BLANK,
    Action,
    ByValue,
    Category,
    Edge,
    Family,
    Processor,
    Purpose,
    Retention,
    Rows,
    Source,
    date_words,
    declare,
    declare_processor,
    link,
    not_personal,
    personal,
)


def webhooks_of(family: Family) -> Rows:
    """Webhooks that named one of the person's orders."""
    return WebhookEvent.objects.filter(order_reference__in=Order.objects.of(family).values("reference"))


def owners_of_webhooks(webhooks: Rows) -> Iterator[Rows]:
    """Whose orders these webhooks named."""
    yield Order.objects.filter(reference__in=webhooks.values("order_reference")).values_list("subject", flat=True)


declare(
    "orders.Payment",
    label="Payments",
    labels={
        "gateway_session_id": "number of its page at Stripe",
        "gateway_payment_id": "number at Stripe",
        "session_url": "address of its page at Stripe",
    },
    reach="order__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_ORDER,
    purposes=[Purpose.PAYMENT, Purpose.TAX],
    describe=lambda payment: f"{payment.reference}, {payment.get_state_display().lower()}",
    fields={
        "order": link("the order it pays", edge=Edge.KEEP_UNTIL),
        "reference": tax(),
        "idempotency_key": not_personal("keeps a repeated call to Stripe from charging twice"),
        "gateway_session_id": tax(source=Source.PROCESSOR),
        "gateway_payment_id": tax(source=Source.PROCESSOR, recipients=STRIPE),
        "amount_minor": tax(recipients=STRIPE),
        "currency": tax(recipients=STRIPE),
        "state": tax(),
        "session_url": personal(
            Category.TRANSACTION,
            source=Source.PROCESSOR,
            on_erase=BLANK,
            retention=Retention.until_event("the payment page is closed", model="orders.Payment"),
        ),
        "session_expires_at": not_personal("until when the payment page was open"),
        "next_check_at": not_personal("when Stripe is asked about it next"),
        "refunded_minor": tax(),
        "card_brand": gone(Category.TRANSACTION, source=Source.PROCESSOR, purposes=(Purpose.PAYMENT,)),
        "card_last4": gone(Category.TRANSACTION, source=Source.PROCESSOR, purposes=(Purpose.PAYMENT,)),
        "card_expiry": gone(Category.TRANSACTION, source=Source.PROCESSOR, purposes=(Purpose.PAYMENT,)),
        "created_at": tax(),
        "disputed_at": tax(source=Source.PROCESSOR),
    },
)

OF_ITS_PAYMENT = Retention.as_its("payment", OF_ITS_ORDER)

declare(
    "orders.PaymentEvent",
    label="What happened to payments",
    labels={
        "kind": "what happened",
        "gateway_id": "number at Stripe",
        "at": "when",
    },
    reach="payment__order__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_PAYMENT,
    purposes=[Purpose.PAYMENT, Purpose.TAX],
    describe=lambda event: f"{event.get_kind_display()} on {date_words(event.at)}",
    fields={
        "payment": link("the payment it happened to", edge=Edge.KEEP_UNTIL),
        "kind": tax(source=Source.PROCESSOR),
        "gateway_id": tax(source=Source.PROCESSOR),
        "amount_minor": tax(source=Source.PROCESSOR),
        "at": tax(source=Source.PROCESSOR),
    },
)

declare(
    "orders.Refund",
    label="Refunds",
    labels={
        "gateway_id": "number at Stripe",
    },
    reach="payment__order__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_PAYMENT,
    purposes=[Purpose.PAYMENT, Purpose.TAX],
    fields={
        "payment": link("the payment it gives back", edge=Edge.KEEP_UNTIL),
        "reference": tax(recipients=STRIPE),
        "amount_minor": tax(recipients=STRIPE),
        "reason": gone(Category.TRANSACTION, source=Source.STAFF, purposes=(Purpose.PAYMENT,)),
        "state": tax(),
        "gateway_id": tax(source=Source.PROCESSOR),
        "requested_at": tax(),
        "next_try_at": not_personal("when the worker tries again"),
        "done_at": tax(),
    },
)

declare(
    "orders.WebhookEvent",
    label="Messages from Stripe",
    labels={
        "event_id": "number at Stripe",
        "kind": "what it was about",
    },
    reach=ByValue(webhooks_of, "the reference of one of their orders", owners_of_webhooks),
    action=Action.DELETE_ROW,
    retention=Retention.days(90, anchor="received_at"),
    orphans="events that name no order of this shop",
    purposes=[Purpose.PAYMENT],
    fields={
        "event_id": personal(Category.LINKAGE, source=Source.PROCESSOR),
        "kind": personal(Category.TRANSACTION, source=Source.PROCESSOR),
        "received_at": personal(Category.TRANSACTION, source=Source.PROCESSOR),
        "handled_at": not_personal("when the worker acted on it"),
        "order_reference": personal(Category.LINKAGE, source=Source.PROCESSOR),
        "attempts": not_personal("how often the worker tried"),
        "last_error": not_personal("the kind of error met, never its words"),
    },
)

declare_processor(
    Processor(
        slug="stripe",
        name="Stripe",
        is_a="payment companies",
        purpose=Purpose.PAYMENT,
        payload={
            "client_reference_id": "orders.Order.reference",
            "metadata[order]": "orders.Order.reference",
            "payment_intent_data[metadata][order]": "orders.Order.reference",
            "line_items[0][price_data][product_data][name]": "orders.Order.reference",
            "line_items[0][price_data][unit_amount]": "orders.Payment.amount_minor",
            "line_items[0][price_data][currency]": "orders.Payment.currency",
            "payment_intent": "orders.Payment.gateway_payment_id",
            "metadata[refund]": "orders.Refund.reference",
            "amount": "orders.Refund.amount_minor",
        },
        about_nobody={
            "mode": "that something is to be paid",
            "allowed_payment_method_types[0]": "that a card will do",
            "line_items[0][quantity]": "that it is one sum",
            "success_url": "the shop's page to come back to",
            "cancel_url": "the shop's page to come back to",
            "expires_at": "until when the page is open",
            "expand[0]": "how much detail is wanted in the answer",
            "limit": "how many refunds are wanted in the answer",
            "starting_after": "where the next page of the answer begins",
        },
        after_erasure="What you typed on Stripe's own payment page; Stripe keeps it as financial law asks of it.",
        eraser=disputes.settled_at_stripe,
        erases="",  # it was given nothing about the person
        corrects="Nothing to put right: it has an order's number and sums, which stay as they were agreed.",
        known_as=unfinished.known_at_stripe,
        needs_account=False,
        hosts=("api.stripe.com",),
    )
)
