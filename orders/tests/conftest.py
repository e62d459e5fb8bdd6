"""Goods on the shelf, people with browsers, and a filled-in checkout."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.test import Client

from accounts.models import Address, User
from orders import bag as bags
from orders import checkout
from orders.bag import Bag
from orders.checkout import CheckoutDetails
from orders.models import Order
from orders.tests.payment.conftest import local_stripe, stripe_process
from privacy.messages.models import Message
from privacy.register import subjects
from shop.models import Category, Product, StockLevel, Stone, Variant

__all__ = ["local_stripe", "stripe_process"]

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
BOB_PHONE = "+14155550161"


class Browser(Client):
    """A client that names its origin, as browsers do, so that forms pass without a session."""

    def post(self, path: str, *args: Any, **kwargs: Any) -> Any:
        headers = {"Sec-Fetch-Site": "same-origin", **kwargs.pop("headers", {})}
        return super().post(path, *args, headers=headers, **kwargs)

    def put_in_bag(self, key: str, quantity: int | str = 1) -> Any:
        return self.post("/bag/add/", {"key": key, "quantity": quantity})

    @property
    def bag(self) -> Bag:
        """The bag in this browser's cookie."""
        cookie = self.cookies.get("bag")
        return bags._decode(cookie.value) if cookie and cookie.value else Bag()


@pytest.fixture
def browser(db: None) -> Browser:
    return Browser()


@pytest.fixture
def other_browser(db: None) -> Browser:
    return Browser()


@pytest.fixture
def now() -> datetime:
    """The door's clock: session times are checked by Stripe, which has only the real one."""
    return datetime.now(tz=UTC)


@pytest.fixture
def necklaces(db: None) -> Category:
    return Category.objects.create(slug="necklaces", name="Necklaces")


@pytest.fixture
def stock_of(necklaces: Category) -> Callable[..., Variant]:
    """Put so many of a new piece on the shelf."""

    def put(on_hand: int = 5, *, price_minor: int = 125_000, name: str = "Solitaire necklace") -> Variant:
        number = Product.objects.count() + 1
        product = Product.objects.create(
            slug=f"piece-{number}",
            sku=f"P{number}",
            name=name,
            category=necklaces,
            archetype="solitaire-necklace",
            blurb="One stone on a chain.",
            description="One stone on a chain.",
            engravable=True,
            min_price_minor=price_minor,
            created_at=NOON,
        )
        variant = Variant.objects.create(
            product=product, sku=f"P{number}-YG", metal="yellow-gold", price_minor=price_minor, weight_grams="4.20"
        )
        StockLevel.objects.create(variant=variant, on_hand=on_hand)
        return variant

    return put


@pytest.fixture
def necklace(stock_of: Callable[..., Variant]) -> Variant:
    return stock_of()


@pytest.fixture
def stone(db: None) -> Stone:
    return Stone.objects.create(
        ref="ST-TEST-0001",
        source=Stone.Source.DEMO,
        shape="round",
        origin="natural",
        carat="1.02",
        cut=1,
        colour=3,
        clarity=4,
        depth_pct="61.5",
        table_pct="57.0",
        price_minor=612_000,
    )


def make_user(email: str, **extra: Any) -> User:
    """A customer who has confirmed the address."""
    user = User.objects.create_user(email, at=NOON, **extra)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    subjects.prove(user.subject, value=user.email, proof=subjects.Proof.EMAIL_CONFIRMED, by=user, at=NOON)
    return user


@pytest.fixture
def alice(db: None) -> User:
    return make_user("alice@example.com", full_name="Alice Abernathy", phone="+12125550137")


@pytest.fixture
def bob(db: None) -> User:
    """Another customer, with a saved address, who must never show."""
    bob = make_user("bob@example.com", full_name="Bob Brightwater", phone=BOB_PHONE)
    Address.objects.create(
        user=bob,
        full_name="Bob Brightwater",
        line1="77 Foghorn Terrace",
        city="San Francisco",
        region="CA",
        postal_code="94110",
        country="US",
        is_default_shipping=True,
        created_at=NOON,
    )
    return bob


@pytest.fixture
def carol(db: None) -> User:
    """Carol is staff."""
    return make_user("carol@loupe.example", full_name="Carol Prewitt", is_staff=True)


def typed(**changes: Any) -> dict[str, Any]:
    """The checkout form as Gwen, a guest in New York, fills it in."""
    return {
        "email": "gwen@example.com",
        "age": "25_39",
        "full_name": "Gwen Garnet",
        "phone": "+12125550188",
        "line1": "12 Bezel Street",
        "line2": "",
        "city": "New York",
        "place": "US-NY",
        "postal_code": "10012",
        "method": "insured",
        "recipient": "",
        "region": "",
        "gift_message": "",
    } | changes


def details(**changes: Any) -> CheckoutDetails:
    """The same, as the room takes it."""
    facts = typed() | changes
    del facts["age"]
    return CheckoutDetails(**facts)


def bag_of(*lines: tuple[Variant | Stone, int]) -> Bag:
    """A bag with these in it, sent to New York."""
    pairs = tuple((("s" if isinstance(thing, Stone) else "v", thing.pk), quantity) for thing, quantity in lines)
    return Bag(place="US-NY", lines=pairs)  # type: ignore[arg-type]


@pytest.fixture
def begin(local_stripe: Any, now: datetime) -> Callable[..., checkout.Begun]:
    """Begin a checkout of a bag at its own price."""

    def begin_now(bag: Bag, user: User | None = None, **changes: Any) -> checkout.Begun:
        wanted = details(**changes)
        total = checkout.price(bag, wanted).quote.total_minor
        subject = user.subject if user else None
        return checkout.begin(bag, wanted, expected_total_minor=total, subject=subject, by=user or "guest", at=now)

    return begin_now


@pytest.fixture
def buy(begin: Callable[..., checkout.Begun], local_stripe: Any, now: datetime) -> Callable[..., Order]:
    """Begin a checkout, pay at Stripe, and settle."""
    from orders import payments

    def buy_now(bag: Bag, user: User | None = None, **changes: Any) -> Order:
        order = begin(bag, user, **changes).order
        local_stripe.pay(order)
        return payments.settle(order.reference, by="stripe", at=now)

    return buy_now


def mails(kind: str = "") -> list[Message]:
    """What waits in the outbox, oldest first."""
    every = Message.objects.order_by("created_at", "pk")
    return list(every.filter(kind=f"orders.{kind}") if kind else every)


def pay_button(browser: Browser, **changes: Any) -> Any:
    """Press Pay with the total that the page shows for the place typed."""
    fields = typed(**changes)
    summary = browser.get("/checkout/summary/", {"place": fields["place"], "method": fields["method"]})
    return browser.post("/checkout/", fields | {"expected_total": summary.context["quote"].total_minor})
