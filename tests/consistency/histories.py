"""What can happen to a person of the world, one function each; a history is made of their names."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta

from allauth.account.models import EmailAddress

from accounts import addresses, pausing, security
from accounts.models import User
from orders import checkout, fulfilment, payments, refunds, returns
from orders.bag import Bag
from orders.models import Order, Refund, Return
from orders.tests.conftest import details
from privacy.messages import outbox
from privacy.models import Message
from privacy.register import subjects
from privacy.register.models import Subject
from privacy.rights import acts, holds, intake, packages, requests, retention
from privacy.rights.models import DataRequest, ExportPackage, Kind, LegalHold, State
from shop.models import Variant
from tests.consistency.world import WORKER, Person, World, act, family_of


def _orders(world: World, person: Person, user: User | None) -> None:
    bag = _bag(world.piece)
    token = world.token(person, user.subject_id) if user else f"zq{person.name}{len(person.tokens)}x"
    wanted = details(
        email=person.email,
        full_name=f"{token} Jewel",
        phone="",
        line1=f"1 {token} Lane",
        city=f"{token}ville",
        gift_message=f"{token} forever",
        engravings={("v", world.piece.pk): token[:12]},
    )
    total = checkout.price(bag, wanted).quote.total_minor
    subject = user.subject if user else None
    checkout.note(bag, wanted, subject=subject, at=world.at)
    order = checkout.begin(
        bag, wanted, expected_total_minor=total, subject=subject, by=user or "guest", at=world.at
    ).order
    person.tokens.setdefault(order.subject_id, token)
    payments.settle(order.reference, by="stripe", at=world.at)


def _bag(piece: Variant) -> Bag:
    return Bag(place="US-NY", lines=((("v", piece.pk), 1),))


@act
def orders_as_a_guest(world: World, person: Person) -> None:
    _orders(world, person, None)


@act
def orders_signed_in(world: World, person: Person) -> None:
    if (user := person.user) and user.is_active:
        _orders(world, person, user)


@act
def signs_up(world: World, person: Person) -> None:
    if person.user is None:
        user = User.objects.create_user(person.email, "a string of pearls 9", at=world.at)
        user.full_name = f"{world.token(person, user.subject_id)} Jewel"
        user.save(update_fields=["full_name"])


@act
def proves_the_address(world: World, person: Person) -> None:
    if user := person.user:
        EmailAddress.objects.get_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})
        proof = subjects.Proof.EMAIL_CONFIRMED
        subjects.prove(user.subject, value=user.email, proof=proof, by=user, at=world.at)


@act
def adds_an_address(world: World, person: Person) -> None:
    if user := person.user:
        token = world.token(person, user.subject_id)
        typed = addresses.Details(f"{token} Jewel", f"2 {token} Lane", "", f"{token}ville", "NY", "10012", "US")
        addresses.add(user, typed, by=user, at=world.at)


@act
def is_written_to(world: World, person: Person) -> None:
    if user := person.user:
        payload = {"to": user.email, "title": "Hello", "text": world.token(person, user.subject_id), "html": ""}
        Message.objects.create(
            kind="accounts.password_changed",
            subject=user.subject,
            payload=payload,
            next_attempt_at=world.at,
            created_at=world.at,
        )


@act
def cancels(world: World, person: Person) -> None:
    for order in person.orders[-1:]:
        fulfilment.call_off(order, by=WORKER, at=world.at)


@act
def parcel_leaves(world: World, person: Person) -> None:
    for order in [each for each in person.orders if each.state in {Order.State.PAID, Order.State.PACKED}][:1]:
        if order.state == Order.State.PAID:
            fulfilment.pack(order, by=world.carol, at=world.at)
        number = f"1Z{world.token(person, order.subject_id)}"
        fulfilment.ship(order, carrier="ups", tracking_number=number, by=world.carol, at=world.at)


@act
def parcel_arrives(world: World, person: Person) -> None:
    for order in [each for each in person.orders if each.state == Order.State.SHIPPED][:1]:
        fulfilment.deliver(order, by=world.carol, at=world.at)


@act
def gets_money_back(world: World, person: Person) -> None:
    for order in [each for each in person.orders if each.is_paid][-1:]:
        fulfilment.refund(order, amount_minor=100, reason="a scratch", by=world.carol, at=world.at)
        for promised in Refund.objects.filter(payment__order=order, state=Refund.State.REQUESTED):
            refunds.carry_out(promised.pk, at=world.at)


@act
def sends_back(world: World, person: Person) -> None:
    for order in person.orders[-1:]:
        words = f"{world.token(person, order.subject_id)} is bent"
        wanted = {line.pk: line.quantity for line in order.lines.all()}
        returns.ask(order, wanted, reason=Return.Reason.FAULTY, words=words, by=WORKER, at=world.at)


@act
def keeps_it_after_all(world: World, person: Person) -> None:
    for made in Return.objects.of(person.records).open():
        returns.withdraw(made, by=WORKER, at=world.at)


@act
def return_is_worked(world: World, person: Person) -> None:
    for made in Return.objects.of(person.records).open():
        step = {"requested": returns.approve, "approved": returns.receive, "received": returns.refund}[made.state]
        step(made, by=world.carol, at=world.at)


def _asks(world: World, person: Person, kind: str) -> DataRequest | None:
    """On the account page; by the public form, with a mailed link, where there is no account."""
    if user := person.user:
        request = requests.receive(kind, subject=user.subject, contact=user.email, by=user, at=world.at)
        return requests.verify(request, evidence="reauthenticated", by=user, at=world.at)
    request = intake.ask(kind, address=person.email, at=world.at)
    if request is None:
        return None
    person.tokens.setdefault(request.subject_id, f"zq{person.name}{len(person.tokens)}x")
    return intake.confirm(request.pk, at=world.at)


@act
def takes_a_copy(world: World, person: Person) -> None:
    request = _asks(world, person, Kind.ACCESS)
    if request is None:
        return
    acts.carry_out(request.pk, by=WORKER, at=world.at)
    package = ExportPackage.objects.filter(request=request).first()
    if package is None:
        return
    with packages.start(package, by=WORKER, at=world.at) as pieces:
        copy = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    text = "".join(copy.read(name).decode("utf-8", "replace") for name in copy.namelist())
    mine = family_of(request.subject_id)
    wrong = [
        token
        for each in (world.alice, world.bob)
        for pk, token in each.tokens.items()
        if pk not in mine and token in text
    ]
    assert wrong == [], f"the copy of {person.name} speaks of somebody else"


@act
def asks_for_erasure(world: World, person: Person) -> None:
    _asks(world, person, Kind.ERASURE)


def _open_erasure(person: Person) -> DataRequest | None:
    return (
        DataRequest.objects.open()
        .filter(subject_id__in=person.records, kind=Kind.ERASURE)
        .order_by("received_at")
        .last()
    )


@act
def is_approved(world: World, person: Person) -> None:
    if (request := _open_erasure(person)) and request.state == State.VERIFIED:
        requests.approve(request, by=world.carol, at=world.at)


@act
def takes_it_back(world: World, person: Person) -> None:
    if request := _open_erasure(person):
        requests.withdraw(request, by=WORKER, at=world.at)


@act
def is_held(world: World, person: Person) -> None:
    for pk in person.records[:1]:
        holds.place(
            Subject.objects.get(pk=pk), scope=holds.EVERYTHING, reason="a claim", owner="counsel",
            review_on=(world.at + timedelta(days=90)).date(), by=world.carol, at=world.at,
        )  # fmt: skip


@act
def is_let_go(world: World, person: Person) -> None:
    for hold in LegalHold.objects.active(world.at).filter(subject_id__in=person.records):
        holds.release(hold, by=world.carol, at=world.at)


@act
def deactivates(world: World, person: Person) -> None:
    if (user := person.user) and user.is_active:
        pausing.deactivate(user, by=user, at=world.at)


@act
def comes_back(world: World, person: Person) -> None:
    if (user := person.user) and user.can_come_back:
        security.reactivate(user, by=user, at=world.at)


@act
def time_passes(world: World, person: Person) -> None:
    """A week, with everything that runs by itself."""
    world.at += timedelta(days=7)
    acts.sweep(by=WORKER, at=world.at)
    refunds.sweep(at=world.at)
    outbox.sweep(at=world.at)
    retention.run(apply=True, by=WORKER, at=world.at)
