"""Consent at the desk, in a copy, through an erasure and over the years: Alice's words are hers, and Bob's stay untouched."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from privacy.consent import ledger, notices, projection, visitors
from privacy.consent.vocabulary import Channel, Matter, Surface
from privacy.models import AuditEvent, ConsentRecord, ConsentState, Subject, VisitorLink
from privacy.register import registry, subjects
from privacy.rights import acts, erasure, packages, requests, retention
from privacy.rights.models import ExportPackage, State
from privacy.tests.people import LATER, NOON, Someone, asks, at_the_desk, held, someone

pytestmark = pytest.mark.django_db

DAY, YEAR = timedelta(days=1), timedelta(days=366)
RECORDS = "/admin/privacy/consentrecord/"


@pytest.fixture(autouse=True)
def _home(settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)


def says_yes(person: Someone, matter=Matter.NEW_PIECES, channel=Channel.EMAIL, *, at=NOON) -> ConsentRecord:
    notice = notices.current("preferences")
    return ledger.grant(
        person.subject, matter, channel=channel, notice=notice, surface=Surface.PREFERENCES, network="203.0.113.77",
        by=person.user, at=at,
    )  # fmt: skip


def chose_as_visitor(person: Someone) -> ConsentRecord:
    visitor = uuid4()
    notice = notices.current("cookie_settings")
    record = ledger.grant(
        visitor,
        Matter.PERFORMANCE,
        notice=notice,
        surface=Surface.BANNER,
        network="198.51.100.9",
        by="visitor",
        at=NOON,
    )
    visitors.join(visitor, person.subject, by=person.user, at=NOON + DAY)
    return record


# At the desk


def typed(**changes: str) -> dict[str, str]:
    return {
        "person": "alice@example.com",
        "answer": "yes",
        "matter": "new_pieces",
        "channel": "post",
        "about": "",
        "reason": "Letter of 3 November",
    } | changes


@pytest.mark.promise("JE-84")
def test_the_desk_notes_a_yes_and_a_no_with_the_reason_which_their_person_reads(alice, bob):
    carol = at_the_desk()
    assert carol.post(f"{RECORDS}add/", typed()).status_code == 302
    record = ledger.history(alice.subject).get()
    assert (record.decision, record.surface, record.reason) == ("granted", "staff", "Letter of 3 November")
    assert record.notice == notices.current("staff")
    assert record.actor.startswith("staff:")
    assert ledger.may(alice.subject, Matter.NEW_PIECES, Channel.POST)
    assert AuditEvent.objects.filter(event="consent.granted_for_somebody", subject_id=alice.subject.pk).count() == 1
    assert carol.post(f"{RECORDS}add/", typed(answer="no", reason="Call of 5 November")).status_code == 302
    assert carol.post(f"{RECORDS}add/", typed(answer="no", matter="targeting", channel="")).status_code == 302
    told = [(each.matter, each.decision) for each in ledger.history(alice.subject)]
    assert told == [("targeting", "refused"), ("new_pieces", "withdrawn"), ("new_pieces", "granted")]
    assert list(ledger.history(bob.subject)) == []
    pages = carol.get(RECORDS).content.decode() + carol.get(f"{RECORDS}{record.pk}/change/").content.decode()
    assert "Letter of 3 November" in pages
    assert [word for word in alice.words if word in pages] == []
    hers = Client()
    hers.force_login(alice.user)
    assert "Our staff, for you: Letter of 3 November" in hers.get("/account/preferences/").content.decode()


def test_the_desk_notes_nothing_that_is_no_proof(alice):
    carol = at_the_desk()
    for wrong in (
        {"reason": ""},
        {"channel": ""},
        {"matter": ""},
        {"matter": "targeting"},
        {"person": "nobody@example.com"},
        {"answer": "maybe"},
    ):
        assert carol.post(f"{RECORDS}add/", typed(**wrong)).status_code == 200, wrong
    assert not ConsentRecord.objects.exists()


def test_other_desks_note_nothing_and_nobody_changes_or_deletes(alice):
    record = says_yes(alice)
    order_desk = at_the_desk("order desk")
    assert order_desk.post(f"{RECORDS}add/", typed()).status_code == 403
    assert order_desk.get(RECORDS).status_code == 403
    owner = Client()
    owner.force_login(_owner())
    assert owner.post(f"{RECORDS}{record.pk}/delete/", {"post": "yes"}).status_code == 403
    assert owner.post(f"{RECORDS}{record.pk}/change/", typed(answer="no")).status_code == 403
    assert [each.decision for each in ledger.history(alice.subject)] == ["granted"]


def _owner():
    dan = someone("dan", is_staff=True)
    dan.user.groups.add(Group.objects.get(name="owner"))
    return dan.user


# In a copy


def test_a_copy_tells_what_was_said_and_what_stands_and_nothing_of_anybody_else(alice, bob):
    mine = [says_yes(alice), chose_as_visitor(alice)]
    theirs = [says_yes(bob, Matter.OFFERS, Channel.SMS), chose_as_visitor(bob)]
    request = asks(alice, "access")
    acts.carry_out(request.pk, by="system:worker", at=NOON + 2 * DAY)
    with packages.start(ExportPackage.objects.get(request=request), by=alice.user, at=NOON + 2 * DAY) as pieces:
        copy = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    text = copy.read("data.json").decode()
    assert [record for record in mine if str(record.receipt) not in text] == []
    assert [record for record in theirs if str(record.receipt) in text] == []
    label = registry.of("privacy.ConsentState").label
    assert label in {group["label"] for group in json.loads(text)["groups"]}


# Through an erasure


def test_an_erasure_ends_consent_keeps_the_bare_evidence_and_leaves_bobs(alice, bob):
    given, banner = says_yes(alice), chose_as_visitor(alice)
    says_yes(bob), chose_as_visitor(bob)
    before = held(bob)
    request = requests.approve(asks(alice), by="staff:3", at=NOON)
    done = erasure.execute(request.pk, by="system:worker", at=LATER)
    assert done.state == State.COMPLETED
    alice_was = Subject.objects.get(pk=alice.subject.pk)
    assert not ConsentState.objects.filter(subject=alice_was).exists()
    assert not ledger.may(alice_was, Matter.NEW_PIECES, Channel.EMAIL)
    kept = list(ledger.history(alice_was))
    assert [(each.decision, each.surface) for each in kept] == [
        ("withdrawn", "erasure"),
        ("granted", "banner"),
        ("granted", "preferences"),
    ]
    assert {each.pk for each in kept[1:]} == {given.pk, banner.pk}
    assert [each.network for each in kept] == ["", "", ""]
    assert kept[0].replaces == given
    step = request.steps.get(target="privacy.ConsentRecord")
    assert (step.planned, step.affected) == (3, 3)
    assert step.until_on is not None
    assert list(projection.differences(at=LATER)) == []
    assert held(bob) == before
    assert ledger.may(bob.subject, Matter.NEW_PIECES, Channel.EMAIL)
    assert set(ledger.history(bob.subject).values_list("network", flat=True)) == {"203.0.113.0/24", "198.51.100.0/24"}
    retention.run(apply=True, by="system:retention", at=LATER + 2 * YEAR)
    assert list(ledger.history(alice_was)) == [], "the evidence goes when its time has run"
    assert not VisitorLink.objects.filter(subject_id=alice_was.pk).exists()
    assert [each.decision for each in ledger.history(bob.subject)] == ["granted"], "a yes that stands stays"


# Over the years


def night(at) -> list[str]:
    retention.run(apply=True, by="system:retention", at=at)
    assert list(projection.differences(at=at)) == []
    return [record.decision for record in ConsentRecord.objects.order_by("id")]


def test_a_yes_is_kept_as_long_as_it_stands_and_two_years_longer(alice):
    says_yes(alice)
    assert night(NOON + 10 * YEAR) == ["granted"]
    over = NOON + 10 * YEAR
    ledger.withdraw(alice.subject, Matter.NEW_PIECES, channel="email", surface=Surface.STOP, by="x", at=over)
    assert night(over + 2 * YEAR - 3 * DAY) == ["granted", "withdrawn"]
    assert night(over + 2 * YEAR) == []
    assert not ConsentState.objects.exists()


def test_an_old_no_stays_where_another_record_of_the_person_says_yes(alice):
    guest = subjects.new(by="guest", at=NOON)
    ledger.refuse(
        alice.subject, Matter.NEW_PIECES, channel="email", surface=Surface.PREFERENCES, by=alice.user, at=NOON
    )
    ledger.grant(
        guest, Matter.NEW_PIECES, channel="email", notice=notices.current("newsletter"), surface=Surface.CHECKOUT,
        by="guest", at=NOON + DAY,
    )  # fmt: skip
    subjects.identify(guest, value="alice@example.com", by="guest", at=NOON)
    subjects.prove(
        alice.subject, value="alice@example.com", proof=subjects.Proof.LINK_CLICKED, by="x", at=NOON + 2 * DAY
    )
    assert subjects.root(guest) == alice.subject
    assert night(NOON + 3 * YEAR) == ["refused", "granted"]
    assert retention.past_due_total(NOON + 3 * YEAR) == 0, "nobody can let go of what stands"
    assert not ledger.may(alice.subject, Matter.NEW_PIECES, Channel.EMAIL)
