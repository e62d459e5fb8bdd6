"""What an order, its pieces and the words on a bag hold about people.

An erased order keeps its sums, its tax, its invoice number, where it went by country and region, and what was sold. Name, e-mail,
phone, street, gift message and engravings go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields as dataclass_fields

from django.db.models import Q

from orders import facts, fulfilment, unfinished
from orders.models import Bag, Order, OrderLine
from orders.models.bag import KEPT_FOR
from orders.personal_data.terms import (
    APPRAISER,
    CARRIERS,
    FOR_DELIVERY,
    MAIL,
    OF_ITS_ORDER,
    ORDER_YEARS,
    STRIPE,
    TAX,
    gone,
    tax,
)
from privacy.register.declare import (
    Action,
    ByValue,
    Category,
    Corrects,
    Edge,
    Family,
    Purpose,
    Retention,
    Rows,
    Source,
    date_words,
    declare,
    keep,
    link,
    not_personal,
    personal,
)


def bags_of(family: Family) -> Rows:
    """Bags with words of a signed-in customer, and those behind a guest's orders."""
    behind_orders = Order.objects.of(family).values("bag_id")
    return Bag.objects.filter(Q(subject_id__in=family) | Q(pk__in=behind_orders))


def owners_of_bags(bags: Rows) -> Iterator[Rows]:
    """Who is named by these bags, or ordered from them."""
    yield bags.filter(subject__isnull=False).values_list("subject", flat=True)
    yield Order.objects.filter(bag_id__in=bags.values("pk")).values_list("subject", flat=True)


def describe_order(order: Order) -> str:
    """How an order reads to its person."""
    return f"Order {order.reference} of {date_words(order.placed_at)}, {order.get_state_display().lower()}"


def describe_line(line: OrderLine) -> str:
    """How a line reads to its person."""
    return f"{line.quantity} x {line.title}"


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
        "reference": tax(recipients=STRIPE),
        "bag_id": not_personal("the random number of the bag it came from"),
        "subject": link("the person it belongs to", edge=Edge.PLACEHOLDER),
        "state": tax(),
        "email": gone(
            Category.CONTACT,
            recipients=(*MAIL, *APPRAISER),
            purposes=(Purpose.ORDER, Purpose.DELIVERY, Purpose.MARKETING),
        ),
        "full_name": gone(Category.NAME, recipients=APPRAISER),
        "phone": gone(Category.CONTACT, recipients=(*CARRIERS, "sms"), retention=FOR_DELIVERY),
        "texts_asked_at": gone(Category.PREFERENCE, retention=FOR_DELIVERY),
        "ship_name": gone(Category.NAME, recipients=CARRIERS),
        "ship_line1": gone(Category.ADDRESS, recipients=CARRIERS),
        "ship_line2": gone(Category.ADDRESS, recipients=CARRIERS),
        "ship_city": gone(Category.ADDRESS, recipients=CARRIERS),
        "ship_postal_code": gone(Category.ADDRESS, recipients=CARRIERS),
        "vat_number": personal(Category.TRANSACTION, on_erase=keep(TAX), purposes=[Purpose.TAX], sensitive=True),
        "invoiced_to": gone(Category.ADDRESS),
        "gift_message": gone(Category.MESSAGE, retention=FOR_DELIVERY),
        "country": tax(source=Source.CUSTOMER, recipients=CARRIERS),
        "region": tax(source=Source.CUSTOMER, recipients=CARRIERS),
        "currency": tax(recipients=APPRAISER),
        "subtotal_minor": tax(),
        "shipping_minor": tax(),
        "shipping_method": tax(source=Source.CUSTOMER),
        "tax_minor": tax(),
        "tax_name": tax(),
        "tax_rate": tax(),
        "is_tax_included": tax(),
        "total_minor": tax(),
        "invoice_number": tax(),
        "terms_version": not_personal(
            "which published version of the terms applied: the same for everybody who ordered then"
        ),
        "placed_at": tax(),
        "paid_at": tax(),
        "confirmed_at": not_personal("when its confirmation mail was written"),
        "packed_at": not_personal("when it was packed"),
        "cancelled_at": tax(),
        "cancel_reason": gone(Category.TRANSACTION, source=Source.STAFF),
        "completed_at": tax(),
        "link_sent_at": not_personal("when a fresh link was last mailed, to spare the mailbox"),
    },
)

declare(
    "orders.OrderLine",
    label="Pieces ordered",
    labels={
        "kind": "kind of piece",
        "item_id": "number in our catalogue",
        "detail": "details",
        "sku": "article number",
    },
    reach="order__subject",
    action=Action.KEEP_UNTIL,
    retention=OF_ITS_ORDER,
    purposes=[Purpose.ORDER, Purpose.TAX, Purpose.RECOMMENDATIONS],
    describe=describe_line,
    fields={
        "order": link("the order it is part of", edge=Edge.KEEP_UNTIL),
        "position": not_personal("its place on the order"),
        "kind": tax(),
        "item_id": tax(),
        "variant": not_personal("the piece in the shop's catalogue"),
        "stone": not_personal("the stone in the shop's catalogue"),
        "title": tax(recipients=APPRAISER),
        "detail": tax(recipients=APPRAISER),
        "sku": tax(),
        "quantity": tax(source=Source.CUSTOMER, recipients=APPRAISER),
        "unit_minor": tax(recipients=APPRAISER),
        "tax_minor": tax(),
        "total_minor": tax(),
        "lead_days": not_personal("how long the piece takes to make"),
        "engraving": gone(Category.MESSAGE),
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
