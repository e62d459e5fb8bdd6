"""What meets an erasure while it runs: an order, a webhook, a sign-up with the same address, a legal hold.

The other act is let go at one step of the erasure and runs beside it, on a connection of its own. The outcome is one of two: the
person is gone, or the request is *partly done* with its reason, and completes by itself once that is over. Never *complete* with
something left.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connections

from accounts.models import User
from orders import checkout, gateway, payments, webhooks
from orders.models import Order
from orders.tests.conftest import bag_of, details, make_user
from orders.tests.parcels import ALICES, BOBS, delivered
from privacy.models import Certificate
from privacy.proof import residue
from privacy.register import registry, subjects
from privacy.register.declare import Action
from privacy.rights import erasure, holds, requests
from privacy.rights.models import DataRequest, Kind, State, StepState
from privacy.tests.people import held
from shop.models import Variant

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 12
RETRY = timedelta(hours=1)


@dataclass
class Story:
    """Alice, who is about to be erased, Bob, and what they need to go shopping."""

    alice: User
    bob: User
    carol: User
    necklace: Variant
    begin: Callable[..., checkout.Begun]
    stripe: Any
    now: datetime
    request: DataRequest

    @property
    def late(self) -> datetime:
        """When the grace is over."""
        return self.now + timedelta(days=4)


@dataclass(frozen=True)
class Act:
    """Something that happens beside an erasure: what it needs before, what it does, and what ends it."""

    before: Callable[[Story], Any]
    does: Callable[[Story, Any], Any]
    after: Callable[[Story, Any], None]
    may_raise: tuple[type[Exception], ...] = ()


def nothing(story: Story, *_: Any) -> None:
    """Nothing to do."""


def placed_past_the_check(story: Story, _: Any) -> Order:
    """The customer pressed *Pay* just before the account was locked: the order is written now."""
    bag, wanted = bag_of((story.necklace, 1)), details(**ALICES)
    priced = checkout.price(bag, wanted)
    return checkout.place(bag, priced, wanted, subject=story.alice.subject, by=story.alice, at=story.now)


def never_paid(story: Story, order: Order) -> None:
    payments.close_session(order, by="system:test", at=story.late)


def begun_and_paid(story: Story) -> Any:
    order = story.begin(bag_of((story.necklace, 1)), story.alice, **ALICES).order
    story.stripe.pay(order)
    event = story.stripe.event("checkout.session.completed", order)
    kept = webhooks.keep(gateway.Event(event["id"], event["type"], order.reference, ""), at=story.now)
    return order, kept


def a_webhook_arrives(story: Story, paid: Any) -> None:
    webhooks.handle(paid[1].pk, at=story.late)


def the_parcel_arrives(story: Story, paid: Any) -> None:
    order = payments.settle(paid[0].reference, by="stripe", at=story.late)
    delivered(order, story.carol, story.late)


def signs_up_again(story: Story, _: Any) -> User:
    return make_user(story.alice.email, full_name="Alice Newcomer")


def buys_as_a_guest(story: Story, _: Any) -> Order:
    """A guest with her address, and a name and a street that are not in the old order."""
    return story.begin(bag_of((story.necklace, 1)), email=story.alice.email).order


def a_hold(story: Story, _: Any) -> Any:
    return holds.place(
        story.alice.subject, scope=holds.EVERYTHING, reason="A claim", owner="Carol", review_on=story.late.date(),
        by=story.carol, at=story.now,
    )  # fmt: skip


def released(story: Story, hold: Any) -> None:
    holds.release(hold, by=story.carol, at=story.late)


ACTS = {
    "an order": Act(nothing, placed_past_the_check, never_paid, (checkout.Locked,)),
    "a webhook": Act(begun_and_paid, a_webhook_arrives, the_parcel_arrives),
    "a sign-up": Act(nothing, signs_up_again, nothing, (IntegrityError,)),
    "a guest": Act(nothing, buys_as_a_guest, nothing),
    "a legal hold": Act(nothing, a_hold, released),
}


@pytest.fixture
def story(buy: Any, begin: Any, local_stripe: Any, necklace: Any, alice: Any, bob: Any, carol: Any, now: Any) -> Story:
    delivered(buy(bag_of((necklace, 1)), alice, **ALICES), carol, now)
    delivered(buy(bag_of((necklace, 1)), bob, **BOBS), carol, now)
    request = requests.receive(Kind.ERASURE, subject=alice.subject, contact=alice.email, by=alice, at=now)
    requests.verify(request, evidence="reauthenticated", by=alice, at=now)
    return Story(alice, bob, carol, necklace, begin, local_stripe, now, request)


class Meeting:
    """Lets the other act go when the erasure comes to its step number *at*."""

    def __init__(self, at: int) -> None:
        self.at, self.steps = at, 0
        self.go = threading.Event()
        self.carry_out = erasure.carry_out

    def __call__(self, *args: Any, **facts: Any) -> Any:
        if self.steps == self.at:
            self.go.set()
        self.steps += 1
        return self.carry_out(*args, **facts)


def meet(story: Story, act: Act, prepared: Any, meeting: Meeting) -> tuple[DataRequest, Any]:
    """Run both side by side; the erasure as it ended, and what the other act returned or raised."""
    outcomes: list[Any] = []

    def other() -> None:
        try:
            assert meeting.go.wait(timeout=30)
            outcomes.append(act.does(story, prepared))
        except Exception as error:  # noqa: BLE001 - an outcome like any other
            outcomes.append(error)
        finally:
            connections.close_all()

    beside = threading.Thread(target=other)
    beside.start()
    try:
        done = erasure.execute(story.request.pk, by="system:worker", at=story.late)
    finally:
        meeting.go.set()
        beside.join(timeout=60)
    assert not beside.is_alive()
    assert done is not None
    [outcome] = outcomes
    return done, outcome


def left_of(story: Story) -> list[str]:
    """What is still Alice's and should not be: asked of the residue check, and of every declaration by itself."""
    family = subjects.family(story.alice.subject)
    rows = [
        declaration.model
        for declaration in registry.all_declared()
        if declaration.action is Action.DELETE_ROW and declaration.rows(family).exists()
    ]
    return rows + [finding.words for finding in residue.check(family)]


def clean_or_partly(story: Story) -> None:
    """The one or the other, and nothing in between."""
    certificates = Certificate.objects.filter(request_reference=story.request.reference).count()
    blocked = story.request.steps.filter(state=StepState.BLOCKED)
    if story.request.state == State.COMPLETED:
        assert (left_of(story), certificates, blocked.count()) == ([], 1, 0)
    else:
        assert (story.request.state, certificates) == (State.PARTLY_DONE, 0)
        assert blocked.exists()
        assert not blocked.filter(blocker="").exists()


def prove(story: Story, monkeypatch: pytest.MonkeyPatch, name: str, step: int) -> bool:
    """One meeting, judged at once and again when what it waited for is over; whether it had to wait."""
    act = ACTS[name]
    prepared = act.before(story)
    story.request = requests.approve(story.request, by="staff:3", at=story.now)
    of_bob, meeting = held(story.bob.subject), Meeting(step)
    monkeypatch.setattr(erasure, "carry_out", meeting)
    story.request, outcome = meet(story, act, prepared, meeting)
    if isinstance(outcome, Exception):
        assert isinstance(outcome, act.may_raise), repr(outcome)
    clean_or_partly(story)
    has_waited = story.request.state == State.PARTLY_DONE
    if not isinstance(outcome, Exception):
        act.after(story, outcome if act.before is nothing else prepared)
    for hours in range(1, 4):
        erasure.execute(story.request.pk, by="system:worker", at=story.late + hours * RETRY)
    story.request.refresh_from_db()
    waits = list(story.request.steps.filter(state=StepState.BLOCKED).values_list("target", "blocker"))
    assert (story.request.state, waits) == (State.COMPLETED, [])
    clean_or_partly(story)
    assert held(story.bob.subject) == of_bob
    assert subjects_of_newcomers(story).isdisjoint(subjects.family(story.alice.subject))
    return has_waited


def subjects_of_newcomers(story: Story) -> set[Any]:
    """Whoever came back under her address is somebody new."""
    return {
        *User.objects.filter(email=story.alice.email).values_list("subject_id", flat=True),
        *Order.objects.filter(email=story.alice.email).values_list("subject_id", flat=True),
    }


@pytest.mark.parametrize("name", ACTS)
def test_an_erasure_met_in_the_middle_is_clean_or_says_what_it_waits_for(
    story: Story, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    prove(story, monkeypatch, name, 5)


@pytest.mark.prove
@pytest.mark.parametrize("step", range(ROUNDS))
@pytest.mark.parametrize("name", ACTS)
def test_an_erasure_met_at_every_step(
    story: Story, monkeypatch: pytest.MonkeyPatch, name: str, step: int, record_property: Any
) -> None:
    """An erasure met at each of its steps by an order, webhook, sign-up, guest or legal hold is clean, or waits and says why."""
    record_property("meetings", 1)
    record_property("had to wait", int(prove(story, monkeypatch, name, step)))
