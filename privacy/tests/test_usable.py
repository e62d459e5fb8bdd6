"""What may be used of somebody: nothing while their data rest, nothing of the erased, nothing for a purpose they object to."""

from __future__ import annotations

from uuid import uuid4

import pytest

from privacy.consent import ledger, notices
from privacy.consent.models import ConsentState
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.models import AuditEvent, Disclosure, Identifier, Objection, Subject, Suppression
from privacy.register import objections, subjects, usable
from privacy.register.subjects import Reason
from privacy.register.vocabulary import Purpose
from privacy.tests.people import LATER, NOON, someone

pytestmark = pytest.mark.django_db

MARKETING, STATISTICS, SECURITY = Purpose.MARKETING, Purpose.STATISTICS, Purpose.SECURITY
Standing = objections.Standing


@pytest.fixture
def alice():
    return someone("alice").subject


@pytest.fixture
def bob():
    return someone("bob").subject


def used_for(purpose: Purpose) -> set[Subject]:
    return set(Subject.objects.usable_for(purpose))


def restricted_for(subject: Subject) -> list[str]:
    return Subject.objects.get(pk=subject.pk).restricted_for


# What usable_for leaves out


@pytest.mark.promise("JE-85")
@pytest.mark.parametrize(
    ("stops", "only"),
    [
        (lambda alice: subjects.restrict(alice, by=alice, at=NOON), None),
        (lambda alice: subjects.restrict(alice, reason=Reason.ASKED, by=alice, at=NOON), None),
        (lambda alice: subjects.mark_erased(alice, by="test", at=NOON), None),
        (lambda alice: objections.note(alice, MARKETING, by=alice, at=NOON), MARKETING),
        (lambda alice: objections.note(alice, STATISTICS, by=alice, at=NOON), STATISTICS),
        (lambda alice: objections.note(alice, SECURITY, by=alice, at=NOON), SECURITY),
    ],
    ids=["erasure", "asked", "erased", "news", "counting", "weighed"],
)
def test_the_rows_of_whoever_said_stop_are_left_out_and_nobody_elses(alice, bob, stops, only):
    for purpose in Purpose:
        assert used_for(purpose) == {alice, bob}
    stops(alice)
    for purpose in Purpose:
        assert used_for(purpose) == ({bob} if only in (None, purpose) else {alice, bob})
    assert set(Subject.objects.all()) == {alice, bob}, "the managers stay whole"


def test_a_row_is_found_by_its_way_to_the_person_and_a_row_of_nobody_stays(alice, bob):
    guest = subjects.new(by="test", at=NOON)
    for whose in (alice.pk, bob.pk, guest.pk, uuid4(), None):
        Disclosure.objects.create(
            processor="mail",
            subject_id=whose,
            keys=["to"],
            purpose="marketing",
            host="mail.example",
            actor="test",
            at=NOON,
        )
    subjects.restrict(alice, by=alice, at=NOON)
    left = Disclosure.objects.usable_for(MARKETING).values_list("subject_id", flat=True)
    assert (len(left), alice.pk in left, bob.pk in left, None in left) == (4, False, True, True)


@pytest.mark.parametrize("model", [Suppression, type("Plain", (), {"_meta": type("Meta", (), {"label": "x.Plain"})})])
def test_a_model_without_a_way_to_its_person_says_so(model):
    with pytest.raises(usable.NoWayThere):
        usable.allowed(model, MARKETING)


# Two reasons for a restriction


@pytest.mark.promise("JE-85")
@pytest.mark.parametrize(("first", "second"), [(Reason.ERASURE, Reason.ASKED), (Reason.ASKED, Reason.ERASURE)])
def test_lifting_one_reason_leaves_the_other(alice, bob, first, second):
    subjects.restrict(alice, reason=first, by=alice, at=NOON)
    subjects.restrict(alice, reason=second, by=alice, at=LATER)
    subjects.restrict(alice, reason=second, by=alice, at=LATER)
    assert restricted_for(alice) == [first, second]
    subjects.lift(alice, reason=first, by=alice, at=LATER)
    alice.refresh_from_db()
    assert (alice.restricted_for, alice.restricted_at) == ([second], NOON)
    subjects.lift(alice, reason=first, by=alice, at=LATER)
    assert restricted_for(alice) == [second]
    subjects.lift(alice, reason=second, by=alice, at=LATER)
    alice.refresh_from_db()
    assert (alice.restricted_for, alice.restricted_at) == ([], None)
    assert used_for(MARKETING) == {alice, bob}
    trail = AuditEvent.objects.filter(subject_id=alice.pk, event__startswith="subject.restrict").order_by("pk")
    assert [(each.event.removeprefix("subject."), each.details["for"]) for each in trail] == [
        ("restricted", first),
        ("restricted", second),
        ("restriction_lifted", first),
        ("restriction_lifted", second),
    ]


@pytest.mark.promise("JE-85")
def test_what_stands_against_the_use_of_one_record_stands_against_those_that_join_it(alice, bob):
    """A guest order that turns out to be Alice's must not be used either; an objection made as a guest counts for all of her."""
    order, letter = subjects.new(by="test", at=NOON), subjects.new(by="test", at=NOON)
    for guest in (order, letter):
        subjects.identify(guest, value="alice@example.com", by="test", at=NOON)
    subjects.restrict(alice, reason=Reason.ASKED, by=alice, at=NOON)
    objections.note(letter, STATISTICS, by=letter, at=NOON)
    proof = subjects.Proof.LINK_CLICKED
    assert set(subjects.prove(alice, value="alice@example.com", proof=proof, by=alice, at=LATER)) == {order, letter}
    assert [restricted_for(each) for each in (alice, order, letter, bob)] == [["asked"], ["asked"], ["asked"], []]
    assert set(Objection.objects.values_list("subject", "purpose", "standing")) == {
        (each.pk, "statistics", "upheld") for each in (alice, order, letter)
    }
    assert (used_for(STATISTICS), used_for(MARKETING)) == ({bob}, {bob})


def test_whoever_restricted_their_data_is_still_found_when_they_prove_their_address(alice, bob):
    """Else a restriction would keep its own person from seeing what is held; an erasure on its way does keep strangers apart."""
    stranger = subjects.new(by="test", at=NOON)
    subjects.identify(stranger, value="alice@example.com", by="test", at=NOON)
    subjects.restrict(alice, reason=Reason.ASKED, by=alice, at=NOON)
    proof = subjects.Proof.LINK_CLICKED
    assert subjects.prove(stranger, value="alice@example.com", proof=proof, by=stranger, at=LATER) == [alice]
    subjects.restrict(bob, by=bob, at=NOON)
    other = subjects.new(by="test", at=NOON)
    assert subjects.prove(other, value="bob@example.com", proof=proof, by=other, at=LATER) == []
    assert Identifier.objects.filter(subject=other).count() == 1


# Objections


def test_what_stands_on_consent_rests_at_once_and_an_interest_is_weighed(alice):
    assert objections.note(alice, MARKETING, by=alice, at=NOON) == Standing.UPHELD
    assert objections.note(alice, SECURITY, by=alice, at=NOON) == Standing.PENDING
    with pytest.raises(objections.NotOpen):
        objections.note(alice, Purpose.TAX, by=alice, at=NOON)
    assert {purpose: row.standing for purpose, row in objections.of([alice.pk]).items()} == {
        MARKETING: "upheld",
        SECURITY: "pending",
    }


@pytest.mark.parametrize(("standing", "heeded"), [(Standing.UPHELD, True), (Standing.OVERRIDDEN, False)])
def test_a_weighing_decides_what_was_pending_and_nothing_that_stands(alice, bob, standing, heeded):
    for person in (alice, bob):
        for purpose in (SECURITY, MARKETING):
            objections.note(person, purpose, by=person, at=NOON)
    for purpose in (SECURITY, MARKETING):
        objections.decide(alice, purpose, standing, by="staff:3", at=LATER)
    assert objections.stands(alice, SECURITY) is heeded
    assert (objections.stands(alice, MARKETING), objections.stands(bob, SECURITY)) == (True, True)
    assert Objection.objects.get(subject=bob, purpose="security").standing == Standing.PENDING


def test_objecting_again_keeps_the_first_date_and_asks_for_another_weighing(alice):
    objections.note(alice, SECURITY, by=alice, at=NOON)
    objections.decide(alice, SECURITY, Standing.OVERRIDDEN, by="staff:3", at=NOON)
    objections.note(alice, SECURITY, by=alice, at=LATER)
    row = Objection.objects.get(subject=alice)
    assert (row.since, row.standing) == (NOON, Standing.PENDING)


def test_a_fresh_yes_to_the_same_purpose_ends_an_objection_and_no_other(alice, bob):
    for person in (alice, bob):
        objections.note(person, MARKETING, by=person, at=NOON)
        objections.note(person, STATISTICS, by=person, at=NOON)
    yes = {"notice": notices.current("preferences"), "surface": Surface.PREFERENCES, "by": alice, "at": LATER}
    ledger.grant(alice, Matter.CARE, channel=Channel.EMAIL, **yes)
    assert (set(objections.of([alice.pk])), set(objections.of([bob.pk]))) == ({STATISTICS}, {MARKETING, STATISTICS})
    assert ConsentState.objects.usable_for(MARKETING).filter(subject=alice).count() == 1
