"""Where somebody lives follows from what they typed for a parcel, says whose law counts, and is nobody else's."""

from __future__ import annotations

import pytest

from privacy.models import AuditEvent, Subject
from privacy.register import residence, subjects
from privacy.rights import grounds, intake
from privacy.tests.people import NOON, asks, someone

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("country", "region", "expected"),
    [
        ("US", "CA", "US-CA"),
        ("US", " california ", "US-CA"),
        ("US", "Elsewhere", "US"),
        ("DE", "Bayern", "DE"),
        ("DE", "CA", "DE"),
        ("CA", "QC", "CA"),
        ("", "", ""),
    ],
    ids=["letters", "name", "no state", "Bavaria", "no state of Germany", "Canada", "nowhere"],
)
def test_a_place_is_a_country_or_a_state_that_may_have_a_law_of_its_own(country, region, expected):
    assert residence.place(country, region) == expected


def test_what_is_known_is_not_supposed_otherwise_and_bob_stays_where_he_lives():
    alice, bob = someone("alice").subject, someone("bob").subject
    residence.suppose(alice, "DE", by="test", at=NOON)
    residence.suppose(alice, "US-CA", by="test", at=NOON)
    residence.note(alice, "", by="test", at=NOON)
    assert dict(Subject.objects.values_list("pk", "residence")) == {alice.pk: "DE", bob.pk: ""}
    residence.note(alice, "US-CA", by="test", at=NOON)
    assert Subject.objects.get(pk=alice.pk).residence == "US-CA"
    noted = AuditEvent.objects.filter(event="subject.residence_noted")
    assert [(each.subject_id, each.details) for each in noted] == [(alice.pk, {})] * 2, "the trail does not say where"


def test_nothing_is_noted_of_somebody_who_is_erased():
    alice = someone("alice").subject
    subjects.mark_erased(alice, by="test", at=NOON)
    residence.note(alice, "DE", by="test", at=NOON)
    assert Subject.objects.get(pk=alice.pk).residence == ""


def test_whoever_proves_an_address_lives_where_the_order_made_with_it_went():
    guest = subjects.new(residence="US-CA", by="test", at=NOON)
    subjects.identify(guest, value="gwen@example.com", by="test", at=NOON)
    asked = intake.confirm(intake.ask("erasure", address="gwen@example.com", at=NOON).pk, at=NOON)
    where = Subject.objects.get(pk=asked.subject_id).residence
    assert where == "US-CA"
    assert "California" in grounds.appeal(where)


def test_an_account_that_says_where_its_person_lives_is_believed_before_an_order():
    alice = someone("alice")
    residence.note(alice.subject, "DE", by="test", at=NOON)
    guest = subjects.new(residence="US-CA", by="test", at=NOON)
    subjects.identify(guest, value=alice.email, by="test", at=NOON)
    subjects.prove(alice.subject, value=alice.email, proof=subjects.Proof.LINK_CLICKED, by="test", at=NOON)
    assert subjects.root(guest) == alice.subject
    found = Subject.objects.filter(pk__in=subjects.family(alice.subject)).values_list("pk", "residence")
    assert dict(found) == {alice.subject.pk: "DE", guest.pk: "US-CA"}
    assert subjects.root(asks(alice).subject).residence == "DE"
