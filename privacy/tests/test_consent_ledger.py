"""What the ledger of consent records, and what it never does: a yes needs a text, a no needs nothing, nobody changes a word."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models.deletion import ProtectedError

from privacy.consent import ledger, notices
from privacy.consent.ledger import Thing
from privacy.consent.vocabulary import TOPICS, Channel, Matter, Surface, truncated
from privacy.ground import audit
from privacy.models import ConsentNotice, ConsentRecord, Subject
from privacy.register import subjects
from privacy.tests.consents import HOUR, NEWS, may, person, says_no, says_yes, takes_back
from privacy.tests.people import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice() -> Subject:
    return person()


@pytest.fixture
def bob() -> Subject:
    return person()


# What is recorded


def test_a_yes_keeps_who_what_which_text_where_when_and_roughly_from_where(alice):
    notice = notices.current("preferences")
    record = ledger.grant(
        alice,
        Matter.OFFERS,
        channel=Channel.SMS,
        notice=notice,
        surface=Surface.PREFERENCES,
        network="203.0.113.77",
        by="customer:7",
        at=NOON,
    )
    kept = ConsentRecord.objects.filter(pk=record.pk).values().get()
    assert isinstance(kept.pop("receipt"), UUID)
    assert kept == {
        "id": record.pk,
        "subject_id": alice.pk,
        "visitor_id": None,
        "matter": "offers",
        "channel": "sms",
        "about": "",
        "decision": "granted",
        "notice_id": notice.pk,
        "locale": "en",
        "surface": "preferences",
        "reason": "",
        "network": "203.0.113.0/24",
        "actor": "customer:7",
        "at": NOON,
        "replaces_id": None,
    }


@pytest.mark.promise("JS-24")
def test_a_yes_is_to_one_thing_by_one_channel_of_one_person(alice, bob):
    assert not may(alice)
    says_yes(alice)
    others = [Thing(topic, channel) for topic in TOPICS for channel in Channel if (topic, channel) != NEWS[:2]]
    assert may(alice)
    assert [thing for thing in others if may(alice, thing)] == []
    assert not may(bob)
    assert ledger.standing(bob) == {}


def test_a_review_a_photo_an_order_are_each_asked_about_alone(alice):
    says_yes(alice, Thing(Matter.USE_PHOTO, about="photo:12"))
    assert may(alice, Thing(Matter.USE_PHOTO, about="photo:12"))
    assert not may(alice, Thing(Matter.USE_PHOTO, about="photo:13"))
    assert not may(alice, Thing(Matter.USE_PHOTO))


def test_taking_back_counts_at_once_and_only_what_was_granted_is_taken_back(alice, bob):
    says_yes(alice), says_yes(bob)
    withdrawn = takes_back(alice, at=NOON + HOUR)
    assert withdrawn.decision == "withdrawn"
    assert not may(alice)
    assert may(bob)
    assert takes_back(alice, at=NOON + 2 * HOUR) is None
    assert [record.decision for record in ledger.history(alice)] == ["withdrawn", "granted"]


def test_an_explicit_no_is_recorded_even_where_there_was_no_yes(alice):
    no = says_no(alice)
    assert list(ledger.history(alice)) == [no]
    assert {thing: state.is_granted for thing, state in ledger.standing(alice).items()} == {NEWS: False}


def test_leaving_takes_every_topic_of_one_channel_or_of_all(alice):
    things = [Thing(topic, channel) for topic in TOPICS for channel in (Channel.EMAIL, Channel.SMS)]
    for thing in (*things, Thing(Matter.RECOMMENDATIONS)):
        says_yes(alice, thing)
    assert ledger.withdraw_all(alice, channel=Channel.EMAIL, surface=Surface.UNSUBSCRIBE_LINK, by="x", at=NOON) == 3
    assert {thing for thing, state in ledger.standing(alice).items() if state.is_granted} == {
        *(thing for thing in things if thing.channel == Channel.SMS),
        Thing(Matter.RECOMMENDATIONS),
    }
    assert ledger.withdraw_all(alice, surface=Surface.MAIL, by="x", at=NOON) == 3
    assert may(alice, Thing(Matter.RECOMMENDATIONS))


# What is never recorded


@pytest.mark.promise("JK-03", "JE-06", "JE-132", "JH-01")
def test_implied_is_no_surface(alice):
    assert "implied" not in [surface.value for surface in Surface]
    with pytest.raises(ValueError, match="implied"):
        says_yes(alice, surface="implied")
    record = ConsentRecord(
        subject_id=alice.pk, matter="offers", channel="email", decision="refused", locale="en", surface="implied",
        actor="x", at=NOON,
    )  # fmt: skip
    with pytest.raises(IntegrityError, match="consent_is_never_implied"), transaction.atomic():
        record.save()


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"decision": "granted"}, "consent_shows_its_notice"),
        ({"subject_id": None}, "consent_of_one_person_or_visitor"),
        ({"visitor_id": UUID(int=7)}, "consent_of_one_person_or_visitor"),
        ({"channel": ""}, "consent_to_a_topic_by_a_channel"),
        ({"matter": "targeting"}, "consent_to_a_topic_by_a_channel"),
        ({"matter": "everything", "channel": ""}, "consent_to_a_known_matter"),
        ({"surface": "staff"}, "consent_by_staff_with_reason"),
        ({"network": "203.0.113.77"}, "consent_network_truncated"),
        ({"network": "2001:db8:7::1/48"}, "consent_network_truncated"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value),
)
def test_the_database_itself_refuses_what_is_no_proof(alice, change, constraint):
    row = {
        "subject_id": alice.pk, "matter": "offers", "channel": "email", "decision": "refused", "locale": "en",
        "surface": "banner", "actor": "x", "at": NOON,
    }  # fmt: skip
    ConsentRecord.objects.create(**row)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        ConsentRecord.objects.create(**row | change)


def test_topics_need_a_channel_staff_a_reason_and_nothing_is_written_about_the_erased(alice, bob):
    with pytest.raises(ledger.WrongChannel):
        says_yes(alice, Thing(Matter.OFFERS))
    with pytest.raises(ledger.WrongChannel):
        says_yes(alice, Thing(Matter.TARGETING, Channel.EMAIL))
    with pytest.raises(ledger.ReasonMissing):
        says_yes(alice, surface=Surface.STAFF)
    says_yes(bob), subjects.mark_erased(bob, by="system:test", at=NOON)
    assert takes_back(bob) is None
    subjects.mark_erased(alice, by="system:test", at=NOON)
    for says in (says_yes, says_no):
        with pytest.raises(ledger.Erased):
            says(alice)  # read before the erasure
    assert takes_back(alice) is None
    assert [record.decision for record in ConsentRecord.objects.all()] == ["granted"]


def test_records_are_neither_changed_nor_deleted_before_their_time(alice):
    record = says_yes(alice, network="203.0.113.77")
    mine = ConsentRecord.objects.filter(pk=record.pk)
    for change in ({"decision": "refused"}, {"at": NOON + HOUR}, {"network": "198.51.100.0/24"}, {"receipt": uuid4()}):
        with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
            mine.update(**change)
    with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
        ConsentRecord.objects.filter(pk=record.pk)._raw_delete("default")
    with pytest.raises(DatabaseError, match="notice_is_final"), transaction.atomic():
        ConsentNotice.objects.update(text="Other words")
    assert mine.update(network="") == 1, "an erasure may empty this one column"
    says_no(alice)
    with audit.expiring():
        assert mine.delete()[0] == 1


def test_the_record_of_what_stands_cannot_go(alice):
    record = says_yes(alice)
    with audit.expiring(), pytest.raises(ProtectedError):
        record.delete()
    assert may(alice)


def test_a_text_is_one_row_and_another_text_another(alice, monkeypatch):
    first = notices.current("newsletter")
    assert notices.current("newsletter") == first
    record = ledger.grant(alice, *NEWS[:1], channel="email", notice=first, surface=Surface.CHECKOUT, by="x", at=NOON)
    monkeypatch.setitem(notices.TEXTS["en"], "newsletter", "Other words of {shop}.")
    second = notices.current("newsletter")
    assert (second.pk == first.pk, second.text) == (False, "Other words of Jane Ellen.")
    assert ConsentRecord.objects.get(pk=record.pk).notice.text == first.text
    with pytest.raises(notices.Unknown):
        notices.current("checkout", "xx")


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:7:8::9", "2001:db8:7::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("10.0.0.0/8", ""),
        ("", ""),
        ("not an address", ""),
    ],
)
def test_a_network_hint_is_too_wide_for_one_household(typed, kept):
    assert truncated(typed) == kept
