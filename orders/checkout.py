"""From a bag to an order that waits for payment, and what payment or its absence then does to the order.

`begin` is one transaction (order, stock held, lines copied) followed by one call to the gateway outside it. Two tabs that pay the
same bag get the same order and the same page at Stripe; a bag that changed first has its old page closed there.
`paid` and `expired` are the effects that `payments.settle` applies. Not for money: see `payments`.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from accounts import inactivity
from accounts.models import User
from orders import bag as bags
from orders import emails, invoices, papers, payments
from orders.bag import Bag, Contents
from orders.models import Bag as BagRow
from orders.models import Order, OrderLine
from orders.pricing import Quote
from orders.states import ORDER
from privacy.consent import preferences, soft_opt_in
from privacy.consent.vocabulary import Matter, Surface
from privacy.ground import references
from privacy.ground.audit import Actor
from privacy.messages import wishes
from privacy.messages.wishes import Said
from privacy.models import Subject
from privacy.register import ages, policy_versions, residence, subjects
from privacy.register.ages import Answer
from shop import stock
from shop.stock import Key

log = logging.getLogger(__name__)

ONE_LIVE_ORDER: Final = "order_one_live_per_bag"
MOST_TABS: Final = 3
BATCH: Final = 100
SYSTEM: Final = "system:checkout"


class BagEmpty(Exception):
    """There is nothing to order."""


class PriceChanged(Exception):
    """The total is not the one the customer agreed to; `quote` is what it is now."""

    def __init__(self, quote: Quote) -> None:
        super().__init__(quote.total_minor)
        self.quote = quote


class AlreadyOrdered(Exception):
    """This bag was paid; its order is under way."""


class Locked(Exception):
    """The customer's data are restricted, as while an erasure waits: nothing new is made from them."""


class Busy(Exception):
    """Other tabs keep changing the same bag."""


@dataclass(frozen=True, slots=True)
class CheckoutDetails:
    """What the customer typed. `place` is a destination's code, `region` a state or county where the code names none."""

    email: str
    full_name: str
    place: str
    line1: str
    city: str
    postal_code: str = ""
    line2: str = ""
    region: str = ""
    phone: str = ""
    wants_texts: bool = False
    recipient: str = ""
    method: str = ""
    vat_number: str = ""
    gift_message: str = ""
    language: str = ""  # of their letters; empty: not asked
    engravings: Mapping[Key, str] = field(default_factory=dict)
    news: Sequence[Matter] = ()  # the topics whose boxes were ticked
    declines_similar: bool | None = None  # None: the box of the soft opt-in was not shown


@dataclass(frozen=True, slots=True)
class Begun:
    """An order that waits, and the address of the page at Stripe where it is paid."""

    order: Order
    redirect_url: str


def begin(
    bag: Bag,
    details: CheckoutDetails,
    *,
    expected_total_minor: int,
    subject: Subject | None,
    network: str = "",
    age: Answer | None = None,
    by: Actor,
    at: datetime,
) -> Begun:
    """Hold the stock, write the order, open the page at Stripe. *subject* is None for a guest, who gets one of their own, and on it
    the *age* they said.

    *Writes* an order that waits for payment, its lines, reservations. *Raises* Locked, BagEmpty, PriceChanged, AlreadyOrdered,
    Busy, `destinations.NotServed`, `stock.NotEnough`, and what `payments.open_session` raises (the order then waits for
    another try).
    """
    if subject is not None and not Subject.objects.usable().filter(pk=subjects.root(subject).pk).exists():
        raise Locked
    for _ in range(MOST_TABS):
        priced = price(bag, details)
        if priced.quote.total_minor != expected_total_minor:
            raise PriceChanged(priced.quote)
        order = _reuse(bag, priced, details, subject=subject, by=by, at=at)
        try:
            order = order or place(bag, priced, details, subject=subject, by=by, at=at)
        except IntegrityError as error:
            if not _is_other_tab(error):
                raise
            continue
        if age is not None and subject is None:
            ages.state(order.subject, age, by=by, at=at)
        if details.language:
            preferences.speak(order.subject, details.language, by=_speaker(order, by), at=at)
        _ask_for_news(order, details, network=network, by=by, at=at)
        try:
            return Begun(order, payments.open_session(order, by=by, at=at))
        except payments.SessionEnded:
            continue
    raise Busy


@transaction.atomic
def place(
    bag: Bag, priced: Contents, details: CheckoutDetails, *, subject: Subject | None, by: Actor, at: datetime
) -> Order:
    """Write the order and its lines, and hold its stock: all of it, or none. *Raises* Locked, `stock.NotEnough`."""
    if subject is not None and not subjects.kept_usable(subject):
        raise Locked
    order = _draft(references.new("LP"), bag, priced, details, at=at)
    order.subject = subject or _guest(details, priced.quote, by=by, at=at)
    order.save(force_insert=True)
    if subject is not None and not details.recipient:  # a present says nothing about who sends it
        residence.suppose(subject, priced.quote.destination.code, by=by, at=at)
    # After the insert, so that a second tab with the same bag waits for this one instead of finding the stone taken.
    wanted = {line.buyable.key: line.quantity for line in priced.lines}
    stock.reserve(order.pk, wanted, expires_at=None, by=by, at=at)
    OrderLine.objects.bulk_create(_lines(order, priced, details))
    if isinstance(by, User):
        inactivity.restart(by, by=by, at=at)
    return order


def price(bag: Bag, details: CheckoutDetails) -> Contents:
    """What the bag holds and costs at the address typed. *Raises* BagEmpty, `destinations.NotServed`."""
    priced = bags.contents(bags.send_to(bag, details.place), method=details.method)
    if not priced.lines:
        raise BagEmpty
    return priced


# The words on a bag


def note(bag: Bag, details: CheckoutDetails, *, subject: Subject | None, at: datetime) -> None:
    """Keep what was typed, sealed, so that coming back from Stripe loses nothing. Swept after thirty days."""
    words = asdict(
        replace(details, news=(), declines_similar=None)
    )  # a box that was ticked is asked about at once, and shown unticked again
    words |= {"engravings": {bags.name_of(key): text for key, text in details.engravings.items()}}
    BagRow.objects.update_or_create(
        pk=bag.id,
        defaults={"words": words, "subject": subject, "touched_at": at},
        create_defaults={"words": words, "subject": subject, "touched_at": at, "created_at": at},
    )


def noted(bag: Bag, *, subject: Subject | None) -> dict[str, Any]:
    """What was typed on this bag before, by the same person: a guest, or this signed-in customer."""
    row = BagRow.objects.filter(pk=bag.id, subject=subject).first()
    return dict(row.words) if row else {}


# What payment does to an order


@transaction.atomic
def paid(order: Order, *, by: Actor, at: datetime) -> Order:
    """Make a waiting order a paid one: stock sold, invoice numbered, confirmation in the outbox, the bag's words deleted.

    *Raises* `states.NotAllowed` for an order that does not wait any more. Called by `payments.settle`, in its transaction.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.state == Order.State.PENDING_PAYMENT:
        order.paid_at = at
        order.invoice_number = invoices.next_number(at=at)
        order.save(update_fields=["paid_at", "invoice_number"])
    ORDER.advance(order, "paid", by=by, at=at)
    stock.commit(order.pk, by=by, at=at)
    papers.take_certificates(order, by=by, at=at)
    BagRow.objects.filter(pk=order.bag_id).delete()
    soft_opt_in.sold(order.reference, at=at)
    confirm(order, by=by, at=at)
    return order


@transaction.atomic
def expired(order: Order, *, by: Actor, at: datetime) -> Order:
    """Give up an order that Stripe says can't be paid any more, and let go of its stock."""
    ORDER.advance(order, "expired", by=by, at=at)
    stock.release(order.pk, by=by, at=at)
    return order


def confirm(order: Order, *, by: Actor, at: datetime) -> None:
    """Put both confirmations, of the order and of its payment, in the outbox, once.

    A mail that can't be written never undoes a payment: the sweep tries again.
    """
    try:
        with transaction.atomic():
            if Order.objects.filter(pk=order.pk, confirmed_at__isnull=True).update(confirmed_at=at):
                emails.order_confirmed(order, by=by, at=at)
                emails.payment_received(order, by=by, at=at)
                order.confirmed_at = at
    except Exception as error:  # noqa: BLE001 - whatever it was, the payment stands
        log.error("order.unconfirmed", extra={"order": order.reference, "error": type(error).__name__})


# What broke off, and what nobody needs any more


def sweep(*, at: datetime) -> None:
    """Heal what a crash left half-way: orders whose payment was never opened, confirmations never written."""
    for order in Order.objects.unopened(at)[:BATCH]:
        payments.close_session(order, by=SYSTEM, at=at)
    for order in Order.objects.unconfirmed()[:BATCH]:
        confirm(order, by=SYSTEM, at=at)


def forget(*, at: datetime) -> int:
    """Delete orders that came to nothing thirty days ago, long before their years are over. How many rows."""
    gone, _ = Order.objects.never_paid(at).exclude(payment__state__in=["captured", "refunded"]).delete()
    return gone


# Inside


def _speaker(order: Order, by: Actor) -> Actor:
    """Who says something at the checkout: the customer, or the person that a guest's order made."""
    return by if isinstance(by, User) else order.subject


def _ask_for_news(order: Order, details: CheckoutDetails, *, network: str, by: Actor, at: datetime) -> None:
    """Keep the ticked boxes with the order's person: a yes of a customer, a question by mail to a guest."""
    if isinstance(by, User):
        said = Said(Surface.CHECKOUT, network, by=by, at=at)
        wishes.tick(details.news, address=by.email, customer=by.subject, said=said)
    else:
        said = Said(Surface.CHECKOUT, network, by=order.subject, at=at)
        wishes.tick(details.news, address=details.email, guest=order.subject, said=said)
    if details.declines_similar is not None:
        no = details.declines_similar
        soft_opt_in.shown(order.subject, reference=order.reference, declined=no, network=network, by=said.by, at=at)


def _live(bag: Bag) -> Order | None:
    ended = [Order.State.EXPIRED, Order.State.CANCELLED]
    return Order.objects.filter(bag_id=bag.id).exclude(state__in=ended).prefetch_related("lines").first()


def _reuse(
    bag: Bag, priced: Contents, details: CheckoutDetails, *, subject: Subject | None, by: Actor, at: datetime
) -> Order | None:
    """The order that already waits for exactly this; one that waits for something else is closed at Stripe first."""
    order = _live(bag)
    if order is None:
        return None
    if order.state != Order.State.PENDING_PAYMENT:
        raise AlreadyOrdered
    is_theirs = subject is None or order.subject_id == subject.pk
    if is_theirs and _agreed(order) == _agreed(_draft(order.reference, bag, priced, details, at=at), priced, details):
        return order
    if payments.close_session(order, by=by, at=at).is_paid:
        raise AlreadyOrdered
    return None


def _guest(details: CheckoutDetails, quote: Quote, *, by: Actor, at: datetime) -> Subject:
    """A person of their own for this order; the e-mail is unproven, so nobody else's rows ever join them through it."""
    guest = subjects.new(residence="" if details.recipient else quote.destination.code, by=by, at=at)
    subjects.identify(guest, kind="email", value=details.email, by=by, at=at)
    return guest


def _draft(reference: str, bag: Bag, priced: Contents, details: CheckoutDetails, *, at: datetime) -> Order:
    quote, place = priced.quote, priced.quote.destination
    return Order(
        reference=reference,
        bag_id=bag.id,
        email=details.email,
        full_name=details.full_name,
        phone=details.phone,
        texts_asked_at=at if details.wants_texts and details.phone else None,
        ship_name=details.recipient or details.full_name,
        ship_line1=details.line1,
        ship_line2=details.line2,
        ship_city=details.city,
        ship_postal_code=details.postal_code,
        vat_number=details.vat_number or None,
        gift_message=details.gift_message or None,
        country=place.country,
        region=place.region or details.region,
        currency=quote.currency,
        subtotal_minor=quote.subtotal_minor,
        shipping_minor=quote.shipping_minor,
        shipping_method=quote.method.slug,
        tax_minor=quote.tax_minor,
        tax_name=place.tax_name,
        tax_rate=quote.rate,
        is_tax_included=place.is_tax_included,
        total_minor=quote.total_minor,
        terms_version=terms.number if (terms := policy_versions.in_force(on=at.date())) else None,
        placed_at=at,
    )


def _lines(order: Order, priced: Contents, details: CheckoutDetails) -> list[OrderLine]:
    quoted = {line.key: line for line in priced.quote.lines}
    return [
        OrderLine(
            order=order,
            position=position,
            kind=line.buyable.key[0],
            item_id=line.buyable.key[1],
            variant_id=line.buyable.key[1] if line.buyable.key[0] == "v" else None,
            stone_id=line.buyable.key[1] if line.buyable.key[0] == "s" else None,
            title=line.buyable.title,
            detail=line.buyable.detail,
            sku=line.buyable.sku,
            quantity=line.quantity,
            unit_minor=line.buyable.unit_minor,
            tax_minor=quoted[line.buyable.key].tax_minor,
            total_minor=quoted[line.buyable.key].total_minor,
            lead_days=line.buyable.lead_days,
            engraving=details.engravings.get(line.buyable.key) or None,
        )
        for position, line in enumerate(priced.lines)
    ]


AGREED: Final = (
    *("email", "full_name", "phone", "wants_texts", "vat_number", "gift_message"),
    *("ship_name", "ship_line1", "ship_line2", "ship_city", "ship_postal_code", "country", "region", "shipping_method"),
    *("currency", "subtotal_minor", "shipping_minor", "tax_minor", "total_minor", "terms_version"),
)


def _agreed(order: Order, priced: Contents | None = None, details: CheckoutDetails | None = None) -> tuple[Any, ...]:
    """Everything the customer agreed to, for telling whether a second press of *Pay* means the same order."""
    lines = _lines(order, priced, details) if priced and details else list(order.lines.all())
    return (
        tuple(getattr(order, name) for name in AGREED),
        frozenset((line.kind, line.item_id, line.quantity, line.unit_minor, line.engraving) for line in lines),
    )


def _is_other_tab(error: IntegrityError) -> bool:
    """Whether the database refused a second live order for the same bag."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return getattr(diagnosis, "constraint_name", "") == ONE_LIVE_ORDER
