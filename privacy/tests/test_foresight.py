"""The gate asked ahead for a batch: what it let go then goes only if nothing of it has changed when the attempt is committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as django_mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from privacy.consent import ledger, preferences
from privacy.consent.preference_models import Preference
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.messages import delivery, foresight, gate, outbox, suppressions
from privacy.messages.channels import ways_out
from privacy.messages.kinds import Kind
from privacy.models import Disclosure, Message
from privacy.register import ages, objections, subjects
from privacy.register.vocabulary import Purpose
from privacy.tests.people import NOON, Someone, someone
from privacy.tests.subscribers import agrees

pytestmark = pytest.mark.django_db

NEWS = Kind("tests.foreseen_news", purpose=Purpose.MARKETING, label="News", matter=Matter.NEW_PIECES)
ORDER = Kind("tests.foreseen_order", purpose=Purpose.ORDER, label="Order")
FACTS: dict[str, Any] = {"by": "test", "at": NOON}


def withdraws(person: Someone) -> None:
    said = {"channel": Channel.EMAIL, "surface": Surface.PREFERENCES, **FACTS}
    assert ledger.withdraw(person.subject, Matter.NEW_PIECES, **said)


def bounces(person: Someone) -> None:
    suppressions.raise_for("email", person.email, reason="bounced", **FACTS)


def complains(person: Someone) -> None:
    suppressions.raise_for("email", person.email, reason="complained", **FACTS)


def is_restricted(person: Someone) -> None:
    subjects.restrict(person.subject, **FACTS)


def deactivates(person: Someone) -> None:
    subjects.pause(person.subject, **FACTS)


def is_erased(person: Someone) -> None:
    subjects.mark_erased(person.subject, **FACTS)


def is_a_minor(person: Someone) -> None:
    ages.state(person.subject, ages.ANSWERS["16_17"], **FACTS)


def objects(person: Someone) -> None:
    objections.note(person.subject, Purpose.MARKETING, **FACTS)


def is_joined_with_a_no(person: Someone) -> None:
    """Another record of theirs, on which they refuse, turns out to be this person's."""
    other = subjects.new(**FACTS)
    ledger.refuse(other, Matter.NEW_PIECES, channel=Channel.EMAIL, surface=Surface.PREFERENCES, **FACTS)
    subjects.identify(other, value=person.email, **FACTS)
    subjects.prove(person.subject, value=person.email, proof=subjects.Proof.LINK_CLICKED, **FACTS)


def wants_less(person: Someone) -> None:
    """At most one letter a week, and this week's has gone."""
    Preference.objects.update_or_create(
        subject=person.subject,
        defaults={"frequency": "weekly", "last_news_id": person.subject.pk, "last_news_at": NOON, "changed_at": NOON},
    )


STOPS_NEWS: dict[Callable[[Someone], None], str] = {
    withdraws: "no consent",
    bounces: "suppressed",
    complains: "suppressed",
    is_restricted: "restricted",
    deactivates: "paused",
    is_erased: "erased",
    is_a_minor: "a minor",
    objects: "objected",
    is_joined_with_a_no: "no consent",
    wants_less: "too soon",
}
STOPS_ORDERS: dict[Callable[[Someone], None], str] = {
    bounces: "suppressed", is_restricted: "restricted", is_erased: "erased",
}  # fmt: skip
EVERY = [
    *((NEWS, happens, why) for happens, why in STOPS_NEWS.items()),
    *((ORDER, happens, why) for happens, why in STOPS_ORDERS.items()),
]
IDS = [f"{kind.name[6:]}-{happens.__name__}" for kind, happens, _ in EVERY]


@pytest.fixture
def people() -> tuple[Someone, Someone]:
    alice, bob = someone("alice"), someone("bob")
    for each in (alice, bob):
        agrees(each.subject, Matter.NEW_PIECES)
    return alice, bob


def queue(person: Someone, kind: Kind) -> Message:
    return outbox.post_rendered(
        kind, to=person.email, subject=person.subject, title="Hello", text="Hello.", html="<p>Hello.</p>", **FACTS
    )


def sent() -> list[str]:
    return [to for mail in django_mail.outbox for to in mail.to]


def outcome(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.state, message.stopped_because


@pytest.mark.promise("JS-06", "JK-16", "JK-30", "SG-06")
@pytest.mark.parametrize(("kind", "happens", "why"), EVERY, ids=IDS)
def test_what_happens_between_the_asking_and_the_attempt_stops_it(people, kind, happens, why):
    alice, bob = people
    mine, bobs = queue(alice, kind), queue(bob, kind)
    taken = delivery.claim(at=NOON)
    marks = foresight.marks(taken)
    assert marks.keys() == {mine.pk, bobs.pk}
    happens(alice)
    with ways_out() as way:
        worker = delivery.Worker(way, NOON, marks=marks)
        for message in sorted(taken, key=lambda each: each.pk != mine.pk):
            worker.attempt(message)
        worker.finish()
    assert (outcome(mine), outcome(bobs)) == (("stopped", why), ("sent", ""))
    assert (sent(), [row.reference for row in Disclosure.objects.all()]) == ([bob.email], [str(bobs.pk)])


@pytest.mark.parametrize(("kind", "happens", "why"), EVERY, ids=IDS)
def test_what_the_gate_would_stop_is_not_foreseen_to_go(people, kind, happens, why):
    alice, bob = people
    mine, bobs = queue(alice, kind), queue(bob, kind)
    happens(alice)
    assert foresight.marks([mine, bobs]).keys() == {bobs.pk}
    if happens is not wants_less:
        assert gate.objection(mine) == why
    assert outbox.sweep(at=NOON) == 1
    assert (outcome(mine), outcome(bobs)) == (("stopped", why), ("sent", ""))


def test_a_yes_given_meanwhile_counts_too(people):
    alice, _ = people
    withdraws(alice)
    news = queue(alice, NEWS)
    taken = delivery.claim(at=NOON)
    agrees(alice.subject, Matter.NEW_PIECES)
    assert delivery.send_all(taken, at=NOON) == 1
    assert outcome(news) == ("sent", "")


def test_another_word_that_forbids_nothing_is_asked_about_once_more_and_lets_it_go(people):
    """The facts are others and the answer is the same: unsubscribed from news, an order's mail still goes."""
    alice, _ = people
    order = queue(alice, ORDER)
    taken = delivery.claim(at=NOON)
    marks = foresight.marks(taken)
    suppressions.raise_for("email", alice.email, reason="unsubscribed", **FACTS)
    with ways_out() as way:
        worker = delivery.Worker(way, NOON, marks=marks)
        worker.attempt(taken[0])
        worker.finish()
    assert (outcome(order), sent(), Disclosure.objects.count()) == (("sent", ""), [alice.email], 1)


def test_news_that_was_foreseen_takes_its_readers_turn(people):
    alice, bob = people
    preferences.choose(bob.subject, frequency="all", language="en", currency="USD", **FACTS)
    mine, bobs = queue(alice, NEWS), queue(bob, NEWS)
    assert outbox.sweep(at=NOON) == 2
    turns = dict(Preference.objects.values_list("subject_id", "last_news_id"))
    assert turns == {alice.subject.pk: mine.pk, bob.subject.pk: bobs.pk}
    made, chosen = Preference.objects.get(subject=alice.subject), Preference.objects.get(subject=bob.subject)
    assert (made.frequency, made.language, made.currency, made.changed_at) == ("all", "en", "USD", None)
    assert (chosen.changed_at, chosen.last_news_at) == (NOON, NOON)
    preferences.choose(alice.subject, frequency="weekly", language="en", currency="USD", **FACTS)
    later = queue(alice, NEWS)
    assert outbox.sweep(at=NOON) == 0
    assert outcome(later) == ("stopped", "too soon")


@pytest.mark.parametrize("kind", [ORDER, NEWS], ids=["order", "news"])
def test_one_more_message_costs_one_more_statement(people, kind):
    def statements(many: int) -> int:
        for _ in range(many):
            queue(people[0], kind)
        taken = delivery.claim(at=NOON)
        with CaptureQueriesContext(connection) as asked:
            assert delivery.send_all(taken, at=NOON) == many
        return len(asked)

    assert statements(8) - statements(3) == 5


def test_whoever_nobody_knows_and_what_nobody_declared_is_not_foreseen():
    for facts in ({"kind": ORDER.name}, {"kind": "tests.nobody_declared_it", "subject": subjects.new(**FACTS)}):
        message = Message.objects.create(
            payload={"to": "x@example.com"}, created_at=NOON, next_attempt_at=NOON, **facts
        )
        assert foresight.marks([message]) == {}
