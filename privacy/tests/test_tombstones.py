"""Machines are stopped where somebody was erased; people, and those who live under the same number, are not."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from privacy.models import Identifier, Subject, Tombstone
from privacy.register import subjects, tombstones
from privacy.rights import erasure, requests
from privacy.tests.people import LATER, NOON, Someone, asks, someone


@pytest.fixture
def erased(db: None, settings: Any) -> tuple[Subject, Someone]:
    """Alice is gone; Bob is there."""
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=72)
    alice, bob = someone("alice"), someone("bob")
    subject = alice.subject
    assert not tombstones.stops("email", alice.email), "nobody is stopped before the erasure"
    request = requests.approve(asks(alice), by="staff:3", at=NOON)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    return subject, bob


def test_what_alice_was_known_by_stops_machines_in_any_spelling(erased: tuple[Subject, Someone]) -> None:
    known = ["alice@example.com", " ALICE@Example.COM", "ａlice@example.com"]  # the last begins with a full-width a
    assert [tombstones.stops("email", value) for value in known] == [True, True, True]
    assert tombstones.stops("phone", "+1 (212) 555-0005")
    assert not tombstones.stops("phone", "+1 212 555 0003")
    assert not tombstones.stops("email", "bob@example.com")
    assert not tombstones.stops("email", "")
    assert not tombstones.stops("gateway", "alice@example.com")


def test_a_tombstone_holds_digests_and_the_database_refuses_to_change_it(erased: tuple[Subject, Someone]) -> None:
    subject, _ = erased
    stones = list(Tombstone.objects.filter(subject_id=subject.pk))
    assert sorted({stone.kind for stone in stones}) == ["email", "phone"]
    assert [stone for stone in stones if "alice" in stone.digest or "555" in stone.digest] == []
    with pytest.raises(DatabaseError), transaction.atomic():
        Tombstone.objects.filter(pk=stones[0].pk).update(digest="0" * 64)


def test_whoever_comes_back_begins_anew_and_is_a_person_like_any_other(erased: tuple[Subject, Someone]) -> None:
    before, _ = erased
    again = someone("alice")
    assert again.subject != before
    assert subjects.family(again.subject) == [again.subject.pk]
    assert not tombstones.stops("email", "alice@example.com"), "machines may speak of somebody who is here"
    Identifier.objects.filter(subject=again.subject).delete()
    assert tombstones.stops("email", "alice@example.com")


def test_a_guest_who_typed_anothers_address_never_silences_the_owner(db: None) -> None:
    bob = someone("bob")
    mallory = subjects.new(by="guest", at=NOON)
    tombstones.raise_for([mallory.pk], [("email", bob.email)], at=NOON)
    assert not tombstones.stops("email", bob.email)


def test_an_address_proved_again_while_an_erasure_waits_joins_nothing(db: None) -> None:
    """Alice's erasure waits for a processor; meanwhile she confirms the address on a new person record."""
    alice = someone("alice")
    subjects.restrict(alice.subject, by="staff:3", at=NOON)
    fresh = subjects.new(by="guest", at=NOON)
    joined = subjects.prove(fresh, value=alice.email, proof=subjects.Proof.LINK_CLICKED, by="guest", at=NOON)
    assert joined == []
    assert subjects.family(fresh) == [fresh.pk]
