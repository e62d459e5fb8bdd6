"""Orders of the demo, in several states, made by the shop's own verbs at times that have passed.

They are paid without Stripe, which does not run yet when a demo is loaded; `payments_made` says what it must know of them
to give the money back. Everything else is as it would have been.
Safe to run again: an order is known by its bag's id, which is derived from its name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid5

from django.db import transaction

from accounts import addresses
from accounts.models import User
from orders import checkout, destinations, fulfilment, payments, returns, sharing
from orders.bag import Bag
from orders.checkout import CheckoutDetails
from orders.models import Order, Payment, PaymentEvent, Return
from orders.states import PAYMENT
from privacy.ground import references
from privacy.register import profiles, tombstones
from shop.models import StockLevel, Stone
from shop.stock import Key

DEMO: Final = "system:demo"
NAMESPACE: Final = UUID("8f0b1c1e-6d0c-4f0e-9a55-4c6f757065aa")

Finish = Callable[[Order, datetime], object]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who ordered without an account."""

    email: str
    full_name: str
    line1: str
    city: str
    place: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Story:
    """One order: whose, what (places in the shop window), how many days ago, how far it came."""

    name: str
    who: str | Guest
    pieces: tuple[int, ...]
    days_ago: int
    finish: Finish
    gift_message: str = ""
    engraving: str = ""
    with_stone: bool = False


def _waits(order: Order, at: datetime) -> None:
    """Paid, and nothing more yet."""


def _packed(order: Order, at: datetime) -> None:
    fulfilment.pack(order, by=DEMO, at=at + timedelta(hours=20))


def _shipped(order: Order, at: datetime) -> None:
    _packed(order, at)
    number = f"1Z{order.pk.int % 10**16:016}"
    fulfilment.ship(order, carrier="ups", tracking_number=number, by=DEMO, at=at + timedelta(days=2))


def _delivered(order: Order, at: datetime) -> None:
    _shipped(order, at)
    fulfilment.deliver(order, by=DEMO, at=at + timedelta(days=4))


def _wants_to_return(order: Order, at: datetime) -> None:
    _delivered(order, at)
    line, words = order.lines.get(), "The chain is shorter than I thought."
    returns.ask(
        order, {line.pk: 1}, reason=Return.Reason.SIZE, words=words, by=order.subject, at=at + timedelta(days=9)
    )


def _one_came_back(order: Order, at: datetime) -> None:
    """Its second piece, which bears no words, was sent back and is paid for."""
    _delivered(order, at)
    *_, plain = order.lines.all()
    made = returns.ask(order, {plain.pk: 1}, by=order.subject, at=at + timedelta(days=7))
    if made.state == Return.State.REQUESTED:
        made = returns.approve(made, by=DEMO, at=at + timedelta(days=8))
    returns.receive(made, by=DEMO, at=at + timedelta(days=12))
    returns.refund(made, by=DEMO, at=at + timedelta(days=13))


def _appraised(order: Order, at: datetime) -> None:
    """Its owner let an appraiser look at it, where the shop has one, and the appraiser did."""
    _delivered(order, at)
    lately = at + timedelta(days=117)
    for appraiser in sharing.appraisers(at=lately)[:1]:
        wanted = sharing.Wanted("appraisal", with_price=True)
        share = sharing.ask(order, appraiser, wanted, network="", by=order.subject, at=lately)
        sharing.show(share, at=lately + timedelta(days=1))


GWEN: Final = Guest("gwen@example.com", "Gwen Garnet", "12 Bezel Street", "Portland", "US-OR", "97205")
HUGO: Final = Guest("hugo@example.com", "Hugo Halo", "Lindenweg 5", "Hamburg", "DE", "20095")
IRIS: Final = Guest("iris@example.com", "Iris Ivory", "9 Opal Crescent", "Toronto", "CA-ON", "M5V 2T6")

STORIES: Final = (
    Story("alice, long ago", "alice@example.com", (0,), 410, _delivered, gift_message="For thirty years. Yours, A."),
    Story("alice, in spring", "alice@example.com", (5, 9), 190, _one_came_back, engraving="A & L 2019"),
    Story("bob, now", "bob@example.com", (12,), 3, _shipped),
    Story("bob, in summer", "bob@example.com", (3,), 120, _appraised),
    Story("bob, a stone", "bob@example.com", (), 1, _waits, with_stone=True),
    Story("gwen", GWEN, (7,), 2, _packed, gift_message="Happy birthday, Mina."),
    Story("hugo", HUGO, (2,), 1, _waits),
    Story("iris", IRIS, (15, 4), 30, _delivered),
    Story("bob, in autumn", "bob@example.com", (10,), 11, _wants_to_return),
)


def load(*, by: str = DEMO, at: datetime) -> int:
    """Make the demo's orders that are not there yet. Returns how many are new."""
    oldest_first = sorted(STORIES, key=lambda story: story.days_ago, reverse=True)
    return sum(_tell(story, by=by, at=at) for story in oldest_first)


@transaction.atomic
def _tell(story: Story, *, by: str, at: datetime) -> bool:
    bag_id = uuid5(NAMESPACE, story.name)
    if Order.objects.filter(bag_id=bag_id).exists():
        return False
    then = at - timedelta(days=story.days_ago)
    if tombstones.stops("email", story.who if isinstance(story.who, str) else story.who.email):
        return False
    user = User.objects.get(email=story.who) if isinstance(story.who, str) else None
    lines = tuple((key, 1) for key in _keys(story))
    details = _details(story, user, lines[0][0])
    bag = Bag(id=bag_id, place=details.place, lines=lines)
    priced = checkout.price(bag, details)
    subject = user.subject if user else None
    order = checkout.place(bag, priced, details, subject=subject, by=user or by, at=then)
    story.finish(_paid(order, by=by, at=then), then)
    return True


def payments_made() -> Iterator[dict[str, Any]]:
    """The payments of these orders, in the gateway's words: it is told of them where it runs on this machine."""
    for payment in Payment.objects.filter(idempotency_key__startswith="demo:").select_related("order").order_by("pk"):
        yield {
            "session_id": payment.gateway_session_id,
            "intent_id": payment.gateway_payment_id,
            "order": payment.order.reference,
            "amount": payment.amount_minor,
            "currency": payment.currency.lower(),
            "at": int(payment.created_at.timestamp()),
        }


def _keys(story: Story) -> list[Key]:
    """What is on the shelf at these places, and one fine stone if the story has one."""
    in_stock = StockLevel.objects.filter(on_hand__gt=0, variant__is_live=True, variant__product__is_live=True)
    firsts = in_stock.order_by("variant__product_id", "variant_id").distinct("variant__product_id")
    shelf = list(firsts.values_list("variant_id", flat=True))
    keys: list[Key] = [("v", shelf[place % len(shelf)]) for place in story.pieces]
    if story.with_stone:
        fine = Stone.objects.filter(status=Stone.Status.AVAILABLE, carat__gte=1, price_minor__gte=500_000).order_by(
            "price_minor", "ref"
        )
        keys += [("s", stone.pk) for stone in fine[:1]] or [("v", shelf[0])]
    return keys


def _details(story: Story, user: User | None, first: Key) -> CheckoutDetails:
    engravings = {first: story.engraving} if story.engraving else {}
    if isinstance(story.who, Guest):
        return CheckoutDetails(
            email=story.who.email,
            full_name=story.who.full_name,
            place=story.who.place,
            line1=story.who.line1,
            city=story.who.city,
            postal_code=story.who.postal_code,
            gift_message=story.gift_message,
            engravings=engravings,
        )
    assert user is not None
    address = addresses.default_of(user)
    assert address is not None
    place = destinations.find(address.country, address.region) or destinations.get(destinations.HOME)
    return CheckoutDetails(
        email=user.email,
        full_name=user.full_name,
        phone=user.phone,
        place=place.code,
        line1=address.line1,
        line2=address.line2,
        city=address.city,
        postal_code=address.postal_code,
        gift_message=story.gift_message,
        engravings=engravings,
    )


def _paid(order: Order, *, by: str, at: datetime) -> Order:
    """Enter a payment as if Stripe had told of it, with ids that say what they are."""
    kept = profiles.current().card_facts
    payment = Payment.objects.create(
        order=order,
        reference=references.new("PM"),
        idempotency_key=f"demo:{order.pk}",
        gateway_session_id=f"cs_demo_{order.pk.hex}",
        gateway_payment_id=f"pi_demo_{order.pk.hex}",
        amount_minor=order.total_minor,
        currency=order.currency,
        session_expires_at=at + payments.SESSION_LIVES,
        next_check_at=at + payments.FIRST_CHECK,
        card_brand="visa" if "brand" in kept else "",
        card_last4="4242" if "last4" in kept else "",
        card_expiry="2030-04" if "expiry" in kept else "",
        created_at=at,
    )
    PaymentEvent.objects.create(
        payment=payment,
        kind=PaymentEvent.Kind.CAPTURED,
        gateway_id=str(payment.gateway_payment_id),
        amount_minor=order.total_minor,
        at=at,
    )
    PAYMENT.advance(payment, Payment.State.CAPTURED, by=by, at=at)
    return checkout.paid(order, by=by, at=at)
