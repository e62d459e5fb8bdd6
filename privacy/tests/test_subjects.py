"""Who is who: Alice proves her address, Mallory only types Bob's."""

from datetime import UTC, datetime, timedelta

import pytest

from privacy.ground import audit
from privacy.models import AuditEvent, Identifier, Subject, SubjectLink
from privacy.register import subjects
from privacy.register.subjects import Proof
from privacy.tests.people import asks, someone

NOON = datetime(2026, 11, 2, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def guest(email):
    subject = subjects.new(by="test", at=NOON)
    subjects.identify(subject, value=email, by="test", at=NOON)
    return subject


def prove(subject, email, proof=Proof.EMAIL_CONFIRMED):
    return subjects.prove(subject, value=email, proof=proof, by="test", at=NOON)


def test_proving_an_address_joins_the_guest_orders_made_with_it():
    order_one, order_two, bob = guest("Alice@example.com"), guest("alice@example.com"), guest("bob@example.com")
    alice = guest("alice@example.com")
    assert set(prove(alice, "ALICE@example.com")) == {order_one, order_two}
    assert set(subjects.family(alice)) == {alice.pk, order_one.pk, order_two.pk}
    assert subjects.root(order_two) == alice
    assert subjects.family(bob) == [bob.pk]


def test_typing_an_address_joins_nothing():
    bob = guest("bob@example.com")
    prove(bob, "bob@example.com")
    mallory = guest("bob@example.com")
    assert subjects.family(mallory) == [mallory.pk]
    assert subjects.family(bob) == [bob.pk]
    assert not SubjectLink.objects.exists()


def test_a_telephone_number_never_joins_people():
    with pytest.raises(subjects.NotLinkable):
        subjects.prove(
            guest("a@example.com"), "phone", value="+12025550142", proof=Proof.LINK_CLICKED, by="test", at=NOON
        )


def test_two_proven_people_with_one_address_become_one_and_chains_are_followed():
    first, second = guest("alice@example.com"), guest("alice@example.com")
    prove(first, "alice@example.com", Proof.LINK_CLICKED)
    prove(second, "alice@example.com")
    third = guest("alice@example.com")
    prove(third, "alice@example.com")
    assert subjects.root(first) == subjects.root(second) == third
    assert set(subjects.family(first)) == {first.pk, second.pk, third.pk}


def test_a_mailbox_that_changed_hands_does_not_bring_its_former_owner_along():
    bob, order = guest("first@example.com"), guest("first@example.com")
    prove(bob, "first@example.com")
    prove(bob, "second@example.com")
    carol = guest("first@example.com")
    assert prove(carol, "first@example.com") == []
    assert subjects.family(carol) == [carol.pk]
    assert set(subjects.family(bob)) == {bob.pk, order.pk}


def test_proving_twice_changes_nothing():
    alice, order = guest("alice@example.com"), guest("alice@example.com")
    prove(alice, "alice@example.com")
    assert prove(alice, "alice@example.com") == []
    assert SubjectLink.objects.count() == 1
    assert AuditEvent.objects.filter(event="subject.joined").count() == 1
    assert subjects.root(order) == alice


def test_an_erased_person_is_never_joined_to_a_new_one():
    before = guest("alice@example.com")
    prove(before, "alice@example.com")
    subjects.mark_erased(before, by="test", at=NOON)
    again = guest("alice@example.com")
    assert prove(again, "alice@example.com") == []
    assert subjects.family(again) == [again.pk]


def test_erasing_takes_the_identifiers_and_leaves_a_bare_uuid():
    alice, order, bob = guest("alice@example.com"), guest("alice@example.com"), guest("bob@example.com")
    prove(alice, "alice@example.com")
    subjects.mark_erased(alice, by="test", at=NOON)
    order.refresh_from_db()
    assert order.is_erased
    assert [identifier.subject for identifier in Identifier.objects.all()] == [bob]


@pytest.mark.promise("JE-85")
def test_a_restriction_covers_everything_joined_and_can_be_lifted():
    alice, order, bob = guest("alice@example.com"), guest("alice@example.com"), guest("bob@example.com")
    prove(alice, "alice@example.com")
    subjects.restrict(order, by="test", at=NOON)
    for subject, restricted in [(alice, True), (order, True), (bob, False)]:
        subject.refresh_from_db()
        assert subject.is_restricted is restricted
    subjects.lift(alice, by="test", at=NOON)
    order.refresh_from_db()
    assert not order.is_restricted


def test_a_candidate_is_found_under_an_older_key(settings):
    from privacy.ground import digests

    alice = guest("alice@example.com")
    settings.LOUPE_DIGEST_KEYS = ["9:" + "ab" * 32, *settings.LOUPE_DIGEST_KEYS]
    digests.keys.cache_clear()
    try:
        assert subjects.candidates("email", value="alice@example.com") == [alice]
    finally:
        digests.keys.cache_clear()


OLD = NOON + timedelta(days=30)


def forget(at=OLD):
    return subjects.forget_unnamed(by="system:test", at=at)


def test_a_person_record_goes_once_no_record_names_it():
    guests = [guest("guest@example.com"), guest("other@example.com")]
    bob = someone("bob")
    assert forget(OLD - timedelta(seconds=1)) == 0
    assert forget() == 2
    assert not Subject.objects.filter(pk__in=[each.pk for each in guests]).exists()
    assert list(Subject.objects.all()) == [bob.subject]
    assert set(Identifier.objects.values_list("subject_id", flat=True)) == {bob.subject.pk}
    event = AuditEvent.objects.get(event="subject.unnamed_forgotten")
    assert (event.subject_id, event.details) == (None, {"count": 2})


def test_a_record_by_key_or_by_value_keeps_the_person_record():
    by_key, by_value, by_nothing = (subjects.new(by="test", at=NOON) for _ in range(3))
    bob = someone("bob")
    asks(bob)
    audit.append("order.shipped", subject=by_value, by="test", at=NOON)
    type(bob.user).objects.create_user("carol@example.com", at=NOON)
    type(bob.user).objects.filter(email="carol@example.com").update(subject=by_key)
    forget()
    left = set(Subject.objects.values_list("pk", flat=True))
    assert left == {by_key.pk, by_value.pk, bob.subject.pk}
    assert by_nothing.pk not in left


def test_who_was_joined_goes_before_whom_they_were_joined_to():
    first, second = guest("alice@example.com"), guest("alice@example.com")
    root = guest("alice@example.com")
    SubjectLink.objects.create(child=second, root=first, proof=Proof.LINK_CLICKED, at=NOON)
    SubjectLink.objects.create(child=first, root=root, proof=Proof.LINK_CLICKED, at=NOON)
    assert forget() == 3
    assert not Subject.objects.exists()
    assert not SubjectLink.objects.exists()


def test_an_account_outlives_a_guest_joined_to_it_of_whom_nothing_is_left():
    bob = someone("bob")
    once = guest("bob@example.com")
    SubjectLink.objects.create(child=once, root=bob.subject, proof=Proof.LINK_CLICKED, at=NOON)
    assert forget() == 1
    assert subjects.family(bob.subject) == [bob.subject.pk]
