"""Objections as requests: marketing stops at once, other uses rest while they are weighed, and both can end."""

from __future__ import annotations

import pytest

from privacy.consent import ledger
from privacy.consent.vocabulary import Matter
from privacy.messages import audience, gate, suppressions
from privacy.models import Subject
from privacy.register import objections, subjects
from privacy.register.vocabulary import Purpose
from privacy.rights import acts, grounds, objection, requests
from privacy.rights.models import State
from privacy.tests.people import LATER, NOON, asks, mails
from privacy.tests.subscribers import agrees

pytestmark = pytest.mark.django_db

CAROL, WORKER = "staff:3", "system:worker"
NEWS = (Matter.NEW_PIECES, "email")


def objects(person, purpose="marketing", *, at=NOON):
    return asks(person, "objection", wishes={"purpose": purpose, "text": "Stop."}, at=at)


def used(purpose: Purpose, *people) -> list[bool]:
    usable = Subject.objects.usable_for(purpose)
    return [usable.filter(pk=each.subject.pk).exists() for each in people]


@pytest.mark.promise("JE-91")
def test_marketing_stops_before_anybody_has_read_a_word(alice, bob):
    agrees(alice.subject), agrees(bob.subject)
    request = objects(alice)
    assert (ledger.may(alice.subject, *NEWS), ledger.may(bob.subject, *NEWS)) == (False, True)
    assert used(Purpose.MARKETING, alice, bob) == [False, True]
    assert gate.refuses_news(alice.subject, *NEWS) == "objected"
    found = audience.count(*NEWS, at=NOON)
    assert (found.would_get_it, found.left_out) == (1, {}), "she agrees to nothing any more"
    assert suppressions.stops("email", alice.email, marketing=True)
    assert not suppressions.stops("email", alice.email, marketing=False), "her orders' mails still come"
    assert not suppressions.stops("email", bob.email, marketing=True)
    acts.carry_out(request.pk, by=WORKER, at=NOON)
    request.refresh_from_db()
    assert (request.state, request.approved_by) == (State.COMPLETED, objection.DECIDED_BY)
    assert mails("request_completed")


@pytest.mark.promise("JE-91")
def test_another_use_rests_while_it_is_weighed(alice, bob):
    request = objects(alice, "security")
    assert (request.state, used(Purpose.SECURITY, alice, bob)) == (State.VERIFIED, [False, True])
    assert used(Purpose.MARKETING, alice) == [True], "one purpose, and no other"
    acts.carry_out(request.pk, by=WORKER, at=LATER)
    request.refresh_from_db()
    assert request.state == State.VERIFIED, "no software weighs it"


def test_approved_it_stands_and_refused_with_a_ground_the_use_goes_on(alice, bob):
    for person in (alice, bob):
        objects(person, "security")
    first, second = (each.subject.requests.get() for each in (alice, bob))
    requests.approve(first, by=CAROL, at=LATER)
    acts.carry_out(first.pk, by=WORKER, at=LATER)
    ground = grounds.Ground.OVERRIDING
    requests.refuse(second, ground=ground, reason="Without it nobody could sign in safely.", by=CAROL, at=LATER)
    first.refresh_from_db()
    assert (first.state, used(Purpose.SECURITY, alice, bob)) == (State.COMPLETED, [False, True])
    standings = [objections.of([each.subject.pk])[Purpose.SECURITY].standing for each in (alice, bob)]
    assert standings == ["upheld", "overridden"]


def test_taking_it_back_ends_it_but_gives_no_yes(alice, bob):
    agrees(alice.subject)
    asked = [objects(alice), objects(alice, "security"), objects(bob, "security")]
    for request in asked[:2]:
        requests.withdraw(request, by=alice.user, at=LATER)
    assert (used(Purpose.MARKETING, alice), used(Purpose.SECURITY, alice, bob)) == ([True], [True, False])
    assert not ledger.may(alice.subject, *NEWS)


@pytest.mark.promise("JE-23")
def test_objecting_to_recommendations_switches_them_off(alice, bob):
    for person in (alice, bob):
        agrees(person.subject, Matter.RECOMMENDATIONS, channel="")
    objects(alice, "recommendations")
    allowed = [ledger.may(each.subject, Matter.RECOMMENDATIONS) for each in (alice, bob)]
    assert (allowed, used(Purpose.RECOMMENDATIONS, alice, bob)) == ([False, True], [False, True])


@pytest.mark.parametrize(
    "wishes", [None, {}, {"purpose": "everything"}, {"purpose": "tax"}], ids=["none", "empty", "unknown", "by law"]
)
def test_whoever_only_says_stop_means_marketing(alice, wishes):
    asks(alice, "objection", wishes=wishes)
    assert list(objections.of(subjects.family(alice.subject))) == [Purpose.MARKETING]


def test_what_can_be_objected_to_is_offered_marketing_first():
    slugs = [slug for slug, _ in objection.offered()]
    assert slugs[:3] == ["marketing", "recommendations", "statistics"]
    assert sorted(slugs) == sorted(objections.key(purpose) for purpose in objections.OPEN_TO)


def test_an_objection_nobody_has_proved_stops_nothing(alice):
    request = requests.receive(
        "objection", subject=subjects.new(by="test", at=NOON), contact=alice.email, channel="form", by="test", at=NOON
    )
    assert (request.state, used(Purpose.MARKETING, alice)) == (State.RECEIVED, [True])
