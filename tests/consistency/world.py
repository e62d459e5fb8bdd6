"""A small world of Alice, Bob and Carol of the staff, in which anything may happen in any order; and what must hold all the same.

Whatever a person types under one person record carries that record's own token, so that it can be told later whose it was and
whether it had to go. Stripe is stood in for at the gateway; everything else is the shop's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from accounts import addresses
from accounts.models import User
from orders import checkout, fulfilment, gateway, refunds, return_rights, returns
from orders.models import Order
from privacy.ground import states
from privacy.register import presence, registry, subjects
from privacy.register.models import Subject
from privacy.rights import holds, intake, packages, requests
from privacy.rights.models import ErasureStep, State, StepState
from shop.models import Category, Product, StockLevel, Variant
from tests.consistency.canaries import everything

START: Final = datetime(2026, 11, 2, 12, tzinfo=UTC)
WORKER: Final = "system:worker"
MONEY: Final = (
    "invoice_number",
    "subtotal_minor",
    "shipping_minor",
    "tax_minor",
    "tax_rate",
    "total_minor",
    "currency",
)
Act = Callable[["World", "Person"], None]
ACTS: Final[dict[str, Act]] = {}
NOT_NOW: Final = (
    *(states.NotAllowed, states.Changed, checkout.Locked, checkout.AlreadyOrdered, fulfilment.NotYetShipped),
    *(
        refunds.TooMuch,
        return_rights.NotReturnable,
        returns.NothingOwed,
        requests.SubjectErased,
        holds.ReleasedAlready,
        addresses.TooMany,
        intake.AlreadyUsed,
        packages.Held,
    ),
)
"""What the shop answers to an act that makes no sense at the moment."""


def act(function: Act) -> Act:
    """Something that can happen to a person; a history is made of their names."""
    ACTS[function.__name__] = function
    return function


class Stripe:
    """What Stripe would answer: each page is paid as soon as it is looked at again, no payment is disputed."""

    def __init__(self) -> None:
        self.sessions: dict[str, gateway.Session] = {}
        self.refunded: dict[str, list[gateway.RefundDone]] = defaultdict(list)

    def create_session(self, reference: str, *, amount_minor: int, currency: str, **_: Any) -> gateway.Session:
        name = f"cs_{uuid4().hex}"
        url = f"https://checkout.example/{name}"
        made = gateway.Session(name, url, "open", False, amount_minor, currency, reference, "", None)
        self.sessions[name] = replace(
            made,
            status="complete",
            is_paid=True,
            payment_id=f"pi_{uuid4().hex}",
            card=gateway.Card("visa", "4242", "2031-01"),
        )
        return made

    def retrieve_session(self, session_id: str) -> gateway.Session:
        return self.sessions[session_id]

    def refund(self, payment_id: str, *, amount_minor: int, order_reference: str, reference: str) -> gateway.RefundDone:
        done = gateway.RefundDone(f"re_{uuid4().hex}", amount_minor, "succeeded", reference, START)
        self.refunded[payment_id].append(done)
        return done

    def refunds(self, payment_id: str) -> list[gateway.RefundDone]:
        return self.refunded[payment_id]

    def disputes(self, payment_id: str) -> list[gateway.Dispute]:
        return []

    def stand_in(self, patch: pytest.MonkeyPatch) -> None:
        """Be the gateway for now."""
        for name in ("create_session", "retrieve_session", "refund", "refunds", "disputes"):
            patch.setattr(gateway, name, getattr(self, name))


@dataclass
class Person:
    """Somebody with a mailbox, and what they wrote under each of their person records."""

    name: str
    tokens: dict[UUID, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        return f"{self.name}@post.example"

    @property
    def user(self) -> User | None:
        """Their account, if they have one."""
        return User.objects.filter(email=self.email).select_related("subject").first()

    @property
    def records(self) -> list[UUID]:
        """Every person record that was ever theirs, with those joined to it."""
        found = {member for pk in self.tokens for member in subjects.family(Subject.objects.get(pk=pk))}
        return sorted(found)

    @property
    def orders(self) -> list[Order]:
        return list(Order.objects.of(self.records).order_by("placed_at", "pk"))


class World:
    """The shop with its two customers, a clock, and what was true of the money when it was paid."""

    def __init__(self) -> None:
        self.at = START
        self.carol = User.objects.create_user("carol@loupe.example", "briolette 7", is_staff=True, at=START)
        self.alice, self.bob = Person("alice"), Person("bob")
        self.money: dict[UUID, dict[str, Any]] = {}
        self.piece = _piece()

    def happens(self, name: str, who: str) -> None:
        """One act of one person; what makes no sense now is refused by the shop and changes nothing."""
        person, other = (self.alice, self.bob) if who == "alice" else (self.bob, self.alice)
        self.at += timedelta(minutes=1)
        before = rows_of(other)
        with suppress(*NOT_NOW):
            ACTS[name](self, person)
        if name != "time_passes":
            assert rows_of(other) == before, f"{name} of {person.name} touched {other.name}"
        for order in Order.objects.placed():
            self.money.setdefault(order.pk, money_of(order))

    def token(self, person: Person, subject: UUID) -> str:
        """The word that everything written under this record carries."""
        return person.tokens.setdefault(subject, f"zq{person.name}{len(person.tokens)}x")

    def holds(self) -> None:
        """What must be true at every moment. Raises AssertionError."""
        self._money_stays()
        unfinished = ErasureStep.objects.filter(request__state=State.COMPLETED).exclude(
            state__in=[StepState.DONE, StepState.KEPT]
        )
        assert list(unfinished) == []
        erased = set(Subject.objects.filter(erased_at__isnull=False).values_list("pk", flat=True))
        gone = [token for each in (self.alice, self.bob) for pk, token in each.tokens.items() if erased & family_of(pk)]
        addresses_gone = [each.email for each in (self.alice, self.bob) if each.tokens and set(each.records) <= erased]
        if gone:
            stored = {
                place: text for place, text in everything().items() if not place.startswith("privacy.SealedNeedles")
            }
            left = {
                (word, place) for word in (*gone, *addresses_gone) for place, text in stored.items() if word in text
            }
            assert left == set()

    def _money_stays(self) -> None:
        for pk, paid in self.money.items():
            if order := Order.objects.filter(pk=pk).first():
                assert money_of(order) == paid
            else:
                assert self.at > START + timedelta(days=365 * 7), "an order went before its years were over"


def family_of(subject_id: UUID) -> set[UUID]:
    return set(subjects.family(Subject.objects.get(pk=subject_id)))


def money_of(order: Order) -> dict[str, Any]:
    """Invoice, totals, tax, to the cent; and every line's."""
    lines = list(
        order.lines.order_by("position").values("sku", "title", "quantity", "unit_minor", "tax_minor", "total_minor")
    )
    return {"lines": lines, **{name: getattr(order, name) for name in MONEY}}


def rows_of(person: Person) -> dict[str, list[dict[str, Any]]]:
    """Every row that is theirs, column by column."""
    family = person.records
    here = presence.of(family) if family else {}
    every = [declaration for declaration in registry.all_declared() if declaration.model in here]
    return {each.model: sorted(each.rows(family).values(), key=str) for each in every}


def _piece() -> Variant:
    category = Category.objects.create(slug="rings", name="Rings")
    product = Product.objects.create(
        slug="band",
        sku="BAND",
        name="Plain band",
        category=category,
        archetype="ring",
        blurb="A band.",
        created_at=START,
    )
    piece = Variant.objects.create(
        product=product, sku="BAND-YG", metal="yellow-gold", price_minor=120_000, weight_grams="3"
    )
    StockLevel.objects.create(variant=piece, on_hand=10_000)
    return piece
