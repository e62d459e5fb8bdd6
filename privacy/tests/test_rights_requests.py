"""One request's life: received, joined, refused, lapsed, forgotten; and what the demo makes of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from privacy import demo
from privacy.ground import states
from privacy.models import AuditEvent, Certificate, Message, SubjectLink
from privacy.proof import certificates
from privacy.register import subjects
from privacy.rights import access, acts, erasure, intake, packages, requests
from privacy.rights.models import DataRequest, ExportPackage, State
from privacy.rights.states import REQUEST
from privacy.tests.people import LATER, NOON, asks, held, mails, someone

pytestmark = pytest.mark.django_db
CAROL = "staff:3"
LOS_ANGELES = ZoneInfo("America/Los_Angeles")  # where the shop's days end


def test_every_date_is_kept_with_its_words(alice):
    request = asks(alice)
    assert request.first_reply_due_at == datetime(2026, 11, 9, 23, 59, 59, tzinfo=LOS_ANGELES)
    assert request.due_at == datetime(2026, 12, 2, 23, 59, 59, tzinfo=LOS_ANGELES)
    assert [(each["clock"], each["rule"], each["source"], each["governs"]) for each in request.derivation] == [
        ("first reply", "5 business days", "our privacy policy", True),
        ("first reply", "10 business days", "11 CCR 7021(a)", False),
        ("completion", "30 calendar days", "our privacy policy", True),
        ("completion", "1 calendar month", "GDPR Art. 12(3)", False),
        ("completion", "45 calendar days", "11 CCR 7021(b)", False),
        ("completion", "45 calendar days", "such as Va. Code 59.1-577(B)", False),
    ], "where she lives is unknown: every law applies"


@pytest.mark.promise("JS-26")
def test_a_shop_that_promises_48_hours_counts_hours(alice, settings):
    settings.LOUPE_POLICY = "jessies_selection"
    friday = datetime(2026, 11, 6, 22, 15, tzinfo=UTC)
    request = asks(alice, at=friday)
    assert request.first_reply_due_at == friday + timedelta(hours=48)


def test_the_same_wish_twice_is_one_request_and_another_wish_another(alice):
    first = asks(alice)
    assert asks_only(alice) == first
    assert asks(alice, "access") != first
    assert DataRequest.objects.count() == 2


def asks_only(person):
    return requests.receive("erasure", subject=person.subject, contact=person.email, by=person.user, at=NOON)


def test_a_guest_who_proves_joins_her_request_with_the_one_of_her_account(alice):
    first = asks(alice)
    typed = intake.ask("erasure", address=alice.email, at=NOON)
    assert typed != first
    standing = intake.confirm(typed.pk, at=NOON)
    typed.refresh_from_db()
    assert (standing, typed.state, typed.joined_to, typed.contact) == (first, State.JOINED, first, None)


def test_the_link_joins_every_guest_row_of_the_address_and_nothing_of_bob(alice):
    bob = someone("bob")
    before = held(bob)
    guest = subjects.new(by="test", at=NOON)
    subjects.identify(guest, value="gwen@example.com", by="test", at=NOON)
    request = intake.confirm(intake.ask("access", address="Gwen@Example.com", at=NOON).pk, at=NOON)
    assert set(subjects.family(request.subject)) == {guest.pk, request.subject_id}
    assert held(bob) == before


def test_a_refusal_without_a_reason_is_none(alice):
    request = asks(alice)
    for reason in ("", "  \n"):
        with pytest.raises(requests.ReasonMissing):
            requests.refuse(request, ground="gdpr.not_shown", reason=reason, by=CAROL, at=NOON)
    with pytest.raises(IntegrityError), transaction.atomic():
        DataRequest.objects.filter(pk=request.pk).update(refused_at=NOON)


def test_a_copy_is_not_approved_and_an_ended_request_not_reopened(alice):
    with pytest.raises(requests.NothingToDecide):
        requests.approve(asks(alice, "access"), by=CAROL, at=NOON)
    request = requests.withdraw(asks(alice), by=alice.user, at=NOON)
    for verb in (requests.withdraw, requests.approve, requests.lapse):
        with pytest.raises(states.NotAllowed):
            verb(request, by=CAROL, at=NOON)


def test_what_nobody_proves_lapses_and_is_forgotten():
    request = intake.ask("erasure", address="mallory@example.com", at=NOON)
    acts.sweep(by="system:sweep", at=request.due_at)
    request.refresh_from_db()
    assert (request.state, request.contact) == (State.RECEIVED, "mallory@example.com")
    acts.sweep(by="system:sweep", at=request.due_at + timedelta(seconds=1))
    request.refresh_from_db()
    assert (request.state, request.contact) == (State.LAPSED, None)


def test_an_erased_person_can_ask_for_nothing_more(alice, settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)
    other = asks(alice, "access")
    request = requests.approve(asks(alice), by=CAROL, at=NOON)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    other.refresh_from_db()
    assert (other.state, other.joined_to, other.contact) == (State.JOINED, request, None)
    with pytest.raises(requests.SubjectErased):
        asks_only(alice)


def test_an_address_used_again_after_an_erasure_is_a_new_person(settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)
    old = someone("alice")
    request = requests.approve(asks(old), by=CAROL, at=NOON)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    new = someone("alice")
    assert subjects.family(new.subject) == [new.subject.pk]
    assert not SubjectLink.objects.exists()


def test_the_trail_tells_the_whole_life(alice, settings):
    request = requests.approve(asks(alice), by=CAROL, at=NOON)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    events = list(AuditEvent.objects.about(request.reference).values_list("event", "actor"))
    lives = [each for each in events if each[0].startswith("request.")]
    me = f"customer:{alice.subject.pk}"
    assert lives == [
        ("request.received", me),
        ("request.verified", me),
        ("request.approved", CAROL),
        ("request.executing", "system:worker"),
        ("request.completed", "system:worker"),
    ]


@pytest.mark.promise("JE-78")
def test_a_copys_file_goes_with_the_person_and_with_time(alice, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)
    first = asks(alice, "access")
    access.build(first.pk, by="system:worker", at=NOON)
    assert access.build(first.pk, by="system:worker", at=NOON) is None, "made once"
    folder = tmp_path / "exports"
    assert len(list(folder.iterdir())) == 1
    assert packages.sweep(by="system:sweep", at=NOON + timedelta(hours=71)) == 0
    assert packages.sweep(by="system:sweep", at=NOON + timedelta(hours=72)) == 1
    assert list(folder.iterdir()) == []
    assert ExportPackage.objects.get().removed_at == NOON + timedelta(hours=72)

    access.build(asks(alice, "access").pk, by="system:worker", at=NOON)
    request = requests.approve(asks(alice), by=CAROL, at=NOON)
    erasure.execute(request.pk, by="system:worker", at=NOON + timedelta(hours=2))
    assert list(folder.iterdir()) == []


def test_a_copy_whose_file_is_missing_on_disk_is_gone_not_an_error(alice, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    request = asks(alice, "access")
    access.build(request.pk, by="system:worker", at=NOON)
    for file in (tmp_path / "exports").iterdir():
        file.unlink()
    with pytest.raises(packages.PackageGone):
        packages.start(request.package, by=alice.user, at=NOON)


# Certificates


@pytest.fixture
def certificate(alice, settings):
    settings.LOUPE_ERASURE_GRACE = timedelta(hours=1)
    request = requests.approve(asks(alice), by=CAROL, at=NOON)
    erasure.execute(request.pk, by="system:worker", at=LATER)
    return Certificate.objects.get()


def test_a_certificate_verifies_by_reference_and_by_its_json(certificate):
    assert certificates.verify_pasted(f" {certificate.reference.lower()} ").is_valid
    assert certificates.verify_pasted(json.dumps(certificates.published(certificate))).is_valid
    page = Client().get(f"/privacy/certificate/{certificate.reference}/")
    assert (page.status_code, b"Saved addresses" in page.content) == (200, True)
    file = Client().get(f"/privacy/certificate/{certificate.reference}/certificate.json")
    assert certificates.verify_pasted(file.content.decode()).is_valid


def test_a_changed_certificate_does_not_hold(certificate):
    for change in (
        lambda paper: paper["document"]["coverage"].update(residue=1),
        lambda paper: paper["document"]["erased"].pop(),
        lambda paper: paper["document"].update(reference="CE-2222-2222"),
        lambda paper: paper.update(signature="00" * 64),
        lambda paper: paper.update(signature="é"),
        lambda paper: paper["document"].update(shop="\ud800"),
        lambda paper: paper["document"].update(share=0.5),
    ):
        paper = certificates.published(certificate)
        change(paper)
        assert not certificates.verify_pasted(json.dumps(paper)).is_valid


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "x",
        "CE-2222-2222",
        "[]",
        "{}",
        "null",
        "[" * 50_000,
        '{"document": [], "signature": "x"}',
        "\x00",
        "9" * 99_999,
    ],
)
def test_what_is_no_certificate_is_said_to_be_none(typed):
    assert not certificates.verify_pasted(typed).is_valid
    answer = Client(headers={"Sec-Fetch-Site": "same-origin"}).post("/privacy/certificate/", {"pasted": typed})
    assert answer.status_code == 400


def test_the_database_itself_refuses_to_change_a_certificate(certificate):
    for act in (lambda: Certificate.objects.update(canonical="{}"), lambda: certificate.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            act()


# The demo


def test_the_demo_has_a_request_in_every_standing_and_is_loaded_once(alice, settings, tmp_path):
    settings.LOUPE_HOME = tmp_path
    someone("bob")
    assert demo.load(at=LATER) == 10
    assert demo.load(at=LATER) == 0
    found = sorted(DataRequest.objects.values_list("kind", "state"))
    assert found == [
        ("access", "completed"),
        ("access", "received"),
        ("complaint", "completed"),
        ("correction", "verified"),
        ("erasure", "completed"),
        ("erasure", "completed"),
        ("erasure", "refused"),
        ("erasure", "verified"),
        ("erasure", "withdrawn"),
        ("question", "verified"),
    ]
    assert Message.objects.filter(kind="privacy.request_refused").count() == len(mails("request_refused")) == 1


def test_the_diagram_in_the_documentation_is_the_table():
    page = (Path(settings.BASE_DIR) / "docs" / "privacy.md").read_text()
    assert f"```mermaid\n{REQUEST.mermaid()}\n```" in page
    assert REQUEST.table.keys() == set(State.values)
