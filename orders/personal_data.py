"""What an order holds about people, and what tax law leaves of it.

An erased order keeps its sums, its tax, its invoice number, where it went by country and region, and what was sold. Name, e-mail,
phone, street, gift message and engravings go. Stripe gets the order's reference and total, and nothing about the person.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields as dataclass_fields

from django.db.models import Q

from orders import disputes, facts, fulfilment, papers, unfinished
from orders.models import Bag, Order, OrderLine, SoldCertificate, WebhookEvent
from orders.models.bag import KEPT_FOR
from privacy.register import rotation
from privacy.register.declare import (
    BLANK,
    Action,
    ByValue,
    Category,
    Corrects,
    Edge,
    Export,
    Family,
    Field,
    Processor,
    Purpose,
    Retention,
    Rows,
    Source,
    date_words,
    declare,
    declare_not_personal,
    declare_processor,
    keep,
    link,
    not_personal,
    personal,
)

TAX = "tax law asks for the records of a sale"
ORDER_YEARS = Retention.years("orders", anchor="completed_at", fallback="placed_at").not_while(
    "state", *unfinished.IN_HAND
)
FOR_DELIVERY = Retention.days(
    90, anchor="completed_at", fallback="placed_at", words="90 days after delivery"
).not_while("state", *unfinished.IN_HAND)
OF_ITS_ORDER = Retention.as_its("order", ORDER_YEARS)


def _gone(
    category: Category,
    *,
    source: Source = Source.CUSTOMER,
    recipients: tuple[str, ...] = (),
    purposes: tuple[Purpose, ...] = (Purpose.ORDER, Purpose.DELIVERY),
    retention: Retention | None = None,
) -> Field:
    """A field about the person that an erasure blanks, since tax law asks for none of it. Written words rest sealed."""
    return personal(
        category,
        source=source,
        on_erase=BLANK,
        sensitive=category is Category.MESSAGE,
        recipients=recipients,
        purposes=purposes,
        retention=retention,
    )


def _tax(*, source: Source = Source.DERIVED, recipients: tuple[str, ...] = ()) -> Field:
    """A field that stays for the tax years."""
    return personal(
        Category.TRANSACTION, source=source, on_erase=keep(TAX), purposes=[Purpose.TAX], recipients=recipients
    )


def bags_of(family: Family) -> Rows:
    """Bags with words of a signed-in customer, and those behind a guest's orders."""
    behind_orders = Order.objects.of(family).values("bag_id")
    return Bag.objects.filter(Q(subject_id__in=family) | Q(pk__in=behind_orders))


def owners_of_bags(bags: Rows) -> Iterator[Rows]:
    """Who is named by these bags, or ordered from them."""
    yield bags.filter(subject__isnull=False).values_list("subject", flat=True)
    yield Order.objects.filter(bag_id__in=bags.values("pk")).values_list("subject", flat=True)


def webhooks_of(family: Family) -> Rows:
    """Webhooks that named one of the person's orders."""
    return WebhookEvent.objects.filter(order_reference__in=Order.objects.of(family).values("reference"))


def owners_of_webhooks(webhooks: Rows) -> Iterator[Rows]:
    """Whose orders these webhooks named."""
    yield Order.objects.filter(reference__in=webhooks.values("order_reference")).values_list("subject", flat=True)


def describe_order(order: Order) -> str:
    """How an order reads to its person."""
    return f"Order {order.reference} of {date_words(order.placed_at)}, {order.get_state_display().lower()}"


def describe_line(line: OrderLine) -> str:
    """How a line reads to its person."""
    return f"{line.quantity} x {line.title}"


CARRIER = ("carrier",)
STRIPE = ("stripe",)
MAIL = ("mail",)

declare(
    "orders.Order",
    label="Orders",
    reach="subject",
    action=Action.KEEP_UNTIL,
    retention=ORDER_YEARS,
    purposes=[Purpose.ORDER, Purpose.DELIVERY, Purpose.TAX],
    describe=describe_order,
    blockers=unfinished.of,
    known_by=facts.FACTS,
    # Where a parcel goes that has not left; whom an invoice was made out to stays as it was issued.
    corrects=Corrects(
        tuple(each.name for each in dataclass_fields(fulfilment.Whereto)),
        fulfilment.correct_address,
        only=Q(state__in=sorted(fulfilment.STILL_HERE)),
    ),
    after=["orders.Bag", "orders.WebhookEvent"],
    fields={
        "id": not_personal("a random number"),
        "reference": _tax(recipients=STRIPE),
        "bag_id": not_personal("the random number of the bag it came from"),
        "subject": link("the person it belongs to", edge=Edge.PLACEHOLDER),
        "state": _tax(),
        "email": _gone(
            Category.CONTACT, recipients=MAIL, purposes=(Purpose.ORDER, Purpose.DELIVERY, Purpose.MARKETING)
        ),
        "full_name": _gone(Category.NAME),
        "phone": _gone(Category.CONTACT, recipients=(*CARRIER, "sms"), retention=FOR_DELIVERY),
        "texts_asked_at": _gone(Category.PREFERENCE, retention=FOR_DELIVERY),
        "ship_name": _gone(Category.NAME, recipients=CARRIER),
        "ship_line1": _gone(Category.ADDRESS, recipients=CARRIER),
        "ship_line2": _gone(Category.ADDRESS, recipients=CARRIER),
        "ship_city": _gone(Category.ADDRESS, recipients=CARRIER),
        "ship_postal_code": _gone(Category.ADDRESS, recipients=CARRIER),
        "vat_number": personal(Category.TRANSACTION, on_erase=keep(TAX), purposes=[Purpose.TAX], sensitive=True),
        "gift_message": _gone(Category.MESSAGE, retention=FOR_DELIVERY),
        "country": _tax(source=Source.CUSTOMER),
        "region": _tax(source=Source.CUSTOMER),
        "currency": _tax(),
        "subtotal_minor": _tax(),
        "shipping_minor": _tax(),
        "shipping_method": _tax(source=Source.CUSTOMER),
        "tax_minor": _tax(),
        "tax_name": _tax(),
        "tax_rate": _tax(),
        "is_tax_included": _tax(),
        "total_minor": _tax(),
        "invoice_number": _tax(),
        "placed_at": _tax(),
        "paid_at": _tax(),
        "confirmed_at": not_personal("when its confirmation mail was written"),
        "packed_at": not_personal("when it was packed"),
        "cancelled_at": _tax(),
        "cancel_reason": _gone(Category.TRANSACTION, source=Source.STAFF),
        "completed_at": _tax(),
        "link_sent_at": not_personal("when a fresh link was last mailed, to spare the mailbox"),
    },
)

declare(
    "orders.OrderLine",
    label="Pieces ordered",
    reach="order__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_ORDER,
    purposes=[Purpose.ORDER, Purpose.TAX, Purpose.RECOMMENDATIONS],
    describe=describe_line,
    fields={
        "order": link("the order it is part of", edge=Edge.KEEP_UNTIL),
        "position": not_personal("its place on the order"),
        "kind": _tax(),
        "item_id": _tax(),
        "variant": not_personal("the piece in the shop's catalogue"),
        "stone": not_personal("the stone in the shop's catalogue"),
        "title": _tax(),
        "detail": _tax(),
        "sku": _tax(),
        "quantity": _tax(source=Source.CUSTOMER),
        "unit_minor": _tax(),
        "tax_minor": _tax(),
        "total_minor": _tax(),
        "lead_days": not_personal("how long the piece takes to make"),
        "engraving": _gone(Category.MESSAGE),
    },
)

declare(
    "orders.Shipment",
    label="Parcels",
    reach="order__subject",
    action=Action.DELETE_ROW,
    retention=OF_ITS_ORDER,
    purposes=[Purpose.DELIVERY],
    describe=lambda parcel: f"{parcel.get_carrier_display()} {parcel.tracking_number}",
    fields={
        "order": link("the order it carries", edge=Edge.DEEP),
        "carrier": personal(Category.TRANSACTION, source=Source.STAFF),
        "tracking_number": personal(Category.TRANSACTION, source=Source.STAFF, recipients=CARRIER),
        "shipped_at": personal(Category.TRANSACTION, source=Source.STAFF),
        "delivered_at": personal(Category.TRANSACTION, source=Source.STAFF),
    },
)

declare(
    "orders.Payment",
    label="Payments",
    reach="order__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_ORDER,
    purposes=[Purpose.PAYMENT, Purpose.TAX],
    describe=lambda payment: f"{payment.reference}, {payment.get_state_display().lower()}",
    fields={
        "order": link("the order it pays", edge=Edge.KEEP_UNTIL),
        "reference": _tax(),
        "idempotency_key": not_personal("keeps a repeated call to Stripe from charging twice"),
        "gateway_session_id": _tax(source=Source.PROCESSOR),
        "gateway_payment_id": _tax(source=Source.PROCESSOR, recipients=STRIPE),
        "amount_minor": _tax(recipients=STRIPE),
        "currency": _tax(recipients=STRIPE),
        "state": _tax(),
        "session_url": personal(
            Category.TRANSACTION,
            source=Source.PROCESSOR,
            on_erase=BLANK,
            retention=Retention.until_event("the payment page is closed", model="orders.Payment"),
        ),
        "session_expires_at": not_personal("until when the payment page was open"),
        "next_check_at": not_personal("when Stripe is asked about it next"),
        "refunded_minor": _tax(),
        "card_brand": _gone(Category.TRANSACTION, source=Source.PROCESSOR, purposes=(Purpose.PAYMENT,)),
        "card_last4": _gone(Category.TRANSACTION, source=Source.PROCESSOR, purposes=(Purpose.PAYMENT,)),
        "card_expiry": _gone(Category.TRANSACTION, source=Source.PROCESSOR, purposes=(Purpose.PAYMENT,)),
        "created_at": _tax(),
        "disputed_at": _tax(source=Source.PROCESSOR),
    },
)

OF_ITS_PAYMENT = Retention.as_its("payment", OF_ITS_ORDER)

declare(
    "orders.PaymentEvent",
    label="What happened to payments",
    reach="payment__order__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_PAYMENT,
    purposes=[Purpose.PAYMENT, Purpose.TAX],
    describe=lambda event: f"{event.get_kind_display()} on {date_words(event.at)}",
    fields={
        "payment": link("the payment it happened to", edge=Edge.KEEP_UNTIL),
        "kind": _tax(source=Source.PROCESSOR),
        "gateway_id": _tax(source=Source.PROCESSOR),
        "amount_minor": _tax(source=Source.PROCESSOR),
        "at": _tax(source=Source.PROCESSOR),
    },
)

declare(
    "orders.Refund",
    label="Refunds",
    reach="payment__order__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_PAYMENT,
    purposes=[Purpose.PAYMENT, Purpose.TAX],
    fields={
        "payment": link("the payment it gives back", edge=Edge.KEEP_UNTIL),
        "reference": _tax(recipients=STRIPE),
        "amount_minor": _tax(recipients=STRIPE),
        "reason": _gone(Category.TRANSACTION, source=Source.STAFF, purposes=(Purpose.PAYMENT,)),
        "state": _tax(),
        "gateway_id": _tax(source=Source.PROCESSOR),
        "requested_at": _tax(),
        "next_try_at": not_personal("when the worker tries again"),
        "done_at": _tax(),
    },
)

declare(
    "orders.Bag",
    label="Words on a bag",
    reach=ByValue(bags_of, "the signed-in customer it names, and the bag behind each order of theirs", owners_of_bags),
    action=Action.DELETE_ROW,
    retention=Retention.days(KEPT_FOR.days, anchor="touched_at"),
    orphans="guests who wrote on a bag and have not ordered",
    purposes=[Purpose.ORDER],
    fields={
        "id": not_personal("the random number in the bag cookie"),
        "subject": link("the signed-in customer whose bag it is", edge=Edge.DEEP),
        "words": personal(Category.MESSAGE, sensitive=True),
        "created_at": not_personal("when the first words were written"),
        "touched_at": not_personal("when they were last changed"),
    },
)

declare(
    "orders.WebhookEvent",
    label="Messages from Stripe",
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

PAPER_YEARS = Retention.years("certificates", anchor="completed_at", fallback="placed_at").not_while(
    "state", *unfinished.IN_HAND
)


def describe_certificate(certificate: SoldCertificate) -> str:
    """How a certificate reads to its person."""
    return f"{certificate.lab} certificate of {certificate.line.title}"


declare(
    "orders.SoldCertificate",
    label="Certificates of your stones",
    reach="line__order__subject",
    action=Action.DELETE_ROW,
    retention=Retention.as_its("line", Retention.as_its("order", PAPER_YEARS)),
    purposes=[Purpose.ORDER],
    describe=describe_certificate,
    fields={
        "line": link("the piece it describes", edge=Edge.DEEP),
        "lab": personal(Category.TRANSACTION, source=Source.DERIVED),
        "number": personal(Category.TRANSACTION, source=Source.DERIVED, sensitive=True),
        "key_version": not_personal("which of our keys made the digest"),
        "digest": personal(Category.TRANSACTION, source=Source.DERIVED, on_export=Export.HIDE),
        "is_demo": not_personal("whether the number is made up"),
        "sold_at": personal(Category.TRANSACTION, source=Source.DERIVED),
    },
)

declare(
    "orders.Paper",
    label="Appraisals and insurance files",
    reach="order__subject",
    action=Action.DELETE_ROW,
    retention=Retention.as_its("order", PAPER_YEARS),
    purposes=[Purpose.ORDER],
    describe=lambda paper: f"{paper.get_kind_display()}: {paper.title}",
    fields={
        "order": link("the order it was made for", edge=Edge.DEEP),
        "kind": personal(Category.TRANSACTION, source=Source.STAFF),
        "title": personal(Category.TRANSACTION, source=Source.STAFF, sensitive=True),
        "file": personal(Category.TRANSACTION, source=Source.STAFF, sensitive=True),
        "content_type": not_personal("whether a PDF or a picture"),
        "size_bytes": not_personal("how large the file is"),
        "added_at": personal(Category.TRANSACTION, source=Source.STAFF),
    },
)

rotation.digests_also(papers.redigest)
rotation.files("Appraisals and insurance files", papers.folder)

declare_not_personal("orders.InvoiceCounter", "the last invoice number of each year")

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
        known_as=unfinished.known_at_stripe,
        needs_account=False,
        hosts=("api.stripe.com",),
    )
)
